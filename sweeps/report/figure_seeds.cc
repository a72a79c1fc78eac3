#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "sweeps/report/axes.h"
#include "sweeps/report/escape.h"
#include "sweeps/report/facts.h"
#include "sweeps/report/figures.h"
#include "sweeps/report/format.h"

namespace evensweep {
namespace {

constexpr double kWidth = 640, kLeft = 50, kPanel = 144, kTitle = 20, kPlot = 120, kPanelHeight = 172;
constexpr size_t kPanels = 4;  // in a row
constexpr size_t kNameCharacters = 22;

struct Pair {
  double before = 0, after = 0;
};

std::map<std::string, std::vector<Pair>> pairs_of(const ResultsIndex& index) {
  std::map<std::string, std::vector<Pair>> pairs;
  for (const View& trial : index.root()["trials"].items()) {
    if (!trial["compared"].truth()) continue;
    const auto before = scaled(trial["baseline"]["var_unbiased"], kPp2);
    const auto after = scaled(trial["rebalanced"]["var_unbiased"], kPp2);
    if (before && after) pairs[trial["arm"].text()].push_back({*before, *after});
  }
  return pairs;
}

Scale scale_of(const std::map<std::string, std::vector<Pair>>& pairs) {
  const Pair& first = pairs.begin()->second.front();
  Scale scale{.low = first.before, .high = first.before, .from = kTitle + kPlot, .to = kTitle};
  for (const auto& [arm, list] : pairs)
    for (const Pair& pair : list) extend(scale, pair.before), extend(scale, pair.after);
  return widened(scale, 0.05);
}

void draw_panel(Svg& svg, const std::string& name, const std::vector<Pair>& pairs, const Scale& scale, double left) {
  const double from = left + 22, to = left + kPanel - 22;
  svg.text(left + 8, scale.to - 7, shortened(name, kNameCharacters), "sm");
  svg.line(from, scale.to, from, scale.from, "g");
  svg.line(to, scale.to, to, scale.from, "g");
  size_t better = 0;
  for (const Pair& pair : pairs) {
    const bool is_better = pair.after < pair.before;
    better += is_better ? 1 : 0;
    svg.line(from, scale(pair.before), to, scale(pair.after), is_better ? "l gl" : "l ll");
    svg.circle(from, scale(pair.before), 2.5, "base");
    svg.circle(to, scale(pair.after), 2.5, is_better ? "gain" : "loss");
  }
  svg.text(left + kPanel / 2, scale.from + 14, fmt::format("{} of {} more even", better, pairs.size()), "sm c");
}

}  // namespace

std::string seeds_figure(const ResultsIndex& index) {
  const auto pairs = pairs_of(index);
  if (pairs.empty()) return {};
  std::vector<std::string> names;
  for (const View& arm : index.arms())
    if (pairs.contains(arm["name"].text())) names.push_back(arm["name"].text());
  if (names.empty()) return {};
  const size_t rows = (names.size() + kPanels - 1) / kPanels;
  Svg svg(kWidth, kPanelHeight * static_cast<double>(rows), "seeds", "Variance of class TPRs at each seed",
          "For each arm a line for each seed, from Var_u of the baseline to that of the rebalanced model in pp². The "
          "differences are in the table of D_u of each block.");
  const Scale scale = scale_of(pairs);
  for (size_t i = 0; i < names.size(); ++i) {
    const double top = kPanelHeight * static_cast<double>(i / kPanels);
    const Scale here{.low = scale.low, .high = scale.high, .from = scale.from + top, .to = scale.to + top};
    if (i % kPanels == 0) {
      const double right = kLeft + kPanel * static_cast<double>(std::min(kPanels, names.size() - i));
      draw_rows(svg, here, kLeft, right);
      draw_row_title(svg, here, 12, "Var_u in pp²");
    }
    draw_panel(svg, names[i], pairs.at(names[i]), here, kLeft + kPanel * static_cast<double>(i % kPanels));
  }
  return svg.str();
}

}  // namespace evensweep
