#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "common/base/rng.h"
#include "common/base/text.h"
#include "common/dataset/dataset.h"

namespace evensweep {
namespace {

enum Part : size_t { kTrain, kValidation, kTest, kParts };
constexpr const char* kPartNames[] = {"training", "validation", "test"};
using Counts = std::array<int64_t, kParts>;

// How many of `rows` rows of one class go to each part: largest remainders (ties: training first), then one row from
// the largest part to each part that would get none of its share. A part with fraction 0 gets none.
Counts divide(int64_t rows, const std::array<double, kParts>& fractions) {
  Counts counts{};
  std::array<double, kParts> rest{};
  int64_t left = rows;
  for (size_t part = 0; part < kParts; ++part) {
    const double share = static_cast<double>(rows) * fractions[part];
    // 0.29 * 100 is a little less than 29 in binary.
    counts[part] = static_cast<int64_t>(std::floor(share + 1e-9));
    rest[part] = fractions[part] > 0 ? share - static_cast<double>(counts[part]) : -1;
    left -= counts[part];
  }
  for (; left > 0; --left) {
    const auto most = static_cast<size_t>(std::max_element(rest.begin(), rest.end()) - rest.begin());
    ++counts[most];
    rest[most] -= 1;
  }
  for (size_t part = 0; part < kParts; ++part) {
    auto largest = std::max_element(counts.begin(), counts.end());
    if (fractions[part] > 0 && counts[part] == 0 && *largest > 1) --*largest, ++counts[part];
  }
  return counts;
}

std::array<double, kParts> fractions_of(const SplitSpec& split) {
  return {1 - split.validation_fraction - split.test_fraction, split.validation_fraction, split.test_fraction};
}

Part part_of_file_row(const Dataset& dataset, int64_t row) {
  if (row < dataset.train_file_rows) return kTrain;
  return row < dataset.train_file_rows + dataset.validation_file_rows ? kValidation : kTest;
}

// Rows of each class in the train files, the validation files and the test files.
std::vector<Counts> file_counts(const Dataset& dataset) {
  std::vector<Counts> counts(dataset.class_names.size(), Counts{});
  for (int64_t row = 0; row < dataset.rows; ++row)
    ++counts[dataset.labels[static_cast<size_t>(row)]][part_of_file_row(dataset, row)];
  return counts;
}

// "class "a" (1 row)": the classes that a part lacks, the first few of many.
std::string lacking(const Dataset& dataset, const std::vector<Counts>& in_files, const std::vector<Counts>& in_parts,
                    size_t part) {
  constexpr size_t kShown = 8;
  std::string list;
  size_t classes = 0;
  for (size_t c = 0; c < in_parts.size(); ++c) {
    if (in_parts[c][part] > 0 || ++classes > kShown) continue;
    const int64_t rows = in_files[c][kTrain] + in_files[c][kValidation] + in_files[c][kTest];
    list += fmt::format("{}{} ({} row{} in all)", list.empty() ? "" : ", ", in_quotes(dataset.class_names[c]), rows,
                        rows == 1 ? "" : "s");
  }
  return classes > kShown ? list + fmt::format(" and {} more", classes - kShown) : list;
}

// Counts of each class in each part, or which classes a part would lack.
StatusOr<std::vector<Counts>> part_counts(const DatasetSpec& spec, const Dataset& dataset,
                                          const std::vector<Counts>& in_files) {
  if (spec.split.validation_fraction < 0 || spec.split.test_fraction < 0 || !(fractions_of(spec.split)[kTrain] > 0))
    return absl::InvalidArgumentError("data set " + spec.name +
                                      ": the split leaves nothing to train on; lower its fractions");
  int64_t smallest = INT64_MAX;
  for (const Counts& files : in_files) smallest = std::min(smallest, files[kTrain]);
  std::vector<Counts> in_parts;
  for (const Counts& files : in_files) {
    Counts parts = divide(spec.split.balanced ? smallest : files[kTrain], fractions_of(spec.split));
    parts[kValidation] += files[kValidation];
    parts[kTest] += files[kTest];
    in_parts.push_back(parts);
  }
  for (size_t part = 0; part < kParts; ++part) {
    const std::string missing = lacking(dataset, in_files, in_parts, part);
    if (!missing.empty())
      return absl::InvalidArgumentError(fmt::format(
          "data set {}: no {} rows for class {}; every class needs rows in training, validation and test: add rows, "
          "raise that part's fraction, or leave the class out",
          spec.name, kPartNames[part], missing));
  }
  return in_parts;
}

}  // namespace

StatusOr<SplitRows> split_rows(const DatasetSpec& spec, const Dataset& dataset, uint64_t seed) {
  const std::vector<Counts> in_files = file_counts(dataset);
  EV_ASSIGN_OR_RETURN(const std::vector<Counts> in_parts, part_counts(spec, dataset, in_files));
  std::vector<std::vector<uint32_t>> rows_of_class(dataset.class_names.size());
  for (int64_t row = 0; row < dataset.train_file_rows; ++row)
    rows_of_class[dataset.labels[static_cast<size_t>(row)]].push_back(static_cast<uint32_t>(row));
  std::array<std::vector<uint32_t>, kParts> parts;
  for (size_t c = 0; c < rows_of_class.size(); ++c) {
    const std::span<uint32_t> rows(rows_of_class[c]);
    Rng(spec.split.seed.value_or(seed), "split", {c}).shuffle(rows);
    const auto validation = static_cast<size_t>(in_parts[c][kValidation] - in_files[c][kValidation]);
    const auto test = static_cast<size_t>(in_parts[c][kTest] - in_files[c][kTest]);
    const size_t used = validation + test + static_cast<size_t>(in_parts[c][kTrain]);
    for (size_t i = 0; i < used; ++i)
      parts[i < validation ? kValidation : i < validation + test ? kTest : kTrain].push_back(rows[i]);
  }
  for (std::vector<uint32_t>& part : parts) std::sort(part.begin(), part.end());
  for (int64_t row = dataset.train_file_rows; row < dataset.rows; ++row)
    parts[part_of_file_row(dataset, row)].push_back(static_cast<uint32_t>(row));
  return SplitRows{
      .train = std::move(parts[kTrain]), .validation = std::move(parts[kValidation]), .test = std::move(parts[kTest])};
}

StatusOr<ClassTable> count_classes(const DatasetSpec& spec, const Dataset& dataset) {
  EV_ASSIGN_OR_RETURN(const std::vector<Counts> counts, part_counts(spec, dataset, file_counts(dataset)));
  ClassTable table{.names = dataset.class_names, .train = {}, .validation = {}, .test = {}};
  for (const Counts& of_class : counts) {
    table.train.push_back(of_class[kTrain]);
    table.validation.push_back(of_class[kValidation]);
    table.test.push_back(of_class[kTest]);
  }
  return table;
}

}  // namespace evensweep
