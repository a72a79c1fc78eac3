#pragma once

#include <string>

#include "agent/trainer/aten.h"
#include "common/base/status.h"

namespace evensweep {

// "cpu" or "cuda". libtorch's CUDA part is loaded the first time it is asked for; InvalidArgument says what is missing.
StatusOr<at::Device> find_device(const std::string& name);

// "cpu (AVX2)", "cuda (NVIDIA H100)". What a result's numbers depend on, besides threads and libtorch.
std::string describe_device(at::Device device);

std::string libtorch_version();  // of the headers that this program was built with: "2.11.0"

// Settings of this process under which the same run gives the same bits: deterministic kernels and that many threads.
// Kernels that have no deterministic form on a GPU only warn there.
void prepare_libtorch(at::Device device, int64_t threads);
void use_threads(int64_t threads);

}  // namespace evensweep
