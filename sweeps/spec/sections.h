#pragma once
// The parts of a sweep file, each read into its piece of the model. Internal to sweeps/spec.

#include <map>
#include <optional>
#include <set>
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
// Of a data set of texts: the keys `columns` and `text`.
void read_text_columns(Section& dataset, CsvColumns& columns);
TextSpec read_text(Section& dataset);
struct ModelDraft {
  ModelSpec spec;
  std::optional<Place> file_place;
};
ModelDraft read_model(const Value& value, DatasetFormat format);
TrainingSpec read_training(const Value& value, DatasetFormat format, const ModelSpec& model);
std::vector<uint64_t> read_seeds(const Value& value);

// The arms of all items in order, without the baseline, each once. At most `most_arms`, all defined for the data, model
// and recipe of the sweep, which has been read so far.
std::vector<Arm> read_methods(const Value& value, const Sweep& sweep, size_t most_arms);
AnalysisSpec read_analysis(const Value& value, const std::vector<Arm>& arms, const std::vector<uint64_t>& seeds);
ResourcesSpec read_resources(const Value& value);

// One method, or a list of them as a combination. Absent where a problem was added.
std::optional<MethodDescription> read_method(const Value& value);
// The first value of each option of a method that has a default.
std::map<std::string, std::string> default_options(const MethodDescription& method);
// One value for each parameter and option of the method from a map of scalars. An option may be left out if `options`
// has a value for it. Absent where a problem was added.
std::optional<Arm> read_cell(Section& cell, const MethodDescription& method,
                             const std::map<std::string, std::string>& options);

// The keys of a map that gives parameters and options of a method. Those of a combination are in a map for each of its
// methods: `focal: {gamma: 2}` holds the parameter "focal.gamma".
class MethodKeys {
 public:
  explicit MethodKeys(Section& section) : section_(&section) {}

  bool has(const std::string& name);
  std::optional<Value> find(const std::string& name);
  std::optional<Value> need(const std::string& name);
  // Ends the maps of the methods, not the section itself.
  void end();

 private:
  Section* part(const std::string& method);

  Section* section_;
  std::map<std::string, std::optional<Section>> parts_;
  std::set<std::string> missing_;  // parts that were needed, so that each is told once
};

// The values that a parameter takes: a number, a list, {values}, {min, max, steps, scale} or
// {distribution, min, max, count, seed}. Empty where a problem was added.
std::vector<double> read_parameter(const Value& value, const ParameterDescription& parameter);
std::vector<std::string> read_option(const Value& value, const OptionDescription& option);
Range range_of(const ParameterDescription& parameter);

}  // namespace evensweep
