#pragma once
// Style sheet and script of the dashboard, built into the program.

#include <string>
#include <vector>

namespace evensweep::coordinator {

struct Asset {
  std::string name, type, content;
};
// They live for ever.
const std::vector<Asset>& assets();

}  // namespace evensweep::coordinator
