#include "common/base/text.h"
#include "sweeps/report/csv_parts.h"
#include "sweeps/report/escape.h"
#include "sweeps/report/format.h"
#include "sweeps/report/index.h"
#include "sweeps/report/report.h"

namespace evensweep {
namespace {

constexpr const char* kEffects[] = {"d", "d_unbiased", "accuracy_change", "worst_tpr_change"};
constexpr const char* kMetrics[] = {"accuracy", "var", "var_unbiased", "worst_tpr", "worst_class"};
constexpr const char* kModels[] = {"baseline", "rebalanced"};

std::string header_line(const std::set<std::string>& settings) {
  std::string line = "arm,method";
  for (const std::string& name : settings) line += "," + csv_text(name);
  line += ",seed,state,compared";
  for (const char* name : kEffects) line += std::string(",") + name;
  for (const char* model : kModels)
    for (const char* metric : kMetrics) line += std::string(",") + model + "_" + metric;
  return line + ",run,baseline_run,reason,notes\n";
}

std::string trial_line(View trial, View arm, const std::set<std::string>& settings) {
  const std::string name = trial["arm"].text();
  std::string line = csv_text(name) + "," + csv_text(arm.absent() ? name : arm["method"].text());
  for (const std::string& setting : settings) line += "," + setting_cell(arm, setting);
  line += "," + trial["seed"].scalar() + "," + csv_text(trial["state"].text()) + "," + trial["compared"].scalar();
  for (const char* effect : kEffects) line += "," + number_cell(trial[effect]);
  for (const char* model : kModels)
    for (const char* metric : kMetrics) line += "," + number_cell(trial[model][metric]);
  return line + "," + csv_text(trial["run"].text()) + "," + csv_text(trial["baseline_run"].text()) + "," +
         csv_text(trial["reason"].text()) + "," + csv_text(joined(trial["notes"].texts(), "; ")) + "\n";
}

}  // namespace

std::string number_cell(View value) {
  const auto number = value.number();
  return number ? shortest(*number) : std::string();
}

std::string setting_cell(View arm, const std::string& name) {
  const View parameter = arm["parameters"][name];
  return parameter.absent() ? csv_text(arm["options"][name].text()) : number_cell(parameter);
}

std::set<std::string> settings_of(View results) {
  std::set<std::string> names;
  for (const View& arm : results["arms"].items())
    for (const char* kind : {"parameters", "options"})
      for (const auto& [name, value] : arm[kind].members()) names.insert(name);
  return names;
}

std::string trials_csv(const Json& results) {
  const View root(results);
  const std::set<std::string> settings = settings_of(root);
  static const Json kNoArm;
  std::map<std::string, View> arms;
  for (const View& arm : root["arms"].items()) arms.emplace(arm["name"].text(), arm);
  std::string text = header_line(settings);
  for (const View& trial : root["trials"].items()) {
    const auto arm = arms.find(trial["arm"].text());
    text += trial_line(trial, arm == arms.end() ? View(kNoArm) : arm->second, settings);
  }
  return text;
}

}  // namespace evensweep
