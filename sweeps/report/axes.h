#pragma once
// Axes of drawings with numbers on both sides.

#include <string_view>

#include "sweeps/report/svg.h"

namespace evensweep {

// A rule and a label for each tick of `y`, from `left` to `right`.
void draw_rows(Svg& svg, const Scale& y, double left, double right);
// Labels below `bottom` for each tick of `x`, with a mark.
void draw_columns(Svg& svg, const Scale& x, double bottom);
// The words of the vertical axis, reading upwards at `x`.
void draw_row_title(Svg& svg, const Scale& y, double x, std::string_view words);

// The domain widened by a share of it on both sides; one without width by 1.
Scale widened(Scale scale, double share);
// Takes `value` into the domain.
void extend(Scale& scale, double value);

}  // namespace evensweep
