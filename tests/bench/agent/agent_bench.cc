// What a run that does nothing costs an agent: a whole AgentHost with its spool and real fake_trainer processes,
// against a coordinator that hands out leases and acknowledges at once and stores nothing.
//
//     agent_bench [RUNS [SLOTS]]
//
// Prints the runs per second, and the processor time for each run: of this process (the agent, with the coordinator's
// end of gRPC) and of the trainers.

#include <fmt/format.h>
#include <grpcpp/security/credentials.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "agent/link/agent_host.h"
#include "agent/link/channel.h"
#include "tests/support/places.h"
#include "tests/unit/agent/fake_coordinator.h"
#include "tests/unit/agent/run_specs.h"

namespace evensweep {
namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double processor_seconds(int who) {
  rusage usage{};
  ::getrusage(who, &usage);
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

int bench(uint64_t runs, uint32_t slots) {
  std::string pattern = (std::filesystem::temp_directory_path() / "evensweep_bench.XXXXXX").string();
  const std::string dir = ::mkdtemp(pattern.data());
  std::vector<Lease> leases;
  for (uint64_t seed = 0; seed < runs; ++seed) leases.push_back(lease_of_seed(seed));
  const std::string address = "unix:" + dir + "/socket";
  AgentOptions options{.id = AgentId("bench"), .dir = dir + "/agent", .slots = slots};
  options.trainers = {{kTrainerNumerics, {bin_dir() + "/fake_trainer"}}};
  options.files = {{kDataHash, "/nowhere/digits.csv"}};
  FakeCoordinator coordinator(address);
  coordinator.hand_out(std::move(leases));
  const SystemClock clock;
  const auto begin = std::chrono::steady_clock::now();
  const double before = processor_seconds(RUSAGE_SELF);
  auto agent = AgentHost::start(options, coordinator_channel(address, grpc::InsecureChannelCredentials()), clock);
  if (!agent.ok()) {
    fmt::print(stderr, "{}\n", std::string(agent.status().message()));
    return 1;
  }
  while (!coordinator.wait([runs](const Heard& heard) { return heard.ended_so_far >= runs; })) continue;
  const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const double own = processor_seconds(RUSAGE_SELF) - before;
  agent->reset();
  const double each = 1e6 / static_cast<double>(runs);
  fmt::print(
      "{} runs, {} slots: {:.0f} runs/s; processor time of a run: {:.1f} us here, {:.1f} us in trainers; {} messages\n",
      runs, slots, static_cast<double>(runs) / wall, own * each, processor_seconds(RUSAGE_CHILDREN) * each,
      coordinator.heard().messages);
  std::filesystem::remove_all(dir);
  return 0;
}

}  // namespace
}  // namespace evensweep

int main(int count, char** words) {
  const uint64_t runs = count > 1 ? std::strtoull(words[1], nullptr, 10) : 10'000;
  const uint64_t slots = count > 2 ? std::strtoull(words[2], nullptr, 10) : 16;
  return evensweep::bench(runs, static_cast<uint32_t>(slots));
}
