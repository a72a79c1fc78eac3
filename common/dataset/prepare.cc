#include "common/dataset/prepare.h"

#include <algorithm>
#include <cmath>

namespace evensweep {
namespace {

// A column of a table.
struct Column {
  const Dataset& dataset;
  size_t feature;

  float at(size_t row) const { return dataset.features[row * static_cast<size_t>(dataset.width) + feature]; }
};

double median(std::vector<float> values) {
  const auto middle = values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  if (values.size() % 2 == 1) return *middle;
  return (static_cast<double>(*middle) + static_cast<double>(*std::max_element(values.begin(), middle))) / 2;
}

void prepare_numbers(const Column& column, std::span<const uint32_t> train, PreparedTable& table) {
  std::vector<float> known;
  for (const uint32_t row : train)
    if (!std::isnan(column.at(row))) known.push_back(column.at(row));
  if (known.empty()) return;
  const auto count = static_cast<double>(known.size());
  double mean = 0, square = 0;
  for (const float value : known) mean += value / count;
  for (const float value : known) square += std::pow(value - mean, 2) / count;
  const double filled = column.dataset.columns.missing.numeric == "median" ? median(known) : mean;
  // A constant feature's variance is not exactly 0 in floating point.
  const double sd = square <= 1e-14 * mean * mean ? 1 : std::sqrt(square);
  for (size_t row = 0; row < static_cast<size_t>(column.dataset.rows); ++row) {
    const double value = std::isnan(column.at(row)) ? filled : column.at(row);
    table.values[row * table.features() + column.feature] = static_cast<float>((value - mean) / sd);
  }
}

void prepare_names(const Column& column, std::span<const uint32_t> train, PreparedTable& table) {
  std::vector<bool> trained(static_cast<size_t>(table.levels[column.feature]));
  for (const uint32_t row : train) trained[static_cast<size_t>(column.at(row))] = true;
  for (size_t row = 0; row < static_cast<size_t>(column.dataset.rows); ++row) {
    const auto level = static_cast<size_t>(column.at(row));
    table.values[row * table.features() + column.feature] = trained[level] ? static_cast<float>(level + 1) : 0;
  }
}

}  // namespace

PreparedTable prepare_table(const Dataset& dataset, std::span<const uint32_t> train) {
  PreparedTable table;
  table.values.resize(dataset.features.size());
  table.levels.resize(static_cast<size_t>(dataset.width));
  for (size_t feature = 0; feature < table.features(); ++feature) {
    const Column column{.dataset = dataset, .feature = feature};
    if (feature < dataset.levels.size()) table.levels[feature] = static_cast<int64_t>(dataset.levels[feature].size());
    table.levels[feature] == 0 ? prepare_numbers(column, train, table) : prepare_names(column, train, table);
  }
  return table;
}

int64_t one_hot_width(const PreparedTable& table) {
  int64_t width = 0;
  for (const int64_t levels : table.levels) width += std::max<int64_t>(levels, 1);
  return width;
}

void write_one_hot(const PreparedTable& table, const float* row, float* out) {
  for (const int64_t levels : table.levels) {
    const float value = *row++;
    if (levels == 0) {
      *out++ = value;
      continue;
    }
    std::fill_n(out, levels, 0.F);
    if (value > 0) out[static_cast<int64_t>(value) - 1] = 1;
    out += levels;
  }
}

}  // namespace evensweep
