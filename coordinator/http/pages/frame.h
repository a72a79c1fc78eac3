#pragma once
// What all pages of the dashboard share: the frame around them, and the small pieces they are made of. Pure functions
// from plain data to HTML. Arguments are plain text and get escaped, but for those called `body`, which are HTML.
//
// A page reads without scripts. A part of it in live() is replaced while it is looked at, by what the same function
// makes of newer data; `events` of the frame is where that comes from.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/model/views.h"
#include "coordinator/http/request.h"

namespace evensweep::coordinator {

// Who looks, and when.
struct Seat {
  Visitor visitor;
  bool can_sign_out = false;
  int64_t unix_millis = 0;  // 0: ages are left to the script, as in what is sent while a page is looked at
};

struct Frame {
  std::string title;   // "digits: 40 of 80"
  std::string tab;     // the path of the tab that it belongs to
  std::string events;  // path of the events that replace its live parts; empty: there are none
  std::string body;
};
std::string whole_page(const Frame& frame, const Seat& seat);

// A part of a page that is replaced as a whole when it has changed. `name` is of letters, digits and "-".
std::string live(std::string_view name, std::string_view body);
// The live parts of a page as the data of an event, with the title that the page gets.
std::string live_event(std::string_view title, std::string_view parts);

std::string link(std::string_view path, std::string_view text);
std::string sweep_path(const SweepId& sweep);
std::string trial_path(const SweepId& sweep, uint32_t arm, uint64_t seed);
// A button that posts to `path`.
std::string button(std::string_view path, std::string_view words, std::string_view style = "");
// A button that leads to a page which asks whether that is meant.
std::string asking_button(std::string_view path, std::string_view words);

// "2026-11-25T21:04:05Z" and how long ago that was.
std::string time_ago(int64_t at, int64_t now);
// "4 s ago", "in 2 min".
std::string age_text(int64_t millis);
// "2 h 5 min", rounded for people; "under a second".
std::string duration_text(double seconds);
std::string bytes_text(uint64_t bytes);
// A native progress bar and its words: "40 of 80".
std::string progress_bar(uint64_t done, uint64_t all);
// "done / all" in whole percent, 100 only where all are done.
std::string percent_text(uint64_t done, uint64_t all);
// The words for a state of trials, for people: "waiting for its baseline".
const char* state_words(TrialState state);
// Its mark of shape and colour, with the words for who does not see it.
std::string state_mark(TrialState state);
std::string state_cell(TrialState state);

// A table in a box that scrolls sideways; cells are HTML. "" without rows, but then `nothing` is said.
std::string rich_table(std::string_view caption, const std::vector<std::string>& header,
                       const std::vector<std::vector<std::string>>& body_rows, std::string_view nothing);
std::string section(std::string_view id, std::string_view title, std::string_view body);
// Terms and what they are; both HTML.
std::string facts_list(const std::vector<std::pair<std::string, std::string>>& body);

}  // namespace evensweep::coordinator
