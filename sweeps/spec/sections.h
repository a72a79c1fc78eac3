#pragma once
// The parts of a sweep file, each read into its piece of the model. Internal to sweeps/spec.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/model/spec.h"
#include "sweeps/methods/method.h"
#include "sweeps/spec/values.h"

namespace evensweep {

struct DatasetDraft {
  DatasetSpec spec;
  std::vector<Place> file_places;  // train files, then validation files, then test files
};
DatasetDraft read_dataset(const Value& value);
ModelSpec read_model(const Value& value, DatasetFormat format);
TrainingSpec read_training(const Value& value, DatasetFormat format, const ModelSpec& model);
std::vector<uint64_t> read_seeds(const Value& value);

// The arms of all items in order, without the baseline, each once. At most `most_arms`, all of methods that are defined
// for such data.
std::vector<Arm> read_methods(const Value& value, DatasetFormat format, size_t most_arms);
AnalysisSpec read_analysis(const Value& value, const std::vector<Arm>& arms);
ResourcesSpec read_resources(const Value& value);

// One method, or nullptr with a problem that names the nearest one.
const MethodDescription* read_method_name(const Value& value);
// The first value of each option of a method.
std::map<std::string, std::string> default_options(const MethodDescription& method);
// One value for each parameter and option of the method from a map of scalars. An option may be left out if `options`
// has a value for it. Absent where a problem was added.
std::optional<Arm> read_cell(Section& cell, const MethodDescription& method,
                             const std::map<std::string, std::string>& options);

// The values that a parameter takes: a number, a list, {values}, {min, max, steps, scale} or
// {distribution, min, max, count, seed}. Empty where a problem was added.
std::vector<double> read_parameter(const Value& value, const ParameterDescription& parameter);
std::vector<std::string> read_option(const Value& value, const OptionDescription& option);
Range range_of(const ParameterDescription& parameter);

}  // namespace evensweep
