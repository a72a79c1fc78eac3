// AgentCore and its trainers: how they fail and how they are stopped.

#include <gmock/gmock.h>

#include <csignal>

#include "tests/unit/agent/core_bench.h"

namespace evensweep {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const Lease kOne = lease_of_seed(1), kTwo = lease_of_seed(2);

TEST(AgentTrainers, AnExitWhileTrainingFailsTheAttempt) {
  struct Case {
    ExitStatus exit;
    FailureClass failure;
    const char* message;
  };
  for (const Case& one : {Case{{true, SIGSEGV}, FailureClass::kTrainerError, "SIGSEGV"},
                          Case{{true, SIGKILL}, FailureClass::kOutOfMemory, "memory"},
                          Case{{false, 0}, FailureClass::kTrainerError, "code 0"},
                          Case{{false, 2}, FailureClass::kTrainerError, "code 2"}}) {
    CoreBench bench;
    bench.train(kOne);
    const auto failure = failure_in(bench.exit(1, one.exit));
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->failure, one.failure);
    EXPECT_THAT(failure->message, HasSubstr(one.message));
    EXPECT_EQ(failure->stderr_tail, "tail\n");
    EXPECT_THAT(all_of<StartTrainer>(bench.lease({kTwo})), SizeIs(1));
  }
}

TEST(AgentTrainers, ABrokenContractIsKilledAndReportedWithItsLastWords) {
  const AttemptId other = kTwo.attempt;
  const AgentEvent breaches[] = {
      TrainerBroke{TrainerId{1}, "garbage"},
      TrainerSaid{TrainerId{1}, TrainerHello{"again", kTrainerNumerics}},
      TrainerSaid{TrainerId{1}, RunStarted{other, 0}},
      TrainerSaid{TrainerId{1}, finished(other, small_result())},
      TrainerSaid{TrainerId{1}, finished(kOne.attempt, absl::NotFoundError("no such file"))},
      TrainerSaid{TrainerId{1}, finished(kOne.attempt, "{}")},
      TrainerSaid{TrainerId{1}, finished({kOne.attempt.run, 9}, small_result())},
  };
  for (const AgentEvent& breach : breaches) {
    CoreBench bench;
    bench.train(kOne);
    const auto broke = bench.handle(breach);
    EXPECT_THAT(all_of<KillTrainer>(broke), SizeIs(1));
    EXPECT_THAT(updates_in(broke), IsEmpty());
    EXPECT_THAT(bench.finish(1, kOne.attempt), IsEmpty());  // its words count no more
    const auto failure = failure_in(bench.exit(1, {true, SIGKILL}));
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->failure, FailureClass::kTrainerError);
    EXPECT_THAT(failure->message, HasSubstr("broke its contract"));
    EXPECT_EQ(failure->stderr_tail, "tail\n");
  }
}

TEST(AgentTrainers, SilenceIsTakenForAHang) {
  CoreBench bench;
  bench.train(kOne);
  bench.now = bench.now + Duration(500000);  // the first progress may take its time
  bench.said(1, RunProgress{kOne.attempt, {0.1, 1}});
  for (int i = 0; i < 20; ++i) {
    EXPECT_THAT(all_of<KillTrainer>(bench.after(Duration(1000))), IsEmpty());
    bench.said(1, RunProgress{kOne.attempt, {0.1, 1}});
  }
  EXPECT_THAT(all_of<KillTrainer>(bench.after(Duration(119999))), IsEmpty());
  EXPECT_THAT(all_of<KillTrainer>(bench.after(Duration(1))), SizeIs(1));
  const auto failure = failure_in(bench.exit(1, {true, SIGKILL}));
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->failure, FailureClass::kTrainerError);
  EXPECT_THAT(failure->message, HasSubstr("no sign of life from the trainer for 120 s"));
}

TEST(AgentTrainers, ARunWithoutAnyProgressIsTakenToHangInTheEnd) {
  CoreBench bench;
  bench.train(kOne);
  bench.said(1, RunStarted{kOne.attempt, 0});
  EXPECT_THAT(all_of<KillTrainer>(bench.after(Duration(599999))), IsEmpty());
  EXPECT_THAT(all_of<KillTrainer>(bench.after(Duration(1))), SizeIs(1));
}

TEST(AgentTrainers, SlowStepsAreNoHang) {
  CoreBench bench;
  bench.train(kOne);
  for (int i = 0; i < 5; ++i) {
    bench.now = bench.now + Duration(60000);
    bench.said(1, RunProgress{kOne.attempt, {0.1, 1}});
  }
  EXPECT_THAT(all_of<KillTrainer>(bench.after(Duration(599999))), IsEmpty());  // ten times a step
  EXPECT_THAT(all_of<KillTrainer>(bench.after(Duration(1))), SizeIs(1));
}

TEST(AgentTrainers, AnIdleTrainerMayBeSilent) {
  CoreBench bench;
  bench.train(kOne);
  bench.finish(1, kOne.attempt);
  EXPECT_THAT(all_of<KillTrainer>(bench.after(Duration(10000000))), IsEmpty());
}

TEST(AgentTrainers, AfterThreeFailedStartsTheLeasesFailAndThereIsAPause) {
  CoreBench bench;
  bench.connect();
  bench.lease({kOne, kTwo});
  EXPECT_THAT(all_of<StartTrainer>(bench.exit(1, {false, 127})), SizeIs(1));
  EXPECT_THAT(all_of<StartTrainer>(bench.exit(2, {false, 127})), SizeIs(1));
  const auto third = bench.exit(3, {false, 127});
  EXPECT_THAT(all_of<StartTrainer>(third), IsEmpty());
  const std::vector<Update> ends = updates_in(third);
  ASSERT_THAT(ends, SizeIs(2));
  EXPECT_THAT(std::get<Failure>(ends[0].what).message, HasSubstr("does not start: it exited with code 127"));
  EXPECT_THAT(sent<Credits>(bench.ack(kOne.attempt)), IsEmpty());  // 0 was said and holds
  const auto later = bench.after(Duration(1000));
  ASSERT_THAT(sent<Credits>(later), SizeIs(1));
  EXPECT_EQ(sent<Credits>(later)[0].devices, cpu_credits(2).devices);
  bench.lease({lease_of_seed(3)});
  EXPECT_THAT(updates_in(bench.exit(4, {false, 127})), SizeIs(1));     // one more is enough now
  EXPECT_THAT(sent<Credits>(bench.after(Duration(1999))), IsEmpty());  // and the pause is longer
  EXPECT_THAT(sent<Credits>(bench.after(Duration(1))), SizeIs(1));
}

TEST(AgentTrainers, AStartThatWorksMakesUpForThoseThatDidNot) {
  CoreBench bench;
  bench.connect();
  bench.lease({kOne});
  bench.exit(1, {false, 1});
  bench.exit(2, {false, 1});
  bench.hello(3);
  bench.finish(3, kOne.attempt);
  bench.exit(3, {false, 0});
  bench.lease({kTwo});
  EXPECT_THAT(all_of<StartTrainer>(bench.exit(4, {false, 1})), SizeIs(1));
}

TEST(AgentTrainers, OneThatNeverSaysHelloIsKilledAndCountsAsAFailedStart) {
  CoreBench bench;
  bench.connect();
  bench.lease({kOne});
  for (uint64_t trainer = 1; trainer <= 3; ++trainer) {
    EXPECT_THAT(all_of<KillTrainer>(bench.after(Duration(120000))), SizeIs(1));
    const auto gone = bench.exit(trainer, {true, SIGKILL});
    EXPECT_EQ(updates_in(gone).size(), trainer == 3 ? 1u : 0u);
  }
}

TEST(AgentTrainers, ATaskThatCouldNotBePreparedFailsAndTheTrainerIsFree) {
  CoreBench bench;
  bench.train(kOne);
  bench.lease({kTwo});
  const auto refused =
      bench.handle(TaskRefused{TrainerId{1}, kOne.attempt, {FailureClass::kInfrastructure, "disk full", ""}});
  EXPECT_EQ(std::get<Failure>(updates_in(refused)[0].what).failure, FailureClass::kInfrastructure);
  EXPECT_THAT(all_of<GiveTask>(refused), SizeIs(1));
}

TEST(AgentTrainers, OneThatWasStoppedFromOutsideGivesItsAttemptBack) {
  CoreBench bench;
  bench.train(kOne);
  const auto stopped = bench.said(1, RunStopped{kOne.attempt});
  ASSERT_TRUE(failure_in(stopped));
  EXPECT_EQ(failure_in(stopped)->failure, FailureClass::kPreempted);
  EXPECT_THAT(all_of<SpoolEnd>(stopped), IsEmpty());
  bench.exit(1, {false, 0});
  EXPECT_THAT(all_of<RemoveRunFolder>(bench.ack(kOne.attempt)), IsEmpty());  // the checkpoint is in it
  EXPECT_THAT(all_of<StartTrainer>(bench.lease({lease_of_seed(1, 2)})), SizeIs(1));
}

TEST(AgentTrainers, WordsOfAFormerTrainerAreNothing) {
  CoreBench bench;
  bench.train(kOne);
  bench.exit(1, {false, 1});
  bench.lease({kTwo});
  EXPECT_THAT(bench.finish(1, kOne.attempt), IsEmpty());
  EXPECT_THAT(bench.exit(1, {false, 1}), IsEmpty());
  EXPECT_THAT(bench.hello(7), IsEmpty());
}

TEST(AgentTrainers, AProcessThatDoesNotVanishHoldsItsSlotButNotItsAttempt) {
  CoreBench bench;
  bench.train(kOne);
  bench.handle(TrainerBroke{TrainerId{1}, "garbage"});
  const auto overdue = bench.after(Duration(10000));
  EXPECT_EQ(updates_in(overdue).size(), 1u);
  EXPECT_THAT(all_of<StartTrainer>(bench.lease({kTwo})), IsEmpty());
  EXPECT_THAT(all_of<StartTrainer>(bench.exit(1, {true, SIGKILL})), SizeIs(1));
}

// ---- stopping

TEST(AgentStop, WithoutWorkIsDoneAtOnce) {
  CoreBench bench;
  bench.connect();
  EXPECT_THAT(all_of<Stopped>(bench.handle(StopRequested{})), SizeIs(1));
  EXPECT_THAT(bench.lease({kOne}), IsEmpty());
  EXPECT_FALSE(bench.core.next_deadline());
}

TEST(AgentStop, GivesEverythingBackAndWaitsForTheAcks) {
  CoreBench bench;
  bench.train(kOne);
  bench.lease({kTwo});
  const auto asked = bench.handle(StopRequested{});
  EXPECT_THAT(all_of<TerminateTrainer>(asked), SizeIs(1));
  ASSERT_TRUE(failure_in(asked));  // of the one that waited
  EXPECT_EQ(failure_in(asked)->failure, FailureClass::kPreempted);
  ASSERT_TRUE(failure_in(bench.said(1, RunStopped{kOne.attempt})));
  EXPECT_THAT(all_of<Stopped>(bench.exit(1, {false, 0})), IsEmpty());
  bench.ack(kTwo.attempt);
  const auto last = bench.ack(kOne.attempt);
  EXPECT_THAT(all_of<Stopped>(last), SizeIs(1));
  EXPECT_THAT(all_of<RemoveRunFolder>(last), IsEmpty());
}

TEST(AgentStop, AResultThatComesInTheLastMomentCounts) {
  CoreBench bench;
  bench.train(kOne);
  bench.handle(StopRequested{});
  const auto finished = bench.finish(1, kOne.attempt);
  EXPECT_THAT(all_of<SpoolEnd>(finished), SizeIs(1));
  ASSERT_THAT(updates_in(finished), SizeIs(1));
  EXPECT_TRUE(std::holds_alternative<Succeeded>(updates_in(finished)[0].what));
  EXPECT_THAT(updates_in(bench.exit(1, {false, 0})), IsEmpty());
}

TEST(AgentStop, DoesNotWaitForACoordinatorThatIsAway) {
  CoreBench bench;
  bench.train(kOne);
  bench.finish(1, kOne.attempt);
  bench.handle(Disconnected{});
  bench.handle(StopRequested{});
  EXPECT_THAT(all_of<Stopped>(bench.exit(1, {false, 0})), SizeIs(1));
}

TEST(AgentStop, KillsAfterTheGraceAndAbandonsWhatIsLeft) {
  CoreBench bench;
  bench.train(kOne);
  bench.handle(StopRequested{});
  EXPECT_EQ(*bench.core.next_deadline(), bench.now + Duration(3000));
  EXPECT_THAT(all_of<KillTrainer>(bench.after(Duration(3000))), SizeIs(1));
  EXPECT_THAT(all_of<Stopped>(bench.after(Duration(1000))), SizeIs(1));  // though it has not exited
}

TEST(AgentStop, LeasesThatComeTooLateGoBack) {
  CoreBench bench;
  bench.train(kOne);
  bench.handle(StopRequested{});
  const auto late = failure_in(bench.lease({kTwo}));
  ASSERT_TRUE(late);
  EXPECT_EQ(late->failure, FailureClass::kPreempted);
}

}  // namespace
}  // namespace evensweep
