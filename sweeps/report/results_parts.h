#pragma once
// The pieces of results.json. Internal to sweeps/report.

#include <optional>

#include "common/model/json.h"
#include "common/model/result.h"
#include "sweeps/stats/details.h"
#include "sweeps/stats/evidence.h"

namespace evensweep {

Json runs_json(const SweepResults& results);
Json trials_json(const SweepResults& results, const Evidence& evidence);
Json counts_json(const SweepResults& results, const Evidence& evidence);
Json total_times_json(const SweepResults& results);
Json environment_json(const SweepResults& results);
// The sweep without what depends on the machine: file names instead of paths, no resources. Of a table's results what
// it cannot know is null.
Json sweep_json(const SweepResults& results);
Json table_json(const SweepResults& results);

Json design_json(const SweepResults& results, const Evidence& evidence);
Json analysis_json(const SweepResults& results, const Evidence& evidence);
Json evidence_json(const SweepResults& results, const Evidence& evidence, const Details& details);
Json trends_json(const Evidence& evidence, const Details& details);
// What stands beside the verdict of one arm; `json` has its blocks and classes.
void add_details(const ArmEvidence& arm, const ArmDetails& details, double alpha, Json& json);
Json completeness_json(const SweepResults& results, const Evidence& evidence);

Json paired_json(const PairedSummary& summary);
Json sign_flip_json(const SignFlip& flip);

// null where there is no finite number.
Json number_json(std::optional<double> value);

}  // namespace evensweep
