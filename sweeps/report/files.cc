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

std::string named_file(const char* what, size_t number, const std::string& name, const char* ending) {
  return fmt::format("{}-{:02}-{}{}", what, number + 1, slug(name), ending);
}

std::string arm_file(const char* what, size_t number, View arm, const char* ending) {
  return named_file(what, number, arm["name"].text(), ending);
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
  const std::string about = " " + table_words(index);
  files.add("tables/arms.csv", arms_csv(index));
  files.add("tables/classes.csv", classes_csv(index));
  files.add("tables/confusion.csv", confusion_csv(index));
  files.add("tables/weights.csv", weights_csv(index));
  const Table arms = arms_table(index), robustness = robustness_table(index), cost = cost_table(index);
  files.add(
      "tables/arms.tex",
      tex_table(arms, best_arms(arms),
                "Effect of each arm." + about + " Bold: best of its column, which alone shows no difference.", "arms"));
  files.add("tables/blocks.tex", tex_table(blocks_table(index), {}, "D_u in pp² at each seed." + about, "blocks"));
  files.add("tables/weights.tex", tex_table(weights_table(index), {}, "Class weights, means over seeds.", "weights"));
  files.add("tables/effects.tex", tex_table(effects_table(index), {}, "Effect sizes." + about, "effects"));
  files.add("tables/measures.tex", tex_table(measures_table(index), {}, "Other measures." + about, "measures"));
  files.add("tables/other-tests.tex", tex_table(other_tests_table(index), {},
                                                "Other tests, corrections and probabilities." + about, "other-tests"));
  files.add("tables/selection.tex", tex_table(selection_table(index), {}, selection_words(), "selection"));
  files.add("tables/robustness.tex", tex_table(robustness, {}, robustness_words() + about, "robustness"));
  files.add("tables/controls.tex", tex_table(controls_table(index), {}, "Controls." + about, "controls"));
  files.add("tables/cost.tex",
            tex_table(cost, {}, "Training time and its ratio to the baseline of the same seed.", "cost"));
  for (size_t i = 0; i < index.arms().size(); ++i) {
    const View arm = index.arms()[i];
    if (!is_compared(arm)) continue;
    const Table classes = classes_table(arm);
    files.add(
        "tables/" + arm_file("classes", i, arm, ".tex"),
        tex_table(classes, higher_of_columns(classes, 1, 3),
                  "TPR of each class, baseline and " + arm["name"].text() + "." + about +
                      " Intervals of classes are of each class alone. Bold: the higher of both, which alone shows "
                      "no difference.",
                  fmt::format("classes-{}", i + 1)));
  }
}

}  // namespace

std::vector<ReportFile> figure_files(const ResultsIndex& index) {
  Files files;
  files.add_figure("forest.svg", forest_figure(index));
  files.add_figure("tradeoff.svg", tradeoff_figure(index));
  files.add_figure("seeds.svg", seeds_figure(index));
  files.add_figure("completeness.svg", grid_figure(index));
  const std::vector<Surface> surfaces = surfaces_of(index);
  for (size_t i = 0; i < surfaces.size(); ++i) {
    files.add_figure(named_file("heat", i, surfaces[i].title, ".svg"), heat_figure(index, surfaces[i], i));
    files.add_figure(named_file("dose", i, surfaces[i].title, ".svg"), dose_figure(index, surfaces[i], i));
  }
  files.add_figure("curves-accuracy.svg", accuracy_curves_figure(index, Legend::kBelow));
  files.add_figure("curves-loss.svg", loss_curves_figure(index, Legend::kBelow));
  files.add_figure("confusion-baseline.svg", baseline_confusion_svg(index));
  for (size_t i = 0; i < index.arms().size(); ++i) {
    const View arm = index.arms()[i];
    if (!is_compared(arm)) continue;
    files.add_figure(arm_file("classes", i, arm, ".svg"), classes_figure(index, arm, i));
    files.add_figure(arm_file("confusion", i, arm, ".svg"), arm_confusion_svg(index, arm, i));
    files.add_figure(arm_file("confusion-change", i, arm, ".svg"), confusion_change_svg(index, arm, i));
  }
  return std::move(files.list());
}

std::vector<ReportFile> report_files(const Json& results, std::vector<ReportFile> pdfs) {
  const ResultsIndex index(results);
  Files files;
  files.add("trials.csv", trials_csv(results));
  add_tables(index, files);
  for (ReportFile& figure : figure_files(index)) files.add(figure.path, std::move(figure.content));
  for (ReportFile& pdf : pdfs) files.add(pdf.path, std::move(pdf.content));
  files.add("sweep.yaml", sweep_file_text(index.root()));
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
