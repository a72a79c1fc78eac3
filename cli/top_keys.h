#pragma once
// What a terminal sends for a key. Pure.

#include <string>
#include <vector>

#include "cli/top_view.h"

namespace evensweep {

// Takes the keys from the front of what was read. What may be the beginning of a key is left there, unless nothing
// more `is_coming`: a lone escape is the key of that name. Unknown sequences are left out.
std::vector<Key> take_keys(std::string& input, bool more_is_coming);

}  // namespace evensweep
