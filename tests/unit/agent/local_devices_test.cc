#include "agent/devices/local_devices.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "common/base/file.h"

namespace evensweep {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const std::vector<Gpu> kGpus = {
    {.index = 0, .uuid = "GPU-aaaa-1", .name = "A", .memory_bytes = 80, .memory_used = 3, .temperature = 41.0},
    {.index = 1, .uuid = "GPU-bbbb-2", .name = "B", .memory_bytes = 40, .memory_used = 7, .utilisation = 0.5},
};

class FakeGpus final : public GpuReader {
 public:
  std::vector<Gpu> read() override { return kGpus; }
};

std::vector<uint32_t> indices(const std::vector<Gpu>& gpus) {
  std::vector<uint32_t> found;
  for (const Gpu& gpu : gpus) found.push_back(gpu.index);
  return found;
}

TEST(VisibleGpus, AreThoseThatTheEnvironmentLeaves) {
  EXPECT_THAT(indices(visible_gpus(kGpus, std::nullopt)), ElementsAre(0u, 1u));
  EXPECT_THAT(indices(visible_gpus(kGpus, "1")), ElementsAre(1u));
  EXPECT_THAT(indices(visible_gpus(kGpus, "1, 0")), ElementsAre(1u, 0u));
  EXPECT_THAT(indices(visible_gpus(kGpus, "GPU-bbbb")), ElementsAre(1u));
  EXPECT_THAT(indices(visible_gpus(kGpus, "0,7,1")), ElementsAre(0u));
  EXPECT_THAT(visible_gpus(kGpus, ""), IsEmpty());
  EXPECT_THAT(visible_gpus(kGpus, "-1"), IsEmpty());
}

TEST(LocalDevices, AreTheGpusOrElseTheProcessors) {
  const Machine machine{.cores = 6, .memory_bytes = 1000, .cpu_model = "C"};
  const auto gpus = local_devices(machine, kGpus, 0);
  ASSERT_THAT(gpus, SizeIs(2));
  EXPECT_EQ(gpus[1].device, (AgentDevice{.kind = "cuda", .index = 1, .name = "B", .memory_bytes = 40, .slots = 1}));
  EXPECT_EQ(gpus[1].visible, "GPU-bbbb-2");
  EXPECT_EQ(local_devices(machine, kGpus, 3)[0].device.slots, 3u);
  const auto processors = local_devices(machine, {}, 0);
  ASSERT_THAT(processors, SizeIs(1));
  EXPECT_EQ(processors[0].device, (AgentDevice{.kind = "cpu", .name = "C", .memory_bytes = 1000, .slots = 6}));
  EXPECT_EQ(processors[0].visible, "");
  EXPECT_EQ(local_devices(machine, {}, 2)[0].device.slots, 2u);
}

class GaugeTest : public testing::Test {
 protected:
  GaugeTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "evensweep_gauge.XXXXXX").string();
    dir_ = ::mkdtemp(pattern.data());
  }
  ~GaugeTest() override { std::filesystem::remove_all(dir_); }
  void put(const std::string& name, const std::string& text) {
    ASSERT_TRUE(write_file_atomically(dir_ + "/" + name, text).ok());
  }

  std::string dir_;
};

TEST_F(GaugeTest, ReadsGpusByTheirIndex) {
  DeviceGauge gauge({{.device = {.kind = "cuda", .index = 1}}, {.device = {.kind = "cuda", .index = 5}}}, dir_,
                    std::make_unique<FakeGpus>());
  const Heartbeat measured = gauge.measure();
  ASSERT_THAT(measured.devices, SizeIs(2));
  EXPECT_EQ(measured.devices[0].device, 0u);
  EXPECT_EQ(measured.devices[0].memory_used, 7u);
  EXPECT_EQ(measured.devices[0].utilisation, 0.5);
  EXPECT_EQ(measured.devices[0].temperature, std::nullopt);
  EXPECT_EQ(measured.devices[1].device, 1u);
  EXPECT_EQ(measured.devices[1].memory_used, std::nullopt);
  EXPECT_GT(measured.disk_free.value_or(0), 0u);
}

TEST_F(GaugeTest, ReadsProcessorsFromTheKernel) {
  put("meminfo", "MemTotal:  1000 kB\nMemFree:  1 kB\nMemAvailable:   600 kB\n");
  put("stat", "cpu 10 0 10 70 10 0 0 0 5 5\ncpu0 1 1 1\n");
  DeviceGauge gauge({{.device = {}}}, dir_, nullptr, {.proc = dir_, .cgroup = dir_});
  EXPECT_EQ(gauge.measure().devices.at(0).memory_used, 400u * 1024);
  put("stat", "cpu 40 0 10 130 20 0 0 0 5 5\n");
  EXPECT_EQ(gauge.measure().devices.at(0).utilisation, 0.3);  // 30 of 100 ticks
}

TEST_F(GaugeTest, WhatIsNotThereIsNotKnown) {
  DeviceGauge gauge({{.device = {}}}, dir_ + "/nowhere", nullptr, {.proc = dir_, .cgroup = dir_});
  const Heartbeat measured = gauge.measure();
  EXPECT_EQ(measured.disk_free, std::nullopt);
  EXPECT_EQ(measured.devices.at(0).memory_used, std::nullopt);
  EXPECT_EQ(measured.devices.at(0).utilisation, std::nullopt);
}

}  // namespace
}  // namespace evensweep
