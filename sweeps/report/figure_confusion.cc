#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "sweeps/report/escape.h"
#include "sweeps/report/figures.h"
#include "sweeps/report/format.h"
#include "sweeps/report/svg.h"

namespace evensweep {
namespace {

constexpr double kWidth = 364, kMargin = 92, kSide = 268;
constexpr int kLevels = 10;
constexpr size_t kMostWithNumbers = 12;
constexpr char kBaselineCells[] = "cells-baseline";

enum class Kind { kRates, kDifference };

// Levels -10..10 of colour. Rates by their square root, so that confusions of a few percent show; differences four
// times as strongly as they are: 25 pp is full colour.
int level_of(double value, Kind kind) {
  const double strength = kind == Kind::kRates ? std::sqrt(std::max(0.0, value)) : value * 4;
  if (!std::isfinite(strength)) return 0;
  return static_cast<int>(std::lround(std::clamp(strength, -1.0, 1.0) * kLevels));
}

std::string level_class(int level, Kind kind) {
  if (kind == Kind::kRates) return fmt::format("s{}", level);
  return fmt::format("{}{}", level > 0 ? "p" : "n", std::abs(level));
}

// All cells of one colour are one path, and neighbours in a row one rectangle: a matrix of 26 classes stays small.
void draw_cells(Svg& svg, const MeanConfusion& matrix, Kind kind) {
  const double cell = kSide / static_cast<double>(matrix.classes);
  std::array<std::string, 2 * kLevels + 1> paths;
  const auto level_at = [&](size_t row, size_t column) {
    const auto& value = matrix.rates[row * matrix.classes + column];
    return value ? level_of(*value, kind) : 0;
  };
  for (size_t row = 0; row < matrix.classes; ++row) {
    for (size_t column = 0; column < matrix.classes;) {
      const int level = level_at(row, column);
      const size_t first = column;
      while (column < matrix.classes && level_at(row, column) == level) ++column;
      if (level == 0) continue;
      const double width = cell * static_cast<double>(column - first);
      paths[static_cast<size_t>(level + kLevels)] +=
          fmt::format("M{} {}h{}v{}h-{}z", coordinate(kMargin + cell * static_cast<double>(first)),
                      coordinate(kMargin + cell * static_cast<double>(row)), coordinate(width), coordinate(cell),
                      coordinate(width));
    }
  }
  for (int level = -kLevels; level <= kLevels; ++level)
    if (const std::string& path = paths[static_cast<size_t>(level + kLevels)]; !path.empty())
      svg.path(path, level_class(level, kind));
}

void draw_numbers(Svg& svg, const MeanConfusion& matrix, Kind kind) {
  if (matrix.classes > kMostWithNumbers) return;
  const double cell = kSide / static_cast<double>(matrix.classes);
  for (size_t i = 0; i < matrix.rates.size(); ++i) {
    if (!matrix.rates[i]) continue;
    const std::string text =
        kind == Kind::kRates ? fixed(*matrix.rates[i] * kPp, 0) : signed_fixed(*matrix.rates[i] * kPp, 0);
    if (text == "0") continue;
    const double x = kMargin + cell * (static_cast<double>(i % matrix.classes) + 0.5);
    const double y = kMargin + cell * (static_cast<double>(i / matrix.classes) + 0.5) + 3.5;
    svg.text(x, y, text, fmt::format("k on{}", std::abs(level_of(*matrix.rates[i], kind))));
  }
}

void draw_frame(Svg& svg, const std::vector<std::string>& names) {
  const double cell = kSide / static_cast<double>(names.size());
  const char* size = names.size() > 18 ? "xs" : names.size() > kMostWithNumbers ? "sm" : "t";
  const std::string end = std::string(size) + " e";
  for (size_t i = 0; i < names.size(); ++i) {
    const double middle = kMargin + cell * (static_cast<double>(i) + 0.5) + 3.5;
    svg.text(kMargin - 5, middle, shortened(names[i], 10), end);
    svg.rising_text(middle, kMargin - 5, shortened(names[i], 10), size);
  }
  svg.rect(kMargin, kMargin, kSide, kSide, "frame");
}

std::string panel(const ResultsIndex& index, const MeanConfusion& matrix, Kind kind, const std::string& id,
                  const std::string& title) {
  Svg svg(kWidth, kMargin + kSide + 4, id, "Confusion matrix: " + title,
          kind == Kind::kRates ? "Rows are true classes, columns predicted classes; each row adds up to 100 percent."
                               : "Rows are true classes, columns predicted classes. Changes whose confidence interval "
                                 "holds 0 are left blank.");
  draw_cells(svg, matrix, kind);
  draw_frame(svg, index.class_names());
  draw_numbers(svg, matrix, kind);
  return svg.str();
}

std::string with_caption(const std::string& svg, const std::string& title) {
  return "<figure>" + svg + "<figcaption>" + html_escape(title) + "</figcaption></figure>\n";
}

std::string baseline_title(const MeanConfusion& matrix) {
  return "baseline, mean of " + counted(static_cast<int64_t>(matrix.runs), "seed") + ", in %";
}

std::string arm_title(View arm) { return arm["name"].text() + ", in %"; }
std::string change_title(View arm) { return arm["name"].text() + " less baseline, in pp"; }

std::string baseline_again(const std::string& id) {
  Svg svg(kWidth, kMargin + kSide + 4, id, "Confusion matrix: baseline", "The same as the baseline's matrix above.");
  svg.reuse_group(kBaselineCells);
  return with_caption(svg.str(), "baseline");
}

MeanConfusion compared_confusion(const ResultsIndex& index, const std::string& arm) {
  return index.mean_confusion(index.compared_runs(arm));
}

}  // namespace

std::string baseline_confusion_svg(const ResultsIndex& index) {
  const MeanConfusion matrix = compared_confusion(index, kBaseline);
  if (matrix.runs == 0 || matrix.classes == 0) return {};
  Svg svg(kWidth, kMargin + kSide + 4, "cm-baseline", "Confusion matrix: " + baseline_title(matrix),
          "Rows are true classes, columns predicted classes; each row adds up to 100 percent.");
  svg.open_group(kBaselineCells);
  draw_cells(svg, matrix, Kind::kRates);
  draw_frame(svg, index.class_names());
  draw_numbers(svg, matrix, Kind::kRates);
  svg.close_group();
  return svg.str();
}

std::string arm_confusion_svg(const ResultsIndex& index, View arm, size_t number) {
  const MeanConfusion matrix = compared_confusion(index, arm["name"].text());
  if (matrix.runs == 0 || matrix.classes == 0) return {};
  return panel(index, matrix, Kind::kRates, fmt::format("cm-{}-a", number), arm_title(arm));
}

std::string confusion_change_svg(const ResultsIndex& index, View arm, size_t number) {
  const MeanConfusion change = index.confusion_change(arm["name"].text());
  if (change.runs == 0 || change.classes == 0) return {};
  return panel(index, change, Kind::kDifference, fmt::format("cm-{}-d", number), change_title(arm));
}

std::string baseline_confusion_figure(const ResultsIndex& index) {
  const std::string svg = baseline_confusion_svg(index);
  return svg.empty() ? "" : with_caption(svg, baseline_title(compared_confusion(index, kBaseline)));
}

std::string arm_confusion_figures(const ResultsIndex& index, View arm, size_t number) {
  const std::string after = arm_confusion_svg(index, arm, number), change = confusion_change_svg(index, arm, number);
  if (after.empty() || change.empty()) return {};
  return baseline_again(fmt::format("cm-{}-b", number)) + with_caption(after, arm_title(arm)) +
         with_caption(change, change_title(arm));
}

}  // namespace evensweep
