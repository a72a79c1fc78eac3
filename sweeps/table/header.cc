#include "sweeps/table/header.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "common/base/text.h"
#include "common/dataset/csv_cells.h"

namespace evensweep {
namespace {

using Names = std::vector<std::string>;

struct Form {
  TableForm form;
  const char* name;
  Names columns;  // besides method and seed; the first of them names the class
};

const std::array<Form, 3>& forms() {
  static const std::array<Form, 3> kForms = {{
      {TableForm::kCounts, "counts", {"class", "correct", "total"}},
      {TableForm::kWideCounts,
       "wide counts",
       {"class", "baseline_correct", "baseline_total", "rebalanced_correct", "rebalanced_total"}},
      {TableForm::kPredictions, "predictions", {"label", "prediction"}},
  }};
  return kForms;
}

bool contains(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

size_t column_of(const Names& names, const std::string& name) {
  return static_cast<size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

// The form that most columns speak for.
const Form* form_of(const Names& names) {
  const Form* best = nullptr;
  int64_t most = 0;
  for (const Form& form : forms()) {
    const auto known =
        std::count_if(form.columns.begin(), form.columns.end(), [&](const auto& c) { return contains(names, c); });
    if (known > most) most = known, best = &form;
  }
  return best;
}

Status missing_column(const TablePlace& place, const Names& names, const std::string& lacking, const Form& form) {
  const auto near = nearest_name(lacking, names);
  return place.error(1, fmt::format("no column \"{}\", which a table of {} needs{}", lacking, form.name,
                                    near ? "; did you mean " + in_quotes(*near) + "?" : "; add it"));
}

Status check_columns(const TablePlace& place, const Names& names, const Form& form) {
  for (const char* name : {"method", "seed"})
    if (!contains(names, name)) return missing_column(place, names, name, form);
  for (const std::string& name : form.columns)
    if (!contains(names, name)) return missing_column(place, names, name, form);
  for (const Form& other : forms())
    for (const std::string& name : other.columns)
      if (contains(names, name) && !contains(form.columns, name))
        return place.error(1,
                           fmt::format("the column \"{}\" belongs to a table of {}, but this is one of {}; delete or "
                                       "rename it",
                                       name, other.name, form.name));
  return absl::OkStatus();
}

StatusOr<Names> read_names(std::string_view record, const TablePlace& place) {
  Names names;
  CsvCell cell;
  for (CsvCells cells(record); !cells.done();) {
    if (!cells.next(cell)) return place.error(cell.column, "a quoted name that does not end with a quote; close it");
    std::string name = plain_text(cell);
    if (!valid_utf8(name)) return place.error(cell.column, in_quotes(name) + " is not UTF-8; convert the file");
    if (name.empty())
      return place.error(cell.column, fmt::format("column {} has no name; name it, or delete it (pandas: "
                                                  "to_csv(..., index=False))",
                                                  names.size() + 1));
    if (contains(names, name))
      return place.error(cell.column, fmt::format("the column {} is there twice; rename one", in_quotes(name)));
    names.push_back(std::move(name));
  }
  return names;
}

}  // namespace

const char* table_form_name(TableForm form) { return forms()[static_cast<size_t>(form)].name; }

StatusOr<TableColumns> read_table_header(std::string_view record, const TablePlace& place) {
  EV_ASSIGN_OR_RETURN(Names names, read_names(record, place));
  const Form* form = form_of(names);
  if (form == nullptr)
    return place.error(1,
                       "no columns for results; a table needs method, seed and either class, correct, total or label, "
                       "prediction (docs/analysing-your-own-results.md)");
  EV_RETURN_IF_ERROR(check_columns(place, names, *form));
  TableColumns columns{.form = form->form, .names = names};
  columns.method = column_of(names, "method");
  columns.seed = column_of(names, "seed");
  columns.truth = column_of(names, form->columns.front());
  columns.prediction = column_of(names, "prediction");
  const bool wide = form->form == TableForm::kWideCounts;
  columns.correct = column_of(names, wide ? "rebalanced_correct" : "correct");
  columns.total = column_of(names, wide ? "rebalanced_total" : "total");
  columns.baseline_correct = column_of(names, "baseline_correct");
  columns.baseline_total = column_of(names, "baseline_total");
  for (size_t i = 0; i < names.size(); ++i)
    if (names[i] != "method" && names[i] != "seed" && !contains(form->columns, names[i]))
      columns.settings.push_back({i, names[i]});
  return columns;
}

}  // namespace evensweep
