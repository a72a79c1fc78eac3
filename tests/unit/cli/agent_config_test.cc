#include "cli/agent_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace evensweep {
namespace {

using testing::HasSubstr;

TEST(AgentConfig, NamesCommandLines) {
  const auto settings = parse_agent_settings(
      "version: 1\ntrainers:\n  mine-1: {command: [/usr/bin/python3, /home/me/t.py, --fast]}\n", "agent.yaml");
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(*trainer_command(*settings, "mine-1"),
            (std::vector<std::string>{"/usr/bin/python3", "/home/me/t.py", "--fast"}));
}

TEST(AgentConfig, SaysWhichTrainersThereAre) {
  const AgentSettings settings{.file = "agent.yaml", .trainers = {{"a", {"/bin/a"}}, {"b", {"/bin/b"}}}};
  const Status status = trainer_command(settings, "c").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("agent.yaml: a, b."));
}

TEST(AgentConfig, EveryMistakeIsOneLineWithItsPlace) {
  const struct {
    const char *text, *words;
  } cases[] = {
      {"", "version: 1"},
      {"version: 2", "agent.yaml:1:10"},
      {"version: 1\ntrainer: {}", "did you mean trainers?"},
      {"version: 1\ntrainers: [a]", "agent.yaml:2:11"},
      {"version: 1\ntrainers: {a: {command: /bin/true}}", "agent.yaml:2:25"},
      {"version: 1\ntrainers: {a: {command: []}}", "command"},
      {"version: 1\ntrainers: {a: {command: [true.py]}}", "absolute path"},
      {"version: 1\ntrainers: {a: {}}", "command"},
      {"version: 1\ntrainers: {'../a': {command: [/bin/true]}}", "name of a trainer"},
      {"version: 1\ntrainers: {evensweep-1: {command: [/bin/true]}}", "name of a trainer"},
      {"version: 1\ntrainers: {a: {command: [/bin/true]}, a: {command: [/bin/true]}}", "twice"},
  };
  for (const auto& one : cases) {
    const auto settings = parse_agent_settings(one.text, "agent.yaml");
    ASSERT_FALSE(settings.ok()) << one.text;
    EXPECT_THAT(std::string(settings.status().message()), HasSubstr(one.words)) << one.text;
  }
}

TEST(AgentConfig, KnowsLabelsAndTheDevice) {
  const StatusOr<AgentSettings> settings =
      parse_agent_settings("version: 1\nlabels: {gpu: a100, room: b12}\ndevice: cpu\n", "agent.yaml");
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->labels, (std::map<std::string, std::string>{{"gpu", "a100"}, {"room", "b12"}}));
  EXPECT_EQ(settings->device, "cpu");
  const Status bad = parse_agent_settings("version: 1\nlabels: {gpu: a 100}\n", "agent.yaml").status();
  EXPECT_NE(std::string(bad.message()).find("agent.yaml:2"), std::string::npos) << bad;
}

TEST(AgentConfig, KnowsHowLongToWait) {
  const StatusOr<AgentSettings> settings =
      parse_agent_settings("version: 1\ntimeouts: {detached: 1800, first_progress: 150.5}\n", "agent.yaml");
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->timeouts.detached, Duration(1'800'000));
  EXPECT_EQ(settings->timeouts.first_silence, Duration(150'500));
  EXPECT_EQ(settings->timeouts.silence, AgentTimeouts().silence);
  EXPECT_EQ(settings->timeouts.startup, AgentTimeouts().startup);
}

TEST(AgentConfig, RefusesTimesThatMakeNoSense) {
  const struct {
    const char *text, *words;
  } cases[] = {{"{detached: 0}", "detached"},
               {"{detached: 30m}", "detached"},
               {"{silent: 5}", "silence"},
               {"{silence: 700}", "silence <= first_progress"}};
  for (const auto& one : cases) {
    const Status bad =
        parse_agent_settings(std::string("version: 1\ntimeouts: ") + one.text + "\n", "agent.yaml").status();
    EXPECT_THAT(std::string(bad.message()), HasSubstr("agent.yaml:2")) << one.text;
    EXPECT_THAT(std::string(bad.message()), HasSubstr(one.words)) << one.text;
  }
}

}  // namespace
}  // namespace evensweep
