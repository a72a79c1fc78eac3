// Load for a coordinator from one process: simulated agents, each with a connection of its own, and a client that calls
// now and then and measures how long it waits.
//
//     load_client --coordinator 127.0.0.1:7077 --agents 1000 --training-ms 5000 --calls 20 --seconds 30
//
// Prints a line of JSON each second, one at once whenever all agents have come (back), and one with "final" at the end.
// Times are seconds of the wall clock since 1970, so that another process can compare them with what it did.

#include <grpcpp/grpcpp.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdio>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "common/model/json.h"
#include "common/wire/limits.h"
#include "evensweep/v1/sweeps.grpc.pb.h"
#include "tests/bench/dispatch/sim_agent.h"

namespace evensweep {
namespace {

struct LoadOptions {
  std::string coordinator = "127.0.0.1:7077", sweep;
  uint32_t agents = 1000, slots = 1, calls = 0;
  int64_t training_ms = 0, seconds = 30, classes = 2, spread_ms = 1000;
};

double unix_seconds() { return static_cast<double>(SystemClock().unix_millis()) / 1000; }

// As a real agent's (agent/link/channel.h), but with a connection that it shares with none.
std::shared_ptr<grpc::Channel> own_channel(const std::string& target) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 200);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 500);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 5000);
  arguments.SetMaxReceiveMessageSize(wire::kMostMessage);
  return grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
}

// Asks for the state of a sweep again and again, `calls` times a second, on a thread of its own.
class Caller {
 public:
  Caller(const LoadOptions& options) : options_(options), stub_(v1::Sweeps::NewStub(own_channel(options.coordinator))) {
    if (options_.calls > 0 && !options_.sweep.empty()) thread_ = std::thread([this] { call_on(); });
  }
  ~Caller() {
    over_ = true;
    if (thread_.joinable()) thread_.join();
  }
  // Milliseconds of all calls that were answered since the last time.
  std::vector<double> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(took_, {});
  }
  uint64_t failed() const { return failed_; }

 private:
  void call_on() {
    auto due = std::chrono::steady_clock::now();
    while (!over_) {
      due += std::chrono::microseconds(1'000'000 / options_.calls);
      std::this_thread::sleep_until(due);
      const auto begin = std::chrono::steady_clock::now();
      grpc::ClientContext context;
      context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
      v1::WatchRequest request;
      request.set_sweep_id(options_.sweep);
      const auto stream = stub_->Watch(&context, request);
      v1::SweepStatus status;
      const bool answered = stream->Read(&status);
      const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
      context.TryCancel();
      stream->Finish();
      if (!answered) {
        ++failed_;
        continue;
      }
      const std::lock_guard lock(mutex_);
      took_.push_back(took.count());
    }
  }

  const LoadOptions& options_;
  std::unique_ptr<v1::Sweeps::Stub> stub_;
  std::atomic<bool> over_ = false;
  std::atomic<uint64_t> failed_ = 0;
  std::mutex mutex_;
  std::vector<double> took_;
  std::thread thread_;
};

double quantile(std::vector<double>& values, double q) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<size_t>(q * static_cast<double>(values.size())))];
}

class Load {
 public:
  explicit Load(const LoadOptions& options)
      : options_(options), caller_(options), tick_(io_), spread_(io_), signals_(io_, SIGTERM, SIGINT) {}

  void run() {
    signals_.async_wait([this](const boost::system::error_code& error, int) {
      if (!error) stop();
    });
    add_agent();
    end_ = std::chrono::steady_clock::now() + std::chrono::seconds(options_.seconds);
    next_tick();
    io_.run();
    agents_.clear();
  }

 private:
  // Not all in one moment: that is what a restart of the coordinator is for.
  void add_agent() {
    const auto number = static_cast<uint64_t>(agents_.size());
    if (number == options_.agents || over_) return;
    SimAgent::Options agent{.id = "sim-" + std::to_string(number), .slots = options_.slots};
    agent.classes = options_.classes;
    agent.training = Duration(options_.training_ms);
    agents_.push_back(std::make_unique<SimAgent>(io_, own_channel(options_.coordinator), agent, number, fleet_));
    agents_.back()->start();
    spread_.expires_after(std::chrono::microseconds(1000 * options_.spread_ms / options_.agents));
    spread_.async_wait([this](const boost::system::error_code& error) {
      if (!error) add_agent();
    });
  }

  void next_tick() {
    tick_.expires_after(Duration(20));
    tick_.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      const bool all = fleet_.connected == options_.agents;
      if (++ticks_ % 50 == 0 || all != all_) print(false);
      all_ = all;
      if (std::chrono::steady_clock::now() >= end_) return stop();
      next_tick();
    });
  }

  void print(bool last) {
    std::vector<double> took = caller_.take();
    all_calls_.insert(all_calls_.end(), took.begin(), took.end());
    std::vector<double>& shown = last ? all_calls_ : took;
    uint64_t again = 0;
    for (const auto& [run, times] : fleet_.executions) again += times - 1;
    const Json line = {{"at", unix_seconds()},
                       {"final", last},
                       {"connected", fleet_.connected},
                       {"started", fleet_.started},
                       {"first_lease_at", fleet_.first_lease_at},
                       {"acknowledged", fleet_.acknowledged},
                       {"cancelled", fleet_.cancelled},
                       {"started_again", again},
                       {"last_loss", fleet_.last_loss},
                       {"calls", shown.size()},
                       {"calls_failed", caller_.failed()},
                       {"p50_ms", quantile(shown, 0.5)},
                       {"p99_ms", quantile(shown, 0.99)},
                       {"max_ms", quantile(shown, 1)}};
    std::printf("%s\n", line.dump().c_str());
    std::fflush(stdout);
  }

  void stop() {
    if (std::exchange(over_, true)) return;
    print(true);
    signals_.cancel();
    tick_.cancel();
    spread_.cancel();
    for (const auto& agent : agents_) agent->close();
    io_.stop();
  }

  LoadOptions options_;
  boost::asio::io_context io_;
  Caller caller_;
  Fleet fleet_;
  std::vector<std::unique_ptr<SimAgent>> agents_;
  boost::asio::steady_timer tick_, spread_;
  boost::asio::signal_set signals_;
  std::chrono::steady_clock::time_point end_;
  std::vector<double> all_calls_;
  uint64_t ticks_ = 0;
  bool all_ = false, over_ = false;
};

// A connection for each agent, and gRPC takes two descriptors for some.
void allow_many_files() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace
}  // namespace evensweep

int main(int argc, char** argv) {
  evensweep::LoadOptions options;
  CLI::App app("Simulated agents and clients for a coordinator");
  app.add_option("--coordinator", options.coordinator, "HOST:PORT");
  app.add_option("--agents", options.agents, "How many")->check(CLI::Range(1, 100000));
  app.add_option("--slots", options.slots, "Of each agent");
  app.add_option("--training-ms", options.training_ms, "What a run takes");
  app.add_option("--spread-ms", options.spread_ms, "Over which the agents come");
  app.add_option("--classes", options.classes, "Of the sweep's data");
  app.add_option("--calls", options.calls, "Client calls a second about --sweep");
  app.add_option("--sweep", options.sweep, "Id of the sweep that the client asks about");
  app.add_option("--seconds", options.seconds, "After which it ends; SIGTERM ends it as well");
  CLI11_PARSE(app, argc, argv);
  evensweep::allow_many_files();
  evensweep::Load(options).run();
  // gRPC's threads may still hold on to what is gone.
  std::fflush(stdout);
  std::_Exit(0);
}
