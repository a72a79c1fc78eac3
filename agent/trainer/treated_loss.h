#pragma once

#include <vector>

#include "agent/trainer/aten.h"
#include "agent/trainer/model.h"
#include "common/model/result.h"
#include "common/model/spec.h"

namespace evensweep {

// The loss of a batch as a treatment asks for it, with the state of a rule that changes the weights in training.
class TreatedLoss {
 public:
  // The treatment must have passed check_trainable.
  TreatedLoss(const Treatment& treatment, int64_t epochs, const Execution& execution);

  // A scalar, for a batch of epoch `epoch` (from 0). Nothing that lasts is changed: accept() does that, once the loss
  // is known to be finite.
  at::Tensor operator()(const at::Tensor& logits, const at::Tensor& labels, int64_t epoch);
  void accept();
  void finish_epoch(const ConfusionMatrix& validation);

  // What the loss of the next batch depends on besides the treatment, for a checkpoint. Empty without a rule that keeps
  // something.
  const std::vector<NamedTensor>& state() const { return state_; }

 private:
  at::Tensor weights_of(const at::Tensor& logits, const at::Tensor& labels, int64_t epoch) const;
  at::Tensor group_dro_loss(const at::Tensor& logits, const at::Tensor& labels);
  at::Tensor on_device(const std::vector<double>& values) const;  // undefined for an empty list
  std::vector<double> kept() const;                               // state_'s only tensor

  std::string rule_;
  double strength_, focal_gamma_, scale_ = 1;
  int64_t classes_, start_epoch_, first_weighted_epoch_;
  at::Device device_;
  at::Tensor ones_, class_weights_, logit_offsets_, margins_;
  std::vector<NamedTensor> state_;
  std::vector<double> next_shares_;  // of group DRO, until they are accepted
};

}  // namespace evensweep
