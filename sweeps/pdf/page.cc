#include "sweeps/pdf/page.h"

#include <fmt/format.h>

namespace evensweep {

Owned<PangoLayout> Page::layout(const std::string& text, const TextStyle& style, double width) {
  Owned<PangoLayout> layout(pango_cairo_create_layout(context()));
  const Owned<PangoFontDescription> font(
      pango_font_description_from_string(style.mono ? "DejaVu Sans Mono, monospace" : "DejaVu Sans, sans-serif"));
  pango_font_description_set_absolute_size(font.get(), style.size * PANGO_SCALE);
  if (style.bold) pango_font_description_set_weight(font.get(), PANGO_WEIGHT_BOLD);
  pango_layout_set_font_description(layout.get(), font.get());
  pango_layout_set_text(layout.get(), text.data(), static_cast<int>(text.size()));
  if (width > 0) {
    pango_layout_set_width(layout.get(), static_cast<int>(width * PANGO_SCALE));
    pango_layout_set_wrap(layout.get(), PANGO_WRAP_WORD_CHAR);
  }
  return layout;
}

void Page::set_ink(const TextStyle& style) {
  const double grey = style.muted ? 0.35 : 0;
  cairo_set_source_rgb(context(), grey, grey, grey);
}

void Page::write_number() {
  put(std::to_string(number_), {.size = 8, .muted = true}, kMargin, kBottom + 16, kWidth, 0.5);
}

void Page::begin_new() {
  write_number();
  cairo_show_page(context());
  ++number_;
  y_ = kMargin;
}

void Page::end() {
  write_number();
  cairo_show_page(context());
}

void Page::need(double points) {
  if (points > room() && !at_top()) begin_new();
}

void Page::write(const std::string& text, const TextStyle& style, double x, double width) {
  const Owned<PangoLayout> whole = layout(text, style, width);
  for (int i = 0; i < pango_layout_get_line_count(whole.get()); ++i) {
    PangoLayoutLine* line = pango_layout_get_line_readonly(whole.get(), i);
    PangoRectangle box = {};
    pango_layout_line_get_extents(line, nullptr, &box);
    const double height = static_cast<double>(box.height) / PANGO_SCALE;
    need(height);
    set_ink(style);
    cairo_move_to(context(), x, y_ - static_cast<double>(box.y) / PANGO_SCALE);
    pango_cairo_show_layout_line(context(), line);
    y_ += height;
  }
}

void Page::put(const std::string& text, const TextStyle& style, double x, double y, double width, double align) {
  const Owned<PangoLayout> whole = layout(text, style, width);
  pango_layout_set_alignment(whole.get(), align == 0   ? PANGO_ALIGN_LEFT
                                          : align == 1 ? PANGO_ALIGN_RIGHT
                                                       : PANGO_ALIGN_CENTER);
  set_ink(style);
  cairo_move_to(context(), x, y);
  pango_cairo_show_layout(context(), whole.get());
}

double Page::height_of(const std::string& text, const TextStyle& style, double width) {
  int height = 0;
  pango_layout_get_size(layout(text, style, width).get(), nullptr, &height);
  return static_cast<double>(height) / PANGO_SCALE;
}

double Page::width_of(const std::string& text, const TextStyle& style) {
  int width = 0;
  pango_layout_get_size(layout(text, style, 0).get(), &width, nullptr);
  return static_cast<double>(width) / PANGO_SCALE;
}

void Page::rule(double y, double x, double width, double thickness) {
  cairo_set_source_rgb(context(), 0, 0, 0);
  cairo_set_line_width(context(), thickness);
  cairo_move_to(context(), x, y);
  cairo_line_to(context(), x + width, y);
  cairo_stroke(context());
}

void Page::bookmark(const std::string& text, bool is_part) {
  const std::string place = fmt::format("page={} pos=[{:.1f} {:.1f}]", number_, kMargin, y_);
  const int id = cairo_pdf_surface_add_outline(pdf_.surface(), is_part ? CAIRO_PDF_OUTLINE_ROOT : part_, text.c_str(),
                                               place.c_str(), static_cast<cairo_pdf_outline_flags_t>(0));
  if (is_part) part_ = id;
}

}  // namespace evensweep
