#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "common/base/text.h"
#include "sweeps/report/escape.h"
#include "sweeps/report/facts.h"
#include "sweeps/report/figures.h"
#include "sweeps/report/format.h"
#include "sweeps/report/svg.h"

namespace evensweep {
namespace {

constexpr double kLabels = 96, kMargin = 8, kTop = 8, kCell = 84, kHeight = 46, kBelow = 44;
constexpr double kLeastWidth = 480;  // that of the figures beside it: letters are as large as theirs
constexpr int kLevels = 10;
constexpr size_t kAxisCharacters = 12;

// Colour by the share of the largest effect of all methods; blue: more even.
std::string level_class(double value, double largest) {
  const int level = static_cast<int>(std::lround(std::clamp(value / largest, -1.0, 1.0) * kLevels));
  if (level == 0) return {};
  return fmt::format("{}{}", level > 0 ? "p" : "n", std::abs(level));
}

void draw_hatching(Svg& svg, double x, double y) {
  std::string lines;
  for (double at = 8; at < kCell + kHeight; at += 12) {
    const double from_x = std::min(at, kCell), to_x = std::max(0.0, at - kHeight);
    lines += fmt::format("M{} {}L{} {}", coordinate(x + from_x), coordinate(y + at - from_x), coordinate(x + to_x),
                         coordinate(y + at - to_x));
  }
  svg.path(lines, "g");
}

void draw_cell(Svg& svg, View results, View arm, double largest, double x, double y) {
  const auto mean = effect_of(results, arm)["mean"].number();
  if (!mean || !is_compared(arm)) {
    draw_hatching(svg, x, y);
    if (arm["identity"].truth()) svg.text(x + kCell / 2, y + 27, "identity", "sm c h");
  } else {
    const double value = *mean * kPp2;
    const std::string style = largest > 0 ? level_class(value, largest) : "";
    const std::string text = style.empty() ? "" : " on" + style.substr(1);
    if (!style.empty()) svg.rect(x, y, kCell, kHeight, style);
    svg.text(x + kCell / 2, y + 20, signed_fixed(value, decimals_for({largest}, 1)) + significance_mark(results, arm),
             "t c" + text);
    svg.text(x + kCell / 2, y + 36, fmt::format("n = {}", arm["blocks"].size()), "sm c" + text);
  }
  svg.rect(x, y, kCell, kHeight, "frame");
}

double labels_of(const Surface& surface) { return surface.y.empty() ? kMargin : kLabels; }

double cells_of(const Surface& surface) { return kCell * static_cast<double>(surface.xs.size()); }

double width_of(const Surface& surface) {
  return std::max(kLeastWidth, labels_of(surface) + cells_of(surface) + kMargin);
}

// Labels and cells are in the middle.
double left_of(const Surface& surface) {
  const double spare = width_of(surface) - labels_of(surface) - cells_of(surface) - kMargin;
  return labels_of(surface) + spare / 2;
}

void draw_axes(Svg& svg, const Surface& surface, double bottom) {
  const double left = left_of(surface);
  for (size_t i = 0; i < surface.xs.size(); ++i)
    svg.text(left + kCell * (static_cast<double>(i) + 0.5), bottom + 16, shortest(surface.xs[i]), "t c");
  svg.text(left + cells_of(surface) / 2, bottom + 34, surface.x, "m c");
  if (surface.y.empty()) return;
  for (size_t i = 0; i < surface.ys.size(); ++i)
    svg.text(left - 8, kTop + kHeight * (static_cast<double>(i) + 0.5) + 4,
             shortened(surface.y, kAxisCharacters) + " " + shortest(surface.ys[i]), "t e");
}

}  // namespace

std::string significance_mark(View results, View arm) {
  const auto alpha = results["analysis"]["alpha"].number();
  const auto reduced = arm["p_adjusted"].number(), increased = arm["p_increase_adjusted"].number();
  if (alpha && reduced && *reduced <= *alpha) return " *";
  return alpha && increased && *increased <= *alpha ? " †" : "";
}

std::string heat_figure(const ResultsIndex& index, const Surface& surface, size_t number) {
  const double bottom = kTop + kHeight * static_cast<double>(surface.ys.size());
  const double width = width_of(surface);
  const double largest = largest_effect(index), left = left_of(surface);
  Svg svg(width, bottom + kBelow, fmt::format("heat-{}", number), "Reduction of class variance: " + surface.title,
          "Mean D_u in pp² and number of seeds for each combination of the parameters. A star: a significant "
          "reduction, a dagger: a significant increase. Hatched: nothing was compared there. The numbers are in the "
          "table of arms.");
  for (size_t row = 0; row < surface.ys.size(); ++row)
    for (size_t column = 0; column < surface.xs.size(); ++column) {
      const double x = left + kCell * static_cast<double>(column), y = kTop + kHeight * static_cast<double>(row);
      const auto arm = surface.cells[row * surface.xs.size() + column];
      if (arm) {
        draw_cell(svg, index.root(), index.arms()[*arm], largest, x, y);
        continue;
      }
      draw_hatching(svg, x, y);
      svg.rect(x, y, kCell, kHeight, "frame");
    }
  draw_axes(svg, surface, bottom);
  return svg.str();
}

}  // namespace evensweep
