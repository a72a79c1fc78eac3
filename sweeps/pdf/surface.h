#pragma once
// Owners of cairo's, Pango's and librsvg's things, and the surface that writes into memory. Internal to sweeps/pdf.

#include <cairo-pdf.h>
#include <librsvg/rsvg.h>
#include <pango/pangocairo.h>

#include <memory>
#include <string>

#include "common/base/status.h"

namespace evensweep {

struct Unref {
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
  void operator()(cairo_t* context) const { cairo_destroy(context); }
  void operator()(PangoLayout* layout) const { g_object_unref(layout); }
  void operator()(PangoFontDescription* font) const { pango_font_description_free(font); }
  void operator()(RsvgHandle* handle) const { g_object_unref(handle); }
};
template <typename T>
using Owned = std::unique_ptr<T, Unref>;

// A4 and all else in points, 1/72 inch.
inline constexpr double kPageWidth = 595.28, kPageHeight = 841.89;

// A PDF under way. Its bytes are complete after finish().
class PdfSurface {
 public:
  // FailedPrecondition where no font is installed.
  static StatusOr<std::unique_ptr<PdfSurface>> open(double width, double height, const std::string& title,
                                                    const std::string& date);

  cairo_t* context() { return context_.get(); }
  cairo_surface_t* surface() { return surface_.get(); }
  StatusOr<std::string> finish();

 private:
  PdfSurface() = default;
  std::string bytes_;
  Owned<cairo_surface_t> surface_;
  Owned<cairo_t> context_;
};

// A drawing that has been read.
class Drawing {
 public:
  static StatusOr<Drawing> read(const std::string& svg);
  double width() const { return width_; }
  double height() const { return height_; }
  // Into a rectangle of this width, the height in proportion.
  Status draw(cairo_t* context, double x, double y, double width) const;

 private:
  Owned<RsvgHandle> handle_;
  double width_ = 0, height_ = 0;
};

}  // namespace evensweep
