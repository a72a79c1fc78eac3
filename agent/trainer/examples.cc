#include "agent/trainer/examples.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "agent/trainer/image_smote.h"
#include "agent/trainer/name_swap.h"
#include "common/base/rng.h"
#include "sweeps/methods/smote.h"

namespace evensweep {
namespace {

// Writes one image as seen through a view. `Stride` between neighbouring pixels and channels of the output depends on
// the memory layout, all else does not.
struct ImageWriter {
  const Dataset& data;
  const std::vector<uint8_t>& synthetic;  // rows after those of the data set
  const std::vector<std::array<float, 256>>& values;
  int64_t pixel_stride, channel_stride;

  void write(uint32_t row, const View& view, float* out) const {
    const int64_t plane = data.height * data.image_width;
    const std::vector<uint8_t>& pixels = row < data.rows ? data.pixels : synthetic;
    const uint8_t* image = pixels.data() + (row < data.rows ? row : row - data.rows) * data.channels * plane;
    for (int64_t channel = 0; channel < data.channels; ++channel) {
      const float* table = values[static_cast<size_t>(channel)].data();
      for (int64_t y = 0; y < data.height; ++y) {
        float* line = out + channel * channel_stride + y * data.image_width * pixel_stride;
        write_line(image + channel * plane, y + view.down, view, table, line);
      }
    }
  }

 private:
  void write_line(const uint8_t* plane, int64_t source_y, const View& view, const float* table, float* line) const {
    const int64_t width = data.image_width;
    const bool inside = source_y >= 0 && source_y < data.height;
    const uint8_t* source = inside ? plane + source_y * width : nullptr;
    for (int64_t x = 0; x < width; ++x) {
      const int64_t source_x = (view.flip ? width - 1 - x : x) + view.right;
      const bool seen = inside && source_x >= 0 && source_x < width;
      line[x * pixel_stride] = table[seen ? source[source_x] : 0];
    }
  }
};

int64_t longest_text(const Dataset& data) {
  uint64_t longest = 0;
  for (size_t row = 0; row + 1 < data.text_begins.size(); ++row)
    longest = std::max(longest, data.text_begins[row + 1] - data.text_begins[row]);
  return static_cast<int64_t>(longest);
}

}  // namespace

Examples::Examples(std::shared_ptr<const Dataset> dataset, SplitRows split)
    : dataset_(std::move(dataset)),
      split_(std::move(split)),
      training_rows_(split_.train),
      row_labels_(dataset_->labels) {
  if (has_images())
    tabulate_pixels();
  else if (!has_text())
    table_ = prepare_table(*dataset_, split_.train);
}

std::vector<int64_t> Examples::shape() const {
  if (has_images()) return {dataset_->channels, dataset_->height, dataset_->image_width};
  if (has_text()) return {longest_text(*dataset_), dataset_->symbols};
  return {embeds() ? dataset_->width : one_hot_width(table_)};
}

bool Examples::embeds() const { return asks_for_embeddings(dataset_->columns); }

at::Tensor Examples::number_mask() const {
  if (std::ranges::all_of(table_.levels, [](int64_t levels) { return levels == 0; })) return {};
  std::vector<float> mask;
  for (const int64_t levels : table_.levels) {
    const int64_t inputs = embeds() ? 1 : std::max<int64_t>(levels, 1);
    mask.insert(mask.end(), static_cast<size_t>(inputs), levels == 0 ? 1.F : 0.F);
  }
  return at::tensor(mask, at::kFloat);
}

std::vector<int64_t> Examples::levels() const { return embeds() ? table_.levels : std::vector<int64_t>(); }

void Examples::tabulate_pixels() {
  constexpr double kMean[] = {0.4914, 0.4822, 0.4465};
  constexpr double kSd[] = {0.2471, 0.2435, 0.2616};
  pixel_values_.resize(static_cast<size_t>(dataset_->channels));
  for (size_t channel = 0; channel < pixel_values_.size(); ++channel) {
    const double mean = dataset_->channels == 3 ? kMean[channel] : 0.5;
    const double sd = dataset_->channels == 3 ? kSd[channel] : 0.5;
    for (size_t value = 0; value < 256; ++value)
      pixel_values_[channel][value] = static_cast<float>((static_cast<double>(value) / 255 - mean) / sd);
  }
}

Status Examples::synthesise(std::span<const int64_t> quota, size_t neighbours, uint64_t seed) {
  if (has_text()) return absl::InvalidArgumentError("SMOTE: needs a table or images, but the data set has texts");
  std::vector<int64_t> wanted(quota.begin(), quota.end());
  for (const uint32_t row : split_.train)
    if (row_labels_[row] < wanted.size()) --wanted[row_labels_[row]];
  if (has_images()) {
    EV_ASSIGN_OR_RETURN(SyntheticImages made,
                        smote_images(*dataset_, split_.train, wanted, static_cast<int64_t>(neighbours), seed));
    synthetic_pixels_ = std::move(made.pixels);
    number_synthetic(made.labels);
    return absl::OkStatus();
  }
  const size_t width = table_.features();
  std::vector<uint8_t> nominal;
  for (const int64_t levels : table_.levels) nominal.push_back(levels > 0 ? 1 : 0);
  if (std::find(nominal.begin(), nominal.end(), 1) == nominal.end()) nominal.clear();
  std::vector<double> values;
  std::vector<int64_t> labels;
  for (const uint32_t row : split_.train) {
    const float* features = table_.values.data() + row * width;
    values.insert(values.end(), features, features + width);
    labels.push_back(row_labels_[row]);
  }
  Rng rng(seed, "smote");
  const DrawSmote draw = [&](size_t pairs) {
    const size_t pair = rng.below(pairs);
    return SmoteDraw{.pair = pair, .step = rng.uniform()};
  };
  EV_ASSIGN_OR_RETURN(const SyntheticRows made,
                      smote({.values = values, .width = width, .nominal = nominal}, labels, wanted, neighbours, draw));
  number_synthetic(made.labels);
  for (const double value : made.values) table_.values.push_back(static_cast<float>(value));
  return absl::OkStatus();
}

void Examples::number_synthetic(const std::vector<int64_t>& labels) {
  for (const int64_t label : labels) {
    training_rows_.push_back(static_cast<uint32_t>(row_labels_.size()));
    row_labels_.push_back(static_cast<uint16_t>(label));
  }
}

void Examples::copy_features(std::span<const uint32_t> rows, float* out) const {
  const size_t features = table_.features();
  const auto width = static_cast<size_t>(shape()[0]);
  for (size_t i = 0; i < rows.size(); ++i) {
    const float* row = table_.values.data() + rows[i] * features;
    if (width == features)
      std::memcpy(out + i * width, row, width * sizeof(float));
    else
      write_one_hot(table_, row, out + i * width);
  }
}

at::Tensor Examples::inputs(std::span<const uint32_t> rows, std::span<const View> views,
                            const Execution& execution) const {
  if (has_text()) return texts(rows, views).to(execution.device);
  std::vector<int64_t> sizes = shape();
  sizes.insert(sizes.begin(), static_cast<int64_t>(rows.size()));
  const bool channels_last = has_images() && execution.channels_last;
  at::Tensor batch = at::empty(
      sizes, at::TensorOptions()
                 .dtype(at::kFloat)
                 .memory_format(channels_last ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous));
  auto* out = batch.mutable_data_ptr<float>();
  if (!has_images()) {
    copy_features(rows, out);
    return batch.to(execution.device);
  }
  const int64_t plane = dataset_->height * dataset_->image_width;
  const ImageWriter writer{.data = *dataset_,
                           .synthetic = synthetic_pixels_,
                           .values = pixel_values_,
                           .pixel_stride = channels_last ? dataset_->channels : 1,
                           .channel_stride = channels_last ? 1 : plane};
  at::parallel_for(0, sizes[0], 16, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const auto at = static_cast<size_t>(i);
      writer.write(rows[at], views.empty() ? View() : views[at], out + i * dataset_->channels * plane);
    }
  });
  return batch.to(execution.device);
}

at::Tensor Examples::texts(std::span<const uint32_t> rows, std::span<const View> views) const {
  std::vector<std::vector<uint8_t>> list;
  size_t longest = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    list.push_back(swapped_text(*dataset_, rows[i], views.empty() ? View() : views[i]));
    longest = std::max(longest, list.back().size());
  }
  at::Tensor batch = at::zeros({static_cast<int64_t>(rows.size()), static_cast<int64_t>(longest)}, at::kLong);
  auto* out = batch.mutable_data_ptr<int64_t>();
  for (size_t i = 0; i < rows.size(); ++i) std::ranges::copy(list[i], out + i * longest);
  return batch;
}

at::Tensor Examples::labels(std::span<const uint32_t> rows, const Execution& execution) const {
  at::Tensor batch = at::empty({static_cast<int64_t>(rows.size())}, at::kLong);
  auto* out = batch.mutable_data_ptr<int64_t>();
  for (size_t i = 0; i < rows.size(); ++i) out[i] = row_labels_[rows[i]];
  return batch.to(execution.device);
}

}  // namespace evensweep
