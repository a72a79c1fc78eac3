#include "cli/plan_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "common/model/json.h"
#include "sweeps/report/format.h"

namespace evensweep {
namespace {

constexpr int kPlanSchemaVersion = 1;

template <typename Named>
size_t widest_name(const std::vector<Named>& arms, std::string Named::*name) {
  size_t width = 8;
  for (const Named& arm : arms) width = std::max(width, (arm.*name).size());
  return width;
}

std::string runs_table(const Sweep& sweep, const coordinator::Plan& plan) {
  const size_t width = widest_name(plan.arms, &coordinator::ArmPlan::name);
  std::string text = fmt::format("{}: {} arms x {} seeds = {} trials\n\n", sweep.name, plan.arms.size(),
                                 sweep.seeds.size(), plan.trials);
  text += fmt::format("{:<{}}  {:>7}  {:>8}\n", "arm", width, "trained", "to train");
  for (const coordinator::ArmPlan& arm : plan.arms) {
    text += fmt::format("{:<{}}  {:>7}  {:>8}", arm.name, width, arm.trained, arm.to_train);
    if (arm.after_baseline > 0) text += fmt::format("  {} after their baseline", arm.after_baseline);
    if (arm.earlier_rounds > 0) text += fmt::format("  {} more of earlier rounds", arm.earlier_rounds);
    if (arm.control) text += "  control";
    if (arm.shared > 0) text += fmt::format("  {} shared with an arm above", arm.shared);
    if (arm.identity) text += fmt::format("  identity: {}", *arm.identity);
    text += "\n";
  }
  return text + fmt::format("\n{} runs to train, {} already trained\n", plan.runs_to_train, plan.runs_trained);
}

std::string reach_text(const AnalysisSpec& analysis, const Reach& reach) {
  if (reach.family == 0) return "\nNo arm differs from the baseline: there is nothing to compare.\n";
  std::string text = fmt::format("\nWith {} and {} to compare, at alpha {} ({}):\n", counted(reach.blocks, "seed"),
                                 counted(reach.family, "arm"), analysis.alpha, analysis.correction);
  text += "  smallest adjusted p  " + p_value(reach.smallest_p);
  if (reach.smallest_p > analysis.alpha)
    text += fmt::format(": above alpha, nothing can be shown with fewer than {} seeds", reach.least_blocks);
  text += fmt::format("\n  detectable effect    {} sd of D_u over the seeds for one arm alone, {} at alpha/{}\n",
                      fixed(reach.detectable, 2), fixed(reach.detectable_in_family, 2),
                      analysis.correction == "none" ? 1 : reach.family);
  return text + fmt::format("                       ({:.0f} % power of the one-sided t test)\n", 100 * kPlannedPower);
}

std::string seeds_text(const PilotArm& arm) {
  if (!arm.seeds) return "-";
  if (!arm.seeds_at_limit) return fmt::format("{} or more", *arm.seeds);
  if (*arm.seeds == *arm.seeds_at_limit) return fmt::format("{}", *arm.seeds);
  return fmt::format("{} to {}", *arm.seeds, *arm.seeds_at_limit);
}

std::string pilot_table(const std::vector<PilotArm>& pilot) {
  if (pilot.empty()) return "";
  const size_t width = widest_name(pilot, &PilotArm::arm);
  std::vector<double> sizes;
  for (const PilotArm& arm : pilot) sizes.insert(sizes.end(), {arm.d.mean * kPp2, arm.d.sd * kPp2});
  const int decimals = decimals_for(sizes, 1);
  std::string text = fmt::format(
      "\nSo far: D_u in pp^2, and the seeds needed to show such a mean with {:.0f} % power\n\n", 100 * kPlannedPower);
  text +=
      fmt::format("{:<{}}  {:>5}  {:>10}  {:>10}  {:>10}  needed\n", "arm", width, "seeds", "mean", "sd", "sd at most");
  for (const PilotArm& arm : pilot) {
    const auto limit = arm.sd_limit ? std::optional(*arm.sd_limit * kPp2) : std::nullopt;
    text += fmt::format("{:<{}}  {:>5}  {:>10}  {:>10}  {:>10}  {}\n", arm.arm, width, arm.d.n,
                        signed_fixed(arm.d.mean * kPp2, decimals), fixed(arm.d.sd * kPp2, decimals),
                        fixed(limit, decimals), seeds_text(arm));
  }
  return text + "\nA first mean, the more so the best of several, tends to be too large.\n";
}

Json number_json(const std::optional<double>& value) { return value && std::isfinite(*value) ? Json(*value) : Json(); }
Json count_json(const std::optional<int64_t>& value) { return value ? Json(*value) : Json(); }

Json arms_json(const std::vector<coordinator::ArmPlan>& arms) {
  Json json = Json::array();
  for (const coordinator::ArmPlan& arm : arms)
    json.push_back({{"name", arm.name},
                    {"trained", arm.trained},
                    {"to_train", arm.to_train},
                    {"after_baseline", arm.after_baseline},
                    {"earlier_rounds", arm.earlier_rounds},
                    {"shared", arm.shared},
                    {"control", arm.control},
                    {"identity", arm.identity ? Json(*arm.identity) : Json()}});
  return json;
}

Json reach_json(const Reach& reach) {
  return {{"seeds", reach.blocks},
          {"family", reach.family},
          {"smallest_p", reach.smallest_p},
          {"least_seeds", reach.least_blocks},
          {"power", kPlannedPower},
          {"detectable_dz", number_json(reach.detectable)},
          {"detectable_dz_family", number_json(reach.detectable_in_family)}};
}

Json pilot_json(const std::vector<PilotArm>& pilot) {
  Json json = Json::array();
  for (const PilotArm& arm : pilot)
    json.push_back({{"name", arm.arm},
                    {"seeds", arm.d.n},
                    {"mean", number_json(arm.d.mean)},
                    {"sd", number_json(arm.d.sd)},
                    {"sd_limit", number_json(arm.sd_limit)},
                    {"seeds_needed", count_json(arm.seeds)},
                    {"seeds_needed_at_limit", count_json(arm.seeds_at_limit)}});
  return json;
}

}  // namespace

Prospect prospect_of(const Sweep& sweep, const coordinator::Plan& plan) {
  const auto family = std::count_if(plan.arms.begin() + 1, plan.arms.end(),
                                    [](const coordinator::ArmPlan& arm) { return !arm.identity && !arm.control; });
  return {reach_of(std::ssize(sweep.seeds), family, sweep.analysis), pilot_arms(plan.known, family)};
}

std::string plan_table(const Sweep& sweep, const coordinator::Plan& plan, const Prospect& prospect) {
  return runs_table(sweep, plan) + reach_text(sweep.analysis, prospect.reach) + pilot_table(prospect.pilot);
}

std::string plan_json(const Sweep& sweep, const coordinator::Plan& plan, const Prospect& prospect) {
  const Json json = {{"schema", "evensweep-plan"},          {"schema_version", kPlanSchemaVersion},
                     {"sweep_id", sweep_id(sweep).str()},   {"sweep", to_json(sweep)},
                     {"arms", arms_json(plan.arms)},        {"trials", plan.trials},
                     {"runs_to_train", plan.runs_to_train}, {"runs_trained", plan.runs_trained},
                     {"reach", reach_json(prospect.reach)}, {"pilot", pilot_json(prospect.pilot)}};
  return json.dump(2);
}

}  // namespace evensweep
