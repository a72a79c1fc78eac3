// What a run costs the coordinator alone: host, core and SQLite with FULL sync, an agent in the same process that
// answers every lease at once, and no network. Prints one JSON line.
//
//   coordinator_bench RUNS [CREDITS] [FOLDER]

#include <fmt/format.h>
#include <sys/resource.h>

#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "common/model/json.h"
#include "coordinator/host/host.h"
#include "coordinator/store/sqlite_store.h"
#include "tests/scenario/core_examples.h"

namespace evensweep::coordinator {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

double resident_mib() {
  std::ifstream file("/proc/self/statm");
  double pages = 0, resident = 0;
  file >> pages >> resident;
  return resident * 4096 / (1 << 20);
}

double processor_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         1e-6 * static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

// A sweep of about so many runs, arms and seeds in equal numbers.
Sweep sweep_of(uint64_t runs) {
  Sweep sweep = small_sweep("bench", {}, {});
  const auto side = static_cast<uint64_t>(std::max(1.0, std::sqrt(static_cast<double>(runs))));
  for (uint64_t arm = 1; arm < side; ++arm) sweep.arms.push_back(focal_arm(static_cast<double>(arm) / 1024));
  for (uint64_t seed = 0; seed < (runs + side - 1) / side; ++seed) sweep.seeds.push_back(seed);
  return sweep;
}

// Answers on a thread of its own, as a stream would.
class InstantAgent {
 public:
  InstantAgent(Host& host, uint32_t credits) : host_(host), credits_(credits), result_(result_text()) {
    Hello hello{
        .agent = AgentId("bench"), .incarnation = "1", .host = "h", .version = "0", .devices = cpu_device(credits)};
    connection_ = host.connect(
        std::move(hello), {.send = [this](CoordinatorMessage message) { hear(std::move(message)); }, .close = [] {}});
    host.receive(connection_, cpu_credits(credits_));
    thread_ = std::thread([this] { work(); });
  }
  ~InstantAgent() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  void await(uint64_t done) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return acknowledged_ >= done; });
  }
  void await_first_lease() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return leased_ > 0; });
  }

 private:
  void hear(CoordinatorMessage message) {
    const std::lock_guard lock(mutex_);
    if (auto* leases = std::get_if<Leases>(&message)) {
      leased_ += leases->leases.size();
      for (Lease& lease : leases->leases) waiting_.push_back(std::move(lease.attempt));
    }
    if (const auto* acks = std::get_if<Acks>(&message)) acknowledged_ += acks->attempts.size();
    changed_.notify_all();
  }

  void work() {
    while (true) {
      Updates updates;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return stop_ || !waiting_.empty(); });
        if (stop_) return;
        for (AttemptId& attempt : waiting_)
          updates.updates.push_back({std::move(attempt), Succeeded{.result_json = result_}});
        waiting_.clear();
      }
      host_.receive(connection_, std::move(updates));
      host_.receive(connection_, cpu_credits(credits_));
    }
  }

  Host& host_;
  const uint32_t credits_;
  const std::string result_;
  ConnectionId connection_ = 0;
  std::mutex mutex_;  // guards the rest
  std::condition_variable changed_;
  std::deque<AttemptId> waiting_;
  uint64_t leased_ = 0, acknowledged_ = 0;
  bool stop_ = false;
  std::thread thread_;
};

int main_of(uint64_t runs, uint32_t credits, const std::string& folder) {
  const SystemClock clock;
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  auto store = SqliteStore::open(folder);
  if (!store.ok()) {
    fmt::print(stderr, "{}\n", std::string(store.status().message()));
    return 1;
  }
  const auto host = *Host::start(*std::move(store), clock, CoreOptions{});
  InstantAgent agent(*host, credits);
  const Sweep sweep = sweep_of(runs);
  const uint64_t all = (sweep.arms.size() + 1) * sweep.seeds.size();
  const auto submitted = Clock::now();
  host->tell(SweepSubmitted{.id = sweep_id(sweep), .sweep = sweep}, [](const Status&) {});
  agent.await_first_lease();
  const double first_lease = seconds_since(submitted);
  const auto start = Clock::now();
  const double start_cpu = processor_seconds();
  // The cost of a run, early and late, each over a tenth of them.
  const uint64_t tenth = std::max<uint64_t>(1, all / 10);
  agent.await(std::min<uint64_t>(1000, tenth));
  const auto early = Clock::now();
  const double early_cpu = processor_seconds();
  agent.await(std::min<uint64_t>(1000, tenth) + tenth);
  const double early_ms = 1e3 * seconds_since(early) / static_cast<double>(tenth);
  const double early_cpu_ms = 1e3 * (processor_seconds() - early_cpu) / static_cast<double>(tenth);
  agent.await(all - tenth);
  const auto late = Clock::now();
  const double late_cpu = processor_seconds();
  agent.await(all);
  const double late_ms = 1e3 * seconds_since(late) / static_cast<double>(tenth);
  const double late_cpu_ms = 1e3 * (processor_seconds() - late_cpu) / static_cast<double>(tenth);
  const double total = seconds_since(start);
  fmt::print(
      "{{\"runs\": {}, \"first_lease_s\": {:.3f}, \"ms_per_run\": {:.4f}, \"cpu_ms_per_run\": {:.4f}, "
      "\"early_ms\": {:.4f}, \"late_ms\": {:.4f}, \"early_cpu_ms\": {:.4f}, \"late_cpu_ms\": {:.4f}, "
      "\"resident_mib\": {:.0f}}}\n",
      all, first_lease, 1e3 * total / static_cast<double>(all),
      1e3 * (processor_seconds() - start_cpu) / static_cast<double>(all), early_ms, late_ms, early_cpu_ms, late_cpu_ms,
      resident_mib());
  return 0;
}

}  // namespace
}  // namespace evensweep::coordinator

int main(int argc, char** argv) {
  const uint64_t runs = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10'000;
  const auto credits = static_cast<uint32_t>(argc > 2 ? std::atoi(argv[2]) : 64);
  return evensweep::coordinator::main_of(runs, credits, argc > 3 ? argv[3] : "/tmp/evensweep-coordinator-bench");
}
