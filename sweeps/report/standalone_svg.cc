#include "sweeps/report/exports.h"
#include "sweeps/report/html_parts.h"

namespace evensweep {
namespace {

// The value of a colour in the page's first :root rule, that of the light page.
std::string light_color(const std::string& name) {
  const std::string_view style = kStyleSheet;
  const size_t at = style.find("--" + name + ":");
  if (at == style.npos) return "#000";
  const size_t first = at + name.size() + 3;
  return std::string(style.substr(first, style.find_first_of(";}", first) - first));
}

// The rules of the drawings with all colours written out.
std::string written_out_style() {
  std::string style = kFigureStyle;
  for (size_t at = 0; (at = style.find("var(--", at)) != style.npos;) {
    const size_t end = style.find(')', at);
    style.replace(at, end + 1 - at, light_color(style.substr(at + 6, end - at - 6)));
  }
  return "svg{font-family:\"Noto Sans\",\"DejaVu Sans\",Helvetica,Arial,sans-serif}" + style;
}

}  // namespace

std::string standalone_svg(const std::string& svg) {
  const size_t end_of_tag = svg.find('>');
  if (end_of_tag == svg.npos) return {};
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + svg.substr(0, end_of_tag + 1) + "<style>" +
         written_out_style() + "</style>" + svg.substr(end_of_tag + 1);
}

}  // namespace evensweep
