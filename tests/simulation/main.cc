// simulate: runs seeds of the simulation of the whole system.
//
//   simulate --seed N [--without FAULT,...] [--trace]   one seed; its trace hash
//   simulate --seeds A..B [--jobs K]                    many; stops at the first violation
//   simulate --faults                                   the names of the faults
//
// Exit code: 0 all is well, 1 a violation, 2 usage. A violation is printed with its seed and the fewest faults that it
// needs.

#include <fmt/core.h>

#include <unistd.h>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/simulation/simulate.h"

namespace evensweep::simulation {
namespace {

thread_local uint64_t current_seed = 0;

// A core whose state contradicts itself aborts; then the seed is all that can be told.
void tell_seed(int) {
  char text[64];
  const int length =
      std::snprintf(text, sizeof text, "seed %llu aborted\n", static_cast<unsigned long long>(current_seed));
  if (length > 0 && ::write(STDOUT_FILENO, text, static_cast<size_t>(length)) < 0) std::_Exit(3);
  std::_Exit(1);
}

struct Arguments {
  std::optional<uint64_t> seed;
  uint64_t first = 0, last = 0;
  unsigned jobs = 1;
  bool trace = false, faults = false;
  Faults without;
};

int usage(const std::string& what) {
  fmt::print(
      stderr,
      "simulate: {}\nusage: simulate --seed N [--without FAULT,...] [--trace] | --seeds A..B [--jobs K] | --faults\n",
      what);
  return 2;
}

std::optional<uint64_t> number(const std::string& text) {
  char* end = nullptr;
  const uint64_t value = std::strtoull(text.c_str(), &end, 10);
  if (text.empty() || *end != '\0') return std::nullopt;
  return value;
}

bool read_faults(std::string names, Faults& faults) {
  names += ',';
  for (size_t at = 0, comma = 0; (comma = names.find(',', at)) != std::string::npos; at = comma + 1) {
    const auto fault = fault_of_name(names.substr(at, comma - at));
    if (!fault) return false;
    faults.set(static_cast<size_t>(*fault));
  }
  return true;
}

bool read_range(const std::string& text, Arguments& arguments) {
  const size_t dots = text.find("..");
  if (dots == std::string::npos) return false;
  const auto first = number(text.substr(0, dots)), last = number(text.substr(dots + 2));
  if (!first || !last || *first > *last) return false;
  arguments.first = *first;
  arguments.last = *last;
  return true;
}

bool read(const std::vector<std::string>& words, Arguments& arguments) {
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    const std::string next = i + 1 < words.size() ? words[i + 1] : "";
    if (word == "--trace") {
      arguments.trace = true;
    } else if (word == "--faults") {
      arguments.faults = true;
    } else if (word == "--seed" && number(next)) {
      arguments.seed = number(next);
      ++i;
    } else if (word == "--jobs" && number(next).value_or(0) > 0) {
      arguments.jobs = static_cast<unsigned>(*number(next));
      ++i;
    } else if (word == "--without" && read_faults(next, arguments.without)) {
      ++i;
    } else if (word == "--seeds" && read_range(next, arguments)) {
      ++i;
    } else {
      return false;
    }
  }
  return arguments.faults || arguments.seed || arguments.last > 0;
}

int run_one(const Arguments& arguments) {
  current_seed = *arguments.seed;
  const Outcome outcome = simulate(*arguments.seed, {.without = arguments.without, .printed = arguments.trace});
  fmt::print("seed {}: {} steps, {:.1f} s of virtual time, trace {:016x}\nfaults: {}\n", *arguments.seed, outcome.steps,
             static_cast<double>(outcome.ended_at) / 1000, outcome.trace, names_of(outcome.faults));
  if (outcome.violation.empty()) return 0;
  fmt::print("violation: {}\n", outcome.violation);
  if (arguments.without.none()) fmt::print("needs: {}\n", names_of(faults_needed(*arguments.seed)));
  return 1;
}

void tell(uint64_t seed, const Outcome& outcome) {
  fmt::print("seed {}: {}\nneeds: {}\nagain with: simulate --seed {} --trace\n", seed, outcome.violation,
             names_of(faults_needed(seed)), seed);
}

int run_many(const Arguments& arguments) {
  std::atomic<uint64_t> next = arguments.first, steps = 0;
  std::atomic<bool> failed = false;
  std::mutex mutex;
  Tally sum{};
  uint64_t traces = 0;
  const auto work = [&] {
    Tally mine{};
    uint64_t hash = 0;
    for (uint64_t seed = next++; seed <= arguments.last && !failed; seed = next++) {
      current_seed = seed;
      const Outcome outcome = simulate(seed);
      hash += outcome.trace;
      steps += outcome.steps;
      for (size_t i = 0; i < kSeen; ++i) mine[i] += outcome.tally[i];
      if (outcome.violation.empty()) continue;
      const std::lock_guard lock(mutex);
      if (!failed.exchange(true)) tell(seed, outcome);
    }
    const std::lock_guard lock(mutex);
    traces += hash;
    for (size_t i = 0; i < kSeen; ++i) sum[i] += mine[i];
  };
  const auto begin = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  for (unsigned i = 1; i < arguments.jobs; ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  if (failed) return 1;
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  const uint64_t seeds = arguments.last - arguments.first + 1;
  for (size_t i = 0; i < kSeen; ++i) fmt::print("{:>14}  {}\n", sum[i], seen_name(static_cast<Seen>(i)));
  fmt::print("{} seeds, no violation; {} steps in {:.1f} s: {:.0f} seeds/s; traces {:016x}\n", seeds, steps.load(),
             seconds.count(), static_cast<double>(seeds) / seconds.count(), traces);
  return 0;
}

int main_of(const std::vector<std::string>& words) {
  Arguments arguments;
  if (!read(words, arguments)) return usage("what is asked for is not clear");
  std::signal(SIGABRT, tell_seed);
  std::signal(SIGSEGV, tell_seed);
  if (arguments.faults) {
    fmt::print("{}\n", names_of(Faults().set()));
    return 0;
  }
  return arguments.seed ? run_one(arguments) : run_many(arguments);
}

}  // namespace
}  // namespace evensweep::simulation

int main(int argc, char** argv) {
  return evensweep::simulation::main_of(std::vector<std::string>(argv + 1, argv + argc));
}
