#include "sweeps/report/paper.h"

#include <algorithm>

#include "sweeps/report/escape.h"
#include "sweeps/report/exports.h"
#include "sweeps/report/facts.h"
#include "sweeps/report/figures.h"

namespace evensweep {
namespace {

// A row must fit on a page; results.json has what was cut.
constexpr size_t kCellCharacters = 400;

Table cleaned(Table table) {
  for (std::string& cell : table.header) cell = shortened(cell, kCellCharacters);
  for (auto& row : table.rows)
    for (std::string& cell : row) cell = shortened(cell, kCellCharacters);
  return table;
}

class Writer {
 public:
  void add(PaperBlock::Kind kind, const std::string& text, const std::string& lead = "") {
    if (!text.empty()) blocks_.push_back({.kind = kind, .text = clean_text(text), .lead = clean_text(lead)});
  }
  void bullets(const std::vector<std::string>& lines) {
    for (const std::string& line : lines) add(PaperBlock::kBullet, line);
  }
  void facts(const std::vector<Fact>& facts) {
    for (const Fact& fact : facts) add(PaperBlock::kBullet, fact.value, fact.name);
  }
  // Text of several lines, as it stands.
  void lines(const std::string& text) {
    for (size_t at = 0; at < text.size();) {
      const size_t end = std::min(text.find('\n', at), text.size());
      blocks_.push_back({.kind = PaperBlock::kCode, .text = clean_text(text.substr(at, end - at))});
      at = end + 1;
    }
  }
  void table(const Table& table) {
    if (!table.rows.empty()) blocks_.push_back({.kind = PaperBlock::kTable, .table = cleaned(table)});
  }
  void figure(const std::string& svg, const std::string& caption) { figures({{svg, caption}}, 1); }
  // Drawings that are empty are left out.
  void figures(std::vector<PaperFigure> figures, size_t columns) {
    std::erase_if(figures, [](const PaperFigure& figure) { return figure.svg.empty(); });
    for (PaperFigure& figure : figures) figure = {standalone_svg(figure.svg), clean_text(figure.caption)};
    if (!figures.empty())
      blocks_.push_back({.kind = PaperBlock::kFigures, .figures = std::move(figures), .columns = columns});
  }
  // Begins a section; one that stays empty is none.
  void section(const std::string& title) {
    drop_empty_section();
    add(PaperBlock::kSection, title);
  }
  std::vector<PaperBlock> take() {
    drop_empty_section();
    return std::move(blocks_);
  }

 private:
  void drop_empty_section() {
    if (!blocks_.empty() && blocks_.back().kind == PaperBlock::kSection) blocks_.pop_back();
  }
  std::vector<PaperBlock> blocks_;
};

void write_first_page(Writer& to, const ResultsIndex& index) {
  const View root = index.root();
  to.add(PaperBlock::kTitle, report_title(root));
  to.add(PaperBlock::kWarning, interim_warning(root));
  to.section("Verdict");
  for (const VerdictLine& verdict : verdicts(index))
    to.add(PaperBlock::kBullet, verdict.sentence, verdict.arm + (verdict.primary ? " (primary)" : ""));
  to.section("Design");
  to.bullets(design_lines(index));
  to.section("How much more evenly the classes are treated");
  to.figure(forest_figure(index),
            "Dots: seeds. Diamond: mean. Bar: " + interval_words(root) + ", an arrow where it goes on.");
  to.section("What to keep in mind");
  to.bullets(root["traps"].texts());
  to.section("Arms");
  to.table(arms_table(index));
  to.bullets(identity_lines(index));
}

void write_surfaces(Writer& to, const ResultsIndex& index) {
  std::vector<PaperFigure> heat, dose;
  const std::vector<Surface> surfaces = surfaces_of(index);
  for (size_t i = 0; i < surfaces.size(); ++i) {
    heat.push_back({heat_figure(index, surfaces[i], i), surfaces[i].title});
    dose.push_back({dose_figure(index, surfaces[i], i), surfaces[i].title});
  }
  to.section("Effect over the parameters");
  if (surfaces.empty()) return;
  to.add(PaperBlock::kText, surface_words());
  to.figures(heat, 2);
  to.add(PaperBlock::kText, dose_words(index.root()));
  to.figures(dose, 2);
  to.table(trends_table(index));
}

void write_classes(Writer& to, const ResultsIndex& index) {
  std::vector<PaperFigure> classes;
  for (size_t i = 0; i < index.arms().size(); ++i)
    if (is_compared(index.arms()[i]))
      classes.push_back({classes_figure(index, index.arms()[i], i), index.arms()[i]["name"].text()});
  if (classes.empty()) return;
  to.section("True positive rates by class");
  to.add(PaperBlock::kText, classes_words());
  to.figures(classes, 2);
}

void write_confusions(Writer& to, const ResultsIndex& index) {
  const std::string baseline = baseline_confusion_svg(index);
  if (baseline.empty()) return;
  to.section("Confusion matrices");
  to.add(PaperBlock::kText, confusion_words());
  for (size_t i = 0; i < index.arms().size(); ++i) {
    const View arm = index.arms()[i];
    const std::string name = arm["name"].text();
    if (is_compared(arm))
      to.figures({{baseline, "baseline, in %"},
                  {arm_confusion_svg(index, arm, i), name + ", in %"},
                  {confusion_change_svg(index, arm, i), "the latter less the former, in pp"}},
                 3);
  }
}

void write_middle(Writer& to, const ResultsIndex& index) {
  to.section("Completeness");
  to.bullets(completeness_lines(index));
  to.figure(grid_figure(index), "Every arm at every seed.");
  to.table(missing_table(index));
  to.table(failures_table(index));
  to.section("Selection");
  if (const Table selection = selection_table(index); !selection.rows.empty()) {
    to.add(PaperBlock::kText, selection_words());
    to.table(selection);
  }
  write_surfaces(to, index);
  write_classes(to, index);
  to.section("Evenness and accuracy");
  to.figure(tradeoff_figure(index), tradeoff_words());
  to.section("Effect sizes and other measures");
  to.table(effects_table(index));
  to.table(measures_table(index));
  write_confusions(to, index);
  to.section("Every seed");
  to.figure(seeds_figure(index), seeds_words());
  to.table(blocks_table(index));
  to.section("Class weights used");
  to.table(weights_table(index));
  to.section("Learning curves");
  to.figures({{accuracy_curves_figure(index, Legend::kBelow), "Validation accuracy, seed means."},
              {loss_curves_figure(index, Legend::kBelow), loss_words()}},
             2);
}

void write_end(Writer& to, const ResultsIndex& index) {
  const View root = index.root();
  to.section("Controls");
  to.table(controls_table(index));
  to.section("Robustness");
  if (const Table table = robustness_table(index); !table.rows.empty()) {
    to.add(PaperBlock::kText, robustness_words());
    to.table(table);
    to.table(other_tests_table(index));
    to.table(test_set_table(index));
  }
  to.bullets(robustness_lines(index));
  to.section("Cost");
  to.table(cost_table(index));
  to.bullets(time_lines(root));
  to.section("Reproduce");
  to.add(PaperBlock::kCode, reproduction_command(root));
  to.add(PaperBlock::kText, reproduction_words(root));
  to.facts(reproduction_facts(root));
  if (!sweep_file_text(root).empty()) to.add(PaperBlock::kSubsection, "The sweep file");
  to.lines(sweep_file_text(root));
  to.section("Answers for reproducibility checklists");
  to.facts(checklist_answers(index));
}

}  // namespace

Paper report_paper(const ResultsIndex& index) {
  Writer to;
  write_first_page(to, index);
  write_middle(to, index);
  write_end(to, index);
  return {.title = clean_text(report_title(index.root())),
          .date = clean_text(index.root()["times"]["last_finished_at"].text()),
          .blocks = to.take()};
}

StatusOr<std::vector<ReportFile>> report_pdfs(const Json& results, const PdfPrinter& printer) {
  const ResultsIndex index(results);
  const Paper paper = report_paper(index);
  std::vector<ReportFile> files;
  for (const ReportFile& file : figure_files(index)) {
    EV_ASSIGN_OR_RETURN(std::string pdf, printer.figure(file.content, paper.date));
    files.push_back({file.path.substr(0, file.path.rfind('.')) + ".pdf", std::move(pdf)});
  }
  EV_ASSIGN_OR_RETURN(std::string pdf, printer.paper(paper));
  files.push_back({"report.pdf", std::move(pdf)});
  return files;
}

}  // namespace evensweep
