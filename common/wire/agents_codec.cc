#include "common/wire/agents_codec.h"

namespace evensweep {

v1::AgentView encode(const AgentView& view) {
  v1::AgentView proto;
  proto.set_id(view.id.str());
  proto.set_host(view.host);
  proto.set_version(view.version);
  proto.set_connected(view.connected);
  proto.set_draining(view.draining);
  proto.set_quarantined(view.quarantined);
  for (const DeviceView& device : view.devices) {
    v1::DeviceView* added = proto.add_devices();
    added->set_kind(device.device.kind);
    added->set_index(device.device.index);
    added->set_name(device.device.name);
    added->set_memory_bytes(device.device.memory_bytes);
    added->set_slots(device.device.slots);
    added->set_memory_used(device.memory_used);
    added->set_leases(device.leases);
    if (device.temperature) added->set_temperature(*device.temperature);
    if (device.utilisation) added->set_utilisation(*device.utilisation);
  }
  proto.mutable_labels()->insert(view.labels.begin(), view.labels.end());
  proto.set_last_heard(view.last_heard);
  proto.set_running(view.running);
  proto.set_queued(view.queued);
  return proto;
}

StatusOr<AgentView> decode(const v1::AgentView& proto) {
  if (proto.id().empty()) return absl::InvalidArgumentError("the coordinator's answer: an agent without id");
  AgentView view{.id = AgentId(proto.id()),
                 .host = proto.host(),
                 .version = proto.version(),
                 .connected = proto.connected(),
                 .draining = proto.draining(),
                 .quarantined = proto.quarantined(),
                 .devices = {},
                 .labels = {proto.labels().begin(), proto.labels().end()},
                 .last_heard = proto.last_heard(),
                 .running = proto.running(),
                 .queued = proto.queued()};
  for (const v1::DeviceView& device : proto.devices())
    view.devices.push_back(
        {.device = {.kind = device.kind(),
                    .index = device.index(),
                    .name = device.name(),
                    .memory_bytes = device.memory_bytes(),
                    .slots = device.slots()},
         .memory_used = device.memory_used(),
         .leases = device.leases(),
         .temperature = device.has_temperature() ? std::optional(device.temperature()) : std::nullopt,
         .utilisation = device.has_utilisation() ? std::optional(device.utilisation()) : std::nullopt});
  return view;
}

}  // namespace evensweep
