#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "common/base/text.h"
#include "sweeps/report/axes.h"
#include "sweeps/report/escape.h"
#include "sweeps/report/facts.h"
#include "sweeps/report/figures.h"
#include "sweeps/report/format.h"

namespace evensweep {
namespace {

constexpr double kWidth = 480, kLeft = 62, kRight = 464, kTop = 12, kBottom = 232, kAxis = 44, kLegendRow = 17;
constexpr size_t kColors = 7;

struct Dose {
  double x = 0;
  double mean = 0;
  std::optional<double> low, high;
};

std::vector<Dose> doses_of(const ResultsIndex& index, const Surface& surface, size_t row) {
  std::vector<Dose> doses;
  for (size_t column = 0; column < surface.xs.size(); ++column) {
    const auto place = surface.cells[row * surface.xs.size() + column];
    if (!place || !is_compared(index.arms()[*place])) continue;
    const View effect = effect_of(index.root(), index.arms()[*place]);
    const auto mean = scaled(effect["mean"], kPp2);
    if (mean)
      doses.push_back({.x = static_cast<double>(column),
                       .mean = *mean,
                       .low = scaled(effect["ci_low"], kPp2),
                       .high = scaled(effect["ci_high"], kPp2)});
  }
  return doses;
}

// All methods share the vertical scale: 0, all means, and of the intervals as much as does not dwarf these.
Scale effects_scale(const ResultsIndex& index) {
  Scale scale{.low = 0, .high = 0, .from = kBottom, .to = kTop};
  for (const View& arm : index.arms())
    if (const auto mean = scaled(effect_of(index.root(), arm)["mean"], kPp2)) extend(scale, *mean);
  const double reach = std::max(2 * (scale.high - scale.low), 1e-9);
  Scale wide = scale;
  for (const View& arm : index.arms()) {
    const View effect = effect_of(index.root(), arm);
    if (const auto low = scaled(effect["ci_low"], kPp2)) extend(wide, std::max(*low, scale.low - reach));
    if (const auto high = scaled(effect["ci_high"], kPp2)) extend(wide, std::min(*high, scale.high + reach));
  }
  return widened(wide, 0.04);
}

void draw_band(Svg& svg, const std::vector<Dose>& doses, const Scale& x, const Scale& y, size_t color) {
  std::string there, back;
  for (const Dose& dose : doses) {
    if (!dose.low || !dose.high) return;  // no band where an interval is missing
    const double low = std::clamp(y(*dose.low), kTop, kBottom), high = std::clamp(y(*dose.high), kTop, kBottom);
    there += fmt::format("{}{} {}", there.empty() ? "M" : "L", coordinate(x(dose.x)), coordinate(high));
    back = fmt::format("L{} {}", coordinate(x(dose.x)), coordinate(low)) + back;
    svg.path(fmt::format("M{} {}V{}", coordinate(x(dose.x)), coordinate(low), coordinate(high)),
             fmt::format("l c{}", color));
  }
  if (doses.size() > 1) svg.path(there + back + "z", fmt::format("band f{}", color));
}

void draw_doses(Svg& svg, const std::vector<Dose>& doses, const Scale& x, const Scale& y, size_t row) {
  const size_t color = row % kColors;
  draw_band(svg, doses, x, y, color);
  std::string line;
  for (const Dose& dose : doses) {
    line += fmt::format("{}{} {}", line.empty() ? "M" : "L", coordinate(x(dose.x)), coordinate(y(dose.mean)));
    svg.circle(x(dose.x), y(dose.mean), 4, fmt::format("f{}", color));
  }
  if (doses.size() > 1) svg.path(line, fmt::format("l c{} d{}", color, row % 6));
}

}  // namespace

std::string dose_figure(const ResultsIndex& index, const Surface& surface, size_t number) {
  const Scale y = effects_scale(index);
  const Scale x{.low = -0.3, .high = static_cast<double>(surface.xs.size()) - 0.7, .from = kLeft, .to = kRight};
  const double legend = surface.y.empty() ? 0 : kLegendRow * static_cast<double>(surface.ys.size());
  Svg svg(kWidth, kBottom + kAxis + legend, fmt::format("dose-{}", number), "Dose and response: " + surface.title,
          "Mean D_u in pp² over the values of " + surface.x + ", with " + interval_words(index.root()) +
              ". The numbers are in the table of arms.");
  draw_rows(svg, y, kLeft, kRight);
  draw_row_title(svg, y, 14, "D_u in pp²");
  svg.line(kLeft, y(0), kRight, y(0), "zero");
  for (size_t i = 0; i < surface.xs.size(); ++i)
    svg.text(x(static_cast<double>(i)), kBottom + 18, shortest(surface.xs[i]), "t c");
  svg.text((kLeft + kRight) / 2, kBottom + 36, surface.x, "m c");
  for (size_t row = 0; row < surface.ys.size(); ++row) {
    draw_doses(svg, doses_of(index, surface, row), x, y, row);
    if (surface.y.empty()) continue;
    const double at = kBottom + kAxis + kLegendRow * (static_cast<double>(row) + 0.5);
    svg.line(kLeft, at, kLeft + 28, at, fmt::format("l c{} d{}", row % kColors, row % 6));
    svg.text(kLeft + 36, at + 4, surface.y + " = " + shortest(surface.ys[row]), "t");
  }
  return svg.str();
}

}  // namespace evensweep
