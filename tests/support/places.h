#pragma once
// Where the tests find the source tree and the programs that were built. In a library of its own, so that no other
// object file depends on the place of the checkout (compiler caches then serve every checkout).

#include <string>

namespace evensweep {

std::string source_dir();  // the root of the source tree
std::string bin_dir();     // the folder of the built programs

}  // namespace evensweep
