#pragma once
// The same arms on several data sets: ranks and a meta-analysis, from one results document for each data set. The
// methods: docs/statistics.md, section 9; schema: docs/several-datasets.md.

#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/model/json.h"
#include "sweeps/report/comparison.h"

namespace evensweep {

inline constexpr char kOverDatasetsSchema[] = "evensweep-datasets";
inline constexpr int64_t kOverDatasetsSchemaVersion = 1;

// Arms are matched by name; one that some document lacks, or has no complete block of, is left out with the reason.
// `alpha` in (0, 1). InvalidArgument for fewer than two documents, where no arm is in all of them, and for alpha.
StatusOr<Json> over_datasets_json(const std::vector<NamedResults>& documents, double alpha);
std::string over_datasets_table(const Json& over, TerminalStyle style);

}  // namespace evensweep
