#include "tests/fuzz/link_input.h"

#include <algorithm>
#include <map>

#include "common/model/expand.h"
#include "tests/scenario/core_examples.h"

namespace evensweep::fuzz {
namespace {

constexpr size_t kMostActs = 64;

struct KnownRun {
  std::string key, spec;
};

const std::vector<KnownRun>& known_runs() {
  static const std::vector<KnownRun> kRuns = [] {
    std::vector<KnownRun> runs;
    for (const uint64_t seed : {1, 2})
      for (const double weight : {1.0, 1.5}) {
        Treatment treatment = unit_treatment(2);
        treatment.class_weights = {weight, 2 - weight};
        const std::string spec = to_json(make_run_spec(known_sweep(), seed, treatment)).dump();
        runs.push_back({run_key_of_text(spec).str(), spec});
      }
    return runs;
  }();
  return kRuns;
}

const KnownRun& known(char which) { return known_runs()[static_cast<uint8_t>(which) % known_runs().size()]; }

void fill_in(v1::AttemptId& attempt) {
  if (attempt.run_key().size() == 1) attempt.set_run_key(known_run(attempt.run_key()[0]));
}

}  // namespace

std::vector<Act> acts_of(std::string_view input) {
  std::vector<Act> acts;
  while (input.size() >= 3 && acts.size() < kMostActs) {
    const size_t length = static_cast<uint8_t>(input[1]) | static_cast<size_t>(static_cast<uint8_t>(input[2])) << 8;
    acts.push_back({.kind = static_cast<uint8_t>(input[0]), .bytes = input.substr(3, length)});
    input.remove_prefix(std::min(input.size(), 3 + length));
  }
  return acts;
}

std::string act_text(uint8_t kind, std::string_view bytes) {
  std::string text{static_cast<char>(kind), static_cast<char>(bytes.size() & 0xff),
                   static_cast<char>(bytes.size() >> 8)};
  return text.append(bytes);
}

const Sweep& known_sweep() {
  static const Sweep kSweep =
      coordinator::small_sweep("known", {coordinator::tpr_arm(1), coordinator::focal_arm(2)}, {1, 2});
  return kSweep;
}

const std::string& known_run(char which) { return known(which).key; }
const std::string& known_spec(char which) { return known(which).spec; }

AttemptId known_attempt(std::string_view bytes) {
  const char which = bytes.empty() ? '\0' : bytes[0];
  return {RunKey(known_run(which)), bytes.size() < 2 ? 1u : 1u + static_cast<uint8_t>(bytes[1]) % 4};
}

void fill_in(v1::AgentMessage& message) {
  if (message.has_hello())
    for (v1::AttemptId& attempt : *message.mutable_hello()->mutable_held()) fill_in(attempt);
  if (!message.has_updates()) return;
  for (v1::Update& update : *message.mutable_updates()->mutable_updates()) {
    fill_in(*update.mutable_attempt());
    if (update.has_succeeded() && update.succeeded().result_json().size() == 1)
      update.mutable_succeeded()->set_result_json(coordinator::result_text());
  }
}

void fill_in(v1::CoordinatorMessage& message) {
  if (message.has_leases())
    for (v1::Lease& lease : *message.mutable_leases()->mutable_leases()) {
      if (lease.run_spec_json().size() == 1) lease.set_run_spec_json(known_spec(lease.run_spec_json()[0]));
      fill_in(*lease.mutable_attempt());
    }
  if (message.has_acks())
    for (v1::AttemptId& attempt : *message.mutable_acks()->mutable_attempts()) fill_in(attempt);
  if (message.has_cancels())
    for (v1::AttemptId& attempt : *message.mutable_cancels()->mutable_attempts()) fill_in(attempt);
  if (message.has_withdraw())
    for (v1::AttemptId& attempt : *message.mutable_withdraw()->mutable_attempts()) fill_in(attempt);
}

// The key stands as "run":"a".
std::string filled_in(std::string_view trainer_line) {
  std::string line(trainer_line);
  constexpr std::string_view kBegin = R"("run":")";
  const size_t at = line.find(kBegin);
  if (at == std::string::npos || at + kBegin.size() + 1 >= line.size()) return line;
  const size_t key = at + kBegin.size();
  if (line[key + 1] == '"') line.replace(key, 1, known_run(line[key]));
  return line;
}

}  // namespace evensweep::fuzz
