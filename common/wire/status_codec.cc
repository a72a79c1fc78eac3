#include "common/wire/status_codec.h"

namespace evensweep {
namespace {

v1::SweepPhase phase_proto(SweepPhase phase) {
  switch (phase) {
    case SweepPhase::kActive: return v1::SWEEP_PHASE_ACTIVE;
    case SweepPhase::kPaused: return v1::SWEEP_PHASE_PAUSED;
    case SweepPhase::kStopping: return v1::SWEEP_PHASE_STOPPING;
    case SweepPhase::kStopped: return v1::SWEEP_PHASE_STOPPED;
    case SweepPhase::kCancelled: return v1::SWEEP_PHASE_CANCELLED;
    case SweepPhase::kOver: return v1::SWEEP_PHASE_OVER;
  }
  return v1::SWEEP_PHASE_UNSPECIFIED;
}

// A phase of a newer coordinator is one of those that this program knows: the sweep is over, or it goes on.
SweepPhase phase_of(v1::SweepPhase proto, bool over) {
  switch (proto) {
    case v1::SWEEP_PHASE_ACTIVE: return SweepPhase::kActive;
    case v1::SWEEP_PHASE_PAUSED: return SweepPhase::kPaused;
    case v1::SWEEP_PHASE_STOPPING: return SweepPhase::kStopping;
    case v1::SWEEP_PHASE_STOPPED: return SweepPhase::kStopped;
    case v1::SWEEP_PHASE_CANCELLED: return SweepPhase::kCancelled;
    case v1::SWEEP_PHASE_OVER: return SweepPhase::kOver;
    default: return over ? SweepPhase::kOver : SweepPhase::kActive;
  }
}

}  // namespace

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
  proto.set_phase(phase_proto(status.phase));
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
          .over = proto.over(),
          .phase = phase_of(proto.phase(), proto.over())};
}

}  // namespace evensweep
