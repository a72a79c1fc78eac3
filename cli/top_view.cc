#include "cli/top_view.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/text_table.h"
#include "cli/views_text.h"

namespace evensweep {
namespace {

constexpr size_t kPageStep = 10;
constexpr size_t kMostOfAPage = 500;  // trials that it names

bool waits(TrialState state) {
  return state == TrialState::kReady || state == TrialState::kWaitingForBaseline || state == TrialState::kUnresolved;
}

std::string reason_text(const TrialView& trial, const TopData& data) {
  if (!trial.reason.empty()) return printable(trial.reason.substr(0, trial.reason.find('\n')));
  switch (trial.state) {
    case TrialState::kReady: return data.queue.empty() ? "waits for an agent" : printable(data.queue);
    case TrialState::kWaitingForBaseline: return "needs the counts of its baseline, which is not trained yet";
    case TrialState::kUnresolved: return "its stage has not begun";
    default: return "no reason is known";
  }
}

// The position of the sweep under the cursor; 0 where it has gone.
size_t sweep_row(const TopState& state, const TopData& data) {
  const auto found = std::ranges::find_if(data.sweeps, [&](const SweepView& s) { return s.id.str() == state.sweep; });
  return found == data.sweeps.end() ? 0 : static_cast<size_t>(found - data.sweeps.begin());
}

size_t moved(size_t at, const Key& key, size_t count) {
  if (count == 0) return 0;
  at = std::min(at, count - 1);
  switch (key.kind) {
    case Key::kUp: return at == 0 ? 0 : at - 1;
    case Key::kDown: return std::min(at + 1, count - 1);
    case Key::kPageUp: return at - std::min(at, kPageStep);
    case Key::kPageDown: return std::min(at + kPageStep, count - 1);
    case Key::kHome: return 0;
    case Key::kEnd: return count - 1;
    default: return at;
  }
}

void move(TopState& state, const TopData& data, const Key& key) {
  switch (state.pane) {
    case TopPane::kSweeps:
      if (!data.sweeps.empty())
        state.sweep = data.sweeps[moved(sweep_row(state, data), key, data.sweeps.size())].id.str();
      return;
    case TopPane::kTrials: {
      const std::vector<TopArm> arms = arms_of(data);
      state.arm = moved(state.arm, key, arms.size());
      const size_t seeds = arms.empty() ? 0 : arms[state.arm].trials.size();
      const bool sideways = key.kind == Key::kLeft || key.kind == Key::kRight;
      if (sideways) state.seed = moved(state.seed, {.kind = key.kind == Key::kLeft ? Key::kUp : Key::kDown}, seeds);
      return;
    }
    case TopPane::kAgents: state.agent = moved(state.agent, key, data.agents.size()); return;
    case TopPane::kReasons: state.reason = moved(state.reason, key, reasons_of(data).size()); return;
  }
}

TopPage help_page() {
  return {.title = "Keys",
          .lines = {"tab, shift-tab   the next or previous part", "arrows, hjkl     move; page up and down, home, end",
                    "enter            more about what is under the cursor", "p                pause a sweep, or go on",
                    "r                try the failed trials of a sweep again",
                    "c                cancel a sweep: what trains is ended",
                    "d                drain an agent, or undo that", "q, ctrl-c        leave; the sweeps go on", "",
                    "What changes something is asked about first."}};
}

TopPage agent_page(const AgentView& agent, int64_t now) {
  TopPage page{.title = "Agent " + agent.id.str(), .lines = {}};
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) page.lines.push_back(fmt::format("{:<10} {}", name, printable(value)));
  };
  add("host", agent.host);
  add("version", agent.version);
  add("state", agent.connected ? agent.draining ? "draining" : "connected" : "gone");
  add("heard", age_text(agent.last_heard, now) + " ago");
  add("excluded", agent.quarantined);
  add("training", fmt::format("{}, and {} more are given to it", agent.running, agent.queued));
  for (const auto& [name, value] : agent.labels) add("label", name + "=" + value);
  for (const DeviceView& device : agent.devices) {
    std::string text = fmt::format("{} {}, {} of {} slots", device.device.kind, device.device.index, device.leases,
                                   device.device.slots);
    if (!device.device.name.empty()) text += ", " + device.device.name;
    if (device.device.memory_bytes > 0)
      text += fmt::format(", {} of {} in use", bytes_text(device.memory_used), bytes_text(device.device.memory_bytes));
    add("device", text);
  }
  return page;
}

TopPage reason_page(const TopReason& reason, const TopData& data) {
  TopPage page{.title = reason.failed ? "Failed trials" : "Waiting trials", .lines = {reason.text, ""}};
  for (size_t i = 0; i < std::min(reason.trials.size(), kMostOfAPage); ++i) {
    const TrialView& trial = data.trials[reason.trials[i]];
    page.lines.push_back(trial_reference(trial) + "  " + printable(trial.arm_name));
  }
  if (reason.trials.size() > kMostOfAPage)
    page.lines.push_back(fmt::format("and {} more", reason.trials.size() - kMostOfAPage));
  page.lines.emplace_back("");
  page.lines.push_back(fmt::format("evensweep {} {}", reason.failed ? "logs" : "explain",
                                   trial_reference(data.trials[reason.trials.front()])));
  return page;
}

TopAction open(TopState& state, const TopData& data) {
  state.page_top = 0;
  switch (state.pane) {
    case TopPane::kSweeps:
      if (!data.sweeps.empty()) state.pane = TopPane::kTrials;
      return {};
    case TopPane::kTrials: {
      const TrialView* trial = chosen_trial(state, data);
      if (trial == nullptr) return {};
      state.page = TopPage{.title = "Trial " + trial_reference(*trial), .lines = {"asking the coordinator..."}};
      return {.kind = TopAction::kDetails, .target = trial_reference(*trial)};
    }
    case TopPane::kAgents:
      if (state.agent < data.agents.size()) state.page = agent_page(data.agents[state.agent], data.wall);
      return {};
    case TopPane::kReasons: {
      const std::vector<TopReason> reasons = reasons_of(data);
      if (state.reason < reasons.size()) state.page = reason_page(reasons[state.reason], data);
      return {};
    }
  }
  return {};
}

void ask(TopState& state, TopAction::Kind kind, const std::string& target, const std::string& question) {
  state.to_ask = TopAction{.kind = kind, .target = target};
  state.question = question;
}

// What letters do to the sweep or agent under the cursor; nothing of it without a yes.
void ask_about(TopState& state, const TopData& data, char letter) {
  if (letter == 'd') {
    if (state.pane != TopPane::kAgents || state.agent >= data.agents.size()) {
      state.notice = "d drains an agent: move to the agents with tab";
      return;
    }
    const AgentView& agent = data.agents[state.agent];
    const bool undo = agent.draining || !agent.quarantined.empty();
    ask(state, undo ? TopAction::kRelease : TopAction::kDrain, agent.id.str(),
        (undo ? "Give runs to " : "Give no more runs to ") + agent.id.str() + "?");
    return;
  }
  const SweepView* sweep = chosen_sweep(state, data);
  if (sweep == nullptr) return;
  const std::string name = printable(sweep->name);
  if (letter == 'r') {
    if (sweep->status.trials_failed == 0)
      state.notice = "no trial of " + name + " has failed";
    else
      ask(state, TopAction::kRetry, sweep->id.str(), "Try the failed trials of " + name + " again?");
  } else if (sweep->status.phase == SweepPhase::kOver) {
    state.notice = name + " is over";
  } else if (letter == 'c') {
    ask(state, TopAction::kCancel, sweep->id.str(), "Cancel " + name + " and end what it trains?");
  } else if (sweep->status.phase == SweepPhase::kActive) {
    ask(state, TopAction::kPause, sweep->id.str(), "Pause " + name + "?");
  } else {
    ask(state, TopAction::kResume, sweep->id.str(), "Go on with " + name + "?");
  }
}

bool press_on_page(TopState& state, const Key& key) {
  if (!state.page) return false;
  const bool closes = key.kind == Key::kEscape || key.kind == Key::kEnter ||
                      (key.kind == Key::kLetter && (key.letter == 'q' || key.letter == '?'));
  if (closes)
    state.page.reset();
  else
    state.page_top = moved(state.page_top, key, state.page->lines.size());
  return true;
}

}  // namespace

std::vector<TopReason> reasons_of(const TopData& data) {
  std::map<std::pair<int, std::string>, TopReason> groups;
  for (size_t i = 0; i < data.trials.size(); ++i) {
    const TrialView& trial = data.trials[i];
    const bool failed = trial.state == TrialState::kFailed;
    if (!failed && !waits(trial.state)) continue;
    std::string text = reason_text(trial, data);
    TopReason& group = groups[{failed                              ? 0
                               : trial.state == TrialState::kReady ? 1
                                                                   : static_cast<int>(trial.state) + 2,
                               text}];
    group.failed = failed;
    group.text = std::move(text);
    group.trials.push_back(i);
  }
  std::vector<TopReason> reasons;
  for (auto& [key, group] : groups) reasons.push_back(std::move(group));
  std::ranges::stable_sort(reasons, [](const TopReason& a, const TopReason& b) {
    return std::pair(!a.failed, b.trials.size()) < std::pair(!b.failed, a.trials.size());
  });
  return reasons;
}

std::vector<TopArm> arms_of(const TopData& data) {
  std::vector<TopArm> arms;
  for (size_t i = 0; i < data.trials.size(); ++i) {
    const TrialView& trial = data.trials[i];
    if (arms.empty() || arms.back().arm != trial.arm)
      arms.push_back({.arm = trial.arm, .name = trial.arm_name, .trials = {}});
    arms.back().trials.push_back(i);
  }
  return arms;
}

const TrialView* chosen_trial(const TopState& state, const TopData& data) {
  const std::vector<TopArm> arms = arms_of(data);
  if (arms.empty()) return nullptr;
  const std::vector<size_t>& trials = arms[std::min(state.arm, arms.size() - 1)].trials;
  return &data.trials[trials[std::min(state.seed, trials.size() - 1)]];
}

const SweepView* chosen_sweep(const TopState& state, const TopData& data) {
  return data.sweeps.empty() ? nullptr : &data.sweeps[sweep_row(state, data)];
}

TopAction press(TopState& state, const TopData& data, const Key& key) {
  state.notice.clear();
  if (state.to_ask) {
    const TopAction asked = *state.to_ask;
    state.to_ask.reset();
    const bool yes = key.kind == Key::kLetter && (key.letter == 'y' || key.letter == 'Y');
    return yes ? asked : TopAction{};
  }
  if (press_on_page(state, key)) return {};
  const auto turn = [&state](int by) { state.pane = static_cast<TopPane>((static_cast<int>(state.pane) + by) % 4); };
  switch (key.kind) {
    case Key::kTab: turn(1); return {};
    case Key::kBackTab: turn(3); return {};
    case Key::kEnter: return open(state, data);
    case Key::kEscape: state.pane = TopPane::kSweeps; return {};
    case Key::kLetter: break;
    default: move(state, data, key); return {};
  }
  if (key.letter == 'q') return {.kind = TopAction::kQuit, .target = ""};
  if (key.letter == '?') {
    state.page = help_page();
    state.page_top = 0;
  }
  if (key.letter == 'p' || key.letter == 'r' || key.letter == 'c' || key.letter == 'd')
    ask_about(state, data, key.letter);
  return {};
}

}  // namespace evensweep
