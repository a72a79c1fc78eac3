#include <fmt/format.h>

#include <set>

#include "common/model/model_description.h"
#include "sweeps/spec/sections.h"

namespace evensweep {
namespace {

void read_list(const Value& value, std::vector<int64_t>& list, const ModelKey& key) {
  list.clear();
  for (const Value& item : value.one_or_list()) {
    list.push_back(item.integer(static_cast<int64_t>(key.least), static_cast<int64_t>(key.most))
                       .value_or(static_cast<int64_t>(key.fallback)));
  }
  if (list.size() > kMostHiddenLayers)
    value.fail(fmt::format("more than {} hidden layers; use fewer", kMostHiddenLayers));
}

void read_key(const Value& value, const ModelKey& key, ModelSpec& model) {
  if (const auto* whole = std::get_if<int64_t ModelSpec::*>(&key.member)) {
    model.** whole =
        value.integer(static_cast<int64_t>(key.least), static_cast<int64_t>(key.most)).value_or(model.**whole);
  } else if (const auto* real = std::get_if<double ModelSpec::*>(&key.member)) {
    const Range range{.least = key.least, .most = key.most, .most_excluded = key.most_excluded};
    model.** real = value.number(range).value_or(model.**real);
  } else if (const auto* word = std::get_if<std::string ModelSpec::*>(&key.member)) {
    model.** word = value.word(key.words).value_or(model.**word);
  } else {
    read_list(value, model.*std::get<std::vector<int64_t> ModelSpec::*>(key.member), key);
  }
}

// A key of other models is no unknown one: the message says more.
void refuse_keys_of_others(Section& section, const ModelDescription& own) {
  std::set<std::string_view> others;
  for (const ModelDescription& model : known_models())
    for (const ModelKey& key : model.keys)
      if (own.find_key(key.name) == nullptr) others.insert(key.name);
  for (const std::string_view key : others)
    section.refuse(std::string(key), fmt::format("has no effect with {}; remove it", own.name));
}

void check_inputs(const Value& name, const ModelDescription& model, DatasetFormat format) {
  const Inputs inputs = inputs_of(format);
  if (model.takes_inputs(inputs)) return;
  name.fail(fmt::format("{} needs {}, but the data set has {}; use {}", model.name, inputs_words(model.takes[0]),
                        inputs_words(inputs), models_for(inputs)));
}

ModelDraft read_torchscript(Section& section) {
  section.refuse("name", "has no effect with torchscript; remove it");
  refuse_keys_of_others(section, *find_model(kTorchscript));
  ModelDraft draft{.spec = {.name = kTorchscript, .file = DataFile()}, .file_place = section.value().place()};
  if (const auto file = section.need("torchscript")) {
    draft.spec.file->path = file->text().value_or("");
    draft.file_place = file->place();
  }
  section.end();
  return draft;
}

}  // namespace

ModelDraft read_model(const Value& value, DatasetFormat format) {
  std::optional<Value> name = value;
  std::optional<Section> section;
  if (value.is_map()) {
    section.emplace(value);
    if (section->has(kTorchscript)) return read_torchscript(*section);
    name = section->need("name");
  }
  if (name && name->is_scalar() && name->node().text == kTorchscript) {
    name->fail("torchscript needs its file; write {torchscript: FILE}");
    return {.spec = default_model(known_models()[0]), .file_place = {}};
  }
  const auto word = name ? name->word(model_names()) : std::nullopt;
  const ModelDescription* description = word ? find_model(*word) : nullptr;
  if (description == nullptr) {
    if (section) section->end_unfinished();
    return {.spec = default_model(known_models()[0]), .file_place = {}};
  }
  check_inputs(*name, *description, format);
  ModelSpec model = default_model(*description);
  if (!section) return {.spec = std::move(model), .file_place = {}};
  for (const ModelKey& key : description->keys)
    if (const auto given = section->find(std::string(key.name))) read_key(*given, key, model);
  refuse_keys_of_others(*section, *description);
  section->end();
  return {.spec = std::move(model), .file_place = {}};
}

}  // namespace evensweep
