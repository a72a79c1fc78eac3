#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "sweeps/report/escape.h"
#include "sweeps/report/exports.h"
#include "sweeps/report/format.h"

namespace evensweep {
namespace {

std::optional<double> leading_number(std::string_view cell) {
  if (cell.starts_with('+')) cell.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  return error == std::errc() && end != cell.data() ? std::optional(value) : std::nullopt;
}

std::optional<double> number_at(const Table& table, size_t row, size_t column) {
  return column < table.rows[row].size() ? leading_number(table.rows[row][column]) : std::nullopt;
}

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (size_t at = 0; (at = text.find(what, at)) != text.npos; at += by.size()) text.replace(at, what.size(), by);
}

// Its symbols as formulas.
std::string with_formulas(const std::string& name) {
  std::string text = tex_escape(name);
  replace_all(text, "Var\\_u", "$\\mathrm{Var}_u$");
  replace_all(text, "D\\_u", "$D_u$");
  return text;
}

std::string body_cell(const std::string& text, bool is_number, bool is_bold) {
  std::string cell = tex_escape(text.empty() ? "-" : text);
  if (is_number) {  // a minus is longer than a hyphen
    std::string with_minus;
    for (size_t i = 0; i < cell.size(); ++i) {
      const bool is_minus = cell[i] == '-' && i + 1 < cell.size() && cell[i + 1] >= '0' && cell[i + 1] <= '9';
      with_minus += is_minus ? "$-$" : std::string(1, cell[i]);
    }
    cell = with_minus;
  }
  return is_bold ? "\\textbf{" + cell + "}" : cell;
}

}  // namespace

bool is_number_column(const Table& table, size_t column) {
  if (table.wordy || column == 0) return false;
  for (const auto& row : table.rows) {
    if (column >= row.size() || row[column] == kNoNumber || row[column] == "-") continue;
    if (!leading_number(row[column]) && !row[column].starts_with('<') && !row[column].starts_with('[')) return false;
  }
  return true;
}

std::set<CellPlace> best_of_column(const Table& table, size_t column, Better better) {
  std::optional<double> best;
  size_t numbers = 0;
  for (size_t row = 0; row < table.rows.size(); ++row) {
    const auto value = number_at(table, row, column);
    if (!value) continue;
    ++numbers;
    if (!best || (better == Better::kHigher ? *value > *best : *value < *best)) best = value;
  }
  std::set<CellPlace> places;
  for (size_t row = 0; numbers > 1 && row < table.rows.size(); ++row)
    if (number_at(table, row, column) == best) places.emplace(row, column);
  return places;
}

std::set<CellPlace> higher_of_columns(const Table& table, size_t one, size_t other) {
  std::set<CellPlace> places;
  for (size_t row = 0; row < table.rows.size(); ++row) {
    const auto a = number_at(table, row, one), b = number_at(table, row, other);
    if (a && b && *a != *b) places.emplace(row, *a > *b ? one : other);
  }
  return places;
}

std::string tex_table(const Table& table, const std::set<CellPlace>& bold, const std::string& caption,
                      const std::string& label) {
  if (table.rows.empty()) return {};
  std::string columns, head;
  std::vector<bool> is_number;
  for (size_t column = 0; column < table.header.size(); ++column) {
    is_number.push_back(is_number_column(table, column));
    columns += is_number.back() ? 'r' : 'l';
    head += (column == 0 ? "" : " & ") + with_formulas(table.header[column]);
  }
  std::string text = fmt::format(
      "% Needs \\usepackage{{booktabs}} and \\usepackage{{graphicx}}.\n\\begin{{table}}\n\\centering\n\\caption{{{}}}\n"
      "\\label{{tab:evensweep-{}}}\n\\sbox0{{%\n\\begin{{tabular}}{{{}}}\n\\toprule\n{} \\\\\n\\midrule\n",
      with_formulas(caption), label, columns, head);
  for (size_t row = 0; row < table.rows.size(); ++row) {
    for (size_t column = 0; column < table.rows[row].size() && column < is_number.size(); ++column)
      text += (column == 0 ? "" : " & ") +
              body_cell(table.rows[row][column], is_number[column], bold.contains({row, column}));
    text += " \\\\\n";
  }
  return text +
         "\\bottomrule\n\\end{tabular}%\n}%\n"
         "\\ifdim\\wd0>\\linewidth\\resizebox{\\linewidth}{!}{\\usebox0}\\else\\usebox0\\fi\n\\end{table}\n";
}

}  // namespace evensweep
