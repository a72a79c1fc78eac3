#include "agent/trainer/image_smote.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "agent/trainer/neighbours.h"
#include "common/base/rng.h"
#include "sweeps/methods/smote.h"

namespace evensweep {
namespace {

class ImageSmote {
 public:
  ImageSmote(const Dataset& dataset, uint64_t seed)
      : dataset_(dataset),
        size_(static_cast<size_t>(dataset.channels * dataset.height * dataset.image_width)),
        rng_(seed, "smote") {}

  void make(const std::vector<uint32_t>& rows, int64_t wanted, int64_t most, std::vector<uint8_t>& pixels) {
    const size_t k = smote_neighbour_count(rows.size(), static_cast<size_t>(most));
    std::vector<SmoteDraw> draws;
    for (int64_t i = 0; i < wanted; ++i) {
      const size_t pair = rng_.below(rows.size() * std::max<size_t>(k, 1));
      draws.push_back({.pair = pair, .step = rng_.uniform()});
    }
    if (k == 0) {
      for (const SmoteDraw& draw : draws) between(rows[draw.pair], rows[draw.pair], draw.step, pixels);
      return;
    }
    std::vector<int64_t> bases;
    for (const SmoteDraw& draw : draws) bases.push_back(static_cast<int64_t>(draw.pair / k));
    const at::Tensor near = nearest_rows(table(rows), at::tensor(bases, at::kLong), static_cast<int64_t>(k));
    const int64_t* neighbours = near.const_data_ptr<int64_t>();
    for (size_t i = 0; i < draws.size(); ++i) {
      const auto other = static_cast<size_t>(neighbours[i * k + draws[i].pair % k]);
      between(rows[draws[i].pair / k], rows[other], draws[i].step, pixels);
    }
  }

 private:
  const uint8_t* image(uint32_t row) const { return dataset_.pixels.data() + row * size_; }

  at::Tensor table(const std::vector<uint32_t>& rows) const {
    at::Tensor table = at::empty({std::ssize(rows), static_cast<int64_t>(size_)}, at::kFloat);
    auto* out = table.mutable_data_ptr<float>();
    for (size_t i = 0; i < rows.size(); ++i)
      for (size_t p = 0; p < size_; ++p) out[i * size_ + p] = static_cast<float>(image(rows[i])[p]) / 255;
    return table;
  }

  void between(uint32_t first, uint32_t second, double step, std::vector<uint8_t>& pixels) const {
    for (size_t p = 0; p < size_; ++p) {
      const double a = image(first)[p], b = image(second)[p];
      pixels.push_back(static_cast<uint8_t>(std::lround(a + step * (b - a))));
    }
  }

  const Dataset& dataset_;
  size_t size_;
  Rng rng_;
};

}  // namespace

StatusOr<SyntheticImages> smote_images(const Dataset& dataset, std::span<const uint32_t> rows,
                                       std::span<const int64_t> wanted, int64_t k, uint64_t seed) {
  std::vector<std::vector<uint32_t>> of_class(wanted.size());
  for (const uint32_t row : rows) of_class[dataset.labels[row]].push_back(row);
  ImageSmote smote(dataset, seed);
  SyntheticImages made;
  for (size_t c = 0; c < wanted.size(); ++c) {
    if (wanted[c] <= 0) continue;
    if (of_class[c].empty()) return absl::InvalidArgumentError(fmt::format("class {} has no training samples", c));
    smote.make(of_class[c], wanted[c], k, made.pixels);
    made.labels.insert(made.labels.end(), static_cast<size_t>(wanted[c]), static_cast<int64_t>(c));
  }
  return made;
}

}  // namespace evensweep
