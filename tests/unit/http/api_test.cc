// The JSON API over a coordinator that is a fake, by the front alone: no sockets.

#include "coordinator/http/api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "common/base/file.h"
#include "common/model/json.h"
#include "common/model/views_json.h"
#include "coordinator/http/health.h"
#include "coordinator/http/metrics.h"
#include "coordinator/http/openapi.h"
#include "tests/support/fake_control.h"
#include "tests/support/places.h"
#include "tests/unit/http/fake_door.h"
#include "tests/unit/model/examples.h"

namespace evensweep::coordinator {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class ApiTest : public testing::Test {
 protected:
  ApiTest() {
    control_.known = {view('a', "digits", {.trials = 80, .trials_finished = 33, .trials_failed = 2}),
                      view('b', "old", {.trials = 4, .trials_finished = 4, .over = true, .phase = SweepPhase::kOver})};
    control_.all_trials = {
        {.sweep = id('a'), .arm = 0, .arm_name = "baseline", .seed = 3, .state = TrialState::kRunning, .progress = 0.4},
        {.sweep = id('a'),
         .arm = 2,
         .arm_name = "focal",
         .seed = 17,
         .state = TrialState::kFailed,
         .reason = "exit 3"}};
    control_.all_attempts = {{.number = 1, .agent = AgentId("gpu7"), .granted_at = 1}};
    control_.all_agents = {{.id = AgentId("gpu7-1a2b"), .host = "gpu7", .connected = true}};
    control_.lines = {"no agent has a free slot"};
    const WebParts parts{.control = control_, .feeds = feeds_, .mailbox = mailbox_, .clock = clock_};
    Router router;
    add_api(router, parts);
    add_health(router, control_);
    add_metrics(router, parts, [] { return ProcessFigures{}; });
    front_ = std::make_unique<Front>(
        std::move(router), door_, clock_, [] { return std::string(64, 'd'); }, FrontOptions{});
  }
  ~ApiTest() override { mailbox_->close(); }
  static SweepId id(char c) { return SweepId(std::string(64, c)); }
  static SweepView view(char c, const std::string& name, const SweepStatus& status) {
    return {.id = id(c), .name = name, .submitted_at = c, .status = status};
  }

  HttpResponse ask(const std::string& method, const std::string& target, const std::string& body = "",
                   const std::string& key = "") {
    RawRequest raw{.method = method, .target = target};
    raw.from.host = "localhost";
    raw.content_type = "application/json";
    raw.body = body;
    raw.idempotency_key = key;
    std::optional<HttpResponse> answer;
    front_->serve(std::move(raw), [&](HttpResponse response) { answer = std::move(response); });
    io_.restart();
    io_.poll();
    EXPECT_TRUE(answer) << target;
    return answer.value_or(HttpResponse{});
  }
  Json get(const std::string& target, int status = 200) { return json_of_answer(ask("GET", target), status); }
  Json post(const std::string& target, const std::string& body = "", int status = 200, const std::string& key = "") {
    return json_of_answer(ask("POST", target, body, key), status);
  }
  static Json json_of_answer(const HttpResponse& response, int status) {
    EXPECT_EQ(response.status, status) << response.body;
    EXPECT_EQ(response.type, "application/json");
    return Json::parse(response.body);
  }

  boost::asio::io_context io_;
  std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>(io_);
  FakeControl control_;
  FakeClock clock_;
  FakeDoor door_{true};
  Feeds feeds_{io_, mailbox_, control_, "p"};
  std::unique_ptr<Front> front_;
};

TEST_F(ApiTest, AnswersWithTheDocumentsOfTheVerbs) {
  EXPECT_EQ(
      ask("GET", "/api/v1/sweeps?all=true").body,
      cli_json("sweeps", {{"sweeps", json_list(std::vector{control_.known[1], control_.known[0]})}, {"more", false}}));
  EXPECT_THAT(get("/api/v1/sweeps")["sweeps"], SizeIs(1));
  EXPECT_EQ(get("/api/v1/sweeps/digits")["sweep"], json_of(control_.known[0]));
  EXPECT_EQ(get("/api/v1/sweeps/aaaa")["kind"], "status");
  EXPECT_EQ(get("/api/v1/agents")["agents"][0]["id"], "gpu7-1a2b");
  const Json attempts = get("/api/v1/trials/digits/2/17");
  EXPECT_EQ(attempts["trial"], json_of(control_.all_trials[1]));
  EXPECT_EQ(attempts["attempts"], json_list(control_.all_attempts));
  EXPECT_THAT(get("/api/v1/trials/digits/2/17/explanation")["lines"], ElementsAre("no agent has a free slot"));
}

TEST_F(ApiTest, PagesAndFiltersTrials) {
  const Json first = get("/api/v1/sweeps/digits/trials?limit=1");
  EXPECT_THAT(first["trials"], SizeIs(1));
  EXPECT_EQ(first["next"], 1);
  const Json second = get("/api/v1/sweeps/digits/trials?limit=1&from=1");
  EXPECT_EQ(second["trials"][0]["seed"], 17);
  EXPECT_TRUE(second["next"].is_null());
  EXPECT_EQ(get("/api/v1/sweeps/digits/trials?state=failed&state=failed")["trials"][0]["state"], "failed");
  EXPECT_THAT(control_.trial_queries.back().states, ElementsAre(TrialState::kFailed));
  EXPECT_EQ(control_.trial_queries.back().limit, 1000u);
}

TEST_F(ApiTest, ActsOnSweepsAndAgents) {
  constexpr std::pair<const char*, SweepAction> kActions[] = {{"pause", SweepAction::kPause},
                                                              {"resume", SweepAction::kResume},
                                                              {"stop", SweepAction::kStop},
                                                              {"cancel", SweepAction::kCancel},
                                                              {"retry", SweepAction::kRetryFailed}};
  for (const auto& [name, action] : kActions) {
    const Json done = post(std::string("/api/v1/sweeps/digits/") + name, "", 200, "request-12345");
    EXPECT_EQ(done["kind"], "controlled");
    EXPECT_EQ(done["sweeps"][0]["name"], "digits");
    EXPECT_EQ(control_.controls.back().action, action) << name;
    EXPECT_EQ(control_.controls.back().request, "request-12345");
  }
  EXPECT_EQ(post("/api/v1/agents/gpu7/drain")["agent"]["draining"], true);
  EXPECT_EQ(post("/api/v1/agents/gpu7/release")["agent"]["draining"], false);
  EXPECT_EQ(control_.agent_controls.back().request, std::string(64, 'd')) << "one is drawn where none is given";
}

TEST_F(ApiTest, NothingIsDoneByGet) {
  for (const char* path : {"/api/v1/sweeps/digits/cancel", "/api/v1/agents/gpu7/drain"})
    EXPECT_EQ(ask("GET", path).status, 405) << path;
  EXPECT_THAT(control_.controls, SizeIs(0));
  EXPECT_THAT(control_.agent_controls, SizeIs(0));
}

TEST_F(ApiTest, SubmitsASweepAsItIsDefined) {
  const Sweep sweep = example_sweep();
  const Json body = {{"sweep", to_json(sweep)}, {"file_text", "name: x\n"}, {"overrides", {"seeds=3"}}};
  const Json done = post("/api/v1/sweeps", body.dump(), 200, "request-12345");
  EXPECT_EQ(done["kind"], "submitted");
  EXPECT_EQ(done["known"], false);
  EXPECT_EQ(done["sweep"]["id"], sweep_id(sweep).str());
  EXPECT_EQ(control_.submissions.back().file.text, "name: x\n");
  const Json definition = get("/api/v1/sweeps/" + sweep_id(sweep).str() + "/definition");
  EXPECT_EQ(definition["sweep"], to_json(sweep));
  EXPECT_THAT(definition["overrides"], ElementsAre("seeds=3"));
  EXPECT_EQ(post("/api/v1/sweeps", body.dump())["known"], true);
}

TEST_F(ApiTest, RefusesWithOneLineThatSaysWhat) {
  const auto why = [&](const std::string& method, const std::string& target, const std::string& body = "",
                       const std::string& key = "") {
    const HttpResponse response = ask(method, target, body, key);
    EXPECT_EQ(response.status, 400) << target << response.body;
    const std::string message = Json::parse(response.body)["error"]["message"];
    EXPECT_EQ(message.find('\n'), std::string::npos);
    return message;
  };
  EXPECT_THAT(why("GET", "/api/v1/sweeps?limit=1001"), HasSubstr("limit is \"1001\""));
  EXPECT_THAT(why("GET", "/api/v1/sweeps/digits/trials?state=exploded"), HasSubstr("no state \"exploded\""));
  EXPECT_THAT(why("GET", "/api/v1/sweeps/digits/trials?from=x"), HasSubstr("from"));
  EXPECT_THAT(why("GET", "/api/v1/sweeps/" + std::string(1001, 'a')), HasSubstr("too long"));
  EXPECT_THAT(why("GET", "/api/v1/runs/abc/result"), HasSubstr("SHA-256"));
  EXPECT_THAT(why("POST", "/api/v1/sweeps/digits/pause", "", "short"), HasSubstr("request_id"));
  EXPECT_THAT(why("POST", "/api/v1/sweeps", "no json"), HasSubstr("JSON object with a sweep"));
  EXPECT_THAT(why("POST", "/api/v1/sweeps", R"({"sweep": {}, "swep": 1})"), HasSubstr("\"swep\""));
  EXPECT_THAT(why("POST", "/api/v1/sweeps", R"({"sweep": {}})"), HasSubstr("sweep"));
  const std::string sweep = to_json(example_sweep()).dump();
  EXPECT_THAT(why("POST", "/api/v1/sweeps", R"({"overrides": "x", "sweep": )" + sweep + "}"), HasSubstr("overrides"));
  EXPECT_THAT(why("POST", "/api/v1/sweeps", R"({"extends": "x", "sweep": )" + sweep + "}"), HasSubstr("extends"));
  EXPECT_THAT(get("/api/v1/sweeps/nosuch", 404)["error"]["message"].get<std::string>(), HasSubstr("nosuch"));
  get("/api/v1/trials/digits/9/9", 404);
  get("/api/v1/runs/" + std::string(64, 'a') + "/result", 404);
  control_.unavailable = 1;
  get("/api/v1/agents", 503);
}

TEST_F(ApiTest, ProbesSayWhetherItIsReady) {
  EXPECT_EQ(ask("GET", "/livez").body, "ok\n");
  EXPECT_EQ(ask("GET", "/readyz").status, 200);
  control_.health = absl::ResourceExhaustedError("the disk of /secret is full");
  EXPECT_EQ(ask("GET", "/livez").status, 200);
  const HttpResponse response = ask("GET", "/readyz");
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body.find("secret"), std::string::npos);
}

TEST_F(ApiTest, FollowsALogToItsEnd) {
  std::function<void(const StatusOr<LogPiece>&)> tell;
  control_.on_log = [&](const std::string& trial, bool follow, const auto& callback) {
    EXPECT_EQ(trial, "digits/2/17");
    EXPECT_TRUE(follow);
    tell = callback;
  };
  const HttpResponse response = ask("GET", "/api/v1/trials/digits/2/17/log");
  ASSERT_TRUE(response.events);
  auto stream = response.events();
  const auto next = [&] {
    io_.restart();
    io_.poll();
    const auto text = stream->next();
    return text ? *text : std::string();
  };
  EXPECT_EQ(next(), "");
  tell(LogPiece{.attempt = 2, .text = "line\n\xff"});
  EXPECT_EQ(next(), "event: log\ndata: {\"attempt\":2,\"text\":\"line\\n\xef\xbf\xbd\"}\n\n");
  for (int i = 0; i < 1000; ++i) tell(LogPiece{.attempt = 2, .text = std::string(1000, 'x')});
  size_t kept = 0;
  while (!next().empty()) ++kept;
  EXPECT_GT(kept, 200u);
  EXPECT_LT(kept, 300u) << "a slow reader loses the oldest";
  EXPECT_FALSE(stream->is_over());
  tell(LogPiece{.attempt = 2, .text = "", .last = true});
  EXPECT_EQ(next(), "event: end\ndata: \n\n");
  EXPECT_TRUE(stream->is_over());
  stream.reset();
  EXPECT_EQ(control_.listeners(), 0u);
}

TEST_F(ApiTest, EventsOfASweepAreForWhoeverNamesIt) {
  const HttpResponse by_name = ask("GET", "/api/v1/sweeps/digits/events"),
                     by_id = ask("GET", "/api/v1/sweeps/aaaa/events");
  ASSERT_TRUE(by_name.events);
  const auto first = by_name.events(), second = by_id.events();
  io_.restart();
  io_.poll();
  const auto text = first->next();
  ASSERT_TRUE(text);
  EXPECT_EQ(second->next(), text) << "one feed";
  EXPECT_THAT(*text, HasSubstr("event: sweep\ndata: " + json_of(control_.known[0]).dump() + "\n"));
  EXPECT_EQ(ask("GET", "/api/v1/sweeps/nosuch/events").status, 404);
}

// Both ways: what is served is described, and what is described is served.
TEST_F(ApiTest, TheDescriptionHasEveryRoute) {
  std::set<std::string> served, described;
  for (const Route& route : front_->router().routes())
    if (route.pattern != "/login" && route.pattern != "/logout") served.insert(route.method + " " + route.pattern);
  const Json document = Json::parse(openapi_text());
  EXPECT_EQ(std::string(openapi_text()), read_file(source_dir() + "/docs/format/openapi.json").value());
  for (const auto& [path, methods] : document["paths"].items())
    for (const auto& [method, operation] : methods.items()) {
      const std::string name = (method == "get" ? "GET " : "POST ") + path;
      described.insert(name);
      for (const Route& route : front_->router().routes()) {
        if (route.method + " " + route.pattern != name) continue;
        EXPECT_EQ(operation["tags"][0], route.right == Right::kNone ? "open" : right_name(route.right)) << name;
      }
    }
  EXPECT_EQ(served, described);
  EXPECT_GT(served.size(), 20u);
}

}  // namespace
}  // namespace evensweep::coordinator
