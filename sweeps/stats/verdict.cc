#include <fmt/core.h>

#include <cmath>
#include <limits>

#include "sweeps/stats/design.h"
#include "sweeps/stats/words.h"

namespace evensweep {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr Interval kNoInterval{-kInfinity, kInfinity};

// Three digits and never an exponent: "1234", "12.3", "0.00123".
std::string plain(double value) {
  if (value == 0 || !std::isfinite(value)) return fmt::format("{}", value == 0 ? 0.0 : value);
  const int magnitude = static_cast<int>(std::floor(std::log10(std::abs(value))));
  return fmt::format("{:.{}f}", value, std::min(12, std::max(0, 2 - magnitude)));
}

// As somebody wrote it in a sweep file: 0.005 is "0.5".
std::string percent(double share) { return fmt::format("{:.4g}", share * 100); }

std::string signed_pp(double share) { return (share > 0 ? "+" : "") + in_pp(share); }

// "mean D_u 5.2 pp², 95 % interval 1.1 to 9.3, 10 blocks, adjusted p 0.0039"
std::string effect_text(const AnalysisSpec& analysis, const ArmEvidence& arm, const std::optional<double>& p) {
  std::string text = fmt::format("mean D_u {} pp²", in_pp2(arm.d.mean));
  const bool together = analysis.correction == kMaxT && !arm.control;
  const Interval interval = together ? arm.d_simultaneous.value_or(kNoInterval) : Interval{arm.d.ci_low, arm.d.ci_high};
  if (arm.d.status == PairedStatus::kOk && std::isfinite(interval.low)) {
    text += fmt::format(", {} % {}interval {} to {}", percent(1 - analysis.alpha), together ? "simultaneous " : "",
                        in_pp2(interval.low), in_pp2(interval.high));
  }
  text += fmt::format(", {} block{}", arm.d.n, arm.d.n == 1 ? "" : "s");
  const char* word = analysis.correction == "none" || arm.control ? "unadjusted" : "adjusted";
  if (p) text += fmt::format(", {} p {}", word, p_text(*p));
  return text;
}

std::string accuracy_text(const AnalysisSpec& analysis, const ArmEvidence& arm) {
  std::string text = fmt::format("accuracy {} pp", signed_pp(arm.accuracy.mean));
  if (arm.p_non_inferior) {
    text += fmt::format(" (margin {} pp, non-inferiority p {})", percent(analysis.accuracy_margin),
                        p_text(*arm.p_non_inferior));
  }
  return text;
}

// Empty if the arm can be judged.
std::string why_not_testable(const AnalysisSpec& analysis, const Evidence& evidence, const ArmEvidence& arm) {
  const auto complete = static_cast<int64_t>(evidence.complete_blocks.size());
  if (arm.diverged_blocks > 0) {
    return fmt::format("training diverged in {} of {} blocks, a failure of the method", arm.diverged_blocks,
                       arm.planned_blocks);
  }
  if (!arm.p_adjusted) return "no block has both a baseline and a finished run of this arm";
  if (complete < 2) return "one complete block; a comparison needs at least two";
  if (too_many_blocks_lost(complete, arm.planned_blocks)) {
    return fmt::format("{} of {} planned blocks are complete; so far {}", complete, arm.planned_blocks,
                       effect_text(analysis, arm, arm.p_adjusted));
  }
  const double least = arm.control ? smallest_p(arm.d.n, 1, analysis) : evidence.smallest_p;
  if (least > analysis.alpha) {
    const std::string compared = arm.control ? "" : " and " + family_words(analysis, evidence);
    return fmt::format("{} blocks{} reach p {} at best; {}", complete, compared, p_text(least),
                       effect_text(analysis, arm, arm.p_adjusted));
  }
  return "";
}

// The 90 % interval of the accuracy change lies below -margin.
bool accuracy_falls(const AnalysisSpec& analysis, const ArmEvidence& arm) {
  std::vector<double> change;
  for (const BlockEffect& block : arm.blocks) change.push_back(block.accuracy_change);
  const NonInferiority test = non_inferiority(change, analysis.accuracy_margin);
  return test.above_loss.status == PairedStatus::kOk && test.ci90.high < -analysis.accuracy_margin;
}

Verdict kind_of(const AnalysisSpec& analysis, const ArmEvidence& arm) {
  if (arm.spread_reduced) {
    if (arm.accuracy_kept) return Verdict::kReducedAccuracyKept;
    return accuracy_falls(analysis, arm) ? Verdict::kReducedAccuracyLost : Verdict::kReducedAccuracyOpen;
  }
  const bool increased = arm.p_increase_adjusted && *arm.p_increase_adjusted <= analysis.alpha;
  return increased ? Verdict::kIncreased : Verdict::kNotShown;
}

}  // namespace

const char* verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kIdentity: return "identity";
    case Verdict::kNotTestable: return "not testable";
    case Verdict::kReducedAccuracyKept: return "spread reduced, accuracy kept";
    case Verdict::kReducedAccuracyOpen: return "spread reduced, accuracy loss not excluded";
    case Verdict::kReducedAccuracyLost: return "spread reduced, accuracy falls";
    case Verdict::kIncreased: return "spread increased";
    case Verdict::kNotShown: return "no reduction shown";
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
  if (arm.identity) {
    arm.kind = Verdict::kIdentity;
    arm.verdict = "identity: same as baseline, there is nothing to compare";
    return;
  }
  const std::string why_not = why_not_testable(analysis, evidence, arm);
  if (!why_not.empty()) {
    arm.kind = Verdict::kNotTestable;
    arm.verdict = (arm.control ? "control, not testable: " : "not testable: ") + why_not;
    return;
  }
  arm.kind = kind_of(analysis, arm);
  const auto& p = arm.kind == Verdict::kIncreased ? arm.p_increase_adjusted : arm.p_adjusted;
  arm.verdict = fmt::format("{}{}: {}; {}", arm.control ? "control, " : "", verdict_name(arm.kind),
                            effect_text(analysis, arm, p), accuracy_text(analysis, arm));
}

}  // namespace evensweep
