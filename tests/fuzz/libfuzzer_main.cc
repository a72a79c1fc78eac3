// libFuzzer's way in. EVENSWEEP_FUZZ_TARGET names the target.

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "tests/fuzz/target.h"

namespace {
const evensweep::fuzz::Target* target = nullptr;
}

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  const char* name = std::getenv("EVENSWEEP_FUZZ_TARGET");
  target = evensweep::fuzz::find_target(name == nullptr ? "" : name);
  if (target != nullptr) return 0;
  std::fprintf(stderr, "EVENSWEEP_FUZZ_TARGET must be one of:");
  for (const evensweep::fuzz::Target& one : evensweep::fuzz::targets()) std::fprintf(stderr, " %s", one.name);
  std::fprintf(stderr, "\n");
  std::exit(2);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  target->run(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
