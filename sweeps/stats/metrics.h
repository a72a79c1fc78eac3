#pragma once
// What one model does for each class, from its test counts. Formulas: docs/statistics.md, section 1.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "common/base/status.h"
#include "common/model/result.h"

namespace evensweep {

// A run's test counts, summed up. TPRs are per class; variances in squared units of TPR (1 pp^2 = 1e-4).
struct ModelMetrics {
  std::vector<double> tpr;
  std::vector<int64_t> support;  // test examples of each class
  double mean_tpr = 0;           // unweighted mean over classes (balanced accuracy)
  double var = 0;                // 1/C sum (s_c - mean)^2
  double noise_bias = 0;         // the part of var that finite test sets add, (C-1)/C^2 sum s_c (1-s_c) / (n_c-1)
  double var_unbiased = 0;       // var - noise_bias; may be negative
  double accuracy = 0;
  double worst_tpr = 0;
  int64_t worst_class = 0;         // the first of them
  double range = 0;                // best TPR less worst TPR
  std::optional<double> macro_f1;  // mean F1 of the classes; absent where counts of correct examples are all there is
};

// InvalidArgument where `test` is no confusion matrix, or names a class with fewer than two test examples: with none
// Var(s) is undefined, with one its noise is.
StatusOr<ModelMetrics> model_metrics(const ConfusionMatrix& test);
// The same from correct[c] of total[c] examples of each class.
StatusOr<ModelMetrics> model_metrics(std::span<const int64_t> correct, std::span<const int64_t> total);

// (C-1)/C^2 sum v_c: what adding independent noise of variance v_c to each TPR adds to the expectation of Var(s).
double added_by_noise(std::span<const double> variances);

// Rows are true classes. InvalidArgument names the first label or prediction outside [0, classes).
StatusOr<ConfusionMatrix> count_confusions(std::span<const int64_t> labels, std::span<const int64_t> predictions,
                                           int64_t classes);

// What else papers report. What is undefined counts as 0: recall of a class without examples, precision of a class that
// is never predicted, F1 of a class that is neither, the coefficients where one class alone is there or predicted.
struct AgreementMetrics {
  std::vector<double> recall, precision, f1;
  double macro_precision = 0, macro_f1 = 0;
  double accuracy = 0, balanced_accuracy = 0;
  double matthews = 0;            // multiclass correlation (Gorodkin 2004)
  double kappa = 0;               // Cohen 1960
  double geometric_mean = 0;      // of the recalls
  double mean_abs_deviation = 0;  // of the recalls from their mean
  double recall_variance = 0, worst_recall = 0, recall_range = 0;
};
StatusOr<AgreementMetrics> agreement_metrics(const ConfusionMatrix& test);

}  // namespace evensweep
