#pragma once
// What `evensweep top` shows and how keys change that. Pure: from views of a coordinator to a grid of cells.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/grid.h"
#include "cli/progress.h"
#include "common/model/views.h"

namespace evensweep {

// What is known of the coordinator.
struct TopData {
  std::string coordinator;  // its address
  bool loaded = false;      // it has answered once
  std::vector<SweepView> sweeps;
  std::vector<AgentView> agents;
  std::map<SweepId, ProgressStart> starts;  // for the time that is left
  SweepId shown;                            // the sweep whose trials these are
  std::vector<TrialView> trials;            // by arm, then by seed
  bool all_trials = true;                   // false: the first ones
  std::string queue;                        // why the first trial that is ready still waits; empty: none is
  std::string trouble;                      // why the last answer is missing; empty: it is not
  TimePoint now{};
  int64_t wall = 0;  // milliseconds since 1970
};

enum class TopPane { kSweeps, kTrials, kAgents, kReasons };

struct Key {
  enum Kind { kUp, kDown, kLeft, kRight, kPageUp, kPageDown, kHome, kEnd, kTab, kBackTab, kEnter, kEscape, kLetter };
  Kind kind = kLetter;
  char letter = 0;
  bool operator==(const Key&) const = default;
};

struct TopAction {
  enum Kind { kNone, kQuit, kPause, kResume, kCancel, kRetry, kDrain, kRelease, kDetails };
  Kind kind = kNone;
  std::string target;  // a sweep's or agent's id, or a trial's reference
  bool operator==(const TopAction&) const = default;
};

// What opens over the panes.
struct TopPage {
  std::string title;
  std::vector<std::string> lines;
  bool operator==(const TopPage&) const = default;
};

struct TopState {
  TopPane pane = TopPane::kSweeps;
  std::string sweep;  // the id under the cursor; empty: the first
  size_t arm = 0, seed = 0, agent = 0, reason = 0;
  std::optional<TopPage> page;
  size_t page_top = 0;              // its first line that is seen
  std::optional<TopAction> to_ask;  // waits for yes or no
  std::string question;
  std::string notice;  // what came of the last action; the next key takes it away
};

// The trials of a sweep that wait or failed for the same reason.
struct TopReason {
  bool failed = false;
  std::string text;
  std::vector<size_t> trials;  // positions in TopData
};
std::vector<TopReason> reasons_of(const TopData& data);

// Rows of the grid of trials.
struct TopArm {
  uint32_t arm = 0;
  std::string name;
  std::vector<size_t> trials;  // positions in TopData
};
std::vector<TopArm> arms_of(const TopData& data);

// The trial under the cursor, or null.
const TrialView* chosen_trial(const TopState& state, const TopData& data);

// The sweep under the cursor, or null.
const SweepView* chosen_sweep(const TopState& state, const TopData& data);

// Changes the state, and says what is to be done besides.
TopAction press(TopState& state, const TopData& data, const Key& key);

struct TopLook {
  bool unicode = true;  // dots and lines; else letters
};
Grid render(const TopData& data, const TopState& state, const TopLook& look, size_t width, size_t height);

// The same for a pipe or a file: plain lines.
std::string top_text(const TopData& data, size_t width);

}  // namespace evensweep
