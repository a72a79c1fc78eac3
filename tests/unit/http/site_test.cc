// The dashboard's paths over a coordinator that is a fake and a store that is real, by the front alone: no sockets.

#include "coordinator/http/pages/site.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <thread>

#include "coordinator/http/pages/figures.h"
#include "coordinator/http/pages/overview.h"
#include "coordinator/http/pages/sweep.h"
#include "coordinator/store/sqlite_store.h"
#include "tests/support/fake_control.h"
#include "tests/unit/coordinator/store_example.h"
#include "tests/unit/coordinator/temporary_state.h"
#include "tests/unit/http/fake_door.h"

namespace evensweep::coordinator {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

class SiteTest : public testing::Test {
 protected:
  explicit SiteTest(bool open = true) : door_(open), store_(SqliteStore::open(state_.path()).value()) {
    EXPECT_TRUE(store_->commit(example_.records(), 1000).ok());
    const std::vector<Record> audited = {
        Audited{.who = "token alice", .what = "pause", .subject = example_.id.str(), .outcome = "done"}};
    EXPECT_TRUE(store_->commit(audited, 2000).ok());
    desk_ = Desk::open(state_.path()).value();
    control_.known = {{.id = example_.id,
                       .name = "stored",
                       .submitted_at = 1000,
                       .status = {.trials = 6, .trials_finished = 1, .trials_failed = 2, .running = 1}}};
    control_.stored[example_.id].results.sweep = example_.sweep;
    control_.all_trials = {{.sweep = example_.id,
                            .arm = 0,
                            .arm_name = "baseline",
                            .seed = 3,
                            .state = TrialState::kFinished,
                            .run = example_.key(0)}};
    control_.lines = {"no agent has a free slot"};
    control_.grid_of = {
        .arms = {"baseline", "a", "b"}, .seeds = 2, .window = {3, 4}, .states = std::vector(6, TrialState::kReady)};
    control_.all_agents = {{.id = AgentId("gpu7"), .host = "gpu7", .connected = true}};
    control_.queued = {{.sweep = control_.known[0], .ready = 4, .next = {}, .lines = {"one agent is busy"}}};
    Router router;
    add_pages(router, {.control = control_, .feeds = feeds_, .mailbox = mailbox_, .clock = clock_}, desk_);
    front_ = std::make_unique<Front>(
        std::move(router), door_, clock_, [] { return std::string(64, 'd'); }, FrontOptions{.error_page = error_page});
  }
  ~SiteTest() override {
    mailbox_->close();
    desk_.reset();
  }

  // Waits for the desk, which is a thread of its own.
  HttpResponse ask(const std::string& method, const std::string& target, const std::string& token = "") {
    RawRequest raw{.method = method, .target = target};
    raw.from.host = "localhost";
    raw.from.origin = "http://localhost";
    raw.accept = "text/html";
    raw.content_type = "application/x-www-form-urlencoded";
    if (!token.empty()) raw.from.authorization = "Bearer " + token;
    std::promise<HttpResponse> answer;
    front_->serve(std::move(raw), [&](HttpResponse response) { answer.set_value(std::move(response)); });
    std::future<HttpResponse> coming = answer.get_future();
    while (coming.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
      io_.restart();
      io_.poll();
      std::this_thread::yield();
    }
    return coming.get();
  }
  std::string page(const std::string& target) {
    const HttpResponse response = ask("GET", target);
    EXPECT_EQ(response.status, 200) << target << response.body;
    EXPECT_EQ(response.type, "text/html; charset=utf-8");
    return response.body;
  }
  std::string sweep() const { return "/sweeps/" + example_.id.str(); }
  static std::string location(const HttpResponse& response) {
    for (const auto& [name, value] : response.headers)
      if (name == "Location") return value;
    return "";
  }

  TemporaryState state_;
  StoreExample example_;
  boost::asio::io_context io_;
  std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>(io_);
  FakeControl control_;
  FakeClock clock_;
  FakeDoor door_;
  Feeds feeds_{io_, mailbox_, control_, "p"};
  std::unique_ptr<SqliteStore> store_;
  std::shared_ptr<Desk> desk_;
  std::unique_ptr<Front> front_;
};
// As slow as work is that takes 10 ms each time.
class SlowClock final : public Clock {
 public:
  TimePoint now() const override { return now_ = now_ + Duration(10); }
  int64_t unix_millis() const override { return 0; }
  mutable TimePoint now_{};
};

class ClosedSiteTest : public SiteTest {
 protected:
  ClosedSiteTest() : SiteTest(false) {}
};

TEST_F(SiteTest, AnswersEachPathWithItsPage) {
  EXPECT_THAT(page("/"), HasSubstr("Sweeps under way"));
  EXPECT_THAT(page("/queue"), HasSubstr("one agent is busy"));
  EXPECT_THAT(page("/agents"), HasSubstr("gpu7"));
  EXPECT_THAT(page("/audit"), HasSubstr("token alice"));
  EXPECT_THAT(page(sweep()), HasSubstr("Completeness"));
  EXPECT_THAT(page(sweep() + "/failures"), HasSubstr("exit code 1"));
  EXPECT_THAT(page(sweep() + "/timeline"), HasSubstr("The latest 4 attempts"));
  EXPECT_THAT(page(sweep() + "/trials"), HasSubstr("baseline"));
  EXPECT_THAT(page("/trials/stored/0/3"), HasSubstr("True positive rates"));
  EXPECT_THAT(page("/login"), HasSubstr("type=\"password\""));
  EXPECT_EQ(ask("GET", "/assets/dashboard.css").type, "text/css; charset=utf-8");
  EXPECT_EQ(ask("GET", "/assets/dashboard.js").type, "text/javascript; charset=utf-8");
}

TEST_F(SiteTest, AsksForAWindowOfTheGrid) {
  page(sweep() + "?from=200");
  ASSERT_THAT(control_.grid_queries, SizeIs(1));
  EXPECT_EQ(control_.grid_queries[0].first, 200);
  EXPECT_EQ(control_.grid_queries[0].seeds, kMostColumns);
  EXPECT_EQ(ask("GET", sweep() + "?from=x").status, 400);
}

TEST_F(SiteTest, ListsTrialsOfAState) {
  EXPECT_THAT(page(sweep() + "/trials?state=failed"), HasSubstr("There are none."));
  EXPECT_THAT(control_.trial_queries.back().states, testing::ElementsAre(TrialState::kFailed));
  EXPECT_EQ(ask("GET", sweep() + "/trials?state=lost").status, 400);
}

TEST_F(SiteTest, SaysOnAPageWhatIsNotThere) {
  const HttpResponse missing = ask("GET", "/sweeps/nothing");
  EXPECT_EQ(missing.status, 404);
  EXPECT_THAT(missing.body, HasSubstr("<h1>Not found</h1>"));
  EXPECT_EQ(ask("GET", "/trials/stored/9/9").status, 404);
}

TEST_F(SiteTest, ActsByPostAndGoesBack) {
  const HttpResponse paused = ask("POST", sweep() + "/pause");
  EXPECT_EQ(paused.status, 303);
  EXPECT_EQ(location(paused), sweep());
  ASSERT_THAT(control_.controls, SizeIs(1));
  EXPECT_EQ(control_.controls[0].action, SweepAction::kPause);
  EXPECT_EQ(control_.controls[0].who, "this machine");
  EXPECT_EQ(location(ask("POST", "/agents/gpu7/drain")), "/agents");
  ASSERT_THAT(control_.agent_controls, SizeIs(1));
  EXPECT_EQ(control_.agent_controls[0].action, AgentAction::kDrain);
}

TEST_F(SiteTest, AsksBeforeItStopsOrCancels) {
  EXPECT_THAT(page(sweep() + "/cancel"), HasSubstr("Cancel stored?"));
  EXPECT_THAT(page(sweep() + "/stop"), HasSubstr("Stop stored?"));
  EXPECT_THAT(control_.controls, IsEmpty()) << "looking does nothing";
  EXPECT_EQ(ask("GET", sweep() + "/pause").status, 405);
}

TEST_F(SiteTest, TellsWhatIsNewAsTheSameParts) {
  const HttpResponse response = ask("GET", sweep() + "/live");
  ASSERT_TRUE(response.events);
  const std::shared_ptr<EventStream> stream = response.events();
  std::shared_ptr<const std::string> text;
  while (!(text = stream->next())) {
    io_.restart();
    io_.poll();
    std::this_thread::yield();
  }
  EXPECT_THAT(*text, HasSubstr("event: page\ndata: <title>50 % stored"));
  EXPECT_THAT(*text, HasSubstr("data-live=\"grid\""));
  EXPECT_THAT(*text, Not(HasSubstr(" ago<"))) << "ages would make every state a new one";
}

TEST_F(SiteTest, SumsUpNoMoreOftenThanIsWorthIt) {
  SlowClock clock;
  FiguresMemory memory(clock);
  const std::unique_ptr<StoreReader> reader = StoreReader::open(state_.path()).value();
  SweepView view = control_.known[0];
  const auto finished = [&] { return memory.of(*reader, view).value().arms[0].finished; };
  EXPECT_EQ(finished(), 1);
  const std::vector<Record> second = {
      RunFinished{.run = StoreExample::kSecond, .result_json = result_text(), .spread = 0.1, .seconds = 1}};
  ASSERT_TRUE(store_->commit(second, 3000).ok());
  view.status.trials_finished = 2;
  EXPECT_EQ(finished(), 1) << "it has just been summed up";
  clock.now_ = clock.now_ + Duration(300);
  EXPECT_EQ(finished(), 2) << "some time has passed";
  const std::vector<Record> third = {RunReopened{.run = StoreExample::kFocal}};
  ASSERT_TRUE(store_->commit(third, 4000).ok());
  view.status = {.trials = 6, .trials_finished = 2, .over = true};
  EXPECT_EQ(memory.of(*reader, view).value().arms[2].failed, 0) << "what is over is exact";
}

TEST_F(ClosedSiteTest, ShowsNothingWithoutAToken) {
  EXPECT_EQ(location(ask("GET", "/")), "/login?to=%2F");
  EXPECT_EQ(ask("GET", "/login").status, 200);
  EXPECT_EQ(ask("GET", "/", "read").status, 200);
  EXPECT_EQ(ask("POST", sweep() + "/pause", "read").status, 403);
  EXPECT_EQ(ask("POST", "/agents/gpu7/drain", "submit").status, 403);
  EXPECT_THAT(control_.controls, IsEmpty());
  EXPECT_THAT(ask("GET", sweep(), "read").body, Not(HasSubstr("Pause")));
  EXPECT_EQ(ask("POST", sweep() + "/pause", "submit").status, 303);
  EXPECT_EQ(control_.controls.back().who, "token submit");
}

}  // namespace
}  // namespace evensweep::coordinator
