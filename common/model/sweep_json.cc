#include <algorithm>
#include <set>

#include "common/base/hash.h"
#include "common/base/text.h"
#include "common/model/design_json.h"
#include "common/model/expand.h"
#include "common/model/json.h"
#include "common/model/json_fields.h"
#include "common/model/spec_json.h"

namespace evensweep {
namespace {

Json files_json(const std::vector<DataFile>& files) {
  Json list = Json::array();
  for (const DataFile& file : files) list.push_back({{"path", file.path}, {"sha256", file.sha256}});
  return list;
}

std::vector<DataFile> files_of(Fields& parent, const char* name, Status& status) {
  std::vector<DataFile> files;
  for (const Json& item : parent.array(name)) {
    Fields fields(item, parent.place(name), status);
    files.push_back({.path = fields.text("path"), .sha256 = fields.sha256("sha256")});
    fields.end();
  }
  return files;
}

Json dataset_json(const DatasetSpec& dataset) {
  Json json = {{"name", dataset.name},
               {"format", dataset_format_name(dataset.format)},
               {"train_files", files_json(dataset.train_files)},
               {"validation_files", files_json(dataset.validation_files)},
               {"test_files", files_json(dataset.test_files)},
               {"columns", columns_json(dataset.columns)},
               {"split", split_json(dataset.split)}};
  if (dataset.format == DatasetFormat::kText) json["text"] = text_json(dataset.text);
  return json;
}

DatasetSpec dataset_of(const Json& json, Status& status) {
  Fields fields(json, "sweep.dataset", status);
  DatasetSpec dataset;
  dataset.name = fields.text("name");
  dataset.format = dataset_format_of(fields);
  dataset.train_files = files_of(fields, "train_files", status);
  dataset.validation_files = files_of(fields, "validation_files", status);
  dataset.test_files = files_of(fields, "test_files", status);
  dataset.columns = columns_of(fields.object("columns"), "sweep.dataset.columns", status);
  dataset.split = split_of(fields.object("split"), "sweep.dataset.split", status);
  if (dataset.format == DatasetFormat::kText)
    dataset.text = text_of(fields.object("text"), "sweep.dataset.text", status);
  fields.end();
  return dataset;
}

Json facts_json(const std::vector<DataFact>& facts) {
  Json list = Json::array();
  for (const DataFact& fact : facts) list.push_back({{"name", fact.name}, {"count", fact.count}});
  return list;
}

std::vector<DataFact> facts_of(const Json& json, Status& status) {
  std::vector<DataFact> facts;
  for (const Json& item : json) {
    Fields fields(item, "sweep.data_facts", status);
    facts.push_back({.name = fields.text("name"), .count = fields.integer("count", 0)});
    fields.end();
  }
  return facts;
}

// As in a run spec, but the file has its path too.
Json sweep_model_json(const ModelSpec& model) {
  Json json = model_json(model);
  if (model.file) json["file"] = {{"path", model.file->path}, {"sha256", model.file->sha256}};
  return json;
}

ModelSpec sweep_model_of(Json json, Status& status) {
  std::string path;
  if (json.is_object() && json.contains("file")) {
    Fields file(json["file"], "sweep.model.file", status);
    path = file.text("path");
    std::string sha256 = file.sha256("sha256");
    file.end();
    json["file"] = std::move(sha256);
  }
  ModelSpec model = model_of(json, "sweep.model", status);
  if (model.file) model.file->path = std::move(path);
  return model;
}

ClassTable classes_of(const Json& json, Status& status) {
  Fields fields(json, "sweep.classes", status);
  ClassTable classes{.names = fields.texts("names"),
                     .train = fields.integers("train", 0),
                     .validation = fields.integers("validation", 0),
                     .test = fields.integers("test", 0)};
  fields.end();
  const size_t count = classes.names.size();
  if (count < 2 || classes.train.size() != count || classes.validation.size() != count || classes.test.size() != count)
    fields.fail("", "needs at least 2 classes, and a count of each in every split");
  return classes;
}

Arm arm_of(const Json& json, Status& status) {
  Fields fields(json, "sweep.arms", status);
  Arm arm;
  arm.method = fields.text("method");
  for (const auto& [name, value] : fields.object("parameters").items()) {
    if (value.is_number())
      arm.parameters[name] = value.get<double>();
    else
      fields.fail("parameters", name + " must be a number");
  }
  for (const auto& [name, value] : fields.object("options").items()) {
    if (value.is_string())
      arm.options[name] = value.get<std::string>();
    else
      fields.fail("options", name + " must be text");
  }
  fields.end();
  return arm;
}

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

bool is_word(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_' || c == '.'; });
}

ResourcesSpec resources_of(const Json& json, Status& status) {
  Fields fields(json, "sweep.resources", status);
  ResourcesSpec resources;
  resources.device = fields.one_of("device", {"auto", "cpu", "cuda"});
  if (fields.has("slots")) resources.slots = fields.integer("slots", 1, 4096);
  if (fields.has("memory_mib")) resources.memory_mib = fields.integer("memory_mib", 1, kMostMemoryMib);
  if (fields.has("labels"))
    for (const auto& [name, value] : fields.object("labels").items()) {
      if (!is_label(name) || !value.is_string() || !is_label(value.get<std::string>()))
        fields.fail("labels", "must map names to words of letters, digits, '-', '_' and '.', at most 63");
      else
        resources.labels[name] = value.get<std::string>();
    }
  if (fields.has("priority")) resources.priority = fields.integer("priority", -kMostPriority, kMostPriority);
  fields.end();
  return resources;
}

}  // namespace

bool is_control(const Arm& arm) {
  const std::set<std::string> controls = {kPlacebo, kTwin, kReseed, kSameCost};
  for (size_t begin = 0; begin <= arm.method.size();) {
    const size_t end = std::min(arm.method.find(kCombination, begin), arm.method.size());
    if (controls.contains(arm.method.substr(begin, end - begin))) return true;
    begin = end + 1;
  }
  return false;
}

bool is_trainer_name(std::string_view name) {
  return name.size() <= 64 && is_word(name) && is_letter_or_digit(name[0]) && !name.starts_with("evensweep");
}

bool is_label(std::string_view word) { return word.size() <= 63 && is_word(word); }

std::string arm_name(const Arm& arm) {
  std::string inside;
  const auto add = [&](const std::string& name, const std::string& value) {
    inside += (inside.empty() ? "" : ", ") + name + "=" + value;
  };
  for (const auto& [name, value] : arm.parameters) add(name, shortest(value));
  for (const auto& [name, value] : arm.options) add(name, value);
  return inside.empty() ? arm.method : arm.method + "(" + inside + ")";
}

Json to_json(const Arm& arm) {
  return {{"method", arm.method}, {"parameters", Json(arm.parameters)}, {"options", Json(arm.options)}};
}

Json to_json(const Sweep& sweep) {
  Json arms = Json::array();
  for (const Arm& arm : sweep.arms) arms.push_back(to_json(arm));
  Json resources = {{"device", sweep.resources.device}};
  if (sweep.resources.slots) resources["slots"] = *sweep.resources.slots;
  if (sweep.resources.memory_mib) resources["memory_mib"] = *sweep.resources.memory_mib;
  if (!sweep.resources.labels.empty()) resources["labels"] = sweep.resources.labels;
  if (sweep.resources.priority != 0) resources["priority"] = sweep.resources.priority;
  Json json = {{"name", sweep.name},
               {"dataset", dataset_json(sweep.dataset)},
               {"classes",
                {{"names", sweep.classes.names},
                 {"train", sweep.classes.train},
                 {"validation", sweep.classes.validation},
                 {"test", sweep.classes.test}}},
               {"model", sweep_model_json(sweep.model)},
               {"training", training_json(sweep.training)},
               {"seeds", sweep.seeds},
               {"arms", std::move(arms)},
               {"analysis", analysis_json(sweep.analysis)},
               {"resources", std::move(resources)}};
  if (!sweep.data_facts.empty()) json["data_facts"] = facts_json(sweep.data_facts);
  // Not for the built-in trainer: the sweep stays the same sweep when that one's numbers change.
  if (sweep.trainer != kTrainerNumerics) json["trainer"] = sweep.trainer;
  return json;
}

StatusOr<Sweep> parse_sweep(std::string_view text) {
  EV_ASSIGN_OR_RETURN(const Json json, parse_json(text, "sweep"));
  Status status;
  Fields fields(json, "sweep", status);
  Sweep sweep;
  sweep.name = fields.text("name");
  sweep.dataset = dataset_of(fields.object("dataset"), status);
  if (fields.has("data_facts")) sweep.data_facts = facts_of(fields.array("data_facts"), status);
  sweep.classes = classes_of(fields.object("classes"), status);
  sweep.model = sweep_model_of(fields.object("model"), status);
  sweep.training = training_of(fields.object("training"), "sweep.training", status);
  sweep.seeds = seeds_of(fields, "seeds");
  for (const Json& arm : fields.array("arms")) sweep.arms.push_back(arm_of(arm, status));
  sweep.analysis = analysis_of(fields.object("analysis"), "sweep.analysis", status);
  sweep.resources = resources_of(fields.object("resources"), status);
  if (fields.has("trainer")) {
    sweep.trainer = fields.text("trainer");
    if (!is_trainer_name(sweep.trainer)) fields.fail("trainer", "is not the name of a trainer");
  }
  fields.end();
  if (sweep.seeds.empty()) fields.fail("seeds", "must not be empty");
  const std::vector<uint64_t> seeds = all_seeds(sweep);
  if (std::set(seeds.begin(), seeds.end()).size() != seeds.size()) fields.fail("seeds", "must differ");
  const auto& stopping = sweep.analysis.stopping;
  if (stopping && (stopping->looks.empty() || stopping->looks.back() != std::ssize(sweep.seeds)))
    fields.fail("analysis", "stopping.looks must end with the number of seeds");
  if (std::set(sweep.arms.begin(), sweep.arms.end()).size() != sweep.arms.size()) fields.fail("arms", "must differ");
  if (!status.ok()) return status;
  return sweep;
}

SweepId sweep_id(const Sweep& sweep) {
  Json json = to_json(sweep);
  json.erase("resources");
  json.erase("data_facts");
  for (const char* files : {"train_files", "validation_files", "test_files"})
    for (Json& file : json["dataset"][files]) file.erase("path");
  if (sweep.model.file) json["model"]["file"].erase("path");
  return SweepId(sha256_hex(json.dump()));
}

}  // namespace evensweep
