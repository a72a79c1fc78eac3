#pragma once
// What this machine has to train with, as far as this process may use it.

#include <cstdint>
#include <string>

namespace evensweep {

struct Machine {
  double cores = 1;  // that this process may use: affinity and cgroup v2 quota; at least 0.01
  int64_t memory_bytes =
      0;                  // that it may use: the smaller of the machine's memory and its cgroup v2 limits; 0: unknown
  std::string cpu_model;  // "unknown" where /proc/cpuinfo has no model name
};

// Where the kernel tells about itself. A test names folders of its own.
struct MachinePaths {
  std::string proc = "/proc";
  std::string cgroup = "/sys/fs/cgroup";
};

// Never fails: what cannot be read counts as not limited, one core at least.
Machine detect_machine(const MachinePaths& paths = {});

// How many trainings of `threads` threads each fit on the cores; at least 1.
uint32_t default_slots(const Machine& machine, int64_t threads);

}  // namespace evensweep
