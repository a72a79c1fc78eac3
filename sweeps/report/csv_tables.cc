#include "common/base/text.h"
#include "common/model/spec.h"
#include "sweeps/report/csv_parts.h"
#include "sweeps/report/escape.h"
#include "sweeps/report/exports.h"

namespace evensweep {
namespace {

constexpr const char* kSummary[] = {"mean", "ci_low", "ci_high"};

std::string summary_header(const std::string& name) {
  std::string header;
  for (const char* part : kSummary) header += "," + name + "_" + part;
  return header;
}

std::string summary_cells(View summary) {
  std::string cells;
  for (const char* part : kSummary) cells += "," + number_cell(summary[part]);
  return cells;
}

std::vector<std::string> all_names(const ResultsIndex& index) {
  std::vector<std::string> names = {kBaseline};
  for (const View& arm : index.arms()) names.push_back(arm["name"].text());
  return names;
}

}  // namespace

std::string arms_csv(const ResultsIndex& index) {
  const std::set<std::string> settings = settings_of(index.root());
  std::string text = "arm,method";
  for (const std::string& name : settings) text += "," + csv_text(name);
  text += ",primary,identity,blocks,verdict,p,p_adjusted,p_increase_adjusted,p_non_inferior" +
          summary_header("d_unbiased") + summary_header("d_simultaneous") + summary_header("accuracy_change") +
          summary_header("worst_tpr_change") + summary_header("baseline_var_unbiased") +
          summary_header("rebalanced_var_unbiased") + "\n";
  for (const View& arm : index.arms()) {
    text += csv_text(arm["name"].text()) + "," + csv_text(arm["method"].text());
    for (const std::string& name : settings) text += "," + setting_cell(arm, name);
    text += "," + csv_text(arm["primary"].scalar()) + "," + csv_text(arm["identity"].scalar()) + "," +
            std::to_string(arm["blocks"].size()) + "," + csv_text(arm["verdict"].text()) + "," +
            number_cell(arm["sign_flip"]["p_greater"]);
    for (const char* name : {"p_adjusted", "p_increase_adjusted", "p_non_inferior"})
      text += "," + number_cell(arm[name]);
    for (const char* name : {"d_unbiased", "d_simultaneous", "accuracy_change", "worst_tpr_change"})
      text += summary_cells(arm[name]);
    for (const char* name : {"baseline", "rebalanced"}) text += summary_cells(arm["var_unbiased"][name]);
    text += "\n";
  }
  return text;
}

std::string classes_csv(const ResultsIndex& index) {
  std::string text = "arm,class";
  for (const char* name : {"baseline_tpr", "rebalanced_tpr", "change"}) text += summary_header(name);
  text += "\n";
  for (const View& arm : index.arms())
    for (const View& item : arm["classes"].items()) {
      text += csv_text(arm["name"].text()) + "," + csv_text(item["name"].text());
      for (const char* name : {"baseline", "rebalanced", "change"}) text += summary_cells(item[name]);
      text += "\n";
    }
  return text;
}

std::string confusion_csv(const ResultsIndex& index) {
  std::string rows;
  for (const std::string& name : all_names(index)) {
    const MeanConfusion matrix = index.mean_confusion(index.compared_runs(name));
    if (matrix.runs == 0) continue;
    for (size_t i = 0; i < matrix.rates.size(); ++i)
      rows += csv_text(name) + "," + csv_text(index.class_names()[i / matrix.classes]) + "," +
              csv_text(index.class_names()[i % matrix.classes]) + "," +
              (matrix.rates[i] ? shortest(*matrix.rates[i]) : "") + "\n";
  }
  return rows.empty() ? "" : "arm,true_class,predicted_class,rate\n" + rows;
}

std::string weights_csv(const ResultsIndex& index) {
  std::string rows;
  for (const View& arm : index.arms()) {
    const std::string name = arm["name"].text();
    const std::vector<double> weights = index.mean_weights(index.finished_runs(name));
    for (size_t c = 0; c < weights.size(); ++c)
      rows += csv_text(name) + "," + csv_text(index.class_names()[c]) + "," + shortest(weights[c]) + "\n";
  }
  return rows.empty() ? "" : "arm,class,weight\n" + rows;
}

}  // namespace evensweep
