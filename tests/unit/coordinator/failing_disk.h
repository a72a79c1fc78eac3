#pragma once
// A disk below SQLite that fails when it is told to: full, or with an I/O error, at the n-th write or sync from now.

#include <cstdint>

namespace evensweep::coordinator {

enum class DiskFault { kFull, kError };

class FailingDisk {
 public:
  // Every database opened while this lives is on this disk.
  FailingDisk();
  ~FailingDisk();

  // The n-th write or sync from now fails, and all after it, until mend(). n = 1: the next one.
  static void fail_at(uint64_t n, DiskFault fault);
  static void mend();
  // Writes and syncs since the last fail_at() or mend().
  static uint64_t operations();
};

}  // namespace evensweep::coordinator
