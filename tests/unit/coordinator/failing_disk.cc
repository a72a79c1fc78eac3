#include "tests/unit/coordinator/failing_disk.h"

#include <sqlite3.h>

#include <optional>

namespace evensweep::coordinator {
namespace {

struct State {
  sqlite3_vfs* real = nullptr;
  sqlite3_vfs mine{};
  uint64_t operations = 0;
  std::optional<uint64_t> fails_at;
  DiskFault fault = DiskFault::kFull;
};
State state;

// SQLite gives room for both: our file, then the real one.
struct File {
  sqlite3_file base;
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};
sqlite3_file* real(sqlite3_file* file) { return reinterpret_cast<File*>(file)->real(); }

int check(int error) {
  ++state.operations;
  if (!state.fails_at || state.operations < *state.fails_at) return SQLITE_OK;
  return state.fault == DiskFault::kFull ? SQLITE_FULL : error;
}

int close_file(sqlite3_file* f) { return real(f)->pMethods->xClose(real(f)); }
int read_file(sqlite3_file* f, void* to, int size, sqlite3_int64 at) {
  return real(f)->pMethods->xRead(real(f), to, size, at);
}
int write_file(sqlite3_file* f, const void* from, int size, sqlite3_int64 at) {
  if (const int failed = check(SQLITE_IOERR_WRITE)) return failed;
  return real(f)->pMethods->xWrite(real(f), from, size, at);
}
int truncate_file(sqlite3_file* f, sqlite3_int64 size) { return real(f)->pMethods->xTruncate(real(f), size); }
int sync_file(sqlite3_file* f, int flags) {
  if (const int failed = check(SQLITE_IOERR_FSYNC)) return failed;
  return real(f)->pMethods->xSync(real(f), flags);
}
int file_size(sqlite3_file* f, sqlite3_int64* size) { return real(f)->pMethods->xFileSize(real(f), size); }
int lock(sqlite3_file* f, int level) { return real(f)->pMethods->xLock(real(f), level); }
int unlock(sqlite3_file* f, int level) { return real(f)->pMethods->xUnlock(real(f), level); }
int check_reserved(sqlite3_file* f, int* out) { return real(f)->pMethods->xCheckReservedLock(real(f), out); }
int control(sqlite3_file* f, int what, void* argument) {
  return real(f)->pMethods->xFileControl(real(f), what, argument);
}
int sector_size(sqlite3_file* f) { return real(f)->pMethods->xSectorSize(real(f)); }
int characteristics(sqlite3_file* f) { return real(f)->pMethods->xDeviceCharacteristics(real(f)); }
int shm_map(sqlite3_file* f, int region, int size, int extend, void volatile** out) {
  return real(f)->pMethods->xShmMap(real(f), region, size, extend, out);
}
int shm_lock(sqlite3_file* f, int offset, int n, int flags) {
  return real(f)->pMethods->xShmLock(real(f), offset, n, flags);
}
void shm_barrier(sqlite3_file* f) { real(f)->pMethods->xShmBarrier(real(f)); }
int shm_unmap(sqlite3_file* f, int remove) { return real(f)->pMethods->xShmUnmap(real(f), remove); }

const sqlite3_io_methods kMethods = {
    2,        close_file,  read_file,      write_file, truncate_file, sync_file,       file_size,
    lock,     unlock,      check_reserved, control,    sector_size,   characteristics, shm_map,
    shm_lock, shm_barrier, shm_unmap,      nullptr,    nullptr};

int open_file(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  file->pMethods = nullptr;
  const int result = state.real->xOpen(state.real, name, real(file), flags, out_flags);
  if (result == SQLITE_OK) file->pMethods = &kMethods;
  return result;
}

}  // namespace

FailingDisk::FailingDisk() {
  mend();
  if (state.real == nullptr) {
    state.real = sqlite3_vfs_find(nullptr);
    state.mine = *state.real;
    state.mine.pNext = nullptr;
    state.mine.zName = "failing disk";
    state.mine.szOsFile = static_cast<int>(sizeof(File)) + state.real->szOsFile;
    state.mine.xOpen = open_file;
  }
  sqlite3_vfs_register(&state.mine, 1);
}

FailingDisk::~FailingDisk() {
  sqlite3_vfs_unregister(&state.mine);
  sqlite3_vfs_register(state.real, 1);
}

void FailingDisk::fail_at(uint64_t n, DiskFault fault) {
  state.operations = 0;
  state.fails_at = n;
  state.fault = fault;
}

void FailingDisk::mend() {
  state.operations = 0;
  state.fails_at.reset();
}

uint64_t FailingDisk::operations() { return state.operations; }

}  // namespace evensweep::coordinator
