#include "agent/process/posix_launcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "agent/core/trainer_contract.h"

namespace evensweep {
namespace {

// A process that a shell plays, and all that was heard of it.
class LauncherTest : public testing::Test {
 protected:
  void launch(const std::string& script, const std::map<std::string, std::string>& variables = {}) {
    PosixLauncher launcher(context_);
    TrainerCallbacks callbacks;
    callbacks.on_line = [this](std::string_view line) { lines_.emplace_back(line); };
    callbacks.on_breach = [this](const std::string& what) {
      breach_ = what;
      process_->kill();
    };
    callbacks.on_exit = [this](ExitStatus exit, const std::string& tail) {
      exit_ = exit;
      tail_ = tail;
    };
    auto process = launcher.launch({"/bin/sh", "-c", script}, variables, std::move(callbacks));
    ASSERT_TRUE(process.ok()) << process.status();
    process_ = *std::move(process);
  }
  // Until `ready`, 20 s at most.
  template <typename Ready>
  bool run_until(Ready ready) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!ready() && std::chrono::steady_clock::now() < end) {
      context_.restart();
      context_.run_one_for(std::chrono::milliseconds(100));
    }
    return ready();
  }
  bool run_to_exit() {
    return run_until([this] { return exit_.has_value(); });
  }

  boost::asio::io_context context_;
  std::unique_ptr<TrainerProcess> process_;
  std::vector<std::string> lines_;
  std::optional<std::string> breach_;
  std::optional<ExitStatus> exit_;
  std::string tail_;
};

TEST_F(LauncherTest, TasksGoInAndEventsComeOut) {
  launch("while read task; do echo \"did $task\" >&3; done; exit 5");
  process_->write_line("one");
  process_->write_line("two");
  ASSERT_TRUE(run_until([this] { return lines_.size() == 2; }));
  EXPECT_THAT(lines_, testing::ElementsAre("did one", "did two"));
  process_->terminate();
  ASSERT_TRUE(run_to_exit());
  EXPECT_TRUE(exit_->by_signal);
  EXPECT_EQ(exit_->number, SIGTERM);
}

TEST_F(LauncherTest, AllThatWasWrittenBeforeTheEndIsHeardBeforeIt) {
  launch("i=0; while [ $i -lt 5000 ]; do echo \"event $i\" >&3; i=$((i+1)); done; echo last words >&2; exit 3");
  ASSERT_TRUE(run_to_exit());
  ASSERT_EQ(lines_.size(), 5000u);
  EXPECT_EQ(lines_.back(), "event 4999");
  EXPECT_EQ(tail_, "last words\n");
  EXPECT_FALSE(exit_->by_signal);
  EXPECT_EQ(exit_->number, 3);
}

// All of it is in the pipe, and the process gone, before anything is read.
TEST_F(LauncherTest, NothingIsLostOfAProcessThatWasFasterThanWe) {
  launch("i=1000; while [ $i -lt 1600 ]; do echo \"line $i\" >&2; echo \"event $i\" >&3; i=$((i+1)); done");
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  ASSERT_TRUE(run_to_exit());
  EXPECT_EQ(lines_.size(), 600u);
  const size_t first = tail_.find("line ");
  ASSERT_NE(first, std::string::npos);
  std::string expected;
  for (int i = std::stoi(tail_.substr(first + 5)); i < 1600; ++i) expected += "line " + std::to_string(i) + "\n";
  EXPECT_EQ(tail_.substr(first), expected);
}

TEST_F(LauncherTest, ALineOfMoreThanAMebibyteIsABreach) {
  launch("head -c 1048600 /dev/zero | tr '\\0' x >&3; echo >&3; echo after >&3");
  ASSERT_TRUE(run_to_exit());
  EXPECT_TRUE(breach_.has_value());
  EXPECT_TRUE(lines_.empty());
}

TEST_F(LauncherTest, TheProcessInheritsNothingButItsPipes) {
  launch("echo $(ls -l /proc/self/fd | grep -c -e pipe -e null) $(ls /proc/self/fd | wc -l) >&3; echo >&1");
  ASSERT_TRUE(run_to_exit());
  // 0, 2 and 3 (standard output of `ls` itself is the pipe to grep or wc), and the folder that `ls` lists.
  ASSERT_EQ(lines_.size(), 1u);
  EXPECT_EQ(lines_[0], "4 5");
}

TEST_F(LauncherTest, VariablesGoOnTopOfTheEnvironment) {
  ::setenv("EVENSWEEP_TEST_VARIABLE", "old", 1);
  launch("echo $EVENSWEEP_TEST_VARIABLE $CUDA_VISIBLE_DEVICES $OMP_WAIT_POLICY >&3; env | grep -c EVENSWEEP_TEST_V >&3",
         {{"EVENSWEEP_TEST_VARIABLE", "new"}, {"CUDA_VISIBLE_DEVICES", "GPU-1"}});
  ASSERT_TRUE(run_to_exit());
  EXPECT_THAT(lines_, testing::ElementsAre("new GPU-1 PASSIVE", "1"));
}

TEST_F(LauncherTest, SignalsAreAsTheyAreForAFreshProgram) {
  launch("grep -E 'SigBlk|SigIgn' /proc/self/status >&3");
  ASSERT_TRUE(run_to_exit());
  ASSERT_EQ(lines_.size(), 2u);
  // Signals 32 and 33 are the C library's own.
  for (const std::string& line : lines_) EXPECT_EQ(std::stoull(line.substr(8), nullptr, 16) & 0x7fffffff, 0u) << line;
}

TEST_F(LauncherTest, KillTakesTheWholeGroup) {
  launch("sleep 600 & echo $! >&3; wait");
  ASSERT_TRUE(run_until([this] { return lines_.size() == 1; }));
  const pid_t grandchild = std::stoi(lines_[0]);
  process_->kill();
  ASSERT_TRUE(run_to_exit());
  EXPECT_EQ(exit_->number, SIGKILL);
  // It is dead, and perhaps not yet reaped by whoever inherited it.
  EXPECT_TRUE(run_until([grandchild] {
    if (::kill(grandchild, 0) != 0) return true;
    std::error_code error;
    return !std::filesystem::exists("/proc/" + std::to_string(grandchild) + "/exe", error) || error;
  }));
}

TEST_F(LauncherTest, AChildThatLeavesAGrandchildBehindStillEnds) {
  launch("sleep 600 & echo bye >&3; exit 0");
  ASSERT_TRUE(run_to_exit());
  EXPECT_THAT(lines_, testing::ElementsAre("bye"));
  EXPECT_EQ(exit_->number, 0);
}

TEST_F(LauncherTest, WritingToTheDeadIsHarmless) {
  launch("exec 0<&-; echo ready >&3; read nothing; exit 0");
  ASSERT_TRUE(run_until([this] { return !lines_.empty(); }));
  for (int i = 0; i < 10; ++i) process_->write_line(std::string(100000, 'x'));
  ASSERT_TRUE(run_to_exit());
  process_->write_line("more");
  process_->terminate();
}

TEST_F(LauncherTest, GoingOnWithoutEventsIsABreach) {
  launch("exec 3>&-; sleep 600");
  ASSERT_TRUE(run_until([this] { return breach_.has_value(); }));
  EXPECT_THAT(*breach_, testing::HasSubstr("descriptor 3"));
  process_->kill();
  ASSERT_TRUE(run_to_exit());
}

TEST_F(LauncherTest, NothingIsHeardOfAProcessThatWasLetGo) {
  launch("echo ready >&3; sleep 600");
  ASSERT_TRUE(run_until([this] { return !lines_.empty(); }));
  process_.reset();
  context_.restart();
  context_.run();  // returns when the process is reaped and nothing is pending
  EXPECT_FALSE(exit_.has_value());
}

TEST(PosixLauncher, AMissingProgramIsNotFound) {
  boost::asio::io_context context;
  PosixLauncher launcher(context);
  const auto process = launcher.launch({"/nowhere/trainer"}, {}, {});
  EXPECT_EQ(process.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(process.status().message()), testing::HasSubstr("/nowhere/trainer"));
}

}  // namespace
}  // namespace evensweep
