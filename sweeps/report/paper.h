#pragma once
// The report as a sequence of blocks for pages, and what turns these and the drawings into PDF.

#include <functional>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "sweeps/report/report.h"
#include "sweeps/report/tables.h"

namespace evensweep {

struct PaperFigure {
  std::string svg;  // a file of its own
  std::string caption;
};

// Text is plain and clean UTF-8.
struct PaperBlock {
  enum Kind { kTitle, kSection, kSubsection, kText, kWarning, kBullet, kCode, kTable, kFigures };
  Kind kind = kText;
  std::string text;
  std::string lead;  // of a bullet: a line in bold before its text
  Table table = {};
  std::vector<PaperFigure> figures = {};
  size_t columns = 1;  // so many figures beside each other
};

struct Paper {
  std::string title;
  std::string date;  // ISO 8601: when the last training finished; "" where that is not known
  std::vector<PaperBlock> blocks;
};
Paper report_paper(const ResultsIndex& index);

// Makes PDFs (sweeps/pdf). Handed in, as it asks the machine for fonts.
struct PdfPrinter {
  std::function<StatusOr<std::string>(const std::string& svg, const std::string& date)> figure;
  std::function<StatusOr<std::string>(const Paper& paper)> paper;
};

// report.pdf and a PDF beside each drawing.
StatusOr<std::vector<ReportFile>> report_pdfs(const Json& results, const PdfPrinter& printer);

}  // namespace evensweep
