#include "tests/support/places.h"

namespace evensweep {

std::string source_dir() { return EVENSWEEP_SOURCE_DIR; }
std::string bin_dir() { return EVENSWEEP_BIN_DIR; }

}  // namespace evensweep
