#include "common/wire/status_codec.h"

namespace evensweep {

v1::SweepStatus encode(const SweepStatus& status) {
  v1::SweepStatus proto;
  proto.set_trials(status.trials);
  proto.set_trials_finished(status.trials_finished);
  proto.set_trials_failed(status.trials_failed);
  proto.set_trials_not_needed(status.trials_not_needed);
  proto.set_runs_trained(status.runs_trained);
  proto.set_runs_reused(status.runs_reused);
  proto.set_running_fraction(status.running_fraction);
  proto.set_running(status.running);
  proto.set_examples_per_second(status.examples_per_second);
  proto.set_agents(status.agents);
  proto.set_over(status.over);
  return proto;
}

SweepStatus decode(const v1::SweepStatus& proto) {
  return {.trials = proto.trials(),
          .trials_finished = proto.trials_finished(),
          .trials_failed = proto.trials_failed(),
          .trials_not_needed = proto.trials_not_needed(),
          .runs_trained = proto.runs_trained(),
          .runs_reused = proto.runs_reused(),
          .running = proto.running(),
          .running_fraction = proto.running_fraction(),
          .examples_per_second = proto.examples_per_second(),
          .agents = proto.agents(),
          .over = proto.over()};
}

}  // namespace evensweep
