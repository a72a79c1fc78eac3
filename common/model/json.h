#pragma once
// The canonical JSON of the model. These documents are what is hashed, stored, sent and handed to trainers
// (docs/format/trainer.md); there is no second representation. Keys are sorted, numbers are in shortest form.
//
// parse_* checks everything: unknown keys, wrong types, NaN, impossible values give InvalidArgument with the place
// ("run spec: training.epochs: ...").

#include <nlohmann/json.hpp>
#include <string_view>

#include "common/base/status.h"
#include "common/model/design.h"
#include "common/model/result.h"
#include "common/model/spec.h"

namespace evensweep {

using Json = nlohmann::json;

// The run's identity: data files by hash alone, no names, no paths, no resources.
Json to_json(const RunSpec& spec);
StatusOr<RunSpec> parse_run_spec(std::string_view text);
RunKey run_key(const RunSpec& spec);
// The SHA-256 of the text as it stands: what an agent checks a lease against.
RunKey run_key_of_text(std::string_view canonical_text);

// A whole sweep, with names and paths. The id leaves out paths and resources, so that the same sweep on another
// machine is the same sweep.
Json to_json(const Sweep& sweep);
StatusOr<Sweep> parse_sweep(std::string_view text);
SweepId sweep_id(const Sweep& sweep);

// All that decides the analysis: arms, seeds in order, tests, level, correction, margin, selection and stopping. Its
// SHA-256 is fixed when the sweep is submitted; whatever changes one of these is another plan.
Json analysis_plan(const Sweep& sweep);
std::string plan_hash(const Sweep& sweep);

Json to_json(const Treatment& treatment);
StatusOr<Treatment> parse_treatment(std::string_view text);
Json to_json(const Arm& arm);

Json to_json(const ConfusionMatrix& matrix);  // a list for each true class

// test_predictions are {"encoding": "base64/zstd/u16le", "count": n, "data": "..."}; read without zstd as
// "base64/u16le" too.
Json to_json(const RunResult& result);
// `classes` is the number of classes that the spec's data has; 0 accepts any.
StatusOr<RunResult> parse_run_result(std::string_view text, int64_t classes = 0);
StatusOr<RunResult> run_result_of(const Json& json, int64_t classes = 0);

Json to_json(const Failure& failure);
StatusOr<Failure> parse_failure(std::string_view text);

Json to_json(const DesignDecision& decision);
StatusOr<DesignDecision> parse_decision(std::string_view text);

}  // namespace evensweep
