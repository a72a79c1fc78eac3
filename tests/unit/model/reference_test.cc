#include "common/model/reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "tests/unit/model/examples.h"

namespace evensweep {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string message(const Status& status) { return std::string(status.message()); }

TEST(Reference, IsASweepOrATrial) {
  EXPECT_EQ(parse_reference("digits")->sweep, "digits");
  EXPECT_FALSE(parse_reference("digits")->is_trial());
  const StatusOr<Reference> trial = parse_reference("abcd/tpr_weighting(gamma=2)/17");
  ASSERT_TRUE(trial.ok());
  EXPECT_TRUE(trial->is_trial());
  EXPECT_EQ(trial->sweep, "abcd");
  EXPECT_EQ(trial->arm, "tpr_weighting(gamma=2)");
  EXPECT_EQ(trial->seed, "17");
  for (const char* bad : {"", "/", "a/", "/a", "a/b", "a//b", "a/b/", "/b/c", "//"})
    EXPECT_EQ(parse_reference(bad).status().code(), absl::StatusCode::kInvalidArgument) << bad;
}

class FindSweep : public testing::Test {
 protected:
  static NamedSweep sweep(const std::string& start, const std::string& name, int64_t at) {
    return {.id = SweepId(start + std::string(64 - start.size(), '0')), .name = name, .submitted_at = at};
  }
  const std::vector<NamedSweep> sweeps_{sweep("abcd1", "digits", 1), sweep("abcd2", "digits", 2),
                                        sweep("12345", "satimage", 3), sweep("beef5", "abcd3", 4)};
};

TEST_F(FindSweep, ByNameAndByTheBeginningOfItsId) {
  EXPECT_EQ(*find_sweep("satimage", sweeps_), sweeps_[2].id);
  EXPECT_EQ(*find_sweep("1234", sweeps_), sweeps_[2].id);
  EXPECT_EQ(*find_sweep("abcd2", sweeps_), sweeps_[1].id);
  EXPECT_EQ(*find_sweep(sweeps_[0].id.str(), sweeps_), sweeps_[0].id);
  EXPECT_EQ(*find_sweep("abcd3", sweeps_), sweeps_[3].id) << "a name that looks like an id";
}

TEST_F(FindSweep, SaysWhichOnesItCouldBe) {
  const Status by_name = find_sweep("digits", sweeps_).status();
  EXPECT_EQ(by_name.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(
      message(by_name),
      "\"digits\" is 2 sweeps; name one by its id, the newest first: abcd20000000 (digits), abcd10000000 (digits)");
  EXPECT_THAT(message(find_sweep("abcd", sweeps_).status()), HasSubstr("\"abcd\" is 2 sweeps"));
}

TEST_F(FindSweep, SaysWhatWasProbablyMeant) {
  const Status wrong = find_sweep("satimgae", sweeps_).status();
  EXPECT_EQ(wrong.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(message(wrong), "there is no sweep \"satimgae\"; did you mean \"satimage\"?");
  EXPECT_EQ(message(find_sweep("123", sweeps_).status()),
            "\"123\" is too short for a sweep; give at least 4 characters of its id");
  EXPECT_THAT(message(find_sweep("ffff", {}).status()), HasSubstr("`evensweep ls --all` lists"));
  EXPECT_THAT(message(find_sweep("a\nb", sweeps_).status()), AllOf(HasSubstr("a\\x0ab"), Not(HasSubstr("\n"))));
}

TEST(FindTrial, ByIndexOrNameOfTheArmAndBySeed) {
  const Sweep sweep = example_sweep();
  const auto find = [&](const std::string& arm, const std::string& seed) {
    return find_trial({.sweep = "x", .arm = arm, .seed = seed}, sweep);
  };
  EXPECT_EQ(find("0", "1")->arm, 0);
  EXPECT_EQ(find("0", "1")->seed, 1);
  EXPECT_EQ(find("baseline", "0")->arm, 0);
  EXPECT_EQ(find("tpr_weighting(gamma=2)", "0")->arm, 1);
  EXPECT_EQ(find("2", "18446744073709551615")->seed, 2);
  EXPECT_EQ(message(find("3", "0").status()), "there is no arm 3 in sweep digits; it has arms 0 (baseline) to 2");
  EXPECT_THAT(message(find("tpr_weighting(gamma=3)", "0").status()),
              HasSubstr("did you mean \"tpr_weighting(gamma=2)\"?"));
  EXPECT_THAT(message(find("zzz", "0").status()), HasSubstr("it has baseline, tpr_weighting(gamma=2), effective"));
  EXPECT_EQ(message(find("0", "2").status()),
            "there is no seed \"2\" in sweep digits; it has 0, 1, 18446744073709551615");
  for (const char* bad : {"", "-1", "1x", "0x1", "18446744073709551616"})
    EXPECT_EQ(find("0", bad).status().code(), absl::StatusCode::kNotFound) << bad;
}

TEST(FindAgent, ByTheBeginningOfItsId) {
  const std::vector<AgentId> agents{AgentId("gpu1-aaaa"), AgentId("gpu10-bbbb"), AgentId("gpu1")};
  EXPECT_EQ(find_agent("gpu10", agents)->str(), "gpu10-bbbb");
  EXPECT_EQ(find_agent("gpu1", agents)->str(), "gpu1") << "the whole of one, though others begin so";
  EXPECT_EQ(message(find_agent("gpu", agents).status()),
            "\"gpu\" is 3 agents: gpu1-aaaa, gpu10-bbbb, gpu1; give more of the id");
  EXPECT_EQ(message(find_agent("gqu1-aaaa", agents).status()),
            "there is no agent \"gqu1-aaaa\"; did you mean \"gpu1-aaaa\"?");
  EXPECT_THAT(message(find_agent("", agents).status()), HasSubstr("`evensweep agents` lists"));
}

}  // namespace
}  // namespace evensweep
