#pragma once
// The analysis section of a sweep. Internal to common/model.

#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/model/json.h"
#include "common/model/json_fields.h"

namespace evensweep {

Json analysis_json(const AnalysisSpec& analysis);
AnalysisSpec analysis_of(const Json& json, const std::string& place, Status& status);
std::vector<uint64_t> seeds_of(Fields& fields, const char* name);

}  // namespace evensweep
