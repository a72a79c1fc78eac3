#include "sweeps/stats/staged_design.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "common/model/expand.h"
#include "sweeps/stats/distributions.h"
#include "sweeps/stats/e_process.h"
#include "sweeps/stats/max_t.h"
#include "sweeps/stats/paired.h"
#include "sweeps/stats/sequential.h"

namespace evensweep {
namespace {

constexpr int64_t kRacingFrom = 5;  // blocks before the first arm may be dropped

std::vector<uint32_t> arms_left(const Sweep& sweep, std::span<const DesignDecision> decisions) {
  std::vector<uint32_t> arms;
  if (decisions.empty()) {
    arms.resize(sweep.arms.size());
    std::iota(arms.begin(), arms.end(), 1);
    return arms;
  }
  for (const ArmAtDecision& arm : decisions.back().arms)
    if (arm.fate == ArmFate::kGoesOn) arms.push_back(arm.arm);
  return arms;
}

bool is_selected(std::span<const DesignDecision> decisions) {
  return std::ranges::any_of(decisions, [](const DesignDecision& d) { return d.kind == StageKind::kSelection; });
}

int64_t looks_made(std::span<const DesignDecision> decisions) {
  return std::ranges::count_if(decisions, [](const DesignDecision& d) { return d.kind == StageKind::kLook; });
}

Stage selection_stage(const Sweep& sweep, std::span<const DesignDecision> decisions) {
  const SelectionSpec& selection = *sweep.analysis.selection;
  const auto all = static_cast<int64_t>(selection.seeds.size());
  const int64_t used = decisions.empty() ? 0 : decisions.back().seeds;
  int64_t end = all;
  if (selection.racing) end = std::min(all, used == 0 ? kRacingFrom : used + 1);
  const size_t before = sweep.seeds.size();
  return {.kind = end == all ? StageKind::kSelection : StageKind::kRacing,
          .decides = true,
          .first = before + static_cast<size_t>(used),
          .end = before + static_cast<size_t>(end)};
}

std::optional<Stage> confirmation_stage(const Sweep& sweep, std::span<const DesignDecision> decisions) {
  Stage stage{.kind = StageKind::kLook, .decides = sweep.analysis.stopping.has_value(), .end = sweep.seeds.size()};
  if (!stage.decides) return stage;
  const std::vector<int64_t>& looks = sweep.analysis.stopping->looks;
  const auto made = static_cast<size_t>(looks_made(decisions));
  if (made >= looks.size()) return std::nullopt;
  stage.first = made == 0 ? 0 : static_cast<size_t>(looks[made - 1]);
  stage.end = static_cast<size_t>(looks[made]);
  return stage;
}

Spending spending_of(const std::string& name) {
  if (name == "obrien_fleming") return Spending::kObrienFleming;
  return name == "hsd" ? Spending::kHwangShihDeCani : Spending::kPocock;
}

double mean_of(const std::vector<double>& d) {
  return std::accumulate(d.begin(), d.end(), 0.0) / static_cast<double>(d.size());
}

// The blocks of one stage and those before it, and what they say about each arm.
class StageData {
 public:
  StageData(const Sweep& sweep, std::span<const DesignDecision> decisions, const StageCells& cells, const Stage& stage)
      : sweep_(sweep),
        seeds_(all_seeds(sweep)),
        cells_(cells),
        stage_(stage),
        by_test_(stage.kind == StageKind::kLook) {
    from_ = by_test_ ? 0 : sweep.seeds.size();
    for (const uint32_t arm : stage.arms) {
      if (is_identity(arm))
        fates_.emplace_back(arm, ArmFate::kIdentity);
      else
        fates_.emplace_back(arm, has_failed(arm) ? ArmFate::kFailed : ArmFate::kGoesOn);
    }
    // A block that was dropped once stays dropped, also where the arm that lacked it has gone.
    if (!decisions.empty() && (decisions.back().kind == StageKind::kLook) == by_test_)
      for (const uint64_t seed : decisions.back().blocks) places_.push_back(place_of(seed));
    for (size_t place = stage.first; place < stage.end; ++place)
      if (is_complete(place)) places_.push_back(place);
  }

  const std::vector<std::pair<uint32_t, ArmFate>>& fates() const { return fates_; }
  size_t blocks() const { return places_.size(); }

  // Only a control can lack a block.
  std::vector<double> differences(uint32_t arm) const {
    std::vector<double> d;
    for (const size_t place : places_)
      if (const auto& own = variance(arm, place)) d.push_back(*variance(0, place) - *own);
    return d;
  }

  DesignDecision decision() const {
    DesignDecision decision{.kind = stage_.kind, .seeds = static_cast<int64_t>(stage_.end - from_)};
    for (const size_t place : places_) decision.blocks.push_back(seeds_[place]);
    for (const auto& [arm, fate] : fates_) {
      decision.arms.push_back({.arm = arm, .fate = fate});
      const std::vector<double> d = differences(arm);
      if (fate == ArmFate::kGoesOn && !d.empty()) decision.arms.back().mean = mean_of(d);
    }
    return decision;
  }

 private:
  const std::optional<double>& variance(uint32_t arm, size_t place) const {
    const StageCell& cell = cells_[arm][place];
    return by_test_ ? cell.test_variance : cell.validation_variance;
  }
  size_t place_of(uint64_t seed) const { return static_cast<size_t>(std::ranges::find(seeds_, seed) - seeds_.begin()); }
  std::span<const StageCell> seen(uint32_t arm) const {
    return std::span(cells_[arm]).subspan(from_, stage_.end - from_);
  }
  bool is_identity(uint32_t arm) const {
    return std::ranges::all_of(seen(arm), [](const StageCell& cell) { return cell.as_baseline; });
  }
  bool has_failed(uint32_t arm) const {
    bool any = false, diverged = false;
    for (size_t place = from_; place < stage_.end; ++place) {
      any = any || variance(arm, place).has_value();
      diverged = diverged || cells_[arm][place].diverged;
    }
    return diverged || !any;
  }
  bool is_complete(size_t place) const {
    return variance(0, place).has_value() && std::ranges::all_of(fates_, [&](const auto& arm) {
             return arm.second != ArmFate::kGoesOn || is_control(sweep_.arms[arm.first - 1]) ||
                    variance(arm.first, place).has_value();
           });
  }

  const Sweep& sweep_;
  std::vector<uint64_t> seeds_;
  const StageCells& cells_;
  const Stage& stage_;
  bool by_test_;
  size_t from_ = 0;
  std::vector<std::pair<uint32_t, ArmFate>> fates_;
  std::vector<size_t> places_;
};

// ---- Selection

// Those that may be dropped, the best first.
std::vector<ArmAtDecision*> candidates(const Sweep& sweep, DesignDecision& decision) {
  std::vector<ArmAtDecision*> list;
  for (ArmAtDecision& arm : decision.arms)
    if (arm.fate == ArmFate::kGoesOn && !is_control(sweep.arms[arm.arm - 1])) list.push_back(&arm);
  std::ranges::stable_sort(list, [](const auto* a, const auto* b) { return *a->mean > *b->mean; });
  return list;
}

// Irace's rule with simultaneous bounds: no error is guaranteed, the confirmation does that.
void drop_those_behind(const StageData& data, double alpha, const std::vector<ArmAtDecision*>& ranked) {
  const std::vector<double> best = data.differences(ranked.front()->arm);
  FamilyDifferences behind;
  for (size_t i = 1; i < ranked.size(); ++i) {
    behind.push_back(data.differences(ranked[i]->arm));
    for (size_t b = 0; b < best.size(); ++b) behind.back()[b] -= best[b];
  }
  const auto bounds = simultaneous_intervals(behind, alpha, Side::kLess);
  for (size_t i = 0; i < bounds.size(); ++i)
    if (bounds[i] && bounds[i]->high < 0) ranked[i + 1]->fate = ArmFate::kRacedOut;
}

// The standard deviation of the differences within arms.
std::optional<double> pooled_scale(const StageData& data, const DesignDecision& decision) {
  double variances = 0;
  int64_t arms = 0;
  for (const ArmAtDecision& arm : decision.arms) {
    if (!arm.mean || data.blocks() < 2) continue;
    const double sd = paired_t(data.differences(arm.arm), 0.05).sd;
    variances += sd * sd;
    ++arms;
  }
  return arms == 0 ? std::nullopt : std::optional(std::sqrt(variances / static_cast<double>(arms)));
}

DesignDecision decide_selection(const Sweep& sweep, const StageData& data) {
  const SelectionSpec& selection = *sweep.analysis.selection;
  const auto keep = static_cast<size_t>(selection.keep);
  DesignDecision decision = data.decision();
  decision.scale = pooled_scale(data, decision);
  if (data.blocks() == 0) {  // nothing to choose by
    if (decision.kind == StageKind::kSelection)
      for (ArmAtDecision& arm : decision.arms)
        if (arm.fate == ArmFate::kGoesOn) arm.fate = ArmFate::kFailed;
    return decision;
  }
  std::vector<ArmAtDecision*> ranked = candidates(sweep, decision);
  if (selection.racing && ranked.size() > keep && static_cast<int64_t>(data.blocks()) >= kRacingFrom) {
    drop_those_behind(data, sweep.analysis.alpha, ranked);
    std::erase_if(ranked, [](const ArmAtDecision* arm) { return arm->fate == ArmFate::kRacedOut; });
  }
  if (ranked.size() <= keep) decision.kind = StageKind::kSelection;  // further seeds would change nothing
  if (decision.kind == StageKind::kSelection)
    for (size_t i = keep; i < ranked.size(); ++i) ranked[i]->fate = ArmFate::kNotSelected;
  return decision;
}

// ---- Looks

// One look at all arms of the family. Of `family` arms `rejected` were found effective before.
class Look {
 public:
  Look(const Sweep& sweep, std::span<const DesignDecision> decisions, const StageData& data)
      : sweep_(sweep), stopping_(*sweep.analysis.stopping), data_(data), decision_(data.decision()) {
    decision_.look = looks_made(decisions) + 1;
    is_last_ = decision_.look == std::ssize(stopping_.looks);
    bool is_first = true;
    for (const DesignDecision& earlier : decisions) {
      if (earlier.kind == StageKind::kSelection) scale_ = earlier.scale;
      if (earlier.kind != StageKind::kLook) continue;
      counts_.push_back(std::ssize(earlier.blocks));
      for (const ArmAtDecision& arm : earlier.arms) rejected_ += arm.fate == ArmFate::kEffective ? 1 : 0;
      if (std::exchange(is_first, false)) family_ = family_of(earlier);
    }
    counts_.push_back(static_cast<int64_t>(data.blocks()));
    if (is_first) family_ = family_of(decision_);
    if (stopping_.scale) scale_ = stopping_.scale;
  }

  DesignDecision decide() && {
    std::vector<ArmAtDecision*> open;
    for (ArmAtDecision& arm : decision_.arms)
      if (arm.fate == ArmFate::kGoesOn && !is_control(sweep_.arms[arm.arm - 1])) open.push_back(&arm);
    if (data_.blocks() > 0) test(open);
    for (ArmAtDecision* arm : open) {
      if (arm->fate != ArmFate::kGoesOn) continue;
      if (is_last_)
        arm->fate = ArmFate::kNotShown;
      else
        look_ahead(*arm);
    }
    return std::move(decision_);
  }

 private:
  // Controls go on as long as an arm does; they answer a question of their own.
  int64_t family_of(const DesignDecision& first_look) const {
    return std::ranges::count_if(first_look.arms, [this](const ArmAtDecision& arm) {
      return arm.fate != ArmFate::kIdentity && !is_control(sweep_.arms[arm.arm - 1]);
    });
  }
  // What alpha is divided by for an arm that stands `place`-th of those still open.
  int64_t divisor(int64_t place) const {
    return sweep_.analysis.correction == "none" ? 1 : std::max<int64_t>(1, family_ - rejected_ - place);
  }

  // Holm's step-down over the arms still open. It is a closed test: an intersection of s hypotheses is rejected where
  // one of its arms crosses its boundary at alpha / s, and also at every s below, so that the shortcut is exact.
  void test(const std::vector<ArmAtDecision*>& open) {
    std::vector<std::pair<int64_t, ArmAtDecision*>> ranked;  // the largest divisor with which the arm is rejected
    for (ArmAtDecision* arm : open) ranked.emplace_back(rank_of(data_.differences(arm->arm)), arm);
    std::ranges::stable_sort(ranked, std::ranges::greater(), &std::pair<int64_t, ArmAtDecision*>::first);
    int64_t place = 0;
    double largest = 0;
    bool going = true;
    for (const auto& [rank, arm] : ranked) {
      const int64_t by = divisor(place);
      going = going && rank >= by;
      if (going) arm->fate = ArmFate::kEffective;
      arm->p = std::max(going ? largest : 0, std::min(1.0, static_cast<double>(by) * p_of(*arm, by)));
      largest = std::max(largest, *arm->p);
      if (going) ++place;
    }
  }

  int64_t rank_of(const std::vector<double>& d) const {
    if (stopping_.rule == kEProcess) {
      const std::optional<double> p = p_anytime(d);
      if (!p) return 0;
      int64_t rank = 0;
      while (rank < divisor(0) && *p * static_cast<double>(rank + 1) <= sweep_.analysis.alpha) ++rank;
      return rank;
    }
    int64_t rank = 0;
    while (rank < divisor(0) && test_at(d, rank + 1).rejected_at) ++rank;
    return rank;
  }

  double p_of(const ArmAtDecision& arm, int64_t by) const {
    const std::vector<double> d = data_.differences(arm.arm);
    if (stopping_.rule == kEProcess) return p_anytime(d).value_or(1);
    const SequentialTest test = test_at(d, by);
    const auto at = static_cast<size_t>(test.rejected_at.value_or(std::ssize(test.p)));
    return test.p.empty() ? 1 : test.p[at - 1];
  }

  std::optional<double> p_anytime(const std::vector<double>& d) const {
    if (!scale_) return std::nullopt;
    const auto process = e_process_symmetry(d, *scale_);
    return process ? std::optional(process->p_anytime.back()) : std::nullopt;
  }

  // Looks without a new complete block are none; their part of alpha comes with the next.
  SequentialTest test_at(const std::vector<double>& d, int64_t by) const {
    SequentialPlan plan{.alpha = sweep_.analysis.alpha / static_cast<double>(by),
                        .spending = spending_of(stopping_.spending)};
    const auto all = static_cast<double>(stopping_.looks.back());
    for (size_t k = 0; k < stopping_.looks.size(); ++k) {
      const int64_t blocks = k < counts_.size() ? counts_[k] : stopping_.looks[k];
      if (blocks == 0) continue;
      if (!plan.looks.empty() && plan.looks.back() == blocks) plan.looks.pop_back(), plan.shares.pop_back();
      plan.looks.push_back(blocks);
      plan.shares.push_back(static_cast<double>(stopping_.looks[k]) / all);
    }
    return sequential_sign_flip(d, plan).value_or(SequentialTest{});
  }

  void look_ahead(ArmAtDecision& arm) const {
    const double share =
        static_cast<double>(stopping_.looks[counts_.size() - 1]) / static_cast<double>(stopping_.looks.back());
    const double level = sweep_.analysis.alpha / static_cast<double>(divisor(0));
    arm.conditional_power = conditional_power(data_.differences(arm.arm), share, level);
    if (arm.conditional_power && *arm.conditional_power < stopping_.futility) arm.fate = ArmFate::kFutile;
  }

  const Sweep& sweep_;
  const StoppingSpec& stopping_;
  const StageData& data_;
  DesignDecision decision_;
  bool is_last_ = false;
  int64_t family_ = 0, rejected_ = 0;
  std::vector<int64_t> counts_;  // complete blocks at each look so far
  std::optional<double> scale_;
};

}  // namespace

std::optional<Stage> next_stage(const Sweep& sweep, std::span<const DesignDecision> decisions) {
  const bool selecting = sweep.analysis.selection && !is_selected(decisions);
  std::optional<Stage> stage = selecting ? selection_stage(sweep, decisions) : confirmation_stage(sweep, decisions);
  if (!stage) return std::nullopt;
  if (!decisions.empty() && !stage->decides && looks_made(decisions) > 0) return std::nullopt;
  stage->arms = arms_left(sweep, decisions);
  const bool only_controls =
      std::ranges::all_of(stage->arms, [&](uint32_t arm) { return is_control(sweep.arms[arm - 1]); });
  if (only_controls && !decisions.empty()) return std::nullopt;
  return stage;
}

DesignDecision decide_stage(const Sweep& sweep, std::span<const DesignDecision> decisions, const StageCells& cells) {
  const Stage stage = next_stage(sweep, decisions).value();
  const StageData data(sweep, decisions, cells, stage);
  if (stage.kind == StageKind::kLook) return Look(sweep, decisions, data).decide();
  return decide_selection(sweep, data);
}

std::optional<double> conditional_power(std::span<const double> d, double share, double level) {
  if (d.size() < 2) return std::nullopt;
  const PairedSummary summary = paired_t(d, 0.05);
  if (summary.status == PairedStatus::kAllZero || summary.mean <= 0) return 0;
  if (summary.status != PairedStatus::kOk) return 1;
  const double z = -normal_quantile(student_sf(summary.t, static_cast<double>(d.size()) - 1));
  const double needed = -normal_quantile(level) - z / std::sqrt(share);
  return normal_sf(needed / std::sqrt(1 - share));
}

}  // namespace evensweep
