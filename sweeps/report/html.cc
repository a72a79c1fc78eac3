#include "sweeps/report/escape.h"
#include "sweeps/report/facts.h"
#include "sweeps/report/html_parts.h"
#include "sweeps/report/report.h"

namespace evensweep {
namespace {

std::string contents(const std::vector<HtmlSection>& sections) {
  std::string list;
  for (const HtmlSection& section : sections)
    list += "<li><a href=\"#" + std::string(section.id) + "\">" + html_escape(section.title) + "</a></li>\n";
  return "<nav aria-label=\"Contents\"><ul>\n" + list + "</ul></nav>\n";
}

std::string head(const std::string& title) {
  return "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
         "'unsafe-inline'\"/>\n<title>" +
         title + "</title>\n<style>" + kStyleSheet + kFigureStyle + "</style></head>\n";
}

}  // namespace

std::string report_html(const Json& results) {
  const ResultsIndex index(results);
  const std::string title = html_escape(report_title(index.root())), warning = interim_warning(index.root());
  const std::vector<HtmlSection> sections = html_sections(index);
  std::string body;
  for (const HtmlSection& section : sections) body += html_section(section);
  return head(title) + "<body><header><h1>" + title + "</h1>\n" +
         (warning.empty() ? "" : "<p class=\"warn\">" + html_escape(warning) + "</p>\n") + contents(sections) +
         "</header>\n<main>\n" + body + "</main></body></html>\n";
}

}  // namespace evensweep
