#include "coordinator/core/view.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "common/model/expand.h"

namespace evensweep::coordinator {
namespace {

double seconds(Duration duration) { return static_cast<double>(duration.count()) / 1000; }

}  // namespace

std::optional<SweepNumber> CoreView::find(const SweepId& sweep) const {
  const auto found = core_.sweep_index_.find(sweep);
  return found == core_.sweep_index_.end() ? std::nullopt : std::optional(found->second);
}

SweepView CoreView::sweep(SweepNumber number) const {
  const Core::SweepState& state = core_.sweeps_[number];
  return {.id = state.id,
          .name = state.sweep.name,
          .priority = static_cast<int32_t>(state.sweep.resources.priority),
          .status = *core_.status(state.id)};
}

// ---- trials

std::optional<RunId> CoreView::run_of(const TrialId& id) const {
  const Core::Trial& trial = core_.sweeps_[id.sweep].trial(id.arm, id.seed);
  return trial.run == Core::kNoRun ? std::nullopt : std::optional(trial.run);
}

std::optional<RunId> CoreView::run_of(const RunKey& key) const {
  const RunId run = core_.find_run(key);
  return run == Core::kNoRun ? std::nullopt : std::optional(run);
}

TrialState CoreView::state_of(const Core::SweepState& state, const Core::Trial& trial, uint32_t arm) const {
  if (trial.not_needed) return TrialState::kNotNeeded;
  if (trial.failed) return TrialState::kFailed;
  const bool given_up = state.wish == SweepWish::kCancelled || state.wish == SweepWish::kStopped;
  if (trial.run == Core::kNoRun) {
    if (given_up) return TrialState::kCancelled;
    const bool waits = trial.earlier != Core::kNoRun || (trial.asked && state.needs_baseline[arm]);
    return waits ? TrialState::kWaitingForBaseline : TrialState::kUnresolved;
  }
  switch (core_.runs_[trial.run].state) {
    case Core::RunState::kFinished: return TrialState::kFinished;
    case Core::RunState::kFailed: return TrialState::kFailed;
    case Core::RunState::kLeased:
      return core_.leases_.at(trial.run).started ? TrialState::kRunning : TrialState::kLeased;
    case Core::RunState::kWaiting: return given_up ? TrialState::kCancelled : TrialState::kReady;
  }
  return TrialState::kUnresolved;
}

TrialState CoreView::state(const TrialId& id) const {
  const Core::SweepState& state = core_.sweeps_[id.sweep];
  return state_of(state, state.trial(id.arm, id.seed), id.arm);
}

TrialView CoreView::trial(const TrialId& id) const {
  const Core::SweepState& state = core_.sweeps_[id.sweep];
  const Core::Trial& trial = state.trial(id.arm, id.seed);
  TrialView view{.sweep = state.id,
                 .arm = id.arm,
                 .arm_name = arm_name(arm_of_trial(state.sweep, id.arm)),
                 .seed = state.seeds[id.seed],
                 .state = state_of(state, trial, id.arm)};
  if (trial.run == Core::kNoRun) return view;
  const Core::Run& run = core_.runs_[trial.run];
  view.run = RunKey(to_hex(run.key));
  view.attempts = run.last_attempt;
  if (const auto lease = core_.leases_.find(trial.run); lease != core_.leases_.end())
    view.progress = lease->second.progress;
  return view;
}

std::vector<std::string> CoreView::explain(TimePoint now, const TrialId& id) const {
  const Core::SweepState& state = core_.sweeps_[id.sweep];
  const Core::Trial& trial = state.trial(id.arm, id.seed);
  std::vector<std::string> lines;
  switch (state_of(state, trial, id.arm)) {
    case TrialState::kUnresolved:
      lines.push_back(trial.asked ? "it is not expanded yet: enough runs of its sweep are ready before it"
                                  : "its stage has not begun: earlier seeds decide first which arms go on");
      break;
    case TrialState::kWaitingForBaseline: {
      const RunId baseline = trial.earlier != Core::kNoRun ? trial.earlier : state.trial(0, id.seed).run;
      lines.push_back(trial.earlier != Core::kNoRun ? "its next round is made from the counts of the round before"
                                                    : "its treatment is made from the baseline of its seed");
      if (baseline != Core::kNoRun && core_.runs_[baseline].state == Core::RunState::kWaiting)
        explain_ready(now, state, baseline, lines);
      if (const auto lease = core_.leases_.find(baseline); lease != core_.leases_.end())
        lines.push_back(fmt::format("which agent {} {}", lease->second.agent.str(),
                                    lease->second.started
                                        ? fmt::format("trains now ({:.0f} %)", 100 * lease->second.progress)
                                        : "has, and has not begun"));
      break;
    }
    case TrialState::kReady: explain_ready(now, state, trial.run, lines); break;
    case TrialState::kLeased:
    case TrialState::kRunning: {
      const Core::Lease& lease = core_.leases_.at(trial.run);
      lines.push_back(lease.started
                          ? fmt::format("agent {} trains it ({:.0f} %)", lease.agent.str(), 100 * lease.progress)
                          : fmt::format("agent {} has it, and trains others first", lease.agent.str()));
      break;
    }
    case TrialState::kFinished: lines.emplace_back("it is finished"); break;
    case TrialState::kFailed: lines.emplace_back("it has failed"); break;
    case TrialState::kNotNeeded: lines.emplace_back("the sweep's own design leaves it out"); break;
    case TrialState::kCancelled: lines.emplace_back("its sweep was stopped; resume it to train the rest"); break;
  }
  return lines;
}

// Nothing, or why this agent cannot take runs of the sweep.
std::string CoreView::why_not(const Core::SweepState& state, const Core::Agent& agent) const {
  if (!agent.connection) return "not connected";
  if (core_.is_draining(agent)) return "being drained";
  if (agent.quarantined_until) return "in quarantine, since what it trained failed";
  const auto& trainers = agent.hello.trainers;
  if (!trainers.empty() && std::find(trainers.begin(), trainers.end(), state.sweep.trainer) == trainers.end())
    return "without the trainer " + state.sweep.trainer;
  for (const auto& [name, value] : state.sweep.resources.labels) {
    const auto found = agent.hello.labels.find(name);
    if (found == agent.hello.labels.end() || found->second != value) return "without the label " + name + "=" + value;
  }
  if (std::none_of(agent.hello.devices.begin(), agent.hello.devices.end(),
                   [&](const AgentDevice& device) { return Core::fits(state, device); }))
    return "without a fitting device (" + (state.device.empty() ? "any" : state.device) + ")";
  if (!core_.room_of_.contains(agent.id)) return "busy";
  return "";
}

void CoreView::explain_ready(TimePoint now, const Core::SweepState& state, RunId run,
                             std::vector<std::string>& lines) const {
  if (state.wish == SweepWish::kPaused) {
    lines.emplace_back("its sweep is paused; resume it");
    return;
  }
  if (core_.runs_[run].delayed) {
    for (const auto& [at, delayed] : core_.delayed_)
      if (delayed == run)
        lines.push_back(fmt::format("a machine gave it back; it is tried again in {:.0f} s", seconds(at - now)));
    return;
  }
  const auto ready = state.ready.find(core_.ready_key(run, state.number));
  lines.push_back(fmt::format("it is ready; {} runs of its sweep go first",
                              ready == state.ready.end() ? 0 : std::distance(state.ready.begin(), ready)));
  for (const Core::Turn& turn : core_.turns_) {
    if (turn.sweep == state.number) break;
    const Core::SweepState& other = core_.sweeps_[turn.sweep];
    lines.push_back(fmt::format(
        "sweep {} ({}) has its turn before it: {}", other.sweep.name, other.id.brief(),
        turn.priority < -state.sweep.resources.priority ? "a higher priority" : "fewer runs are given out"));
  }
  if (core_.agents_.empty()) lines.emplace_back("no agent is known: start one with evensweep agent --coordinator ...");
  std::map<std::string, std::vector<std::string>> reasons;
  for (const auto& [id, agent] : core_.agents_)
    if (const std::string why = why_not(state, agent); !why.empty()) reasons[why].push_back(id.str());
  for (const auto& [why, agents] : reasons)
    lines.push_back(fmt::format("{} of {} agents {} {}: {}{}", agents.size(), core_.agents_.size(),
                                agents.size() == 1 ? "is" : "are", why, agents.front(),
                                agents.size() > 1 ? ", ..." : ""));
}

std::vector<SweepNumber> CoreView::turns() const {
  std::vector<SweepNumber> sweeps;
  for (const Core::Turn& turn : core_.turns_) sweeps.push_back(turn.sweep);
  return sweeps;
}

std::vector<TrialId> CoreView::next_ready(SweepNumber sweep, uint32_t limit) const {
  std::vector<TrialId> trials;
  for (const Core::ReadyKey& key : core_.sweeps_[sweep].ready) {
    if (trials.size() >= limit) break;
    trials.push_back({.sweep = sweep, .arm = key.arm, .seed = key.seed});
  }
  return trials;
}

// ---- agents

std::vector<LeaseView> CoreView::held(uint32_t limit) const {
  std::vector<LeaseView> views;
  for (const auto& [id, agent] : core_.agents_)
    for (const RunId run : agent.leased) {
      if (views.size() >= limit) return views;
      if (core_.runs_[run].trials.empty()) continue;
      const Core::TrialRef& first = core_.runs_[run].trials.front();
      const Core::Lease& lease = core_.leases_.at(run);
      views.push_back({.agent = id,
                       .device = lease.device,
                       .trial = trial({.sweep = first.sweep, .arm = first.arm, .seed = first.seed}),
                       .examples_per_second = lease.rate});
    }
  return views;
}

std::string CoreView::host_of(const AgentId& agent) const {
  const auto found = core_.agents_.find(agent);
  return found == core_.agents_.end() ? "" : found->second.hello.host;
}

AgentView CoreView::agent(const Core::Agent& agent, TimePoint now, int64_t unix_millis) const {
  AgentView view{.id = agent.id,
                 .host = agent.hello.host,
                 .version = agent.hello.version,
                 .connected = agent.connection.has_value(),
                 .draining = core_.is_draining(agent),
                 .labels = agent.hello.labels,
                 .last_heard = unix_millis - (now - agent.heard).count()};
  if (agent.quarantined_until)
    view.quarantined = fmt::format("{} attempts in a row failed on it; it is tried again in {:.0f} min",
                                   agent.health.in_a_row.size(), seconds(*agent.quarantined_until - now) / 60);
  for (const AgentDevice& device : agent.hello.devices) view.devices.push_back({.device = device});
  for (const DeviceState& state : agent.last_heartbeat.devices)
    if (state.device < view.devices.size()) {
      DeviceView& device = view.devices[state.device];
      device.memory_used = state.memory_used.value_or(0);
      device.temperature = state.temperature;
      device.utilisation = state.utilisation;
    }
  for (const RunId run : agent.leased) {
    const Core::Lease& lease = core_.leases_.at(run);
    ++(lease.started ? view.running : view.queued);
    if (lease.device < view.devices.size()) ++view.devices[lease.device].leases;
  }
  return view;
}

std::vector<AgentView> CoreView::agents(TimePoint now, int64_t unix_millis) const {
  std::vector<AgentView> views;
  for (const auto& [id, known] : core_.agents_) views.push_back(agent(known, now, unix_millis));
  return views;
}

}  // namespace evensweep::coordinator
