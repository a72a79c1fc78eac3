// AgentCore with trainers of several names: each run is trained by the one that it is for.

#include <gmock/gmock.h>

#include "tests/unit/agent/core_bench.h"

namespace evensweep {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const std::string kOther = "other-1";
const Lease kBuiltIn = lease_of_seed(1), kForeign = lease_of_seed(2, 1, kOther),
            kForeignToo = lease_of_seed(3, 1, kOther);

std::vector<AgentEffect> hello_of_other(CoreBench& bench, uint64_t trainer) {
  return bench.said(trainer, TrainerHello{"other", kOther});
}

std::vector<std::string> programs_in(const std::vector<AgentEffect>& effects) {
  std::vector<std::string> programs;
  for (const StartTrainer& start : all_of<StartTrainer>(effects)) programs.push_back(start.program);
  return programs;
}

TEST(AgentPrograms, EachRunGetsTheTrainerThatItAsksFor) {
  CoreBench bench(2, {kTrainerNumerics, kOther});
  bench.connect();
  EXPECT_THAT(programs_in(bench.lease({kBuiltIn, kForeign})), ElementsAre(kTrainerNumerics, kOther));
  EXPECT_THAT(all_of<GiveTask>(bench.hello(1)), SizeIs(1));
  const auto given = all_of<GiveTask>(hello_of_other(bench, 2));
  ASSERT_THAT(given, SizeIs(1));
  EXPECT_EQ(given[0].lease.attempt, kForeign.attempt);
}

TEST(AgentPrograms, AnIdleTrainerMakesRoomForAnother) {
  CoreBench bench(1, {kTrainerNumerics, kOther});
  bench.train(kBuiltIn);
  EXPECT_THAT(all_of<TerminateTrainer>(bench.lease({kForeign, kForeignToo})), IsEmpty());  // it is at work
  const auto finished = bench.finish(1, kBuiltIn.attempt);
  EXPECT_THAT(all_of<TerminateTrainer>(finished), SizeIs(1));
  EXPECT_THAT(programs_in(finished), IsEmpty());
  EXPECT_THAT(programs_in(bench.exit(1, {false, 0})), ElementsAre(kOther));
  EXPECT_THAT(all_of<GiveTask>(hello_of_other(bench, 2)), SizeIs(1));
  // The next run of its own is given to it, nobody is started for that.
  const auto next = bench.finish(2, kForeign.attempt);
  EXPECT_THAT(all_of<GiveTask>(next), SizeIs(1));
  EXPECT_THAT(programs_in(next), IsEmpty());
}

TEST(AgentPrograms, ARunOfAnUnknownTrainerIsRefused) {
  CoreBench bench;
  bench.connect();
  const auto refused = bench.lease({kForeign});
  EXPECT_THAT(programs_in(refused), IsEmpty());
  const auto failure = failure_in(refused);
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->failure, FailureClass::kBadInput);
  EXPECT_THAT(failure->message, HasSubstr(kOther));
}

TEST(AgentPrograms, ATrainerMustCallItselfByItsName) {
  CoreBench bench(1, {kOther});
  bench.connect();
  bench.lease({kForeign});
  const auto failure = failure_in(bench.hello(1));  // the built-in one's hello
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->failure, FailureClass::kBadInput);
  EXPECT_THAT(failure->message, HasSubstr(kTrainerNumerics));
}

TEST(AgentPrograms, OneThatDoesNotStartTakesNoRunsOfOthersWithIt) {
  CoreBench bench(2, {kTrainerNumerics, kOther});
  bench.connect();
  bench.lease({kBuiltIn, kForeign});  // trainers 1 and 2
  bench.hello(1);
  EXPECT_THAT(programs_in(bench.exit(2, {false, 127})), ElementsAre(kOther));
  EXPECT_THAT(programs_in(bench.exit(3, {false, 127})), ElementsAre(kOther));
  const auto third = bench.exit(4, {false, 127});
  EXPECT_THAT(programs_in(third), IsEmpty());
  const auto failure = failure_in(third);
  ASSERT_TRUE(failure);
  EXPECT_THAT(failure->message, HasSubstr("the trainer other-1 does not start"));
  EXPECT_THAT(updates_in(bench.finish(1, kBuiltIn.attempt)), SizeIs(1));
}

}  // namespace
}  // namespace evensweep
