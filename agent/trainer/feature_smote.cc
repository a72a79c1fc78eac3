#include "agent/trainer/feature_smote.h"

#include <algorithm>
#include <utility>

#include "agent/trainer/neighbours.h"
#include "agent/trainer/resampling.h"
#include "common/base/rng.h"
#include "sweeps/methods/smote.h"

namespace evensweep {
namespace {

constexpr size_t kRowsAtOnce = 250;

at::Tensor features_of(Model& model, const Examples& examples, std::span<const uint32_t> rows,
                       const Execution& execution) {
  std::vector<at::Tensor> parts;
  for (size_t begin = 0; begin < rows.size(); begin += kRowsAtOnce) {
    const auto some = rows.subspan(begin, std::min(kRowsAtOnce, rows.size() - begin));
    parts.push_back(model.last_features(examples.inputs(some, {}, execution)).cpu());
  }
  return at::cat(parts);
}

std::string state_name(size_t c) { return "smote/neighbours" + std::to_string(c); }

}  // namespace

FeatureSmote::FeatureSmote(const Examples& examples, std::vector<int64_t> quota, int64_t neighbours, uint64_t seed)
    : examples_(examples),
      quota_(std::move(quota)),
      neighbours_(neighbours),
      seed_(seed),
      rows_(quota_.size()),
      first_new_(static_cast<uint32_t>(examples.row_labels().size())) {
  for (const uint32_t row : examples.split().train) rows_[examples.row_labels()[row]].push_back(row);
  for (size_t c = 0; c < quota_.size(); ++c) {
    const size_t k = smote_neighbour_count(rows_[c].size(), static_cast<size_t>(neighbours_));
    if (lacking(c) > 0 && k > 0)
      state_.push_back(
          {state_name(c), at::full({std::ssize(rows_[c]), static_cast<int64_t>(k)}, int64_t{-1}, at::kLong)});
  }
}

int64_t FeatureSmote::lacking(size_t c) const { return quota_[c] - std::ssize(rows_[c]); }

void FeatureSmote::find_neighbours(Model& model, const Execution& execution) {
  const at::NoGradGuard no_grad;
  size_t next = 0;
  for (size_t c = 0; c < quota_.size(); ++c) {
    if (next == state_.size() || state_[next].name != state_name(c)) continue;
    at::Tensor& found = state_[next++].tensor;
    found.copy_(nearest_rows(features_of(model, examples_, rows_[c], execution), at::arange(found.size(0), at::kLong),
                             found.size(1)));
  }
}

std::vector<uint32_t> FeatureSmote::epoch_rows(Model& model, const Execution& execution, int64_t epoch) {
  if (!state_.empty() && state_[0].tensor[0][0].item<int64_t>() < 0) find_neighbours(model, execution);
  std::vector<int64_t> old = quota_;
  for (size_t c = 0; c < old.size(); ++c) old[c] = std::min(old[c], std::ssize(rows_[c]));
  std::vector<uint32_t> rows = resampled_rows(examples_.split().train, examples_.row_labels(), old, seed_, epoch);
  parents_.clear();
  size_t next = 0;
  for (size_t c = 0; c < quota_.size(); ++c) {
    if (lacking(c) <= 0) continue;
    const std::vector<uint32_t>& own = rows_[c];
    const bool single = next == state_.size() || state_[next].name != state_name(c);
    const int64_t* neighbours = single ? nullptr : state_[next].tensor.const_data_ptr<int64_t>();
    const size_t k = single ? 0 : static_cast<size_t>(state_[next++].tensor.size(1));
    Rng rng(seed_, "feature smote", {static_cast<uint64_t>(epoch), static_cast<uint64_t>(c)});
    for (int64_t i = 0; i < lacking(c); ++i) {
      const size_t pair = rng.below(own.size() * std::max<size_t>(k, 1));
      const uint32_t first = own[k == 0 ? pair : pair / k];
      const uint32_t second = k == 0 ? first : own[static_cast<size_t>(neighbours[pair])];
      rows.push_back(first_new_ + static_cast<uint32_t>(parents_.size()));
      parents_.push_back({.first = first, .second = second, .step = static_cast<float>(rng.uniform())});
    }
  }
  return rows;
}

FeatureSmote::Batch FeatureSmote::batch(std::span<const uint32_t> rows) const {
  Batch batch{.rows = {rows.begin(), rows.end()}, .mixing = {}};
  std::vector<int64_t> positions, partners;
  std::vector<float> steps;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i] < first_new_) continue;
    const Parents& parents = parents_[rows[i] - first_new_];
    batch.rows[i] = parents.first;
    positions.push_back(static_cast<int64_t>(i));
    partners.push_back(std::ssize(batch.rows));
    batch.rows.push_back(parents.second);
    steps.push_back(parents.step);
  }
  if (positions.empty()) return batch;
  batch.mixing = Mixing{.examples = std::ssize(rows),
                        .positions = at::tensor(positions, at::kLong),
                        .partners = at::tensor(partners, at::kLong),
                        .steps = at::tensor(steps, at::kFloat).unsqueeze(1)};
  return batch;
}

}  // namespace evensweep
