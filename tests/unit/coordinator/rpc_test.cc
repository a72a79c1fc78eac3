// The coordinator as its peers see it: over an in-process channel and over TCP.

#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include "common/model/json.h"
#include "tests/scenario/core_examples.h"
#include "tests/unit/coordinator/scripted_agent.h"
#include "tests/unit/coordinator/served_host.h"

namespace evensweep::coordinator {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class Rpc : public testing::TestWithParam<bool> {
 protected:
  Rpc() : coordinator_(GetParam() ? std::vector<std::string>{"127.0.0.1:0"} : std::vector<std::string>{}) {}

  std::string submit_sweep(const Sweep& sweep) {
    v1::SubmitResponse response;
    const grpc::Status status = submit(coordinator_.channel(), to_json(sweep).dump(), response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(response.sweep_id(), sweep_id(sweep).str());
    return response.sweep_id();
  }

  ServedHost coordinator_;
};

INSTANTIATE_TEST_SUITE_P(Channels, Rpc, testing::Bool(),
                         [](const auto& chosen) { return chosen.param ? "Tcp" : "InProcess"; });

// Takes and finishes leases until `runs` are done.
void train(ScriptedAgent& agent, size_t runs) {
  agent.say(AgentMessage(cpu_credits(8)));
  for (size_t done = 0; done < runs;) {
    const auto leases = agent.await<Leases>();
    ASSERT_TRUE(leases);
    for (const Lease& lease : leases->leases) {
      EXPECT_EQ(run_key_of_text(lease.run_spec_json), lease.attempt.run);
      agent.succeed(lease.attempt);
      ++done;
    }
  }
}

TEST_P(Rpc, TrainsASweepToItsEndAndTellsWhoeverWatches) {
  const std::string id = submit_sweep(small_sweep("s", {tpr_arm(1), focal_arm(1)}, {1, 2}));
  Watching watch(coordinator_.channel(), id);
  v1::SweepStatus status;
  ASSERT_TRUE(watch.next(status));
  EXPECT_EQ(status.trials(), 6);
  EXPECT_FALSE(status.over());
  ScriptedAgent agent(coordinator_.channel());
  ASSERT_TRUE(agent.greet("a"));
  ASSERT_TRUE(agent.await<Welcome>());
  train(agent, 6);
  EXPECT_TRUE(watch.end(status).ok());
  EXPECT_TRUE(status.over());
  EXPECT_EQ(status.trials_finished(), 6);
  const StatusOr<SweepResults> results = coordinator_.host().results(SweepId(id));
  ASSERT_TRUE(results.ok()) << results.status();
  EXPECT_THAT(results->runs, SizeIs(6));
  for (const auto& [key, run] : results->runs) EXPECT_TRUE(run.result) << key;
}

TEST_P(Rpc, GoesOnAfterARestartWithWhatIsStored) {
  const Sweep sweep = small_sweep("s", {}, {1, 2});
  submit_sweep(sweep);
  AttemptId held;
  {
    ScriptedAgent agent(coordinator_.channel());
    ASSERT_TRUE(agent.greet("a"));
    agent.say(AgentMessage(cpu_credits(2)));
    const auto leases = agent.await<Leases>();
    ASSERT_TRUE(leases);
    ASSERT_THAT(leases->leases, SizeIs(2));
    agent.succeed(leases->leases[0].attempt);
    ASSERT_THAT(agent.await<Acks>()->attempts, ElementsAre(leases->leases[0].attempt));
    held = leases->leases[1].attempt;
  }
  coordinator_.stop();
  coordinator_.start();
  const std::string id = submit_sweep(sweep);
  ScriptedAgent agent(coordinator_.channel());
  ASSERT_TRUE(agent.greet("a", {held}));
  agent.succeed(held);
  ASSERT_THAT(agent.await<Acks>()->attempts, ElementsAre(held));
  v1::SweepStatus status;
  EXPECT_TRUE(Watching(coordinator_.channel(), id).end(status).ok());
  EXPECT_EQ(status.runs_reused(), 0);
  EXPECT_EQ(status.runs_trained(), 2);
}

TEST_P(Rpc, RefusesASweepThatIsNone) {
  v1::SubmitResponse response;
  for (const std::string& bad : {std::string(), std::string("{"), std::string("[]"), std::string("\xff\0x", 3)}) {
    const grpc::Status status = submit(coordinator_.channel(), bad, response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_THAT(status.error_message(), HasSubstr("sweep"));
  }
}

TEST_P(Rpc, TellsThatASweepIsNotKnown) {
  v1::SweepStatus status;
  const grpc::Status end = Watching(coordinator_.channel(), "nothing").end(status);
  EXPECT_EQ(end.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(end.error_message(), "sweep nothing is not known here");
}

TEST_P(Rpc, RefusesBadMessagesWithoutHarmToOthers) {
  submit_sweep(small_sweep("s", {}, {1}));
  ScriptedAgent good(coordinator_.channel());
  ASSERT_TRUE(good.greet("good"));
  ASSERT_TRUE(good.await<Welcome>());
  {
    ScriptedAgent silent(coordinator_.channel());
    silent.say(AgentMessage(Heartbeat{}));
    EXPECT_EQ(silent.hear(), std::nullopt);
    EXPECT_EQ(silent.finish().error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  }
  {
    ScriptedAgent empty(coordinator_.channel());
    empty.say(v1::AgentMessage());
    EXPECT_EQ(empty.hear(), std::nullopt);
    EXPECT_EQ(empty.finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  }
  {
    ScriptedAgent greedy(coordinator_.channel());
    ASSERT_TRUE(greedy.greet("greedy"));
    greedy.say(AgentMessage(cpu_credits(1'000'000)));
    EXPECT_EQ(greedy.await<Leases>(), std::nullopt);
    EXPECT_EQ(greedy.finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  }
  train(good, 1);
  EXPECT_TRUE(good.await<Acks>());
}

TEST_P(Rpc, ClosesAStreamThatGreetsTwice) {
  ScriptedAgent agent(coordinator_.channel());
  ASSERT_TRUE(agent.greet("a"));
  ASSERT_TRUE(agent.await<Welcome>());
  agent.greet("b");
  EXPECT_EQ(agent.hear(), std::nullopt);
  agent.finish();
}

TEST_P(Rpc, ClosesTheOldStreamOfAnAgentThatComesAgain) {
  ScriptedAgent old(coordinator_.channel());
  ASSERT_TRUE(old.greet("a"));
  ASSERT_TRUE(old.await<Welcome>());
  ScriptedAgent fresh(coordinator_.channel());
  ASSERT_TRUE(fresh.greet("a"));
  EXPECT_TRUE(fresh.await<Welcome>());
  EXPECT_EQ(old.hear(), std::nullopt);
  old.finish();
}

TEST_P(Rpc, AcknowledgesNothingThatCouldNotBeStored) {
  const std::string id = submit_sweep(small_sweep("s", {}, {1, 2}));
  Watching watch(coordinator_.channel(), id);
  ScriptedAgent agent(coordinator_.channel());
  ASSERT_TRUE(agent.greet("a"));
  agent.say(AgentMessage(cpu_credits(1)));
  const auto leases = agent.await<Leases>();
  ASSERT_TRUE(leases);
  coordinator_.break_store();
  agent.succeed(leases->leases.at(0).attempt);
  EXPECT_EQ(agent.await<Acks>(), std::nullopt) << "the stream ends without one";
  agent.finish();
  v1::SweepStatus status;
  const grpc::Status end = watch.end(status);
  EXPECT_EQ(end.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(end.error_message(), "the disk is full");
  EXPECT_EQ(status.trials_finished(), 0);
  // Whoever comes now hears the same.
  v1::SubmitResponse response;
  EXPECT_EQ(submit(coordinator_.channel(), to_json(small_sweep("t", {})).dump(), response).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  ScriptedAgent late(coordinator_.channel());
  late.greet("b");
  EXPECT_EQ(late.hear(), std::nullopt);
  late.finish();
}

// What grpc.health.v1.Health/Check says: 1 serving, 2 not serving.
int health_of(const std::shared_ptr<grpc::Channel>& channel) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  grpc::CompletionQueue queue;
  const grpc::Slice nothing("");
  const auto call =
      stub.PrepareUnaryCall(&context, "/grpc.health.v1.Health/Check", grpc::ByteBuffer(&nothing, 1), &queue);
  call->StartCall();
  grpc::ByteBuffer answer;
  grpc::Status status;
  call->Finish(&answer, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  EXPECT_TRUE(queue.Next(&tag, &ok));
  EXPECT_TRUE(status.ok()) << status.error_message();
  grpc::Slice bytes;
  EXPECT_TRUE(answer.DumpToSingleSlice(&bytes).ok());
  return bytes.size() == 2 ? bytes.begin()[1] : 0;
}

TEST_P(Rpc, HealthFollowsTheStore) {
  submit_sweep(small_sweep("s", {}, {1}));
  EXPECT_EQ(health_of(coordinator_.channel()), 1);
  coordinator_.break_store();
  v1::SubmitResponse response;
  EXPECT_FALSE(submit(coordinator_.channel(), to_json(small_sweep("t", {}, {1})).dump(), response).ok());
  EXPECT_EQ(health_of(coordinator_.channel()), 2);
}

TEST_P(Rpc, LivesWithPeersThatVanish) {
  const std::string id = submit_sweep(small_sweep("s", {}, {1, 2, 3}));
  for (int i = 0; i < 20; ++i) {
    Watching watch(coordinator_.channel(), id);
    ScriptedAgent agent(coordinator_.channel());
    agent.greet("a" + std::to_string(i % 3));
    if (i % 2 == 0) agent.say(AgentMessage(cpu_credits(1)));
    if (i % 4 == 0) agent.await<Welcome>();
  }
  // What the vanished ones held comes back with the next hello of each name.
  ScriptedAgent a(coordinator_.channel()), b(coordinator_.channel()), c(coordinator_.channel());
  for (auto [agent, name] : {std::pair(&b, "a1"), std::pair(&c, "a2"), std::pair(&a, "a0")}) {
    ASSERT_TRUE(agent->greet(name));
    ASSERT_TRUE(agent->await<Welcome>());
  }
  train(a, 3);
  v1::SweepStatus status;
  EXPECT_TRUE(Watching(coordinator_.channel(), id).end(status).ok());
}

}  // namespace
}  // namespace evensweep::coordinator
