#pragma once
// The NVIDIA GPUs of this machine, as their driver's management library (NVML) tells. It is looked for at run time.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace evensweep {

struct Gpu {
  uint32_t index = 0;  // as the driver counts
  std::string uuid;    // "GPU-...": what CUDA_VISIBLE_DEVICES takes as well
  std::string name;
  uint64_t memory_bytes = 0, memory_used = 0;
  std::optional<double> temperature;  // degrees Celsius
  std::optional<double> utilisation;  // 0..1
};

class GpuReader {
 public:
  virtual ~GpuReader() = default;
  // All that can be read now; one that cannot is left out.
  virtual std::vector<Gpu> read() = 0;
};

// None where there is no driver.
std::unique_ptr<GpuReader> nvidia_gpus();

// Those that CUDA_VISIBLE_DEVICES leaves to this process, in its order: numbers and UUIDs or their beginnings,
// separated by commas. Like CUDA it stops at the first that is not there. `visible` is absent where the variable is not
// set: all.
std::vector<Gpu> visible_gpus(const std::vector<Gpu>& gpus, const std::optional<std::string>& visible);

}  // namespace evensweep
