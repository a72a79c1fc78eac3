#include "cli/plan_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "common/model/expand.h"
#include "common/model/json.h"
#include "sweeps/report/format.h"

namespace evensweep {
namespace {

constexpr int kPlanSchemaVersion = 1;

// How many sweeps are simulated for the expected trainings: with many seeds each takes long.
constexpr int64_t kSimulated = 200, kSimulatedLong = 20;

std::optional<double> mean_seconds(const SweepResults& results) {
  double seconds = 0;
  int64_t runs = 0;
  for (const auto& [key, run] : results.runs) {
    if (!run.result) continue;
    const RunTimes& times = run.result->times;
    seconds += times.train_seconds + times.evaluate_seconds;
    ++runs;
  }
  return runs == 0 || seconds == 0 ? std::nullopt : std::optional(seconds / static_cast<double>(runs));
}

template <typename Named>
size_t widest_name(const std::vector<Named>& arms, std::string Named::*name) {
  size_t width = 8;
  for (const Named& arm : arms) width = std::max(width, (arm.*name).size());
  return width;
}

std::string runs_table(const Sweep& sweep, const coordinator::Plan& plan) {
  const size_t width = widest_name(plan.arms, &coordinator::ArmPlan::name);
  const auto& selection = sweep.analysis.selection;
  std::string seeds = std::to_string(sweep.seeds.size());
  if (selection) seeds = fmt::format("({} + {} selection)", seeds, selection->seeds.size());
  std::string text =
      fmt::format("{}: {} arms x {} seeds = {} trials\n\n", sweep.name, plan.arms.size(), seeds, plan.trials);
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

std::string facts_text(const std::vector<DataFact>& facts) {
  std::string text = facts.empty() ? "" : "\nData:\n";
  for (const DataFact& fact : facts) text += fmt::format("  {:>7}  {}\n", fact.count, fact.name);
  return text;
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

// "1.2 h", "3 min"
std::string duration_text(double seconds) {
  if (seconds >= 3600) return fmt::format("{:.1f} hours", seconds / 3600);
  return seconds >= 60 ? fmt::format("{:.0f} minutes", seconds / 60) : fmt::format("{:.0f} seconds", seconds);
}

std::string stages_text(const AnalysisSpec& analysis) {
  std::string text;
  if (analysis.selection)
    text += fmt::format("  selection            {} of the arms on {}{}, by validation data\n", analysis.selection->keep,
                        counted(std::ssize(analysis.selection->seeds), "seed"),
                        analysis.selection->racing ? ", racing" : "");
  if (analysis.stopping) {
    std::string looks;
    for (const int64_t look : analysis.stopping->looks) looks += (looks.empty() ? "" : ", ") + std::to_string(look);
    text += fmt::format("  stopping             {}, looks after {} seeds\n", analysis.stopping->rule, looks);
  }
  return text;
}

std::string cost_text(const Sweep& sweep, const coordinator::Plan& plan, const Prospect& prospect) {
  std::string text = "\nAnalysis plan " + plan_hash(sweep).substr(0, 12) + "\n" + stages_text(sweep.analysis);
  const auto time = [&](double runs) {
    return prospect.seconds_per_run ? ", " + duration_text(runs * *prospect.seconds_per_run) : std::string();
  };
  if (const auto& expected = prospect.trainings) {
    text +=
        fmt::format("  expected trainings   {:.0f}{} if no arm has an effect\n", expected->none, time(expected->none));
    text += fmt::format("                       {:.0f}{} if a quarter has one of {:.2f} sd\n", expected->quarter,
                        time(expected->quarter), expected->effect);
  }
  const auto most = static_cast<double>(plan.runs_to_train);
  text += fmt::format("  {:<20} {}{}\n", prospect.trainings ? "at most to train" : "to train", plan.runs_to_train,
                      time(most));
  if (prospect.seconds_per_run)
    text +=
        fmt::format("                       at {:.3g} seconds a run, one run at a time\n", *prospect.seconds_per_run);
  return text;
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

// Hours of one slot: a machine with eight of them takes an eighth.
Json cost_json(const coordinator::Plan& plan, const Prospect& prospect) {
  const auto hours = [&](std::optional<double> runs) {
    return runs && prospect.seconds_per_run ? Json(*runs * *prospect.seconds_per_run / 3600) : Json();
  };
  const auto& expected = prospect.trainings;
  const auto none = expected ? std::optional(expected->none) : std::nullopt;
  const auto quarter = expected ? std::optional(expected->quarter) : std::nullopt;
  return {{"seconds_per_run", number_json(prospect.seconds_per_run)},
          {"most_hours", hours(static_cast<double>(plan.runs_to_train))},
          {"expected_trainings_no_effect", number_json(none)},
          {"expected_hours_no_effect", hours(none)},
          {"expected_trainings_quarter", number_json(quarter)},
          {"expected_hours_quarter", hours(quarter)},
          {"effect_dz", expected ? Json(expected->effect) : Json()}};
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

Prospect prospect_of(const Sweep& sweep, const coordinator::Plan& plan, const PilotInput& input) {
  const auto family = std::count_if(plan.arms.begin() + 1, plan.arms.end(),
                                    [](const coordinator::ArmPlan& arm) { return !arm.identity && !arm.control; });
  int64_t confirmed = family;
  if (const auto& selection = sweep.analysis.selection) confirmed = std::min<int64_t>(family, selection->keep);
  SweepResults pilot = input.results.value_or(plan.known);
  pilot.sweep.analysis = sweep.analysis;
  Prospect prospect{.reach = reach_of(std::ssize(sweep.seeds), confirmed, sweep.analysis),
                    .pilot = pilot_arms(pilot, confirmed),
                    .seconds_per_run = input.seconds_per_run ? input.seconds_per_run : mean_seconds(pilot)};
  if ((sweep.analysis.selection || sweep.analysis.stopping) && prospect.reach.detectable_in_family)
    prospect.trainings = simulate_trainings(sweep, *prospect.reach.detectable_in_family,
                                            std::ssize(sweep.seeds) <= 12 ? kSimulated : kSimulatedLong, 0);
  return prospect;
}

std::string plan_table(const Sweep& sweep, const coordinator::Plan& plan, const Prospect& prospect) {
  return runs_table(sweep, plan) + facts_text(sweep.data_facts) + reach_text(sweep.analysis, prospect.reach) +
         cost_text(sweep, plan, prospect) + pilot_table(prospect.pilot);
}

std::string plan_json(const Sweep& sweep, const coordinator::Plan& plan, const Prospect& prospect) {
  const Json json = {{"schema", "evensweep-plan"},          {"schema_version", kPlanSchemaVersion},
                     {"sweep_id", sweep_id(sweep).str()},   {"sweep", to_json(sweep)},
                     {"arms", arms_json(plan.arms)},        {"trials", plan.trials},
                     {"runs_to_train", plan.runs_to_train}, {"runs_trained", plan.runs_trained},
                     {"reach", reach_json(prospect.reach)}, {"pilot", pilot_json(prospect.pilot)},
                     {"plan_sha256", plan_hash(sweep)},     {"cost", cost_json(plan, prospect)}};
  return json.dump(2);
}

}  // namespace evensweep
