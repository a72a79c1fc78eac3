#pragma once
// The drawings of the report, one file each. Each returns an <svg> element, or "" where there is nothing to draw.

#include <string>

#include "sweeps/report/index.h"

namespace evensweep {

// One row for each arm: a dot for each block's D_u, mean and confidence interval, adjusted p.
std::string forest_figure(const ResultsIndex& index);

// Per-class TPRs of the baseline and of one arm, seed means with confidence intervals, worst baseline class first.
std::string classes_figure(View arm, size_t number);

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
