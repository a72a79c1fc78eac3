#pragma once
// The drawings of the report, one file each. Each returns an <svg> element, or "" where there is nothing to draw.

#include <string>

#include "sweeps/report/index.h"
#include "sweeps/report/surface.h"

namespace evensweep {

// One row for each arm: a dot for each block's D_u, mean and confidence interval, adjusted p.
std::string forest_figure(const ResultsIndex& index);

// " *" for a reduction that is significant after adjustment, " †" for such an increase, "" else.
std::string significance_mark(View results, View arm);
// Mean D_u, number of seeds and significance over the parameters of a method.
std::string heat_figure(const ResultsIndex& index, const Surface& surface, size_t number);
// D_u over the values of the first parameter, a line with a band of intervals for each value of the second.
std::string dose_figure(const ResultsIndex& index, const Surface& surface, size_t number);

// Mean accuracy against mean variance of TPRs: baseline, arms, intervals, and the front of the arms that no other
// surpasses in both.
std::string tradeoff_figure(const ResultsIndex& index);
// For each arm the variance of each seed, before and after.
std::string seeds_figure(const ResultsIndex& index);
// What became of every arm at every seed.
std::string grid_figure(const ResultsIndex& index);

// Per-class TPRs of the baseline and of one arm, seed means with confidence intervals, worst baseline class first. All
// arms have the same axis.
std::string classes_figure(const ResultsIndex& index, View arm, size_t number);

// Row-normalised seed means: baseline, arm, and arm less baseline. The baseline is drawn once, by
// baseline_confusion_figure, and reused by the others.
std::string baseline_confusion_figure(const ResultsIndex& index);
std::string arm_confusion_figures(const ResultsIndex& index, View arm, size_t number);
// The drawings of these, each by itself.
std::string baseline_confusion_svg(const ResultsIndex& index);
std::string arm_confusion_svg(const ResultsIndex& index, View arm, size_t number);
std::string confusion_change_svg(const ResultsIndex& index, View arm, size_t number);

// Mean validation accuracy and training loss over the epochs, a line for the baseline and for each arm.
enum class Legend { kElsewhere, kBelow };
std::string accuracy_curves_figure(const ResultsIndex& index, Legend legend = Legend::kElsewhere);
std::string loss_curves_figure(const ResultsIndex& index, Legend legend = Legend::kElsewhere);
// The key to both: <li> elements with the line of each arm.
std::string curves_legend(const ResultsIndex& index);

}  // namespace evensweep
