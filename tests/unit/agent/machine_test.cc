#include "agent/devices/machine.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "common/base/file.h"

namespace evensweep {
namespace {

class MachineTest : public testing::Test {
 protected:
  MachineTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "evensweep_machine.XXXXXX").string();
    dir_ = ::mkdtemp(pattern.data());
    paths_ = {dir_ + "/proc", dir_ + "/cgroup"};
    put("/proc/meminfo", "MemFree: 5 kB\nMemTotal:       16000 kB\n");
    put("/proc/cpuinfo", "processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\n");
    put("/proc/self/cgroup", "0::/outer/inner\n");
  }
  ~MachineTest() override { std::filesystem::remove_all(dir_); }
  void put(const std::string& path, const std::string& content) {
    const auto folder = std::filesystem::path(dir_ + path).parent_path();
    ASSERT_TRUE(make_folders(folder.string()).ok());
    ASSERT_TRUE(write_file_atomically(dir_ + path, content).ok());
  }

  std::string dir_;
  MachinePaths paths_;
};

TEST_F(MachineTest, WithoutLimitsItIsAllThatIsThere) {
  put("/cgroup/outer/inner/cpu.max", "max 100000\n");
  put("/cgroup/outer/inner/memory.max", "max\n");
  const Machine machine = detect_machine(paths_);
  EXPECT_GE(machine.cores, 1);
  EXPECT_EQ(machine.memory_bytes, 16000 * 1024);
  EXPECT_EQ(machine.cpu_model, "Some CPU @ 2 GHz");
}

TEST_F(MachineTest, TheTightestLimitOnTheWayUpCounts) {
  put("/cgroup/outer/inner/cpu.max", "80000 100000\n");
  put("/cgroup/outer/cpu.max", "50000 100000\n");
  put("/cgroup/outer/memory.max", "1000000\n");
  put("/cgroup/outer/inner/memory.max", "2000000\n");
  const Machine machine = detect_machine(paths_);
  EXPECT_DOUBLE_EQ(machine.cores, 0.5);
  EXPECT_EQ(machine.memory_bytes, 1000000);
}

TEST_F(MachineTest, RubbishIsNoLimit) {
  put("/cgroup/outer/inner/cpu.max", "-5 0\n");
  put("/cgroup/outer/inner/memory.max", "lots\n");
  put("/proc/meminfo", "nothing\n");
  put("/proc/cpuinfo", "");
  const Machine machine = detect_machine(paths_);
  EXPECT_GE(machine.cores, 1);
  EXPECT_EQ(machine.memory_bytes, 0);
  EXPECT_EQ(machine.cpu_model, "unknown");
}

TEST(DefaultSlots, FillTheCoresButNeverLess) {
  const auto slots = [](double cores, int64_t threads) { return default_slots({cores, 0, ""}, threads); };
  EXPECT_EQ(slots(8, 1), 8u);
  EXPECT_EQ(slots(8, 3), 2u);
  EXPECT_EQ(slots(2.9, 1), 2u);
  EXPECT_EQ(slots(0.5, 4), 1u);
  EXPECT_EQ(slots(4, 0), 4u);
}

TEST(DetectMachine, ThisOneHasACore) { EXPECT_GE(detect_machine().cores, 0.01); }

}  // namespace
}  // namespace evensweep
