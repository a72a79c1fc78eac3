#include "common/wire/sweeps_codec.h"
#include "common/base/hash.h"

#include <utility>

#include "common/model/json.h"
#include "common/wire/limits.h"
#include "common/wire/status_codec.h"

namespace evensweep {
namespace {

Status invalid(const std::string& what) { return absl::InvalidArgumentError("the coordinator's answer: " + what); }

}  // namespace

v1::SweepView encode(const SweepView& view) {
  v1::SweepView proto;
  proto.set_id(view.id.str());
  proto.set_name(view.name);
  proto.set_priority(view.priority);
  proto.set_submitted_at(view.submitted_at);
  *proto.mutable_status() = encode(view.status);
  proto.set_extends(view.extends.str());
  return proto;
}

StatusOr<SweepView> decode(const v1::SweepView& proto) {
  if (!is_sha256(proto.id())) return invalid("a sweep's id is not a SHA-256 sum");
  if (!proto.extends().empty() && !is_sha256(proto.extends())) return invalid("extends is no sweep's id");
  return SweepView{.id = SweepId(proto.id()),
                   .name = proto.name(),
                   .priority = proto.priority(),
                   .submitted_at = proto.submitted_at(),
                   .status = decode(proto.status()),
                   .extends = SweepId(proto.extends())};
}

v1::SweepDefinition encode(const SweepDefinition& definition) {
  v1::SweepDefinition proto;
  proto.set_sweep_json(to_json(definition.sweep).dump());
  proto.set_file_text(definition.file.text);
  for (const std::string& text : definition.file.overrides) proto.add_overrides(text);
  return proto;
}

StatusOr<SweepDefinition> decode(const v1::SweepDefinition& proto) {
  EV_ASSIGN_OR_RETURN(Sweep sweep, parse_sweep(proto.sweep_json()));
  return SweepDefinition{
      .sweep = std::move(sweep),
      .file = {.text = proto.file_text(), .overrides = {proto.overrides().begin(), proto.overrides().end()}}};
}

v1::TrialState encode(TrialState state) {
  switch (state) {
    case TrialState::kUnresolved: return v1::TRIAL_STATE_UNRESOLVED;
    case TrialState::kWaitingForBaseline: return v1::TRIAL_STATE_WAITING_FOR_BASELINE;
    case TrialState::kReady: return v1::TRIAL_STATE_READY;
    case TrialState::kLeased: return v1::TRIAL_STATE_LEASED;
    case TrialState::kRunning: return v1::TRIAL_STATE_RUNNING;
    case TrialState::kFinished: return v1::TRIAL_STATE_FINISHED;
    case TrialState::kFailed: return v1::TRIAL_STATE_FAILED;
    case TrialState::kNotNeeded: return v1::TRIAL_STATE_NOT_NEEDED;
    case TrialState::kCancelled: return v1::TRIAL_STATE_CANCELLED;
  }
  return v1::TRIAL_STATE_UNSPECIFIED;
}

StatusOr<TrialState> decode(v1::TrialState proto) {
  switch (proto) {
    case v1::TRIAL_STATE_UNRESOLVED: return TrialState::kUnresolved;
    case v1::TRIAL_STATE_WAITING_FOR_BASELINE: return TrialState::kWaitingForBaseline;
    case v1::TRIAL_STATE_READY: return TrialState::kReady;
    case v1::TRIAL_STATE_LEASED: return TrialState::kLeased;
    case v1::TRIAL_STATE_RUNNING: return TrialState::kRunning;
    case v1::TRIAL_STATE_FINISHED: return TrialState::kFinished;
    case v1::TRIAL_STATE_FAILED: return TrialState::kFailed;
    case v1::TRIAL_STATE_NOT_NEEDED: return TrialState::kNotNeeded;
    case v1::TRIAL_STATE_CANCELLED: return TrialState::kCancelled;
    default:
      return absl::InvalidArgumentError("unknown state " + std::to_string(static_cast<int>(proto)) + " of a trial");
  }
}

v1::TrialView encode(const TrialView& view) {
  v1::TrialView proto;
  proto.set_sweep_id(view.sweep.str());
  proto.set_arm(view.arm);
  proto.set_arm_name(view.arm_name);
  proto.set_seed(view.seed);
  proto.set_state(encode(view.state));
  proto.set_run_key(view.run.str());
  proto.set_attempts(view.attempts);
  proto.set_progress(view.progress);
  proto.set_reason(view.reason);
  return proto;
}

StatusOr<TrialView> decode(const v1::TrialView& proto) {
  if (!is_sha256(proto.sweep_id())) return invalid("a sweep's id is not a SHA-256 sum");
  if (!proto.run_key().empty() && !is_sha256(proto.run_key())) return invalid("run_key is not a SHA-256 sum");
  const bool progress_ok = proto.progress() >= 0 && proto.progress() <= 1;
  if (!progress_ok) return invalid("progress is outside 0..1");
  EV_ASSIGN_OR_RETURN(const TrialState state, decode(proto.state()));
  return TrialView{.sweep = SweepId(proto.sweep_id()),
                   .arm = proto.arm(),
                   .arm_name = proto.arm_name(),
                   .seed = proto.seed(),
                   .state = state,
                   .run = RunKey(proto.run_key()),
                   .attempts = proto.attempts(),
                   .progress = proto.progress(),
                   .reason = proto.reason()};
}

v1::AttemptView encode(const AttemptView& view) {
  v1::AttemptView proto;
  proto.set_number(view.number);
  proto.set_agent(view.agent.str());
  proto.set_host(view.host);
  proto.set_device(view.device);
  proto.set_granted_at(view.granted_at);
  if (view.ended_at) proto.set_ended_at(*view.ended_at);
  if (view.failure) proto.set_failure_json(to_json(*view.failure).dump());
  if (view.log) {
    proto.mutable_log()->set_sha256(view.log->sha256);
    proto.mutable_log()->set_bytes(view.log->bytes);
  }
  return proto;
}

StatusOr<AttemptView> decode(const v1::AttemptView& proto) {
  if (proto.number() == 0) return invalid("attempt numbers start at 1");
  AttemptView view{.number = proto.number(),
                   .agent = AgentId(proto.agent()),
                   .host = proto.host(),
                   .device = proto.device(),
                   .granted_at = proto.granted_at()};
  if (proto.has_ended_at()) view.ended_at = proto.ended_at();
  if (!proto.failure_json().empty()) {
    EV_ASSIGN_OR_RETURN(view.failure, parse_failure(proto.failure_json()));
  }
  if (proto.has_log()) {
    if (!is_sha256(proto.log().sha256())) return invalid("a log's digest is not a SHA-256 sum");
    view.log = BlobRef{.sha256 = proto.log().sha256(), .bytes = proto.log().bytes()};
  }
  return view;
}

}  // namespace evensweep
