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

class System {
 public:
  System(uint64_t seed, const SimulateOptions& options)
      : world_(seed, options.without, options.printed),
        chance_(seed, "simulation/people"),
        network_(world_, choose()),
        coordinator_(world_, network_, [this] { coordinator_started(); }) {
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

  // ---- people, who turn to the coordinator until it has answered
  void coordinator_started() {
    for (const KnownSweep* sweep : world_.sweeps)
      world_.loop.after(below(world_.chaos ? 15'000 : 100),
                        [this, sweep, life = coordinator_.life()] { submit(*sweep, life); });
  }

  void submit(const KnownSweep& sweep, uint64_t life) {
    if (life != coordinator_.life()) return;
    auto answered = std::make_shared<bool>(false);
    coordinator_.submit(sweep, [answered] { *answered = true; });
    world_.loop.after(10'000, [this, &sweep, life, answered] {
      if (!*answered) submit(sweep, life);
    });
  }

  void plan() {
    network_.plan_faults();
    coordinator_.plan_faults();
    for (const auto& agent : agents_) agent->plan_faults();
    if (!world_.has(Fault::kImpatience)) return;
    for (int i = 0; i < 8; ++i)
      world_.loop.at(below(world_.weather.chaos_ends), [this] {
        world_.see(Seen::kResubmissions);
        submit(*world_.sweeps[chance_.below(world_.sweeps.size())], coordinator_.life());
      });
  }

  void heal() {
    world_.trace.note(world_.loop.now(), "all", {.what = "faults end"});
    world_.chaos = false;
    network_.heal();
    coordinator_.heal();
    for (const auto& agent : agents_) agent->heal();
  }

  // ---- the end
  bool is_done() {
    if (world_.chaos || !coordinator_.all_over()) return false;
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
