#include "sweeps/report/tables.h"

#include <map>

#include "sweeps/report/facts.h"
#include "sweeps/report/format.h"

namespace evensweep {
namespace {

// "+1.2 [0.3, 2.1]"
std::string with_interval(View summary, double factor, int decimals) {
  const auto mean = scaled(summary["mean"], factor);
  if (!mean) return kNoNumber;
  const std::string range = interval(scaled(summary["ci_low"], factor), scaled(summary["ci_high"], factor), decimals);
  return signed_fixed(mean, decimals) + (range == kNoNumber ? "" : " " + range);
}

int decimals_of_d(const ResultsIndex& index) {
  std::vector<double> values;
  for (const View& arm : index.arms())
    for (const View& block : arm["blocks"].items())
      if (const auto value = scaled(block["d_unbiased"], kPp2)) values.push_back(*value);
  return decimals_for(values, 1);
}

// Mean over runs of a number at the last point of the curve.
std::optional<double> last_of_curve(const std::vector<View>& runs, const char* what) {
  double sum = 0;
  int64_t count = 0;
  for (const View& run : runs) {
    const View curve = run["curve"];
    if (curve.size() == 0) continue;
    if (const auto value = curve.at(curve.size() - 1)[what].number()) sum += *value, ++count;
  }
  return count == 0 ? std::nullopt : std::optional(sum / static_cast<double>(count));
}

}  // namespace

Table arms_table(const ResultsIndex& index) {
  Table table{
      .header = {"Arm", "Var_u baseline, pp²", "Var_u arm, pp²",
                 is_simultaneous(index.root()) ? "D_u, pp² [simultaneous CI]" : "D_u, pp² [CI]", "p", "p adjusted",
                 "Accuracy change, pp [CI]", "p not inferior", "Worst class TPR change, pp [CI]", "Verdict"},
      .rows = {}};
  const int decimals = decimals_of_d(index);
  for (const View& arm : index.arms()) {
    if (is_left_out(arm)) continue;
    if (arm["identity"].truth()) {
      std::vector<std::string> row(table.header.size(), "-");
      row.front() = arm["name"].text();
      row.back() = short_verdict(arm);
      table.rows.push_back(std::move(row));
      continue;
    }
    const View variance = arm["var_unbiased"];
    table.rows.push_back({arm["name"].text() + (arm["primary"].truth() ? " (primary)" : ""),
                          fixed(scaled(variance["baseline"]["mean"], kPp2), decimals),
                          fixed(scaled(variance["rebalanced"]["mean"], kPp2), decimals),
                          with_interval(effect_of(index.root(), arm), kPp2, decimals),
                          p_value(arm["sign_flip"]["p_greater"].number()), p_value(arm["p_adjusted"].number()),
                          with_interval(arm["accuracy_change"], kPp, 2), p_value(arm["p_non_inferior"].number()),
                          with_interval(arm["worst_tpr_change"], kPp, 1), short_verdict(arm)});
  }
  return table;
}

Table blocks_table(const ResultsIndex& index) {
  Table table{.header = {"Arm"}, .rows = {}};
  const std::vector<View> seeds = index.root()["sweep"]["seeds"].items();
  for (const View& seed : seeds) table.header.push_back("seed " + seed.scalar());
  const int decimals = decimals_of_d(index);
  for (const View& arm : index.arms()) {
    if (!is_compared(arm)) continue;
    std::map<std::string, std::string> by_seed;
    for (const View& block : arm["blocks"].items())
      by_seed[block["seed"].scalar()] = signed_fixed(scaled(block["d_unbiased"], kPp2), decimals);
    std::vector<std::string> row = {arm["name"].text()};
    for (const View& seed : seeds) {
      const auto found = by_seed.find(seed.scalar());
      row.push_back(found == by_seed.end() ? kNoNumber : found->second);
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

Table classes_table(View arm) {
  Table table{.header = {"Class", "Baseline TPR, %", "CI", "Rebalanced TPR, %", "CI", "Change, pp [CI]"}, .rows = {}};
  const auto range = [](View summary) {
    return interval(scaled(summary["ci_low"], kPp), scaled(summary["ci_high"], kPp), 1);
  };
  for (const View& item : arm["classes"].items())
    table.rows.push_back({item["name"].text(), fixed(scaled(item["baseline"]["mean"], kPp), 1), range(item["baseline"]),
                          fixed(scaled(item["rebalanced"]["mean"], kPp), 1), range(item["rebalanced"]),
                          with_interval(item["change"], kPp, 1)});
  return table;
}

Table confusion_table(const ResultsIndex& index, const MeanConfusion& matrix) {
  Table table{.header = {"True class"}, .rows = {}};
  for (const std::string& name : index.class_names()) table.header.push_back(name);
  for (size_t row = 0; row < matrix.classes; ++row) {
    std::vector<std::string> cells = {index.class_names()[row]};
    for (size_t column = 0; column < matrix.classes; ++column) {
      const auto& rate = matrix.rates[row * matrix.classes + column];
      cells.push_back(rate ? fixed(*rate * kPp, 1) : kNoNumber);
    }
    table.rows.push_back(std::move(cells));
  }
  return table;
}

Table weights_table(const ResultsIndex& index) {
  Table table{.header = {"Arm"}, .rows = {}};
  for (const std::string& name : index.class_names()) table.header.push_back(name);
  table.header.push_back("focal gamma");
  bool any = false;
  for (const View& arm : index.arms()) {
    const std::vector<View> runs = index.finished_runs(arm["name"].text());
    const std::vector<double> weights = index.mean_weights(runs);
    any = any || !weights.empty();
    const bool moving = !runs.empty() && !runs.front()["treatment"]["rule"].absent();
    const std::string none = moving ? "set in training" : kNoNumber;
    std::vector<std::string> row = {arm["name"].text()};
    for (size_t i = 0; i < index.class_names().size(); ++i)
      row.push_back(weights.empty() ? none : fixed(weights[i], 3));
    row.push_back(runs.empty() ? kNoNumber : runs.front()["treatment"]["focal_gamma"].scalar());
    table.rows.push_back(std::move(row));
  }
  if (!any) table.rows.clear();
  return table;
}

Table curves_table(const ResultsIndex& index) {
  Table table{.header = {"Arm", "Runs", "Validation accuracy at the end, %", "Training loss at the end"}, .rows = {}};
  std::vector<std::string> names = {kBaseline};
  for (const View& arm : index.arms()) names.push_back(arm["name"].text());
  for (const std::string& name : names) {
    const std::vector<View> runs = index.finished_runs(name);
    const auto accuracy = last_of_curve(runs, "validation_accuracy");
    table.rows.push_back({name, std::to_string(runs.size()),
                          fixed(accuracy ? std::optional(*accuracy * kPp) : accuracy, 2),
                          fixed(last_of_curve(runs, "train_loss"), 4)});
  }
  return table;
}

Table missing_table(const ResultsIndex& index) {
  Table table{.header = {"Arm", "Seed", "Why"}, .rows = {}, .wordy = true};
  for (const View& item : index.root()["completeness"]["missing"].items())
    table.rows.push_back({item["arm"].text(), item["seed"].scalar(), item["reason"].text()});
  return table;
}

Table failures_table(const ResultsIndex& index) {
  Table table{.header = {"Run", "Seed", "Arms", "Class", "Message"}, .rows = {}, .wordy = true};
  for (const View& run : index.root()["runs"].items())
    if (run["state"].text() == "failed")
      table.rows.push_back({run["key"].text().substr(0, 12), run["seed"].scalar(), joined(run["arms"].texts(), ", "),
                            run["failure"]["class"].text(), run["failure"]["message"].text()});
  return table;
}

Table notes_table(const ResultsIndex& index) {
  Table table{.header = {"Arm", "Seed", "Note"}, .rows = {}, .wordy = true};
  for (const View& trial : index.root()["trials"].items())
    for (const std::string& note : trial["notes"].texts())
      table.rows.push_back({trial["arm"].text(), trial["seed"].scalar(), note});
  return table;
}

Table runs_table(const ResultsIndex& index) {
  Table table{.header = {"Run", "Seed", "Arms", "State", "Training time", "Examples/s"}, .rows = {}, .wordy = true};
  if (!index.root()["table"].absent()) return table;  // trained elsewhere
  for (const View& run : index.root()["runs"].items())
    table.rows.push_back({run["key"].text().substr(0, 12), run["seed"].scalar(), joined(run["arms"].texts(), ", "),
                          run["state"].text(), seconds_text(run["times"]["train_seconds"].number()),
                          fixed(run["times"]["examples_per_second"].number(), 0)});
  return table;
}

}  // namespace evensweep
