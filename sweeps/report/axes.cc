#include "sweeps/report/axes.h"

#include <algorithm>
#include <string>
#include <vector>

namespace evensweep {

void draw_rows(Svg& svg, const Scale& y, double left, double right) {
  const std::vector<double> ticks = nice_ticks(y.low, y.high, 5);
  const std::vector<std::string> labels = tick_labels(ticks);
  for (size_t i = 0; i < ticks.size(); ++i) {
    svg.line(left, y(ticks[i]), right, y(ticks[i]), "g");
    svg.text(left - 5, y(ticks[i]) + 4, labels[i], "t e");
  }
}

void draw_columns(Svg& svg, const Scale& x, double bottom) {
  const std::vector<double> ticks = nice_ticks(x.low, x.high, 6);
  const std::vector<std::string> labels = tick_labels(ticks);
  for (size_t i = 0; i < ticks.size(); ++i) {
    svg.line(x(ticks[i]), bottom, x(ticks[i]), bottom + 5, "a");
    svg.text(x(ticks[i]), bottom + 18, labels[i], "t c");
  }
  svg.line(x.from, bottom, x.to, bottom, "a");
}

void draw_row_title(Svg& svg, const Scale& y, double x, std::string_view words) {
  svg.rising_text(x, (y.from + y.to) / 2, words, "m c");
}

Scale widened(Scale scale, double share) {
  const double edge = scale.high > scale.low ? share * (scale.high - scale.low) : 1;
  scale.low -= edge;
  scale.high += edge;
  return scale;
}

void extend(Scale& scale, double value) {
  scale.low = std::min(scale.low, value);
  scale.high = std::max(scale.high, value);
}

}  // namespace evensweep
