#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <sstream>

#include "cli/text_table.h"
#include "cli/text_width.h"
#include "cli/top_view.h"
#include "cli/views_text.h"

namespace evensweep {
namespace {

constexpr size_t kLeastWidth = 20, kLeastHeight = 5;
constexpr size_t kAllPanesHeight = 18;  // of the body; with less of it, one pane at a time
constexpr size_t kTwoColumnsWidth = 140;
constexpr size_t kMostNotes = 10;  // reasons of a sweep in plain text
constexpr TopPane kPanes[] = {TopPane::kSweeps, TopPane::kTrials, TopPane::kAgents, TopPane::kReasons};

struct Rect {
  size_t row = 0, column = 0, width = 0, height = 0;
};

struct Sign {
  const char* dot;
  const char* letter;
  Tone tone;
};
Sign sign_of(TrialState state) {
  switch (state) {
    case TrialState::kFinished: return {"●", "#", Tone::kGood};
    case TrialState::kRunning: return {"◐", "%", Tone::kBusy};
    case TrialState::kLeased: return {"○", "o", Tone::kBusy};
    case TrialState::kFailed: return {"×", "x", Tone::kBad};
    case TrialState::kNotNeeded:
    case TrialState::kCancelled: return {"–", "-", Tone::kDim};
    case TrialState::kReady:
    case TrialState::kWaitingForBaseline:
    case TrialState::kUnresolved: break;
  }
  return {"·", ".", Tone::kDim};
}

const char* pane_name(TopPane pane) {
  constexpr const char* kNames[] = {"Sweeps", "Trials", "Agents", "Failures and queue"};
  return kNames[static_cast<size_t>(pane)];
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string state_words(TrialState state) {
  std::string words = trial_state_name(state);
  std::ranges::replace(words, '_', ' ');
  return words;
}

// The first of `count` rows that is seen, so that the one under the cursor is.
size_t first_seen(size_t cursor, size_t count, size_t room) {
  if (room == 0 || count <= room) return 0;
  return std::min(cursor < room ? 0 : cursor - room + 1, count - room);
}

std::string sweeps_lines(const TopData& data, size_t width) {
  std::vector<std::vector<std::string>> rows;
  for (const SweepView& sweep : data.sweeps) {
    const SweepStatus& status = sweep.status;
    const auto start = data.starts.find(sweep.id);
    // A part of a trial says little of how long all of them take.
    const bool tells = start != data.starts.end() && !status.over && done_of(status) >= start->second.done + 1;
    const auto left = tells ? time_left(status, start->second, data.now) : std::nullopt;
    rows.push_back({sweep.name, std::string(sweep.id.brief()), phase_name(status.phase),
                    fmt::format("{}/{}", status.trials_finished,
                                status.trials - std::min(status.trials, status.trials_not_needed)),
                    status.trials_failed == 0 ? "" : std::to_string(status.trials_failed),
                    std::to_string(status.running), left ? clock_text(*left) : "",
                    age_text(sweep.submitted_at, data.wall)});
  }
  return text_table({{.title = "NAME", .least = 8},
                     {.title = "ID", .rank = 5},
                     {.title = "PHASE"},
                     {.title = "DONE", .right = true},
                     {.title = "FAILED", .right = true, .rank = 1},
                     {.title = "RUNNING", .right = true, .rank = 2},
                     {.title = "LEFT", .right = true, .rank = 3},
                     {.title = "AGE", .right = true, .rank = 4}},
                    rows, width);
}

std::string reasons_lines(const std::vector<TopReason>& reasons, const TopData& data, size_t width) {
  std::vector<std::vector<std::string>> rows;
  for (const TopReason& reason : reasons)
    rows.push_back(
        {std::to_string(reason.trials.size()), state_words(data.trials[reason.trials.front()].state), reason.text});
  return text_table({{.title = "TRIALS", .right = true}, {.title = "STATE", .rank = 1}, {.title = "WHY", .least = 8}},
                    rows, width);
}

class Painter {
 public:
  Painter(const TopData& data, const TopState& state, const TopLook& look, Grid& grid)
      : data_(data), state_(state), look_(look), grid_(grid), reasons_(reasons_of(data)), arms_(arms_of(data)) {}

  void paint() {
    header();
    const Rect body{.row = 1, .column = 0, .width = grid_.width(), .height = grid_.height() - 2};
    if (!data_.loaded)
      grid_.put(2, 2, data_.trouble.empty() ? "asking the coordinator..." : data_.trouble, Tone::kPlain);
    else if (body.height < kAllPanesHeight)
      pane(state_.pane, body);
    else if (body.width >= kTwoColumnsWidth)
      two_columns(body);
    else
      stack({kPanes[0], kPanes[1], kPanes[2], kPanes[3]}, body);
    if (state_.page) page(body);
    footer();
  }

 private:
  bool focused(TopPane pane) const { return pane == state_.pane; }

  void header() {
    const size_t width = grid_.width();
    const std::string clock = time_text(data_.wall).substr(11);
    std::string words = "evensweep";
    if (data_.loaded) words += "  " + agents_line(data_.agents);
    const size_t at = grid_.put(0, 1, words, Tone::kStrong, width - 1);
    const size_t end = grid_.put(0, at + 3, data_.coordinator, Tone::kPlain, width - 1);
    if (end + 2 + clock.size() < width) grid_.put_right(0, width - 1, clock);
    grid_.invert(0, 0, width);
  }

  void footer() {
    const size_t row = grid_.height() - 1;
    const size_t end = grid_.width() - 1;  // some terminals scroll when their last cell is written
    if (state_.to_ask) {
      grid_.put(row, 0, state_.question + "  y: yes, any other key: no", Tone::kStrong, end);
    } else if (!data_.trouble.empty()) {
      grid_.put(row, 0, data_.trouble, Tone::kBad, end);
    } else if (!state_.notice.empty()) {
      grid_.put(row, 0, state_.notice, Tone::kStrong, end);
    } else {
      grid_.put(row, 0,
                state_.page ? "esc back  arrows move  ? keys"
                            : "q leave  tab next part  arrows move  enter more  p pause  r retry  ? keys",
                Tone::kDim, end);
    }
  }

  void title(const Rect& rect, TopPane pane, const std::string& words) {
    const std::string name = std::string(pane_name(pane)) + (words.empty() ? "" : ": " + words);
    std::string rule;
    for (size_t i = 0; i < rect.width; ++i) rule += look_.unicode ? "─" : "-";
    grid_.put(rect.row, rect.column, rule, Tone::kDim, rect.column + rect.width);
    const size_t begin = rect.column + 1;
    const size_t end = grid_.put(rect.row, begin, " " + name + " ", focused(pane) ? Tone::kStrong : Tone::kPlain,
                                 rect.column + rect.width);
    if (focused(pane)) grid_.invert(rect.row, begin, end - begin);
  }

  // Lines below the title: the first is that of the columns, the others have a cursor.
  void list(const Rect& rect, TopPane pane, const std::string& table, size_t cursor, const std::string& nothing) {
    const std::vector<std::string> lines = lines_of(table);
    const size_t end = rect.column + rect.width;
    if (lines.size() < 2) {
      grid_.put(rect.row + 1, rect.column + 2, nothing, Tone::kDim, end);
      return;
    }
    grid_.put(rect.row + 1, rect.column + 2, lines[0], Tone::kDim, end);
    const size_t room = rect.height - 2, count = lines.size() - 1;
    cursor = std::min(cursor, count - 1);
    const size_t first = first_seen(cursor, count, room);
    for (size_t i = 0; i < std::min(room, count - first); ++i) {
      const size_t row = rect.row + 2 + i;
      grid_.put(row, rect.column + 2, lines[first + i + 1], Tone::kPlain, end);
      if (first + i != cursor) continue;
      grid_.put(row, rect.column, ">", focused(pane) ? Tone::kStrong : Tone::kDim);
      if (focused(pane)) grid_.invert(row, rect.column, rect.width);
    }
    if (count > room && room > 0)
      grid_.put_right(rect.row, end - 1, fmt::format(" {} of {} ", cursor + 1, count), Tone::kDim);
  }

  void trials(const Rect& rect) {
    const size_t end = rect.column + rect.width;
    if (arms_.empty()) {
      grid_.put(rect.row + 1, rect.column + 2, data_.sweeps.empty() ? "no sweep yet" : "no trial is known yet",
                Tone::kDim, end);
      return;
    }
    size_t label = 0, most = 0;
    for (const TopArm& arm : arms_) {
      label = std::max(label, columns_of(label_of(arm)));
      most = std::max(most, arm.trials.size());
    }
    label = std::min({label, rect.width / 3, size_t{40}});
    const size_t cells_at = rect.column + 2 + label + 2;
    const size_t room = end > cells_at + 2 ? end - cells_at - 2 : 0;  // a column on the right for ">"
    const size_t cursor = std::min(state_.arm, arms_.size() - 1);
    const size_t first_column = first_seen(std::min(state_.seed, most - 1), most, room);
    const size_t rows = rect.height - 1;
    const size_t first = first_seen(cursor, arms_.size(), rows);
    for (size_t i = 0; i < std::min(rows, arms_.size() - first); ++i) {
      const size_t row = rect.row + 1 + i;
      const TopArm& arm = arms_[first + i];
      if (first + i == cursor) grid_.put(row, rect.column, ">", focused(TopPane::kTrials) ? Tone::kStrong : Tone::kDim);
      grid_.put(row, rect.column + 2, label_of(arm), Tone::kPlain, rect.column + 2 + label);
      if (first_column > 0) grid_.put(row, cells_at - 1, "<", Tone::kDim);
      dots(row, cells_at, arm, first_column, room, first + i == cursor);
    }
  }

  void dots(size_t row, size_t column, const TopArm& arm, size_t first, size_t room, bool has_cursor) {
    for (size_t i = first; i < std::min(arm.trials.size(), first + room); ++i) {
      const Sign sign = sign_of(data_.trials[arm.trials[i]].state);
      grid_.put(row, column + i - first, look_.unicode ? sign.dot : sign.letter, sign.tone);
      if (has_cursor && focused(TopPane::kTrials) && i == std::min(state_.seed, arm.trials.size() - 1))
        grid_.invert(row, column + i - first, 1);
    }
    if (arm.trials.size() > first + room) grid_.put(row, column + room, ">", Tone::kDim);
  }

  static std::string label_of(const TopArm& arm) { return fmt::format("{} {}", arm.arm, printable(arm.name)); }

  // The trial under the cursor, or what the dots mean.
  std::string trials_words() const {
    const auto shown = std::ranges::find(data_.sweeps, data_.shown, &SweepView::id);
    std::string words = shown == data_.sweeps.end() ? "" : printable(shown->name);
    if (!data_.all_trials) words += fmt::format(", the first {}", data_.trials.size());
    const TrialView* trial = focused(TopPane::kTrials) ? chosen_trial(state_, data_) : nullptr;
    if (trial != nullptr)
      return words + fmt::format(", arm {} seed {} {}", trial->arm, trial->seed, state_words(trial->state));
    const auto sign = [&](TrialState state) { return look_.unicode ? sign_of(state).dot : sign_of(state).letter; };
    return words + fmt::format("  {} done {} training {} given out {} waiting {} failed", sign(TrialState::kFinished),
                               sign(TrialState::kRunning), sign(TrialState::kLeased), sign(TrialState::kReady),
                               sign(TrialState::kFailed));
  }

  void pane(TopPane pane, const Rect& rect) {
    const size_t width = rect.width > 2 ? rect.width - 2 : 0;
    switch (pane) {
      case TopPane::kSweeps: {
        title(rect, pane, "");
        const auto row =
            std::ranges::find_if(data_.sweeps, [&](const SweepView& s) { return s.id.str() == state_.sweep; });
        list(rect, pane, sweeps_lines(data_, width),
             row == data_.sweeps.end() ? 0 : static_cast<size_t>(row - data_.sweeps.begin()),
             "no sweep yet; evensweep submit FILE");
        return;
      }
      case TopPane::kTrials:
        title(rect, pane, trials_words());
        trials(rect);
        return;
      case TopPane::kAgents:
        title(rect, pane, "");
        list(rect, pane, agents_table(data_.agents, data_.wall, width), state_.agent,
             "no agent yet; on a machine that is to train: evensweep agent");
        return;
      case TopPane::kReasons:
        title(rect, pane, "");
        list(rect, pane, reasons_lines(reasons_, data_, width), state_.reason, "nothing has failed, nothing waits");
        return;
    }
  }

  // Lines that a pane has use for, its title included.
  size_t wish(TopPane pane) const {
    switch (pane) {
      case TopPane::kSweeps: return 2 + std::max<size_t>(1, data_.sweeps.size());
      case TopPane::kTrials: return 1 + std::max<size_t>(1, arms_.size());
      case TopPane::kAgents: return 2 + std::max<size_t>(1, data_.agents.size());
      case TopPane::kReasons: return 2 + std::max<size_t>(1, reasons_.size());
    }
    return 0;
  }

  // One below the other. Each has a few lines; what is left goes line by line to those that have use for it.
  void stack(const std::vector<TopPane>& panes, const Rect& rect) {
    std::vector<size_t> heights;
    size_t left = rect.height;
    for (const TopPane pane : panes) {
      heights.push_back(std::min<size_t>(3, wish(pane)));
      left -= heights.back();
    }
    for (bool any = true; any && left > 0;) {
      any = false;
      for (size_t i = 0; i < panes.size() && left > 0; ++i) {
        if (heights[i] >= wish(panes[i])) continue;
        ++heights[i];
        --left;
        any = true;
      }
    }
    heights.back() += left;
    Rect place = rect;
    for (size_t i = 0; i < panes.size(); ++i) {
      place.height = heights[i];
      pane(panes[i], place);
      place.row += heights[i];
    }
  }

  void two_columns(const Rect& rect) {
    Rect left = rect, right = rect;
    left.width = rect.width * 3 / 5;
    right.column = left.width + 1;
    right.width = rect.width - right.column;
    stack({TopPane::kSweeps, TopPane::kTrials}, left);
    stack({TopPane::kAgents, TopPane::kReasons}, right);
  }

  void page(const Rect& body) {
    const TopPage& page = *state_.page;
    for (size_t row = 0; row < body.height; ++row) grid_.clear(body.row + row, 0, body.width);
    grid_.put(body.row, 1, " " + page.title + " ", Tone::kStrong, body.width);
    grid_.invert(body.row, 1, std::min(body.width - 1, columns_of(printable(page.title)) + 2));
    const size_t room = body.height - 1;
    const size_t first = page.lines.size() <= room ? 0 : std::min(state_.page_top, page.lines.size() - room);
    for (size_t i = 0; i < std::min(room, page.lines.size() - first); ++i)
      grid_.put(body.row + 1 + i, 2, page.lines[first + i], Tone::kPlain, body.width);
    if (page.lines.size() > room)
      grid_.put_right(body.row, body.width - 1,
                      fmt::format(" {}-{} of {} ", first + 1, first + room, page.lines.size()), Tone::kDim);
  }

  const TopData& data_;
  const TopState& state_;
  const TopLook& look_;
  Grid& grid_;
  std::vector<TopReason> reasons_;
  std::vector<TopArm> arms_;
};

}  // namespace

Grid render(const TopData& data, const TopState& state, const TopLook& look, size_t width, size_t height) {
  Grid grid(width, height);
  if (width < kLeastWidth || height < kLeastHeight)
    grid.put(0, 0, "too small: q leaves");
  else
    Painter(data, state, look, grid).paint();
  if (!look.unicode) grid.to_ascii();
  return grid;
}

std::string top_text(const TopData& data, size_t width) {
  std::string text = agents_line(data.agents) + "\n";
  if (!data.agents.empty()) text += "\n" + agents_table(data.agents, data.wall, width);
  if (data.sweeps.empty()) return text + "\nno sweep yet\n";
  text += "\n" + sweeps_lines(data, width);
  std::vector<TopReason> reasons = reasons_of(data);
  reasons.resize(std::min(reasons.size(), kMostNotes));
  const auto shown = std::ranges::find(data.sweeps, data.shown, &SweepView::id);
  if (!reasons.empty() && shown != data.sweeps.end())
    text += fmt::format("\nfailures and queue of {}\n", printable(shown->name)) + reasons_lines(reasons, data, width);
  return text;
}

}  // namespace evensweep
