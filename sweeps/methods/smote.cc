#include "sweeps/methods/smote.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace evensweep {
namespace {

double squared_distance(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
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
      if (other != row) others.emplace_back(squared_distance(table.row(row), table.row(other)), other);
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
    for (size_t i = 0; i < table.width; ++i) values.push_back(a[i] + draw.step * (b[i] - a[i]));
  }
  return values;
}

StatusOr<SyntheticRows> smote(const TableView& table, std::span<const int64_t> labels, std::span<const int64_t> wanted,
                              size_t k, const DrawSmote& draw) {
  EV_RETURN_IF_ERROR(check(table, labels, wanted, k));
  SyntheticRows synthetic;
  for (size_t c = 0; c < wanted.size(); ++c) {
    if (wanted[c] <= 0) continue;
    const std::vector<double> values = rows_of_class(table, labels, static_cast<int64_t>(c));
    const TableView rows{.values = values, .width = table.width};
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
