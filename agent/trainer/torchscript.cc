// The one file that includes libtorch's TorchScript interpreter.

#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/csrc/jit/serialization/import.h>

#include <sstream>
#include <utility>

#include "agent/trainer/model.h"
#include "common/base/file.h"
#include "common/base/hash.h"
#include "common/base/rng.h"

namespace evensweep {
namespace {

constexpr int64_t kExamples = 2;  // to try a module out
constexpr char kForward[] = "forward", kReset[] = "reset_parameters";

// libtorch's messages have many lines: of an error within the module's code the last one that names it, else the first.
std::string brief(const std::exception& exception) {
  const auto* of_torch = dynamic_cast<const c10::Error*>(&exception);
  const std::string what = of_torch != nullptr ? of_torch->what_without_backtrace() : exception.what();
  const size_t error = what.rfind("Error: "), line = error == std::string::npos ? error : what.rfind('\n', error);
  const size_t begin = line == std::string::npos ? 0 : line + 1;
  return what.substr(begin, what.find('\n', begin) - begin);
}

std::string sizes_words(at::IntArrayRef sizes) { return fmt::format("[{}]", fmt::join(sizes, ", ")); }

// A tensor that the module keeps and its code may replace by another one.
struct Kept {
  torch::jit::Module owner;
  std::string name;
  at::Tensor tensor;
};

class TorchscriptModel final : public Model {
 public:
  TorchscriptModel(torch::jit::Module module, uint64_t seed, const Execution& execution)
      : Model(seed, execution), module_(std::move(module)) {
    module_.to(execution.device);
    for (const auto& parameter : module_.named_parameters())
      if (parameter.value.requires_grad()) add_parameter(parameter.name, parameter.value);
    for (const auto& part : module_.named_modules()) {
      for (const auto& attribute : part.value.named_attributes(/*recurse=*/false)) {
        if (!attribute.value.isTensor() || attribute.value.toTensor().requires_grad()) continue;
        const std::string prefix = part.name.empty() ? "" : part.name + ".";
        kept_.push_back({part.value, attribute.name, attribute.value.toTensor()});
        list_.adopt_buffer(prefix + attribute.name, kept_.back().tensor);
      }
    }
  }

  at::Tensor forward(const at::Tensor& input, bool training, const Mixing* /*mixing*/) override {
    const at::Tensor logits = run(input, training).toTensor();
    return logits.to(at::kFloat);
  }

  // Whatever forward gives, with what it says goes wrong as one line.
  c10::IValue run(const at::Tensor& input, bool training) {
    // Its optimiser would try several forms of the same code, each with its own rounding, one after the other.
    torch::jit::setGraphExecutorOptimize(false);
    const Autocast autocast(execution_.device.type(), execution_.bf16);
    if (training != module_.is_training()) module_.train(training);
    c10::IValue output;
    try {
      output = module_.forward({input});
    } catch (const std::exception& exception) {
      throw std::runtime_error("model torchscript: forward: " + brief(exception));
    }
    if (training) hold_buffers();
    return output;
  }

 private:
  // Never called: forward is overridden.
  at::Tensor features(const at::Tensor& input, bool /*training*/) override { return input; }
  const Linear& output_layer() const override { throw std::logic_error("a TorchScript module shows no last layer"); }

  void add_parameter(const std::string& name, at::Tensor parameter) {
    if (execution_.channels_last && parameter.dim() == 4)
      parameter.set_data(parameter.detach().contiguous(at::MemoryFormat::ChannelsLast));
    list_.adopt_parameter(name, parameter);
  }

  // Code may write `self.mean = ...` as well as `self.mean.copy_(...)`; checkpoints hold the first tensors.
  void hold_buffers() {
    for (Kept& kept : kept_) {
      const at::Tensor now = kept.owner.attr(kept.name).toTensor();
      if (now.is_same(kept.tensor)) continue;
      const at::NoGradGuard no_grad;
      kept.tensor.copy_(now);
      kept.owner.setattr(kept.name, kept.tensor);
    }
  }

  torch::jit::Module module_;
  std::vector<Kept> kept_;
};

Status refused(const DataFile& file, const std::string& why) {
  return absl::InvalidArgumentError(fmt::format("model torchscript: {}: {}", file.path, why));
}

StatusOr<torch::jit::Module> load_module(const DataFile& file) {
  EV_ASSIGN_OR_RETURN(std::string bytes, read_file(file.path));
  if (const std::string sha256 = sha256_hex(bytes); sha256 != file.sha256) {
    return refused(file, fmt::format("has changed since the sweep was submitted (its SHA-256 is {}, not {}); restore "
                                     "it or submit the sweep again",
                                     sha256, file.sha256));
  }
  try {
    std::istringstream stream(std::move(bytes));
    return torch::jit::load(stream, at::Device(at::kCPU));
  } catch (const std::exception& exception) {
    return refused(file, "is no TorchScript module (" + brief(exception) +
                             "); save one with torch.jit.save(torch.jit.script(module), file)");
  }
}

Status check_members(const torch::jit::Module& module, const DataFile& file) {
  if (!module.find_method(kForward)) return refused(file, "has no method forward; add it and save the module again");
  bool trainable = false;
  for (const auto& parameter : module.named_parameters()) {
    if (!parameter.value.requires_grad()) continue;
    trainable = true;
    if (parameter.value.scalar_type() == at::kFloat) continue;
    return refused(file, fmt::format("the parameter {} is {}, not float32; call module.float() before saving it",
                                     parameter.name, c10::toString(parameter.value.scalar_type())));
  }
  if (!trainable) return refused(file, "has no parameter that requires a gradient, so there is nothing to train");
  return absl::OkStatus();
}

// Weights of their own for each seed, where the module has a way to draw them.
Status reset_parameters(torch::jit::Module& module, const DataFile& file, uint64_t seed) {
  const auto method = module.find_method(kReset);
  if (!method) return absl::OkStatus();
  if (method->num_inputs() != 1)
    return refused(file, "its method reset_parameters takes arguments; it must take self alone");
  at::Generator generator = at::globalContext().defaultGenerator(at::kCPU);
  generator.set_current_seed(Rng(seed, "init")());
  const at::NoGradGuard no_grad;
  try {
    (*method)({});
  } catch (const std::exception& exception) {
    return refused(file, "its method reset_parameters: " + brief(exception));
  }
  return absl::OkStatus();
}

Status check_output(const c10::IValue& output, int64_t rows, int64_t classes, const DataFile& file) {
  if (!output.isTensor()) return refused(file, "forward gives a " + output.tagKind() + ", not a tensor of logits");
  const at::Tensor logits = output.toTensor();
  if (!logits.is_floating_point() || logits.sizes() != at::IntArrayRef({rows, classes})) {
    return refused(
        file, fmt::format("forward gives {} {} for {} examples; it must give a logit for each of the {} classes, {}",
                          c10::toString(logits.scalar_type()), sizes_words(logits.sizes()), rows, classes,
                          sizes_words({rows, classes})));
  }
  if (!logits.requires_grad()) return refused(file, "what forward gives does not depend on the parameters");
  return absl::OkStatus();
}

// Two made-up examples of that shape.
at::Tensor examples_like(const std::vector<int64_t>& shape) {
  const at::Generator chance = at::detail::createCPUGenerator(0);
  if (shape.size() == 2)  // texts
    return at::randint(1, shape[1], {kExamples, shape[0]}, chance, at::TensorOptions(at::kLong));
  std::vector<int64_t> sizes = shape;
  sizes.insert(sizes.begin(), kExamples);
  return at::rand(sizes, chance, at::TensorOptions());
}

// One step's worth of forward and backward on two made-up examples, so that what cannot be trained is told before
// anything is; the buffers are as they were afterwards.
Status try_out(TorchscriptModel& model, const std::vector<int64_t>& shape, int64_t classes, const Execution& execution,
               const DataFile& file) {
  const at::Tensor input = examples_like(shape).to(execution.device);
  std::vector<at::Tensor> before;
  for (const NamedTensor& buffer : model.buffers()) before.push_back(buffer.tensor.clone());
  try {
    const c10::IValue output = model.run(input, /*training=*/true);
    EV_RETURN_IF_ERROR(check_output(output, kExamples, classes, file));
    output.toTensor().sum().backward();
  } catch (const c10::OutOfMemoryError&) {
    throw;
  } catch (const std::exception& exception) {
    return refused(file, "cannot be trained on examples of shape " + sizes_words(shape) + ": " + brief(exception));
  }
  for (size_t i = 0; i < before.size(); ++i) at::Tensor(model.buffers()[i].tensor).copy_(before[i]);
  for (const NamedTensor& parameter : model.parameters()) {
    at::Tensor tensor = parameter.tensor;
    if (!tensor.grad().defined())
      return refused(file, "forward does not use the parameter " + parameter.name +
                               "; remove it or set requires_grad_(False) on it");
    tensor.mutable_grad().reset();
  }
  return absl::OkStatus();
}

}  // namespace

StatusOr<std::unique_ptr<Model>> make_torchscript(const ModelSpec& spec, const std::vector<int64_t>& shape,
                                                  int64_t classes, uint64_t seed, const Execution& execution) {
  const DataFile& file = *spec.file;
  if (execution.cosine_logits)
    return refused(file,
                   "margins (ldam_drw) need a model's last layer, which a TorchScript module does not show; use "
                   "a model of Evensweep's own or another method");
  EV_ASSIGN_OR_RETURN(torch::jit::Module module, load_module(file));
  EV_RETURN_IF_ERROR(check_members(module, file));
  EV_RETURN_IF_ERROR(reset_parameters(module, file, seed));
  auto model = std::make_unique<TorchscriptModel>(std::move(module), seed, execution);
  EV_RETURN_IF_ERROR(try_out(*model, shape, classes, execution, file));
  return model;
}

}  // namespace evensweep
