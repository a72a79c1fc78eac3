#include <fmt/core.h>

#include <cmath>
#include <limits>

#include "sweeps/stats/design.h"
#include "sweeps/stats/words.h"

namespace evensweep {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr Interval kNoInterval{-kInfinity, kInfinity};

constexpr double kRounding = 1e-9;  // in % or pp²: less than that is what rounding left of 0

// Three digits and never an exponent: "1234", "12.3", "0.00123".
std::string plain(double value) {
  if (!std::isfinite(value)) return fmt::format("{}", value);
  if (std::abs(value) < kRounding) return "0";
  const int magnitude = static_cast<int>(std::floor(std::log10(std::abs(value))));
  return fmt::format("{:.{}f}", value, std::max(0, 2 - magnitude));
}

// As somebody wrote it in a sweep file: 0.005 is "0.5".
std::string percent(double share) { return fmt::format("{:.4g}", share * 100); }

std::string signed_pp(double share) {
  const std::string text = in_pp(share);
  return share > 0 && text != "0" ? "+" + text : text;
}

std::string range_text(const Interval& interval, std::string (*text)(double)) {
  return text(interval.low) + " to " + text(interval.high);
}

// " (Var_u 20.3 to 15.1 pp², -26 %, 95 % interval -38 to -11 %)"; "" without a ratio.
std::string ratio_text(const AnalysisSpec& analysis, const ArmEvidence& arm) {
  if (!arm.ratio || arm.blocks.empty()) return "";
  double baseline = 0, rebalanced = 0;
  for (const BlockEffect& block : arm.blocks) {
    baseline += block.baseline.var_unbiased / static_cast<double>(arm.blocks.size());
    rebalanced += block.rebalanced.var_unbiased / static_cast<double>(arm.blocks.size());
  }
  std::string text = fmt::format(" (Var_u {} to {} pp²", in_pp2(baseline), in_pp2(rebalanced));
  const auto change = [](double ratio) { return plain((ratio - 1) * 100); };
  if (arm.ratio->fieller)
    text += fmt::format(", {} %, {} % interval {} %", change(arm.ratio->of_means), percent(1 - analysis.alpha),
                        range_text(*arm.ratio->fieller, change));
  return text + ")";
}

// "mean D_u 5.2 pp², 95 % simultaneous interval 1.1 to 9.3 (Var_u ...), 10 blocks, adjusted p 0.0039"
std::string effect_text(const AnalysisSpec& analysis, const ArmEvidence& arm, const std::optional<double>& p) {
  std::string text = fmt::format("mean D_u {} pp²", in_pp2(arm.d.mean));
  const bool together = analysis.correction == kMaxT && !arm.control;
  const Interval interval = together ? arm.d_simultaneous.value_or(kNoInterval) : Interval{arm.d.ci_low, arm.d.ci_high};
  if (arm.d.status == PairedStatus::kOk && std::isfinite(interval.low)) {
    text += fmt::format(", {} % {}interval {}", percent(1 - analysis.alpha), together ? "simultaneous " : "",
                        range_text(interval, in_pp2));
  }
  text += ratio_text(analysis, arm);
  text += fmt::format(", {} block{}", arm.d.n, arm.d.n == 1 ? "" : "s");
  const char* word = analysis.correction == "none" || arm.control ? "unadjusted" : "adjusted";
  if (p) text += fmt::format(", {} p {}", word, p_text(*p));
  return text;
}

std::string accuracy_text(const AnalysisSpec& analysis, const ArmEvidence& arm) {
  std::string text = fmt::format("accuracy {} pp", signed_pp(arm.accuracy.mean));
  std::string tests = arm.accuracy_ci90 ? "90 % interval " + range_text(*arm.accuracy_ci90, signed_pp) + ", " : "";
  if (arm.p_non_inferior) {
    text += fmt::format(" ({}margin {} pp, non-inferiority p {})", tests, percent(analysis.accuracy_margin),
                        p_text(*arm.p_non_inferior));
  }
  return text;
}

std::string worst_class_text(const ArmEvidence& arm) {
  double change = 0;
  for (const BlockEffect& block : arm.blocks) change += block.worst_tpr_change / static_cast<double>(arm.blocks.size());
  return fmt::format("worst class {} pp", signed_pp(change));
}

// Empty if the arm can be judged.
std::string why_not_testable(const AnalysisSpec& analysis, const Evidence& evidence, const ArmEvidence& arm) {
  // With stopping an arm has the blocks up to its last look.
  const int64_t complete = analysis.stopping ? std::ssize(arm.blocks) : std::ssize(evidence.complete_blocks);
  if (arm.diverged_blocks > 0) {
    return fmt::format("training diverged in {} of {} blocks, a failure of the method", arm.diverged_blocks,
                       arm.planned_blocks);
  }
  if (analysis.stopping && !arm.p_adjusted) return "no look has come to it yet";
  if (!arm.p_adjusted) return "no block has both a baseline and a finished run of this arm";
  if (complete < 2) return "one complete block; a comparison needs at least two";
  if (too_many_blocks_lost(complete, arm.planned_blocks)) {
    return fmt::format("{} of {} planned blocks are complete; so far {}", complete, arm.planned_blocks,
                       effect_text(analysis, arm, arm.p_adjusted));
  }
  const double least = arm.control ? smallest_p(arm.d.n, 1, analysis) : evidence.smallest_p;
  if (least > analysis.alpha && !analysis.stopping) {
    const std::string compared = arm.control ? "" : " and " + family_words(analysis, evidence);
    return fmt::format("{} blocks{} reach p {} at best; {}", complete, compared, p_text(least),
                       effect_text(analysis, arm, arm.p_adjusted));
  }
  return "";
}

bool at_most(const std::optional<double>& p, double alpha) { return p && *p <= alpha; }

Verdict kind_of(const AnalysisSpec& analysis, const ArmEvidence& arm) {
  if (arm.spread_reduced) {
    if (arm.accuracy_kept) return Verdict::kEffective;
    const bool falls = arm.accuracy_ci90 && arm.accuracy_ci90->high < -analysis.accuracy_margin;
    return falls ? Verdict::kEffectiveAccuracyLost : Verdict::kEffectiveAccuracyOpen;
  }
  if (at_most(arm.p_increase_adjusted, analysis.alpha)) return Verdict::kHarmful;
  return at_most(arm.p_equivalent, analysis.alpha) ? Verdict::kNoPracticalEffect : Verdict::kInconclusive;
}

// What a verdict says, in the same words wherever it is given.
const char* verdict_clause(Verdict verdict) {
  switch (verdict) {
    case Verdict::kEffective: return "the spread falls, and a loss of accuracy by the margin is excluded";
    case Verdict::kEffectiveAccuracyOpen:
      return "the spread falls, but a loss of accuracy by the margin is not excluded";
    case Verdict::kEffectiveAccuracyLost: return "the spread falls, and accuracy falls by more than the margin";
    case Verdict::kHarmful: return "the spread grows";
    case Verdict::kNoPracticalEffect: return "the spread changes by less than a tenth";
    case Verdict::kInconclusive: return "neither a change of the spread nor its absence is shown";
    case Verdict::kIdentity: return "same as baseline, there is nothing to compare";
    case Verdict::kNotSelected: return "other arms were better on the selection seeds, so it was not confirmed";
    case Verdict::kNotTestable: break;
  }
  return "";
}

// The p that the verdict rests on.
std::string decisive_text(const AnalysisSpec& analysis, const ArmEvidence& arm) {
  if (arm.kind == Verdict::kHarmful) return effect_text(analysis, arm, arm.p_increase_adjusted);
  std::string text = effect_text(analysis, arm, arm.p_adjusted);
  if (at_most(arm.p_equivalent, analysis.alpha))
    text += fmt::format(", p {} of a change by a tenth or more", p_text(*arm.p_equivalent));
  return text;
}

}  // namespace

const char* verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kIdentity: return "identity";
    case Verdict::kNotTestable: return "not testable";
    case Verdict::kEffective: return "effective";
    case Verdict::kEffectiveAccuracyOpen: return "effective, accuracy loss not excluded";
    case Verdict::kEffectiveAccuracyLost: return "effective, accuracy falls";
    case Verdict::kHarmful: return "harmful";
    case Verdict::kNoPracticalEffect: return "no practical effect";
    case Verdict::kInconclusive: return "inconclusive";
    case Verdict::kNotSelected: return "not selected";
  }
  return "";
}

std::string in_pp2(double variance) { return plain(variance * 1e4); }
std::string in_pp(double share) { return plain(share * 100); }
std::string p_text(double p) { return p < 1e-4 ? "< 0.0001" : fmt::format("{:.2g}", p); }

std::string family_words(const AnalysisSpec& analysis, const Evidence& evidence) {
  const int64_t counted = analysis.correction == "none" ? 1 : evidence.family;
  std::string words = fmt::format("{} comparison{}", counted, counted == 1 ? "" : "s");
  if (analysis.correction != kMaxT) return words;
  words = "max-T over " + words;
  return evidence.untested == 0 ? words : fmt::format("{} ({} of them not testable)", words, evidence.untested);
}

bool too_many_blocks_lost(int64_t complete, int64_t planned) { return (planned - complete) * 10 > planned; }

void judge(const AnalysisSpec& analysis, const Evidence& evidence, ArmEvidence& arm) {
  std::string why_not;
  if (arm.identity) {
    arm.kind = Verdict::kIdentity;
  } else if (!arm.selected) {
    arm.kind = Verdict::kNotSelected;
  } else {
    why_not = why_not_testable(analysis, evidence, arm);
    arm.kind = why_not.empty() ? kind_of(analysis, arm) : Verdict::kNotTestable;
  }
  arm.verdict = fmt::format("{}{}: {}{}", arm.control && !arm.identity ? "control, " : "", verdict_name(arm.kind),
                            verdict_clause(arm.kind), why_not);
  if (arm.identity || !arm.selected || arm.kind == Verdict::kNotTestable) return;
  arm.verdict +=
      fmt::format("; {}; {}; {}", decisive_text(analysis, arm), accuracy_text(analysis, arm), worst_class_text(arm));
  if (!arm.stopped.empty()) arm.verdict += "; " + arm.stopped;
}

}  // namespace evensweep
