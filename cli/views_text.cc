#include "cli/views_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/text_table.h"

namespace evensweep {
namespace {

uint64_t needed_trials(const SweepStatus& status) {
  return status.trials - std::min(status.trials, status.trials_not_needed);
}

std::string state_words(TrialState state) {
  std::string words = trial_state_name(state);
  std::ranges::replace(words, '_', ' ');
  return words;
}

std::string progress_cell(const TrialView& trial) {
  return trial.state == TrialState::kRunning ? fmt::format("{:.0f}%", trial.progress * 100) : "";
}

struct Slots {
  uint64_t all = 0, leased = 0;
};
Slots slots_of(const AgentView& agent) {
  Slots slots;
  for (const DeviceView& device : agent.devices) {
    slots.all += device.device.slots;
    slots.leased += device.leases;
  }
  return slots;
}

std::string agent_state(const AgentView& agent) {
  if (!agent.quarantined.empty()) return "quarantined";
  if (agent.draining) return agent.connected ? "draining" : "drained, gone";
  return agent.connected ? "connected" : "gone";
}

// "2 NVIDIA H100, cpu"
std::string devices_cell(const AgentView& agent) {
  std::vector<std::pair<std::string, int>> kinds;
  for (const DeviceView& device : agent.devices) {
    const std::string name = device.device.name.empty() ? device.device.kind : device.device.name;
    const auto found = std::ranges::find(kinds, name, &std::pair<std::string, int>::first);
    if (found == kinds.end())
      kinds.emplace_back(name, 1);
    else
      ++found->second;
  }
  std::string text;
  for (const auto& [name, count] : kinds)
    text += (text.empty() ? "" : ", ") + (count > 1 ? std::to_string(count) + " " : "") + name;
  return text;
}

std::string memory_cell(const AgentView& agent) {
  uint64_t all = 0;
  for (const DeviceView& device : agent.devices) all += device.device.memory_bytes;
  return all == 0 ? "" : bytes_text(all);
}

std::string labels_cell(const AgentView& agent) {
  std::string text;
  for (const auto& [name, value] : agent.labels) text += (text.empty() ? "" : " ") + name + "=" + value;
  return text;
}

std::string trial_lines(const char* title, const std::vector<TrialView>& trials, size_t width) {
  if (trials.empty()) return "";
  return fmt::format("\n{}\n{}", title, trials_table(trials, width));
}

}  // namespace

std::string age_text(int64_t from, int64_t now) {
  const int64_t seconds = std::max<int64_t>(0, now - from) / 1000;
  if (seconds < 60) return fmt::format("{} s", seconds);
  if (seconds < 3600) return fmt::format("{} min", seconds / 60);
  if (seconds < 48 * 3600) return fmt::format("{} h", seconds / 3600);
  return fmt::format("{} d", seconds / 86400);
}

std::string bytes_text(uint64_t bytes) {
  const auto value = static_cast<double>(bytes);
  if (value >= 1024.0 * 1024 * 1024) return fmt::format("{:.1f} GiB", value / (1024.0 * 1024 * 1024));
  if (value >= 1024.0 * 1024) return fmt::format("{:.1f} MiB", value / (1024.0 * 1024));
  if (value >= 1024.0) return fmt::format("{:.1f} KiB", value / 1024);
  return fmt::format("{} B", bytes);
}

std::string attempt_line(const AttemptView& attempt, int64_t now) {
  std::string place = attempt.host;
  if (!attempt.device.empty()) place += (place.empty() ? "" : ", ") + attempt.device;
  std::string text = fmt::format("attempt {} on {}{}, {}: ", attempt.number, attempt.agent.str(),
                                 place.empty() ? "" : " (" + place + ")",
                                 age_text(attempt.granted_at, attempt.ended_at.value_or(now)));
  if (attempt.failure)
    text += std::string(failure_class_name(attempt.failure->failure)) + ": " + attempt.failure->message;
  else
    text += attempt.ended_at ? "succeeded" : "under way";
  return printable(text);
}

std::string sweeps_table(const std::vector<SweepView>& sweeps, int64_t now, size_t width) {
  std::vector<std::vector<std::string>> rows;
  for (const SweepView& sweep : sweeps)
    rows.push_back({std::string(sweep.id.brief()), sweep.name, phase_name(sweep.status.phase),
                    fmt::format("{}/{}", sweep.status.trials_finished, needed_trials(sweep.status)),
                    std::to_string(sweep.status.trials_failed), std::to_string(sweep.status.running),
                    std::to_string(sweep.priority), age_text(sweep.submitted_at, now)});
  return text_table({{.title = "ID"},
                     {.title = "NAME", .least = 8},
                     {.title = "PHASE"},
                     {.title = "DONE", .right = true},
                     {.title = "FAILED", .right = true, .rank = 2},
                     {.title = "RUNNING", .right = true, .rank = 3},
                     {.title = "PRIORITY", .right = true, .rank = 5},
                     {.title = "AGE", .right = true, .rank = 4}},
                    rows, width);
}

std::string trials_table(const std::vector<TrialView>& trials, size_t width) {
  std::vector<std::vector<std::string>> rows;
  for (const TrialView& trial : trials)
    rows.push_back({trial_reference(trial), trial.arm_name, state_words(trial.state), progress_cell(trial),
                    std::to_string(trial.attempts), trial.reason});
  return text_table({{.title = "TRIAL"},
                     {.title = "ARM", .rank = 1, .least = 10},
                     {.title = "STATE"},
                     {.title = "", .right = true, .rank = 3},
                     {.title = "ATTEMPTS", .right = true, .rank = 4},
                     {.title = "REASON", .rank = 2, .least = 16}},
                    rows, width);
}

std::string agents_table(const std::vector<AgentView>& agents, int64_t now, size_t width) {
  std::vector<std::vector<std::string>> rows;
  for (const AgentView& agent : agents) {
    const Slots slots = slots_of(agent);
    rows.push_back({agent.id.str(), agent_state(agent), fmt::format("{}/{}", agent.running, slots.all),
                    std::to_string(agent.queued), devices_cell(agent), memory_cell(agent),
                    age_text(agent.last_heard, now), agent.host, labels_cell(agent), agent.version, agent.quarantined});
  }
  return text_table({{.title = "AGENT", .least = 8},
                     {.title = "STATE"},
                     {.title = "RUNNING", .right = true},
                     {.title = "QUEUED", .right = true, .rank = 4},
                     {.title = "DEVICES", .rank = 3, .least = 8},
                     {.title = "MEMORY", .right = true, .rank = 5},
                     {.title = "HEARD", .right = true, .rank = 2},
                     {.title = "HOST", .rank = 7, .least = 8},
                     {.title = "LABELS", .rank = 6, .least = 8},
                     {.title = "VERSION", .rank = 8},
                     {.title = "REASON", .rank = 1, .least = 12}},
                    rows, width);
}

std::string agents_line(const std::vector<AgentView>& agents) {
  size_t connected = 0;
  uint64_t slots = 0, running = 0;
  for (const AgentView& agent : agents) {
    if (!agent.connected) continue;
    ++connected;
    slots += slots_of(agent).all;
    running += agent.running;
  }
  return fmt::format("{} of {} agents connected, {} of {} slots train", connected, agents.size(), running, slots);
}

std::string picture_text(const SweepPicture& picture, int64_t now, size_t width) {
  const SweepView& sweep = picture.sweep;
  const SweepStatus& status = sweep.status;
  std::string text = fmt::format("{}  {}  {}, submitted {} ago", sweep.id.brief(), printable(sweep.name),
                                 phase_name(status.phase), age_text(sweep.submitted_at, now));
  if (sweep.priority != 0) text += fmt::format(", priority {}", sweep.priority);
  if (!sweep.extends.empty()) text += fmt::format(", extends {}", sweep.extends.brief());
  std::string counts = fmt::format("{}/{} trials", status.trials_finished, needed_trials(status));
  if (status.trials_failed > 0) counts += fmt::format(", {} failed", status.trials_failed);
  if (status.trials_not_needed > 0) counts += fmt::format(", {} not needed", status.trials_not_needed);
  if (!status.over) counts += fmt::format(", {} running on {} agents", status.running, status.agents);
  if (status.over && status.trials_finished + status.trials_failed < needed_trials(status))
    counts += fmt::format(", {} given up", missing_trials(status) - status.trials_failed);
  return cut_to(text, width) + "\n" + cut_to(counts, width) + "\n" + trial_lines("running", picture.running, width) +
         trial_lines("failed", picture.failed, width);
}

uint64_t missing_trials(const SweepStatus& status) {
  const uint64_t needed = needed_trials(status);
  return needed - std::min(needed, status.trials_finished);
}

std::string missing_text(const SweepView& sweep) {
  return fmt::format("{} of {} trials have no result; why: evensweep ls {} --state failed --state cancelled",
                     missing_trials(sweep.status), needed_trials(sweep.status), sweep.id.brief());
}

}  // namespace evensweep
