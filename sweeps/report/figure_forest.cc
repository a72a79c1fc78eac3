#include <fmt/format.h>

#include <algorithm>

#include "sweeps/report/escape.h"
#include "sweeps/report/facts.h"
#include "sweeps/report/figures.h"
#include "sweeps/report/format.h"
#include "sweeps/report/svg.h"

namespace evensweep {
namespace {

constexpr double kWidth = 640, kLeft = 14, kRight = 626, kTop = 8, kRow = 46, kAxis = 44;
constexpr size_t kLabelCharacters = 52;

struct ForestRow {
  std::string name, note;
  bool identity = false, primary = false, control = false;
  std::vector<double> dots;
  std::optional<double> mean, low, high;
};

std::string note_of(View arm, const std::optional<double>& mean) {
  if (arm["identity"].truth()) return "identity: same as baseline";
  if (!mean) return "no complete block";
  const std::string p = p_value(arm["p_adjusted"].number());
  return p == kNoNumber ? "not tested" : (p.front() == '<' ? "adj. p " + p : "adj. p = " + p);
}

std::vector<ForestRow> rows_of(const ResultsIndex& index) {
  std::vector<ForestRow> rows;
  for (const View& arm : index.arms()) {
    if (is_left_out(arm)) continue;
    const View d = arm["control"].truth() ? arm["d_unbiased"] : effect_of(index.root(), arm);
    ForestRow row{.name = arm["name"].text(),
                  .note = note_of(arm, d["mean"].number()),
                  .identity = arm["identity"].truth(),
                  .primary = arm["primary"].truth(),
                  .control = arm["control"].truth(),
                  .dots = {},
                  .mean = scaled(d["mean"], kPp2),
                  .low = scaled(d["ci_low"], kPp2),
                  .high = scaled(d["ci_high"], kPp2)};
    for (const View& block : arm["blocks"].items())
      if (const auto value = scaled(block["d_unbiased"], kPp2)) row.dots.push_back(*value);
    rows.push_back(std::move(row));
  }
  return rows;
}

// The dots and 0 fill the axis; an interval far wider than they (few blocks) is cut at its ends and marked.
Scale scale_of(const std::vector<ForestRow>& rows) {
  double low = 0, high = 0;
  for (const ForestRow& row : rows)
    for (double dot : row.dots) low = std::min(low, dot), high = std::max(high, dot);
  if (low == high) low = -1, high = 1;
  const double reach = 0.75 * (high - low);
  double wide_low = low, wide_high = high;
  for (const ForestRow& row : rows) {
    if (row.low) wide_low = std::min(wide_low, std::max(*row.low, low - reach));
    if (row.high) wide_high = std::max(wide_high, std::min(*row.high, high + reach));
  }
  const double edge = 0.03 * (wide_high - wide_low);
  return {.low = wide_low - edge, .high = wide_high + edge, .from = kLeft, .to = kRight};
}

void draw_interval(Svg& svg, const ForestRow& row, const Scale& scale, double y) {
  if (!row.low || !row.high) return;
  const double from = std::clamp(scale(*row.low), kLeft, kRight);
  const double to = std::clamp(scale(*row.high), kLeft, kRight);
  svg.line(from, y, to, y, "ci");
  const auto end = [&](double x, bool cut, double direction) {
    if (cut)
      svg.path(fmt::format("M{} {}l{} -4m-{} 4l{} 4", coordinate(x), coordinate(y), coordinate(-5 * direction),
                           coordinate(-5 * direction), coordinate(-5 * direction)),
               "ci");
    else
      svg.line(x, y - 5, x, y + 5, "ci");
  };
  end(from, scale(*row.low) < kLeft, -1);
  end(to, scale(*row.high) > kRight, 1);
}

void draw_row(Svg& svg, const ForestRow& row, const Scale& scale, double top) {
  svg.text(kLeft, top + 14,
           shortened(row.name, kLabelCharacters) + (row.primary   ? " (primary)"
                                                    : row.control ? " (control)"
                                                                  : ""),
           row.primary    ? "b h"
           : row.identity ? "m h"
                          : "t h");
  svg.text(kRight, top + 14, row.note, row.identity ? "m e h" : "t e h");
  const double y = top + 31;
  svg.line(kLeft, y, kRight, y, "g");
  if (row.identity) return;
  for (double dot : row.dots) svg.circle(scale(dot), y, 3, "dot");
  draw_interval(svg, row, scale, y);
  if (row.mean) {
    const double x = scale(*row.mean);
    svg.path(fmt::format("M{} {}l6 6l-6 6l-6 -6z", coordinate(x), coordinate(y - 6)), "mean");
  }
}

void draw_axis(Svg& svg, const Scale& scale, double bottom) {
  const std::vector<double> ticks = nice_ticks(scale.low, scale.high, 7);
  const std::vector<std::string> labels = tick_labels(ticks);
  for (size_t i = 0; i < ticks.size(); ++i) {
    svg.line(scale(ticks[i]), bottom, scale(ticks[i]), bottom + 5, "a");
    svg.text(scale(ticks[i]), bottom + 18, labels[i], "t c");
  }
  svg.line(kLeft, bottom, kRight, bottom, "a");
  svg.line(scale(0), kTop, scale(0), bottom, "zero");
  svg.text((kLeft + kRight) / 2, bottom + 36, "D_u in pp²: right of 0 the classes are treated more evenly", "m c");
}

}  // namespace

std::string forest_figure(const ResultsIndex& index) {
  const std::vector<ForestRow> rows = rows_of(index);
  if (rows.empty()) return {};
  const Scale scale = scale_of(rows);
  const double bottom = kTop + kRow * static_cast<double>(rows.size());
  Svg svg(kWidth, bottom + kAxis, "forest", "Reduction of class variance by arm",
          std::string("For each arm: the reduction D_u of the variance of class TPRs at each seed (dots), its mean "
                      "(diamond) and ") +
              interval_words(index.root()) + " (bar). The numbers are in the table of arms.");
  draw_axis(svg, scale, bottom);
  for (size_t i = 0; i < rows.size(); ++i) draw_row(svg, rows[i], scale, kTop + kRow * static_cast<double>(i));
  return svg.str();
}

}  // namespace evensweep
