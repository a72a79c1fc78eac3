#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "cli/data.h"
#include "cli/places.h"
#include "cli/terminal.h"
#include "common/base/file.h"
#include "common/base/text.h"
#include "common/dataset/dataset.h"
#include "common/dataset/inspect.h"
#include "common/dataset/survey.h"
#include "common/model/json.h"
#include "common/model/spec_json.h"

namespace evensweep {
namespace {

constexpr int kCheckSchemaVersion = 1;
// With fewer test rows a class's true positive rate moves by more than a twentieth for one row.
constexpr int64_t kFewTestRows = 20;

struct Checked {
  DatasetSpec spec;
  std::optional<TableSurvey> survey;  // of a bare CSV file
  Dataset dataset;
  ClassTable classes;
  uint64_t seed = 0;  // whose split was looked at
  std::vector<std::string> findings;
};

bool is_sweep_file(const std::string& file) { return file.ends_with(".yaml") || file.ends_with(".yml"); }

void note_columns(const TableSurvey& survey, const CsvColumns& columns, std::vector<std::string>& findings) {
  if (!survey.header)
    findings.push_back("no header line: the columns are taken as c1, c2, ...; name them in columns.names");
  for (const ColumnSurvey& column : survey.columns) {
    const std::string name = in_quotes(column.name);
    if (column.name == columns.label) continue;
    if (column.kind == ColumnKind::kIdentifier)
      findings.push_back(fmt::format("column {} tells rows apart, not kinds of them: left out", name));
    if (column.kind == ColumnKind::kConstant) findings.push_back(fmt::format("column {} is constant: left out", name));
    if (column.kind == ColumnKind::kEmpty) findings.push_back(fmt::format("column {} is empty: left out", name));
  }
}

std::string rows_are(int64_t rows) { return rows == 1 ? "1 row is" : fmt::format("{} rows are", rows); }

void note_rows(const DatasetInspection& seen, std::vector<std::string>& findings) {
  if (seen.duplicates > 0)
    findings.push_back(rows_are(seen.duplicates) + " equal to an earlier one; delete what was copied by mistake");
  if (seen.contradictions > 0)
    findings.push_back(rows_are(seen.contradictions) +
                       " equal to an earlier one but for the label; no model can get both right");
  if (seen.test_leaks + seen.validation_leaks > 0)
    findings.push_back(
        fmt::format("{} validation and {} test rows have the features of a training row: results will "
                    "look better than they are",
                    seen.validation_leaks, seen.test_leaks));
  for (const UnseenNames& unseen : seen.unseen)
    findings.push_back(
        fmt::format("column {}: {} validation and {} test cells have names that no training row has; "
                    "they count as unknown",
                    in_quotes(unseen.column), unseen.validation, unseen.test));
}

void note_classes(const ClassTable& classes, std::vector<std::string>& findings) {
  std::vector<std::string> small;
  for (size_t c = 0; c < classes.names.size(); ++c)
    if (classes.test[c] < kFewTestRows) small.push_back(in_quotes(classes.names[c]));
  if (small.empty()) return;
  constexpr size_t kShown = 6;
  const size_t shown = std::min(small.size(), kShown);
  findings.push_back(
      fmt::format("{} of {} classes have fewer than {} test rows, so that their true positive rates are "
                  "coarse: {}{}",
                  small.size(), classes.names.size(), kFewTestRows,
                  fmt::join(small.begin(), small.begin() + static_cast<ptrdiff_t>(shown), ", "),
                  small.size() > kShown ? ", ..." : ""));
}

// Reads and divides as a sweep would.
Status load(Checked& checked) {
  EV_ASSIGN_OR_RETURN(checked.dataset, load_dataset(checked.spec));
  EV_ASSIGN_OR_RETURN(checked.classes, count_classes(checked.spec, checked.dataset));
  EV_ASSIGN_OR_RETURN(const SplitRows split, split_rows(checked.spec, checked.dataset, checked.seed));
  note_rows(inspect(checked.dataset, split), checked.findings);
  note_classes(checked.classes, checked.findings);
  return absl::OkStatus();
}

StatusOr<Checked> check_table(const CheckOptions& options) {
  Checked checked;
  EV_ASSIGN_OR_RETURN(const std::string text, read_file(options.file));
  EV_ASSIGN_OR_RETURN(checked.survey, survey_csv(options.file, text));
  EV_ASSIGN_OR_RETURN(checked.spec, propose_dataset(*checked.survey, options.file, options.label));
  note_columns(*checked.survey, checked.spec.columns, checked.findings);
  EV_RETURN_IF_ERROR(load(checked));
  return checked;
}

StatusOr<Checked> check_sweep(const CheckOptions& options) {
  if (!options.label.empty())
    return absl::InvalidArgumentError("--label has no effect with a sweep file, which names its label; remove it");
  Checked checked;
  EV_ASSIGN_OR_RETURN(const Sweep sweep, read_sweep(options.file, options.data, {}));
  checked.spec = sweep.dataset;
  checked.seed = sweep.seeds[0];
  EV_RETURN_IF_ERROR(load(checked));
  return checked;
}

// On a terminal a name must not do anything.
std::string shown(const std::string& name) {
  const std::string quoted = in_quotes(name);
  return quoted.substr(1, quoted.size() - 2);
}

std::string column_line(const ColumnSurvey& column, size_t width, const std::string& label) {
  std::string line = fmt::format("  {:<{}}  {:<10}  {:>7}  {:>8}  ", shown(column.name), width, kind_word(column.kind),
                                 column.missing, column.distinct);
  if (column.kind == ColumnKind::kNumber || column.kind == ColumnKind::kMixed)
    line += fmt::format("{} to {}", shortest(column.least), shortest(column.most));
  if (column.name == label) line += line.ends_with("  ") ? "label" : ", label";
  while (line.ends_with(' ')) line.pop_back();
  return line + "\n";
}

// Columns of numbers without missing cells are only counted where there are many.
std::string columns_text(const TableSurvey& survey, const std::string& label) {
  constexpr size_t kShowAll = 24;
  size_t width = 6, plain = 0;
  for (const ColumnSurvey& column : survey.columns) width = std::max(width, std::min<size_t>(column.name.size(), 40));
  std::string text = fmt::format("\n  {:<{}}  {:<10}  {:>7}  {:>8}\n", "column", width, "kind", "missing", "distinct");
  for (const ColumnSurvey& column : survey.columns) {
    const bool is_plain = column.kind == ColumnKind::kNumber && column.missing == 0 && column.name != label;
    if (is_plain && survey.columns.size() > kShowAll && ++plain > 0) continue;
    text += column_line(column, width, label);
  }
  if (plain > 0) text += fmt::format("  and {} columns of numbers without missing cells\n", plain);
  return text;
}

std::string check_text(const Checked& checked) {
  const Dataset& data = checked.dataset;
  const std::string inputs = !data.pixels.empty()
                                 ? fmt::format("images of {} x {} pixels", data.image_width, data.height)
                             : data.symbols > 0 ? std::string("texts")
                                                : fmt::format("{} features", data.width);
  std::string text =
      fmt::format("{}: {} rows, {}, {} classes\n", checked.spec.name, data.rows, inputs, data.class_names.size());
  if (checked.survey) text += columns_text(*checked.survey, checked.spec.columns.label);
  size_t width = 5;
  for (const std::string& name : checked.classes.names) width = std::max(width, std::min<size_t>(name.size(), 40));
  text += fmt::format("\n  {:<{}}  {:>8}  {:>10}  {:>8}\n", "class", width, "training", "validation", "test");
  for (size_t c = 0; c < checked.classes.names.size(); ++c)
    text += fmt::format("  {:<{}}  {:>8}  {:>10}  {:>8}\n", shown(checked.classes.names[c]), width,
                        checked.classes.train[c], checked.classes.validation[c], checked.classes.test[c]);
  for (const DataFact& fact : data.facts) text += fmt::format("\n{}: {}", fact.name, fact.count);
  if (!data.facts.empty()) text += "\n";
  text += checked.findings.empty() ? "\nNothing suspicious.\n" : "\nTo look at:\n";
  for (const std::string& finding : checked.findings) text += "- " + finding + "\n";
  return text;
}

std::string check_json(const Checked& checked) {
  Json columns = Json::array(), classes = Json::array();
  if (checked.survey)
    for (const ColumnSurvey& column : checked.survey->columns) {
      Json one = {{"name", column.name},
                  {"kind", kind_word(column.kind)},
                  {"missing", column.missing},
                  {"missing_words", column.missing_words},
                  {"distinct", column.distinct}};
      if (column.kind == ColumnKind::kNumber || column.kind == ColumnKind::kMixed)
        one.update({{"least", column.least}, {"most", column.most}});
      columns.push_back(std::move(one));
    }
  for (size_t c = 0; c < checked.classes.names.size(); ++c)
    classes.push_back({{"name", checked.classes.names[c]},
                       {"training", checked.classes.train[c]},
                       {"validation", checked.classes.validation[c]},
                       {"test", checked.classes.test[c]}});
  Json json = {{"schema_version", kCheckSchemaVersion},
               {"name", checked.spec.name},
               {"rows", checked.dataset.rows},
               {"classes", std::move(classes)},
               {"split", split_json(checked.spec.split)},
               {"facts", Json::object()},
               {"findings", checked.findings}};
  for (const DataFact& fact : checked.dataset.facts) json["facts"][fact.name] = fact.count;
  if (checked.spec.format == DatasetFormat::kCsv) json["columns_read"] = columns_json(checked.spec.columns);
  if (checked.survey) json["columns"] = std::move(columns);
  return json.dump(2);
}

}  // namespace

Status check_data(const CheckOptions& options) {
  EV_ASSIGN_OR_RETURN(const Checked checked, is_sweep_file(options.file) ? check_sweep(options) : check_table(options));
  return print(options.output == "json" ? check_json(checked) : check_text(checked));
}

}  // namespace evensweep
