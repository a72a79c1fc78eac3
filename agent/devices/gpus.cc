#include "agent/devices/gpus.h"

#include <dlfcn.h>

#include <algorithm>
#include <sstream>
#include <utility>

namespace evensweep {
namespace {

// What is used of NVML: its binary interface, which has been the same for ten years (nvml.h, "_v2" functions).
using Handle = void*;
struct Memory {
  unsigned long long total, free, used;
};
struct Utilisation {
  unsigned gpu, memory;  // percent
};
constexpr int kSuccess = 0;
constexpr int kOnTheDie = 0;  // NVML_TEMPERATURE_GPU

template <typename Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  return function != nullptr;
}

class Nvml final : public GpuReader {
 public:
  explicit Nvml(void* library) : library_(library) {}
  ~Nvml() override {
    if (begun_) shutdown_();
    ::dlclose(library_);
  }

  bool begin() {
    const bool complete = find(library_, "nvmlInit_v2", init_) && find(library_, "nvmlShutdown", shutdown_) &&
                          find(library_, "nvmlDeviceGetCount_v2", count_) &&
                          find(library_, "nvmlDeviceGetHandleByIndex_v2", handle_) &&
                          find(library_, "nvmlDeviceGetName", name_) && find(library_, "nvmlDeviceGetUUID", uuid_) &&
                          find(library_, "nvmlDeviceGetMemoryInfo", memory_) &&
                          find(library_, "nvmlDeviceGetTemperature", temperature_) &&
                          find(library_, "nvmlDeviceGetUtilizationRates", utilisation_);
    begun_ = complete && init_() == kSuccess;
    return begun_;
  }

  std::vector<Gpu> read() override {
    unsigned count = 0;
    if (count_(&count) != kSuccess) return {};
    std::vector<Gpu> gpus;
    for (unsigned index = 0; index < count; ++index)
      if (std::optional<Gpu> gpu = read_one(index)) gpus.push_back(*std::move(gpu));
    return gpus;
  }

 private:
  std::optional<Gpu> read_one(unsigned index) {
    Handle device = nullptr;
    char name[96] = {}, uuid[96] = {};
    Memory memory{};
    if (handle_(index, &device) != kSuccess || name_(device, name, sizeof name) != kSuccess ||
        uuid_(device, uuid, sizeof uuid) != kSuccess || memory_(device, &memory) != kSuccess)
      return std::nullopt;
    Gpu gpu{.index = index, .uuid = uuid, .name = name, .memory_bytes = memory.total, .memory_used = memory.used};
    unsigned degrees = 0;
    if (temperature_(device, kOnTheDie, &degrees) == kSuccess) gpu.temperature = degrees;
    Utilisation busy{};
    if (utilisation_(device, &busy) == kSuccess) gpu.utilisation = std::min(busy.gpu, 100u) / 100.0;
    return gpu;
  }

  void* library_;
  bool begun_ = false;
  int (*init_)() = nullptr;
  int (*shutdown_)() = nullptr;
  int (*count_)(unsigned*) = nullptr;
  int (*handle_)(unsigned, Handle*) = nullptr;
  int (*name_)(Handle, char*, unsigned) = nullptr;
  int (*uuid_)(Handle, char*, unsigned) = nullptr;
  int (*memory_)(Handle, Memory*) = nullptr;
  int (*temperature_)(Handle, int, unsigned*) = nullptr;
  int (*utilisation_)(Handle, Utilisation*) = nullptr;
};

}  // namespace

std::unique_ptr<GpuReader> nvidia_gpus() {
  void* library = ::dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return nullptr;
  auto reader = std::make_unique<Nvml>(library);
  if (!reader->begin()) return nullptr;
  return reader;
}

std::vector<Gpu> visible_gpus(const std::vector<Gpu>& gpus, const std::optional<std::string>& visible) {
  if (!visible) return gpus;
  std::vector<Gpu> chosen;
  std::istringstream words(*visible);
  for (std::string word; std::getline(words, word, ',');) {
    std::erase(word, ' ');
    const auto found = std::ranges::find_if(gpus, [&word](const Gpu& gpu) {
      return !word.empty() &&
             (word == std::to_string(gpu.index) || (word.starts_with("GPU-") && gpu.uuid.starts_with(word)));
    });
    if (found == gpus.end()) break;
    chosen.push_back(*found);
  }
  return chosen;
}

}  // namespace evensweep
