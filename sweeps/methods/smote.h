#pragma once
// SMOTE (Chawla, Bowyer, Hall and Kegelmeyer 2002): new rows between a row and one of its nearest neighbours of the
// same class. Chance is passed in as draws. Where this differs from the paper: docs/methods.md.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "common/base/status.h"

namespace evensweep {

// Rows of `width` numbers, one after the other. With `nominal` (one for each column), the numbers of the columns where
// it is not 0 are names: they are the same or not, and no number lies between two of them.
struct TableView {
  std::span<const double> values;
  size_t width = 0;
  std::span<const uint8_t> nominal = {};
  double nominal_distance = 1;  // between rows that differ in one name and nothing else

  size_t rows() const { return width == 0 ? 0 : values.size() / width; }
  std::span<const double> row(size_t i) const { return values.subspan(i * width, width); }
  bool is_nominal(size_t column) const { return !nominal.empty() && nominal[column] != 0; }
};

// How many neighbours a class of this size has to offer: k, or all others where they are fewer; 0 means that its only
// row can be repeated, but not varied.
size_t smote_neighbour_count(size_t class_rows, size_t k);

// The k nearest other rows of each row, nearest first, by Euclidean distance, ties to the earlier row: rows x k, row by
// row. k < rows. Time grows with the square of the rows.
std::vector<size_t> nearest_neighbours(const TableView& table, size_t k);

struct SmoteDraw {
  size_t pair = 0;  // row * k + which of its neighbours, in [0, rows * k); the row itself where k = 0
  double step = 0;  // how far from the row to the neighbour, in [0, 1)
};
// The new rows of one class, row by row: a + step (b - a), and of a nominal column the value that most of a's
// neighbours have (of several, that of the nearest). `neighbours` as nearest_neighbours gives them.
std::vector<double> smote_rows(const TableView& table, std::span<const size_t> neighbours,
                               std::span<const SmoteDraw> draws);

// Gives the next draw among so many pairs (at least 1).
using DrawSmote = std::function<SmoteDraw(size_t pairs)>;

struct SyntheticRows {
  std::vector<double> values;  // row by row, class after class
  std::vector<int64_t> labels;
};
// The distance between names of Chawla et al., section 6.1 (SMOTE-NC): the median of the standard deviations of the
// columns of numbers; 1 where there are none.
double nominal_distance(const TableView& table);

// `wanted[c]` new rows of each class c, drawn class after class, names apart by the nominal_distance of their class.
// InvalidArgument if a class of which rows are wanted
// has none to start from, if table and labels do not fit each other, a label is no class, or k = 0.
StatusOr<SyntheticRows> smote(const TableView& table, std::span<const int64_t> labels, std::span<const int64_t> wanted,
                              size_t k, const DrawSmote& draw);

}  // namespace evensweep
