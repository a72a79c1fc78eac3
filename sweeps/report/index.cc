#include "sweeps/report/index.h"

#include <set>

#include "common/model/spec.h"
#include "sweeps/stats/paired.h"

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

// Rates of one run; the mean of one.
using Rates = std::vector<std::optional<double>>;

// Mean of the differences at one cell, unless their interval holds 0.
std::optional<double> clear_change(const std::vector<std::pair<Rates, Rates>>& pairs, size_t cell, double alpha) {
  std::vector<double> changes;
  for (const auto& [before, after] : pairs)
    if (before[cell] && after[cell]) changes.push_back(*after[cell] - *before[cell]);
  if (changes.empty()) return std::nullopt;
  const PairedSummary summary = paired_t(changes, alpha, /*scale=*/1);
  if (summary.status == PairedStatus::kNotFinite || summary.status == PairedStatus::kAllZero) return std::nullopt;
  if (changes.size() > 1 && summary.ci_low <= 0 && summary.ci_high >= 0) return std::nullopt;
  return summary.mean;
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

MeanConfusion ResultsIndex::confusion_change(const std::string& arm) const {
  MeanConfusion change{.classes = class_names_.size(), .runs = 0, .rates = {}};
  const double alpha = root_["analysis"]["alpha"].number().value_or(0.05);
  std::map<std::string, View> baselines;  // by seed
  for (const View& run : compared_runs(kBaseline)) baselines.emplace(run["seed"].scalar(), run);
  std::vector<std::pair<Rates, Rates>> pairs;
  for (const View& run : compared_runs(arm)) {
    const auto baseline = baselines.find(run["seed"].scalar());
    if (baseline == baselines.end()) continue;
    const MeanConfusion before = mean_confusion({baseline->second}), after = mean_confusion({run});
    if (before.runs > 0 && after.runs > 0) pairs.emplace_back(before.rates, after.rates);
  }
  change.runs = pairs.size();
  change.rates.resize(change.classes * change.classes);
  if (!(alpha > 0 && alpha < 1)) return change;
  for (size_t i = 0; i < change.rates.size(); ++i) change.rates[i] = clear_change(pairs, i, alpha);
  return change;
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
