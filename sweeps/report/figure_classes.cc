#include <fmt/format.h>

#include <algorithm>

#include "sweeps/report/axes.h"
#include "sweeps/report/escape.h"
#include "sweeps/report/figures.h"
#include "sweeps/report/format.h"

namespace evensweep {
namespace {

constexpr double kWidth = 480, kLeft = 138, kRight = 424, kTop = 6, kRow = 26, kAxis = 42;

// From the lowest to the highest TPR of all arms, so that their drawings can be laid side by side.
Scale rates_scale(const ResultsIndex& index) {
  std::vector<double> rates;
  for (const View& arm : index.arms())
    for (const View& item : arm["classes"].items())
      for (const char* model : {"baseline", "rebalanced"})
        for (const char* part : {"mean", "ci_low", "ci_high"})
          if (const auto rate = scaled(item[model][part], kPp)) rates.push_back(std::clamp(*rate, 0.0, 100.0));
  if (rates.empty()) return {.low = 0, .high = 100, .from = kLeft, .to = kRight};
  const auto [low, high] = std::minmax_element(rates.begin(), rates.end());
  return widened({.low = *low, .high = *high, .from = kLeft, .to = kRight}, 0.03);
}

void draw_interval(Svg& svg, View summary, const Scale& scale, double y) {
  const auto low = scaled(summary["ci_low"], kPp), high = scaled(summary["ci_high"], kPp);
  if (!low || !high) return;
  const double from = scale(std::clamp(*low, 0.0, 100.0)), to = scale(std::clamp(*high, 0.0, 100.0));
  svg.path(fmt::format("M{} {}v6m0-3H{}m0-3v6", coordinate(from), coordinate(y - 3), coordinate(to)), "a");
}

// The baseline's dot above, the arm's below it, and the way from one to the other.
void draw_class(Svg& svg, View item, const Scale& scale, double top) {
  const auto before = scaled(item["baseline"]["mean"], kPp), after = scaled(item["rebalanced"]["mean"], kPp);
  const auto change = scaled(item["change"]["mean"], kPp);
  svg.text(kLeft - 8, top + 17, shortened(item["name"].text(), 17), "t e");
  svg.line(kLeft, top + 13, kRight, top + 13, "g");
  if (!before || !after) return;
  const std::string shown = signed_fixed(change, 1);
  const bool is_loss = shown.starts_with('-');
  draw_interval(svg, item["baseline"], scale, top + 8);
  draw_interval(svg, item["rebalanced"], scale, top + 18);
  svg.line(scale(*before), top + 8, scale(*after), top + 18, is_loss ? "way ll" : "way gl");
  svg.circle(scale(*before), top + 8, 4.5, "base");
  svg.circle(scale(*after), top + 18, 4.5, is_loss ? "loss" : "gain");
  if (change) svg.text(kWidth - 4, top + 17, shown, is_loss ? "tl e" : "tg e");
}

}  // namespace

std::string classes_figure(const ResultsIndex& index, View arm, size_t number) {
  std::vector<View> classes = arm["classes"].items();
  if (classes.empty() || arm["blocks"].size() == 0) return {};
  std::stable_sort(classes.begin(), classes.end(), [](const View& a, const View& b) {
    return a["baseline"]["mean"].number().value_or(0) < b["baseline"]["mean"].number().value_or(0);
  });
  const double bottom = kTop + kRow * static_cast<double>(classes.size());
  Svg svg(kWidth, bottom + kAxis, fmt::format("classes-{}", number),
          "TPR of each class, baseline and " + arm["name"].text(),
          "For each class, worst first: the mean TPR of the baseline and of the rebalanced model over the seeds with "
          "confidence intervals, and the change in percentage points.");
  const Scale scale = rates_scale(index);
  for (size_t i = 0; i < classes.size(); ++i) draw_class(svg, classes[i], scale, kTop + kRow * static_cast<double>(i));
  draw_columns(svg, scale, bottom);
  svg.text((kLeft + kRight) / 2, bottom + 36, "TPR in % (upper dot: baseline)", "m c");
  svg.text(kWidth - 4, bottom + 18, "pp", "m e");
  return svg.str();
}

}  // namespace evensweep
