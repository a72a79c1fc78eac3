#include "agent/trainer/device.h"

#include <ATen/Version.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <dlfcn.h>
#include <malloc.h>
#include <torch/headeronly/version.h>

#include <cstdlib>
#include <limits>

namespace evensweep {
namespace {

StatusOr<at::Device> find_cuda() {
  // Without it matrix products need not come out the same each time. Read when the first one is computed.
  ::setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", /*overwrite=*/0);
  // Before anything is asked: libtorch looks for its CUDA part once, and what is not loaded then stays missing.
  if (::dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL) == nullptr) {
    return absl::InvalidArgumentError(
        std::string("device cuda: cannot load libtorch's CUDA part: ") + ::dlerror() +
        "; build with EVENSWEEP_LIBTORCH naming a folder into which pip has installed torch with its "
        "nvidia packages, or train on cpu");
  }
  if (!at::hasCUDA() || at::detail::getCUDAHooks().deviceCount() < 1)
    return absl::InvalidArgumentError("device cuda: no GPU or no driver is found on this machine; train on cpu");
  at::globalContext().lazyInitDevice(at::kCUDA);
  return at::Device(at::kCUDA, 0);
}

// By the driver itself, whose header this program need not have been built with; empty where it does not answer.
std::string gpu_name() {
  void* driver = ::dlopen("libcuda.so.1", RTLD_NOW | RTLD_GLOBAL);
  if (driver == nullptr) return "";
  const auto start = reinterpret_cast<int (*)(unsigned)>(::dlsym(driver, "cuInit"));
  const auto get = reinterpret_cast<int (*)(int*, int)>(::dlsym(driver, "cuDeviceGet"));
  const auto name_of = reinterpret_cast<int (*)(char*, int, int)>(::dlsym(driver, "cuDeviceGetName"));
  int device = 0;
  char name[256] = {};
  if (start == nullptr || get == nullptr || name_of == nullptr || start(0) != 0 || get(&device, 0) != 0 ||
      name_of(name, sizeof name - 1, device) != 0)
    return "";
  return name;
}

}  // namespace

StatusOr<at::Device> find_device(const std::string& name) {
  if (name == "cpu") return at::Device(at::kCPU);
  if (name == "cuda") return find_cuda();
  return absl::InvalidArgumentError("device \"" + name + "\" is not known; known are cpu and cuda");
}

std::string describe_device(at::Device device) {
  if (device.is_cpu()) return "cpu (" + at::get_cpu_capability() + ")";
  const std::string name = gpu_name();
  return name.empty() ? device.str() : "cuda (" + name + ")";
}

std::string libtorch_version() { return TORCH_VERSION; }

void prepare_libtorch(at::Device device, int64_t threads) {
  at::Context& context = at::globalContext();
  context.setDeterministicAlgorithms(true, /*warn_only=*/!device.is_cpu());
  // A debugging aid that comes with the above and writes NaN into every new tensor.
  context.setDeterministicFillUninitializedMemory(false);
  context.setBenchmarkCuDNN(false);
  context.setDeterministicCuDNN(true);
  context.setAllowTF32CuDNN(false);  // fp32 means fp32; who wants speed asks for bf16
  use_threads(threads);
  // A step allocates and frees the same tensors as the last one. Left to itself, malloc gives the large ones back to
  // the system each time, and the page faults of taking them again cost more than a tenth of a step.
  ::mallopt(M_MMAP_THRESHOLD, 1 << 30);
  ::mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
}

void use_threads(int64_t threads) { at::set_num_threads(static_cast<int>(threads)); }

}  // namespace evensweep
