#include <fmt/format.h>

#include "sweeps/report/escape.h"
#include "sweeps/report/facts.h"
#include "sweeps/report/figures.h"
#include "sweeps/report/html_parts.h"
#include "sweeps/report/report.h"

namespace evensweep {
namespace {

// A matrix of more classes has too many cells for a table of each arm; results.json has the counts.
constexpr size_t kMostMatrixTables = 60'000;  // cells in all tables together

std::string verdict_section(const ResultsIndex& index) {
  std::string list;
  for (const VerdictLine& verdict : verdicts(index))
    list += fmt::format("<li><strong>{}</strong>{}: {}</li>\n", html_escape(verdict.arm),
                        verdict.primary ? " (primary)" : "", html_escape(verdict.sentence));
  return html_section("verdict", "Verdict",
                      list.empty() ? "<p>No arm was compared.</p>\n" : "<ul class=\"verdicts\">\n" + list + "</ul>\n");
}

std::string forest_section(const ResultsIndex& index) {
  return html_section(
      "effects", "How much more evenly the classes are treated",
      html_figure(forest_figure(index),
                  "Dots: seeds. Diamond: mean. Bar: " + interval_words(index.root()) + ", an arrow where it goes on.") +
          html_details("Numbers: D_u of each block, pp²", html_table(blocks_table(index), "D_u of each block")));
}

std::string arms_section(const ResultsIndex& index) {
  return html_section(
      "arms", "Arms",
      "<div class=\"arms\">" + html_table(arms_table(index), "Arms") + "</div>\n" + html_list(identity_lines(index)));
}

std::string classes_section(const ResultsIndex& index) {
  std::string body;
  for (size_t i = 0; i < index.arms().size(); ++i) {
    const View arm = index.arms()[i];
    if (!is_compared(arm)) continue;
    body += fmt::format("<div><h3>{}</h3>\n", html_escape(arm["name"].text())) +
            html_figure(classes_figure(arm, i), "") +
            html_details("Numbers", html_table(classes_table(arm), "TPR of each class")) + "</div>\n";
  }
  if (body.empty()) return {};
  return html_section("classes", "True positive rates by class",
                      "<p>Seed means; the class that the baseline serves worst comes first. Grey: baseline. Blue: the "
                      "class gained, vermillion: it lost. Whiskers: confidence intervals.</p>\n<div class=\"grid\">" +
                          body + "</div>\n");
}

std::string matrix_details(const ResultsIndex& index, const std::string& arm, const std::string& summary) {
  const MeanConfusion matrix = index.mean_confusion(index.compared_runs(arm));
  const size_t cells = matrix.classes * matrix.classes * (index.arms().size() + 1);
  if (matrix.runs == 0) return {};
  if (cells > kMostMatrixTables) return "<p class=\"muted\">The counts are in results.json.</p>\n";
  return html_details(summary, html_table(confusion_table(index, matrix), summary));
}

std::string confusion_section(const ResultsIndex& index) {
  const std::string baseline = baseline_confusion_figure(index);
  if (baseline.empty()) return {};
  std::string body =
      "<p>Rows: true classes; columns: predicted classes. Shades go with the square root of the rate, so that "
      "confusions "
      "of a few percent show. A difference of 25 pp has the full colour: blue where the arm predicts more often, "
      "vermillion where it does so less often.</p>\n<div class=\"three\">" +
      baseline + "</div>\n" + matrix_details(index, kBaseline, "Numbers of the baseline, %");
  for (size_t i = 0; i < index.arms().size(); ++i) {
    const View arm = index.arms()[i];
    if (!is_compared(arm)) continue;
    body += fmt::format("<h3>{}</h3>\n<div class=\"three\">", html_escape(arm["name"].text())) +
            arm_confusion_figures(index, arm, i) + "</div>\n" + matrix_details(index, arm["name"].text(), "Numbers, %");
  }
  return html_section("confusion", "Confusion matrices", body);
}

std::string weights_section(const ResultsIndex& index) {
  const Table table = weights_table(index);
  if (table.header.size() < 2 || table.rows.size() < 2) return {};
  return html_section("weights", "Class weights used",
                      "<p>Means over the seeds; in each run they add up to the number of classes.</p>\n" +
                          html_table(table, "Class weights"));
}

std::string curves_section(const ResultsIndex& index) {
  const std::string accuracy = accuracy_curves_figure(index), loss = loss_curves_figure(index);
  if (accuracy.empty() && loss.empty()) return {};
  return html_section(
      "curves", "Learning curves",
      "<div class=\"grid\">" + html_figure(accuracy, "Validation accuracy, seed means.") +
          html_figure(loss, "Training loss, seed means. Losses of arms with different weights are not comparable.") +
          "</div>\n<ul class=\"legend\">" + curves_legend(index) + "</ul>\n" +
          html_details("Numbers", html_table(curves_table(index), "Last epoch")));
}

std::string completeness_section(const ResultsIndex& index) {
  std::string body = html_list(completeness_lines(index));
  const Table missing = missing_table(index), failures = failures_table(index);
  if (!missing.rows.empty())
    body += "<h3>Comparisons that are missing</h3>\n" + html_table(missing, "Missing comparisons");
  if (!failures.rows.empty()) body += "<h3>Runs that failed</h3>\n" + html_table(failures, "Failed runs");
  return html_section(
      "completeness", "Completeness",
      body + html_details("Notes of the methods on their treatments", html_table(notes_table(index), "Notes")));
}

std::string reproduction_section(const ResultsIndex& index) {
  std::string facts;
  for (const Fact& fact : reproduction_facts(index.root()))
    facts += "<dt>" + html_escape(fact.name) + "</dt><dd>" + html_escape(fact.value) + "</dd>\n";
  return html_section("reproduce", "Reproduce",
                      "<pre>" + html_escape(reproduction_command(index.root())) + "</pre>\n<p>" +
                          html_escape(reproduction_words(index.root())) + "</p>\n<dl>" + facts + "</dl>\n" +
                          html_details("Runs", html_table(runs_table(index), "Runs")));
}

}  // namespace

std::string report_html(const Json& results) {
  const ResultsIndex index(results);
  const View root = index.root();
  const std::string title = html_escape(report_title(root)), warning = interim_warning(root);
  return "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
         "'unsafe-inline'\"/>\n<title>" +
         title + "</title>\n<style>" + kStyleSheet + kFigureStyle + "</style></head>\n<body><header><h1>" + title +
         "</h1>\n" + (warning.empty() ? "" : "<p class=\"warn\">" + html_escape(warning) + "</p>\n") +
         "</header>\n<main>\n" + verdict_section(index) +
         html_section("design", "Design", html_list(design_lines(index))) +
         html_section("traps", "What to keep in mind", html_list(root["traps"].texts())) + forest_section(index) +
         arms_section(index) + classes_section(index) + confusion_section(index) + weights_section(index) +
         curves_section(index) + completeness_section(index) + reproduction_section(index) +
         html_section("times", "Times", html_list(time_lines(root))) + "</main></body></html>\n";
}

}  // namespace evensweep
