#pragma once
// Arms, seeds and classes of a table, numbered in the order in which it first names them. Internal to sweeps/table.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/dataset/csv_cells.h"
#include "common/model/spec.h"
#include "sweeps/table/header.h"

namespace evensweep {

// Far beyond any sweep. Who reaches one of these took a column for something that it is not.
inline constexpr size_t kMostTableArms = 1000, kMostTableSeeds = 10'000, kMostTableClasses = 1000;

class ArmKeys {
 public:
  // 0 is the baseline. InvalidArgument for a baseline with hyperparameters, a hyperparameter that is not finite, and
  // two arms of one name.
  StatusOr<size_t> of(const std::vector<CsvCell>& cells, const TableColumns& columns, const TablePlace& place);
  const std::vector<Arm>& arms() const { return arms_; }  // without the baseline

 private:
  StatusOr<size_t> add(const std::vector<CsvCell>& cells, const TableColumns& columns, const TablePlace& place);

  std::string key_, last_key_;
  size_t last_ = 0;
  std::unordered_map<std::string, size_t> by_cells_;
  std::map<Arm, size_t> by_arm_;
  std::set<std::string> names_ = {kBaseline};
  std::vector<Arm> arms_;
};

class SeedKeys {
 public:
  StatusOr<size_t> of(const CsvCell& cell, const TablePlace& place);
  const std::vector<uint64_t>& seeds() const { return seeds_; }

 private:
  std::string last_text_;
  size_t last_ = 0;
  std::unordered_map<uint64_t, size_t> by_seed_;
  std::vector<uint64_t> seeds_;
};

class ClassKeys {
 public:
  StatusOr<size_t> of(const CsvCell& cell, const std::string& column, const TablePlace& place);
  const std::vector<std::string>& names() const { return names_; }
  int64_t first_line(size_t index) const { return first_lines_[index]; }
  // For each class its place in the report: numeric order if all are whole numbers, else that of `lines`, which has the
  // first row of each class.
  std::vector<size_t> ranks(const std::vector<int64_t>& lines) const;

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  std::unordered_map<std::string, size_t, Hash, std::equal_to<>> by_name_;
  std::vector<std::string> names_;
  std::vector<int64_t> first_lines_;
};

// A whole number of at least 0; "12.0" is one. InvalidArgument names the column.
StatusOr<int64_t> read_count(const CsvCell& cell, const std::string& column, const TablePlace& place);

}  // namespace evensweep
