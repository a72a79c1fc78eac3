#include "sweeps/report/svg.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sweeps/report/escape.h"
#include "sweeps/report/format.h"

namespace evensweep {
namespace {

constexpr int kMostTicks = 50;

double nice_step(double rough) {
  const double power = std::pow(10, std::floor(std::log10(rough)));
  const double leading = rough / power;
  return power * (leading < 1.5 ? 1 : leading < 3.5 ? 2 : leading < 7.5 ? 5 : 10);
}

}  // namespace

double Scale::operator()(double value) const {
  if (!(high > low)) return (from + to) / 2;
  return from + (value - low) / (high - low) * (to - from);
}

std::vector<double> nice_ticks(double low, double high, int count) {
  if (!std::isfinite(low) || !std::isfinite(high) || !(high > low) || count < 1) return {};
  const double step = nice_step((high - low) / count);
  if (!std::isfinite(step) || !(step > 0)) return {};
  std::vector<double> ticks;
  const double first = std::ceil(low / step - 1e-9);
  for (int i = 0; i < kMostTicks; ++i) {
    const double tick = (first + i) * step;
    if (tick > high + step * 1e-9) break;
    ticks.push_back(tick == 0 ? 0.0 : tick);
  }
  return ticks;
}

std::vector<std::string> tick_labels(const std::vector<double>& ticks) {
  const double step = ticks.size() >= 2 ? ticks[1] - ticks[0] : 1;
  const int decimals = std::clamp(static_cast<int>(-std::floor(std::log10(step) + 1e-9)), 0, 9);
  std::vector<std::string> labels;
  for (double tick : ticks) labels.push_back(fixed(tick, decimals));
  return labels;
}

std::string coordinate(double value) {
  if (!std::isfinite(value)) return "0";
  std::string text = fixed(std::clamp(value, -1e6, 1e6), 1);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text;
}

Svg::Svg(double width, double height, std::string_view id, std::string_view title, std::string_view description) {
  content_ = fmt::format(
      R"(<svg id="fig-{0}" viewBox="0 0 {1} {2}" role="img" aria-label="{3}. {4}" xmlns="http://www.w3.org/2000/svg">)"
      R"(<title>{3}</title><desc>{4}</desc>)",
      id, coordinate(width), coordinate(height), html_escape(title), html_escape(description));
  content_ += "\n";
}

void Svg::line(double x1, double y1, double x2, double y2, std::string_view style) {
  content_ += fmt::format(R"(<path class="{}" d="M{} {}L{} {}"/>)", style, coordinate(x1), coordinate(y1),
                          coordinate(x2), coordinate(y2));
}

void Svg::rect(double x, double y, double width, double height, std::string_view style) {
  content_ += fmt::format(R"(<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>)", style, coordinate(x),
                          coordinate(y), coordinate(std::max(0.0, width)), coordinate(std::max(0.0, height)));
}

void Svg::circle(double x, double y, double radius, std::string_view style) {
  content_ += fmt::format(R"(<circle class="{}" cx="{}" cy="{}" r="{}"/>)", style, coordinate(x), coordinate(y),
                          coordinate(radius));
}

void Svg::path(std::string_view commands, std::string_view style) {
  content_ += fmt::format(R"(<path class="{}" d="{}"/>)", style, commands);
}

void Svg::text(double x, double y, std::string_view text, std::string_view style) {
  content_ += fmt::format(R"(<text class="{}" x="{}" y="{}">{}</text>)", style, coordinate(x), coordinate(y),
                          html_escape(text));
}

void Svg::rising_text(double x, double y, std::string_view text, std::string_view style) {
  content_ += fmt::format(R"--(<text class="{}" transform="translate({} {}) rotate(-90)">{}</text>)--", style,
                          coordinate(x), coordinate(y), html_escape(text));
}

void Svg::open_group(std::string_view id) { content_ += fmt::format(R"(<g id="{}">)", id); }
void Svg::close_group() { content_ += "</g>\n"; }
void Svg::reuse_group(std::string_view id) { content_ += fmt::format("<use href=\"#{}\"/>\n", id); }

}  // namespace evensweep
