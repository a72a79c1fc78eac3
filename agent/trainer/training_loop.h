#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "agent/trainer/checkpoint.h"
#include "agent/trainer/evaluation.h"
#include "agent/trainer/examples.h"
#include "agent/trainer/feature_smote.h"
#include "agent/trainer/model.h"
#include "agent/trainer/name_swap.h"
#include "agent/trainer/optimizer.h"
#include "agent/trainer/treated_loss.h"

namespace evensweep {

// One training, a step at a time. Which rows a batch holds, how they are augmented and what is dropped out are pure
// functions of (seed, epoch, step): an interruption does not change them, nor does a treatment, other than by its
// epoch_rows, which change the rows alone.
class TrainingLoop {
 public:
  // The references must outlive the loop. The spec must have passed check_trainable.
  TrainingLoop(const RunSpec& spec, const Examples& examples, Model& model, const Execution& execution);

  const Position& position() const { return position_; }
  int64_t steps_per_epoch() const { return steps_per_epoch_; }
  int64_t total_steps() const { return steps_per_epoch_ * spec_.training.epochs; }
  bool epoch_trained() const { return position_.step == steps_per_epoch_; }
  bool done() const { return position_.epoch == spec_.training.epochs; }
  const std::vector<CurvePoint>& curve() const { return curve_; }

  struct Step {
    int64_t examples = 0;
    bool finite = true;  // false: loss or logits were not, and nothing was changed
  };
  // One optimizer step; only while !epoch_trained().
  Step step();
  // Closes an epoch that is trained and evaluated.
  void finish_epoch(const Evaluation& validation);

  // Fills in all but the run key and the times.
  void save(Checkpoint& checkpoint) const;
  // DataLoss, with nothing changed, if the checkpoint is not one of this very training.
  Status restore(const Checkpoint& checkpoint);

 private:
  bool treated() const { return position_.epoch >= spec_.treatment.start_epoch; }
  void order_rows();
  std::vector<View> swapped(std::span<const uint32_t> rows) const;
  at::Tensor inputs_of(std::span<const uint32_t> rows) const;
  std::span<const uint32_t> next_rows() const;
  double lr(int64_t step) const;
  std::vector<NamedTensor> all_tensors() const;

  const RunSpec& spec_;
  const Examples& examples_;
  Model& model_;
  Execution execution_;
  TreatedLoss loss_;
  std::unique_ptr<Optimizer> optimizer_;
  std::optional<FeatureSmote> feature_smote_;
  int64_t steps_per_epoch_;
  std::optional<NameSwaps> swaps_;  // texts of which parts are swapped
  Position position_;
  int64_t ordered_epoch_ = -1;
  std::vector<uint32_t> order_;  // the rows of epoch `ordered_epoch_` in their order
  double epoch_loss_sum_ = 0;
  std::vector<CurvePoint> curve_;
};

// InvalidArgument if this trainer cannot train the spec on this data: another trainer's spec, weights that don't fit
// the classes, a schedule without its figures, ...
Status check_trainable(const RunSpec& spec, const Examples& examples);

}  // namespace evensweep
