// Killed processes, full disks and disks with errors: what was acknowledged is there, and the store goes on.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <set>

#include "coordinator/store/sqlite_store.h"
#include "tests/unit/coordinator/failing_disk.h"
#include "tests/unit/coordinator/store_example.h"
#include "tests/unit/coordinator/temporary_state.h"

namespace evensweep::coordinator {
namespace {

using testing::HasSubstr;

class StoreFaults : public testing::Test {
 protected:
  std::set<Digest> stored() {
    std::set<Digest> keys;
    const auto store = SqliteStore::open(state_.path());
    EXPECT_TRUE(store.ok()) << store.status();
    const StatusOr<Snapshot> snapshot = (*store)->load();
    EXPECT_TRUE(snapshot.ok()) << snapshot.status();
    for (const StoredRun& run : snapshot->runs) keys.insert(run.key);
    return keys;
  }

  TemporaryState state_;
  StoreExample example_;
};

// Commits run after run and says the number of each on `acknowledged`, until it is killed.
[[noreturn]] void commit_for_ever(const std::string& folder, RunId first, int acknowledged) {
  const StoreExample example;
  auto store = SqliteStore::open(folder);
  if (!store.ok()) ::_exit(1);
  for (RunId n = first;; ++n) {
    if (!(*store)->commit(std::vector<Record>{example.numbered(n)}, 1).ok()) ::_exit(2);
    if (::write(acknowledged, &n, sizeof n) != sizeof n) ::_exit(3);
  }
}

TEST_F(StoreFaults, HasEverythingThatAKilledProcessAcknowledged) {
  RunId next = 0;
  for (int round = 0; round < 12; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) commit_for_ever(state_.path(), next, ends[1]);
    ::close(ends[1]);
    // Killed after a number of commits that differs from round to round, in the middle of the next one.
    RunId last = next;
    for (int i = 0; i < 3 + 7 * round; ++i) ASSERT_EQ(::read(ends[0], &last, sizeof last), sizeof last);
    ::kill(child, SIGKILL);
    while (::read(ends[0], &last, sizeof last) == sizeof last) {
    }
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status));
    const std::set<Digest> keys = stored();
    for (RunId n = 0; n <= last; ++n) ASSERT_TRUE(keys.contains(example_.numbered(n).key)) << n << " of " << last;
    EXPECT_LE(keys.size(), last + 2) << "at most one that was not acknowledged any more";
    next = last + 2;
    // The gap that the unacknowledged one may have left.
    ASSERT_TRUE((*SqliteStore::open(state_.path()))->commit(std::vector<Record>{example_.numbered(last + 1)}, 1).ok());
  }
}

class DiskFaults : public StoreFaults, public testing::WithParamInterface<DiskFault> {};

TEST_P(DiskFaults, LoseNothingAtWhateverWriteTheyCome) {
  const FailingDisk disk;
  auto store = SqliteStore::open(state_.path());
  ASSERT_TRUE(store.ok()) << store.status();
  ASSERT_TRUE((*store)->commit(example_.records(), 1).ok());
  const std::set<Digest> before = stored();
  bool passed = false;
  for (RunId n = 1; !passed; ++n) {
    ASSERT_LT(n, 1000u);
    const std::vector<Record> records = {example_.numbered(2 * n + 1), example_.numbered(2 * n + 2)};
    FailingDisk::fail_at(n, GetParam());
    const Status status = (*store)->commit(records, 1);
    passed = FailingDisk::operations() < n;
    FailingDisk::mend();
    ASSERT_EQ(status.ok(), passed) << "fault at operation " << n << ": " << status;
    if (!passed && GetParam() == DiskFault::kFull) {
      EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
      EXPECT_THAT(std::string(status.message()), HasSubstr("is full; nothing stored is lost: free some space"));
    }
    // With the disk in order again the same store takes them.
    ASSERT_TRUE((*store)->commit(records, 1).ok()) << "after the fault at operation " << n;
    const std::set<Digest> after = stored();
    EXPECT_TRUE(after.contains(example_.numbered(2 * n + 1).key) && after.contains(example_.numbered(2 * n + 2).key));
    EXPECT_TRUE(std::includes(after.begin(), after.end(), before.begin(), before.end()));
  }
}

TEST_P(DiskFaults, AreToldWhenTheStoreIsMade) {
  const FailingDisk disk;
  for (uint64_t n = 1;; ++n) {
    ASSERT_LT(n, 1000u);
    const TemporaryState fresh;
    FailingDisk::fail_at(n, GetParam());
    const auto store = SqliteStore::open(fresh.path());
    const bool passed = FailingDisk::operations() < n;
    FailingDisk::mend();
    if (passed) {
      EXPECT_TRUE(store.ok()) << store.status();
      break;
    }
    if (store.ok()) continue;  // the fault came where SQLite could do without
    EXPECT_EQ(std::string(store.status().message()).find('\n'), std::string::npos);
    if (GetParam() == DiskFault::kFull) {
      EXPECT_EQ(store.status().code(), absl::StatusCode::kResourceExhausted) << n;
    }
    EXPECT_TRUE(SqliteStore::open(fresh.path()).ok()) << "a half-made store is completed";
  }
}

INSTANTIATE_TEST_SUITE_P(Faults, DiskFaults, testing::Values(DiskFault::kFull, DiskFault::kError),
                         [](const auto& chosen) { return chosen.param == DiskFault::kFull ? "Full" : "Error"; });

}  // namespace
}  // namespace evensweep::coordinator
