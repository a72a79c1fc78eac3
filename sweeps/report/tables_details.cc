// Tables of what stands beside the verdicts. Results that do not have these members have no such tables.

#include <fmt/format.h>

#include <algorithm>

#include "sweeps/report/facts.h"
#include "sweeps/report/format.h"
#include "sweeps/report/surface.h"
#include "sweeps/report/tables.h"

namespace evensweep {
namespace {

std::string interval_text(View interval_of, double factor, int decimals) {
  return interval(scaled(interval_of["low"], factor), scaled(interval_of["high"], factor), decimals);
}

std::string with_brackets(const std::string& value, const std::string& range) {
  return value == kNoNumber || range == kNoNumber ? value : value + " " + range;
}

// "-26 [-38, -11]": of a ratio with its interval, the change in percent.
std::string change_percent(View ratio) {
  const auto less_one = [](View value) {
    const auto number = value.number();
    return number ? std::optional((*number - 1) * 100) : number;
  };
  const View range = ratio["fieller"];
  return with_brackets(signed_fixed(less_one(ratio["of_means"]), 0),
                       interval(less_one(range["low"]), less_one(range["high"]), 0));
}

std::string ci_text(View summary, double factor, int decimals, bool is_change) {
  const auto mean = scaled(summary["mean"], factor);
  return with_brackets(is_change ? signed_fixed(mean, decimals) : fixed(mean, decimals),
                       interval(scaled(summary["ci_low"], factor), scaled(summary["ci_high"], factor), decimals));
}

struct Measure {
  const char* key;
  const char* words;
  double factor;
  int decimals;
};
constexpr Measure kMeasures[] = {
    {"accuracy", "accuracy, %", kPp, 2},
    {"balanced_accuracy", "balanced accuracy, %", kPp, 2},
    {"macro_f1", "macro-F1, %", kPp, 2},
    {"worst_tpr", "worst class TPR, %", kPp, 1},
    {"baseline_worst_class_tpr", "TPR of the baseline's worst class, %", kPp, 1},
    {"range", "range of TPRs, pp", kPp, 1},
    {"mean_abs_deviation", "mean absolute deviation of TPRs, pp", kPp, 2},
    {"cv", "coefficient of variation of TPRs, %", kPp, 2},
};

bool any_arm_has(const ResultsIndex& index, const char* member) {
  return std::any_of(index.arms().begin(), index.arms().end(),
                     [member](const View& arm) { return !arm[member].absent(); });
}

}  // namespace

Table effects_table(const ResultsIndex& index) {
  Table table{
      .header = {"Arm", "Change of Var_u, % [Fieller CI]", "Hodges-Lehmann D_u, pp² [CI]", "d_z", "Hedges g [CI]",
                 "Rank-biserial", "P(D_u > 0) [CI]", "p, less than a tenth", "Detectable D_u, pp²"},
      .rows = {}};
  if (!any_arm_has(index, "effect")) return table;
  const int decimals = decimals_for({largest_effect(index)}, 1);
  for (const View& arm : index.arms()) {
    if (!is_compared(arm)) continue;
    const View effect = arm["effect"], centre = arm["intervals"]["hodges_lehmann"];
    const auto positive = effect["positive_blocks"].number();
    const auto share = positive ? std::optional(*positive / static_cast<double>(arm["blocks"].size())) : positive;
    table.rows.push_back(
        {arm["name"].text(), change_percent(arm["ratio"]),
         with_brackets(signed_fixed(scaled(centre["estimate"], kPp2), decimals), interval_text(centre, kPp2, decimals)),
         signed_fixed(effect["dz"].number(), 2),
         with_brackets(signed_fixed(effect["gz"].number(), 2), interval_text(effect["gz_interval"], 1, 2)),
         signed_fixed(effect["rank_biserial"].number(), 2),
         with_brackets(fixed(share, 2), interval_text(effect["positive_share_interval"], 1, 2)),
         p_value(arm["p_equivalent"].number()), fixed(scaled(effect["detectable"], kPp2), decimals)});
  }
  return table;
}

Table measures_table(const ResultsIndex& index) {
  Table table{.header = {"Arm", "Measure", "Baseline [CI]", "Rebalanced [CI]", "Change [CI]"}, .rows = {}};
  for (const View& arm : index.arms()) {
    if (!is_compared(arm)) continue;
    for (const Measure& measure : kMeasures) {
      const View estimand = arm["estimands"][measure.key];
      if (estimand.absent()) continue;
      table.rows.push_back({arm["name"].text(), measure.words,
                            ci_text(estimand["baseline"], measure.factor, measure.decimals, false),
                            ci_text(estimand["rebalanced"], measure.factor, measure.decimals, false),
                            ci_text(estimand["change"], measure.factor, measure.decimals, true)});
    }
  }
  return table;
}

Table other_tests_table(const ResultsIndex& index) {
  Table table{.header = {"Arm", "Wilcoxon p, zeros split", "t test p of log ratio", "Label permutation p", "Holm p",
                         "Benjamini-Hochberg p", "Benjamini-Yekutieli p", "Bayes: worse, no difference, better"},
              .rows = {}};
  if (!any_arm_has(index, "sensitivity")) return table;
  for (const View& arm : index.arms()) {
    if (!is_compared(arm)) continue;
    const View other = arm["sensitivity"], p = other["p"], bayes = arm["bayes"]["signed_rank"];
    table.rows.push_back({arm["name"].text(), p_value(p["wilcoxon_split"].number()), p_value(p["log_ratio"].number()),
                          p_value(p["label_permutation"].number()), p_value(other["p_holm"].number()),
                          p_value(other["p_benjamini_hochberg"].number()),
                          p_value(other["p_benjamini_yekutieli"].number()),
                          bayes.absent() ? kNoNumber
                                         : fixed(bayes["worse"].number(), 2) + ", " + fixed(bayes["rope"].number(), 2) +
                                               ", " + fixed(bayes["better"].number(), 2)});
  }
  return table;
}

Table test_set_table(const ResultsIndex& index) {
  Table table{.header = {"Arm", "SE of mean D, pp²: these test examples", "from the examples", "new examples",
                         "SE of one accuracy change, pp"},
              .rows = {}};
  const int decimals = decimals_for({largest_effect(index)}, 2);
  for (const View& arm : index.arms()) {
    const View part = arm["test_set"];
    if (!is_compared(arm) || part.absent()) continue;
    table.rows.push_back({arm["name"].text(), fixed(scaled(part["se_seeds"], kPp2), decimals),
                          fixed(scaled(part["se_test"], kPp2), decimals), fixed(scaled(part["se_new"], kPp2), decimals),
                          fixed(scaled(part["accuracy_se"], kPp), 2)});
  }
  return table;
}

Table selection_table(const ResultsIndex& index) {
  Table table{.header = {"Arm", "Selection seeds", "D_u on selection seeds, pp²", "D_u on the sweep's seeds, pp²",
                         "Shrinkage, pp²", "What became of it"},
              .rows = {}};
  const int decimals = decimals_for({largest_effect(index)}, 1);
  for (const View& arm : index.root()["design"]["selection"].items())
    table.rows.push_back({arm["name"].text(), arm["seeds"].scalar(),
                          signed_fixed(scaled(arm["d_selection"], kPp2), decimals),
                          signed_fixed(scaled(arm["d_confirmation"], kPp2), decimals),
                          signed_fixed(scaled(arm["shrinkage"], kPp2), decimals), arm["fate"].text()});
  return table;
}

Table trends_table(const ResultsIndex& index) {
  Table table{.header = {"Method", "Parameter", "Arms", "Slope of D_u, pp² for each unit [CI]", "p, rising"},
              .rows = {}};
  const int decimals = decimals_for({largest_effect(index)}, 1);
  for (const View& trend : index.root()["trends"].items()) {
    const std::string fixed_words = trend["fixed"].scalar();
    table.rows.push_back({trend["method"].text() + (fixed_words.empty() ? "" : ", " + fixed_words),
                          trend["parameter"].text(), std::to_string(trend["arms"].size()),
                          ci_text(trend["slope"], kPp2, decimals, true),
                          p_value(trend["sign_flip"]["p_greater"].number())});
  }
  return table;
}

}  // namespace evensweep
