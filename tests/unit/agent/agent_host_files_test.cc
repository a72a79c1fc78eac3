// A whole agent that has nothing but its folder: data, checkpoints and logs go through the coordinator.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/blob_folder.h"
#include "common/base/hash.h"
#include "coordinator/rpc/files_service.h"
#include "tests/unit/agent/agent_fixture.h"

namespace evensweep {
namespace {

using testing::HasSubstr;

const std::string kData = "a,b\n1,2\n";

// The lease, for a data file that can be had.
Lease lease_of_data(uint64_t seed, uint32_t number = 1) {
  Lease lease = lease_of_seed(seed);
  std::string& spec = lease.run_spec_json;
  spec.replace(spec.find(kDataHash), sizeof kDataHash - 1, sha256_hex(kData));
  lease.attempt = {.run = RunKey(sha256_hex(spec)), .number = number};
  lease.files = {sha256_hex(kData)};
  return lease;
}

class AgentHostFilesTest : public AgentFixture {
 protected:
  AgentHostFilesTest() : blobs_(*BlobFolder::open(dir_ + "/blobs", {})), service_(*blobs_) {
    coordinator_ = std::make_unique<FakeCoordinator>(address(), &service_);
    EXPECT_TRUE(blobs_->write(sha256_hex(kData), kData.size(), 0)->append(kData).ok());
    EXPECT_TRUE(blobs_->write(sha256_hex(kData), kData.size(), kData.size())->finish().ok());
  }
  ~AgentHostFilesTest() override {
    agent_.reset();
    service_.end_all();
    coordinator_.reset();
  }
  void start_on(const std::string& folder) {
    AgentOptions with = options();
    with.dir = dir_ + "/" + folder;
    with.files.clear();
    with.transfers = TransferOptions{.keep_free = 0, .patience = {.most_failures = 3}};
    const size_t before = coordinator_->heard().credits.size();
    start_agent(std::move(with));
    ASSERT_TRUE(coordinator_->wait([&](const Heard& heard) { return heard.credits.size() > before; }));
  }
  std::string stored(const BlobRef& blob) {
    const auto reader = blobs_->read(blob.sha256);
    return reader.ok() ? *reader->read(0, blob.bytes) : "";
  }
  template <typename What>
  std::optional<What> told(const AttemptId& attempt) {
    std::optional<What> found;
    EXPECT_TRUE(coordinator_->wait([&](const Heard& heard) {
      for (const Update& update : heard.updates)
        if (const auto* what = std::get_if<What>(&update.what); what != nullptr && update.attempt == attempt)
          found = *what;
      return found.has_value();
    }));
    return found;
  }

  std::unique_ptr<BlobFolder> blobs_;
  coordinator::FilesService service_;
};

TEST_F(AgentHostFilesTest, TrainsOnDataThatItNeverHad) {
  start_on("empty");
  EXPECT_TRUE(succeeds(lease_of_data(1)));
  EXPECT_EQ(*read_file((*BlobFolder::open(dir_ + "/empty/data", {}))->path_of(sha256_hex(kData))), kData);
  EXPECT_TRUE(succeeds(lease_of_data(2)));
}

TEST_F(AgentHostFilesTest, EndsWhatNobodyHasTheDataOf) {
  start_on("empty");
  const Failure failure = failure_of(lease_of_seed(1));
  EXPECT_EQ(failure.failure, FailureClass::kBadInput);
  EXPECT_THAT(failure.message, HasSubstr("cannot be brought here"));
}

TEST_F(AgentHostFilesTest, GoesOnFromTheCheckpointOfAnotherMachine) {
  set_mode("sleep:60000");
  start_on("first");
  const Lease lease = lease_of_data(1);
  ASSERT_TRUE(coordinator_->send(Leases{{lease}}));
  ASSERT_TRUE(coordinator_->wait([&](const Heard& heard) {
    for (const Update& update : heard.updates)
      if (const auto* progress = std::get_if<Progress>(&update.what); progress != nullptr && progress->fraction > 0)
        return true;
    return false;
  }));
  agent_->request_stop();
  const auto checkpoint = told<CheckpointStored>(lease.attempt);
  ASSERT_TRUE(checkpoint);
  EXPECT_NE(stored(checkpoint->blob), "");
  ASSERT_TRUE(told<Failure>(lease.attempt));
  EXPECT_TRUE(std::holds_alternative<CheckpointStored>(
      coordinator_->heard().updates[coordinator_->heard().updates.size() - 2].what))
      << "and then its end";
  agent_.reset();
  set_mode("sleep:1");
  start_on("second");
  Lease next = lease_of_data(1, 2);
  next.checkpoint = checkpoint->blob;
  ASSERT_TRUE(succeeds(next));
  const auto started = told<Started>(next.attempt);
  ASSERT_TRUE(started);
  EXPECT_EQ(started->resumed_at_epoch, 1U) << "not from the beginning";
}

TEST_F(AgentHostFilesTest, SendsWhatAFailedTrainerSaid) {
  set_mode("failed:diverged");
  start_on("empty");
  const Lease lease = lease_of_data(1);
  EXPECT_EQ(failure_of(lease).failure, FailureClass::kDiverged);
  const auto log = told<LogStored>(lease.attempt);
  ASSERT_TRUE(log);
  EXPECT_THAT(stored(log->blob), HasSubstr("in mode failed:diverged"));
}

}  // namespace
}  // namespace evensweep
