#include "common/model/model_description.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace evensweep {
namespace {

constexpr double kMostWidth = 65536;

ModelKey dropout(double fallback) {
  return {"dropout", &ModelSpec::dropout, fallback, /*least=*/0, /*most=*/1, /*most_excluded=*/true};
}

std::vector<double> values_of(const ModelSpec& model, const ModelKey& key) {
  if (const auto* whole = std::get_if<int64_t ModelSpec::*>(&key.member)) return {static_cast<double>(model.**whole)};
  if (const auto* real = std::get_if<double ModelSpec::*>(&key.member)) return {model.**real};
  if (std::holds_alternative<std::string ModelSpec::*>(key.member)) return {};
  const std::vector<int64_t>& list = model.*std::get<std::vector<int64_t> ModelSpec::*>(key.member);
  return {list.begin(), list.end()};
}

Status check_key(const ModelSpec& model, const ModelKey& key) {
  for (const double value : values_of(model, key)) {
    if (value >= key.least && value <= key.most && !(key.most_excluded && value == key.most)) continue;
    return absl::InvalidArgumentError(fmt::format("model {}: {} {} is not from {} to {}{}", model.name, key.name, value,
                                                  key.least, key.most_excluded ? "below " : "", key.most));
  }
  if (const auto* word = std::get_if<std::string ModelSpec::*>(&key.member))
    if (std::find(key.words.begin(), key.words.end(), model.**word) == key.words.end())
      return absl::InvalidArgumentError(
          fmt::format("model {}: {} is none of {}", model.name, key.name, fmt::join(key.words, ", ")));
  return absl::OkStatus();
}

Inputs inputs_of_shape(std::span<const int64_t> shape) {
  if (shape.size() == 2) return Inputs::kText;
  return shape.size() == 3 ? Inputs::kImages : Inputs::kTable;
}

}  // namespace

std::string_view inputs_words(Inputs inputs) {
  if (inputs == Inputs::kText) return "texts";
  return inputs == Inputs::kTable ? "a table" : "images";
}

Inputs inputs_of(DatasetFormat format) {
  if (format == DatasetFormat::kText) return Inputs::kText;
  return format == DatasetFormat::kCsv ? Inputs::kTable : Inputs::kImages;
}

bool ModelDescription::takes_inputs(Inputs inputs) const {
  return std::find(takes.begin(), takes.end(), inputs) != takes.end();
}

const ModelKey* ModelDescription::find_key(std::string_view key) const {
  const auto found = std::find_if(keys.begin(), keys.end(), [&](const ModelKey& own) { return own.name == key; });
  return found == keys.end() ? nullptr : &*found;
}

std::span<const ModelDescription> known_models() {
  static const std::vector<ModelDescription> kModels = {
      {.name = "mlp",
       .takes = {Inputs::kTable, Inputs::kImages},
       .keys = {{"hidden", &ModelSpec::hidden, 128, 1, kMostWidth}, dropout(0)},
       .embeds_names = true},
      {.name = "resmlp",
       .takes = {Inputs::kTable},
       .keys = {{"width", &ModelSpec::width, 128, 1, kMostWidth}, {"blocks", &ModelSpec::blocks, 2, 1, 64}, dropout(0)},
       .embeds_names = true},
      {.name = "resnet20", .takes = {Inputs::kImages}, .keys = {}, .least_side = 4},
      {.name = "resnet18", .takes = {Inputs::kImages}, .keys = {}, .least_side = 8},
      {.name = "resnet9",
       .takes = {Inputs::kImages},
       .keys = {{"width", &ModelSpec::width, 64, 1, 512}},
       .least_side = 8},
      {.name = "peifer_cnn", .takes = {Inputs::kImages}, .keys = {}, .least_side = 16},
      {.name = "conv_lstm",
       .takes = {Inputs::kText},
       .keys = {{"embedding", &ModelSpec::embedding, 200, 1, kMostWidth},
                {"channels", &ModelSpec::channels, 64, 1, kMostWidth},
                {"hidden", &ModelSpec::width, 200, 1, kMostWidth},
                {"layers", &ModelSpec::layers, 2, 1, 16},
                dropout(0.5),
                {.name = "padding", .member = &ModelSpec::padding, .words = {kPackedTexts, kReadPadding}}}},
      {.name = kTorchscript, .takes = {Inputs::kTable, Inputs::kImages, Inputs::kText}, .keys = {}, .from_file = true},
  };
  return kModels;
}

const ModelDescription* find_model(std::string_view name) {
  const auto all = known_models();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const ModelDescription& model) { return model.name == name; });
  return found == all.end() ? nullptr : &*found;
}

std::vector<std::string> model_names() {
  std::vector<std::string> names;
  for (const ModelDescription& model : known_models())
    if (!model.from_file) names.emplace_back(model.name);
  return names;
}

std::string models_for(Inputs inputs) {
  std::string names;
  for (const ModelDescription& model : known_models())
    if (!model.from_file && model.takes_inputs(inputs)) names += (names.empty() ? "" : ", ") + std::string(model.name);
  return names;
}

ModelSpec default_model(const ModelDescription& description) {
  ModelSpec model{.name = std::string(description.name)};
  for (const ModelKey& key : description.keys) {
    if (const auto* whole = std::get_if<int64_t ModelSpec::*>(&key.member))
      model.** whole = static_cast<int64_t>(key.fallback);
    else if (const auto* real = std::get_if<double ModelSpec::*>(&key.member))
      model.** real = key.fallback;
    else if (const auto* word = std::get_if<std::string ModelSpec::*>(&key.member))
      model.** word = key.words.front();
    else
      model.*std::get<std::vector<int64_t> ModelSpec::*>(key.member) = {static_cast<int64_t>(key.fallback)};
  }
  return model;
}

Status check_model(const ModelSpec& model, std::span<const int64_t> shape) {
  const ModelDescription* description = find_model(model.name);
  if (description == nullptr) {
    return absl::InvalidArgumentError(
        fmt::format("model \"{}\" is not known; known are {}", model.name, fmt::join(model_names(), ", ")));
  }
  if (description->from_file != model.file.has_value())
    return absl::InvalidArgumentError(
        fmt::format("model {}: {}", model.name, model.file ? "takes no file" : "names no file"));
  for (const ModelKey& key : description->keys) EV_RETURN_IF_ERROR(check_key(model, key));
  const Inputs inputs = inputs_of_shape(shape);
  if (!description->takes_inputs(inputs)) {
    return absl::InvalidArgumentError(fmt::format("model {}: needs {}, but the data set has {}; use {}", model.name,
                                                  inputs_words(description->takes[0]), inputs_words(inputs),
                                                  models_for(inputs)));
  }
  const int64_t side = description->least_side;
  if (inputs != Inputs::kImages || (shape[1] >= side && shape[2] >= side)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("model {}: images of {} x {} pixels are too small, at least {} x {} are needed", model.name, shape[1],
                  shape[2], side, side));
}

}  // namespace evensweep
