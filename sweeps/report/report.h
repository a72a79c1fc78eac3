#pragma once
// From evidence to what people read. results_json is the one source: everything in the other documents comes from it,
// so that a report can be made again from results.json alone. Schema: docs/format/results.md.

#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "common/model/json.h"
#include "common/model/result.h"
#include "sweeps/stats/evidence.h"
#include "sweeps/stats/test_set.h"

namespace evensweep {

inline constexpr char kResultsSchema[] = "evensweep-results";
inline constexpr int64_t kResultsSchemaVersion = 1;

// A pure function: the same sweep trained twice differs in members named "times" and "environment" only. Numbers that
// do not exist (NaN, infinite, too few blocks) are null.
Json results_json(const SweepResults& results, const Evidence& evidence, const TestLabels& labels = {});

// The bytes of results.json: sorted keys, one line for each run, trial and arm.
std::string results_text(const Json& results);
// Reads them back. InvalidArgument if it is not JSON, another schema, or a version that this program doesn't know.
StatusOr<Json> parse_results(std::string_view text);

// The renderers take any JSON: what is missing in it is missing in the document. They never throw.

// One file without scripts and external resources, for screen and print, light and dark.
std::string report_html(const Json& results);
std::string report_markdown(const Json& results);
// One line for each trial, RFC 4180, plain units (rates and variances of rates, not pp).
std::string trials_csv(const Json& results);

struct TerminalStyle {
  int width = 80;  // no line is wider; at least 20 are used
  bool color = false;
};
std::string terminal_table(const Json& results, TerminalStyle style);

// A file of the report: path within its folder, and all bytes.
struct ReportFile {
  std::string path, content;
};
// All files of a report, results.json last; a pure function, so that the same results.json gives the same bytes. What
// docs/reading-the-report.md lists. `pdfs` are those of report_pdfs() (paper.h).
std::vector<ReportFile> report_files(const Json& results, std::vector<ReportFile> pdfs = {});

// Whether the folder is there and can be written into, or can be made: to be known before hours of training, not after.
// Makes nothing.
Status check_report_folder(const std::string& folder);

// Writes report_files() into `folder`, each complete or not at all, and makes the folders that lack. results.json comes
// last, durably: where it is, the others are of the same results, or can be made from it. Files of an older report that
// this one doesn't have are left. The error names the file or folder.
Status write_report(const Json& results, const std::string& folder, std::vector<ReportFile> pdfs = {});

}  // namespace evensweep
