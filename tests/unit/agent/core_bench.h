#pragma once
// AgentCore on a test bench: events go in, effects are sorted into lists, and the invariants are checked after each.

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "agent/core/agent_core.h"
#include "tests/unit/agent/run_specs.h"

namespace evensweep {

inline AgentConfig bench_config(uint32_t slots, std::vector<std::string> trainers) {
  AgentConfig config;
  config.trainers = std::move(trainers);
  config.id = AgentId("bench");
  config.devices = cpu_device(slots);
  return config;
}

class CoreBench {
 public:
  explicit CoreBench(uint32_t slots = 1, std::vector<std::string> trainers = {kTrainerNumerics})
      : core(bench_config(slots, std::move(trainers))) {}
  explicit CoreBench(AgentConfig config) : core(std::move(config)) {}

  // The effects of one event; spool entries are written at once unless spool_error says otherwise.
  std::vector<AgentEffect> handle(const AgentEvent& event) {
    std::vector<AgentEffect> all = core.handle(now, event).effects;
    const Status rules = core.check_invariants();
    EXPECT_TRUE(rules.ok()) << rules;
    const std::vector<AgentEffect> first = all;
    for (const AgentEffect& effect : first)
      if (const auto* spool = std::get_if<SpoolEnd>(&effect))
        for (AgentEffect& more : handle(SpoolWritten{spool->end.attempt, spool_error})) all.push_back(std::move(more));
    return all;
  }
  std::vector<AgentEffect> after(Duration wait) {
    now = now + wait;
    return handle(TimePassed{});
  }
  void connect() {
    handle(Connected{});
    handle(CoordinatorMessage(Welcome{}));
  }
  std::vector<AgentEffect> lease(std::vector<Lease> leases) {
    return handle(CoordinatorMessage(Leases{std::move(leases)}));
  }
  std::vector<AgentEffect> ack(const AttemptId& attempt) { return handle(CoordinatorMessage(Acks{{attempt}})); }
  std::vector<AgentEffect> cancel(const AttemptId& attempt) { return handle(CoordinatorMessage(Cancels{{attempt}})); }
  std::vector<AgentEffect> said(uint64_t trainer, TrainerLine line) {
    return handle(TrainerSaid{TrainerId{trainer}, std::move(line)});
  }
  std::vector<AgentEffect> hello(uint64_t trainer) { return said(trainer, TrainerHello{"fake", kTrainerNumerics}); }
  std::vector<AgentEffect> finish(uint64_t trainer, const AttemptId& attempt) {
    static const std::string kResult = small_result();
    return said(trainer, finished(attempt, kResult));
  }
  std::vector<AgentEffect> exit(uint64_t trainer, ExitStatus status) {
    return handle(TrainerExited{TrainerId{trainer}, status, "tail\n", {}});
  }
  // Connected, with trainer 1 training the lease.
  void train(const Lease& one) {
    connect();
    lease({one});
    hello(1);
  }

  AgentCore core;
  TimePoint now;
  std::string spool_error;
};

template <typename T>
std::vector<T> all_of(const std::vector<AgentEffect>& effects) {
  std::vector<T> found;
  for (const AgentEffect& effect : effects)
    if (const auto* one = std::get_if<T>(&effect)) found.push_back(*one);
  return found;
}
template <typename T>
std::vector<T> sent(const std::vector<AgentEffect>& effects) {
  std::vector<T> found;
  for (const SendMessage& message : all_of<SendMessage>(effects))
    if (const auto* one = std::get_if<T>(&message.message)) found.push_back(*one);
  return found;
}
// The updates sent, in order, whatever messages they were in.
inline std::vector<Update> updates_in(const std::vector<AgentEffect>& effects) {
  std::vector<Update> found;
  for (const Updates& updates : sent<Updates>(effects))
    found.insert(found.end(), updates.updates.begin(), updates.updates.end());
  return found;
}
// The failure that the effects tell of, if it is the only update.
inline std::optional<Failure> failure_in(const std::vector<AgentEffect>& effects) {
  const std::vector<Update> updates = updates_in(effects);
  if (updates.size() != 1 || !std::holds_alternative<Failure>(updates[0].what)) return std::nullopt;
  return std::get<Failure>(updates[0].what);
}

}  // namespace evensweep
