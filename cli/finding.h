#pragma once

#include <string>

namespace evensweep {

enum class Health { kOk, kWarning, kFailure };

// What `evensweep doctor` says about one thing that it looked at.
struct Finding {
  std::string check;  // one word
  Health health = Health::kOk;
  std::string text;  // what was found and, unless all is well, what to do
};

}  // namespace evensweep
