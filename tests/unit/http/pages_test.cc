// The pages of the dashboard as functions: whatever people, files and trainers chose as names stays text, and every
// page says what it is for.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "common/model/json.h"
#include "coordinator/http/pages/assets.h"
#include "coordinator/http/pages/overview.h"
#include "coordinator/http/pages/sweep.h"
#include "tests/scenario/core_examples.h"

namespace evensweep::coordinator {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kHostile = R"x(<img src=x onerror="alert(1)">'&"</script></title><script>alert(2)</script>)x";
constexpr int64_t kNow = 1'800'000'000'000;

Seat seat(Right right = Right::kAdmin) {
  return {.visitor = {.name = kHostile, .right = right}, .can_sign_out = true, .unix_millis = kNow};
}

SweepView sweep_view() {
  return {.id = SweepId(std::string(64, 'a')),
          .name = kHostile,
          .submitted_at = kNow - 60'000,
          .status = {.trials = 6, .trials_finished = 2, .trials_failed = 1, .running = 1, .agents = 1}};
}

TrialView trial_view(TrialState state) {
  return {.sweep = sweep_view().id,
          .arm = 1,
          .arm_name = kHostile,
          .seed = 7,
          .state = state,
          .run = RunKey(std::string(64, 'b')),
          .attempts = 2,
          .progress = 0.25,
          .reason = kHostile};
}

AgentView agent_view() {
  AgentView agent{.id = AgentId(kHostile),
                  .host = kHostile,
                  .version = kHostile,
                  .connected = true,
                  .quarantined = kHostile,
                  .labels = {{kHostile, kHostile}},
                  .last_heard = kNow - 4'000};
  agent.devices.push_back({.device = {.kind = "cuda", .name = kHostile, .memory_bytes = 8ull << 30, .slots = 2},
                           .memory_used = 3ull << 30,
                           .temperature = 61,
                           .utilisation = 0.5});
  return agent;
}

SweepFacts sweep_facts() {
  SweepFacts facts;
  facts.grid = {.sweep = sweep_view(),
                .arms = {"baseline", kHostile},
                .seeds = 3,
                .window = {7, 8, 9},
                .states = {TrialState::kFinished, TrialState::kFinished, TrialState::kRunning, TrialState::kFailed,
                           TrialState::kReady, TrialState::kWaitingForBaseline}};
  facts.figures = {.arms = {{.finished = 2, .pairs = 2, .mean = 0.0005, .sd = 0.0001},
                            {.failed = 1, .pairs = 1, .mean = 0.0001, .sd = std::nullopt}},
                   .seconds = 120,
                   .latest_seconds = {10, 20, 30, 40}};
  facts.slots = 2;
  return facts;
}

TrialFacts trial_facts() {
  const RunResult result = parse_run_result(result_text()).value();
  return {.sweep = sweep_view(),
          .trial = trial_view(TrialState::kRunning),
          .attempts = {{.number = 1,
                        .agent = AgentId(kHostile),
                        .host = kHostile,
                        .device = kHostile,
                        .granted_at = kNow - 50'000,
                        .ended_at = kNow - 40'000,
                        .failure = Failure{.message = kHostile, .stderr_tail = kHostile},
                        .log = std::nullopt}},
          .lines = {kHostile},
          .classes = {kHostile, kHostile},
          .result = result,
          .baseline = result};
}

// Every page, filled with hostile names.
std::vector<std::pair<std::string, std::string>> pages() {
  const std::vector<AgentView> agents = {agent_view()};
  const std::vector<std::string> arms = {"baseline", kHostile};
  return {
      {"overview",
       overview_page({.sweeps = {{sweep_view(), sweep_facts().figures}}, .more = true, .agents = agents}, seat())},
      {"agents", agents_page({.agents = agents,
                              .leases = {{.agent = AgentId(kHostile), .trial = trial_view(TrialState::kRunning)}}},
                             seat())},
      {"queue",
       queue_page({{.sweep = sweep_view(), .ready = 2, .next = {trial_view(TrialState::kReady)}, .lines = {kHostile}}},
                  seat())},
      {"audit",
       audit_page(
           {{.number = 1, .at = kNow, .who = kHostile, .what = kHostile, .subject = kHostile, .outcome = kHostile}},
           seat())},
      {"login", login_page("/" + kHostile, true, seat())},
      {"confirm", confirm_page(kHostile, kHostile, kHostile, kHostile, kHostile, seat())},
      {"error", error_page(404, kHostile, kHostile)},
      {"sweep", sweep_page(sweep_facts(), seat())},
      {"failures", failures_page({.sweep = sweep_view(),
                                  .arms = arms,
                                  .seeds = {7},
                                  .groups = {{.message = kHostile, .trials = 1, .agents = {kHostile}, .arm = 1}}},
                                 seat())},
      {"timeline",
       timeline_page({.sweep = sweep_view(),
                      .arms = arms,
                      .seeds = {7},
                      .attempts = {{.agent = kHostile, .granted_at = kNow - 9000, .ended_at = kNow, .arm = 1}}},
                     seat())},
      {"trials", trials_page({.sweep = sweep_view(),
                              .page = {.trials = {trial_view(TrialState::kFailed)}, .next = 200},
                              .state = TrialState::kFailed},
                             seat())},
      {"trial", trial_page(trial_facts(), seat())},
      {"live sweep", live_event(sweep_title(sweep_facts()), sweep_parts(sweep_facts(), seat()))},
      {"live trial", live_event(trial_title(trial_facts()), trial_parts(trial_facts(), seat()))}};
}

TEST(Pages, KeepHostileNamesText) {
  for (const auto& [name, page] : pages()) {
    EXPECT_THAT(page, Not(HasSubstr("<img"))) << name;
    EXPECT_THAT(page, Not(HasSubstr("<script>"))) << name;
    EXPECT_THAT(page, HasSubstr("&lt;img")) << name << " shows the name";
    // No quote of a name ends an attribute: what follows one would be an attribute.
    const std::string bare = std::regex_replace(page, std::regex("\"[^\"]*\""), "\"\"");
    EXPECT_FALSE(std::regex_search(bare, std::regex("<[^>]*\\sonerror"))) << name;
  }
}

// What the policy of all answers forbids, so that nobody finds out in a browser.
TEST(Pages, HaveNoInlineScriptAndNoInlineStyle) {
  for (const auto& [name, page] : pages()) {
    EXPECT_THAT(page, Not(HasSubstr(" style="))) << name;
    EXPECT_THAT(page, Not(HasSubstr("<style"))) << name;
    EXPECT_FALSE(std::regex_search(page, std::regex("(src|href|action|data-[a-z]+)=\"(http|//)")))
        << name << " fetches nothing from outside";
  }
}

TEST(Pages, CloseWhatTheyOpen) {
  for (const auto& [name, page] : pages()) {
    for (const std::string tag : {"table", "section", "div", "ul", "form", "tr", "td", "dl", "details", "svg", "p"}) {
      const auto count = [&](const std::string& pattern) {
        const std::regex regex(pattern);
        return std::distance(std::sregex_iterator(page.begin(), page.end(), regex), std::sregex_iterator());
      };
      EXPECT_EQ(count("<" + tag + "[ >]"), count("</" + tag + ">")) << name << ": " << tag;
    }
  }
}

TEST(Pages, ShowEachTrialOfTheGridByItsState) {
  const std::string grid = completeness_grid(sweep_facts().grid);
  EXPECT_THAT(
      grid,
      HasSubstr(R"(class="mark failed" tabindex="-1" href="/trials/aaaaaaaaaaaa/1/7" aria-label="seed 7: failed")"));
  EXPECT_THAT(grid, HasSubstr(R"(class="mark finished" tabindex="0")")) << "the first one is the stop of the Tab key";
  EXPECT_THAT(grid, HasSubstr("seed 9: waits for another run"));
}

TEST(Pages, CallInterimFiguresSo) {
  const std::string parts = sweep_parts(sweep_facts(), seat());
  EXPECT_THAT(parts, HasSubstr("Interim figures, without tests"));
  EXPECT_THAT(parts, HasSubstr("5.00 ± 0.71")) << "pp², mean and standard error of the baseline";
  EXPECT_THAT(parts, HasSubstr("+1.00")) << "one pair alone has no error";
  SweepFacts over = sweep_facts();
  over.grid.sweep.status.over = true;
  EXPECT_THAT(sweep_parts(over, seat()), Not(HasSubstr("Interim")));
}

TEST(Pages, OfferOnlyWhatTheVisitorMayDo) {
  EXPECT_THAT(sweep_page(sweep_facts(), seat(Right::kRead)), Not(HasSubstr("/retry")));
  EXPECT_THAT(sweep_page(sweep_facts(), seat(Right::kSubmit)), HasSubstr("/retry"));
  const AgentsFacts agents{.agents = {agent_view()}, .leases = {}};
  EXPECT_THAT(agents_page(agents, seat(Right::kSubmit)), Not(HasSubstr("/release")));
  EXPECT_THAT(agents_page(agents, seat(Right::kAdmin)), HasSubstr("/release"));
}

TEST(Pages, TellHowFarASweepIsInTheTitle) {
  EXPECT_THAT(sweep_title(sweep_facts()), testing::StartsWith("50 %"));
  EXPECT_THAT(sweep_page(sweep_facts(), seat()), HasSubstr("<title>50 %"));
}

TEST(TimeLeft, IsARangeOfTheLatestRuns) {
  SweepStatus status{.trials = 100, .trials_finished = 50, .trials_failed = 10};
  const auto left = time_left(status, {10, 20, 30, 40, 50}, 4);
  ASSERT_TRUE(left);
  EXPECT_DOUBLE_EQ(left->first, 20 * 40 / 4.0);
  EXPECT_DOUBLE_EQ(left->second, 40 * 40 / 4.0);
  EXPECT_FALSE(time_left(status, {10, 20, 30}, 4)) << "three runs tell nothing";
  EXPECT_FALSE(time_left(status, {10, 20, 30, 40}, 0)) << "nothing trains";
  status.trials_finished = 89;
  EXPECT_DOUBLE_EQ(time_left(status, {10, 10, 10, 10}, 8)->first, 10) << "never less than one run";
  status.phase = SweepPhase::kPaused;
  EXPECT_FALSE(time_left(status, {10, 20, 30, 40}, 4));
}

TEST(Frame, WritesTimesForPeople) {
  EXPECT_EQ(age_text(4'000), "4 s ago");
  EXPECT_EQ(age_text(-120'000), "in 2 min");
  EXPECT_EQ(age_text(7'200'000), "2 h ago");
  EXPECT_EQ(duration_text(0.2), "under a second");
  EXPECT_EQ(duration_text(3600 * 2 + 300), "2 h 5 min");
  EXPECT_EQ(percent_text(999, 1000), "99 %") << "100 % is for what is done";
  EXPECT_EQ(percent_text(1000, 1000), "100 %");
}

TEST(Assets, AreTheReportsStyleAndTheDashboards) {
  ASSERT_EQ(assets().size(), 2);
  EXPECT_THAT(assets()[0].content, HasSubstr("--gain"));
  EXPECT_THAT(assets()[0].content, HasSubstr(".dots"));
  EXPECT_THAT(assets()[1].content, HasSubstr("DOMParser"));
}

}  // namespace
}  // namespace evensweep::coordinator
