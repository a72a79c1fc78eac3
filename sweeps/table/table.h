#pragma once
// Results of trainings that were done elsewhere, read from a CSV file: docs/analysing-your-own-results.md.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "common/model/result.h"

namespace evensweep {

// One model of the table.
struct TableRun {
  size_t arm = 0;   // 0: the baseline, i + 1: arms[i]
  size_t seed = 0;  // index into `seeds`
  TableCounts counts;
};

// What a table says, summed up. Checked: every run has every class with two test examples or more, all runs of a seed
// have the same number of examples of a class, and there are a baseline, another arm and two classes at least.
struct ResultsTable {
  TableSource source;
  std::vector<Arm> arms;             // without the baseline
  std::vector<uint64_t> seeds;       // both in the order in which the table first names them
  std::vector<std::string> classes;  // in numeric order if all are whole numbers, else in that of the table
  std::vector<TableRun> runs;        // each pair of arm and seed once; some may lack
};

// Takes the bytes of a table in pieces of any size; keeps the sums alone. InvalidArgument: "path:line:column: what;
// what to do", without a column where a whole row or run is meant.
class TableReader {
 public:
  explicit TableReader(std::string path);
  ~TableReader();
  Status append(std::string_view bytes);
  StatusOr<ResultsTable> finish();

 private:
  class Rows;
  std::unique_ptr<Rows> rows_;
};

// The same from a file. NotFound, PermissionDenied or Internal where it cannot be read.
StatusOr<ResultsTable> read_table(const std::string& path);

// As if the runs of the table were those of a sweep: what `weigh` takes. A run that the table lacks is a trial without
// a run. InvalidArgument where `analysis.primary` is no arm of the table.
StatusOr<SweepResults> results_of(const ResultsTable& table, const AnalysisSpec& analysis);

}  // namespace evensweep
