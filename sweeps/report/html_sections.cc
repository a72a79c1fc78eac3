// What the page says, section by section; captions.cc and facts.cc have its words.

#include <fmt/format.h>

#include "common/model/spec.h"
#include "sweeps/report/escape.h"
#include "sweeps/report/facts.h"
#include "sweeps/report/figures.h"
#include "sweeps/report/html_parts.h"

namespace evensweep {
namespace {

// A matrix of more classes has too many cells for a table of each arm; results.json has the counts.
constexpr size_t kMostMatrixTables = 60'000;  // cells in all tables together

std::string verdict_body(const ResultsIndex& index) {
  std::string list;
  for (const VerdictLine& verdict : verdicts(index))
    list += fmt::format("<li><strong>{}</strong>{}: {}</li>\n", html_escape(verdict.arm),
                        verdict.primary ? " (primary)" : "", html_escape(verdict.sentence));
  return list.empty() ? "<p>No arm was compared.</p>\n" : "<ul class=\"verdicts\">\n" + list + "</ul>\n";
}

std::string forest_body(const ResultsIndex& index) {
  return html_wide_figure(forest_figure(index), "Dots: seeds. Diamond: mean. Bar: " + interval_words(index.root()) +
                                                    ", an arrow where it goes on.");
}

std::string arms_body(const ResultsIndex& index) {
  return "<div class=\"arms\">" + html_table(arms_table(index), "Arms") + "</div>\n" + html_list(identity_lines(index));
}

std::string completeness_body(const ResultsIndex& index) {
  const Table missing = missing_table(index), failures = failures_table(index);
  return html_list(completeness_lines(index)) + html_wide_figure(grid_figure(index), "Every arm at every seed.") +
         html_table(missing, "Comparisons that are missing") + html_table(failures, "Runs that failed") +
         html_details("Notes of the methods on their treatments", html_table(notes_table(index), "Notes"));
}

std::string selection_body(const ResultsIndex& index) {
  const Table table = selection_table(index);
  return table.rows.empty() ? "" : html_paragraph(selection_words()) + html_table(table, "Selection");
}

std::string surface_body(const ResultsIndex& index) {
  std::string heat, dose;
  const std::vector<Surface> surfaces = surfaces_of(index);
  for (size_t i = 0; i < surfaces.size(); ++i) {
    heat += html_figure(heat_figure(index, surfaces[i], i), surfaces[i].title);
    dose += html_figure(dose_figure(index, surfaces[i], i), surfaces[i].title);
  }
  if (surfaces.empty()) return {};
  return html_paragraph(surface_words()) + "<div class=\"grid\">" + heat + "</div>\n<h3>Dose and response</h3>\n" +
         html_paragraph(dose_words(index.root())) + "<div class=\"grid\">" + dose + "</div>\n" +
         html_table(trends_table(index), "Trend along the parameter");
}

std::string classes_body(const ResultsIndex& index) {
  std::string body;
  for (size_t i = 0; i < index.arms().size(); ++i) {
    const View arm = index.arms()[i];
    if (!is_compared(arm)) continue;
    body += fmt::format("<div><h3>{}</h3>\n", html_escape(arm["name"].text())) +
            html_figure(classes_figure(index, arm, i), "") +
            html_details("Numbers of " + arm["name"].text(), html_table(classes_table(arm), "TPR of each class")) +
            "</div>\n";
  }
  return body.empty() ? "" : html_paragraph(classes_words()) + "<div class=\"grid\">" + body + "</div>\n";
}

std::string matrix_details(const ResultsIndex& index, const std::string& arm) {
  const MeanConfusion matrix = index.mean_confusion(index.compared_runs(arm));
  const size_t cells = matrix.classes * matrix.classes * (index.arms().size() + 1);
  if (matrix.runs == 0) return {};
  if (cells > kMostMatrixTables) return "<p class=\"muted\">The counts are in results.json.</p>\n";
  const std::string summary = "Numbers of " + arm + ", %";
  return html_details(summary, html_table(confusion_table(index, matrix), summary));
}

std::string confusion_body(const ResultsIndex& index) {
  const std::string baseline = baseline_confusion_figure(index);
  if (baseline.empty()) return {};
  std::string body = html_paragraph(confusion_words()) + "<div class=\"three\">" + baseline + "</div>\n" +
                     matrix_details(index, kBaseline);
  for (size_t i = 0; i < index.arms().size(); ++i) {
    const View arm = index.arms()[i];
    if (!is_compared(arm)) continue;
    body += fmt::format("<h3>{}</h3>\n<div class=\"three\">", html_escape(arm["name"].text())) +
            arm_confusion_figures(index, arm, i) + "</div>\n" + matrix_details(index, arm["name"].text());
  }
  return body;
}

std::string seeds_body(const ResultsIndex& index) {
  return html_wide_figure(seeds_figure(index), seeds_words()) +
         html_details("D_u of each block, pp²", html_table(blocks_table(index), "D_u of each block, pp²"));
}

std::string weights_body(const ResultsIndex& index) {
  const Table table = weights_table(index);
  if (table.rows.empty()) return {};
  return html_paragraph("Means over the seeds; in each run they add up to the number of classes.") +
         html_table(table, "Class weights");
}

std::string curves_body(const ResultsIndex& index) {
  const std::string accuracy = accuracy_curves_figure(index), loss = loss_curves_figure(index);
  if (accuracy.empty() && loss.empty()) return {};
  return "<div class=\"grid\">" + html_figure(accuracy, "Validation accuracy, seed means.") +
         html_figure(loss, loss_words()) + "</div>\n<ul class=\"legend\">" + curves_legend(index) + "</ul>\n" +
         html_details("Numbers at the last epoch", html_table(curves_table(index), "Last epoch"));
}

std::string robustness_body(const ResultsIndex& index) {
  const Table table = robustness_table(index);
  return (table.rows.empty() ? "" : html_paragraph(robustness_words()) + html_table(table, "Robustness")) +
         html_table(other_tests_table(index), "Other tests, corrections and probabilities") +
         html_table(test_set_table(index), "What the finite test set adds to the uncertainty") +
         html_list(robustness_lines(index));
}

std::string cost_body(const ResultsIndex& index) {
  return html_table(cost_table(index), "Training times") + html_list(time_lines(index.root()));
}

std::string facts_body(const std::vector<Fact>& facts) {
  std::string list;
  for (const Fact& fact : facts)
    list += "<dt>" + html_escape(fact.name) + "</dt><dd>" + html_escape(fact.value) + "</dd>\n";
  return "<dl>" + list + "</dl>\n";
}

std::string reproduction_body(const ResultsIndex& index) {
  return html_code(reproduction_command(index.root())) + html_paragraph(reproduction_words(index.root())) +
         facts_body(reproduction_facts(index.root())) +
         html_details("The sweep file", html_code(sweep_file_text(index.root()))) +
         html_details("Runs", html_table(runs_table(index), "Runs"));
}

}  // namespace

std::vector<HtmlSection> html_sections(const ResultsIndex& index) {
  const View root = index.root();
  std::vector<HtmlSection> sections = {
      {"verdict", "Verdict", verdict_body(index)},
      {"design", "Design", html_list(design_lines(index))},
      {"effects", "How much more evenly the classes are treated", forest_body(index)},
      {"traps", "What to keep in mind", html_list(root["traps"].texts())},
      {"arms", "Arms", arms_body(index)},
      {"completeness", "Completeness", completeness_body(index)},
      {"selection", "Selection", selection_body(index)},
      {"surface", "Effect over the parameters", surface_body(index)},
      {"classes", "True positive rates by class", classes_body(index)},
      {"tradeoff", "Evenness and accuracy", html_wide_figure(tradeoff_figure(index), tradeoff_words())},
      {"sizes", "Effect sizes and other measures",
       html_table(effects_table(index), "Effect sizes") +
           html_details("Other measures, before and after", html_table(measures_table(index), "Other measures"))},
      {"confusion", "Confusion matrices", confusion_body(index)},
      {"seeds", "Every seed", seeds_body(index)},
      {"weights", "Class weights used", weights_body(index)},
      {"curves", "Learning curves", curves_body(index)},
      {"controls", "Controls", html_table(controls_table(index), "Controls")},
      {"robustness", "Robustness", robustness_body(index)},
      {"cost", "Cost", cost_body(index)},
      {"reproduce", "Reproduce", reproduction_body(index)},
      {"checklist", "Answers for reproducibility checklists", facts_body(checklist_answers(index))},
  };
  std::erase_if(sections, [](const HtmlSection& section) { return section.body.empty(); });
  return sections;
}

}  // namespace evensweep
