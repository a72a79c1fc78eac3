// The host's promises: nothing is acted on or told before it is committed.

#include "coordinator/host/host.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <future>
#include <mutex>

#include "common/model/json.h"
#include "tests/scenario/core_examples.h"
#include "tests/scenario/record_book.h"

namespace evensweep::coordinator {
namespace {

// Commits only when it is let; keeps how many records were committed.
class GatedStore final : public Store {
 public:
  struct Gate {
    std::mutex mutex;
    std::condition_variable changed;
    bool open = true;
    int good = 1'000'000;  // commits that succeed
    size_t committed = 0;
    bool waiting = false;
  };
  explicit GatedStore(std::shared_ptr<Gate> gate) : gate_(std::move(gate)) {}

  Status commit(std::span<const Record> records, int64_t) override {
    std::unique_lock lock(gate_->mutex);
    if (records.empty()) return absl::OkStatus();
    gate_->waiting = true;
    gate_->changed.notify_all();
    gate_->changed.wait(lock, [this] { return gate_->open; });
    gate_->waiting = false;
    if (gate_->good-- <= 0) return absl::ResourceExhaustedError("full");
    gate_->committed += records.size();
    book_.commit({records.begin(), records.end()});
    return absl::OkStatus();
  }
  StatusOr<Snapshot> load() override { return book_.snapshot(); }
  StatusOr<std::string> run_spec(RunId run) override { return book_.spec(run); }
  StatusOr<RunResult> result(RunId) override { return absl::NotFoundError("not asked for here"); }
  StatusOr<SweepResults> sweep_results(const SweepId&) override { return absl::NotFoundError("not asked for here"); }

 private:
  std::shared_ptr<Gate> gate_;
  RecordBook book_;
};

class HostTest : public testing::Test {
 protected:
  HostTest() { host_ = *Host::start(std::make_unique<GatedStore>(gate_), clock_, CoreOptions{}); }

  // `good`: how many more commits succeed.
  void set(bool open, int good = 1'000'000) {
    const std::lock_guard lock(gate_->mutex);
    gate_->open = open;
    gate_->good = good;
    gate_->changed.notify_all();
  }
  void await_commit() {
    std::unique_lock lock(gate_->mutex);
    gate_->changed.wait(lock, [this] { return gate_->waiting; });
  }

  SystemClock clock_;
  std::shared_ptr<GatedStore::Gate> gate_ = std::make_shared<GatedStore::Gate>();
  std::unique_ptr<Host> host_;
};

TEST_F(HostTest, AnswersASubmissionOnlyAfterItsCommit) {
  set(false);
  std::promise<StatusOr<SweepStatus>> answer;
  auto answered = answer.get_future();
  host_->submit(small_sweep("s", {}), [&](StatusOr<SweepStatus> status) { answer.set_value(std::move(status)); });
  await_commit();
  EXPECT_EQ(answered.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  set(true);
  EXPECT_TRUE(answered.get().ok());
}

TEST_F(HostTest, TellsAWatcherNothingThatIsNotCommitted) {
  const Sweep sweep = small_sweep("s", {});
  set(false);
  // The first commit is under way; what follows is handled together after it.
  host_->submit(small_sweep("other", {}), [](const StatusOr<SweepStatus>&) {});
  await_commit();
  std::promise<Status> heard;
  host_->submit(sweep, [](const StatusOr<SweepStatus>&) {});
  host_->watch(sweep_id(sweep), [&](const StatusOr<SweepStatus>& status) { heard.set_value(status.status()); });
  set(true, 1);
  EXPECT_EQ(heard.get_future().get().code(), absl::StatusCode::kResourceExhausted)
      << "the submission failed, so there is no status of it";
}

TEST_F(HostTest, FailsSubmissionsOnceTheStoreHasFailed) {
  set(true, 0);
  for (const char* name : {"s", "t"}) {
    std::promise<StatusOr<SweepStatus>> answer;
    host_->submit(small_sweep(name, {}), [&](StatusOr<SweepStatus> status) { answer.set_value(std::move(status)); });
    EXPECT_EQ(answer.get_future().get().status().message(), "full");
  }
  EXPECT_EQ(gate_->committed, 0);
}

TEST_F(HostTest, ClosesWhoeverConnectsOnceTheStoreHasFailed) {
  set(true, 0);
  std::promise<StatusOr<SweepStatus>> answer;
  host_->submit(small_sweep("s", {}), [&](StatusOr<SweepStatus> status) { answer.set_value(std::move(status)); });
  answer.get_future().wait();
  std::promise<void> closed;
  host_->connect(
      {.agent = AgentId("a"), .incarnation = "1", .host = "h", .version = "0", .devices = cpu_device(1), .held = {}},
      {.send = [](const CoordinatorMessage&) { ADD_FAILURE() << "nothing is promised any more"; },
       .close = [&] { closed.set_value(); }});
  closed.get_future().wait();
}

}  // namespace
}  // namespace evensweep::coordinator
