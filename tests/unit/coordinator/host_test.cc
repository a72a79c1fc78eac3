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
  Status check_writable(int64_t) override {
    const std::lock_guard lock(gate_->mutex);
    return gate_->good > 0 ? absl::OkStatus() : absl::ResourceExhaustedError("full");
  }
  StatusOr<Snapshot> load() override { return book_.snapshot(); }
  StatusOr<StoredSource> sweep_source(SweepNumber) override { return StoredSource{}; }
  StatusOr<std::vector<AttemptView>> attempts(RunId) override { return std::vector<AttemptView>{}; }
  StatusOr<std::optional<Failure>> failure(RunId) override { return std::nullopt; }
  StatusOr<std::optional<Failure>> failure(const TrialId&) override { return std::nullopt; }
  StatusOr<std::set<std::string>> referenced_blobs() override { return std::set<std::string>{}; }
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

  void submit(const Sweep& sweep, std::function<void(const Status&)> reply) {
    host_->tell(SweepSubmitted{.id = sweep_id(sweep), .sweep = sweep}, std::move(reply));
  }
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
  std::promise<Status> answer;
  auto answered = answer.get_future();
  submit(small_sweep("s", {}), [&](const Status& status) { answer.set_value(status); });
  await_commit();
  EXPECT_EQ(answered.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  set(true);
  EXPECT_TRUE(answered.get().ok());
}

TEST_F(HostTest, TellsAWatcherNothingThatIsNotCommitted) {
  const Sweep sweep = small_sweep("s", {});
  set(false);
  // The first commit is under way; what follows is handled together after it.
  submit(small_sweep("other", {}), [](const Status&) {});
  await_commit();
  std::promise<Status> heard;
  submit(sweep, [](const Status&) {});
  host_->watch(sweep_id(sweep), [&](const StatusOr<SweepStatus>& status) { heard.set_value(status.status()); });
  set(true, 1);
  EXPECT_EQ(heard.get_future().get().code(), absl::StatusCode::kResourceExhausted)
      << "the submission failed, so there is no status of it";
}

TEST_F(HostTest, FailsSubmissionsOnceTheStoreHasFailed) {
  set(true, 0);
  for (const char* name : {"s", "t"}) {
    std::promise<Status> answer;
    submit(small_sweep(name, {}), [&](const Status& status) { answer.set_value(status); });
    EXPECT_EQ(answer.get_future().get().message(), "full");
  }
  EXPECT_EQ(gate_->committed, 0);
}

TEST_F(HostTest, ClosesWhoeverConnectsOnceTheStoreHasFailed) {
  set(true, 0);
  std::promise<Status> answer;
  submit(small_sweep("s", {}), [&](const Status& status) { answer.set_value(status); });
  answer.get_future().wait();
  std::promise<void> closed;
  host_->connect(
      {.agent = AgentId("a"), .incarnation = "1", .host = "h", .version = "0", .devices = cpu_device(1), .held = {}},
      {.send = [](const CoordinatorMessage&) { ADD_FAILURE() << "nothing is promised any more"; },
       .close = [&] { closed.set_value(); }});
  closed.get_future().wait();
}

TEST_F(HostTest, GoesOnFromWhatIsStoredWhenTheStoreTakesWritesAgain) {
  std::promise<Status> first, lost, again;
  submit(small_sweep("kept", {}), [&](const Status& status) { first.set_value(status); });
  ASSERT_TRUE(first.get_future().get().ok());
  set(true, 0);
  submit(small_sweep("lost", {}), [&](const Status& status) { lost.set_value(status); });
  EXPECT_FALSE(lost.get_future().get().ok());
  set(true);
  // Until the store was looked at once more.
  bool recovered = false, knows_kept = false, knows_lost = true;
  while (!recovered) {
    std::promise<void> looked;
    host_->look([&](const StatusOr<Host::Sight>& sight) {
      recovered = sight.ok();
      if (recovered) knows_kept = sight->core.status(sweep_id(small_sweep("kept", {}))).has_value();
      if (recovered) knows_lost = sight->core.status(sweep_id(small_sweep("lost", {}))).has_value();
      looked.set_value();
    });
    looked.get_future().wait();
  }
  EXPECT_TRUE(knows_kept);
  EXPECT_FALSE(knows_lost) << "its submitter was told that it failed";
}

}  // namespace
}  // namespace evensweep::coordinator
