// The full-screen view: panes, keys and what a terminal is sent, all without a terminal.

#include "cli/top_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/text_width.h"
#include "cli/top_keys.h"

namespace evensweep {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr int64_t kWall = 1'764'000'000'000;

SweepId id(char c) { return SweepId(std::string(64, c)); }

TrialView trial(uint32_t arm, uint64_t seed, TrialState state, const std::string& reason = "") {
  return {.sweep = id('a'),
          .arm = arm,
          .arm_name = arm == 0 ? "baseline" : "focal(gamma=2)",
          .seed = seed,
          .state = state,
          .reason = reason};
}

TopData some_data() {
  TopData data{
      .coordinator = "head:7077", .loaded = true, .shown = id('a'), .queue = "no agent has a free slot", .wall = kWall};
  data.sweeps = {{.id = id('a'),
                  .name = "digits",
                  .submitted_at = kWall - 60'000,
                  .status = {.trials = 10, .trials_finished = 3, .trials_failed = 2, .running = 1}},
                 {.id = id('b'), .name = "satimage", .status = {.trials = 4, .phase = SweepPhase::kPaused}}};
  data.agents = {{.id = AgentId("gpu7"),
                  .host = "gpu7",
                  .connected = true,
                  .devices = {{.device = {.kind = "cuda", .name = "H100", .slots = 2}}},
                  .running = 1}};
  for (uint64_t seed = 0; seed < 5; ++seed)
    data.trials.push_back(trial(0, seed, seed < 3 ? TrialState::kFinished : TrialState::kReady));
  data.trials.push_back(trial(2, 0, TrialState::kRunning));
  data.trials.push_back(trial(2, 1, TrialState::kFailed, "exit code 3"));
  data.trials.push_back(trial(2, 2, TrialState::kFailed, "exit code 3"));
  data.trials.push_back(trial(2, 3, TrialState::kWaitingForBaseline));
  data.trials.push_back(trial(2, 4, TrialState::kWaitingForBaseline));
  return data;
}

std::string picture(const TopData& data, const TopState& state, size_t width, size_t height, bool unicode = true) {
  const Grid grid = render(data, state, {.unicode = unicode}, width, height);
  std::string text;
  for (size_t row = 0; row < height; ++row) text += grid.line(row) + "\n";
  return text;
}

Key letter(char c) { return {.kind = Key::kLetter, .letter = c}; }

// Every row has exactly the width, whatever is in it.
void expect_whole(const Grid& grid) {
  for (size_t row = 0; row < grid.height(); ++row) {
    std::string all;
    for (size_t column = 0; column < grid.width(); ++column) {
      const std::string& glyph = grid.at(row, column).glyph;
      all += glyph;
      for (const unsigned char c : glyph) EXPECT_TRUE(c >= 0x20 && c != 0x7F) << "a control character";
    }
    EXPECT_EQ(columns_of(all), grid.width()) << "row " << row << ": " << all;
  }
}

TEST(TopView, ShowsAllOfIt) {
  const std::string text = picture(some_data(), {}, 80, 24);
  for (const char* part :
       {"head:7077", "1 of 1 agents connected", "digits", "3/10", "satimage", "paused", "0 baseline        ●●●··",
        "2 focal(gamma=2)  ◐××··", "gpu7", "2  failed", "exit code 3", "no agent has a free slot", "q leave"})
    EXPECT_THAT(text, HasSubstr(part));
}

TEST(TopView, LettersInPlaceOfDots) {
  EXPECT_THAT(picture(some_data(), {}, 80, 24, /*unicode=*/false),
              AllOf(HasSubstr("###.."), HasSubstr("%xx.."), Not(HasSubstr("─")), Not(HasSubstr("●"))));
}

TEST(TopView, FitsEverySize) {
  TopData hostile = some_data();
  hostile.sweeps[0].name =
      "\x1b[2J<img src=x>\n\t\xe2\x80\xaereversed 漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字";
  hostile.trials[5].arm_name =
      std::string(3, '\xff') + "漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字 e\xcc\x81\xcc\x81\xcc\x81\xcc\x81";
  hostile.trials[6].reason = "line one\nline two \x1b]0;title\x07";
  hostile.agents[0].host = std::string(500, 'w');
  hostile.agents[0].labels = {{"rack", "\xf0\x9f\x98\x80\xf0\x9f\x98\x80"}};
  for (const auto& [width, height] : std::vector<std::pair<size_t, size_t>>{
           {80, 24}, {200, 50}, {40, 10}, {20, 5}, {79, 23}, {141, 20}, {300, 3}, {7, 7}, {1, 1}})
    for (int pane = 0; pane < 4; ++pane)
      for (const bool page : {false, true}) {
        TopState state{.pane = static_cast<TopPane>(pane), .arm = 99, .seed = 99, .agent = 99, .reason = 99};
        if (page)
          state.page =
              TopPage{.title = hostile.sweeps[0].name, .lines = std::vector<std::string>(100, hostile.sweeps[0].name)};
        expect_whole(render(hostile, state, {}, width, height));
        expect_whole(render(hostile, state, {.unicode = false}, width, height));
      }
  EXPECT_THAT(picture(hostile, {}, 80, 24), AllOf(HasSubstr("[2J<img src=x>  reversed"), Not(HasSubstr("line two"))));
}

TEST(TopView, ShowsOnePartWhereThereIsNoRoomForMore) {
  EXPECT_THAT(picture(some_data(), {}, 40, 10),
              AllOf(HasSubstr("Sweeps"), HasSubstr("digits"), Not(HasSubstr("Agents"))));
  EXPECT_THAT(picture(some_data(), {.pane = TopPane::kAgents}, 40, 10), AllOf(HasSubstr("Agents"), HasSubstr("gpu7")));
}

TEST(TopView, FollowsTheCursorThroughManySeeds) {
  TopData data = some_data();
  data.trials.clear();
  for (uint64_t seed = 0; seed < 500; ++seed)
    data.trials.push_back(trial(0, seed, seed == 499 ? TrialState::kFailed : TrialState::kFinished));
  TopState state{.pane = TopPane::kTrials};
  EXPECT_THAT(picture(data, state, 80, 24),
              AllOf(Not(HasSubstr("××")), HasSubstr("●>"), HasSubstr("arm 0 seed 0 finished")));
  state.seed = 499;
  EXPECT_THAT(picture(data, state, 80, 24), AllOf(HasSubstr("●×"), HasSubstr("<●"), HasSubstr("seed 499 failed")));
}

TEST(TopView, SaysThatTheCoordinatorIsAway) {
  TopData data = some_data();
  data.trouble = "the coordinator at head:7077 is not reached: refused";
  EXPECT_THAT(picture(data, {}, 80, 24), AllOf(HasSubstr("is not reached"), HasSubstr("digits")))
      << "what was known stays";
  EXPECT_THAT(picture({.coordinator = "x"}, {}, 80, 24), HasSubstr("asking the coordinator"));
}

TEST(TopView, GroupsByReason) {
  const std::vector<TopReason> reasons = reasons_of(some_data());
  ASSERT_EQ(reasons.size(), 3u);
  EXPECT_EQ(reasons[0].text, "exit code 3");
  EXPECT_THAT(reasons[0].trials, ElementsAre(6, 7));
  EXPECT_TRUE(reasons[0].failed);
  EXPECT_EQ(reasons[1].text, "no agent has a free slot");
  EXPECT_FALSE(reasons[2].failed);
}

TEST(TopView, PlainLinesForAPipe) {
  EXPECT_THAT(top_text(some_data(), 200),
              AllOf(HasSubstr("1 of 1 agents connected"), HasSubstr("\ndigits "),
                    HasSubstr("failures and queue of digits\n"), HasSubstr("exit code 3"), Not(HasSubstr("\x1b"))));
  EXPECT_THAT(top_text({.loaded = true}, 80), HasSubstr("no sweep yet"));
}

TEST(TopKeys, MoveAndOpen) {
  const TopData data = some_data();
  TopState state;
  EXPECT_EQ(press(state, data, {.kind = Key::kDown}), TopAction{});
  EXPECT_EQ(chosen_sweep(state, data)->name, "satimage");
  press(state, data, {.kind = Key::kDown});
  EXPECT_EQ(chosen_sweep(state, data)->name, "satimage") << "there is no more";
  press(state, data, {.kind = Key::kHome});
  press(state, data, {.kind = Key::kEnter});
  EXPECT_EQ(state.pane, TopPane::kTrials);
  press(state, data, {.kind = Key::kDown});
  press(state, data, {.kind = Key::kRight});
  EXPECT_EQ(chosen_trial(state, data)->reason, "exit code 3");
  EXPECT_EQ(press(state, data, {.kind = Key::kEnter}),
            (TopAction{.kind = TopAction::kDetails, .target = "aaaaaaaaaaaa/2/1"}));
  ASSERT_TRUE(state.page);
  press(state, data, {.kind = Key::kEscape});
  EXPECT_FALSE(state.page);
  press(state, data, {.kind = Key::kTab});
  press(state, data, {.kind = Key::kEnter});
  EXPECT_EQ(state.page->title, "Agent gpu7");
  press(state, data, letter('q'));
  press(state, data, {.kind = Key::kTab});
  press(state, data, {.kind = Key::kEnter});
  EXPECT_THAT(state.page->lines, testing::Contains("aaaaaaaaaaaa/2/1  focal(gamma=2)"));
  EXPECT_EQ(press(state, data, letter('q')), TopAction{}) << "closes the page alone";
  press(state, data, {.kind = Key::kTab});
  EXPECT_EQ(state.pane, TopPane::kSweeps);
  press(state, data, {.kind = Key::kBackTab});
  EXPECT_EQ(state.pane, TopPane::kReasons);
  EXPECT_EQ(press(state, data, letter('q')).kind, TopAction::kQuit);
}

TEST(TopKeys, NothingIsDoneWithoutAYes) {
  const TopData data = some_data();
  TopState state;
  EXPECT_EQ(press(state, data, letter('p')), TopAction{});
  EXPECT_THAT(picture(data, state, 80, 24), HasSubstr("Pause digits?  y: yes"));
  EXPECT_EQ(press(state, data, letter('n')), TopAction{});
  EXPECT_EQ(press(state, data, letter('y')), TopAction{}) << "nothing was asked any more";
  press(state, data, letter('p'));
  EXPECT_EQ(press(state, data, letter('y')), (TopAction{.kind = TopAction::kPause, .target = id('a').str()}));
  press(state, data, letter('r'));
  EXPECT_EQ(press(state, data, letter('y')).kind, TopAction::kRetry);
  press(state, data, {.kind = Key::kDown});
  press(state, data, letter('p'));
  EXPECT_EQ(press(state, data, letter('y')), (TopAction{.kind = TopAction::kResume, .target = id('b').str()}));
  press(state, data, letter('r'));
  EXPECT_EQ(state.notice, "no trial of satimage has failed");
  press(state, data, letter('d'));
  EXPECT_THAT(state.notice, HasSubstr("move to the agents"));
  state.pane = TopPane::kAgents;
  press(state, data, letter('d'));
  EXPECT_EQ(press(state, data, letter('y')), (TopAction{.kind = TopAction::kDrain, .target = "gpu7"}));
}

TEST(TopKeys, NothingThereIsNothingToPress) {
  TopState state;
  for (int pane = 0; pane < 4; ++pane) {
    for (const Key::Kind kind :
         {Key::kUp, Key::kDown, Key::kLeft, Key::kRight, Key::kPageUp, Key::kPageDown, Key::kEnd, Key::kEnter})
      EXPECT_EQ(press(state, {}, {.kind = kind}), TopAction{});
    for (const char c : {'p', 'r', 'c', 'd', 'x'}) EXPECT_EQ(press(state, {}, letter(c)), TopAction{});
    EXPECT_FALSE(state.to_ask);
    state.page.reset();
    press(state, {}, {.kind = Key::kTab});
  }
}

TEST(TopKeys, FromWhatATerminalSends) {
  std::string input = "\x1b[A\x1bOB\x1b[5~jq\t\r\x1b[Z";
  EXPECT_THAT(
      take_keys(input, true),
      ElementsAre(Key{.kind = Key::kUp}, Key{.kind = Key::kDown}, Key{.kind = Key::kPageUp}, Key{.kind = Key::kDown},
                  letter('q'), Key{.kind = Key::kTab}, Key{.kind = Key::kEnter}, Key{.kind = Key::kBackTab}));
  input = "\x1b[";
  EXPECT_THAT(take_keys(input, true), IsEmpty());
  EXPECT_EQ(input, "\x1b[") << "the rest may still come";
  input += "C";
  EXPECT_THAT(take_keys(input, true), ElementsAre(Key{.kind = Key::kRight}));
  input = "\x1b";
  EXPECT_THAT(take_keys(input, false), ElementsAre(Key{.kind = Key::kEscape}));
  input = "\x1b\x1b[D";
  EXPECT_THAT(take_keys(input, true), ElementsAre(Key{.kind = Key::kEscape}, Key{.kind = Key::kLeft}));
  input = "\x1b[200~x\xc3\xa4\x01";
  EXPECT_THAT(take_keys(input, false), ElementsAre(letter('x'))) << "unknown ones are left out";
  EXPECT_EQ(input, "");
  input = "\x1b[" + std::string(1000, '1');
  take_keys(input, true);
  EXPECT_LT(input.size(), 20u) << "what has no end is not kept";
}

TEST(Grid, CutsAndPartsWideCharacters) {
  Grid grid(6, 1);
  EXPECT_EQ(grid.put(0, 0, "漢字漢字"), 5u);
  EXPECT_EQ(grid.line(0), "漢字…");
  grid.put(0, 1, "x");
  EXPECT_EQ(grid.line(0), " x字…") << "half of a character is none";
  grid.clear(0, 3, 1);
  EXPECT_EQ(grid.line(0), " x  …");
  expect_whole(grid);
  EXPECT_EQ(grid.put(3, 0, "outside"), 0u);
  grid.put_right(0, 6, "longer than it");
  EXPECT_EQ(grid.line(0), "longe…");
}

TEST(Grid, TurnsIntoAscii) {
  Grid grid(8, 1);
  grid.put(0, 0, "a漢e\xcc\x81 longer");
  grid.to_ascii();
  EXPECT_EQ(grid.line(0), "a? e lo~");
}

TEST(Grid, SendsWhatHasChanged) {
  Grid before(10, 3), after(10, 3);
  before.put(1, 0, "same");
  after.put(1, 0, "same");
  after.put(2, 0, "new", Tone::kBad);
  EXPECT_EQ(drawing(after, &before, true), "\x1b[3;1H\x1b[0m\x1b[0;1;31mnew\x1b[0m       ");
  EXPECT_EQ(drawing(after, &after, true), "");
  EXPECT_THAT(drawing(after, nullptr, false), AllOf(HasSubstr("\x1b[2J"), HasSubstr("same"), Not(HasSubstr(";31"))));
  const Grid other(11, 3);
  EXPECT_THAT(drawing(after, &other, false), HasSubstr("\x1b[2J")) << "the terminal has another size";
}

}  // namespace
}  // namespace evensweep
