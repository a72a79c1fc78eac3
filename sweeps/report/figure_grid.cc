#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "common/model/spec.h"
#include "sweeps/report/escape.h"
#include "sweeps/report/figures.h"
#include "sweeps/report/svg.h"

namespace evensweep {
namespace {

constexpr double kWidth = 640, kLabels = 236, kTop = 26, kRow = 18, kLargestCell = 18, kLegend = 30;
constexpr size_t kNameCharacters = 32;

// What is drawn for a trial, and what it means.
enum class Mark { kCompared, kLeftOut, kFailed, kNotNeeded, kAbsent };

Mark mark_of(View trial, const std::set<std::string>& complete_seeds) {
  const std::string state = trial["state"].text();
  if (state == "failed") return Mark::kFailed;
  if (state == "not needed") return Mark::kNotNeeded;
  if (state != "finished") return Mark::kAbsent;
  const bool counts =
      trial["arm"].text() == kBaseline ? complete_seeds.contains(trial["seed"].scalar()) : trial["compared"].truth();
  return counts ? Mark::kCompared : Mark::kLeftOut;
}

void draw_mark(Svg& svg, Mark mark, double x, double y, double cell) {
  const double side = cell - 4, left = x + 2, top = y + 2;
  const std::string cross = fmt::format("M{} {}l{} {}m0-{}l-{} {}", coordinate(left), coordinate(top), coordinate(side),
                                        coordinate(side), coordinate(side), coordinate(side), coordinate(side));
  switch (mark) {
    case Mark::kCompared: svg.rect(left, top, side, side, "gain"); break;
    case Mark::kLeftOut: svg.rect(left, top, side, side, "frame"); break;
    case Mark::kFailed: svg.path(cross, "l ll"); break;
    case Mark::kNotNeeded: svg.line(left, y + cell / 2, left + side, y + cell / 2, "a"); break;
    case Mark::kAbsent: svg.circle(x + cell / 2, y + cell / 2, 1.5, "base"); break;
  }
}

void draw_legend(Svg& svg, double top) {
  constexpr std::pair<Mark, const char*> kMarks[] = {{Mark::kCompared, "compared"},
                                                     {Mark::kLeftOut, "trained, not compared"},
                                                     {Mark::kFailed, "failed"},
                                                     {Mark::kNotNeeded, "not needed"},
                                                     {Mark::kAbsent, "not trained"}};
  double x = 12;
  for (const auto& [mark, words] : kMarks) {
    draw_mark(svg, mark, x, top, kLargestCell);
    svg.text(x + 24, top + 13, words, "t");
    x += 44 + 7 * static_cast<double>(std::string_view(words).size());
  }
}

}  // namespace

std::string grid_figure(const ResultsIndex& index) {
  const std::vector<View> seeds = index.root()["sweep"]["seeds"].items();
  std::map<std::string, size_t> columns;
  for (size_t i = 0; i < seeds.size(); ++i) columns[seeds[i].scalar()] = i;
  std::map<std::string, size_t> rows = {{kBaseline, 0}};
  for (size_t i = 0; i < index.arms().size(); ++i) rows.emplace(index.arms()[i]["name"].text(), i + 1);
  if (seeds.empty() || rows.size() < 2) return {};
  std::set<std::string> complete;
  for (const View& seed : index.root()["completeness"]["complete_blocks"].items()) complete.insert(seed.scalar());

  const double cell = std::min(kLargestCell, (kWidth - kLabels - 8) / static_cast<double>(seeds.size()));
  const double bottom = kTop + kRow * static_cast<double>(rows.size());
  Svg svg(kWidth, bottom + kLegend, "grid", "Completeness: every arm at every seed",
          "A row for each arm, a column for each seed: whether the training was compared, left out, failed, was not "
          "needed or is missing. What is missing is listed in words.");
  for (const auto& [name, row] : rows)
    svg.text(kLabels - 8, kTop + kRow * static_cast<double>(row) + 13, shortened(name, kNameCharacters), "t e");
  const size_t stride = std::max<size_t>(1, static_cast<size_t>(22 / cell) + 1);
  for (size_t i = 0; i < seeds.size(); i += stride)
    svg.text(kLabels + cell * (static_cast<double>(i) + 0.5), kTop - 8, shortened(seeds[i].scalar(), 8), "sm c");
  svg.text(kLabels - 8, kTop - 8, "seed", "sm e");
  for (const View& trial : index.root()["trials"].items()) {
    const auto row = rows.find(trial["arm"].text());
    const auto column = columns.find(trial["seed"].scalar());
    if (row == rows.end() || column == columns.end()) continue;
    draw_mark(svg, mark_of(trial, complete), kLabels + cell * static_cast<double>(column->second),
              kTop + kRow * static_cast<double>(row->second) + (kRow - cell) / 2, cell);
  }
  draw_legend(svg, bottom + 8);
  return svg.str();
}

}  // namespace evensweep
