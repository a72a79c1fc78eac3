// oracle_check FILE...: runs the cases of oracle files (schema evensweep-oracle-1) against this project.
// Exit code 0: none failed; 1: some failed; 2: wrong usage, or a file that cannot be used.

#include <fmt/core.h>

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/file.h"
#include "common/base/status.h"
#include "tests/oracles/compare.h"
#include "tests/oracles/registry.h"

namespace evensweep {
namespace {

constexpr char kSchema[] = "evensweep-oracle-1";

struct Tally {
  int64_t passed = 0, failed = 0, not_implemented = 0;
};
using Tallies = std::map<std::string, Tally>;

Registry all_functions() {
  Registry registry;
  register_statistics_cases(registry);
  register_adjust_cases(registry);
  register_family_cases(registry);
  register_weight_cases(registry);
  register_smote_cases(registry);
  register_metric_cases(registry);
  register_dataset_cases(registry);
  register_interval_cases(registry);
#ifdef EVENSWEEP_LOSS_CASES
  register_loss_cases(registry);
#endif
  return registry;
}

bool is_case(const Json& item) {
  const auto has = [&](const char* key, auto test) { return item.contains(key) && test(item.at(key)); };
  const auto text = [](const Json& j) { return j.is_string(); };
  const auto object = [](const Json& j) { return j.is_object(); };
  return item.is_object() && has("id", text) && has("fn", text) && has("in", object) && has("out", object) &&
         has("tol", [](const Json& j) { return j.is_number() && j.template get<double>() >= 0; });
}

StatusOr<Json> read_cases(const std::string& path) {
  EV_ASSIGN_OR_RETURN(const std::string text, read_file(path));
  Json file = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (file.is_discarded()) return absl::InvalidArgumentError(path + ": not valid JSON");
  if (!file.is_object() || file.value("schema", Json()) != kSchema) {
    return absl::InvalidArgumentError(fmt::format("{}: schema is not \"{}\"", path, kSchema));
  }
  if (!file.contains("cases") || !file.at("cases").is_array() || file.at("cases").empty()) {
    return absl::InvalidArgumentError(path + ": \"cases\" must be a list with at least one case");
  }
  for (size_t i = 0; i < file.at("cases").size(); ++i) {
    if (!is_case(file.at("cases")[i])) {
      return absl::InvalidArgumentError(
          fmt::format("{}: cases[{}] needs id and fn (text), in and out (objects), tol (number)", path, i));
    }
  }
  return file.at("cases");
}

CompareRule rule_for(const Json& one) {
  const std::string fn = one.at("fn").get<std::string>();
  const Json note = one.value("note", Json());
  CompareRule rule{one.at("tol").get<double>(), false, false};
  rule.absolute = note.is_string() && note.get<std::string>().find("approximate") != std::string::npos;
  rule.relative = fn == "class_variance" || fn == "delta_variance" || fn == "variance_bias_exact";
  // statsmodels' search ends within 1e-5 of the effect: the power at its answers is off from 0.8 by up to 1.3e-6.
  if (fn == "power_paired_t") rule.solved_within["mde_dz_80_one_sided"] = 1e-5;
  return rule;
}

// What has to be met: all of `out`, or the one key that a note "compare KEY; why" names. Other keys of such a case hold
// what a coarser program gives.
Json wanted(const Json& one) {
  constexpr std::string_view kCompare = "compare ";
  const Json note = one.value("note", Json());
  if (!note.is_string() || !note.get<std::string>().starts_with(kCompare)) return one.at("out");
  const std::string rest = note.get<std::string>().substr(kCompare.size());
  const std::string key = rest.substr(0, rest.find(';'));
  if (!one.at("out").contains(key)) return one.at("out");
  return {{key, one.at("out").at(key)}};
}

void run_case(const Registry& registry, const Json& one, Tallies& tallies, std::vector<std::string>& failures) {
  const std::string fn = one.at("fn").get<std::string>();
  Tally& tally = tallies[fn];
  const auto found = registry.find(fn);
  if (found == registry.end()) {
    ++tally.not_implemented;
    return;
  }
  std::optional<std::string> difference;
  try {
    const Json got = found->second(one.at("in"));
    if (got.is_null()) {
      ++tally.not_implemented;
      return;
    }
    difference = first_difference(got, wanted(one), rule_for(one));
  } catch (const std::exception& e) {
    difference = std::string("the input could not be used: ") + e.what();
  }
  ++(difference ? tally.failed : tally.passed);
  if (difference) failures.push_back(one.at("id").get<std::string>() + " (" + fn + "): " + *difference);
}

void print(const Tallies& tallies, const std::vector<std::string>& failures) {
  fmt::print("{:<28}{:>8}{:>8}{:>17}\n", "function", "passed", "failed", "not implemented");
  Tally all;
  for (const auto& [fn, tally] : tallies) {
    fmt::print("{:<28}{:>8}{:>8}{:>17}\n", fn, tally.passed, tally.failed, tally.not_implemented);
    all.passed += tally.passed;
    all.failed += tally.failed;
    all.not_implemented += tally.not_implemented;
  }
  fmt::print("{:<28}{:>8}{:>8}{:>17}\n", "all", all.passed, all.failed, all.not_implemented);
  for (const std::string& failure : failures) fmt::print("FAILED {}\n", failure);
}

int check_files(const std::vector<std::string>& paths) {
  const Registry registry = all_functions();
  Tallies tallies;
  std::vector<std::string> failures;
  for (const std::string& path : paths) {
    const StatusOr<Json> cases = read_cases(path);
    if (!cases.ok()) {
      fmt::print(stderr, "oracle_check: {}\n", std::string(cases.status().message()));
      return 2;
    }
    for (const Json& one : *cases) run_case(registry, one, tallies, failures);
  }
  print(tallies, failures);
  return failures.empty() ? 0 : 1;
}

}  // namespace
}  // namespace evensweep

int main(int argc, char** argv) {
  const std::vector<std::string> paths(argv + 1, argv + argc);
  if (paths.empty() || paths.front().starts_with("-")) {
    fmt::print(stderr, "usage: oracle_check FILE...   (JSON files of the schema evensweep-oracle-1)\n");
    return 2;
  }
  return evensweep::check_files(paths);
}
