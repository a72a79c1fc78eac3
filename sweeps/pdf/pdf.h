#pragma once
// PDFs of the report's drawings and of the whole report (docs/adr/0017-pdf.md). The same input gives the same bytes on
// machines with the same libraries and fonts: the only date in a file is the one given.

#include <string>

#include "common/base/status.h"
#include "sweeps/report/paper.h"

namespace evensweep {

// One page of the drawing's size, for \includegraphics. `svg` is a drawing as a file of its own; `date` is ISO 8601 and
// stands in the file as the time when it was made. FailedPrecondition where no font is installed, Internal where the
// drawing cannot be read.
StatusOr<std::string> figure_pdf(const std::string& svg, const std::string& date);

// The report on A4 pages with bookmarks and page numbers. Errors as above.
StatusOr<std::string> paper_pdf(const Paper& paper);

// Both, for write_report().
PdfPrinter pdf_printer();

}  // namespace evensweep
