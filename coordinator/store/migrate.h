#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

namespace evensweep::coordinator {

// Brings a database of an older schema (0: empty) to the present one, in one transaction: a file has one schema or the
// other, whatever happens. Throws SQLite::Exception. A newer schema that this program may write stays as it is.
void migrate(SQLite::Database& database, int from);

}  // namespace evensweep::coordinator
