#pragma once
// A data set with one split of it and, where a treatment asks for them, synthetic rows, ready to be cut into batches.

#include <array>
#include <memory>
#include <span>
#include <vector>

#include "agent/trainer/aten.h"
#include "agent/trainer/augmentation.h"
#include "agent/trainer/model.h"
#include "common/base/status.h"
#include "common/dataset/dataset.h"
#include "common/dataset/prepare.h"

namespace evensweep {

class Examples {
 public:
  // A table is prepared by what its training rows say, see prepare_table; names become columns of 0 and 1, unless they
  // are to be embedded. Images become (value / 255 - mean) / sd with the usual CIFAR-10 figures per colour; with other
  // than three channels, mean and sd are 0.5.
  Examples(std::shared_ptr<const Dataset> dataset, SplitRows split);

  // Makes rows with SMOTE, as many of each class as its training rows are fewer than `quota[c]`: a pure function of the
  // arguments and the training rows. InvalidArgument for a class with a quota but no training rows.
  Status synthesise(std::span<const int64_t> quota, size_t neighbours, uint64_t seed);

  // The inputs of these rows, on the execution's device and in its memory layout: tables and images in float32,
  // [n, features] or [n, channels, height, width]; texts int64 [n, length of the longest], 0 after the end of each.
  // With `views` (one for each row, not for tables) each is seen through its own: images are cut and mirrored, and what
  // a cut takes from outside the image is black; of names a part is swapped.
  at::Tensor inputs(std::span<const uint32_t> rows, std::span<const View> views, const Execution& execution) const;
  // [n] int64.
  at::Tensor labels(std::span<const uint32_t> rows, const Execution& execution) const;

  const Dataset& dataset() const { return *dataset_; }
  const SplitRows& split() const { return split_; }
  // The split's training rows, then the synthetic ones, which are numbered on from the rows of the data set.
  const std::vector<uint32_t>& training_rows() const { return training_rows_; }
  const std::vector<uint16_t>& row_labels() const { return row_labels_; }  // of the data set's rows and synthetic ones
  int64_t classes() const { return static_cast<int64_t>(dataset_->class_names.size()); }
  bool has_images() const { return !dataset_->pixels.empty(); }
  bool has_text() const { return dataset_->symbols > 0; }
  std::vector<int64_t> shape() const;  // {features}, {longest text, symbols} or {channels, height, width}
  // [features], float32, on the CPU: 1 for an input that is a number, 0 for one that stands for a name. Undefined where
  // all are numbers, and of texts.
  at::Tensor number_mask() const;
  // Of each feature how many names it has, where a model is to look up embeddings of them; empty elsewhere.
  std::vector<int64_t> levels() const;

 private:
  bool embeds() const;
  void tabulate_pixels();
  at::Tensor texts(std::span<const uint32_t> rows, std::span<const View> views) const;
  void number_synthetic(const std::vector<int64_t>& labels);
  void copy_features(std::span<const uint32_t> rows, float* out) const;

  std::shared_ptr<const Dataset> dataset_;
  SplitRows split_;
  std::vector<uint32_t> training_rows_;
  std::vector<uint16_t> row_labels_;
  PreparedTable table_;                               // tables: and the synthetic rows below
  std::vector<uint8_t> synthetic_pixels_;             // images: of the synthetic rows
  std::vector<std::array<float, 256>> pixel_values_;  // images: for each channel, the input value of each pixel value
};

}  // namespace evensweep
