#include "common/dataset/inspect.h"

#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace evensweep {
namespace {

// The features of a row as bytes; a missing number is always the same NaN.
std::string_view row_bytes(const Dataset& dataset, size_t row) {
  if (!dataset.pixels.empty()) {
    const auto bytes = static_cast<size_t>(dataset.channels * dataset.height * dataset.image_width);
    return {reinterpret_cast<const char*>(dataset.pixels.data() + row * bytes), bytes};
  }
  if (dataset.symbols > 0) {
    const uint64_t begin = dataset.text_begins[row];
    return {reinterpret_cast<const char*>(dataset.characters.data() + begin), dataset.text_begins[row + 1] - begin};
  }
  const auto width = static_cast<size_t>(dataset.width);
  return {reinterpret_cast<const char*>(dataset.features.data() + row * width), width * sizeof(float)};
}

void count_equal_rows(const Dataset& dataset, DatasetInspection& found) {
  std::unordered_map<std::string_view, uint16_t> first_label;
  for (size_t row = 0; row < dataset.labels.size(); ++row) {
    const auto [known, fresh] = first_label.emplace(row_bytes(dataset, row), dataset.labels[row]);
    if (!fresh) ++(known->second == dataset.labels[row] ? found.duplicates : found.contradictions);
  }
}

void count_leaks(const Dataset& dataset, const SplitRows& split, DatasetInspection& found) {
  std::unordered_set<std::string_view> trained;
  for (const uint32_t row : split.train) trained.insert(row_bytes(dataset, row));
  for (const uint32_t row : split.validation)
    found.validation_leaks += trained.contains(row_bytes(dataset, row)) ? 1 : 0;
  for (const uint32_t row : split.test) found.test_leaks += trained.contains(row_bytes(dataset, row)) ? 1 : 0;
}

UnseenNames unseen_names(const Dataset& dataset, const SplitRows& split, size_t feature) {
  const auto level = [&](uint32_t row) {
    return static_cast<size_t>(dataset.features[row * static_cast<size_t>(dataset.width) + feature]);
  };
  std::vector<bool> trained(dataset.levels[feature].size());
  for (const uint32_t row : split.train) trained[level(row)] = true;
  UnseenNames unseen{.column = dataset.feature_names[feature]};
  for (const uint32_t row : split.validation) unseen.validation += trained[level(row)] ? 0 : 1;
  for (const uint32_t row : split.test) unseen.test += trained[level(row)] ? 0 : 1;
  return unseen;
}

}  // namespace

DatasetInspection inspect(const Dataset& dataset, const SplitRows& split) {
  DatasetInspection found;
  count_equal_rows(dataset, found);
  count_leaks(dataset, split, found);
  for (size_t feature = 0; feature < dataset.levels.size(); ++feature) {
    if (dataset.levels[feature].empty()) continue;
    UnseenNames unseen = unseen_names(dataset, split, feature);
    if (unseen.validation + unseen.test > 0) found.unseen.push_back(std::move(unseen));
  }
  return found;
}

}  // namespace evensweep
