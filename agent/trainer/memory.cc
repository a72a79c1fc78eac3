#include "agent/trainer/memory.h"

#include <c10/core/CachingDeviceAllocator.h>

#include <algorithm>
#include <fstream>
#include <string>

namespace evensweep {
namespace {

// What a process takes of a GPU beside its tensors: the driver's context with the kernels of libtorch, cuBLAS and
// cuDNN.
constexpr uint64_t kContextBytes = uint64_t{600} << 20;

// /proc/self/status: "VmHWM:	  24689 kB".
uint64_t bytes_in_status(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (uint64_t kilobytes = 0; word == name && status >> kilobytes) return kilobytes * 1024;
  return 0;
}

}  // namespace

void begin_memory_peak(at::Device device) {
  if (device.is_cpu()) {
    std::ofstream("/proc/self/clear_refs") << "5";  // VmHWM begins anew
    return;
  }
  c10::DeviceAllocator* allocator = c10::getDeviceAllocator(device.type());
  allocator->emptyCache();
  allocator->resetPeakStats(device.index());
}

uint64_t memory_peak(at::Device device) {
  if (device.is_cpu()) {
    const uint64_t peak = bytes_in_status("VmHWM:"), of_files = bytes_in_status("RssFile:");
    return peak - std::min(peak, of_files);
  }
  const auto stats = c10::getDeviceAllocator(device.type())->getDeviceStats(device.index());
  return static_cast<uint64_t>(stats.reserved_bytes[0].peak) + kContextBytes;
}

}  // namespace evensweep
