#include "sweeps/stats/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <span>

#include "sweeps/stats/adjust.h"
#include "sweeps/stats/metrics.h"

namespace evensweep {
namespace {

constexpr size_t kNamesShown = 4;

// The same arm in both sweeps.
struct MatchedArm {
  const ArmColumn* a = nullptr;
  const ArmColumn* b = nullptr;
};

// The same seed in both sweeps, by its place in each.
struct MatchedSeed {
  uint64_t seed = 0;
  size_t in_a = 0, in_b = 0;
};

// One model, evaluated.
struct Evaluated {
  std::optional<ModelMetrics> metrics;
  std::string lacking;
};

Evaluated evaluate(const SeedCell& cell) {
  if (!cell.counts) return {std::nullopt, cell.lacking};
  StatusOr<ModelMetrics> metrics = model_metrics(cell.counts->correct, cell.counts->total);
  if (!metrics.ok()) return {std::nullopt, std::string(metrics.status().message())};
  return {*std::move(metrics), ""};
}

std::vector<std::string> names_of(const SweepCells& sweep) {
  std::vector<std::string> names;
  for (const ArmColumn& arm : sweep.arms) names.push_back(arm.name);
  return names;
}

Status check(const char* name, const SweepCells& sweep) {
  const auto fits = [&](const std::vector<SeedCell>& cells) { return cells.size() == sweep.seeds.size(); };
  if (!fits(sweep.baseline) ||
      !std::all_of(sweep.arms.begin(), sweep.arms.end(), [&](const ArmColumn& arm) { return fits(arm.cells); })) {
    return absl::InvalidArgumentError(fmt::format("{}: every arm needs one cell for each seed", name));
  }
  const std::vector<std::string> arms = names_of(sweep);
  if (std::set<uint64_t>(sweep.seeds.begin(), sweep.seeds.end()).size() < sweep.seeds.size() ||
      std::set<std::string>(arms.begin(), arms.end()).size() < arms.size()) {
    return absl::InvalidArgumentError(fmt::format("{}: a seed or an arm is listed twice", name));
  }
  return absl::OkStatus();
}

template <typename Items>
std::string some_of(const Items& items) {
  const size_t shown = std::min<size_t>(items.size(), kNamesShown);
  const std::string names =
      fmt::format("{}", fmt::join(items.begin(), items.begin() + static_cast<int64_t>(shown), ", "));
  if (items.empty()) return "none";
  return shown == items.size() ? names : fmt::format("{} and {} more", names, items.size() - shown);
}

const ArmColumn* find_arm(const SweepCells& sweep, const std::string& name) {
  const auto found =
      std::find_if(sweep.arms.begin(), sweep.arms.end(), [&](const ArmColumn& arm) { return arm.name == name; });
  return found == sweep.arms.end() ? nullptr : &*found;
}

// Why an arm cannot be compared at any seed; empty if it can.
std::string unfit(const char* sweep, const ArmColumn& arm) {
  const auto diverged = std::count_if(arm.cells.begin(), arm.cells.end(), [](const SeedCell& c) { return c.diverged; });
  if (diverged > 0) return fmt::format("diverged in {} at {} of {} seeds", sweep, diverged, arm.cells.size());
  const auto has_counts = [](const SeedCell& cell) { return cell.counts.has_value(); };
  if (std::none_of(arm.cells.begin(), arm.cells.end(), has_counts)) return fmt::format("no result in {}", sweep);
  return "";
}

std::string unfit(const MatchedArm& arm) {
  if (arm.a->identity && arm.b->identity) return "the baseline's own run in both";
  const std::string in_a = unfit("A", *arm.a);
  return in_a.empty() ? unfit("B", *arm.b) : in_a;
}

std::vector<MatchedArm> match_arms(const SweepCells& a, const SweepCells& b, std::vector<LeftOutArm>& left_out) {
  std::vector<MatchedArm> matched;
  for (const ArmColumn& arm : a.arms) {
    const MatchedArm both{&arm, find_arm(b, arm.name)};
    const std::string reason = both.b == nullptr ? "only in A" : unfit(both);
    if (reason.empty()) {
      matched.push_back(both);
    } else {
      left_out.push_back({arm.name, reason});
    }
  }
  for (const ArmColumn& arm : b.arms)
    if (find_arm(a, arm.name) == nullptr) left_out.push_back({arm.name, "only in B"});
  return matched;
}

std::vector<MatchedSeed> match_seeds(const SweepCells& a, const SweepCells& b, std::vector<LeftOutSeed>& left_out) {
  std::vector<MatchedSeed> matched;
  for (size_t i = 0; i < a.seeds.size(); ++i) {
    const auto found = std::find(b.seeds.begin(), b.seeds.end(), a.seeds[i]);
    if (found != b.seeds.end()) {
      matched.push_back({a.seeds[i], i, static_cast<size_t>(found - b.seeds.begin())});
    } else {
      left_out.push_back({a.seeds[i], "only in A"});
    }
  }
  for (uint64_t seed : b.seeds)
    if (std::find(a.seeds.begin(), a.seeds.end(), seed) == a.seeds.end()) left_out.push_back({seed, "only in B"});
  return matched;
}

// Everything that the differences at a seed need: the baseline first, then the matched arms.
struct Block {
  uint64_t seed = 0;
  std::vector<ModelMetrics> a, b;
};

void add(const char* sweep, const std::string& arm, const SeedCell& cell, std::vector<ModelMetrics>& models,
         std::vector<std::string>& lacking) {
  Evaluated model = evaluate(cell);
  if (model.metrics) {
    models.push_back(*std::move(model.metrics));
  } else {
    lacking.push_back(fmt::format("{} in {}: {}", arm, sweep, model.lacking));
  }
}

std::vector<Block> complete_blocks(const SweepCells& a, const SweepCells& b, const std::vector<MatchedArm>& arms,
                                   const std::vector<MatchedSeed>& seeds, std::vector<LeftOutSeed>& left_out) {
  std::vector<Block> blocks;
  for (const MatchedSeed& at : seeds) {
    Block block{at.seed, {}, {}};
    std::vector<std::string> lacking;
    add("A", "baseline", a.baseline[at.in_a], block.a, lacking);
    add("B", "baseline", b.baseline[at.in_b], block.b, lacking);
    for (const MatchedArm& arm : arms) {
      add("A", arm.a->name, arm.a->cells[at.in_a], block.a, lacking);
      add("B", arm.b->name, arm.b->cells[at.in_b], block.b, lacking);
    }
    for (const std::string& reason : lacking) left_out.push_back({at.seed, reason});
    if (lacking.empty()) blocks.push_back(std::move(block));
  }
  return blocks;
}

double effect(const std::vector<ModelMetrics>& models, size_t arm) {
  return models.front().var_unbiased - models[arm].var_unbiased;
}

double largest_variance(const std::vector<Block>& blocks) {
  double most = 0;
  for (const Block& block : blocks)
    for (const auto* models : {&block.a, &block.b})
      for (const ModelMetrics& model : *models) most = std::max(most, model.var);
  return most;
}

PairedDifference pair(std::span<const double> d, double alpha, double scale) {
  return {paired_t(d, alpha, scale), sign_flip(d), std::nullopt};
}

// `arm` is its place in the blocks' lists of models.
ArmDifference difference_of(const std::string& name, size_t arm, const std::vector<Block>& blocks, double alpha) {
  ArmDifference result;
  result.arm = name;
  std::vector<double> d, var, accuracy;
  for (const Block& block : blocks) {
    d.push_back(effect(block.b, arm) - effect(block.a, arm));
    var.push_back(block.b[arm].var_unbiased - block.a[arm].var_unbiased);
    accuracy.push_back(block.b[arm].accuracy - block.a[arm].accuracy);
    result.seeds.push_back({block.seed, d.back(), var.back(), accuracy.back()});
  }
  const double scale = largest_variance(blocks);
  result.d_unbiased = pair(d, alpha, scale);
  result.var_unbiased = pair(var, alpha, scale);
  result.accuracy = paired_t(accuracy, alpha, 1);
  return result;
}

void adjust(PairedDifference ArmDifference::*measure, std::vector<ArmDifference>& arms) {
  std::vector<std::optional<double>> p;
  for (const ArmDifference& arm : arms) p.push_back((arm.*measure).sign_flip.p_two_sided);
  const auto adjusted = adjust_p(p, Correction::kHolm);
  for (size_t i = 0; i < arms.size(); ++i) (arms[i].*measure).p_holm = adjusted[i];
}

bool same_counts(const TestCounts& a, const TestCounts& b) {
  const bool have_confusions = !a.confusions.empty() && !b.confusions.empty();
  return a.correct == b.correct && a.total == b.total && (!have_confusions || a.confusions == b.confusions);
}

BaselineAgreement compare_baselines(const SweepCells& a, const SweepCells& b, const std::vector<MatchedSeed>& seeds,
                                    double alpha) {
  BaselineAgreement agreement;
  std::vector<double> var;
  double most = 0;
  for (const MatchedSeed& at : seeds) {
    const SeedCell &in_a = a.baseline[at.in_a], &in_b = b.baseline[at.in_b];
    if (!in_a.counts || !in_b.counts) continue;
    (same_counts(*in_a.counts, *in_b.counts) ? agreement.identical : agreement.differing).push_back(at.seed);
    const Evaluated model_a = evaluate(in_a), model_b = evaluate(in_b);
    if (!model_a.metrics || !model_b.metrics) continue;
    var.push_back(model_b.metrics->var_unbiased - model_a.metrics->var_unbiased);
    most = std::max({most, model_a.metrics->var, model_b.metrics->var});
  }
  agreement.var_unbiased = paired_t(var, alpha, most);
  return agreement;
}

Status nothing_left(const std::string& what) { return absl::InvalidArgumentError("nothing in common: " + what); }

}  // namespace

StatusOr<SweepComparison> compare_sweeps(const SweepCells& a, const SweepCells& b, double alpha) {
  if (!(alpha > 0 && alpha < 1))
    return absl::InvalidArgumentError(fmt::format("alpha is {}; it must be between 0 and 1", alpha));
  EV_RETURN_IF_ERROR(check("A", a));
  EV_RETURN_IF_ERROR(check("B", b));
  SweepComparison result;
  const std::vector<MatchedArm> arms = match_arms(a, b, result.left_out_arms);
  const std::vector<MatchedSeed> seeds = match_seeds(a, b, result.left_out_seeds);
  if (seeds.empty()) {
    return nothing_left(fmt::format("no seed is in both (A: {}; B: {})", some_of(a.seeds), some_of(b.seeds)));
  }
  if (arms.empty()) {
    return nothing_left(
        fmt::format("no arm has results in both (A: {}; B: {})", some_of(names_of(a)), some_of(names_of(b))));
  }
  const std::vector<Block> blocks = complete_blocks(a, b, arms, seeds, result.left_out_seeds);
  if (blocks.empty()) {
    return nothing_left(fmt::format("none of the {} seeds that are in both is complete; for example {}", seeds.size(),
                                    result.left_out_seeds.back().reason));
  }
  for (const Block& block : blocks) result.seeds.push_back(block.seed);
  for (size_t i = 0; i < arms.size(); ++i) result.arms.push_back(difference_of(arms[i].a->name, i + 1, blocks, alpha));
  adjust(&ArmDifference::d_unbiased, result.arms);
  adjust(&ArmDifference::var_unbiased, result.arms);
  result.baseline = compare_baselines(a, b, seeds, alpha);
  return result;
}

}  // namespace evensweep
