#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "sweeps/report/axes.h"
#include "sweeps/report/escape.h"
#include "sweeps/report/figures.h"
#include "sweeps/report/format.h"

namespace evensweep {
namespace {

constexpr double kWidth = 480, kHeight = 280, kLeft = 46, kRight = 464, kTop = 10, kBottom = 240;
constexpr double kLegendRow = 17;
constexpr size_t kLegendCharacters = 60;
constexpr size_t kMostPoints = 120;
constexpr size_t kColors = 7;
constexpr size_t kDashes = 6;

struct Curve {
  std::string name, style;
  std::vector<std::pair<double, double>> points;  // epoch, value
};

// Colour and dashes together tell 42 arms apart.
std::string style_of(size_t arm) { return fmt::format("l c{} d{}", arm % kColors, arm / kColors % kDashes); }

std::vector<std::pair<double, double>> mean_points(const std::vector<View>& runs, const char* what, double factor) {
  std::map<int64_t, std::pair<double, int64_t>> sums;
  for (const View& run : runs)
    for (const View& point : run["curve"].items())
      if (const auto value = point[what].number()) {
        auto& [sum, count] = sums[point["epoch"].integer()];
        sum += *value * factor;
        ++count;
      }
  std::vector<std::pair<double, double>> points;
  const size_t stride = sums.size() / kMostPoints + 1;
  size_t at = 0;
  for (const auto& [epoch, sum] : sums)
    if (at++ % stride == 0 || at == sums.size())
      points.emplace_back(static_cast<double>(epoch), sum.first / static_cast<double>(sum.second));
  return points;
}

std::vector<Curve> curves_of(const ResultsIndex& index, const char* what, double factor) {
  std::vector<Curve> curves;
  for (size_t i = 0; i < index.arms().size(); ++i) {
    const std::string name = index.arms()[i]["name"].text();
    curves.push_back({name, style_of(i), mean_points(index.finished_runs(name), what, factor)});
  }
  curves.push_back({kBaseline, "l lb", mean_points(index.finished_runs(kBaseline), what, factor)});
  std::erase_if(curves, [](const Curve& curve) { return curve.points.empty(); });
  return curves;
}

void draw_axes(Svg& svg, const Scale& x, const Scale& y, const char* label) {
  draw_rows(svg, y, kLeft, kRight);
  for (double tick : nice_ticks(x.low, x.high, 6))
    if (tick == std::floor(tick)) svg.text(x(tick), kBottom + 16, fixed(tick, 0), "t c");
  svg.line(kLeft, kBottom, kRight, kBottom, "a");
  svg.text((kLeft + kRight) / 2, kBottom + 34, std::string("epoch; ") + label, "m c");
}

std::string path_of(const Curve& curve, const Scale& x, const Scale& y) {
  std::string path;
  for (const auto& [epoch, value] : curve.points)
    path += (path.empty() ? "M" : "L") + coordinate(x(epoch)) + " " + coordinate(y(value));
  return path;
}

// Below the drawing, a line for each curve.
void draw_legend(Svg& svg, const std::vector<Curve>& curves) {
  for (size_t i = 0; i < curves.size(); ++i) {
    const double y = kHeight + kLegendRow * (static_cast<double>(i) + 0.5);
    svg.line(kLeft, y, kLeft + 28, y, curves[i].style);
    svg.text(kLeft + 36, y + 4, shortened(curves[i].name, kLegendCharacters), "t");
  }
}

std::string curves_figure(const std::vector<Curve>& curves, const char* id, const char* title, const char* label,
                          Legend legend) {
  if (curves.empty()) return {};
  Scale x{.low = curves[0].points[0].first, .high = curves[0].points[0].first, .from = kLeft, .to = kRight};
  Scale y{.low = curves[0].points[0].second, .high = curves[0].points[0].second, .from = kBottom, .to = kTop};
  for (const Curve& curve : curves)
    for (const auto& [epoch, value] : curve.points) {
      x.low = std::min(x.low, epoch), x.high = std::max(x.high, epoch);
      y.low = std::min(y.low, value), y.high = std::max(y.high, value);
    }
  if (!(y.high > y.low)) y.low -= 1, y.high += 1;
  const double below = legend == Legend::kBelow ? kLegendRow * static_cast<double>(curves.size()) : 0;
  Svg svg(kWidth, kHeight + below, id, title, "Seed means over the epochs for the baseline and each arm.");
  draw_axes(svg, x, y, label);
  for (const Curve& curve : curves) {
    svg.path(path_of(curve, x, y), curve.style);
    if (curve.points.size() == 1) svg.circle(x(curve.points[0].first), y(curve.points[0].second), 3, "dot");
  }
  if (legend == Legend::kBelow) draw_legend(svg, curves);
  return svg.str();
}

std::string legend_item(const std::string& name, const std::string& style) {
  return fmt::format(R"(<li><svg viewBox="0 0 28 8" aria-hidden="true"><path class="{}" d="M0 4L28 4"/></svg> {}</li>)",
                     style, html_escape(name));
}

}  // namespace

std::string accuracy_curves_figure(const ResultsIndex& index, Legend legend) {
  return curves_figure(curves_of(index, "validation_accuracy", kPp), "curves-accuracy",
                       "Validation accuracy over the epochs", "validation accuracy in %", legend);
}

std::string loss_curves_figure(const ResultsIndex& index, Legend legend) {
  return curves_figure(curves_of(index, "train_loss", 1), "curves-loss", "Training loss over the epochs",
                       "training loss (as each arm weights it)", legend);
}

std::string curves_legend(const ResultsIndex& index) {
  std::string items = legend_item(kBaseline, "l lb");
  for (size_t i = 0; i < index.arms().size(); ++i) items += legend_item(index.arms()[i]["name"].text(), style_of(i));
  return items;
}

}  // namespace evensweep
