#pragma once
// Two results documents side by side: from results.json to what compare_sweeps needs, and from its answer to what
// people read. comparison_json is the one source of the table and the CSV. Schema: docs/comparing.md.

#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/model/json.h"
#include "sweeps/report/report.h"
#include "sweeps/stats/compare.h"

namespace evensweep {

inline constexpr char kComparisonSchema[] = "evensweep-comparison";
inline constexpr int64_t kComparisonSchemaVersion = 1;

// The test counts of every arm at every seed. InvalidArgument names what a results document lacks.
StatusOr<SweepCells> cells_of_results(const Json& results);

// One thing that the trainings of A and B do not share: data, split, model, training, trainer.
struct SettingDifference {
  std::string name, a, b;  // "training.epochs", "20", "40"; "absent" where a sweep has no such setting
};
std::vector<SettingDifference> setting_differences(const Json& a, const Json& b);

// A results document and where it came from.
struct NamedResults {
  std::string file;
  Json results;
};
// Compares them at the level that A was analysed with. InvalidArgument as in compare_sweeps, or where a document lacks
// what is needed; then the message begins with its file.
StatusOr<Json> comparison_json(const NamedResults& a, const NamedResults& b);

// One line for each matched arm, RFC 4180, plain units.
std::string comparison_csv(const Json& comparison);
std::string comparison_table(const Json& comparison, TerminalStyle style);

}  // namespace evensweep
