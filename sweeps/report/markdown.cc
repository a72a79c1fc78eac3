#include "sweeps/report/escape.h"
#include "sweeps/report/facts.h"
#include "sweeps/report/index.h"
#include "sweeps/report/report.h"
#include "sweeps/report/tables.h"

namespace evensweep {
namespace {

std::string list_of(const std::vector<std::string>& lines) {
  if (lines.empty()) return {};
  std::string text;
  for (const std::string& line : lines) text += "- " + markdown_escape(line) + "\n";
  return text + "\n";
}

std::string row_of(const std::vector<std::string>& cells) {
  std::string row = "|";
  for (const std::string& cell : cells) row += " " + (cell.empty() ? std::string("-") : markdown_escape(cell)) + " |";
  return row + "\n";
}

std::string table_of(const Table& table) {
  if (table.rows.empty()) return {};
  std::string rule = "|";
  for (size_t i = 0; i < table.header.size(); ++i) rule += i == 0 || table.wordy ? " --- |" : " ---: |";
  std::string text = row_of(table.header) + rule + "\n";
  for (const auto& row : table.rows) text += row_of(row);
  return text + "\n";
}

std::string section(const std::string& title, const std::string& body) {
  return body.empty() ? "" : "## " + title + "\n\n" + body;
}

std::string verdict_list(const ResultsIndex& index) {
  std::string text;
  for (const VerdictLine& verdict : verdicts(index))
    text += "- **" + markdown_escape(verdict.arm) + "**" + (verdict.primary ? " (primary)" : "") + ": " +
            markdown_escape(verdict.sentence) + "\n";
  return text.empty() ? "No arm was compared.\n\n" : text + "\n";
}

std::string class_sections(const ResultsIndex& index) {
  std::string text;
  for (const View& arm : index.arms())
    if (is_compared(arm)) text += "### " + markdown_escape(arm["name"].text()) + "\n\n" + table_of(classes_table(arm));
  return text;
}

std::string checklist(const ResultsIndex& index) {
  std::string text;
  for (const Fact& answer : checklist_answers(index))
    text += "- **" + answer.name + "**: " + markdown_escape(answer.value) + "\n";
  return text;
}

std::string reproduction(View results) {
  std::string text;
  for (const Fact& fact : reproduction_facts(results))
    text += "- " + fact.name + ": " + markdown_escape(fact.value) + "\n";
  return "    " + clean_text(reproduction_command(results)) + "\n\n" + markdown_escape(reproduction_words(results)) +
         "\n\n" + text + "\n";
}

}  // namespace

std::string report_markdown(const Json& results) {
  const ResultsIndex index(results);
  const View root = index.root();
  const std::string warning = interim_warning(root);
  const Table missing = missing_table(index), failures = failures_table(index), notes = notes_table(index);
  return "# " + markdown_escape(report_title(root)) + "\n\n" +
         (warning.empty() ? "" : "**" + markdown_escape(warning) + "**\n\n") + section("Verdict", verdict_list(index)) +
         section("Design", list_of(design_lines(index))) +
         (root["traps"].size() > 0 ? section("What to keep in mind", list_of(root["traps"].texts())) : "") +
         section("Arms", table_of(arms_table(index)) + list_of(identity_lines(index))) +
         section("D_u of each block, pp²", table_of(blocks_table(index))) +
         section("True positive rates by class", class_sections(index)) +
         section("Class weights, seed means", table_of(weights_table(index))) +
         section("Effect sizes and other measures", table_of(effects_table(index)) + table_of(measures_table(index))) +
         section("Selection", table_of(selection_table(index))) + section("Controls", table_of(controls_table(index))) +
         section("Robustness", table_of(robustness_table(index)) + table_of(other_tests_table(index)) +
                                   table_of(test_set_table(index)) + list_of(robustness_lines(index))) +
         section("Completeness", list_of(completeness_lines(index)) + table_of(missing) + table_of(failures)) +
         section("Notes of the methods", table_of(notes)) +
         section("Cost", table_of(cost_table(index)) + list_of(time_lines(root))) +
         section("Reproduce", reproduction(root)) + section("Answers for reproducibility checklists", checklist(index));
}

}  // namespace evensweep
