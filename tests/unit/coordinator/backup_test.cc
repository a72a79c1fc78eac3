#include "coordinator/store/backup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "common/base/file.h"
#include "coordinator/store/sqlite_store.h"
#include "tests/unit/coordinator/store_example.h"
#include "tests/unit/coordinator/temporary_state.h"

namespace evensweep::coordinator {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

constexpr int64_t kTime = 1'795'000'000'000;
const std::atomic<bool> kGoOn = false;

struct BackupTest : testing::Test {
  TemporaryState state;
  StoreExample example;
  Backups backups{state.path(), 3};

  std::unique_ptr<SqliteStore> open() {
    auto store = SqliteStore::open(state.path());
    EXPECT_TRUE(store.ok()) << store.status();
    return *std::move(store);
  }
  // How many attempts a store of this file knows.
  size_t attempts_in(const std::string& file) {
    const TemporaryState other;
    std::filesystem::copy_file(file, other.database());
    auto store = SqliteStore::open(other.path());
    EXPECT_TRUE(store.ok()) << store.status();
    return (*store)->load()->runs.size();
  }
  std::string take(int64_t at) {
    const auto taken = backups.take_if_changed(at, kGoOn);
    EXPECT_TRUE(taken.ok()) << taken.status();
    return taken->value_or("");
  }
};

TEST_F(BackupTest, HoldsWhatWasCommittedWhileTheStoreIsOpen) {
  const auto store = open();
  ASSERT_TRUE(store->commit(example.records(), 0).ok());
  const std::string file = take(kTime);
  EXPECT_EQ(file, state.path() + "/backups/evensweep-20261118T110640.000Z.db");
  EXPECT_EQ(attempts_in(file), store->load()->runs.size());
  struct stat info {};
  ASSERT_EQ(::stat(file.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_FALSE(std::filesystem::exists(file + "-wal")) << "one file is all of it";
}

TEST_F(BackupTest, IsTakenOnlyAfterAChange) {
  const auto store = open();
  ASSERT_TRUE(store->commit(example.records(), 0).ok());
  EXPECT_NE(take(kTime), "");
  EXPECT_EQ(take(kTime + 1), "");
  ASSERT_TRUE(store->commit(std::vector<Record>{example.numbered(3)}, 0).ok());
  EXPECT_NE(take(kTime + 2), "");
}

TEST_F(BackupTest, KeepsTheNewest) {
  const auto store = open();
  std::vector<std::string> taken;
  for (uint64_t i = 0; i < 5; ++i) {
    ASSERT_TRUE(store->commit(std::vector<Record>{example.numbered(static_cast<RunId>(i))}, 0).ok());
    taken.push_back(take(kTime + static_cast<int64_t>(i) * 600'000));
  }
  EXPECT_THAT(Backups::list(state.path()), ElementsAre(taken[2], taken[3], taken[4]));
  EXPECT_EQ(attempts_in(taken[2]), 3u);
}

// Each backup holds a prefix of what one thread commits, never less than what was committed before it began.
TEST_F(BackupTest, IsOfOneMomentWhileAnotherThreadCommits) {
  const auto store = open();
  std::atomic<uint64_t> committed = 0;
  std::atomic<bool> enough = false;
  std::thread writer([&] {
    for (uint64_t i = 0; !enough; ++i) {
      ASSERT_TRUE(store->commit(std::vector<Record>{example.numbered(static_cast<RunId>(i))}, 0).ok());
      ++committed;
    }
  });
  for (int64_t i = 0; i < 4; ++i) {
    const uint64_t before = committed;
    const std::string file = take(kTime + i);
    if (file.empty()) continue;  // nothing was committed in between
    const size_t found = attempts_in(file);
    EXPECT_GE(found, before);
    EXPECT_LE(found, committed + 1);
  }
  enough = true;
  writer.join();
}

TEST_F(BackupTest, IsBrokenOffWithoutATrace) {
  const auto store = open();
  ASSERT_TRUE(store->commit(example.records(), 0).ok());
  const std::atomic<bool> stop = true;
  EXPECT_TRUE(absl::IsCancelled(backups.take_if_changed(kTime, stop).status()));
  EXPECT_TRUE(std::filesystem::is_empty(state.path() + "/backups"));
  EXPECT_NE(take(kTime), "") << "it is still due";
}

TEST_F(BackupTest, ComesBackByRestore) {
  {
    const auto store = open();
    ASSERT_TRUE(store->commit(example.records(), 0).ok());
    ASSERT_NE(take(kTime), "");
    ASSERT_TRUE(store->commit(std::vector<Record>{example.numbered(3)}, 0).ok());
  }
  const size_t all = attempts_in(state.database());
  const auto old = restore_backup(state.path(), "", kTime);
  ASSERT_TRUE(old.ok()) << old.status();
  EXPECT_EQ(*old, state.database() + ".before-20261118T110640.000Z");
  EXPECT_EQ(attempts_in(state.database()), all - 1);
  EXPECT_EQ(attempts_in(*old), all) << "nothing is thrown away";
  EXPECT_TRUE(open()->commit(std::vector<Record>{example.numbered(3)}, 0).ok());
}

TEST_F(BackupTest, TakesTheLogOfAKilledCoordinatorOutOfTheWay) {
  auto store = open();
  ASSERT_TRUE(store->commit(example.records(), 0).ok());
  ASSERT_NE(take(kTime), "");
  ASSERT_TRUE(store->commit(std::vector<Record>{example.numbered(3)}, 0).ok());
  ASSERT_TRUE(std::filesystem::exists(state.database() + "-wal"));
  // As after kill -9: the log is there and its owner is not.
  const TemporaryState killed;
  for (const char* suffix : {"", "-wal"})
    std::filesystem::copy_file(state.database() + suffix, killed.database() + suffix);
  std::filesystem::copy(state.path() + "/backups", killed.path() + "/backups");
  const auto old = restore_backup(killed.path(), "", kTime);
  ASSERT_TRUE(old.ok()) << old.status();
  EXPECT_FALSE(std::filesystem::exists(killed.database() + "-wal")) << "it belongs to another database";
  EXPECT_EQ(attempts_in(killed.database()), store->load()->runs.size() - 1);
  EXPECT_TRUE(std::filesystem::exists(*old + "-wal"));
}

TEST_F(BackupTest, RestoresADatabaseThatIsDestroyed) {
  {
    const auto store = open();
    ASSERT_TRUE(store->commit(example.records(), 0).ok());
    ASSERT_NE(take(kTime), "");
  }
  std::ofstream(state.database(), std::ios::trunc) << "all is lost";
  ASSERT_FALSE(SqliteStore::open(state.path()).ok());
  ASSERT_TRUE(restore_backup(state.path(), "", kTime).ok());
  EXPECT_EQ(open()->load()->runs.size(), 3u);
}

TEST_F(BackupTest, RefusesToRestoreWhatIsDamaged) {
  {
    const auto store = open();
    ASSERT_TRUE(store->commit(example.records(), 0).ok());
  }
  const std::string file = take(kTime);
  ASSERT_NE(file, "");
  const size_t before = attempts_in(state.database());
  std::string content = read_file(file).value();
  for (size_t i = 4096; i < content.size(); i += 64) content[i] = '\x5a';
  ASSERT_TRUE(replace_file(file, content).ok());
  const Status damaged = restore_backup(state.path(), "", kTime).status();
  EXPECT_TRUE(absl::IsDataLoss(damaged)) << damaged;
  EXPECT_THAT(std::string(damaged.message()), HasSubstr(file));
  ASSERT_TRUE(replace_file(file, "not a database at all").ok());
  EXPECT_TRUE(absl::IsDataLoss(restore_backup(state.path(), file, kTime).status()));
  EXPECT_EQ(attempts_in(state.database()), before) << "what is there stays";
}

TEST_F(BackupTest, SaysWhenThereIsNone) {
  EXPECT_TRUE(absl::IsNotFound(restore_backup(state.path(), "", kTime).status()));
  EXPECT_TRUE(absl::IsNotFound(restore_backup(state.path(), "/no/such.db", kTime).status()));
  EXPECT_THAT(Backups::list(state.path()), SizeIs(0));
  EXPECT_EQ(take(kTime), "") << "without a database there is nothing to copy";
}

}  // namespace
}  // namespace evensweep::coordinator
