// The tables beside the verdict: whether it hangs on one seed or one test, and what an arm costs.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "common/model/spec.h"
#include "sweeps/report/facts.h"
#include "sweeps/report/format.h"
#include "sweeps/report/surface.h"
#include "sweeps/report/tables.h"
#include "sweeps/stats/paired.h"

namespace evensweep {
namespace {

std::vector<double> differences_of(View arm) {
  std::vector<double> list;
  for (const View& block : arm["blocks"].items())
    if (const auto value = block["d_unbiased"].number()) list.push_back(*value);
  return list;
}

// The smallest and largest mean and p of a reduction when each seed in turn is left out.
struct LeftOut {
  double least_mean = INFINITY, most_mean = -INFINITY, least_p = 1, most_p = 0;
};

std::optional<LeftOut> leave_one_out(const std::vector<double>& d) {
  if (d.size() < 3) return std::nullopt;
  LeftOut range;
  for (size_t out = 0; out < d.size(); ++out) {
    std::vector<double> rest = d;
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(out));
    double sum = 0;
    for (double value : rest) sum += value;
    const double mean = sum / static_cast<double>(rest.size());
    const double p = sign_flip(rest).p_greater.value_or(1);
    range.least_mean = std::min(range.least_mean, mean), range.most_mean = std::max(range.most_mean, mean);
    range.least_p = std::min(range.least_p, p), range.most_p = std::max(range.most_p, p);
  }
  return range;
}

std::map<std::string, double> seconds_of(const std::vector<View>& runs) {
  std::map<std::string, double> seconds;  // by seed
  for (const View& run : runs)
    if (const auto value = run["times"]["train_seconds"].number(); value && *value > 0)
      seconds.emplace(run["seed"].scalar(), *value);
  return seconds;
}

double mean_of(const std::map<std::string, double>& seconds) {
  double sum = 0;
  for (const auto& [seed, value] : seconds) sum += value;
  return sum / static_cast<double>(seconds.size());
}

// Geometric mean of the ratios at the same seeds, with the interval of their logarithm.
std::string ratio_text(const std::map<std::string, double>& arm, const std::map<std::string, double>& baseline,
                       double alpha) {
  std::vector<double> logs;
  for (const auto& [seed, seconds] : arm)
    if (const auto found = baseline.find(seed); found != baseline.end())
      logs.push_back(std::log(seconds / found->second));
  if (logs.empty()) return kNoNumber;
  const PairedSummary summary = paired_t(logs, alpha);
  const std::string mean = fixed(std::exp(summary.mean), 2);
  return logs.size() < 2 ? mean : mean + " " + interval(std::exp(summary.ci_low), std::exp(summary.ci_high), 2);
}

}  // namespace

Table robustness_table(const ResultsIndex& index) {
  Table table{.header = {"Arm", "Seeds with D_u > 0", "Sign test p", "t test p", "Sign-flip p",
                         "Mean D_u with a seed left out, pp²", "Sign-flip p with a seed left out"},
              .rows = {}};
  const int decimals = decimals_for({largest_effect(index)}, 1);
  for (const View& arm : index.arms()) {
    if (!is_compared(arm)) continue;
    const std::vector<double> d = differences_of(arm);
    const auto left_out = leave_one_out(d);
    const auto positive = std::count_if(d.begin(), d.end(), [](double value) { return value > 0; });
    table.rows.push_back({arm["name"].text(), fmt::format("{} of {}", positive, d.size()),
                          p_value(arm["sign_test"]["p_greater"].number()),
                          p_value(arm["d_unbiased"]["p_greater"].number()),
                          p_value(arm["sign_flip"]["p_greater"].number()),
                          left_out ? signed_fixed(left_out->least_mean * kPp2, decimals) + " to " +
                                         signed_fixed(left_out->most_mean * kPp2, decimals)
                                   : kNoNumber,
                          left_out ? p_value(left_out->least_p) + " to " + p_value(left_out->most_p) : kNoNumber});
  }
  return table;
}

Table cost_table(const ResultsIndex& index) {
  Table table{.header = {"Arm", "Runs timed", "Training seconds, mean", "Of its baseline's [CI]"}, .rows = {}};
  const double alpha = index.root()["analysis"]["alpha"].number().value_or(0.05);
  if (!(alpha > 0 && alpha < 1)) return table;
  const auto baseline = seconds_of(index.compared_runs(kBaseline));
  if (baseline.empty()) return table;
  table.rows.push_back({kBaseline, std::to_string(baseline.size()), fixed(mean_of(baseline), 2), "1.00"});
  for (const View& arm : index.arms()) {
    const auto seconds = seconds_of(index.compared_runs(arm["name"].text()));
    if (seconds.empty()) continue;
    table.rows.push_back({arm["name"].text(), std::to_string(seconds.size()), fixed(mean_of(seconds), 2),
                          ratio_text(seconds, baseline, alpha)});
  }
  return table;
}

}  // namespace evensweep
