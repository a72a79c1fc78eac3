#include "sweeps/report/index.h"

#include <set>

#include "common/model/spec.h"

namespace evensweep {
namespace {

// Adds one run's row-normalised counts; a row without examples adds nothing. False where the run has no such counts.
bool add_rates(View test, size_t classes, std::vector<double>& sums, std::vector<int64_t>& counts) {
  for (size_t row = 0; row < classes; ++row) {
    const std::vector<double> line = test.at(row).numbers();
    double total = 0;
    for (double count : line) total += count;
    if (line.size() != classes || !(total > 0)) continue;
    ++counts[row];
    for (size_t column = 0; column < classes; ++column) sums[row * classes + column] += line[column] / total;
  }
  return !test.absent();
}

}  // namespace

bool is_simultaneous(View results) { return results["analysis"]["correction"].text() == kMaxT; }

View effect_of(View results, View arm) { return arm[is_simultaneous(results) ? "d_simultaneous" : "d_unbiased"]; }

ResultsIndex::ResultsIndex(const Json& results)
    : root_(results), arms_(root_["arms"].items()), class_names_(root_["sweep"]["classes"]["names"].texts()) {
  std::map<std::string, View> runs;
  for (const View& run : root_["runs"].items()) runs.emplace(run["key"].text(), run);
  std::set<std::string> complete_seeds;
  for (const View& trial : root_["trials"].items())
    if (trial["compared"].truth()) complete_seeds.insert(trial["seed"].scalar());
  for (const View& trial : root_["trials"].items()) {
    const auto run = runs.find(trial["run"].text());
    if (run == runs.end() || run->second["state"].text() != "finished") continue;
    const std::string arm = trial["arm"].text();
    const bool compared = arm == kBaseline ? complete_seeds.empty() || complete_seeds.contains(trial["seed"].scalar())
                                           : trial["compared"].truth();
    runs_of_arm_[arm].emplace_back(run->second, compared);
  }
}

std::vector<View> ResultsIndex::compared_runs(const std::string& arm) const {
  std::vector<View> list;
  if (const auto found = runs_of_arm_.find(arm); found != runs_of_arm_.end())
    for (const auto& [run, compared] : found->second)
      if (compared) list.push_back(run);
  return list;
}

std::vector<View> ResultsIndex::finished_runs(const std::string& arm) const {
  std::vector<View> list;
  if (const auto found = runs_of_arm_.find(arm); found != runs_of_arm_.end())
    for (const auto& [run, compared] : found->second) list.push_back(run);
  return list;
}

MeanConfusion ResultsIndex::mean_confusion(const std::vector<View>& runs) const {
  const size_t classes = class_names_.size();
  std::vector<double> sums(classes * classes);
  std::vector<int64_t> counts(classes);
  MeanConfusion mean{.classes = classes, .runs = 0, .rates = {}};
  for (const View& run : runs)
    if (add_rates(run["test"], classes, sums, counts)) ++mean.runs;
  mean.rates.resize(classes * classes);
  for (size_t i = 0; i < sums.size(); ++i)
    if (counts[i / classes] > 0) mean.rates[i] = sums[i] / static_cast<double>(counts[i / classes]);
  return mean;
}

std::vector<double> ResultsIndex::mean_weights(const std::vector<View>& runs) const {
  std::vector<double> sums(class_names_.size());
  int64_t count = 0;
  for (const View& run : runs) {
    const std::vector<double> weights = run["treatment"]["class_weights"].numbers();
    if (weights.size() != sums.size()) continue;
    ++count;
    for (size_t i = 0; i < sums.size(); ++i) sums[i] += weights[i];
  }
  if (count == 0) return {};
  for (double& sum : sums) sum /= static_cast<double>(count);
  return sums;
}

}  // namespace evensweep
