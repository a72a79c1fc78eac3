#include "common/model/run_spec_text.h"

#include <array>
#include <utility>

#include "common/model/json.h"

namespace evensweep {
namespace {

constexpr std::array kVarying = {"replicate", "seed", "training_seed", "treatment"};

bool varies(std::string_view key) {
  for (const char* varying : kVarying)
    if (key == varying) return true;
  return false;
}

// Keys are sorted as the JSON library sorts them.
std::string object_of(const std::map<std::string, std::string>& members) {
  std::string text = "{";
  for (const auto& [key, value] : members)
    text.append(text.size() > 1 ? ",\"" : "\"").append(key).append("\":").append(value);
  return text += "}";
}

}  // namespace

StatusOr<RunSpecParts> split_run_spec(std::string_view canonical_text) {
  Json spec = Json::parse(canonical_text, nullptr, false);
  if (!spec.is_object()) return absl::InvalidArgumentError("a run spec is no JSON object");
  Json part = Json::object();
  for (const char* key : kVarying)
    if (const auto found = spec.find(key); found != spec.end()) {
      part[key] = std::move(*found);
      spec.erase(found);
    }
  return RunSpecParts{.base = spec.dump(), .part = part.dump()};
}

StatusOr<std::string> join_run_spec(std::string_view base, std::string_view part) {
  Json spec = Json::parse(base, nullptr, false);
  const Json own = Json::parse(part, nullptr, false);
  if (!spec.is_object() || !own.is_object())
    return absl::InvalidArgumentError("a part of a run spec is no JSON object");
  spec.update(own);
  return spec.dump();
}

RunSpecText::RunSpecText(const Sweep& sweep) : sweep_(&sweep) {
  const Json spec = to_json(make_run_spec(sweep, 0, unit_treatment(sweep.classes.names.size())));
  for (const auto& [key, value] : spec.items())
    if (!varies(key)) shared_[key] = value.dump();
  base_ = object_of(shared_);
}

RunSpecText::Written RunSpecText::write(uint64_t seed, const Treatment& treatment, const Variation& variation) const {
  if (variation.trainings != 1) {  // rare: controls that train for longer than the recipe says
    std::string text = to_json(make_run_spec(*sweep_, seed, treatment, variation)).dump();
    RunSpecParts parts = split_run_spec(text).value();
    return {.text = std::move(text), .parts = std::move(parts)};
  }
  std::map<std::string, std::string> own = {{"seed", std::to_string(seed)}, {"treatment", to_json(treatment).dump()}};
  if (variation.replicate != 0) own["replicate"] = std::to_string(variation.replicate);
  if (variation.training_seed) own["training_seed"] = std::to_string(*variation.training_seed);
  std::string part = object_of(own);
  own.insert(shared_.begin(), shared_.end());
  return {.text = object_of(own), .parts = {.base = base_, .part = std::move(part)}};
}

}  // namespace evensweep
