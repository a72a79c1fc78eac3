#include "coordinator/http/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace evensweep::coordinator {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

Totals example() {
  Totals totals{.trials_finished = 3, .trials_failed = 1, .trials_waiting = 7};
  totals.sweeps[SweepPhase::kActive] = 2;
  totals.counts.attempts_granted = 9;
  totals.counts.attempts_failed[static_cast<size_t>(FailureClass::kOutOfMemory)] = 2;
  totals.counts.attempt_seconds.counts = {1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 4};
  totals.counts.attempt_seconds.sum = 12.5;
  AgentView agent{.id = AgentId("a"), .connected = true, .last_heard = 1'000};
  agent.devices = {{.device = {.kind = "cuda", .memory_bytes = 80, .slots = 2}, .memory_used = 30, .leases = 1}};
  AgentView gone{.id = AgentId("b")}, draining = agent, blamed = agent;
  draining.draining = true;
  draining.last_heard = 500;
  blamed.quarantined = "its runs fail";
  gone.devices = agent.devices;
  totals.agents = {agent, gone, draining, blamed};
  return totals;
}

TEST(Metrics, TellHowTheCoordinatorStands) {
  const std::string text = metrics_text(example(), 3'000, {.version = "1.2", .http_requests = 5, .cpu_seconds = 0.25});
  for (const char* line :
       {"evensweep_build_info{version=\"1.2\"} 1\n", "evensweep_sweeps{phase=\"active\"} 2\n",
        "evensweep_sweeps{phase=\"over\"} 0\n", "evensweep_trials{state=\"finished\"} 3\n",
        "evensweep_trials{state=\"waiting\"} 7\n", "evensweep_attempts_granted_total 9\n",
        "evensweep_attempts_ended_total{outcome=\"out_of_memory\"} 2\n", "evensweep_agents{state=\"connected\"} 1\n",
        "evensweep_agents{state=\"draining\"} 1\n", "evensweep_agents{state=\"quarantined\"} 1\n",
        "evensweep_agents{state=\"gone\"} 1\n", "evensweep_agent_heartbeat_age_seconds 2.5\n",
        "evensweep_slots{kind=\"cuda\"} 6\n", "evensweep_slots{kind=\"cpu\"} 0\n",
        "evensweep_slots_leased{kind=\"cuda\"} 3\n", "evensweep_device_memory_bytes{kind=\"cuda\"} 240\n",
        "evensweep_http_requests_total 5\n", "process_cpu_seconds_total 0.25\n"})
    EXPECT_THAT(text, HasSubstr(std::string("\n") + line)) << line;
}

TEST(Metrics, HistogramsAddUp) {
  const std::string text = metrics_text(example(), 0, {});
  for (const char* line : {"_bucket{le=\"0.1\"} 1\n", "_bucket{le=\"0.5\"} 1\n", "_bucket{le=\"1\"} 3\n",
                           "_bucket{le=\"86400\"} 3\n", "_bucket{le=\"+Inf\"} 7\n", "_sum 12.5\n", "_count 7\n"})
    EXPECT_THAT(text, HasSubstr(std::string("\nevensweep_attempt_duration_seconds") + line)) << line;
}

TEST(Metrics, NameNoTrialSweepOrAgent) {
  Totals totals = example();
  totals.agents[0].id = AgentId("secret-agent");
  EXPECT_THAT(metrics_text(totals, 0, {.version = "a\"b\\c\nd"}),
              AllOf(Not(HasSubstr("secret-agent")), HasSubstr(R"(version="a\"b\\c\nd"})")));
}

}  // namespace
}  // namespace evensweep::coordinator
