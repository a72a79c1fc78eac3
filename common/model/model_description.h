#pragma once
// What each model takes: the one table by which a sweep file is checked, and the trainer what it is asked to make.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/status.h"
#include "common/model/spec.h"

namespace evensweep {

enum class Inputs { kTable, kImages, kText };
std::string_view inputs_words(Inputs inputs);  // "a table", "images", "texts"
Inputs inputs_of(DatasetFormat format);

// A key beside `name` in a sweep file's `model`, and the member of ModelSpec that holds its value.
struct ModelKey {
  std::string_view name;
  std::variant<int64_t ModelSpec::*, double ModelSpec::*, std::vector<int64_t> ModelSpec::*, std::string ModelSpec::*>
      member;
  double fallback = 0;  // of a list: its only item
  double least = 0, most = 0;
  bool most_excluded = false;
  std::vector<std::string> words = {};  // of a word: those that it may be, the fallback first
};

struct ModelDescription {
  std::string_view name;
  std::vector<Inputs> takes;
  std::vector<ModelKey> keys;
  int64_t least_side = 1;     // images: pixels
  bool from_file = false;     // named by its file, not by its name
  bool embeds_names = false;  // tables: looks names up in learned vectors, as the encoding "embedding" asks for

  bool takes_inputs(Inputs inputs) const;
  const ModelKey* find_key(std::string_view key) const;  // nullptr: it has no such key
};
inline constexpr size_t kMostHiddenLayers = 32;

// All that can be named in a sweep file.
std::span<const ModelDescription> known_models();
const ModelDescription* find_model(std::string_view name);  // nullptr: not known
std::vector<std::string> model_names();                     // of those that are named by their name
// "mlp, resmlp": which of them to use on such data.
std::string models_for(Inputs inputs);

// The model with the fallbacks of all its keys.
ModelSpec default_model(const ModelDescription& description);

// What cannot be made, whoever asks for it. InvalidArgument: the name is not known, a key's value is outside its range,
// or the model cannot take one example of that shape ({features}, {longest text, symbols} or {channels, height,
// width}).
Status check_model(const ModelSpec& model, std::span<const int64_t> shape);

}  // namespace evensweep
