// Class variance, differences of variances, confusion metrics.

#include <cmath>

#include "sweeps/stats/distributions.h"
#include "sweeps/stats/metrics.h"
#include "sweeps/stats/test_images.h"
#include "tests/oracles/registry.h"

namespace evensweep {
namespace {

std::vector<int64_t> counts_at(const Json& in, const char* name) {
  std::vector<int64_t> counts;
  for (double value : numbers_at(in, name)) counts.push_back(std::llround(value));
  return counts;
}

Json class_variance(const Json& in) {
  const auto m = model_metrics(counts_at(in, "correct"), counts_at(in, "total"));
  if (!m.ok()) return {{"error", std::string(m.status().message())}};
  const auto classes = static_cast<double>(m->tpr.size());
  return {{"tpr", m->tpr},
          {"mean", m->mean_tpr},
          {"var", m->var},
          {"sd", std::sqrt(m->var)},
          {"noise_bias", m->noise_bias},
          {"var_unbiased", m->var_unbiased},
          {"range", m->range},
          {"worst", m->worst_tpr},
          {"worst_class", m->worst_class},
          {"cv", number_or_null(std::sqrt(m->var) / m->mean_tpr)},
          {"var_sample", number_or_null(m->var * classes / (classes - 1))},
          {"accuracy", m->accuracy}};
}

double binomial(int64_t n, int64_t k, double p) {
  const double choices = std::exp(std::lgamma(n + 1.0) - std::lgamma(k + 1.0) - std::lgamma(n - k + 1.0));
  return std::round(choices) * std::pow(p, static_cast<double>(k)) * std::pow(1 - p, static_cast<double>(n - k));
}

// Expectations of Var and unbiased Var over every outcome that the test sets can have.
void enumerate(const std::vector<double>& p, const std::vector<int64_t>& total, std::vector<int64_t>& correct,
               double probability, double& plugin, double& unbiased) {
  const size_t c = correct.size();
  if (c == p.size()) {
    const auto m = model_metrics(correct, total);
    plugin += probability * m.value().var;
    unbiased += probability * m.value().var_unbiased;
    return;
  }
  for (int64_t k = 0; k <= total[c]; ++k) {
    correct.push_back(k);
    enumerate(p, total, correct, probability * binomial(total[c], k, p[c]), plugin, unbiased);
    correct.pop_back();
  }
}

Json variance_bias_exact(const Json& in) {
  const std::vector<double> p = numbers_at(in, "p");
  const std::vector<int64_t> total = counts_at(in, "total");
  double mean = 0, true_var = 0, plugin = 0, unbiased = 0;
  for (double s : p) mean += s / static_cast<double>(p.size());
  std::vector<double> noise;
  for (size_t c = 0; c < p.size(); ++c) {
    true_var += (p[c] - mean) * (p[c] - mean) / static_cast<double>(p.size());
    noise.push_back(p[c] * (1 - p[c]) / static_cast<double>(total[c]));
  }
  std::vector<int64_t> correct;
  enumerate(p, total, correct, 1, plugin, unbiased);
  return {{"true_var", true_var},
          {"expected_plugin", plugin},
          {"expected_unbiased", unbiased},
          {"analytic_bias", added_by_noise(noise)}};
}

Json delta_variance(const Json& in) {
  const auto t = compare_on_test({counts_at(in, "both_correct"), counts_at(in, "only_baseline_correct"),
                                  counts_at(in, "only_rebalanced_correct"), counts_at(in, "both_wrong")});
  if (!t.ok()) return {{"error", std::string(t.status().message())}};
  return {{"var_baseline", t->baseline.var},
          {"var_rebalanced", t->rebalanced.var},
          {"D", t->d},
          {"bias_D", t->d_bias},
          {"D_unbiased", t->d_unbiased},
          {"rel_reduction", number_or_null(t->relative)},
          {"rel_reduction_unbiased", number_or_null(t->relative_unbiased)},
          {"log_ratio", number_or_null(t->log_ratio)},
          {"test_se_D", t->d_test_se},
          {"worst_diff", t->worst_change},
          {"range_diff", t->range_reduction},
          {"acc_diff", t->accuracy_change},
          {"mcnemar_b", t->discordant_baseline},
          {"mcnemar_c", t->discordant_rebalanced},
          {"mcnemar_exact_p", t->mcnemar_p}};
}

Json confusion_metrics(const Json& in) {
  const auto confusion =
      count_confusions(counts_at(in, "labels"), counts_at(in, "predictions"), in.at("classes").get<int64_t>());
  if (!confusion.ok()) return {{"error", std::string(confusion.status().message())}};
  const AgreementMetrics a = agreement_metrics(*confusion).value();
  Json rows = Json::array(), support = Json::array();
  for (int64_t t = 0; t < confusion->classes; ++t) {
    Json row = Json::array();
    int64_t sum = 0;
    for (int64_t p = 0; p < confusion->classes; ++p) {
      row.push_back(confusion->at(t, p));
      sum += confusion->at(t, p);
    }
    rows.push_back(row);
    support.push_back(sum);
  }
  return {{"confusion_rows_true", rows},
          {"support", support},
          {"recall", a.recall},
          {"precision", a.precision},
          {"f1", a.f1},
          {"macro_f1", a.macro_f1},
          {"macro_precision", a.macro_precision},
          {"accuracy", a.accuracy},
          {"balanced_accuracy", a.balanced_accuracy},
          {"var_tpr", a.recall_variance},
          {"worst_recall", a.worst_recall},
          {"range_recall", a.recall_range},
          {"mcc", a.matthews},
          {"kappa", a.kappa},
          {"geometric_mean_recall", a.geometric_mean},
          {"mad_recall", a.mean_abs_deviation}};
}

}  // namespace

void register_metric_cases(Registry& registry) {
  registry["class_variance"] = class_variance;
  registry["variance_bias_exact"] = variance_bias_exact;
  registry["delta_variance"] = delta_variance;
  registry["confusion_metrics"] = confusion_metrics;
}

}  // namespace evensweep
