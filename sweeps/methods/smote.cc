#include "sweeps/methods/smote.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace evensweep {
namespace {

double squared_distance(const TableView& table, size_t row, size_t other) {
  const std::span<const double> a = table.row(row), b = table.row(other);
  double sum = 0;
  if (table.nominal.empty()) {
    for (size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum;
  }
  const double apart = table.nominal_distance * table.nominal_distance;
  for (size_t i = 0; i < a.size(); ++i)
    sum += !table.is_nominal(i) ? (a[i] - b[i]) * (a[i] - b[i]) : a[i] == b[i] ? 0 : apart;
  return sum;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

// The value that most of these rows have in the column; of several, the one met first.
double most_frequent(const TableView& table, std::span<const size_t> rows, size_t column) {
  double most = table.row(rows[0])[column];
  int64_t count = 0;
  for (const size_t row : rows) {
    const double value = table.row(row)[column];
    const auto own = std::count_if(rows.begin(), rows.end(), [&](size_t r) { return table.row(r)[column] == value; });
    if (own > count) most = value, count = own;
  }
  return most;
}

std::vector<double> rows_of_class(const TableView& table, std::span<const int64_t> labels, int64_t wanted) {
  std::vector<double> values;
  for (size_t i = 0; i < labels.size(); ++i)
    if (labels[i] == wanted) values.insert(values.end(), table.row(i).begin(), table.row(i).end());
  return values;
}

Status check(const TableView& table, std::span<const int64_t> labels, std::span<const int64_t> wanted, size_t k) {
  if (k == 0) return absl::InvalidArgumentError("SMOTE: needs at least one neighbour");
  if (table.rows() != labels.size()) return absl::InvalidArgumentError("SMOTE: one label is needed for each row");
  std::vector<int64_t> there(wanted.size());
  for (const int64_t label : labels) {
    if (label < 0 || static_cast<size_t>(label) >= wanted.size())
      return absl::InvalidArgumentError(fmt::format("SMOTE: label {} is none of {} classes", label, wanted.size()));
    ++there[static_cast<size_t>(label)];
  }
  for (size_t c = 0; c < wanted.size(); ++c)
    if (wanted[c] > 0 && there[c] == 0)
      return absl::InvalidArgumentError(fmt::format("class {} has no training samples", c));
  return absl::OkStatus();
}

}  // namespace

size_t smote_neighbour_count(size_t class_rows, size_t k) { return class_rows == 0 ? 0 : std::min(k, class_rows - 1); }

std::vector<size_t> nearest_neighbours(const TableView& table, size_t k) {
  std::vector<size_t> neighbours;
  neighbours.reserve(table.rows() * k);
  std::vector<std::pair<double, size_t>> others;  // distance first, so that ties go to the earlier row
  for (size_t row = 0; row < table.rows(); ++row) {
    others.clear();
    for (size_t other = 0; other < table.rows(); ++other)
      if (other != row) others.emplace_back(squared_distance(table, row, other), other);
    std::partial_sort(others.begin(), others.begin() + static_cast<ptrdiff_t>(k), others.end());
    for (size_t i = 0; i < k; ++i) neighbours.push_back(others[i].second);
  }
  return neighbours;
}

std::vector<double> smote_rows(const TableView& table, std::span<const size_t> neighbours,
                               std::span<const SmoteDraw> draws) {
  const size_t k = table.rows() == 0 ? 0 : neighbours.size() / table.rows();
  std::vector<double> values;
  values.reserve(draws.size() * table.width);
  for (const SmoteDraw& draw : draws) {
    const std::span<const double> a = table.row(k == 0 ? draw.pair : draw.pair / k);
    const std::span<const double> b = k == 0 ? a : table.row(neighbours[draw.pair]);
    const std::span<const size_t> around = k == 0 ? neighbours : neighbours.subspan(draw.pair / k * k, k);
    for (size_t i = 0; i < table.width; ++i)
      values.push_back(!table.is_nominal(i) ? a[i] + draw.step * (b[i] - a[i])
                       : k == 0             ? a[i]
                                            : most_frequent(table, around, i));
  }
  return values;
}

double nominal_distance(const TableView& table) {
  std::vector<double> deviations;
  const auto rows = static_cast<double>(table.rows());
  for (size_t i = 0; i < table.width; ++i) {
    if (table.is_nominal(i)) continue;
    double mean = 0, square = 0;
    for (size_t row = 0; row < table.rows(); ++row) mean += table.row(row)[i] / rows;
    for (size_t row = 0; row < table.rows(); ++row) square += (table.row(row)[i] - mean) * (table.row(row)[i] - mean);
    deviations.push_back(std::sqrt(square / rows));
  }
  return deviations.empty() ? 1 : median(std::move(deviations));
}

StatusOr<SyntheticRows> smote(const TableView& table, std::span<const int64_t> labels, std::span<const int64_t> wanted,
                              size_t k, const DrawSmote& draw) {
  EV_RETURN_IF_ERROR(check(table, labels, wanted, k));
  SyntheticRows synthetic;
  for (size_t c = 0; c < wanted.size(); ++c) {
    if (wanted[c] <= 0) continue;
    const std::vector<double> values = rows_of_class(table, labels, static_cast<int64_t>(c));
    TableView rows{.values = values, .width = table.width, .nominal = table.nominal};
    if (!rows.nominal.empty()) rows.nominal_distance = nominal_distance(rows);
    const size_t count = smote_neighbour_count(rows.rows(), k);
    std::vector<SmoteDraw> draws;
    for (int64_t i = 0; i < wanted[c]; ++i) draws.push_back(draw(rows.rows() * std::max<size_t>(count, 1)));
    const std::vector<double> fresh = smote_rows(rows, nearest_neighbours(rows, count), draws);
    synthetic.values.insert(synthetic.values.end(), fresh.begin(), fresh.end());
    synthetic.labels.insert(synthetic.labels.end(), static_cast<size_t>(wanted[c]), static_cast<int64_t>(c));
  }
  return synthetic;
}

}  // namespace evensweep
