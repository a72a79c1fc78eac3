// Class weights, resampling quotas, and the project's rules for edge cases.

#include <cmath>
#include <limits>
#include <numeric>

#include "sweeps/methods/dynamic.h"
#include "sweeps/methods/frequency.h"
#include "sweeps/methods/weights.h"
#include "sweeps/stats/metrics.h"
#include "sweeps/stats/paired.h"
#include "sweeps/stats/ranks.h"
#include "tests/oracles/registry.h"

namespace evensweep {
namespace {

Json error_json(const Status& status) { return {{"error", std::string(status.message())}}; }

std::vector<int64_t> whole_at(const Json& in, const char* name) {
  std::vector<int64_t> counts;
  for (double value : numbers_at(in, name)) counts.push_back(std::llround(value));
  return counts;
}

Json effective_number(const Json& in) {
  const auto w = effective_number_weights(numbers_at(in, "counts"), in.at("beta").get<double>());
  if (!w.ok()) return error_json(w.status());
  return {{"effective_number", w->effective_number}, {"raw", w->raw}, {"weights", w->weights}};
}

Json effective_number_tpr(const Json& in) {
  // The files state the bare formula, without the least size that decide() asks for.
  const AdaptedCounts adapted = tpr_adapted_counts(whole_at(in, "counts"), numbers_at(in, "tpr"), /*least=*/0);
  const auto w = effective_number_weights(adapted.counts, in.at("beta").get<double>());
  if (!w.ok()) return error_json(w.status());
  return {{"adapted_counts", adapted.counts}, {"weights", w->weights}};
}

Json tpr_weight_case(const Json& in) {
  const std::vector<double> tpr = numbers_at(in, "tpr");
  const std::vector<double> floor(tpr.size(), in.at("floor").get<double>());
  const double gamma = in.at("gamma").get<double>();
  const double max_raw = in.value("max_raw", kMaxRawWeight);
  const TprWeights unclipped = tpr_weights(tpr, gamma, floor, std::numeric_limits<double>::infinity());
  return {{"mean_tpr", unclipped.mean_tpr},
          {"raw", unclipped.raw},
          {"weights", unclipped.weights},
          {"weights_clipped", tpr_weights(tpr, gamma, floor, max_raw).weights}};
}

Json frequency_case(const Json& in) {
  const std::vector<double> counts = numbers_at(in, "counts");
  const std::vector<double> inverse = frequency_weights(counts, -1);
  return {{"sklearn_balanced", with_sample_mean_one(inverse, counts)},
          {"inverse_sum_C", inverse},
          {"sqrt_inverse_sum_C", frequency_weights(counts, -0.5)},
          {"inverse_sample_mean_1", with_sample_mean_one(inverse, counts)},
          {"ldam_margins_max0.5", ldam_margins(counts, 0.5)},
          {"logit_adjust_tau1", log_priors(counts, 1)}};
}

Json quota_case(const Json& in) {
  const auto quota = resample_quota(whole_at(in, "counts"), numbers_at(in, "weights"), in.at("total").get<int64_t>());
  if (!quota.ok()) return error_json(quota.status());
  return {{"exact", quota->exact}, {"target_counts", quota->rows}, {"oversample_only_counts", quota->oversampled}};
}

Json cdb_case(const Json& in) {
  const std::vector<double> accuracy = numbers_at(in, "accuracy");
  const double tau = in.at("tau").is_string() ? dynamic_cdb_tau(accuracy) : in.at("tau").get<double>();
  return {{"tau_used", tau}, {"weights", cdb_weights(accuracy, tau)}};
}

Json recall_loss_case(const Json& in) {
  const RecallLoss loss =
      recall_loss(whole_at(in, "labels"), whole_at(in, "predictions"), in.at("classes").get<size_t>());
  return {{"weights_code", loss.weights}, {"one_minus_recall", loss.missed}};
}

Json group_dro_case(const Json& in) {
  Json steps = Json::array();
  double robust_loss = 0;
  std::vector<double> q;
  for (const Json& step : in.at("class_losses_per_step")) {
    const auto losses = step.get<std::vector<double>>();
    if (q.empty()) q.assign(losses.size(), 1.0 / static_cast<double>(losses.size()));
    q = group_dro_update(q, losses, in.at("eta").get<double>());
    steps.push_back(q);
    robust_loss = std::inner_product(q.begin(), q.end(), losses.begin(), 0.0);
  }
  return {{"q_per_step", std::move(steps)}, {"robust_loss_last", robust_loss}};
}

Json t_json(const PairedSummary& t) {
  return {{"t", number_or_null(t.t)}, {"p", number_or_null(t.p_two_sided)}, {"status", paired_status_name(t.status)}};
}

// Differences with gaps: what is left can be described, but gives no verdict.
Json difference_policy(const Json& in) {
  std::vector<double> d;
  for (const Json& value : in.at("d"))
    if (value.is_number()) d.push_back(value.get<double>());
  const auto dropped = static_cast<int64_t>(in.at("d").size() - d.size());
  const PairedSummary t = paired_t(d, 0.05);
  const SignFlip flip = sign_flip(d);
  const OneSided ranks = signed_rank(d, ZeroMethod::kDrop).exact;
  return {{"paired_t", t_json(t)},
          {"sign_flip", {{"p", number_or_null(flip.p_two_sided)}, {"status", paired_status_name(t.status)}}},
          {"sign_flip_greater", number_or_null(flip.p_greater)},
          {"wilcoxon", {{"p", ranks.two_sided}, {"status", paired_status_name(t.status)}}},
          {"wilcoxon_greater", ranks.greater},
          {"status", dropped > 0 ? "incomplete" : paired_status_name(t.status)},
          {"used", static_cast<int64_t>(d.size())},
          {"dropped_pairs", dropped},
          {"verdict_allowed", dropped == 0 && t.status == PairedStatus::kOk}};
}

Json edge_policy(const Json& in) {
  if (in.contains("d")) return difference_policy(in);
  if (in.contains("smote_class_size")) return smote_size_policy(in);
  if (in.contains("cdb_tau"))
    return {{"weights", cdb_weights(numbers_at(in, "accuracy"), in.at("cdb_tau").get<double>())}};
  if (in.contains("test_support")) {
    const std::vector<int64_t> support = whole_at(in, "test_support");
    const auto metrics = model_metrics(support, support);
    return metrics.ok() ? Json::object() : error_json(metrics.status());
  }
  if (in.contains("beta") && in.contains("counts") && !in.contains("tpr")) return effective_number(in);
  if (in.contains("gamma") && in.contains("tpr")) return tpr_weight_case(in);
  return nullptr;
}

}  // namespace

void register_weight_cases(Registry& registry) {
  registry["effective_number"] = effective_number;
  registry["effective_number_tpr"] = effective_number_tpr;
  registry["tpr_weights"] = tpr_weight_case;
  registry["frequency_weights"] = frequency_case;
  registry["resample_quota"] = quota_case;
  registry["cdb_weights"] = cdb_case;
  registry["recall_loss_weights"] = recall_loss_case;
  registry["group_dro_update"] = group_dro_case;
  registry["edge_policy"] = edge_policy;
}

}  // namespace evensweep
