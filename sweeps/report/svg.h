#pragma once
// A small writer of SVG and the arithmetic of axes. All text passes through html_escape. Colours come from the style
// sheet of the page (html_style.cc) by class name, so that one drawing serves light, dark and print.

#include <string>
#include <string_view>
#include <vector>

namespace evensweep {

// Maps [low, high] to [from, to]; a value outside is drawn outside. A domain of no width maps to the middle.
struct Scale {
  double low = 0, high = 1, from = 0, to = 1;
  double operator()(double value) const;
};

// Multiples of 1, 2 or 5 times a power of ten within [low, high], about `count` of them.
std::vector<double> nice_ticks(double low, double high, int count);
// Labels with as many decimals as the step between ticks needs.
std::vector<std::string> tick_labels(const std::vector<double>& ticks);

class Svg {
 public:
  // `id` is unique in the page and made of letters, digits and "-". `title` and `description` are what is read out in
  // place of the drawing.
  Svg(double width, double height, std::string_view id, std::string_view title, std::string_view description);

  void line(double x1, double y1, double x2, double y2, std::string_view style);
  void rect(double x, double y, double width, double height, std::string_view style);
  void circle(double x, double y, double radius, std::string_view style);
  void path(std::string_view commands, std::string_view style);
  void text(double x, double y, std::string_view text, std::string_view style);
  // Reads upwards from (x, y).
  void rising_text(double x, double y, std::string_view text, std::string_view style);
  void open_group(std::string_view id);
  void close_group();
  void reuse_group(std::string_view id);

  std::string str() const { return content_ + "</svg>\n"; }

 private:
  std::string content_;
};

// A coordinate with at most one decimal: "12", "12.5".
std::string coordinate(double value);

}  // namespace evensweep
