#include "agent/trainer/treated_loss.h"

#include <algorithm>
#include <cmath>

#include "agent/trainer/loss.h"
#include "sweeps/methods/dynamic.h"

namespace evensweep {
namespace {

template <typename T>
std::vector<T> list_of(const at::Tensor& tensor, at::ScalarType type) {
  const at::Tensor flat = tensor.detach().to(at::kCPU, type).contiguous();
  const auto* values = flat.const_data_ptr<T>();
  return {values, values + flat.numel()};
}

std::vector<double> recalls(const ConfusionMatrix& confusion) {
  std::vector<double> list;
  for (int64_t c = 0; c < confusion.classes; ++c) {
    int64_t there = 0;
    for (int64_t predicted = 0; predicted < confusion.classes; ++predicted) there += confusion.at(c, predicted);
    list.push_back(static_cast<double>(confusion.at(c, c)) / static_cast<double>(std::max<int64_t>(there, 1)));
  }
  return list;
}

}  // namespace

TreatedLoss::TreatedLoss(const Treatment& treatment, int64_t epochs, const Execution& execution)
    : rule_(treatment.rule ? treatment.rule->name : ""),
      strength_(treatment.rule ? treatment.rule->strength : 0),
      focal_gamma_(treatment.focal_gamma),
      classes_(static_cast<int64_t>(treatment.class_weights.size())),
      start_epoch_(treatment.start_epoch),
      first_weighted_epoch_(static_cast<int64_t>(std::ceil(treatment.weights_from * static_cast<double>(epochs)))),
      device_(execution.device),
      ones_(on_device(std::vector<double>(treatment.class_weights.size(), 1))),
      class_weights_(on_device(treatment.class_weights)),
      logit_offsets_(on_device(treatment.logit_offsets)) {
  if (treatment.margin) {
    margins_ = on_device(treatment.margin->margins);
    scale_ = treatment.margin->scale;
  }
  if (rule_ == kCdbRule || rule_ == kDynamicCdbRule)
    state_.push_back({"treatment/weights", at::ones({classes_}, at::kDouble)});
  if (rule_ == kGroupDroRule)
    state_.push_back({"treatment/shares", at::full({classes_}, 1.0 / static_cast<double>(classes_), at::kDouble)});
}

at::Tensor TreatedLoss::operator()(const at::Tensor& logits, const at::Tensor& labels, int64_t epoch) {
  if (epoch < start_epoch_) return batch_loss(logits, labels, ones_, 0);
  at::Tensor seen = logits;
  if (logit_offsets_.defined()) seen = seen + logit_offsets_;
  if (margins_.defined()) seen = with_margins(seen, labels, margins_, scale_);
  if (rule_ == kGroupDroRule) return group_dro_loss(seen, labels);
  return batch_loss(seen, labels, weights_of(logits, labels, epoch), focal_gamma_);
}

at::Tensor TreatedLoss::weights_of(const at::Tensor& logits, const at::Tensor& labels, int64_t epoch) const {
  if (epoch < first_weighted_epoch_) return ones_;
  if (rule_ == kCdbRule || rule_ == kDynamicCdbRule) return on_device(kept());
  if (rule_ != kRecallLossRule) return class_weights_;
  const auto truths = list_of<int64_t>(labels, at::kLong);
  const auto predictions = list_of<int64_t>(logits.argmax(1), at::kLong);
  return on_device(recall_loss(truths, predictions, static_cast<size_t>(classes_)).weights);
}

// The mean loss of each class in the batch, summed with the shares that these losses lead to.
at::Tensor TreatedLoss::group_dro_loss(const at::Tensor& logits, const at::Tensor& labels) {
  const at::Tensor each = loss_per_example(logits, labels, ones_, focal_gamma_);
  const at::Tensor member = at::one_hot(labels, classes_).to(each.scalar_type());
  const at::Tensor losses = at::mv(member.t(), each) / member.sum(0).clamp_min(1);
  next_shares_ = group_dro_update(kept(), list_of<double>(losses, at::kDouble), strength_);
  return (on_device(next_shares_) * losses).sum();
}

void TreatedLoss::accept() {
  if (next_shares_.empty()) return;
  state_[0].tensor.copy_(at::tensor(next_shares_, at::kDouble));
  next_shares_.clear();
}

void TreatedLoss::finish_epoch(const ConfusionMatrix& validation) {
  if (rule_ != kCdbRule && rule_ != kDynamicCdbRule) return;
  const std::vector<double> accuracy = recalls(validation);
  const double tau = rule_ == kCdbRule ? strength_ : dynamic_cdb_tau(accuracy);
  state_[0].tensor.copy_(at::tensor(cdb_weights(accuracy, tau), at::kDouble));
}

at::Tensor TreatedLoss::on_device(const std::vector<double>& values) const {
  return values.empty() ? at::Tensor() : at::tensor(values, at::kFloat).to(device_);
}

std::vector<double> TreatedLoss::kept() const { return list_of<double>(state_[0].tensor, at::kDouble); }

}  // namespace evensweep
