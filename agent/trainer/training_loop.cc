#include "agent/trainer/training_loop.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "agent/trainer/augmentation.h"
#include "agent/trainer/class_views.h"
#include "agent/trainer/device.h"
#include "agent/trainer/resampling.h"
#include "agent/trainer/schedule.h"
#include "common/base/rng.h"
#include "common/model/model_description.h"

namespace evensweep {
namespace {

const char* dtype_name(const at::Tensor& tensor) { return c10::toString(tensor.scalar_type()); }

SavedTensor saved(const NamedTensor& named) {
  const at::Tensor flat = named.tensor.detach().cpu().contiguous();
  return {.name = named.name,
          .dtype = dtype_name(flat),
          .shape = flat.sizes().vec(),
          .bytes = std::string(static_cast<const char*>(flat.const_data_ptr()), flat.nbytes())};
}

bool fits(const SavedTensor& saved, const NamedTensor& named) {
  return saved.name == named.name && saved.dtype == dtype_name(named.tensor) &&
         saved.shape == named.tensor.sizes().vec() && saved.bytes.size() == named.tensor.nbytes();
}

void load(const SavedTensor& saved, at::Tensor tensor) {
  // from_blob wants a pointer that may be written through, but copy_ only reads.
  auto* bytes = const_cast<char*>(saved.bytes.data());
  tensor.copy_(at::from_blob(bytes, saved.shape, at::TensorOptions().dtype(tensor.scalar_type())));
}

bool all_finite(const at::Tensor& tensor) {
  // The sum is not finite if a value is not; it may overflow without one, but then a training is as lost.
  return std::isfinite(tensor.detach().sum().item<double>());
}

Status check_schedule(const ScheduleSpec& schedule) {
  const bool decays = schedule.name == "step" || schedule.name == "exponential";
  if (!decays || schedule.every >= 1) return absl::OkStatus();
  return absl::InvalidArgumentError("training.schedule.every: must be at least 1 for the schedule " + schedule.name);
}

// The quotas must make up an epoch of the usual length, of rows that there are.
Status check_epoch_rows(const std::vector<int64_t>& quota, const Examples& examples) {
  const auto rows = static_cast<int64_t>(examples.split().train.size());
  std::vector<int64_t> there(quota.size());
  for (const uint32_t row : examples.split().train) ++there[examples.dataset().labels[row]];
  int64_t sum = 0;
  for (size_t c = 0; c < quota.size(); ++c) {
    if (quota[c] > 0 && there[c] == 0)
      return absl::InvalidArgumentError(fmt::format("treatment.epoch_rows: class {} has no training rows", c));
    if (quota[c] < 0 || quota[c] > rows) {
      return absl::InvalidArgumentError(
          fmt::format("treatment.epoch_rows: {} rows of class {} are below 0 or more than the {} training rows",
                      quota[c], c, rows));
    }
    sum += quota[c];
  }
  if (sum == rows) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("treatment.epoch_rows: the sum is {}, but there are {} training rows", sum, rows));
}

Status check_augmentation(const ClassAugmentation& augmentation, const Examples& examples) {
  if ((augmentation.flip || augmentation.crop_padding > 0) && !examples.has_images())
    return absl::InvalidArgumentError("treatment.augmentation: flip and crop need images, but the data set has none");
  if (augmentation.sigma > 0 && examples.dataset().symbols > 0)
    return absl::InvalidArgumentError("treatment.augmentation: noise needs images or a table");
  if (augmentation.sigma > 0 && !examples.levels().empty())
    return absl::InvalidArgumentError(
        "treatment.augmentation: noise needs numbers, but names are looked up; use one_hot");
  if (augmentation.swap && examples.dataset().space == 0)
    return absl::InvalidArgumentError("treatment.augmentation: swap needs texts with a space in their alphabet");
  return absl::OkStatus();
}

Status check_treatment(const Treatment& treatment, const Examples& examples) {
  const auto fits_classes = [&](const char* name, size_t size) -> Status {
    if (static_cast<int64_t>(size) == examples.classes()) return absl::OkStatus();
    return absl::InvalidArgumentError(
        fmt::format("treatment.{}: has {} numbers for the {} classes of the data", name, size, examples.classes()));
  };
  EV_RETURN_IF_ERROR(fits_classes("class_weights", treatment.class_weights.size()));
  if (*std::ranges::max_element(treatment.class_weights) <= 0)
    return absl::InvalidArgumentError("treatment.class_weights: at least one must be above 0");
  if (!treatment.logit_offsets.empty())
    EV_RETURN_IF_ERROR(fits_classes("logit_offsets", treatment.logit_offsets.size()));
  if (treatment.smote_neighbours > 0 && treatment.epoch_rows.empty())
    return absl::InvalidArgumentError("treatment.smote_neighbours: needs epoch_rows");
  if (treatment.smote_neighbours > 0 && examples.dataset().symbols > 0 && !treatment.smote_features)
    return absl::InvalidArgumentError("treatment.smote_neighbours: texts need smote_features");
  if (treatment.smote_features && (treatment.smote_neighbours == 0 || treatment.start_epoch == 0))
    return absl::InvalidArgumentError("treatment.smote_features: needs smote_neighbours and a start_epoch");
  if (treatment.augmentation) {
    EV_RETURN_IF_ERROR(fits_classes("augmentation.probabilities", treatment.augmentation->probabilities.size()));
    EV_RETURN_IF_ERROR(check_augmentation(*treatment.augmentation, examples));
  }
  if (treatment.margin) EV_RETURN_IF_ERROR(fits_classes("margin.margins", treatment.margin->margins.size()));
  if (treatment.margin && treatment.start_epoch > 0)
    return absl::InvalidArgumentError("treatment.start_epoch: margins need cosine logits from the first epoch on");
  if (treatment.epoch_rows.empty()) return absl::OkStatus();
  EV_RETURN_IF_ERROR(fits_classes("epoch_rows", treatment.epoch_rows.size()));
  return check_epoch_rows(treatment.epoch_rows, examples);
}

}  // namespace

Status check_trainable(const RunSpec& spec, const Examples& examples) {
  if (spec.trainer != kTrainerNumerics) {
    return absl::InvalidArgumentError(fmt::format(
        "the run asks for the trainer \"{}\" but this one is \"{}\"; install the same version on coordinator "
        "and agents",
        spec.trainer, kTrainerNumerics));
  }
  const ModelDescription* description = find_model(spec.model.name);
  if (!examples.levels().empty() && (description == nullptr || !description->embeds_names))
    return absl::InvalidArgumentError("model " + spec.model.name + ": has no embeddings of names; use one_hot");
  EV_RETURN_IF_ERROR(check_treatment(spec.treatment, examples));
  if (spec.treatment.smote_features && spec.model.name == kTorchscript)
    return absl::InvalidArgumentError("treatment.smote_features: a TorchScript module shows no features");
  if (spec.training.augmentation.swap > 0 && examples.dataset().space == 0)
    return absl::InvalidArgumentError("training.augmentation: swap needs texts with a space in their alphabet");
  if (!examples.has_images() && (spec.training.augmentation.flip || spec.training.augmentation.crop_padding > 0))
    return absl::InvalidArgumentError("training.augmentation: flip and crop need images, but the data set has none");
  if (spec.training.optimizer.nesterov && spec.training.optimizer.momentum <= 0)
    return absl::InvalidArgumentError("training.optimizer.nesterov: needs a momentum above 0");
  return check_schedule(spec.training.schedule);
}

TrainingLoop::TrainingLoop(const RunSpec& spec, const Examples& examples, Model& model, const Execution& execution)
    : spec_(spec),
      examples_(examples),
      model_(model),
      execution_(execution),
      loss_(spec.treatment, spec.training.epochs, execution),
      optimizer_(make_optimizer(spec.training.optimizer, model.parameters())),
      steps_per_epoch_((static_cast<int64_t>(examples.split().train.size()) + spec.training.batch_size - 1) /
                       spec.training.batch_size) {
  const bool by_class = spec.treatment.augmentation && spec.treatment.augmentation->swap;
  if (examples.has_text() && (by_class || spec.training.augmentation.swap > 0))
    swaps_.emplace(examples.dataset(), examples.split().train);
  if (spec.treatment.smote_features)
    feature_smote_.emplace(examples, spec.treatment.epoch_rows, spec.treatment.smote_neighbours, spec.chance());
}

double TrainingLoop::lr(int64_t step) const {
  return learning_rate(spec_.training.optimizer, spec_.training.schedule, step, steps_per_epoch_, total_steps());
}

void TrainingLoop::order_rows() {
  if (ordered_epoch_ == position_.epoch) return;
  const std::vector<int64_t>& quota = spec_.treatment.epoch_rows;
  if (quota.empty() || !treated())
    order_ = examples_.split().train;
  else if (feature_smote_)
    order_ = feature_smote_->epoch_rows(model_, execution_, position_.epoch);
  else
    order_ = resampled_rows(examples_.training_rows(), examples_.row_labels(), quota, spec_.chance(), position_.epoch);
  Rng(spec_.chance(), "order", {static_cast<uint64_t>(position_.epoch)}).shuffle(std::span(order_));
  ordered_epoch_ = position_.epoch;
}

std::span<const uint32_t> TrainingLoop::next_rows() const {
  const auto batch = static_cast<size_t>(spec_.training.batch_size);
  const size_t begin = static_cast<size_t>(position_.step) * batch;
  return std::span(order_).subspan(begin, std::min(batch, order_.size() - begin));
}

// Each name's own chance of a swap: that of the recipe and that of its class, taken together.
std::vector<View> TrainingLoop::swapped(std::span<const uint32_t> rows) const {
  const std::optional<ClassAugmentation>& by_class = spec_.treatment.augmentation;
  std::vector<double> probabilities(rows.size(), spec_.training.augmentation.swap);
  if (by_class && by_class->swap && treated())
    for (size_t i = 0; i < rows.size(); ++i)
      probabilities[i] = 1 - (1 - probabilities[i]) * (1 - by_class->probabilities[examples_.row_labels()[rows[i]]]);
  return swaps_->draw(rows, probabilities, spec_.chance(), position_.epoch, position_.step);
}

// What the model gets of these rows at this step.
at::Tensor TrainingLoop::inputs_of(std::span<const uint32_t> rows) const {
  const int64_t epoch = position_.epoch, step = position_.step;
  if (swaps_) return examples_.inputs(rows, swapped(rows), execution_);
  std::vector<View> views;
  if (examples_.has_images()) views = draw_views(spec_.training.augmentation, spec_.chance(), epoch, step, rows.size());
  const std::optional<ClassAugmentation>& by_class = spec_.treatment.augmentation;
  if (!by_class || !treated()) return examples_.inputs(rows, views, execution_);
  std::vector<uint16_t> classes;
  for (const uint32_t row : rows) classes.push_back(examples_.row_labels()[row]);
  const std::vector<int64_t> chosen = change_views(*by_class, classes, spec_.chance(), epoch, step, views);
  at::Tensor inputs = examples_.inputs(rows, views, execution_);
  add_noise(inputs, chosen, by_class->sigma, examples_.number_mask(), spec_.chance(), epoch, step);
  return inputs;
}

TrainingLoop::Step TrainingLoop::step() {
  order_rows();
  const std::span<const uint32_t> rows = next_rows();
  FeatureSmote::Batch batch;
  if (feature_smote_) batch = feature_smote_->batch(rows);
  const std::span<const uint32_t> seen = feature_smote_ ? std::span<const uint32_t>(batch.rows) : rows;
  const at::Tensor inputs = inputs_of(seen);
  const at::Tensor labels = examples_.labels(seen.first(rows.size()), execution_);
  Rng dropout(spec_.chance(), "dropout",
              {static_cast<uint64_t>(position_.epoch), static_cast<uint64_t>(position_.step)});
  at::Generator generator = at::globalContext().defaultGenerator(execution_.device);
  generator.set_current_seed(dropout());

  const at::Tensor logits = model_.forward(inputs, /*training=*/true, batch.mixing ? &*batch.mixing : nullptr);
  const at::Tensor loss = loss_(logits, labels, position_.epoch);
  const double value = loss.item<double>();
  // A logit may not be finite where the loss does not depend on it.
  if (!std::isfinite(value) || !all_finite(logits)) return {.examples = 0, .finite = false};
  loss_.accept();
  loss.backward();
  optimizer_->step(lr(optimizer_->steps()));
  ++position_.step;
  epoch_loss_sum_ += value * static_cast<double>(rows.size());
  return {.examples = static_cast<int64_t>(rows.size()), .finite = true};
}

void TrainingLoop::finish_epoch(const Evaluation& validation) {
  loss_.finish_epoch(validation.confusion);
  curve_.push_back({.epoch = position_.epoch + 1,
                    .train_loss = epoch_loss_sum_ / static_cast<double>(examples_.split().train.size()),
                    .validation_accuracy = validation.accuracy(),
                    .lr = lr(optimizer_->steps() - 1)});
  position_ = {.epoch = position_.epoch + 1, .step = 0};
  epoch_loss_sum_ = 0;
}

std::vector<NamedTensor> TrainingLoop::all_tensors() const {
  std::vector<NamedTensor> all = model_.parameters();
  all.insert(all.end(), model_.buffers().begin(), model_.buffers().end());
  for (NamedTensor& tensor : optimizer_->state()) all.push_back(std::move(tensor));
  all.insert(all.end(), loss_.state().begin(), loss_.state().end());
  if (feature_smote_) all.insert(all.end(), feature_smote_->state().begin(), feature_smote_->state().end());
  return all;
}

void TrainingLoop::save(Checkpoint& checkpoint) const {
  checkpoint.libtorch = libtorch_version();
  checkpoint.position = position_;
  checkpoint.optimizer_steps = optimizer_->steps();
  checkpoint.epoch_loss_sum = epoch_loss_sum_;
  checkpoint.curve = curve_;
  checkpoint.tensors.clear();
  for (const NamedTensor& tensor : all_tensors()) checkpoint.tensors.push_back(saved(tensor));
}

Status TrainingLoop::restore(const Checkpoint& checkpoint) {
  const std::vector<NamedTensor> tensors = all_tensors();
  const Position& at = checkpoint.position;
  const bool place_fits = at.epoch <= spec_.training.epochs && at.step <= steps_per_epoch_ &&
                          (at.epoch < spec_.training.epochs || at.step == 0) &&
                          checkpoint.optimizer_steps == at.epoch * steps_per_epoch_ + at.step &&
                          static_cast<int64_t>(checkpoint.curve.size()) == at.epoch;
  if (!place_fits) return absl::DataLossError("checkpoint: its position does not fit this run");
  if (checkpoint.libtorch != libtorch_version())
    return absl::DataLossError("checkpoint: written with libtorch " + checkpoint.libtorch + ", this is " +
                               libtorch_version());
  if (!std::ranges::equal(checkpoint.tensors, tensors, fits))
    return absl::DataLossError("checkpoint: its tensors do not fit this model");
  const at::NoGradGuard no_grad;
  for (size_t i = 0; i < tensors.size(); ++i) load(checkpoint.tensors[i], tensors[i].tensor);
  optimizer_->set_steps(checkpoint.optimizer_steps);
  position_ = at;
  epoch_loss_sum_ = checkpoint.epoch_loss_sum;
  curve_ = checkpoint.curve;
  return absl::OkStatus();
}

}  // namespace evensweep
