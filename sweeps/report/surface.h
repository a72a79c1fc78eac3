#pragma once
// Arms of one method that differ in their numbers alone, as a grid: what heat maps and dose-response curves show.

#include <optional>
#include <string>
#include <vector>

#include "sweeps/report/index.h"

namespace evensweep {

struct Surface {
  std::string title;                         // the method and all settings that its arms share
  std::string x, y;                          // names of the parameters that differ; `y` is empty where only one does
  std::vector<double> xs, ys;                // their values, rising; one y where only one parameter differs
  std::vector<std::optional<size_t>> cells;  // position of the arm, cells[y * xs.size() + x]; absent: not in the sweep
};

// One for each method and set of shared settings with at least two arms of which one at least was compared, in the
// order of their first arms. Where more than two parameters differ, those with the most values are the axes and there
// is one surface for each combination of the others.
std::vector<Surface> surfaces_of(const ResultsIndex& index);

// The largest size of a mean D_u in pp², over all arms: heat maps of all methods share one scale.
double largest_effect(const ResultsIndex& index);

}  // namespace evensweep
