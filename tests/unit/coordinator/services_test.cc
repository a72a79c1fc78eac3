// The services over real gRPC, before a coordinator that is a fake.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <thread>

#include "common/wire/results_codec.h"
#include "evensweep/v1/agents.grpc.pb.h"
#include "evensweep/v1/sweeps.grpc.pb.h"
#include "tests/support/fake_control.h"
#include "tests/support/synthetic_results.h"
#include "tests/unit/model/examples.h"

namespace evensweep::coordinator {
namespace {

using ::testing::HasSubstr;

constexpr const char* kRequest = "2f1c9a30-0000-4000-8000-000000000001";

class ServicesTest : public testing::Test {
 protected:
  ServicesTest()
      : served_(control_),
        sweeps_(v1::Sweeps::NewStub(served_.channel())),
        agents_(v1::Agents::NewStub(served_.channel())) {}

  static v1::SubmitRequest submission() {
    v1::SubmitRequest request;
    request.set_sweep_json(to_json(example_sweep()).dump());
    request.set_request_id(kRequest);
    request.set_file_text("name: digits\n");
    request.add_overrides("seeds=3");
    return request;
  }
  v1::SubmitResponse submitted() {
    v1::SubmitResponse response;
    const grpc::Status status = call(&v1::Sweeps::Stub::Submit, submission(), &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  template <typename Stub, typename Request, typename Response>
  grpc::Status call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response* response) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    if constexpr (std::is_same_v<Stub, v1::Sweeps::Stub>)
      return (sweeps_.get()->*method)(&context, request, response);
    else
      return (agents_.get()->*method)(&context, request, response);
  }
  template <typename Stub, typename Request, typename Response>
  void expect_refused(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                      const Request& request, const std::string& says,
                      grpc::StatusCode code = grpc::StatusCode::INVALID_ARGUMENT) {
    Response response;
    const grpc::Status status = call(method, request, &response);
    EXPECT_EQ(status.error_code(), code) << says;
    EXPECT_THAT(status.error_message(), HasSubstr(says));
  }

  FakeControl control_;
  ServedControl served_;
  std::unique_ptr<v1::Sweeps::Stub> sweeps_;
  std::unique_ptr<v1::Agents::Stub> agents_;
};

TEST_F(ServicesTest, SubmitsASweepWithItsFile) {
  const v1::SubmitResponse first = submitted();
  EXPECT_EQ(first.sweep_id(), sweep_id(example_sweep()).str());
  EXPECT_EQ(first.status().trials(), 9);
  EXPECT_FALSE(first.known());
  EXPECT_TRUE(submitted().known());
  ASSERT_EQ(control_.submissions.size(), 2);
  EXPECT_EQ(control_.submissions[0].request, kRequest);
  EXPECT_EQ(control_.submissions[0].file.text, "name: digits\n");
  EXPECT_EQ(control_.submissions[0].file.overrides, std::vector<std::string>{"seeds=3"});
  EXPECT_TRUE(control_.submissions[0].extends.empty());
}

TEST_F(ServicesTest, RefusesABadSubmission) {
  const auto refused = [&](const auto& change, const std::string& says) {
    v1::SubmitRequest request = submission();
    change(request);
    expect_refused(&v1::Sweeps::Stub::Submit, request, says);
  };
  refused([](auto& r) { r.set_sweep_json("{"); }, "sweep");
  refused([](auto& r) { r.clear_sweep_json(); }, "sweep");
  refused([](auto& r) { r.set_request_id("short"); }, "request_id must be 8 to 64");
  refused([](auto& r) { r.set_request_id("'; DROP TABLE sweeps"); }, "request_id must be 8 to 64");
  refused([](auto& r) { r.set_request_id(std::string(65, 'a')); }, "request_id must be 8 to 64");
  refused([](auto& r) { r.set_extends("../x"); }, "extends is no sweep's id");
  refused([](auto& r) { r.set_file_text(std::string((1 << 20) + 1, 'x')); }, "file_text is longer than");
  refused([](auto& r) { r.set_file_text("\xff"); }, "file_text is not UTF-8");
  refused([](auto& r) { r.add_overrides(std::string(5000, 'x')); }, "is longer than 4096 bytes");
  refused(
      [](auto& r) {
        for (int i = 0; i < 1001; ++i) r.add_overrides("a=b");
      },
      "more than 1000 overrides");
  EXPECT_TRUE(control_.submissions.empty()) << "nothing of that may come to the host";
}

TEST_F(ServicesTest, ListsAndGetsSweeps) {
  submitted();
  control_.known.push_back({.id = SweepId(std::string(64, 'e')), .name = "done", .status = {.over = true}});
  v1::ListSweepsResponse list;
  ASSERT_TRUE(call(&v1::Sweeps::Stub::List, {}, &list).ok());
  ASSERT_EQ(list.sweeps_size(), 1);
  EXPECT_EQ(list.sweeps(0).name(), "digits");
  v1::ListSweepsRequest all;
  all.set_over_too(true);
  all.set_limit(1);
  ASSERT_TRUE(call(&v1::Sweeps::Stub::List, all, &list).ok());
  EXPECT_EQ(list.sweeps(0).name(), "done");
  EXPECT_TRUE(list.more());
  all.set_limit(1001);
  expect_refused(&v1::Sweeps::Stub::List, all, "limit is above 1000");

  v1::SweepRequest request;
  request.set_sweep("digits");
  v1::SweepView view;
  ASSERT_TRUE(call(&v1::Sweeps::Stub::Get, request, &view).ok());
  EXPECT_EQ(view.id(), sweep_id(example_sweep()).str());
  v1::SweepDefinition definition;
  ASSERT_TRUE(call(&v1::Sweeps::Stub::Define, request, &definition).ok());
  EXPECT_EQ(definition.sweep_json(), to_json(example_sweep()).dump());
  EXPECT_EQ(definition.file_text(), "name: digits\n");
  request.set_sweep("digit");
  expect_refused(&v1::Sweeps::Stub::Get, request, "did you mean \"digits\"?", grpc::StatusCode::NOT_FOUND);
  expect_refused(&v1::Sweeps::Stub::Get, v1::SweepRequest(), "no sweep is named");
  request.set_sweep(std::string(1001, 'x'));
  expect_refused(&v1::Sweeps::Stub::Define, request, "too long to name a sweep");
}

TEST_F(ServicesTest, GivesTrialsInPages) {
  submitted();
  for (uint32_t i = 0; i < 5; ++i)
    control_.all_trials.push_back(
        {.sweep = sweep_id(example_sweep()), .arm = i, .state = i % 2 == 0 ? TrialState::kFailed : TrialState::kReady});
  v1::TrialsRequest request;
  request.set_sweep("digits");
  request.add_states(v1::TRIAL_STATE_FAILED);
  request.add_states(v1::TRIAL_STATE_FAILED);
  request.set_limit(2);
  v1::TrialsResponse page;
  ASSERT_TRUE(call(&v1::Sweeps::Stub::Trials, request, &page).ok());
  EXPECT_EQ(page.trials_size(), 2);
  EXPECT_EQ(page.next(), 4);
  request.set_from(page.next());
  ASSERT_TRUE(call(&v1::Sweeps::Stub::Trials, request, &page).ok());
  EXPECT_EQ(page.trials_size(), 1);
  EXPECT_EQ(page.trials(0).arm(), 4);
  EXPECT_FALSE(page.has_next());
  EXPECT_EQ(control_.trial_queries.at(0).states, std::vector{TrialState::kFailed});
  request.set_limit(10'001);
  expect_refused(&v1::Sweeps::Stub::Trials, request, "limit is above 10000");
  request.set_limit(0);
  request.add_states(v1::TRIAL_STATE_UNSPECIFIED);
  expect_refused(&v1::Sweeps::Stub::Trials, request, "unknown state 0 of a trial");
}

TEST_F(ServicesTest, ControlsSweeps) {
  submitted();
  const std::pair<v1::SweepAction, SweepAction> actions[] = {
      {v1::SWEEP_ACTION_PAUSE, SweepAction::kPause},
      {v1::SWEEP_ACTION_RESUME, SweepAction::kResume},
      {v1::SWEEP_ACTION_STOP, SweepAction::kStop},
      {v1::SWEEP_ACTION_CANCEL, SweepAction::kCancel},
      {v1::SWEEP_ACTION_RETRY_FAILED, SweepAction::kRetryFailed}};
  v1::ControlRequest request;
  request.set_sweep("digits");
  request.set_request_id(kRequest);
  for (const auto& [proto, action] : actions) {
    request.set_action(proto);
    v1::ControlResponse response;
    ASSERT_TRUE(call(&v1::Sweeps::Stub::Control, request, &response).ok());
    EXPECT_EQ(control_.controls.back().action, action);
    EXPECT_EQ(control_.controls.back().request, kRequest);
    EXPECT_EQ(control_.controls.back().who, "this machine") << "nobody had to say who they are";
    EXPECT_EQ(response.sweep().name(), "digits");
  }
  request.clear_action();
  expect_refused(&v1::Sweeps::Stub::Control, request, "unknown action 0");
  request.set_action(static_cast<v1::SweepAction>(55));
  expect_refused(&v1::Sweeps::Stub::Control, request, "unknown action 55");
  request.set_action(v1::SWEEP_ACTION_PAUSE);
  request.clear_request_id();
  expect_refused(&v1::Sweeps::Stub::Control, request, "request_id must be");
  EXPECT_EQ(control_.controls.size(), 5);
}

TEST_F(ServicesTest, ExplainsTrialsAndListsTheirAttempts) {
  submitted();
  control_.all_trials = {{.sweep = sweep_id(example_sweep()), .arm = 2, .seed = 1}};
  control_.all_attempts = {{.number = 1, .agent = AgentId("a")}, {.number = 2, .agent = AgentId("b")}};
  control_.lines = {"no agent has a free slot", "3 runs go first"};
  v1::TrialRequest request;
  request.set_trial("digits/2/1");
  v1::ExplainResponse explained;
  ASSERT_TRUE(call(&v1::Sweeps::Stub::Explain, request, &explained).ok());
  EXPECT_EQ(explained.trial().arm(), 2);
  EXPECT_EQ(explained.lines(1), "3 runs go first");
  v1::AttemptsResponse attempts;
  ASSERT_TRUE(call(&v1::Sweeps::Stub::Attempts, request, &attempts).ok());
  ASSERT_EQ(attempts.attempts_size(), 2);
  EXPECT_EQ(attempts.attempts(1).agent(), "b");
  request.set_trial("digits");
  expect_refused(&v1::Sweeps::Stub::Explain, v1::TrialRequest(), "no trial is named");
}

TEST_F(ServicesTest, ListsAndControlsAgents) {
  control_.all_agents = {{.id = AgentId("gpu7-1a2b"), .quarantined = "bad"}};
  v1::ListAgentsResponse list;
  ASSERT_TRUE(call(&v1::Agents::Stub::List, {}, &list).ok());
  ASSERT_EQ(list.agents_size(), 1);
  v1::AgentRequest request;
  request.set_agent("gpu7");
  request.set_request_id(kRequest);
  v1::AgentView view;
  ASSERT_TRUE(call(&v1::Agents::Stub::Drain, request, &view).ok());
  EXPECT_TRUE(view.draining());
  EXPECT_EQ(view.quarantined(), "bad");
  ASSERT_TRUE(call(&v1::Agents::Stub::Release, request, &view).ok());
  EXPECT_FALSE(view.draining());
  EXPECT_EQ(view.quarantined(), "");
  request.clear_request_id();
  expect_refused(&v1::Agents::Stub::Drain, request, "request_id must be");
  request.set_request_id(kRequest);
  request.clear_agent();
  expect_refused(&v1::Agents::Stub::Release, request, "no agent is named");
}

TEST_F(ServicesTest, GivesTheResultOfARun) {
  const SweepResults results = synthetic_results({.seeds = 1, .epochs = 1});
  control_.stored[results.id] = {.results = results, .file = {}};
  const auto& [key, run] = *results.runs.begin();
  v1::ResultRequest request;
  request.set_run_key(key.str());
  v1::ResultResponse response;
  ASSERT_TRUE(call(&v1::Sweeps::Stub::Result, request, &response).ok());
  EXPECT_EQ(response.result_json(), to_json(*run.result).dump());
  request.set_run_key(std::string(64, '0'));
  expect_refused(&v1::Sweeps::Stub::Result, request, "not finished", grpc::StatusCode::NOT_FOUND);
  request.set_run_key("x");
  expect_refused(&v1::Sweeps::Stub::Result, request, "run_key is not a SHA-256 sum");
}

TEST_F(ServicesTest, StreamsResults) {
  const SweepResults results = synthetic_results({.seeds = 3, .epochs = 1});
  control_.known = {{.id = results.id, .name = "synthetic"}};
  control_.stored[results.id] = {.results = results, .file = {.text = "x", .overrides = {}}};
  grpc::ClientContext context;
  v1::SweepRequest request;
  request.set_sweep("synthetic");
  const auto reader = sweeps_->Results(&context, request);
  ResultsDecoder decoder;
  v1::ResultsPart part;
  while (reader->Read(&part)) ASSERT_TRUE(decoder.add(part).ok());
  ASSERT_TRUE(reader->Finish().ok());
  const StatusOr<StoredSweep> read = std::move(decoder).finish();
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->results.runs.size(), results.runs.size());

  request.set_sweep("other");
  grpc::ClientContext second;
  const auto none = sweeps_->Results(&second, request);
  EXPECT_FALSE(none->Read(&part));
  EXPECT_EQ(none->Finish().error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(ServicesTest, WatchSendsTheLastStatusAndEnds) {
  control_.on_watch = [](const auto& tell) {
    tell(SweepStatus{.trials = 5, .trials_finished = 1});
    for (uint64_t i = 2; i < 100; ++i) tell(SweepStatus{.trials = 100, .trials_finished = i});
    tell(SweepStatus{.trials = 100, .trials_finished = 100, .over = true});
  };
  grpc::ClientContext context;
  const auto reader = sweeps_->Watch(&context, {});
  v1::SweepStatus status;
  int read = 0;
  while (reader->Read(&status)) ++read;
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_TRUE(status.over());
  EXPECT_EQ(status.trials_finished(), 100);
  EXPECT_LE(read, 100);
}

TEST_F(ServicesTest, LogsComeInOrderAndEnd) {
  control_.on_log = [](const std::string& trial, bool follow, const auto& tell) {
    EXPECT_EQ(trial, "digits/0/1");
    EXPECT_TRUE(follow);
    tell(LogPiece{.attempt = 3, .text = "one\n"});
    tell(LogPiece{.attempt = 3, .text = std::string("\xff\0", 2)});
    tell(LogPiece{.attempt = 3, .text = "two\n", .last = true});
  };
  grpc::ClientContext context;
  v1::LogsRequest request;
  request.set_trial("digits/0/1");
  request.set_follow(true);
  const auto reader = sweeps_->Logs(&context, request);
  std::string text;
  v1::LogPiece piece;
  while (reader->Read(&piece)) {
    EXPECT_EQ(piece.attempt(), 3);
    text += piece.text();
  }
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_EQ(text, std::string("one\n\xff\0two\n", 10));
}

TEST_F(ServicesTest, ASlowReaderOfLogsGetsTheNewest) {
  const std::string megabyte(1 << 20, 'x');
  control_.on_log = [&](const std::string&, bool, const auto& tell) {
    for (int i = 0; i < 64; ++i) tell(LogPiece{.attempt = 1, .text = megabyte});
    tell(LogPiece{.attempt = 1, .text = "the end", .last = true});
  };
  grpc::ClientContext context;
  const auto reader = sweeps_->Logs(&context, {});
  size_t bytes = 0;
  v1::LogPiece piece;
  while (reader->Read(&piece)) bytes += piece.text().size();
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_EQ(piece.text(), "the end");
  EXPECT_LT(bytes, size_t{64} << 20);
}

TEST_F(ServicesTest, WhoeverGoesIsLetGo) {
  std::promise<void> watching;
  control_.on_watch = [&](const auto& tell) {
    tell(SweepStatus{.trials = 5});
    watching.set_value();
  };
  grpc::ClientContext context;
  const auto reader = sweeps_->Watch(&context, {});
  watching.get_future().wait();
  EXPECT_EQ(control_.listeners(), 1);
  context.TryCancel();
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
  served_.stop();  // waits for the handlers
  EXPECT_EQ(control_.listeners(), 0);
}

TEST_F(ServicesTest, AServerThatGoesEndsItsStreams) {
  control_.on_watch = [](const auto& tell) { tell(SweepStatus{.trials = 5}); };
  grpc::ClientContext context, log_context;
  const auto reader = sweeps_->Watch(&context, {});
  const auto log = sweeps_->Logs(&log_context, {});
  v1::SweepStatus status;
  ASSERT_TRUE(reader->Read(&status));
  std::thread stopping([&] { served_.stop(); });
  EXPECT_FALSE(reader->Read(&status));
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  v1::LogPiece piece;
  EXPECT_FALSE(log->Read(&piece));
  EXPECT_FALSE(log->Finish().ok());
  stopping.join();
  EXPECT_EQ(control_.listeners(), 0);
}

TEST_F(ServicesTest, AReplyMayComeAfterItsStreamHasGone) {
  class Late final : public FakeControl {
   public:
    void results(std::string, Reply<StoredSweep> reply) override { asked.set_value(std::move(reply)); }
    std::promise<Reply<StoredSweep>> asked;
  };
  Late late;
  ServedControl served(late);
  const auto stub = v1::Sweeps::NewStub(served.channel());
  grpc::ClientContext context;
  const auto reader = stub->Results(&context, {});
  const Control::Reply<StoredSweep> reply = late.asked.get_future().get();
  context.TryCancel();
  EXPECT_FALSE(reader->Finish().ok());
  served.stop();
  const SweepResults results = synthetic_results({.seeds = 1, .epochs = 1});
  reply(StoredSweep{.results = results});
}

}  // namespace
}  // namespace evensweep::coordinator
