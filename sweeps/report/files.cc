#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "sweeps/report/escape.h"
#include "sweeps/report/exports.h"
#include "sweeps/report/facts.h"
#include "sweeps/report/figures.h"
#include "sweeps/report/report.h"

namespace evensweep {
namespace {

constexpr size_t kLongestSlug = 40;

// A file name that says which arm is meant; the number before it makes it unique.
std::string slug(const std::string& name) {
  std::string text;
  for (const char c : name) {
    const bool is_plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
    if (is_plain)
      text += c;
    else if (!text.empty() && text.back() != '-')
      text += '-';
    if (text.size() == kLongestSlug) break;
  }
  return text.substr(0, text.find_last_not_of('-') + 1);
}

std::string arm_file(const char* what, size_t number, View arm, const char* ending) {
  return fmt::format("{}-{:02}-{}{}", what, number + 1, slug(arm["name"].text()), ending);
}

class Files {
 public:
  // A file without content is none.
  void add(std::string path, std::string content) {
    if (!content.empty()) files_.push_back({std::move(path), std::move(content)});
  }
  void add_figure(const std::string& name, const std::string& svg) {
    if (!svg.empty()) add("figures/" + name, standalone_svg(svg));
  }
  std::vector<ReportFile>& list() { return files_; }

 private:
  std::vector<ReportFile> files_;
};

// The column whose header begins so; one that does not exist if there is none.
size_t column_of(const Table& table, std::string_view name) {
  const auto found = std::find_if(table.header.begin(), table.header.end(),
                                  [name](const std::string& header) { return header.starts_with(name); });
  return static_cast<size_t>(found - table.header.begin());
}

std::set<CellPlace> best_arms(const Table& table) {
  std::set<CellPlace> bold = best_of_column(table, column_of(table, "Var_u arm"), Better::kLower);
  for (const char* name : {"D_u", "Accuracy change", "Worst class"})
    bold.merge(best_of_column(table, column_of(table, name), Better::kHigher));
  return bold;
}

void add_tables(const ResultsIndex& index, Files& files) {
  const std::string title = report_title(index.root()) + ". ";
  files.add("tables/arms.csv", arms_csv(index));
  files.add("tables/classes.csv", classes_csv(index));
  files.add("tables/confusion.csv", confusion_csv(index));
  files.add("tables/weights.csv", weights_csv(index));
  const Table arms = arms_table(index);
  files.add("tables/arms.tex", tex_table(arms, best_arms(arms),
                                         title + "Arms. Bold: best of its column, which alone shows no difference."));
  files.add("tables/blocks.tex", tex_table(blocks_table(index), {}, title + "D_u in pp^2 for each seed."));
  files.add("tables/weights.tex", tex_table(weights_table(index), {}, title + "Class weights, seed means."));
  for (size_t i = 0; i < index.arms().size(); ++i) {
    const View arm = index.arms()[i];
    if (!is_compared(arm)) continue;
    const Table classes = classes_table(arm);
    files.add("tables/" + arm_file("classes", i, arm, ".tex"),
              tex_table(classes, higher_of_columns(classes, 1, 3),
                        title + "TPR of each class, baseline and " + arm["name"].text() +
                            ". Bold: the higher of both, which alone shows no difference."));
  }
}

void add_figures(const ResultsIndex& index, Files& files) {
  files.add_figure("forest.svg", forest_figure(index));
  files.add_figure("curves-accuracy.svg", accuracy_curves_figure(index, Legend::kBelow));
  files.add_figure("curves-loss.svg", loss_curves_figure(index, Legend::kBelow));
  files.add_figure("confusion-baseline.svg", baseline_confusion_svg(index));
  for (size_t i = 0; i < index.arms().size(); ++i) {
    const View arm = index.arms()[i];
    if (!is_compared(arm)) continue;
    files.add_figure(arm_file("classes", i, arm, ".svg"), classes_figure(arm, i));
    files.add_figure(arm_file("confusion", i, arm, ".svg"), arm_confusion_svg(index, arm, i));
    files.add_figure(arm_file("confusion-change", i, arm, ".svg"), confusion_change_svg(index, arm, i));
  }
}

}  // namespace

std::vector<ReportFile> report_files(const Json& results) {
  const ResultsIndex index(results);
  Files files;
  files.add("trials.csv", trials_csv(results));
  add_tables(index, files);
  add_figures(index, files);
  files.add("report.bib", report_bib(index));
  files.add("report.md", report_markdown(results));
  files.add("report.html", report_html(results));
  const std::string text = results_text(results);
  std::vector<ReportFile> all = files.list();
  all.push_back({"results.json", text});
  const std::string provenance = provenance_json(index, all);
  all.insert(all.end() - 1, {"provenance.json", provenance});
  return all;
}

}  // namespace evensweep
