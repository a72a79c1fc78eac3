#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "sweeps/report/escape.h"
#include "sweeps/report/figures.h"
#include "sweeps/report/format.h"
#include "sweeps/report/svg.h"

namespace evensweep {
namespace {

constexpr double kWidth = 480, kBarsLeft = 138, kBarsRight = 420, kTop = 6, kRow = 24, kAxis = 40;

const Scale kRates{.low = 0, .high = 1, .from = kBarsLeft, .to = kBarsRight};

void draw_bar(Svg& svg, View interval, double y, const char* style) {
  const auto mean = interval["mean"].number();
  if (!mean) return;
  svg.rect(kBarsLeft, y, kRates(std::clamp(*mean, 0.0, 1.0)) - kBarsLeft, 9, style);
  const auto low = interval["ci_low"].number(), high = interval["ci_high"].number();
  if (!low || !high) return;
  const double from = kRates(std::clamp(*low, 0.0, 1.0)), to = kRates(std::clamp(*high, 0.0, 1.0));
  svg.path(fmt::format("M{} {}h{}m0-3v6M{} {}v6", coordinate(from), coordinate(y + 4.5), coordinate(to - from),
                       coordinate(from), coordinate(y + 1.5)),
           "wh");
}

void draw_class(Svg& svg, View item, double top) {
  const auto change = item["change"]["mean"].number();
  svg.text(kBarsLeft - 6, top + 15, shortened(item["name"].text(), 17), "t e");
  draw_bar(svg, item["baseline"], top + 2, "base");
  draw_bar(svg, item["rebalanced"], top + 12, change && *change < 0 ? "loss" : "gain");
  if (change) svg.text(kWidth - 4, top + 15, signed_fixed(*change * kPp, 1), *change < 0 ? "tl e" : "tg e");
}

void draw_axis(Svg& svg, double bottom) {
  for (int percent = 0; percent <= 100; percent += 20) {
    const double x = kRates(percent / 100.0);
    svg.line(x, kTop, x, bottom, "g");
    svg.text(x, bottom + 15, std::to_string(percent), "t c");
  }
  svg.text((kBarsLeft + kBarsRight) / 2, bottom + 32, "TPR in % (upper bar: baseline)", "m c");
  svg.text(kWidth - 4, bottom + 15, "pp", "m e");
}

}  // namespace

std::string classes_figure(View arm, size_t number) {
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
  draw_axis(svg, bottom);
  for (size_t i = 0; i < classes.size(); ++i) draw_class(svg, classes[i], kTop + kRow * static_cast<double>(i));
  return svg.str();
}

}  // namespace evensweep
