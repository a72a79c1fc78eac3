// Several methods as one: each decides its part of the treatment.
#include <fmt/core.h>

#include <algorithm>

#include "common/base/text.h"
#include "sweeps/methods/definition.h"

namespace evensweep {
namespace {

const char* words(Touch touch) {
  switch (touch) {
    case Touch::kClassWeights: return "the class weights";
    case Touch::kFocus: return "the focus of the loss";
    case Touch::kLogits: return "the logits";
    case Touch::kEpochRows: return "the rows of an epoch";
    case Touch::kViews: return "the views of examples";
    case Touch::kWholeRun: return "the whole run";
  }
  return "";
}

// What all methods of one description share, after their own parameters.
void add_common(const std::vector<const MethodDefinition*>& methods, MethodDescription& description) {
  const auto some = [&](auto has) { return std::any_of(methods.begin(), methods.end(), has); };
  if (!some([](const MethodDefinition* m) { return !m->may_start_late; }))
    description.parameters.push_back({.name = kStartEpoch,
                                      .least = 0,
                                      .most = 1e6,
                                      .meaning = "epochs that are trained as the baseline's before the method begins",
                                      .whole = true,
                                      .usual = 0});
  // Some arm of it needs the baseline.
  const auto by_tpr = [](const MethodDefinition* m) {
    return m->needs_baseline({.method = m->description.name, .parameters = {}, .options = {{"counts", "tpr"}}});
  };
  if (some(by_tpr))
    description.parameters.push_back({.name = kRounds,
                                      .least = 1,
                                      .most = 20,
                                      .meaning = "trainings that follow one another, each treated by the TPRs of the "
                                                 "one before",
                                      .whole = true,
                                      .usual = 1});
  if (some([](const MethodDefinition* m) { return m->normalizes; }))
    description.options.push_back(
        {.name = kNormalization,
         .values = {"sum", kSampleMean},
         .meaning = "sum: the weights of the classes have the mean 1; sample_mean: those of the examples have",
         .left_out = true});
}

Status unknown_method(const std::string& name) {
  std::vector<std::string> names;
  for (const MethodDefinition& known : method_definitions()) names.push_back(known.description.name);
  const auto near = nearest_name(name, names);
  return absl::InvalidArgumentError(
      fmt::format("there is no method \"{}\"{}", name, near ? "; did you mean " + *near + "?" : ""));
}

Status check_pair(const MethodDefinition& first, const MethodDefinition& second) {
  const std::string &a = first.description.name, &b = second.description.name;
  if (a == b) return absl::InvalidArgumentError(fmt::format("{} is combined with itself; list it once", a));
  for (const MethodDefinition* method : {&first, &second})
    if (method->touches.front() == Touch::kWholeRun)
      return absl::InvalidArgumentError(
          fmt::format("{} is a training of its own and cannot be combined; give it an "
                      "item of its own",
                      method->description.name));
  for (const Touch touch : first.touches)
    if (std::find(second.touches.begin(), second.touches.end(), touch) != second.touches.end())
      return absl::InvalidArgumentError(
          fmt::format("{} and {} both set {}, so together they are not defined; use one of them", a, b, words(touch)));
  return absl::OkStatus();
}

std::vector<std::string> split(const std::string& name) {
  std::vector<std::string> names;
  for (size_t begin = 0; begin <= name.size();) {
    const size_t end = std::min(name.find(kCombination, begin), name.size());
    names.push_back(name.substr(begin, end - begin));
    begin = end + 1;
  }
  return names;
}

// The entries of a combination's map that belong to one of its methods, without its name before them.
template <typename T>
std::map<std::string, T> own(const std::map<std::string, T>& all, const std::string& prefix) {
  std::map<std::string, T> found;
  for (const auto& [name, value] : all)
    if (name.starts_with(prefix)) found.emplace(name.substr(prefix.size()), value);
  return found;
}

}  // namespace

StatusOr<MethodDescription> combine_methods(const std::vector<std::string>& names) {
  for (const std::string& name : names)
    if (find_method(name) == nullptr) return unknown_method(name);
  std::vector<const MethodDefinition*> methods;
  for (const MethodDefinition& known : method_definitions())
    for (const std::string& name : names)
      if (known.description.name == name) methods.push_back(&known);
  for (size_t i = 0; i < methods.size(); ++i)
    for (size_t k = 0; k < i; ++k) EV_RETURN_IF_ERROR(check_pair(*methods[k], *methods[i]));
  MethodDescription all;
  for (const MethodDefinition* method : methods) {
    const MethodDescription& one = method->description;
    const std::string prefix = methods.size() == 1 ? "" : one.name + ".";
    all.name += (all.name.empty() ? "" : std::string(1, kCombination)) + one.name;
    all.meaning += (all.meaning.empty() ? "" : "; ") + one.meaning;
    for (ParameterDescription p : one.parameters) {
      p.name = prefix + p.name;
      all.parameters.push_back(std::move(p));
    }
    for (OptionDescription o : one.options) {
      o.name = prefix + o.name;
      all.options.push_back(std::move(o));
    }
  }
  add_common(methods, all);
  return all;
}

std::vector<Part> parts_of(const Arm& arm) {
  std::vector<Part> parts;
  const std::vector<std::string> names = split(arm.method);
  for (const std::string& name : names) {
    const MethodDefinition* method = find_method(name);
    if (method == nullptr) return {};
    const std::string prefix = names.size() == 1 ? "" : name + ".";
    parts.push_back(
        {method, {.method = name, .parameters = own(arm.parameters, prefix), .options = own(arm.options, prefix)}});
  }
  return parts;
}

StatusOr<MethodDescription> describe_arm(const Arm& arm) {
  EV_ASSIGN_OR_RETURN(MethodDescription description, combine_methods(split(arm.method)));
  if (description.name == arm.method) return description;
  return absl::InvalidArgumentError(fmt::format("the combination is written {}, not {}", description.name, arm.method));
}

}  // namespace evensweep
