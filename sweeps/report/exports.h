#pragma once
// What goes into papers and other programs, beside the documents that people read. Each function gives the content of a
// file, or "" where there is nothing to say. Internal to sweeps/report.

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sweeps/report/index.h"
#include "sweeps/report/report.h"
#include "sweeps/report/tables.h"

namespace evensweep {

// Numbers unrounded, in plain units. Means and intervals over the compared seeds.
std::string arms_csv(const ResultsIndex& index);
std::string classes_csv(const ResultsIndex& index);    // TPRs of each class and arm
std::string confusion_csv(const ResultsIndex& index);  // rates, baseline included
std::string weights_csv(const ResultsIndex& index);    // class weights of each arm

// Row and column of a table's body.
using CellPlace = std::pair<size_t, size_t>;
enum class Better { kHigher, kLower };
// The best cells of a column by the number that each begins with, all that are equal to it as shown; none where fewer
// than two cells have one.
std::set<CellPlace> best_of_column(const Table& table, size_t column, Better better);
// The better of two columns in each row; none where they are equal.
std::set<CellPlace> higher_of_columns(const Table& table, size_t one, size_t other);
// A table that floats, with caption and label: a tabular of the package booktabs, made as narrow as the line where it
// is wider (graphicx).
std::string tex_table(const Table& table, const std::set<CellPlace>& bold, const std::string& caption,
                      const std::string& label);

// A drawing of figures.h as a file of its own: in the colours of the light page, written out, as many programs that
// read SVG know no CSS variables.
std::string standalone_svg(const std::string& svg);

// figures/*.svg.
std::vector<ReportFile> figure_files(const ResultsIndex& index);

// References of the report's methods and tests, as they were used.
std::string report_bib(const ResultsIndex& index);
// What the report was made from and by, and the digests of its files.
std::string provenance_json(const ResultsIndex& index, const std::vector<ReportFile>& files);

}  // namespace evensweep
