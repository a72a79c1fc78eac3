#pragma once
// Writes down an A4 page from top to bottom and begins a new one where the next thing does not fit. Internal to
// sweeps/pdf.

#include <string>

#include "sweeps/pdf/surface.h"

namespace evensweep {

struct TextStyle {
  double size = 9;  // points
  bool bold = false, mono = false, muted = false;
};

class Page {
 public:
  static constexpr double kMargin = 48, kBottom = kPageHeight - 54, kWidth = kPageWidth - 2 * kMargin;

  explicit Page(PdfSurface& pdf) : pdf_(pdf) {}

  double y() const { return y_; }
  cairo_t* context() { return pdf_.context(); }
  PdfSurface& pdf() { return pdf_; }
  double room() const { return kBottom - y_; }
  bool at_top() const { return y_ <= kMargin; }

  void skip(double points) { y_ += points; }
  // Begins a new page if less than this is left, unless nothing stands on this one.
  void need(double points);
  void begin_new();
  // The number of the last page is written as well; nothing may follow.
  void end();

  // Plain text in lines of `width` from `x`, across pages if need be.
  void write(const std::string& text, const TextStyle& style, double x = kMargin, double width = kWidth);
  // The same at one place, without moving on. `align`: 0 left, 1 right, 0.5 in the middle.
  void put(const std::string& text, const TextStyle& style, double x, double y, double width, double align = 0);
  double height_of(const std::string& text, const TextStyle& style, double width);
  double width_of(const std::string& text, const TextStyle& style);
  void rule(double y, double x, double width, double thickness);
  void bookmark(const std::string& text, bool is_part);

 private:
  Owned<PangoLayout> layout(const std::string& text, const TextStyle& style, double width);
  void set_ink(const TextStyle& style);
  void write_number();

  PdfSurface& pdf_;
  double y_ = kMargin;
  int number_ = 1;
  int part_ = CAIRO_PDF_OUTLINE_ROOT;
};

}  // namespace evensweep
