#include "coordinator/http/pages/gather.h"

#include <algorithm>
#include <utility>

#include "common/model/expand.h"

namespace evensweep::coordinator {
namespace {

constexpr uint32_t kSweepsShown = 200, kSweepsSummed = 20;
constexpr uint32_t kLeasesShown = 500, kQueueShown = 10, kTrialsShown = 200;
constexpr uint32_t kGroupsShown = 200, kAttemptsShown = 2000;

// The reply that goes on with `next(value)`, or is done with the error.
template <typename T, typename Facts, typename Next>
Control::Reply<T> on(const Done<Facts>& done, Next next) {
  return [done, next = std::move(next)](StatusOr<T> value) {
    if (!value.ok()) return done(value.status());
    next(*std::move(value));
  };
}

std::vector<std::string> arm_names(const Sweep& sweep) {
  std::vector<std::string> names;
  for (size_t arm = 0; arm <= sweep.arms.size(); ++arm) names.push_back(arm_name(arm_of_trial(sweep, arm)));
  return names;
}

}  // namespace

// The last step: what `read(reader)` makes of the store, on the desk's thread.
template <typename Facts, typename Read>
void Gather::finish(const Done<Facts>& done, Read read) const {
  if (const std::shared_ptr<Desk> desk = desk_.lock())
    desk->ask([done, read = std::move(read)](StoreReader& reader) mutable { done(read(reader)); });
}

void Gather::overview(Done<OverviewFacts> done) const {
  const Gather self = *this;
  control_->sweeps({.over_too = true, .limit = kSweepsShown}, on<SweepsPage>(done, [self, done](SweepsPage page) {
                     self.control_->agents(on<std::vector<AgentView>>(done, [self, done, page = std::move(page)](
                                                                                std::vector<AgentView> agents) {
                       self.finish<OverviewFacts>(
                           done, [page, agents, memory = self.memory_](StoreReader& reader) -> StatusOr<OverviewFacts> {
                             OverviewFacts facts{.more = page.more, .agents = agents};
                             uint32_t summed = 0;
                             for (const SweepView& view : page.sweeps) {
                               ListedSweep& listed = facts.sweeps.emplace_back(ListedSweep{.view = view});
                               if (view.status.over || ++summed > kSweepsSummed) continue;
                               EV_ASSIGN_OR_RETURN(listed.figures, memory->of(reader, view));
                             }
                             return facts;
                           });
                     }));
                   }));
}

void Gather::agents(Done<AgentsFacts> done) const {
  const Gather self = *this;
  control_->agents(on<std::vector<AgentView>>(done, [self, done](std::vector<AgentView> agents) {
    self.control_->leases(kLeasesShown, on<std::vector<LeaseView>>(done, [self, done, agents = std::move(agents)](
                                                                             const std::vector<LeaseView>& leases) {
                            self.finish<AgentsFacts>(done, [agents, leases](StoreReader&) -> StatusOr<AgentsFacts> {
                              return AgentsFacts{.agents = agents, .leases = leases};
                            });
                          }));
  }));
}

void Gather::queue(Done<std::vector<QueuedSweep>> done) const {
  const Gather self = *this;
  control_->queue(kQueueShown, on<std::vector<QueuedSweep>>(done, [self, done](const std::vector<QueuedSweep>& queue) {
                    self.finish<std::vector<QueuedSweep>>(
                        done, [queue](StoreReader&) -> StatusOr<std::vector<QueuedSweep>> { return queue; });
                  }));
}

void Gather::audit(std::optional<int64_t> before, Done<std::vector<AuditRow>> done) const {
  finish<std::vector<AuditRow>>(done, [before](StoreReader& reader) { return reader.audit(before, kAuditRows + 1); });
}

void Gather::sweep(const std::string& sweep, uint64_t from, Done<SweepFacts> done) const {
  const Gather self = *this;
  control_->grid({.sweep = sweep, .first = from, .seeds = kMostColumns, .cells = kMostCells},
                 on<SweepGrid>(done, [self, done](SweepGrid grid) {
                   self.control_->agents(on<std::vector<AgentView>>(
                       done, [self, done, grid = std::move(grid)](const std::vector<AgentView>& agents) {
                         self.finish<SweepFacts>(done,
                                                 [grid, slots = live_slots(agents),
                                                  memory = self.memory_](StoreReader& reader) -> StatusOr<SweepFacts> {
                                                   SweepFacts facts{.grid = grid, .slots = slots};
                                                   EV_ASSIGN_OR_RETURN(facts.figures, memory->of(reader, grid.sweep));
                                                   return facts;
                                                 });
                       }));
                 }));
}

// Goes on with the sweep and its definition.
template <typename Facts, typename Use>
void Gather::with_sweep(const std::string& sweep, const Done<Facts>& done, Use use) const {
  const Gather self = *this;
  control_->sweep(sweep, on<SweepView>(done, [self, done, use](const SweepView& view) {
                    self.control_->definition(view.id.str(),
                                              on<SweepDefinition>(done, [view, use](const SweepDefinition& found) {
                                                use(view, found.sweep);
                                              }));
                  }));
}

void Gather::failures(const std::string& sweep, Done<FailuresFacts> done) const {
  with_sweep(sweep, done, [self = *this, done](const SweepView& view, const Sweep& definition) {
    FailuresFacts facts{.sweep = view, .arms = arm_names(definition), .seeds = all_seeds(definition), .groups = {}};
    self.finish<FailuresFacts>(done, [facts](StoreReader& reader) mutable -> StatusOr<FailuresFacts> {
      EV_ASSIGN_OR_RETURN(facts.groups, reader.failures(facts.sweep.id, kGroupsShown));
      return facts;
    });
  });
}

void Gather::timeline(const std::string& sweep, Done<TimelineFacts> done) const {
  with_sweep(sweep, done, [self = *this, done](const SweepView& view, const Sweep& definition) {
    TimelineFacts facts{.sweep = view, .arms = arm_names(definition), .seeds = all_seeds(definition), .attempts = {}};
    self.finish<TimelineFacts>(done, [facts](StoreReader& reader) mutable -> StatusOr<TimelineFacts> {
      EV_ASSIGN_OR_RETURN(facts.attempts, reader.history(facts.sweep.id, kAttemptsShown));
      return facts;
    });
  });
}

void Gather::trials(const std::string& sweep, uint64_t from, std::optional<TrialState> state,
                    Done<TrialsFacts> done) const {
  const Gather self = *this;
  control_->sweep(sweep, on<SweepView>(done, [self, done, from, state](const SweepView& view) {
                    TrialsQuery query{.sweep = view.id.str(), .from = from, .limit = kTrialsShown};
                    if (state) query.states.push_back(*state);
                    self.control_->trials(query,
                                          on<TrialsPage>(done, [self, done, view, state](const TrialsPage& page) {
                                            self.finish<TrialsFacts>(done, [=](StoreReader&) -> StatusOr<TrialsFacts> {
                                              return TrialsFacts{.sweep = view, .page = page, .state = state};
                                            });
                                          }));
                  }));
}

void Gather::trial(const std::string& trial, bool with_results, Done<TrialFacts> done) const {
  const Gather self = *this;
  control_->attempts(
      trial, on<TrialAttempts>(done, [self, done, trial, with_results](const TrialAttempts& found) {
        self.control_->explain(
            trial, on<TrialExplained>(done, [self, done, with_results, found](const TrialExplained& explained) {
              self.with_sweep(found.trial.sweep.str(), done, [=](const SweepView& view, const Sweep& definition) {
                const std::vector<uint64_t> seeds = all_seeds(definition);
                const auto seed = static_cast<uint32_t>(std::ranges::find(seeds, found.trial.seed) - seeds.begin());
                TrialFacts facts{.sweep = view,
                                 .trial = explained.trial,
                                 .attempts = found.attempts,
                                 .lines = explained.explanation.lines,
                                 .classes = definition.classes.names};
                self.finish<TrialFacts>(
                    done, [facts, with_results, seed](StoreReader& reader) mutable -> StatusOr<TrialFacts> {
                      if (!with_results) return facts;
                      EV_ASSIGN_OR_RETURN(facts.result, reader.result(facts.sweep.id, facts.trial.arm, seed));
                      EV_ASSIGN_OR_RETURN(facts.baseline, reader.result(facts.sweep.id, 0, seed));
                      return facts;
                    });
              });
            }));
      }));
}

}  // namespace evensweep::coordinator
