#include "agent/devices/local_devices.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <sstream>
#include <utility>

#include "common/base/file.h"

namespace evensweep {

std::vector<LocalDevice> local_devices(const Machine& machine, const std::vector<Gpu>& gpus, uint32_t slots) {
  std::vector<LocalDevice> devices;
  for (const Gpu& gpu : gpus)
    devices.push_back({.device = {.kind = "cuda",
                                  .index = gpu.index,
                                  .name = gpu.name,
                                  .memory_bytes = gpu.memory_bytes,
                                  .slots = std::max(slots, 1u)},
                       .visible = gpu.uuid});
  if (!devices.empty()) return devices;
  const auto memory = static_cast<uint64_t>(std::max<int64_t>(machine.memory_bytes, 0));
  return {{.device = {.kind = "cpu",
                      .name = machine.cpu_model,
                      .memory_bytes = memory,
                      .slots = slots > 0 ? slots : default_slots(machine, /*threads=*/1)}}};
}

DeviceGauge::DeviceGauge(std::vector<LocalDevice> devices, std::string dir, std::unique_ptr<GpuReader> reader,
                         MachinePaths paths)
    : devices_(std::move(devices)), dir_(std::move(dir)), reader_(std::move(reader)), paths_(std::move(paths)) {}

Heartbeat DeviceGauge::measure() {
  Heartbeat heartbeat;
  std::error_code error;
  const std::filesystem::space_info space = std::filesystem::space(dir_, error);
  if (!error) heartbeat.disk_free = space.available;
  const std::vector<Gpu> gpus = reader_ == nullptr ? std::vector<Gpu>() : reader_->read();
  for (uint32_t position = 0; position < devices_.size(); ++position) {
    const LocalDevice& local = devices_[position];
    DeviceState state = local.device.kind == "cpu" ? measure_processors() : DeviceState{};
    const auto gpu = std::ranges::find_if(
        gpus, [&](const Gpu& one) { return local.device.kind == "cuda" && one.index == local.device.index; });
    if (gpu != gpus.end()) {
      state.memory_used = gpu->memory_used;
      state.temperature = gpu->temperature;
      state.utilisation = gpu->utilisation;
    }
    state.device = position;
    heartbeat.devices.push_back(state);
  }
  return heartbeat;
}

// /proc/meminfo in kilobytes; /proc/stat: "cpu user nice system idle iowait ...", in ticks since the start.
DeviceState DeviceGauge::measure_processors() {
  DeviceState state;
  std::map<std::string, uint64_t> memory;
  std::istringstream lines(read_file(paths_.proc + "/meminfo").value_or(""));
  std::string name;
  for (uint64_t kilobytes = 0; lines >> name >> kilobytes; std::getline(lines, name)) memory[name] = kilobytes * 1024;
  const uint64_t total = memory["MemTotal:"], available = memory["MemAvailable:"];
  if (total > 0 && available <= total) state.memory_used = total - available;
  std::istringstream words(read_file(paths_.proc + "/stat").value_or(""));
  double ticks = 0, all = 0, idle = 0;
  words >> name;
  for (int column = 0; column < 8 && words >> ticks; ++column) {
    all += ticks;
    if (column == 3 || column == 4) idle += ticks;  // idle, and waiting for a disk
  }
  const double elapsed = all - std::exchange(total_, all), busy = all - idle - std::exchange(busy_, all - idle);
  if (elapsed > 0) state.utilisation = std::clamp(busy / elapsed, 0.0, 1.0);
  return state;
}

}  // namespace evensweep
