#include "agent/devices/machine.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <sstream>
#include <string_view>
#include <thread>
#include <vector>

#include "common/base/file.h"

namespace evensweep {
namespace {

std::string text_of(const std::string& path) { return read_file(path).value_or(""); }

// The number of cores this thread may be scheduled on. The mask grows until the kernel's fits.
double affinity_cores() {
  for (int cores = 1024; cores <= 1 << 20; cores *= 2) {
    cpu_set_t* set = CPU_ALLOC(static_cast<size_t>(cores));
    if (set == nullptr) break;
    const size_t size = CPU_ALLOC_SIZE(static_cast<size_t>(cores));
    const bool known = ::sched_getaffinity(0, size, set) == 0;
    const int count = known ? CPU_COUNT_S(size, set) : 0;
    CPU_FREE(set);
    if (count > 0) return count;
  }
  return std::max(1u, std::thread::hardware_concurrency());
}

// The folders of this process's cgroup (v2) from its own up to the root: each may hold a limit.
std::vector<std::string> cgroup_folders(const MachinePaths& paths) {
  std::istringstream lines(text_of(paths.proc + "/self/cgroup"));
  std::string line, group;
  while (std::getline(lines, line))
    if (line.starts_with("0::/")) group = line.substr(3);
  std::vector<std::string> folders;
  while (group.size() > 1) {
    folders.push_back(paths.cgroup + group);
    group = group.substr(0, group.rfind('/'));
  }
  folders.push_back(paths.cgroup);
  return folders;
}

// cpu.max: "<quota> <period>" in microseconds, or "max <period>".
std::optional<double> quota_cores(const std::string& folder) {
  std::istringstream words(text_of(folder + "/cpu.max"));
  double quota = 0, period = 0;
  if (!(words >> quota >> period) || quota <= 0 || period <= 0) return std::nullopt;
  return quota / period;
}

std::optional<int64_t> number_in(const std::string& path) {
  std::istringstream words(text_of(path));
  int64_t number = 0;
  if (!(words >> number) || number <= 0) return std::nullopt;
  return number;
}

// /proc/meminfo: "MemTotal:  24689012 kB".
int64_t total_memory(const MachinePaths& paths) {
  std::istringstream lines(text_of(paths.proc + "/meminfo"));
  std::string name;
  int64_t kilobytes = 0;
  while (lines >> name >> kilobytes) {
    if (name == "MemTotal:") return kilobytes * 1024;
    std::getline(lines, name);
  }
  return 0;
}

std::string cpu_model(const MachinePaths& paths) {
  std::istringstream lines(text_of(paths.proc + "/cpuinfo"));
  std::string line;
  while (std::getline(lines, line))
    if (line.starts_with("model name"))
      if (const size_t colon = line.find(": "); colon != std::string::npos) return line.substr(colon + 2);
  return "unknown";
}

}  // namespace

Machine detect_machine(const MachinePaths& paths) {
  Machine machine{affinity_cores(), total_memory(paths), cpu_model(paths)};
  for (const std::string& folder : cgroup_folders(paths)) {
    if (const auto quota = quota_cores(folder)) machine.cores = std::min(machine.cores, *quota);
    const auto limit = number_in(folder + "/memory.max");
    if (limit && (machine.memory_bytes == 0 || *limit < machine.memory_bytes)) machine.memory_bytes = *limit;
  }
  machine.cores = std::max(machine.cores, 0.01);
  return machine;
}

uint32_t default_slots(const Machine& machine, int64_t threads) {
  const double fit = std::floor(machine.cores / static_cast<double>(std::max<int64_t>(threads, 1)));
  return static_cast<uint32_t>(std::clamp(fit, 1.0, 1024.0));
}

}  // namespace evensweep
