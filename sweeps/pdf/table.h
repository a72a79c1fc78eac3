#pragma once
// Tables on pages. Internal to sweeps/pdf.

#include "sweeps/pdf/page.h"
#include "sweeps/report/tables.h"

namespace evensweep {

// With rules above, below and between head and body; the head is repeated on every page. Columns that do not fit
// beside each other come in a further table with the first column again.
void write_table(Page& page, const Table& table);

}  // namespace evensweep
