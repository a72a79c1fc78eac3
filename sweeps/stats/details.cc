#include "sweeps/stats/details.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sweeps/stats/adjust.h"
#include "sweeps/stats/design.h"
#include "sweeps/stats/effects.h"
#include "sweeps/stats/label_permutation.h"
#include "sweeps/stats/power.h"
#include "sweeps/stats/shapiro.h"
#include "sweeps/stats/words.h"

namespace evensweep {
namespace {

constexpr double kRopeShare = 0.1;
constexpr int64_t kDraws = 9'999;  // of what decides nothing
constexpr size_t kToldOneByOne = 3;

using Ps = std::vector<std::optional<double>>;

template <typename Field>
std::vector<double> collect(const ArmEvidence& arm, Field field) {
  std::vector<double> values;
  for (const BlockEffect& block : arm.blocks) values.push_back(field(block));
  return values;
}

double mean_of(const std::vector<double>& values) { return values.empty() ? 0 : sample_mean(values); }

std::optional<double> correlation(const std::vector<double>& x, const std::vector<double>& y) {
  if (x.size() < 3) return std::nullopt;
  const double mx = mean_of(x), my = mean_of(y);
  double xx = 0, xy = 0, yy = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mx) * (x[i] - mx);
    xy += (x[i] - mx) * (y[i] - my);
    yy += (y[i] - my) * (y[i] - my);
  }
  return xx > 0 && yy > 0 ? std::optional(xy / std::sqrt(xx * yy)) : std::nullopt;
}

// One p for each arm of the family, absent for others.
Ps label_permutation_ps(const Evidence& evidence) {
  std::vector<std::vector<double>> values(evidence.complete_blocks.size());
  std::vector<size_t> places;
  for (size_t a = 0; a < evidence.arms.size(); ++a) {
    const ArmEvidence& arm = evidence.arms[a];
    if (!arm.tested || arm.control || arm.blocks.size() != values.size()) continue;
    for (size_t b = 0; b < values.size(); ++b) {
      if (places.empty()) values[b].push_back(arm.blocks[b].baseline.var_unbiased);
      values[b].push_back(arm.blocks[b].rebalanced.var_unbiased);
    }
    places.push_back(a);
  }
  Ps p(evidence.arms.size());
  const auto permuted = max_t_label_permutation(values, 0, kDraws);
  for (size_t i = 0; permuted && i < places.size(); ++i) p[places[i]] = permuted->p_single_step[i];
  return p;
}

std::vector<TestOfReduction> tests_of(const ArmEvidence& arm, const std::vector<double>& d,
                                      const std::optional<double>& p_labels, double alpha) {
  const auto wilcoxon = [&](ZeroMethod zeros) { return signed_rank(d, zeros).exact.greater; };
  // The mean log ratio falls where the spread does.
  const auto& logs = arm.ratio ? arm.ratio->log_ratio : std::nullopt;
  std::vector<TestOfReduction> tests = {{"t", arm.d.p_greater},
                                        {"wilcoxon_drop", wilcoxon(ZeroMethod::kDrop)},
                                        {"wilcoxon_pratt", wilcoxon(ZeroMethod::kPratt)},
                                        {"wilcoxon_split", wilcoxon(ZeroMethod::kSplit)},
                                        {"sign", arm.sign_test.p_greater},
                                        {"log_ratio", logs ? logs->p_less : std::nullopt}};
  const auto agrees = [&](const std::optional<double>& p, const std::optional<double>& with) {
    return !p || !with || (*p <= alpha) == (*with <= alpha);
  };
  for (TestOfReduction& test : tests) test.agrees = agrees(test.p, arm.sign_flip.p_greater);
  tests.push_back({"label_permutation", p_labels, agrees(p_labels, arm.p_adjusted)});
  return tests;
}

void set_intervals(const std::vector<double>& d, double alpha, ArmDetails& details) {
  details.sign_flip_interval = sign_flip_interval(d, alpha);
  details.hodges_lehmann = hodges_lehmann(d, alpha);
  if (const auto drawn = bootstrap(d, sample_mean, alpha, 0, kDraws)) details.bca = drawn->bca;
}

void set_effect_sizes(const ArmEvidence& arm, const std::vector<double>& d, double alpha, ArmDetails& details) {
  details.effect = standard_effect(arm.d);
  details.gz_interval = standard_effect_interval(arm.d, alpha);
  details.rank_biserial = signed_rank(d, ZeroMethod::kDrop).rank_biserial;
  details.positive_blocks = std::count_if(d.begin(), d.end(), [](double x) { return x > 0; });
  details.positive_share = proportion_intervals(details.positive_blocks, std::ssize(d), 1 - alpha).clopper_pearson;
  if (const auto w = shapiro_wilk(d)) details.shapiro_w = w->w;
}

ArmDetails details_of_arm(const ArmEvidence& arm, const Evidence& evidence, const AnalysisSpec& analysis,
                          const std::optional<double>& p_labels) {
  ArmDetails details;
  if (arm.identity || arm.blocks.empty()) return details;
  const double alpha = analysis.alpha;
  const auto d = collect(arm, [](const BlockEffect& b) { return b.d_unbiased; });
  const auto baseline = collect(arm, [](const BlockEffect& b) { return b.baseline.var_unbiased; });
  const auto rebalanced = collect(arm, [](const BlockEffect& b) { return b.rebalanced.var_unbiased; });
  details.estimands = estimands_of(arm.blocks, alpha);
  details.classes = class_changes(arm, alpha);
  details.tests = tests_of(arm, d, p_labels, alpha);
  set_intervals(d, alpha, details);
  set_effect_sizes(arm, d, alpha, details);
  details.correlation = correlation(baseline, rebalanced);
  const TestLevel level{.alpha = family_level(evidence.family, analysis)};
  if (const auto dz = detectable_effect(std::ssize(d), kPlannedPower, level); dz && arm.d.status == PairedStatus::kOk)
    details.detectable = *dz * arm.d.sd;
  details.rope = kRopeShare * std::max(0.0, mean_of(baseline));
  details.bayes_t = bayes_t(d, details.rope);
  if (const auto drawn = bayes_signed_rank(d, details.rope, 0, kDraws)) details.bayes_signed_rank = drawn->signed_rank;
  return details;
}

void adjust_in_other_ways(const Evidence& evidence, std::vector<ArmDetails>& arms) {
  Ps p;
  std::vector<size_t> family;
  for (size_t a = 0; a < evidence.arms.size(); ++a) {
    if (evidence.arms[a].identity || evidence.arms[a].control || !evidence.arms[a].selected) continue;
    family.push_back(a);
    p.push_back(evidence.arms[a].tested ? evidence.arms[a].sign_flip.p_greater : std::nullopt);
  }
  const auto set = [&](Correction correction, std::optional<double> ArmDetails::*field) {
    const Ps adjusted = adjust_p(p, correction);
    for (size_t i = 0; i < family.size(); ++i) arms[family[i]].*field = adjusted[i];
  };
  set(Correction::kHolm, &ArmDetails::p_holm);
  set(Correction::kHochberg, &ArmDetails::p_hochberg);
  set(Correction::kBenjaminiHochberg, &ArmDetails::p_benjamini_hochberg);
  set(Correction::kBenjaminiYekutieli, &ArmDetails::p_benjamini_yekutieli);
}

}  // namespace

Details details_of(const SweepResults& results, const Evidence& evidence, const TestLabels& labels) {
  const AnalysisSpec& analysis = results.sweep.analysis;
  const Ps p_labels = label_permutation_ps(evidence);
  Details details;
  for (size_t a = 0; a < evidence.arms.size(); ++a)
    details.arms.push_back(details_of_arm(evidence.arms[a], evidence, analysis, p_labels[a]));
  if (!analysis.stopping) adjust_in_other_ways(evidence, details.arms);  // looks have their own levels
  for (size_t a = 0; a < evidence.arms.size(); ++a)
    if (!evidence.arms[a].identity) details.arms[a].test_set = test_set_part(results, labels, evidence.arms[a]);
  details.trends = find_trends(evidence, analysis.alpha);
  return details;
}

std::vector<std::string> disagreements(const Evidence& evidence, const Details& details, double alpha) {
  std::vector<std::string> sentences, names;
  for (size_t a = 0; a < details.arms.size(); ++a) {
    std::string others;
    for (const TestOfReduction& test : details.arms[a].tests)
      if (!test.agrees) others += fmt::format("{}{} {}", others.empty() ? "" : ", ", test.name, p_text(*test.p));
    if (others.empty()) continue;
    names.push_back(evidence.arms[a].name);
    sentences.push_back(fmt::format(
        "the tests of {} disagree about p <= {}: sign flips {}, but {}; the verdict rests on the sign flips, whatever "
        "the others say",
        names.back(), alpha, p_text(*evidence.arms[a].sign_flip.p_greater), others));
  }
  if (sentences.size() <= kToldOneByOne) return sentences;
  return {
      fmt::format("the tests of {} arms disagree about p <= {}: {}; the section on robustness has every p; the "
                  "verdicts rest on the "
                  "sign flips, whatever the others say",
                  names.size(), alpha, fmt::join(names, ", "))};
}

}  // namespace evensweep
