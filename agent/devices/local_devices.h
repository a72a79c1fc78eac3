#pragma once
// What an agent trains on, and what it measures of it.

#include <string>
#include <vector>

#include "agent/devices/gpus.h"
#include "agent/devices/machine.h"
#include "common/model/link.h"

namespace evensweep {

struct LocalDevice {
  AgentDevice device;
  std::string visible;  // CUDA_VISIBLE_DEVICES of a trainer on it; empty: as it is
};

// The GPUs that there are with `slots` trainings each, or the processors with as many. 0 slots: one for each GPU, one
// for each core.
std::vector<LocalDevice> local_devices(const Machine& machine, const std::vector<Gpu>& gpus, uint32_t slots);

// Memory, temperature and load of the devices, and the free space where `dir` is. Processors are measured by /proc,
// GPUs by `reader`, which may be absent. One thread at a time.
class DeviceGauge {
 public:
  DeviceGauge(std::vector<LocalDevice> devices, std::string dir, std::unique_ptr<GpuReader> reader,
              MachinePaths paths = {});
  // What can't be read is left out. The load of the processors is that since the last call.
  Heartbeat measure();

 private:
  DeviceState measure_processors();

  std::vector<LocalDevice> devices_;
  std::string dir_;
  std::unique_ptr<GpuReader> reader_;
  MachinePaths paths_;
  double busy_ = 0, total_ = 0;  // ticks, at the last call
};

}  // namespace evensweep
