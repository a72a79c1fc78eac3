#include "sweeps/stats/metrics.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace evensweep {
namespace {

Status check_matrix(const ConfusionMatrix& matrix) {
  const auto size = static_cast<int64_t>(matrix.counts.size());
  if (matrix.classes < 1 || size % matrix.classes != 0 || size / matrix.classes != matrix.classes) {
    return absl::InvalidArgumentError("test counts: not a square confusion matrix");
  }
  if (std::any_of(matrix.counts.begin(), matrix.counts.end(), [](int64_t n) { return n < 0; })) {
    return absl::InvalidArgumentError("test counts: a count is negative");
  }
  return absl::OkStatus();
}

Status check_class(size_t c, int64_t correct, int64_t total) {
  if (total == 0) {
    return absl::InvalidArgumentError(fmt::format("class {} has no test samples; Var(s) is undefined", c));
  }
  if (total == 1) {
    return absl::InvalidArgumentError(fmt::format("class {} has one test sample; the noise of Var(s) is undefined", c));
  }
  if (total < 0 || correct < 0 || correct > total) {
    return absl::InvalidArgumentError(fmt::format("class {}: {} correct of {} is impossible", c, correct, total));
  }
  return absl::OkStatus();
}

struct Margins {
  std::vector<double> truth, predicted, hit;
  double all = 0;
};

Margins margins_of(const ConfusionMatrix& m) {
  const auto classes = static_cast<size_t>(m.classes);
  Margins margins{std::vector<double>(classes), std::vector<double>(classes), std::vector<double>(classes), 0};
  for (size_t t = 0; t < classes; ++t) {
    for (size_t p = 0; p < classes; ++p) {
      const auto count = static_cast<double>(m.counts[t * classes + p]);
      margins.truth[t] += count;
      margins.predicted[p] += count;
      margins.all += count;
      if (t == p) margins.hit[t] = count;
    }
  }
  return margins;
}

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// From counts of correct, marginal and all examples; both share their terms.
void set_chance_corrected(const Margins& m, AgreementMetrics& metrics) {
  const double hits = std::accumulate(m.hit.begin(), m.hit.end(), 0.0);
  const double by_chance = dot(m.truth, m.predicted);
  const double squared = m.all * m.all;
  const double scale = std::sqrt(squared - dot(m.predicted, m.predicted)) * std::sqrt(squared - dot(m.truth, m.truth));
  if (scale > 0) metrics.matthews = (hits * m.all - by_chance) / scale;
  if (squared > by_chance) metrics.kappa = (hits * m.all - by_chance) / (squared - by_chance);
}

}  // namespace

double added_by_noise(std::span<const double> variances) {
  const auto classes = static_cast<double>(variances.size());
  return (classes - 1) / (classes * classes) * std::accumulate(variances.begin(), variances.end(), 0.0);
}

StatusOr<ModelMetrics> model_metrics(std::span<const int64_t> correct, std::span<const int64_t> total) {
  if (correct.empty() || correct.size() != total.size()) {
    return absl::InvalidArgumentError("test counts: one number of correct examples is needed for each class");
  }
  ModelMetrics m;
  std::vector<double> noise;
  for (size_t c = 0; c < correct.size(); ++c) {
    EV_RETURN_IF_ERROR(check_class(c, correct[c], total[c]));
    const auto n = static_cast<double>(total[c]);
    m.tpr.push_back(static_cast<double>(correct[c]) / n);
    m.support.push_back(total[c]);
    noise.push_back(m.tpr.back() * (1 - m.tpr.back()) / (n - 1));
  }
  m.mean_tpr = mean_of(m.tpr);
  for (double s : m.tpr) m.var += (s - m.mean_tpr) * (s - m.mean_tpr) / static_cast<double>(m.tpr.size());
  m.noise_bias = added_by_noise(noise);
  m.var_unbiased = m.var - m.noise_bias;
  m.accuracy = static_cast<double>(std::accumulate(correct.begin(), correct.end(), int64_t{0})) /
               static_cast<double>(std::accumulate(total.begin(), total.end(), int64_t{0}));
  const auto worst = std::min_element(m.tpr.begin(), m.tpr.end());
  m.worst_tpr = *worst;
  m.worst_class = worst - m.tpr.begin();
  m.range = *std::max_element(m.tpr.begin(), m.tpr.end()) - m.worst_tpr;
  return m;
}

StatusOr<ModelMetrics> model_metrics(const ConfusionMatrix& test) {
  EV_RETURN_IF_ERROR(check_matrix(test));
  std::vector<int64_t> correct, total;
  for (int64_t c = 0; c < test.classes; ++c) {
    const auto row = test.counts.begin() + c * test.classes;
    correct.push_back(test.at(c, c));
    total.push_back(std::accumulate(row, row + test.classes, int64_t{0}));
  }
  EV_ASSIGN_OR_RETURN(ModelMetrics metrics, model_metrics(correct, total));
  EV_ASSIGN_OR_RETURN(const AgreementMetrics agreement, agreement_metrics(test));
  metrics.macro_f1 = agreement.macro_f1;
  return metrics;
}

StatusOr<ConfusionMatrix> count_confusions(std::span<const int64_t> labels, std::span<const int64_t> predictions,
                                           int64_t classes) {
  if (labels.size() != predictions.size()) {
    return absl::InvalidArgumentError(fmt::format("{} labels but {} predictions", labels.size(), predictions.size()));
  }
  if (classes < 1 || classes > 65536) return absl::InvalidArgumentError("classes must be from 1 to 65536");
  ConfusionMatrix matrix{classes, std::vector<int64_t>(static_cast<size_t>(classes * classes))};
  for (size_t i = 0; i < labels.size(); ++i) {
    if (std::min(labels[i], predictions[i]) < 0 || std::max(labels[i], predictions[i]) >= classes) {
      return absl::InvalidArgumentError(fmt::format("example {}: label {} or prediction {} is not one of {} classes", i,
                                                    labels[i], predictions[i], classes));
    }
    ++matrix.counts[static_cast<size_t>(labels[i] * classes + predictions[i])];
  }
  return matrix;
}

StatusOr<AgreementMetrics> agreement_metrics(const ConfusionMatrix& test) {
  EV_RETURN_IF_ERROR(check_matrix(test));
  const Margins m = margins_of(test);
  const auto ratio = [](double part, double whole) { return whole > 0 ? part / whole : 0; };
  const auto classes = static_cast<double>(m.hit.size());
  AgreementMetrics metrics;
  metrics.geometric_mean = 1;
  for (size_t c = 0; c < m.hit.size(); ++c) {
    metrics.recall.push_back(ratio(m.hit[c], m.truth[c]));
    metrics.precision.push_back(ratio(m.hit[c], m.predicted[c]));
    metrics.f1.push_back(ratio(2 * m.hit[c], m.truth[c] + m.predicted[c]));
    metrics.geometric_mean *= std::pow(metrics.recall.back(), 1 / classes);
  }
  metrics.macro_precision = mean_of(metrics.precision);
  metrics.macro_f1 = mean_of(metrics.f1);
  metrics.accuracy = ratio(std::accumulate(m.hit.begin(), m.hit.end(), 0.0), m.all);
  metrics.balanced_accuracy = mean_of(metrics.recall);
  for (double r : metrics.recall) {
    const double off = r - metrics.balanced_accuracy;
    metrics.mean_abs_deviation += std::abs(off) / classes;
    metrics.recall_variance += off * off / classes;
  }
  const auto [worst, best] = std::minmax_element(metrics.recall.begin(), metrics.recall.end());
  metrics.worst_recall = *worst;
  metrics.recall_range = *best - *worst;
  set_chance_corrected(m, metrics);
  return metrics;
}

}  // namespace evensweep
