#include "agent/trainer/model.h"

#include <map>
#include <string_view>

#include "common/model/model_description.h"

namespace evensweep {
namespace {

at::Tensor unit_rows(const at::Tensor& rows) { return rows / rows.norm(2, 1, /*keepdim=*/true).clamp_min(1e-12); }

// A bias would not be a matter of angles; times 0 it still has the gradient that the optimizer asks for.
at::Tensor cosines(const at::Tensor& input, const Linear& layer) {
  return at::linear(unit_rows(input), unit_rows(layer.weight), layer.bias * 0);
}

at::Tensor mixed(const at::Tensor& features, const Mixing& mixing) {
  const at::Tensor own = features.narrow(0, 0, mixing.examples);
  const at::Tensor positions = mixing.positions.to(own.device());
  const at::Tensor others = features.index_select(0, mixing.partners.to(own.device()));
  return own.index_add(0, positions, mixing.steps.to(own.device()) * (others - own.index_select(0, positions)));
}

}  // namespace

Autocast::Autocast(at::DeviceType device, bool enabled)
    : device_(device), before_(at::autocast::is_autocast_enabled(device)) {
  at::autocast::set_autocast_enabled(device, enabled);
  at::autocast::set_autocast_dtype(device, at::kBFloat16);
  at::autocast::increment_nesting();
}

Autocast::~Autocast() {
  // The cache holds bf16 copies of weights, which the next optimizer step makes stale.
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  at::autocast::set_autocast_enabled(device_, before_);
}

at::Tensor Model::forward(const at::Tensor& input, bool training, const Mixing* mixing) {
  if (mixing == nullptr)
    if (const at::Tensor logits = fused_logits(input, training); logits.defined()) return logits;
  const Autocast autocast(execution_.device.type(), execution_.bf16);
  const at::Tensor inner = features(input, training);
  // Logits in bf16 have so few digits that classes would often tie, and ties go to the class with the lower number.
  const Autocast full_precision(execution_.device.type(), false);
  const at::Tensor last = mixing == nullptr ? inner.to(at::kFloat) : mixed(inner.to(at::kFloat), *mixing);
  return execution_.cosine_logits ? cosines(last, output_layer()) : output_layer()(last);
}

at::Tensor Model::last_features(const at::Tensor& input) {
  const Autocast autocast(execution_.device.type(), execution_.bf16);
  return features(input, /*training=*/false).to(at::kFloat);
}

int64_t Model::parameter_count() const {
  int64_t count = 0;
  for (const NamedTensor& parameter : parameters()) count += parameter.tensor.numel();
  return count;
}

StatusOr<std::unique_ptr<Model>> make_model(const ModelSpec& spec, const std::vector<int64_t>& shape, int64_t classes,
                                            uint64_t seed, const Execution& execution) {
  static const std::map<std::string_view, MakeModel*> kModels = {{"mlp", make_mlp},
                                                                 {"resmlp", make_resmlp},
                                                                 {"resnet20", make_resnet20},
                                                                 {"resnet18", make_resnet18},
                                                                 {"resnet9", make_resnet9},
                                                                 {"peifer_cnn", make_peifer_cnn},
                                                                 {"conv_lstm", make_conv_lstm},
                                                                 {kTorchscript, make_torchscript}};
  EV_RETURN_IF_ERROR(check_model(spec, shape));
  return kModels.at(spec.name)(spec, shape, classes, seed, execution);
}

}  // namespace evensweep
