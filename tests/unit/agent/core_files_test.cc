// AgentCore where files come from the coordinator: leases that wait for them, and checkpoints for other machines.

#include <gmock/gmock.h>

#include "tests/unit/agent/core_bench.h"

namespace evensweep {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr Duration kEvery{600'000};
const BlobRef kBlob{std::string(64, 'c'), 1000};

AgentConfig moving(uint32_t slots = 1) {
  AgentConfig config = bench_config(slots, {kTrainerNumerics});
  config.transfers = true;
  config.checkpoint_every = kEvery;
  config.silence = Duration(24 * 3600'000);
  return config;
}

template <typename T>
std::vector<T> files_in(const std::vector<AgentEffect>& effects) {
  std::vector<T> found;
  for (const FileEffect& effect : all_of<FileEffect>(effects))
    if (const auto* one = std::get_if<T>(&effect)) found.push_back(*one);
  return found;
}

std::vector<AttemptId> given_in(const std::vector<AgentEffect>& effects) {
  std::vector<AttemptId> attempts;
  for (const GiveTask& given : all_of<GiveTask>(effects)) attempts.push_back(given.lease.attempt);
  return attempts;
}

class AgentFilesInCore : public testing::Test {
 protected:
  AgentFilesInCore() : bench_(moving()) {}

  std::vector<AgentEffect> ready(const AttemptId& attempt) { return bench_.handle(FileEvent(FilesReady{attempt})); }
  std::vector<AgentEffect> uploaded(const AttemptId& attempt, std::optional<BlobRef> blob) {
    return bench_.handle(FileEvent(CheckpointUploaded{attempt, std::move(blob)}));
  }
  // Trainer 1 trains the lease.
  void train(const Lease& lease) {
    bench_.connect();
    bench_.lease({lease});
    ready(lease.attempt);
    bench_.hello(1);
  }
  std::vector<AgentEffect> stopped(const AttemptId& attempt) { return bench_.said(1, RunStopped{attempt}); }

  CoreBench bench_;
  const Lease one_ = lease_of_seed(1), two_ = lease_of_seed(2);
};

TEST_F(AgentFilesInCore, ALeaseWaitsForItsFilesAndLetsOthersGoFirst) {
  bench_.connect();
  const auto effects = bench_.lease({one_, two_});
  const auto fetches = files_in<FetchFiles>(effects);
  ASSERT_THAT(fetches, SizeIs(2));
  EXPECT_EQ(fetches[0].attempt, one_.attempt);
  EXPECT_THAT(fetches[0].sha256s, ElementsAre(kDataHash));
  EXPECT_FALSE(fetches[0].checkpoint);
  EXPECT_THAT(all_of<StartTrainer>(effects), IsEmpty()) << "there is nothing to train yet";
  EXPECT_THAT(bench_.core.files_in_use(), ElementsAre(kDataHash));
  EXPECT_THAT(all_of<StartTrainer>(ready(two_.attempt)), SizeIs(1));
  EXPECT_THAT(given_in(bench_.hello(1)), ElementsAre(two_.attempt));
  ready(one_.attempt);
  EXPECT_THAT(given_in(bench_.finish(1, two_.attempt)), ElementsAre(one_.attempt));
}

TEST_F(AgentFilesInCore, OldestFirstOnceTheFilesAreThere) {
  bench_.connect();
  bench_.lease({one_, two_});
  ready(two_.attempt);
  ready(one_.attempt);
  EXPECT_THAT(given_in(bench_.hello(1)), ElementsAre(one_.attempt));
}

TEST_F(AgentFilesInCore, FilesThatCannotBeBroughtEndTheAttempt) {
  bench_.connect();
  bench_.lease({one_});
  const auto failure = failure_in(bench_.handle(FileEvent(FilesMissing{one_.attempt, "the disk\nis full"})));
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->failure, FailureClass::kInfrastructure);
  EXPECT_EQ(failure->message, "the disk is full");
  EXPECT_THAT(bench_.core.files_in_use(), IsEmpty());
  EXPECT_THAT(bench_.handle(FileEvent(FilesMissing{one_.attempt, "again"})), IsEmpty());
  EXPECT_THAT(ready(one_.attempt), IsEmpty());
}

TEST_F(AgentFilesInCore, AFileThatIsNowhereIsTheSweepsFault) {
  bench_.connect();
  bench_.lease({one_});
  const auto failure = failure_in(
      bench_.handle(FileEvent(FilesMissing{.attempt = one_.attempt, .why = "no such file", .nowhere = true})));
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->failure, FailureClass::kBadInput) << "no other agent could get it";
  EXPECT_THAT(failure->message, testing::StartsWith("no such file; submit the sweep again"));
}

TEST_F(AgentFilesInCore, WhatWaitsForFilesIsGivenBackLikeAnyOther) {
  bench_.connect();
  bench_.lease({one_, two_});
  EXPECT_EQ(failure_in(bench_.handle(CoordinatorMessage(Withdraw{{one_.attempt}})))->failure, FailureClass::kPreempted);
  bench_.cancel(two_.attempt);
  EXPECT_THAT(ready(one_.attempt), IsEmpty());
  EXPECT_THAT(ready(two_.attempt), IsEmpty());
  const Lease three = lease_of_seed(3);
  bench_.lease({three});
  EXPECT_EQ(failure_in(bench_.handle(CoordinatorMessage(Drain{})))->failure, FailureClass::kPreempted);
}

TEST_F(AgentFilesInCore, HoldsWhatItFetchesFor) {
  bench_.connect();
  bench_.lease({one_});
  bench_.handle(Disconnected{});
  EXPECT_THAT(sent<Hello>(bench_.handle(Connected{}))[0].held, ElementsAre(one_.attempt));
}

TEST_F(AgentFilesInCore, ALeaseNamesTheCheckpointToGoOnFrom) {
  bench_.connect();
  Lease lease = one_;
  lease.checkpoint = kBlob;
  const auto fetches = files_in<FetchFiles>(bench_.lease({lease}));
  ASSERT_THAT(fetches, SizeIs(1));
  EXPECT_EQ(fetches[0].checkpoint, kBlob);
}

TEST_F(AgentFilesInCore, LongRunsUploadTheirCheckpointsAtIntervals) {
  train(one_);
  bench_.said(1, RunProgress{one_.attempt, {.fraction = 0.25}});
  EXPECT_THAT(files_in<UploadCheckpoint>(bench_.after(kEvery - Duration(1))), IsEmpty());
  const auto uploads = files_in<UploadCheckpoint>(bench_.after(kEvery / 10));
  ASSERT_THAT(uploads, SizeIs(1));
  EXPECT_EQ(uploads[0].attempt, one_.attempt);
  EXPECT_THAT(files_in<UploadCheckpoint>(bench_.after(2 * kEvery)), IsEmpty()) << "one at a time";
  const auto told = updates_in(uploaded(one_.attempt, kBlob));
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(std::get<CheckpointStored>(told[0].what).blob, kBlob);
  EXPECT_EQ(std::get<CheckpointStored>(told[0].what).fraction, 0.25);
  EXPECT_THAT(files_in<UploadCheckpoint>(bench_.after(kEvery - Duration(1))), IsEmpty());
  EXPECT_THAT(files_in<UploadCheckpoint>(bench_.after(kEvery / 10)), SizeIs(1));
  EXPECT_THAT(updates_in(uploaded(one_.attempt, std::nullopt)), IsEmpty()) << "there was none";
  EXPECT_THAT(files_in<UploadCheckpoint>(bench_.after(kEvery + kEvery / 10)), SizeIs(1)) << "the next try";
}

TEST_F(AgentFilesInCore, ACheckpointIsToldAgainAfterEveryWelcome) {
  train(one_);
  bench_.after(kEvery + kEvery / 10);
  bench_.handle(Disconnected{});
  EXPECT_THAT(updates_in(uploaded(one_.attempt, kBlob)), IsEmpty());
  EXPECT_THAT(files_in<UploadCheckpoint>(bench_.after(2 * kEvery)), IsEmpty()) << "nobody is there to take it";
  bench_.handle(Connected{});
  const auto told = updates_in(bench_.handle(CoordinatorMessage(Welcome{})));
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(std::get<CheckpointStored>(told[0].what).blob, kBlob);
}

TEST_F(AgentFilesInCore, AStoppedRunEndsWhenItsCheckpointIsSaved) {
  train(one_);
  bench_.handle(StopRequested{});
  const auto effects = stopped(one_.attempt);
  EXPECT_THAT(updates_in(effects), IsEmpty());
  const auto uploads = files_in<UploadCheckpoint>(effects);
  ASSERT_THAT(uploads, SizeIs(1));
  EXPECT_GT(uploads[0].most_bytes, 0U);
  EXPECT_THAT(all_of<Stopped>(bench_.exit(1, {})), IsEmpty()) << "the checkpoint is under way";
  const auto told = updates_in(uploaded(one_.attempt, kBlob));
  ASSERT_THAT(told, SizeIs(2));
  EXPECT_EQ(std::get<CheckpointStored>(told[0].what).blob, kBlob) << "first, so that the next lease names it";
  EXPECT_EQ(std::get<Failure>(told[1].what).failure, FailureClass::kPreempted);
  EXPECT_THAT(all_of<Stopped>(bench_.ack(one_.attempt)), SizeIs(1));
}

TEST_F(AgentFilesInCore, AStopWaitsNoLongerThanItsTimeForACheckpoint) {
  train(one_);
  bench_.handle(StopRequested{});
  stopped(one_.attempt);
  bench_.exit(1, {});
  const auto effects = bench_.after(Duration(60'000));
  ASSERT_TRUE(failure_in(effects));
  EXPECT_EQ(failure_in(effects)->failure, FailureClass::kPreempted);
  EXPECT_THAT(all_of<Stopped>(effects), SizeIs(1));
}

TEST_F(AgentFilesInCore, AStopDuringAnUploadWaitsForTheNewerCheckpoint) {
  train(one_);
  bench_.after(kEvery + kEvery / 10);
  bench_.handle(StopRequested{});
  EXPECT_THAT(files_in<UploadCheckpoint>(stopped(one_.attempt)), SizeIs(1));
  EXPECT_THAT(updates_in(uploaded(one_.attempt, kBlob)), SizeIs(1)) << "the one of before";
  const BlobRef newer{std::string(64, 'd'), 1001};
  const auto told = updates_in(uploaded(one_.attempt, newer));
  ASSERT_THAT(told, SizeIs(2));
  EXPECT_EQ(std::get<CheckpointStored>(told[0].what).blob, newer);
}

TEST_F(AgentFilesInCore, ACancelDuringTheLastUploadLeavesNothing) {
  train(one_);
  stopped(one_.attempt);  // by a batch system
  EXPECT_THAT(all_of<RemoveRunFolder>(bench_.exit(1, {})), IsEmpty());
  EXPECT_THAT(all_of<RemoveRunFolder>(bench_.cancel(one_.attempt)), SizeIs(1));
  EXPECT_THAT(updates_in(uploaded(one_.attempt, kBlob)), IsEmpty());
}

TEST_F(AgentFilesInCore, WithoutAConnectionAStoppedRunEndsAtOnce) {
  train(one_);
  bench_.handle(Disconnected{});
  bench_.handle(StopRequested{});
  EXPECT_THAT(files_in<UploadCheckpoint>(stopped(one_.attempt)), IsEmpty());
  EXPECT_THAT(all_of<Stopped>(bench_.exit(1, {})), SizeIs(1));
}

TEST_F(AgentFilesInCore, NotesAreToldOrLost) {
  const FileEvent note = Noted{{one_.attempt, LogLines{"epoch 1\n"}}};
  EXPECT_THAT(updates_in(bench_.handle(note)), IsEmpty());
  bench_.connect();
  EXPECT_THAT(updates_in(bench_.handle(note)), SizeIs(1));
}

TEST(AgentWithoutTransfers, TakesWhatIsOnItsMachine) {
  CoreBench bench;
  bench.connect();
  Lease lease = lease_of_seed(1);
  lease.checkpoint = kBlob;
  EXPECT_THAT(all_of<FileEffect>(bench.lease({lease})), IsEmpty());
  bench.hello(1);
  bench.handle(StopRequested{});
  const auto effects = bench.said(1, RunStopped{lease.attempt});
  EXPECT_THAT(all_of<FileEffect>(effects), IsEmpty());
  EXPECT_TRUE(failure_in(effects));
}

}  // namespace
}  // namespace evensweep
