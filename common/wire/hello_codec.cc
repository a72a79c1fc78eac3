#include "common/wire/hello_codec.h"

#include <cmath>
#include <utility>

#include "common/wire/link_parts.h"

namespace evensweep::wire {
namespace {

StatusOr<std::vector<AgentDevice>> devices_of(const v1::Hello& proto) {
  if (proto.devices().empty() || proto.devices_size() > kMostDevices)
    return invalid("devices are not 1 to " + std::to_string(kMostDevices));
  std::vector<AgentDevice> devices;
  for (const v1::Device& device : proto.devices()) {
    if (device.kind() != "cpu" && device.kind() != "cuda") return invalid("a device is neither cpu nor cuda");
    if (device.name().size() > kMostText) return invalid("a device's name is too long");
    if (device.slots() == 0 || device.slots() > kMostSlots)
      return invalid("slots are outside 1.." + std::to_string(kMostSlots));
    EV_RETURN_IF_ERROR(check_memory(device.memory_bytes()));
    devices.push_back({device.kind(), device.index(), device.name(), device.memory_bytes(), device.slots()});
  }
  return devices;
}

StatusOr<std::map<std::string, std::string>> labels_of(const v1::Hello& proto) {
  if (proto.labels_size() > kMostLabels) return invalid("too many labels");
  std::map<std::string, std::string> labels;
  for (const v1::Label& label : proto.labels()) {
    EV_RETURN_IF_ERROR(check_text(label.name(), "label"));
    if (label.value().size() > kMostText) return invalid("a label's value is too long");
    if (!labels.emplace(label.name(), label.value()).second) return invalid("a label is there twice");
  }
  return labels;
}

}  // namespace

StatusOr<Hello> hello_of(const v1::Hello& proto) {
  EV_RETURN_IF_ERROR(check_text(proto.agent_id(), "agent_id"));
  EV_RETURN_IF_ERROR(check_text(proto.incarnation(), "incarnation"));
  EV_RETURN_IF_ERROR(check_text(proto.host(), "host"));
  EV_RETURN_IF_ERROR(check_text(proto.version(), "version"));
  if (proto.trainers_size() > kMostTrainers) return invalid("too many trainers");
  for (const std::string& name : proto.trainers()) EV_RETURN_IF_ERROR(check_text(name, "trainer"));
  if (!std::isfinite(proto.cores()) || proto.cores() < 0) return invalid("cores are not a positive number");
  EV_RETURN_IF_ERROR(check_memory(proto.memory_bytes()));
  Hello hello{.agent = AgentId(proto.agent_id()),
              .incarnation = proto.incarnation(),
              .host = proto.host(),
              .version = proto.version(),
              .trainers = {proto.trainers().begin(), proto.trainers().end()},
              .cores = proto.cores(),
              .memory_bytes = proto.memory_bytes()};
  EV_ASSIGN_OR_RETURN(hello.devices, devices_of(proto));
  EV_ASSIGN_OR_RETURN(hello.labels, labels_of(proto));
  EV_ASSIGN_OR_RETURN(hello.held, attempts_of(proto.held()));
  return hello;
}

StatusOr<Credits> credits_of(const v1::Credits& proto) {
  if (proto.devices_size() > kMostDevices) return invalid("credits for too many devices");
  Credits credits;
  for (const v1::DeviceCredits& device : proto.devices()) {
    EV_RETURN_IF_ERROR(check_device(device.device()));
    if (device.free() > kMostCredits) return invalid("too many credits");
    credits.devices.push_back({.device = device.device(), .free = device.free()});
  }
  return credits;
}

StatusOr<Heartbeat> heartbeat_of(const v1::Heartbeat& proto) {
  if (proto.devices_size() > kMostDevices) return invalid("states of too many devices");
  Heartbeat heartbeat;
  if (proto.has_disk_free()) heartbeat.disk_free = proto.disk_free();
  for (const v1::DeviceState& device : proto.devices()) {
    EV_RETURN_IF_ERROR(check_device(device.device()));
    DeviceState state{.device = device.device()};
    if (device.has_memory_used()) {
      EV_RETURN_IF_ERROR(check_memory(device.memory_used()));
      state.memory_used = device.memory_used();
    }
    if (device.has_temperature()) {
      if (!std::isfinite(device.temperature())) return invalid("a temperature is not a number");
      state.temperature = device.temperature();
    }
    if (device.has_utilisation()) {
      const bool share = device.utilisation() >= 0 && device.utilisation() <= 1;
      if (!share) return invalid("utilisation is outside 0..1");
      state.utilisation = device.utilisation();
    }
    heartbeat.devices.push_back(state);
  }
  return heartbeat;
}

void put(const Hello& hello, v1::Hello* proto) {
  proto->set_agent_id(hello.agent.str());
  proto->set_incarnation(hello.incarnation);
  proto->set_host(hello.host);
  proto->set_version(hello.version);
  for (const AgentDevice& device : hello.devices) {
    v1::Device* added = proto->add_devices();
    added->set_kind(device.kind);
    added->set_index(device.index);
    added->set_name(device.name);
    added->set_memory_bytes(device.memory_bytes);
    added->set_slots(device.slots);
  }
  for (const auto& [name, value] : hello.labels) {
    v1::Label* label = proto->add_labels();
    label->set_name(name);
    label->set_value(value);
  }
  for (const std::string& name : hello.trainers) proto->add_trainers(name);
  proto->set_cores(hello.cores);
  proto->set_memory_bytes(hello.memory_bytes);
  for (const AttemptId& attempt : hello.held) put(attempt, proto->add_held());
}

void put(const Credits& credits, v1::Credits* proto) {
  for (const DeviceCredits& device : credits.devices) {
    v1::DeviceCredits* added = proto->add_devices();
    added->set_device(device.device);
    added->set_free(device.free);
  }
}

void put(const Heartbeat& heartbeat, v1::Heartbeat* proto) {
  if (heartbeat.disk_free) proto->set_disk_free(*heartbeat.disk_free);
  for (const DeviceState& device : heartbeat.devices) {
    v1::DeviceState* added = proto->add_devices();
    added->set_device(device.device);
    if (device.memory_used) added->set_memory_used(*device.memory_used);
    if (device.temperature) added->set_temperature(*device.temperature);
    if (device.utilisation) added->set_utilisation(*device.utilisation);
  }
}

}  // namespace evensweep::wire
