// The trainer's loss, values and gradients, in float64.

#include "agent/trainer/loss.h"
#include "sweeps/methods/frequency.h"
#include "tests/oracles/registry.h"

namespace evensweep {
namespace {

std::vector<double> flat(const at::Tensor& tensor) {
  const at::Tensor contiguous = tensor.contiguous();
  const auto* values = contiguous.const_data_ptr<double>();
  return {values, values + contiguous.numel()};
}

at::Tensor matrix_at(const Json& in, const char* name) {
  std::vector<double> values;
  for (const Json& row : in.at(name))
    for (const Json& value : row) values.push_back(value.get<double>());
  return at::tensor(values, at::kDouble).view({static_cast<int64_t>(in.at(name).size()), -1});
}

Json rows_of(const at::Tensor& matrix) {
  Json rows = Json::array();
  for (int64_t i = 0; i < matrix.size(0); ++i) rows.push_back(flat(matrix[i]));
  return rows;
}

at::Tensor vector_at(const Json& in, const char* name) { return at::tensor(numbers_at(in, name), at::kDouble); }

// What the trainer's cross entropy sees in place of the logits.
at::Tensor adjusted(const at::Tensor& logits, const at::Tensor& labels, const Json& in, const std::string& kind) {
  if (kind == "logit_adjusted")
    return logits + at::tensor(log_priors(numbers_at(in, "prior"), in.at("tau").get<double>()), at::kDouble);
  if (kind == "ldam") return with_margins(logits, labels, vector_at(in, "margins"), in.at("s").get<double>());
  return logits;
}

Json loss(const Json& in) {
  const std::string kind = in.at("kind").get<std::string>();
  const double gamma = in.value("gamma", 0.0);
  const at::Tensor logits = matrix_at(in, "logits").requires_grad_();
  const at::Tensor labels = at::tensor(in.at("labels").get<std::vector<int64_t>>(), at::kLong);
  const at::Tensor weights = vector_at(in, "class_weights");
  at::Tensor each, mean;
  if (kind == "focal_sigmoid") {
    each = sigmoid_focal_loss_per_example(logits, labels, weights, gamma);
    mean = each.sum() / static_cast<double>(logits.size(0));
  } else if (kind == "ce" || kind == "focal_softmax" || kind == "logit_adjusted" || kind == "ldam") {
    const at::Tensor seen = adjusted(logits, labels, in, kind);
    each = loss_per_example(seen, labels, weights, gamma);
    mean = batch_loss(seen, labels, weights, gamma);
  } else {
    return nullptr;
  }
  // The trainer's own reduction, scaled back, so that its gradient is what is compared.
  (mean * static_cast<double>(logits.size(0))).backward();
  return {{"per_sample_weighted", flat(each.detach())},
          {"mean_by_n", mean.item<double>()},
          {"mean_by_weight", (each.sum() / weights.index_select(0, labels).sum()).item<double>()},
          {"grad_of_sum", rows_of(logits.grad())}};
}

}  // namespace

void register_loss_cases(Registry& registry) { registry["loss"] = loss; }

}  // namespace evensweep
