#include "tests/simulation/simulate.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "tests/simulation/agent.h"
#include "tests/simulation/coordinator.h"
#include "tests/simulation/network.h"
#include "tests/simulation/world.h"

namespace evensweep::simulation {
namespace {

// When all faults have ended, so long every sweep may take, and so long it may take to become quiet.
constexpr int64_t kMostAfterChaos = 2 * 3'600'000, kMostUntilQuiet = 600'000;
// So long after the chaos all that was given up is wanted again.
constexpr int64_t kWantedAgain = 20'000;

class System {
 public:
  System(uint64_t seed, const SimulateOptions& options)
      : world_(seed, options.without, options.printed),
        chance_(seed, "simulation/people"),
        network_(world_, choose()),
        coordinator_(world_, network_) {
    std::vector<AgentEnd> ends;
    for (size_t i = 0; i < agent_count_; ++i) {
      agents_.push_back(std::make_unique<Agent>(world_, network_, i));
      ends.push_back(agents_.back()->end());
    }
    network_.wire(coordinator_.end(), std::move(ends));
  }

  Outcome run() {
    Outcome outcome{.faults = world_.weather.faults};
    for (const auto& agent : agents_) world_.loop.after(below(3'000), [&agent = *agent] { agent.start(); });
    world_.loop.after(below(1'000), [this] { coordinator_.start(); });
    plan();
    world_.loop.at(world_.weather.chaos_ends, [this] { heal(); });
    const int64_t latest = world_.weather.chaos_ends + kMostAfterChaos;
    while (!world_.loop.empty() && world_.violation().empty() && world_.loop.now() < latest && !is_done()) {
      world_.loop.step();
      ++outcome.steps;
    }
    if (world_.violation().empty()) check_end();
    outcome.violation = world_.violation();
    outcome.trace = world_.trace.hash();
    outcome.tally = world_.tally;
    outcome.ended_at = world_.loop.now();
    return outcome;
  }

 private:
  int64_t below(int64_t bound) { return static_cast<int64_t>(chance_.below(static_cast<uint64_t>(bound))); }

  // Mostly small worlds: what can go wrong goes wrong with few runs and agents, and much faster.
  size_t choose() {
    const std::vector<KnownSweep>& known = known_sweeps();
    const bool large = chance_.below(64) == 0;
    const size_t sweeps = 1 + std::min(chance_.below(3), chance_.below(3));
    std::set<size_t> chosen;
    const size_t choices = large ? known.size() : known.size() - 2;
    for (size_t i = 0; i < sweeps; ++i) chosen.insert(std::min(chance_.below(choices), chance_.below(choices)));
    if (large) chosen.insert(known.size() - 1 - chance_.below(2));
    for (const size_t i : chosen) world_.sweeps.push_back(&known[i]);
    agent_count_ = large ? 1 + chance_.below(20) : 1 + std::min(chance_.below(4), chance_.below(4));
    return agent_count_;
  }

  // ---- people, who ask the coordinator until it has answered, however often it goes down meanwhile. When all faults
  // have ended they ask anew.
  void ask(const coordinator::Event& event) {
    auto answered = std::make_shared<bool>(false);
    again(event, answered);
  }

  void again(const coordinator::Event& event, const std::shared_ptr<bool>& answered) {
    coordinator_.ask(event, [answered] { *answered = true; });
    world_.loop.after(2'000 + below(8'000), [this, event, answered, chaos = world_.chaos] {
      if (*answered || chaos != world_.chaos) return;
      world_.see(Seen::kRepeatedRequests);
      again(event, answered);
    });
  }

  std::string request() { return "request " + std::to_string(++requests_); }

  void submit(const KnownSweep& sweep) {
    submitted_.insert(sweep.id);
    ask(coordinator::SweepSubmitted{.id = sweep.id, .sweep = sweep.sweep, .source = {}, .request = request()});
  }

  void control(coordinator::SweepAction action) {
    constexpr Seen kSeen[] = {Seen::kPausedSweeps, Seen::kResumedSweeps, Seen::kStoppedSweeps, Seen::kCancelledSweeps,
                              Seen::kRetriedSweeps};
    const SweepId& sweep = world_.sweeps[chance_.below(world_.sweeps.size())]->id;
    if (!submitted_.contains(sweep)) return;
    world_.see(kSeen[static_cast<size_t>(action)]);
    ask(coordinator::SweepControlled{.sweep = sweep, .action = action, .request = request()});
  }

  void drain(size_t agent, bool draining) {
    ask(coordinator::AgentControlled{
        .agent = AgentId("agent" + std::to_string(agent)), .draining = draining, .request = request()});
  }

  void plan() {
    network_.plan_faults();
    coordinator_.plan_faults();
    for (const auto& agent : agents_) agent->plan_faults();
    for (const KnownSweep* sweep : world_.sweeps) world_.loop.after(below(15'000), [this, sweep] { submit(*sweep); });
    using coordinator::SweepAction;
    often(Fault::kImpatience, 8, [this] {
      world_.see(Seen::kResubmissions);
      submit(*world_.sweeps[chance_.below(world_.sweeps.size())]);
    });
    often(Fault::kPausing, 6, [this] { control(chance_.below(2) == 0 ? SweepAction::kPause : SweepAction::kResume); });
    often(Fault::kGivingUp, 6, [this] {
      constexpr SweepAction kActions[] = {SweepAction::kStop, SweepAction::kCancel, SweepAction::kResume};
      control(kActions[chance_.below(3)]);
    });
    often(Fault::kRetrying, 6, [this] { control(SweepAction::kRetryFailed); });
    often(Fault::kDraining, 6, [this] { drain(chance_.below(agent_count_), chance_.below(2) == 0); });
  }

  void often(Fault fault, uint64_t most, const std::function<void()>& what) {
    if (!world_.has(fault)) return;
    for (uint64_t times = 1 + chance_.below(most); times > 0; --times)
      world_.loop.at(below(world_.weather.chaos_ends), what);
  }

  // What was paused, given up or drained is wanted again.
  void want_all() {
    for (const KnownSweep* sweep : world_.sweeps) {
      submit(*sweep);
      ask(coordinator::SweepControlled{
          .sweep = sweep->id, .action = coordinator::SweepAction::kResume, .request = request()});
    }
    for (size_t agent = 0; agent < agent_count_; ++agent) drain(agent, false);
  }

  void heal() {
    world_.trace.note(world_.loop.now(), "all", {.what = "faults end"});
    world_.chaos = false;
    network_.heal();
    coordinator_.heal();
    for (const auto& agent : agents_) agent->heal();
    world_.loop.after(kWantedAgain, [this] { want_all(); });
  }

  // ---- the end
  bool is_done() {
    if (world_.loop.now() < world_.weather.chaos_ends + kWantedAgain + 1'000 || !coordinator_.all_over()) return false;
    if (over_at_ == 0) over_at_ = world_.loop.now();
    return world_.loop.now() > over_at_ + kMostUntilQuiet ||
           std::ranges::all_of(agents_, [](const auto& agent) { return agent->is_quiet(); });
  }

  void check_end() {
    world_.require(coordinator_.all_over(), "not all trials have ended long after the last fault");
    if (!coordinator_.all_over()) return;
    for (const auto& agent : agents_)
      world_.require(agent->is_quiet(), "an agent is busy or has ends in its spool long after all is over");
    if (!world_.violation().empty()) return;
    for (const auto& agent : agents_) agent->check_end();
    coordinator_.check_end();
  }

  World world_;
  Rng chance_;
  size_t agent_count_ = 0;
  Network network_;
  Coordinator coordinator_;
  std::vector<std::unique_ptr<Agent>> agents_;
  int64_t over_at_ = 0;
  uint64_t requests_ = 0;
  std::set<SweepId> submitted_;
};

}  // namespace

Outcome simulate(uint64_t seed, const SimulateOptions& options) { return System(seed, options).run(); }

Faults faults_needed(uint64_t seed) {
  const Faults all = simulate(seed).faults;
  Faults without;
  for (bool smaller = true; smaller;) {
    smaller = false;
    for (size_t fault = 0; fault < all.size(); ++fault) {
      if (!all.test(fault) || without.test(fault)) continue;
      without.set(fault);
      if (simulate(seed, {.without = without}).violation.empty())
        without.reset(fault);
      else
        smaller = true;
    }
  }
  return all & ~without;
}

}  // namespace evensweep::simulation
