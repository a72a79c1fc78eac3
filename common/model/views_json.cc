#include "common/model/views_json.h"

#include <utility>

namespace evensweep {
namespace {

Json or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

}  // namespace

Json json_of(const SweepView& sweep) {
  const SweepStatus& status = sweep.status;
  return {{"id", sweep.id.str()},
          {"name", sweep.name},
          {"phase", phase_name(status.phase)},
          {"over", status.over},
          {"priority", sweep.priority},
          {"submitted_at", time_text(sweep.submitted_at)},
          {"extends", or_null(sweep.extends.str())},
          {"trials",
           {{"all", status.trials},
            {"finished", status.trials_finished},
            {"failed", status.trials_failed},
            {"not_needed", status.trials_not_needed}}},
          {"runs", {{"trained", status.runs_trained}, {"reused", status.runs_reused}}},
          {"running", status.running},
          {"examples_per_second", status.examples_per_second},
          {"agents", status.agents}};
}

Json json_of(const TrialView& trial) {
  return {{"reference", trial_reference(trial)},
          {"sweep", trial.sweep.str()},
          {"arm", trial.arm},
          {"arm_name", trial.arm_name},
          {"seed", trial.seed},
          {"state", trial_state_name(trial.state)},
          {"run", or_null(trial.run.str())},
          {"attempts", trial.attempts},
          {"progress", trial.state == TrialState::kRunning ? Json(trial.progress) : Json()},
          {"reason", or_null(trial.reason)}};
}

Json json_of(const AttemptView& attempt) {
  Json json = {{"number", attempt.number},
               {"agent", attempt.agent.str()},
               {"host", or_null(attempt.host)},
               {"device", or_null(attempt.device)},
               {"granted_at", time_text(attempt.granted_at)},
               {"ended_at", attempt.ended_at ? Json(time_text(*attempt.ended_at)) : Json()},
               {"failure", attempt.failure ? to_json(*attempt.failure) : Json()},
               {"log", Json()}};
  if (attempt.log) json["log"] = {{"sha256", attempt.log->sha256}, {"bytes", attempt.log->bytes}};
  return json;
}

Json json_of(const AgentView& agent) {
  Json devices = Json::array();
  for (const DeviceView& device : agent.devices) {
    const auto known = [](uint64_t bytes) { return bytes == 0 ? Json() : Json(bytes); };
    devices.push_back({{"kind", device.device.kind},
                       {"index", device.device.index},
                       {"name", or_null(device.device.name)},
                       {"slots", device.device.slots},
                       {"leases", device.leases},
                       {"memory_bytes", known(device.device.memory_bytes)},
                       {"memory_used", known(device.memory_used)},
                       {"temperature", device.temperature ? Json(*device.temperature) : Json()},
                       {"utilisation", device.utilisation ? Json(*device.utilisation) : Json()}});
  }
  return {{"id", agent.id.str()},          {"host", agent.host},         {"version", agent.version},
          {"connected", agent.connected},  {"draining", agent.draining}, {"quarantined", or_null(agent.quarantined)},
          {"devices", std::move(devices)}, {"labels", agent.labels},     {"last_heard", time_text(agent.last_heard)},
          {"running", agent.running},      {"queued", agent.queued}};
}

std::string cli_json(const std::string& kind, Json members) {
  members["schema"] = "evensweep-cli";
  members["schema_version"] = kCliSchemaVersion;
  members["kind"] = kind;
  // What is no UTF-8 cannot come through protobuf; a replacement is better than no answer all the same.
  return members.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace evensweep
