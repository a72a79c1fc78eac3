#include "sweeps/report/html_parts.h"

#include <fmt/format.h>

#include <algorithm>

#include "sweeps/report/escape.h"

namespace evensweep {
namespace {

std::string row_of(const std::vector<std::string>& cells, bool is_head) {
  std::string row = "<tr>";
  for (size_t i = 0; i < cells.size(); ++i) {
    if (is_head)
      row += R"(<th scope="col">)" + html_escape(cells[i]) + "</th>";
    else if (i == 0)
      row += R"(<th scope="row">)" + html_escape(cells[i]) + "</th>";
    else
      row += "<td>" + html_escape(cells[i]) + "</td>";
  }
  return row + "</tr>\n";
}

}  // namespace

std::string html_table(const Table& table, std::string_view caption) {
  if (table.rows.empty()) return {};
  std::string rows;
  for (const auto& row : table.rows) rows += row_of(row, /*is_head=*/false);
  return fmt::format(
             R"(<div class="wide" role="region" tabindex="0" aria-label="Table: {}"><table{}><caption>{}</caption><thead>{}</thead><tbody>{}</tbody></table></div>)",
             html_escape(caption), table.wordy ? R"( class="wordy")" : "", html_escape(caption),
             row_of(table.header, /*is_head=*/true), rows) +
         "\n";
}

std::string html_list(const std::vector<std::string>& lines) {
  if (lines.empty()) return {};
  std::string list = "<ul>\n";
  for (const std::string& line : lines) list += "<li>" + html_escape(line) + "</li>\n";
  return list + "</ul>\n";
}

std::string html_details(std::string_view summary, std::string_view body) {
  if (body.empty()) return {};
  return fmt::format("<details><summary>{}</summary>\n{}</details>\n", html_escape(summary), body);
}

std::string html_section(const HtmlSection& section) {
  return fmt::format("<section id=\"{0}\" aria-labelledby=\"{0}-h\"><h2 id=\"{0}-h\">{1}</h2>\n{2}</section>\n",
                     section.id, html_escape(section.title), section.body);
}

std::string html_code(std::string_view text) {
  std::string lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    lines += html_escape(text.substr(at, end - at)) + "\n";
    at = end + 1;
  }
  return lines.empty() ? "" : "<pre tabindex=\"0\">" + lines + "</pre>\n";
}

std::string html_paragraph(std::string_view text) { return "<p>" + html_escape(text) + "</p>\n"; }

std::string html_figure(std::string_view svg, std::string_view caption) {
  if (svg.empty()) return {};
  if (caption.empty()) return fmt::format("<figure>{}</figure>\n", svg);
  return fmt::format("<figure>{}<figcaption>{}</figcaption></figure>\n", svg, html_escape(caption));
}

std::string html_wide_figure(std::string_view svg, std::string_view caption) {
  if (svg.empty()) return {};
  return fmt::format("<figure class=\"broad\" tabindex=\"0\">{}<figcaption>{}</figcaption></figure>\n", svg,
                     html_escape(caption));
}

}  // namespace evensweep
