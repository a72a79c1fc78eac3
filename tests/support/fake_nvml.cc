// A libnvidia-ml.so.1 of a machine with two idle GPUs, for tests of who may use which.

#include <cstdint>
#include <cstdio>

namespace {

constexpr unsigned kGpus = 2;
constexpr int kSuccess = 0, kInvalid = 2;

struct Memory {
  unsigned long long total, free, used;
};
struct Utilisation {
  unsigned gpu, memory;
};

}  // namespace

extern "C" {

int nvmlInit_v2() { return kSuccess; }
int nvmlShutdown() { return kSuccess; }

int nvmlDeviceGetCount_v2(unsigned* count) {
  *count = kGpus;
  return kSuccess;
}

// A handle is the index.
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** device) {
  *device = reinterpret_cast<void*>(uintptr_t{index});
  return index < kGpus ? kSuccess : kInvalid;
}

int nvmlDeviceGetName(void*, char* name, unsigned size) {
  std::snprintf(name, size, "Fake GPU");
  return kSuccess;
}

int nvmlDeviceGetUUID(void* device, char* uuid, unsigned size) {
  std::snprintf(uuid, size, "GPU-00000000-0000-0000-0000-%012u",
                static_cast<unsigned>(reinterpret_cast<uintptr_t>(device)));
  return kSuccess;
}

int nvmlDeviceGetMemoryInfo(void*, Memory* memory) {
  *memory = {8ull << 30, 8ull << 30, 0};
  return kSuccess;
}

int nvmlDeviceGetTemperature(void*, int, unsigned* degrees) {
  *degrees = 40;
  return kSuccess;
}

int nvmlDeviceGetUtilizationRates(void*, Utilisation* busy) {
  *busy = {0, 0};
  return kSuccess;
}

}  // extern "C"
