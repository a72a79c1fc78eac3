#include "coordinator/host/host_control.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "common/model/expand.h"
#include "common/model/json.h"
#include "common/model/reference.h"

namespace evensweep::coordinator {
namespace {

using Sight = Host::Sight;

// Trials that one answer looks at, so that a sweep of a million keeps nobody waiting.
constexpr uint64_t kMostLookedAt = 100'000;

StatusOr<int64_t> submitted_at(const Sight& sight, SweepNumber sweep) {
  EV_ASSIGN_OR_RETURN(const StoredSource stored, sight.store.sweep_source(sweep));
  return stored.submitted_at;
}

StatusOr<SweepNumber> resolve_sweep(const Sight& sight, const std::string& text) {
  const CoreView view(sight.core);
  if (const auto exact = view.find(SweepId(text))) return *exact;
  std::vector<NamedSweep> named;
  for (SweepNumber sweep = 0; sweep < view.sweeps(); ++sweep) {
    EV_ASSIGN_OR_RETURN(const int64_t at, submitted_at(sight, sweep));
    named.push_back({.id = view.id(sweep), .name = view.definition(sweep).name, .submitted_at = at});
  }
  EV_ASSIGN_OR_RETURN(const SweepId id, find_sweep(text, named));
  return *view.find(id);
}

StatusOr<TrialId> resolve_trial(const Sight& sight, const std::string& text) {
  EV_ASSIGN_OR_RETURN(const Reference reference, parse_reference(text));
  if (!reference.is_trial())
    return absl::InvalidArgumentError("\"" + text + "\" is a sweep; name one of its trials: SWEEP/ARM/SEED");
  EV_ASSIGN_OR_RETURN(const SweepNumber sweep, resolve_sweep(sight, reference.sweep));
  EV_ASSIGN_OR_RETURN(const TrialPosition position, find_trial(reference, CoreView(sight.core).definition(sweep)));
  return TrialId{.sweep = sweep, .arm = position.arm, .seed = position.seed};
}

StatusOr<SweepView> view_of(const Sight& sight, SweepNumber sweep) {
  SweepView view = CoreView(sight.core).sweep(sweep);
  EV_ASSIGN_OR_RETURN(const StoredSource stored, sight.store.sweep_source(sweep));
  view.submitted_at = stored.submitted_at;
  view.extends = SweepId(stored.source.extends);
  return view;
}

// With the reason of its failure.
StatusOr<TrialView> view_of(const Sight& sight, const TrialId& id) {
  const CoreView core(sight.core);
  TrialView view = core.trial(id);
  if (view.state != TrialState::kFailed) return view;
  const std::optional<RunId> run = core.run_of(id);
  EV_ASSIGN_OR_RETURN(const std::optional<Failure> failure, run ? sight.store.failure(*run) : sight.store.failure(id));
  if (failure) view.reason = failure->message;
  return view;
}

StatusOr<AgentId> resolve_agent(const Sight& sight, const std::string& text) {
  std::vector<AgentId> agents;
  for (const AgentView& agent : CoreView(sight.core).agents(sight.now, sight.unix_millis)) agents.push_back(agent.id);
  return find_agent(text, agents);
}

StatusOr<AgentView> view_of(const Sight& sight, const AgentId& id) {
  for (AgentView& agent : CoreView(sight.core).agents(sight.now, sight.unix_millis))
    if (agent.id == id) return std::move(agent);
  return absl::NotFoundError("agent " + id.str() + " has gone");
}

// Runs `read` on the host's thread and replies with what it gives.
template <typename T, typename Read>
void answer(Host& host, Control::Reply<T> reply, Read read) {
  host.look([reply = std::move(reply), read = std::move(read)](const StatusOr<Sight>& sight) {
    reply(sight.ok() ? read(*sight) : StatusOr<T>(sight.status()));
  });
}

}  // namespace

HostControl::HostControl(Host& host) : host_(host), tails_(std::make_shared<LogTails>()) {
  host_.listen_to_logs([tails = tails_](RunId run, uint32_t attempt, const std::optional<std::string>& text) {
    tails->hear(run, attempt, text);
  });
}

void HostControl::check(std::function<void(const Status&)> reply) {
  host_.look([reply = std::move(reply)](const StatusOr<Sight>& sight) { reply(sight.status()); });
}

void HostControl::totals(Reply<Totals> reply) {
  answer<Totals>(host_, std::move(reply), [](const Sight& sight) -> StatusOr<Totals> {
    const CoreView core(sight.core);
    Totals totals{.counts = sight.counts};
    for (SweepNumber sweep = 0; sweep < core.sweeps(); ++sweep) {
      const SweepStatus status = core.sweep(sweep).status;
      ++totals.sweeps[status.phase];
      totals.trials_finished += status.trials_finished;
      totals.trials_failed += status.trials_failed;
      totals.trials_not_needed += status.trials_not_needed;
      if (status.over) continue;
      totals.trials_running += status.running;
      const uint64_t settled =
          status.trials_finished + status.trials_failed + status.trials_not_needed + status.running;
      totals.trials_waiting += status.trials - std::min(status.trials, settled);
    }
    totals.agents = core.agents(sight.now, sight.unix_millis);
    return totals;
  });
}

void HostControl::submit(Submission submission, Reply<Submitted> reply) {
  const SweepId id = sweep_id(submission.sweep);
  auto known = std::make_shared<bool>(false);
  host_.look(
      [known, id](const StatusOr<Sight>& sight) { *known = sight.ok() && CoreView(sight->core).find(id).has_value(); });
  host_.tell(SweepSubmitted{.id = id,
                            .sweep = std::move(submission.sweep),
                            .source = {.file_text = std::move(submission.file.text),
                                       .overrides = std::move(submission.file.overrides),
                                       .extends = submission.extends.str()},
                            .request = std::move(submission.request),
                            .who = std::move(submission.who)},
             [&host = host_, id, known, reply = std::move(reply)](const Status& stored) {
               if (!stored.ok()) return reply(stored);
               answer<Submitted>(host, reply, [id, known](const Sight& sight) -> StatusOr<Submitted> {
                 return Submitted{.id = id, .status = *sight.core.status(id), .known = *known};
               });
             });
}

void HostControl::control(SweepControl control, Reply<Controlled> reply) {
  struct Before {
    SweepNumber sweep = 0;
    uint64_t failed = 0, leases = 0;
    SweepPhase phase = SweepPhase::kActive;
  };
  host_.look([&host = host_, control, reply = std::move(reply)](const StatusOr<Sight>& sight) {
    if (!sight.ok()) return reply(sight.status());
    const StatusOr<SweepNumber> sweep = resolve_sweep(*sight, control.sweep);
    if (!sweep.ok()) return reply(sweep.status());
    const CoreView view(sight->core);
    const SweepId id = view.id(*sweep);
    const Before before{.sweep = *sweep,
                        .failed = view.failed_trials(*sweep),
                        .leases = view.leases(*sweep),
                        .phase = sight->core.status(id)->phase};
    host.tell(SweepControlled{.sweep = id, .action = control.action, .request = control.request, .who = control.who},
              [&host, before, action = control.action, reply](const Status& stored) {
                if (!stored.ok()) return reply(stored);
                answer<Controlled>(host, reply, [before, action](const Sight& now) -> StatusOr<Controlled> {
                  Controlled done;
                  EV_ASSIGN_OR_RETURN(done.sweep, view_of(now, before.sweep));
                  const CoreView after(now.core);
                  done.changed = done.sweep.status.phase != before.phase ? 1 : 0;
                  const auto fewer = [](uint64_t was, uint64_t is) { return was > is ? was - is : 0; };
                  if (action == SweepAction::kRetryFailed)
                    done.changed = fewer(before.failed, after.failed_trials(before.sweep));
                  if (action == SweepAction::kCancel) done.changed = fewer(before.leases, after.leases(before.sweep));
                  return done;
                });
              });
  });
}

void HostControl::sweeps(SweepsQuery query, Reply<SweepsPage> reply) {
  answer<SweepsPage>(host_, std::move(reply), [query](const Sight& sight) -> StatusOr<SweepsPage> {
    SweepsPage page;
    for (SweepNumber sweep = CoreView(sight.core).sweeps(); sweep-- > 0;) {
      EV_ASSIGN_OR_RETURN(SweepView view, view_of(sight, sweep));
      if (view.status.over && !query.over_too) continue;
      page.more = page.sweeps.size() >= query.limit;
      if (page.more) break;
      page.sweeps.push_back(std::move(view));
    }
    return page;
  });
}

void HostControl::sweep(std::string sweep, Reply<SweepView> reply) {
  answer<SweepView>(host_, std::move(reply), [sweep = std::move(sweep)](const Sight& sight) -> StatusOr<SweepView> {
    EV_ASSIGN_OR_RETURN(const SweepNumber number, resolve_sweep(sight, sweep));
    return view_of(sight, number);
  });
}

void HostControl::definition(std::string sweep, Reply<SweepDefinition> reply) {
  answer<SweepDefinition>(
      host_, std::move(reply), [sweep = std::move(sweep)](const Sight& sight) -> StatusOr<SweepDefinition> {
        EV_ASSIGN_OR_RETURN(const SweepNumber number, resolve_sweep(sight, sweep));
        EV_ASSIGN_OR_RETURN(StoredSource stored, sight.store.sweep_source(number));
        return SweepDefinition{
            .sweep = CoreView(sight.core).definition(number),
            .file = {.text = std::move(stored.source.file_text), .overrides = std::move(stored.source.overrides)}};
      });
}

void HostControl::trials(TrialsQuery query, Reply<TrialsPage> reply) {
  answer<TrialsPage>(host_, std::move(reply), [query = std::move(query)](const Sight& sight) -> StatusOr<TrialsPage> {
    EV_ASSIGN_OR_RETURN(const SweepNumber number, resolve_sweep(sight, query.sweep));
    const CoreView core(sight.core);
    const Sweep& sweep = core.definition(number);
    const uint64_t seeds = all_seeds(sweep).size(), all = (sweep.arms.size() + 1) * seeds;
    TrialsPage page;
    for (uint64_t at = query.from; at < all; ++at) {
      if (page.trials.size() >= query.limit || at - query.from >= kMostLookedAt) {
        page.next = at;
        break;
      }
      const TrialId id{
          .sweep = number, .arm = static_cast<uint32_t>(at / seeds), .seed = static_cast<uint32_t>(at % seeds)};
      if (!query.states.empty() && std::ranges::find(query.states, core.state(id)) == query.states.end()) continue;
      EV_ASSIGN_OR_RETURN(TrialView view, view_of(sight, id));
      page.trials.push_back(std::move(view));
    }
    return page;
  });
}

void HostControl::attempts(std::string trial, Reply<TrialAttempts> reply) {
  answer<TrialAttempts>(host_, std::move(reply),
                        [trial = std::move(trial)](const Sight& sight) -> StatusOr<TrialAttempts> {
                          EV_ASSIGN_OR_RETURN(const TrialId id, resolve_trial(sight, trial));
                          TrialAttempts found;
                          EV_ASSIGN_OR_RETURN(found.trial, view_of(sight, id));
                          const CoreView core(sight.core);
                          if (const std::optional<RunId> run = core.run_of(id)) {
                            EV_ASSIGN_OR_RETURN(found.attempts, sight.store.attempts(*run));
                          }
                          for (AttemptView& attempt : found.attempts) attempt.host = core.host_of(attempt.agent);
                          return found;
                        });
}

void HostControl::explain(std::string trial, Reply<TrialExplained> reply) {
  answer<TrialExplained>(host_, std::move(reply),
                         [trial = std::move(trial)](const Sight& sight) -> StatusOr<TrialExplained> {
                           EV_ASSIGN_OR_RETURN(const TrialId id, resolve_trial(sight, trial));
                           TrialExplained explained;
                           EV_ASSIGN_OR_RETURN(explained.trial, view_of(sight, id));
                           explained.explanation.lines = CoreView(sight.core).explain(sight.now, id);
                           if (!explained.trial.reason.empty())
                             explained.explanation.lines.push_back(explained.trial.reason);
                           return explained;
                         });
}

void HostControl::results(std::string sweep, Reply<evensweep::StoredSweep> reply) {
  answer<evensweep::StoredSweep>(
      host_, std::move(reply), [sweep = std::move(sweep)](const Sight& sight) -> StatusOr<evensweep::StoredSweep> {
        EV_ASSIGN_OR_RETURN(const SweepNumber number, resolve_sweep(sight, sweep));
        evensweep::StoredSweep stored;
        EV_ASSIGN_OR_RETURN(stored.results, sight.store.sweep_results(CoreView(sight.core).id(number)));
        EV_ASSIGN_OR_RETURN(StoredSource source, sight.store.sweep_source(number));
        stored.file = {.text = std::move(source.source.file_text), .overrides = std::move(source.source.overrides)};
        return stored;
      });
}

void HostControl::result(RunKey run, Reply<RunResult> reply) {
  answer<RunResult>(host_, std::move(reply), [run = std::move(run)](const Sight& sight) -> StatusOr<RunResult> {
    const std::optional<RunId> known = CoreView(sight.core).run_of(run);
    if (!known) return absl::NotFoundError("run " + run.str() + " is not known here");
    return sight.store.result(*known);
  });
}

void HostControl::agents(Reply<std::vector<AgentView>> reply) {
  answer<std::vector<AgentView>>(host_, std::move(reply), [](const Sight& sight) -> StatusOr<std::vector<AgentView>> {
    return CoreView(sight.core).agents(sight.now, sight.unix_millis);
  });
}

void HostControl::grid(GridQuery query, Reply<SweepGrid> reply) {
  answer<SweepGrid>(host_, std::move(reply), [query = std::move(query)](const Sight& sight) -> StatusOr<SweepGrid> {
    EV_ASSIGN_OR_RETURN(const SweepNumber number, resolve_sweep(sight, query.sweep));
    const CoreView core(sight.core);
    const Sweep& sweep = core.definition(number);
    const std::vector<uint64_t> seeds = all_seeds(sweep);
    SweepGrid grid{.seeds = seeds.size(), .first = std::min<uint64_t>(query.first, seeds.size())};
    EV_ASSIGN_OR_RETURN(grid.sweep, view_of(sight, number));
    for (size_t arm = 0; arm <= sweep.arms.size(); ++arm) grid.arms.push_back(arm_name(arm_of_trial(sweep, arm)));
    const uint64_t fit = std::max<uint64_t>(1, std::min(query.seeds, query.cells / grid.arms.size()));
    const uint64_t last = grid.first + std::min(fit, seeds.size() - grid.first);
    grid.window.assign(seeds.begin() + static_cast<ptrdiff_t>(grid.first),
                       seeds.begin() + static_cast<ptrdiff_t>(last));
    for (uint32_t arm = 0; arm < grid.arms.size(); ++arm)
      for (uint64_t seed = grid.first; seed < last; ++seed)
        grid.states.push_back(core.state({.sweep = number, .arm = arm, .seed = static_cast<uint32_t>(seed)}));
    return grid;
  });
}

void HostControl::leases(uint32_t limit, Reply<std::vector<LeaseView>> reply) {
  answer<std::vector<LeaseView>>(
      host_, std::move(reply),
      [limit](const Sight& sight) -> StatusOr<std::vector<LeaseView>> { return CoreView(sight.core).held(limit); });
}

void HostControl::queue(uint32_t limit, Reply<std::vector<QueuedSweep>> reply) {
  answer<std::vector<QueuedSweep>>(host_, std::move(reply),
                                   [limit](const Sight& sight) -> StatusOr<std::vector<QueuedSweep>> {
                                     const CoreView core(sight.core);
                                     std::vector<QueuedSweep> queue;
                                     for (const SweepNumber number : core.turns()) {
                                       QueuedSweep& queued = queue.emplace_back();
                                       EV_ASSIGN_OR_RETURN(queued.sweep, view_of(sight, number));
                                       queued.ready = core.ready(number);
                                       const std::vector<TrialId> next = core.next_ready(number, limit);
                                       for (const TrialId& trial : next) queued.next.push_back(core.trial(trial));
                                       if (!next.empty()) queued.lines = core.explain(sight.now, next.front());
                                     }
                                     return queue;
                                   });
}

void HostControl::control(AgentControl control, Reply<AgentView> reply) {
  host_.look([&host = host_, control, reply = std::move(reply)](const StatusOr<Sight>& sight) {
    if (!sight.ok()) return reply(sight.status());
    const StatusOr<AgentId> id = resolve_agent(*sight, control.agent);
    if (!id.ok()) return reply(id.status());
    host.tell(AgentControlled{.agent = *id,
                              .draining = control.action == AgentAction::kDrain,
                              .request = control.request,
                              .who = control.who},
              [&host, id = *id, reply](const Status& stored) {
                if (!stored.ok()) return reply(stored);
                answer<AgentView>(host, reply, [id](const Sight& now) { return view_of(now, id); });
              });
  });
}

HostControl::WatchId HostControl::watch(const SweepId& sweep,
                                        std::function<void(const StatusOr<SweepStatus>&)> callback) {
  return host_.watch(sweep, std::move(callback));
}

void HostControl::unwatch(WatchId watch) { host_.unwatch(watch); }

HostControl::WatchId HostControl::log(std::string trial, bool follow,
                                      std::function<void(const StatusOr<LogPiece>&)> callback) {
  static std::atomic<WatchId> last{0};
  const WatchId watch = ++last;
  host_.look([tails = tails_, trial = std::move(trial), follow, watch,
              callback = std::move(callback)](const StatusOr<Sight>& sight) {
    if (!sight.ok()) return callback(sight.status());
    const StatusOr<TrialId> id = resolve_trial(*sight, trial);
    if (!id.ok()) return callback(id.status());
    const CoreView core(sight->core);
    const std::optional<RunId> run = core.run_of(*id);
    if (!run) return callback(LogPiece{.last = true});
    tails->show(watch, *run, core.last_attempt(*run), core.is_under_way(*run), follow, callback);
  });
  return watch;
}

void HostControl::unwatch_log(WatchId watch) {
  host_.look([tails = tails_, watch](const StatusOr<Sight>&) { tails->forget(watch); });
}

}  // namespace evensweep::coordinator
