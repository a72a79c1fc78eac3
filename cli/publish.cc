#include "cli/publish.h"

#include "sweeps/pdf/pdf.h"
#include "sweeps/report/report.h"

namespace evensweep {

Status publish(const Json& results, const std::string& folder, const std::string& output, const Terminal& terminal) {
  StatusOr<std::vector<ReportFile>> pdfs = report_pdfs(results, pdf_printer());
  if (!pdfs.ok()) say(std::string(pdfs.status().message()));
  EV_RETURN_IF_ERROR(write_report(results, folder, pdfs.ok() ? *std::move(pdfs) : std::vector<ReportFile>()));
  if (output == "quiet") return print(folder + "/report.html");
  if (output == "json") return print(results_text(results));
  return print(terminal_table(results, {.width = terminal.width, .color = terminal.color_out}));
}

}  // namespace evensweep
