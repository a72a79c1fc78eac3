#include "coordinator/store/state_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <optional>

#include "common/base/file.h"
#include "tests/unit/coordinator/temporary_state.h"

namespace evensweep::coordinator {
namespace {

using testing::HasSubstr;

TEST(StateFolderTest, MakesTheFolder) {
  const TemporaryState state;
  const auto held = StateFolder::hold(state.path() + "/a/b");
  ASSERT_TRUE(held.ok()) << held.status();
  EXPECT_EQ(held->path(), state.path() + "/a/b");
  EXPECT_TRUE(std::filesystem::exists(held->path() + "/lock"));
}

TEST(StateFolderTest, IsRefusedToASecondHolderUntilTheFirstIsGone) {
  const TemporaryState state;
  {
    const auto held = StateFolder::hold(state.path());
    ASSERT_TRUE(held.ok());
    const Status second = StateFolder::hold(state.path()).status();
    EXPECT_EQ(second.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(second.message(), "the state folder " + state.path() + " is in use by another evensweep (process " +
                                    std::to_string(::getpid()) + "); wait for it, or choose another --state");
  }
  EXPECT_TRUE(StateFolder::hold(state.path()).ok());
}

TEST(StateFolderTest, IsFreeAgainWhenItsHolderIsKilled) {
  const TemporaryState state;
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto held = StateFolder::hold(state.path());
    const char answer = held.ok() ? 'y' : 'n';
    if (::write(ends[1], &answer, 1) != 1) ::_exit(1);
    while (true) ::pause();
  }
  char answer = 0;
  ASSERT_EQ(::read(ends[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  EXPECT_THAT(std::string(StateFolder::hold(state.path()).status().message()),
              HasSubstr("(process " + std::to_string(child) + ")"));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(StateFolder::hold(state.path()).ok());
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(StateFolderTest, RefusesAFileInItsPlace) {
  const TemporaryState state;
  ASSERT_TRUE(write_file_atomically(state.path() + "/file", "x").ok());
  EXPECT_THAT(std::string(StateFolder::hold(state.path() + "/file").status().message()),
              HasSubstr(state.path() + "/file"));
}

TEST(StateFolderTest, KnowsNetworkFileSystems) {
  EXPECT_EQ(network_file_system(0x6969), "NFS");
  EXPECT_EQ(network_file_system(0xfe534d42), "SMB");
  EXPECT_EQ(network_file_system(0x0bd00bd0), "Lustre");
  EXPECT_EQ(network_file_system(0x47504653), "GPFS");
  EXPECT_EQ(network_file_system(0xef53), std::nullopt) << "ext4";
  EXPECT_EQ(network_file_system(0x01021994), std::nullopt) << "tmpfs";
}

}  // namespace
}  // namespace evensweep::coordinator
