#include <cmath>
#include <utility>

#include "sweeps/report/escape.h"
#include "sweeps/report/report.h"
#include "sweeps/report/results_parts.h"

namespace evensweep {
namespace {

bool is_utf8(const std::string& text) {
  try {
    (void)Json(text).dump();
    return true;
  } catch (const Json::type_error&) {
    return false;
  }
}

// Names and messages may hold any bytes, and a training any number; JSON may not.
void make_valid(Json& value) {
  if (value.is_number_float() && !std::isfinite(value.get<double>())) value = nullptr;
  if (value.is_string() && !is_utf8(value.get_ref<const std::string&>()))
    value = clean_text(value.get_ref<const std::string&>());
  if (!value.is_structured()) return;
  for (Json& item : value) make_valid(item);
}

bool is_list_of_objects(const Json& value) { return value.is_array() && !value.empty() && value.front().is_object(); }

std::string dumped(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

// A list of objects takes a line for each, so that two files can be compared line by line.
void append_member(std::string& out, const Json& value) {
  if (!is_list_of_objects(value)) {
    out += dumped(value);
    return;
  }
  out += "[";
  const char* separator = "\n";
  for (const Json& item : value) {
    out += separator + dumped(item);
    separator = ",\n";
  }
  out += "\n]";
}

}  // namespace

Json results_json(const SweepResults& results, const Evidence& evidence, const TestLabels& labels) {
  const Details details = details_of(results, evidence, labels);
  std::vector<std::string> traps = evidence.traps;
  for (std::string& sentence : disagreements(evidence, details, results.sweep.analysis.alpha))
    traps.push_back(std::move(sentence));
  Json json = {{"schema", kResultsSchema},
               {"schema_version", kResultsSchemaVersion},
               {"sweep_id", results.id.str()},
               {"sweep", sweep_json(results)},
               {"table", table_json(results)},
               {"analysis", analysis_json(results, evidence)},
               {"design", design_json(results, evidence)},
               {"counts", counts_json(results, evidence)},
               {"runs", runs_json(results)},
               {"trials", trials_json(results, evidence)},
               {"arms", evidence_json(results, evidence, details)},
               {"trends", trends_json(evidence, details)},
               {"completeness", completeness_json(results, evidence)},
               {"traps", std::move(traps)},
               {"times", total_times_json(results)},
               {"environment", environment_json(results)}};
  make_valid(json);
  return json;
}

std::string results_text(const Json& results) {
  if (!results.is_object()) return dumped(results) + "\n";
  std::string out = "{";
  const char* separator = "\n";
  for (const auto& [name, value] : results.items()) {
    out += separator + dumped(name) + ": ";
    append_member(out, value);
    separator = ",\n";
  }
  return out + "\n}\n";
}

StatusOr<Json> parse_results(std::string_view text) {
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return absl::InvalidArgumentError("results: not valid JSON");
  if (!json.is_object() || !json.contains("schema") || json["schema"] != kResultsSchema)
    return absl::InvalidArgumentError(std::string("results: schema: must be \"") + kResultsSchema + "\"");
  if (!json.contains("schema_version") || json["schema_version"] != kResultsSchemaVersion)
    return absl::InvalidArgumentError("results: schema_version: this program reads version " +
                                      std::to_string(kResultsSchemaVersion) + " only");
  return json;
}

}  // namespace evensweep
