#include "cli/file_limit.h"

#include <sys/resource.h>

namespace evensweep {

void raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);  // if it fails the old limit holds, which is no error
}

}  // namespace evensweep
