#pragma once
// What all parts of a simulated system share, and what must hold whatever happens to them.

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/base/rng.h"
#include "tests/simulation/catalogue.h"
#include "tests/simulation/loop.h"
#include "tests/simulation/store.h"
#include "tests/simulation/tally.h"
#include "tests/simulation/trace.h"
#include "tests/simulation/weather.h"

namespace evensweep::simulation {

class World {
 public:
  World(uint64_t number, const Faults& without, bool printed)
      : seed(number), weather(weather_of(number, without)), trace(printed), store(tally) {}

  const uint64_t seed;
  const Weather weather;
  Loop loop;
  Tally tally{};
  Trace trace;
  Store store;
  bool chaos = true;

  // Whether the fault happens now: what is once in `1 / probability` times under the worst weather.
  bool strikes(Fault fault, double probability, Rng& chance) const {
    return chaos && weather.has(fault) && chance.uniform() < probability * weather.intensity;
  }
  bool has(Fault fault) const { return chaos && weather.has(fault); }
  void see(Seen seen) { ++tally[static_cast<size_t>(seen)]; }

  void require(bool condition, const char* what, std::string_view whose = {}) {
    if (!condition && violation_.empty())
      violation_ = std::string(what) + (whose.empty() ? "" : ": ") + std::string(whose);
  }
  // The first thing that must hold and did not; empty: all is well.
  const std::string& violation() const { return violation_.empty() ? store.violation() : violation_; }

  // A training diverges or does not, whoever does it.
  bool diverges(const RunKey& run) const {
    return weather.has(Fault::kDiverges) && (number_of(run) ^ seed * 0x9e3779b97f4a7c15) % 16 == 0;
  }

  // An agent's own word about an attempt of its own, as it goes into the network.
  void told(const AgentId& agent, const Update& update);
  // The result of an attempt that was taken from it. It may be on its way while the end that it told before is
  // acknowledged.
  void told_late(const AgentId& agent, const Update& update);
  // Whether an agent has said that the attempt failed so.
  bool was_told(const AttemptId& attempt, FailureClass failure) const { return failures_.contains({attempt, failure}); }
  bool has_succeeded(const RunKey& run) const { return succeeded_.contains(run); }

  // Before the coordinator lets anybody know: what it says must be in the store.
  void check_acknowledged(const AttemptId& attempt, const AgentId& agent);
  void check_granted(const AttemptId& attempt);
  void check_stored(const coordinator::Record& record);

  std::vector<const KnownSweep*> sweeps;              // of this world
  std::vector<std::pair<AttemptId, AgentId>> leases;  // that have reached an agent

 private:
  void check(const coordinator::RunFinished& record);
  void check(const coordinator::RunFailed& record);
  void check(const coordinator::AttemptEnded& record);
  void check(const coordinator::LogKept& record);
  void check(const coordinator::CheckpointKept& record);
  void check(const coordinator::TrialResolved& record);
  void check(const coordinator::TrialFailed& record);
  template <typename Other>
  void check(const Other&) {}
  const KnownSweep* sweep_of(coordinator::SweepNumber number) const;

  std::string violation_;
  std::set<std::pair<AttemptId, FailureClass>> failures_;
  std::map<AttemptId, AgentId> good_ends_;           // and who has told them
  std::set<std::pair<AttemptId, AgentId>> tellers_;  // of good results, also late ones
  std::set<RunKey> succeeded_;
};

}  // namespace evensweep::simulation
