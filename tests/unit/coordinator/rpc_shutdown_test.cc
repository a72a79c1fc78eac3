#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "common/model/json.h"
#include "tests/scenario/core_examples.h"
#include "tests/unit/coordinator/scripted_agent.h"
#include "tests/unit/coordinator/served_host.h"

namespace evensweep::coordinator {
namespace {

TEST(RpcShutdown, EndsOpenStreams) {
  for (const auto& addresses : {std::vector<std::string>{}, std::vector<std::string>{"127.0.0.1:0"}}) {
    ServedHost coordinator(addresses);
    v1::SubmitResponse response;
    ASSERT_TRUE(submit(coordinator.channel(), to_json(small_sweep("s", {})).dump(), response).ok());
    ScriptedAgent agent(coordinator.channel()), unborn(coordinator.channel());
    ASSERT_TRUE(agent.greet("a"));
    ASSERT_TRUE(agent.await<Welcome>());
    Watching watch(coordinator.channel(), response.sweep_id());
    v1::SweepStatus status;
    ASSERT_TRUE(watch.next(status));
    auto stopped = std::async(std::launch::async, [&] { coordinator.stop(); });
    // It takes at most the 2 s of the server's deadline; a stream that nobody ends would block it for ever.
    EXPECT_EQ(stopped.wait_for(std::chrono::seconds(20)), std::future_status::ready);
    EXPECT_EQ(agent.hear(), std::nullopt);
    agent.finish();
    EXPECT_EQ(watch.end(status).error_code(), grpc::StatusCode::UNAVAILABLE);
  }
}

TEST(RpcShutdown, RefusesAPortThatIsTaken) {
  ServedHost first({"127.0.0.1:0"});
  const std::string address = "127.0.0.1:" + std::to_string(first.server().ports().at(0));
  const auto second = RpcServer::start(first.host(), {address});
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(second.status().message()), testing::StartsWith("cannot listen on " + address + "; "));
}

}  // namespace
}  // namespace evensweep::coordinator
