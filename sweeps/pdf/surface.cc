#include "sweeps/pdf/surface.h"

#include <fontconfig/fontconfig.h>

namespace evensweep {
namespace {

cairo_status_t append(void* bytes, const unsigned char* data, unsigned int length) {
  static_cast<std::string*>(bytes)->append(reinterpret_cast<const char*>(data), length);
  return CAIRO_STATUS_SUCCESS;
}

// Pango names three families even where there is none.
bool has_font() {
  const FcFontSet* fonts = FcConfigGetFonts(nullptr, FcSetSystem);
  return fonts != nullptr && fonts->nfont > 0;
}

std::string message_of(GError* error) {
  const std::string message = error != nullptr ? error->message : "unknown error";
  if (error != nullptr) g_error_free(error);
  return message;
}

}  // namespace

StatusOr<std::unique_ptr<PdfSurface>> PdfSurface::open(double width, double height, const std::string& title,
                                                       const std::string& date) {
  if (!has_font()) return absl::FailedPreconditionError("no PDFs: no font is installed; install fonts-dejavu-core");
  std::unique_ptr<PdfSurface> pdf(new PdfSurface);
  pdf->surface_.reset(cairo_pdf_surface_create_for_stream(append, &pdf->bytes_, width, height));
  cairo_surface_t* surface = pdf->surface_.get();
  cairo_pdf_surface_restrict_to_version(surface, CAIRO_PDF_VERSION_1_5);
  cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, title.c_str());
  // Without a date cairo would take the clock's.
  const char* made = date.empty() ? "1970-01-01T00:00:00Z" : date.c_str();
  cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, made);
  pdf->context_.reset(cairo_create(surface));
  return pdf;
}

StatusOr<std::string> PdfSurface::finish() {
  const cairo_status_t drawn = cairo_status(context_.get());
  context_.reset();
  cairo_surface_finish(surface_.get());
  const cairo_status_t written = cairo_surface_status(surface_.get());
  for (const cairo_status_t status : {drawn, written})
    if (status != CAIRO_STATUS_SUCCESS)
      return absl::InternalError(std::string("cairo cannot write the PDF: ") + cairo_status_to_string(status));
  return std::move(bytes_);
}

StatusOr<Drawing> Drawing::read(const std::string& svg) {
  GError* error = nullptr;
  Drawing drawing;
  drawing.handle_.reset(rsvg_handle_new_from_data(reinterpret_cast<const guint8*>(svg.data()), svg.size(), &error));
  if (drawing.handle_ == nullptr) return absl::InternalError("a drawing cannot be read: " + message_of(error));
  gboolean has_box = FALSE;
  RsvgRectangle box = {};
  rsvg_handle_get_intrinsic_dimensions(drawing.handle_.get(), nullptr, nullptr, nullptr, nullptr, &has_box, &box);
  if (has_box == FALSE || !(box.width > 0) || !(box.height > 0))
    return absl::InternalError("a drawing cannot be read: it has no size");
  drawing.width_ = box.width;
  drawing.height_ = box.height;
  return drawing;
}

Status Drawing::draw(cairo_t* context, double x, double y, double width) const {
  const RsvgRectangle place = {x, y, width, width * height_ / width_};
  GError* error = nullptr;
  if (rsvg_handle_render_document(handle_.get(), context, &place, &error) != FALSE) return absl::OkStatus();
  return absl::InternalError("a drawing cannot be drawn: " + message_of(error));
}

}  // namespace evensweep
