#include "sweeps/pdf/pdf.h"
#include "sweeps/pdf/surface.h"

namespace evensweep {

StatusOr<std::string> figure_pdf(const std::string& svg, const std::string& date) {
  constexpr double kPointsOfPixel = 0.75;
  EV_ASSIGN_OR_RETURN(const Drawing drawing, Drawing::read(svg));
  const double width = drawing.width() * kPointsOfPixel, height = drawing.height() * kPointsOfPixel;
  EV_ASSIGN_OR_RETURN(const std::unique_ptr<PdfSurface> pdf, PdfSurface::open(width, height, "", date));
  EV_RETURN_IF_ERROR(drawing.draw(pdf->context(), 0, 0, width));
  return pdf->finish();
}

PdfPrinter pdf_printer() { return {.figure = figure_pdf, .paper = paper_pdf}; }

}  // namespace evensweep
