#include "tests/unit/trainer/script_module.h"

#include <torch/csrc/jit/api/module.h>

#include "agent/trainer/aten.h"
#include "common/base/hash.h"

namespace evensweep {

DataFile write_script_module(const std::string& path, const ScriptModule& module) {
  torch::jit::Module made("Net");
  made.register_attribute("training", c10::BoolType::get(), true);
  const auto type = module.float64 ? at::kDouble : at::kFloat;
  const auto add = [&](const std::string& name, const at::Tensor& value) {
    made.register_parameter(name, value.to(type).requires_grad_(), /*is_buffer=*/false);
  };
  add("w1", at::linspace(-0.5, 0.5, 8 * 4).view({8, 4}));
  add("b1", at::zeros({8}));
  add("w2", at::linspace(0.5, -0.5, 3 * 8).view({3, 8}));
  add("b2", at::zeros({3}));
  for (const std::string& name : module.spare_parameters) add(name, at::ones({2}));
  made.register_buffer("seen", at::zeros({}));
  made.define((module.forward.empty() ? kScriptForward : module.forward) + "\n");
  for (const std::string& method : module.methods) made.define(method + "\n");
  made.save(path);
  return {.path = path, .sha256 = sha256_hex_of_file(path).value_or("")};
}

}  // namespace evensweep
