// The verbs as people type them, against a coordinator that is a fake behind real gRPC.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <CLI/CLI.hpp>

#include <functional>
#include <set>

#include "cli/agents.h"
#include "cli/control.h"
#include "cli/exit_code.h"
#include "cli/extend.h"
#include "cli/logs.h"
#include "cli/look.h"
#include "cli/submit.h"
#include "common/model/json.h"
#include "sweeps/spec/load.h"
#include "tests/support/fake_control.h"
#include "tests/unit/model/examples.h"

namespace evensweep {
namespace {

using coordinator::AgentAction;
using coordinator::FakeControl;
using coordinator::SweepAction;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class VerbsTest : public testing::Test {
 protected:
  VerbsTest() {
    control_.known = {view('a', "digits", {.trials = 80, .trials_finished = 33, .trials_failed = 2}),
                      view('b', "satimage", {.trials = 10, .running = 1, .phase = SweepPhase::kPaused}),
                      view('c', "old", {.trials = 4, .trials_finished = 4, .over = true, .phase = SweepPhase::kOver})};
    control_.all_trials = {
        {.sweep = id('a'), .arm = 0, .arm_name = "baseline", .seed = 3, .state = TrialState::kRunning, .progress = 0.4},
        {.sweep = id('a'),
         .arm = 2,
         .arm_name = "focal(gamma=2)",
         .seed = 17,
         .state = TrialState::kFailed,
         .attempts = 2,
         .reason = "trainer_error: exit code 3"}};
    control_.all_attempts = {
        {.number = 1,
         .agent = AgentId("gpu7-1a2b"),
         .host = "gpu7",
         .device = "cuda:1",
         .granted_at = 1,
         .ended_at = 61'001,
         .failure = Failure{
             .failure = FailureClass::kTrainerError, .message = "exit code 3", .stderr_tail = "Traceback\nboom\n"}}};
    control_.all_agents = {{.id = AgentId("gpu7-1a2b"), .host = "gpu7", .connected = true, .running = 2}};
    control_.lines = {"no agent has a free slot"};
  }
  static SweepId id(char c) { return SweepId(std::string(64, c)); }
  static SweepView view(char c, const std::string& name, const SweepStatus& status) {
    return {.id = id(c), .name = name, .submitted_at = c, .status = status};
  }

  // The exit code; what was printed is in out_ and err_.
  int type(std::vector<std::string> words) {
    CLI::App app("test");
    int code = kOk;
    add_submit(app, code);
    add_look(app, code);
    add_logs(app, code);
    add_control(app, code);
    add_extend(app, code);
    add_agents(app, code);
    words.insert(words.begin() + 1, {"--coordinator", served_.address()});
    std::ranges::reverse(words);
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    try {
      app.parse(words);
    } catch (const CLI::ParseError& error) {
      code = kUsage;
    }
    out_ = testing::internal::GetCapturedStdout();
    err_ = testing::internal::GetCapturedStderr();
    return code;
  }
  Json json() const { return Json::parse(out_, nullptr, false); }

  FakeControl control_;
  coordinator::ServedControl served_{control_};
  std::string out_, err_;
};

TEST_F(VerbsTest, ListSweeps) {
  EXPECT_EQ(type({"ls"}), kOk);
  EXPECT_THAT(out_, AllOf(HasSubstr("digits"), HasSubstr("33/80"), HasSubstr("paused"), Not(HasSubstr("old"))));
  EXPECT_LT(out_.find("satimage"), out_.find("digits")) << "the newest first";
  EXPECT_EQ(type({"ls", "--all", "-o", "quiet"}), kOk);
  EXPECT_EQ(out_, id('c').str() + "\n" + id('b').str() + "\n" + id('a').str() + "\n");
  EXPECT_EQ(type({"ls", "-o", "json"}), kOk);
  EXPECT_EQ(json()["kind"], "sweeps");
  EXPECT_EQ(json()["sweeps"][1]["trials"]["all"], 80);
  control_.known.clear();
  EXPECT_EQ(type({"ls"}), kOk);
  EXPECT_THAT(err_, HasSubstr("those that are over: evensweep ls --all --coordinator 127.0.0.1:"));
}

TEST_F(VerbsTest, ListTrials) {
  EXPECT_EQ(type({"ls", "digits"}), kOk);
  EXPECT_THAT(out_, AllOf(HasSubstr("aaaaaaaaaaaa/0/3"), HasSubstr("40%"), HasSubstr("exit code 3")));
  EXPECT_EQ(type({"ls", "digits", "--state", "failed", "-o", "quiet"}), kOk);
  EXPECT_EQ(out_, "aaaaaaaaaaaa/2/17\n");
  EXPECT_EQ(type({"ls", "digits", "--state", "exploded"}), kUsage);
  EXPECT_EQ(err_, "evensweep: there is no state \"exploded\" of trials; evensweep ls --help lists them\n");
  EXPECT_EQ(type({"ls", "--state", "failed"}), kUsage);
}

TEST_F(VerbsTest, TrialsComeInPages) {
  control_.all_trials.assign(2500, {.sweep = id('a'), .state = TrialState::kReady});
  EXPECT_EQ(type({"ls", "digits", "-o", "json"}), kOk);
  EXPECT_EQ(json()["trials"].size(), 2500);
  EXPECT_EQ(control_.trial_queries.size(), 3);
}

TEST_F(VerbsTest, StatusOfASweepAndOfAll) {
  EXPECT_EQ(type({"status", "aaaa"}), kOk);
  EXPECT_THAT(out_, AllOf(HasSubstr("33/80 trials, 2 failed"), HasSubstr("running\n"), HasSubstr("failed\n")));
  EXPECT_THAT(err_, HasSubstr("why they failed: evensweep logs aaaaaaaaaaaa --coordinator"));
  EXPECT_EQ(type({"status", "digits", "-o", "json"}), kOk);
  EXPECT_EQ(json()["failed"][0]["reference"], "aaaaaaaaaaaa/2/17");
  EXPECT_THAT(err_, IsEmpty());
  EXPECT_EQ(type({"status", "satimage", "-o", "quiet"}), kOk);
  EXPECT_EQ(out_, "paused\n");
  EXPECT_EQ(type({"status"}), kOk);
  EXPECT_THAT(out_, AllOf(HasSubstr("1 of 1 agents connected"), HasSubstr("satimage")));
  EXPECT_EQ(type({"status", "digits", "--watch", "-o", "json"}), kUsage);
}

TEST_F(VerbsTest, WatchEndsWithTheSweep) {
  EXPECT_EQ(type({"status", "old", "--watch"}), kOk);
  EXPECT_THAT(out_, HasSubstr("4/4 trials"));
  control_.known[2].status.trials_finished = 3;
  EXPECT_EQ(type({"status", "old", "--watch"}), kIncomplete);
}

TEST_F(VerbsTest, SaysWhichSweepWasMeant) {
  EXPECT_EQ(type({"status", "digts"}), kUsage);
  EXPECT_EQ(err_, "evensweep: there is no sweep \"digts\"; did you mean \"digits\"?\n");
  EXPECT_THAT(out_, IsEmpty());
}

TEST_F(VerbsTest, ControlSweeps) {
  EXPECT_EQ(type({"pause", "digits", "bbbb"}), kOk);
  EXPECT_EQ(out_, "digits (aaaaaaaaaaaa) is paused\nsatimage (bbbbbbbbbbbb) is paused\n");
  EXPECT_EQ(type({"resume", "digits"}), kOk);
  EXPECT_EQ(type({"stop", "digits"}), kOk);
  EXPECT_THAT(out_, HasSubstr("is stopping; 0 runs train to their end"));
  EXPECT_EQ(type({"cancel", "digits", "-o", "json"}), kOk);
  EXPECT_EQ(json()["sweeps"][0]["phase"], "cancelled");
  EXPECT_EQ(json()["sweeps"][0]["changed"], 1);
  EXPECT_EQ(type({"retry", "digits"}), kUsage);
  EXPECT_THAT(err_, HasSubstr("--failed"));
  EXPECT_EQ(type({"retry", "digits", "--failed"}), kOk);
  EXPECT_THAT(out_, HasSubstr("2 trials are tried again"));
  EXPECT_EQ(type({"retry", "digits", "--failed"}), kOk);
  EXPECT_THAT(out_, HasSubstr("nothing to try again"));
  std::set<std::string> requests;
  for (const auto& control : control_.controls) requests.insert(control.request);
  EXPECT_EQ(requests.size(), control_.controls.size()) << "each is a request of its own";
}

TEST_F(VerbsTest, TellWhatWasDoneBeforeSomethingWentWrong) {
  EXPECT_EQ(type({"pause", "digits", "nosuch", "bbbb"}), kUsage);
  EXPECT_EQ(out_, "digits (aaaaaaaaaaaa) is paused\n");
  EXPECT_THAT(err_, HasSubstr("there is no sweep \"nosuch\""));
  EXPECT_EQ(control_.controls.size(), 2);
}

TEST_F(VerbsTest, TryAgainWithTheSameRequest) {
  control_.unavailable = 3;
  EXPECT_EQ(type({"pause", "digits"}), kOk);
  ASSERT_EQ(control_.controls.size(), 4);
  for (const auto& control : control_.controls) EXPECT_EQ(control.request, control_.controls[0].request);
}

TEST_F(VerbsTest, GiveUpOnACoordinatorThatIsNotThere) {
  served_.stop();
  EXPECT_EQ(type({"ls", "--patience", "0"}), kUnreachable);
  EXPECT_THAT(err_, AllOf(HasSubstr("the coordinator at 127.0.0.1:"), HasSubstr("is not reached")));
}

TEST_F(VerbsTest, WaitForTheEnd) {
  control_.on_watch = [](const auto& tell) {
    tell(SweepStatus{.trials = 4, .trials_finished = 4, .over = true, .phase = SweepPhase::kOver});
  };
  EXPECT_EQ(type({"wait", "old"}), kOk);
  EXPECT_THAT(out_, HasSubstr("4/4 trials"));
  control_.known[2].status.trials_finished = 3;
  EXPECT_EQ(type({"wait", "old"}), kIncomplete);
  EXPECT_THAT(err_, HasSubstr("1 of 4 trials have no result"));
  EXPECT_EQ(type({"wait", "old", "-o", "quiet"}), kIncomplete);
  EXPECT_THAT(out_ + err_, IsEmpty());
}

TEST_F(VerbsTest, WaitThroughARestart) {
  int watches = 0;
  control_.on_watch = [&](const auto& tell) {
    if (++watches < 3) return tell(absl::UnavailableError("going away"));
    tell(SweepStatus{.trials = 4, .trials_finished = 4, .over = true});
  };
  EXPECT_EQ(type({"wait", "old", "-o", "quiet"}), kOk);
  EXPECT_EQ(watches, 3);
  control_.on_watch = [](const auto& tell) { tell(absl::NotFoundError("it was never here")); };
  EXPECT_EQ(type({"wait", "old"}), kUsage);
}

TEST_F(VerbsTest, Logs) {
  EXPECT_EQ(type({"logs", "digits/2/17"}), kOk);
  EXPECT_THAT(out_, AllOf(HasSubstr("== aaaaaaaaaaaa/2/17 focal(gamma=2): failed\n"),
                          HasSubstr("-- attempt 1 on gpu7-1a2b (gpu7, cuda:1), 1 min: trainer_error: exit code 3\n"),
                          HasSubstr("\nTraceback\nboom\n")));
  EXPECT_EQ(type({"logs", "digits/2/17", "-o", "quiet"}), kOk);
  EXPECT_EQ(out_, "Traceback\nboom\n");
  EXPECT_EQ(type({"logs", "digits", "-o", "json"}), kOk);
  EXPECT_EQ(json()["trials"].size(), 2);
  EXPECT_EQ(json()["trials"][0]["attempts"][0]["text"], "Traceback\nboom\n");
  EXPECT_EQ(type({"logs", "digits", "-f", "-o", "json"}), kUsage);
  EXPECT_THAT(err_, HasSubstr("-f has no end"));
}

TEST_F(VerbsTest, LogsOfWhatRunsAreFollowedToItsEnd) {
  control_.all_attempts.push_back({.number = 2, .agent = AgentId("gpu8"), .granted_at = 1});
  control_.on_log = [&](const std::string&, bool follow, const auto& tell) {
    tell(coordinator::LogPiece{.attempt = 2, .text = "epoch 1\x1b[31m\n"});
    if (!follow) return tell(coordinator::LogPiece{.attempt = 2, .last = true});
    control_.all_attempts[1].ended_at = 2;
    control_.all_trials[0].state = TrialState::kFinished;
    tell(coordinator::LogPiece{.attempt = 2, .text = "epoch 2\n", .last = true});
  };
  EXPECT_EQ(type({"logs", "digits/0/3"}), kOk);
  EXPECT_THAT(out_, AllOf(HasSubstr("boom\n"), HasSubstr("attempt 2 on gpu8"), HasSubstr("epoch 1 [31m\n")));
  EXPECT_EQ(type({"logs", "-f", "digits/0/3"}), kOk);
  EXPECT_THAT(out_, AllOf(HasSubstr("boom\n"), HasSubstr("epoch 1"), HasSubstr("epoch 2\n")));
  EXPECT_THAT(err_, HasSubstr("aaaaaaaaaaaa/0/3 is finished"));
}

TEST_F(VerbsTest, LogsOfASweepComeBehindTheirTrials) {
  control_.on_log = [&](const std::string& trial, bool, const auto& tell) {
    EXPECT_EQ(trial, "aaaaaaaaaaaa/0/3");
    control_.known[0].status.over = true;
    tell(coordinator::LogPiece{.attempt = 1, .text = "epoch 1\nepoch 2\n", .last = true});
  };
  EXPECT_EQ(type({"logs", "-f", "digits"}), kOk);
  EXPECT_EQ(out_, "[0/3] epoch 1\n[0/3] epoch 2\n");
}

TEST_F(VerbsTest, ExplainATrial) {
  EXPECT_EQ(type({"explain", "digits/0/3"}), kOk);
  EXPECT_EQ(out_, "aaaaaaaaaaaa/0/3 baseline: running\n  no agent has a free slot\n");
  EXPECT_EQ(type({"explain", "digits/0/3", "-o", "json"}), kOk);
  EXPECT_EQ(json()["lines"][0], "no agent has a free slot");
  EXPECT_EQ(type({"explain", "digits"}), kUsage);
}

TEST_F(VerbsTest, Agents) {
  EXPECT_EQ(type({"agents"}), kOk);
  EXPECT_THAT(out_, HasSubstr("gpu7-1a2b"));
  EXPECT_EQ(type({"drain", "gpu7"}), kOk);
  EXPECT_THAT(out_, HasSubstr("draining"));
  EXPECT_THAT(err_, HasSubstr("finishes those that it trains: 2"));
  EXPECT_EQ(type({"drain", "gpu7", "--undo", "-o", "json"}), kOk);
  EXPECT_EQ(json()["agent"]["draining"], false);
  EXPECT_EQ(control_.agent_controls.back().action, AgentAction::kRelease);
  EXPECT_EQ(type({"drain", "gpx7-1a2b"}), kUsage);
  EXPECT_THAT(err_, HasSubstr("did you mean \"gpu7-1a2b\"?"));
}

TEST_F(VerbsTest, ExtendMakesANewSweepOfTheStoredFile) {
  constexpr const char* kFile = R"(version: 1
name: digits
dataset: {format: csv, path: data/digits.csv, split: {train: 0.6, validation: 0.2, test: 0.2}}
model: {name: mlp, hidden: [16]}
training: {epochs: 3, batch_size: 64, lr: 0.05, threads: 1}
seeds: 2
methods:
  - {method: tpr_weighting, gamma: [0.5, 1]}
)";
  Sweep sweep = parse_sweep_file(kFile, "digits.yaml").draft->sweep;
  sweep.dataset.train_files.at(0).sha256 = std::string(64, 'a');
  sweep.classes = {.names = {"0", "1"}, .train = {6, 6}, .validation = {2, 2}, .test = {2, 2}};
  const SweepId known = sweep_id(sweep);
  control_.known = {{.id = known, .name = "digits"}};
  control_.stored[known] = {.results = {.id = known, .sweep = sweep}, .file = {.text = kFile, .overrides = {}}};

  EXPECT_EQ(type({"extend", "digits", "seeds=5", "-o", "quiet"}), kOk) << err_;
  ASSERT_EQ(control_.submissions.size(), 1);
  EXPECT_EQ(control_.submissions[0].extends, known);
  EXPECT_EQ(control_.submissions[0].sweep.seeds.size(), 5);
  EXPECT_EQ(control_.submissions[0].file.overrides, std::vector<std::string>{"seeds=5"});
  EXPECT_EQ(out_, sweep_id(control_.submissions[0].sweep).str() + "\n");
  EXPECT_EQ(type({"extend", known.str(), "seeds=2"}), kUsage);
  EXPECT_THAT(err_, HasSubstr("the same sweep again"));
}

TEST_F(VerbsTest, TypingErrorsAreOneLine) {
  EXPECT_EQ(type({"ls", "-o", "xml"}), kUsage);
  EXPECT_EQ(type({"pause"}), kUsage);
  EXPECT_EQ(type({"submit", "no-such-file.yaml"}), kUsage);
  EXPECT_EQ(std::ranges::count(err_, '\n'), 1);
}

}  // namespace
}  // namespace evensweep
