// The comparison rule, and oracle_check as a program: against the shared oracle files where they are, and against files
// that are wrong.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/oracles/compare.h"
#include "tests/support/places.h"

namespace evensweep {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

struct Outcome {
  int code = -1;
  std::string output;
};

Outcome run_check(const std::string& arguments) {
  const std::string command = bin_dir() + "/oracle_check " + arguments + " 2>&1";
  Outcome outcome;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return outcome;
  std::array<char, 4096> buffer;
  while (const size_t got = fread(buffer.data(), 1, buffer.size(), pipe)) outcome.output.append(buffer.data(), got);
  const int status = pclose(pipe);
  if (WIFEXITED(status)) outcome.code = WEXITSTATUS(status);
  return outcome;
}

std::string write_case_file(const std::string& name, const std::string& text) {
  const fs::path path = fs::path(testing::TempDir()) / name;
  std::ofstream(path) << text;
  return path.string();
}

std::string file_with(const std::string& cases) {
  return R"({"schema": "evensweep-oracle-1", "cases": [)" + cases + "]}";
}

constexpr char kRightP[] =
    R"({"id": "a", "fn": "mc_permutation_p", "in": {"exceed": 0, "resamples": 9}, "out": {"p": 0.1}, "tol": 1e-15})";
constexpr char kWrongP[] =
    R"({"id": "b", "fn": "mc_permutation_p", "in": {"exceed": 0, "resamples": 9}, "out": {"p": 0.0}, "tol": 1e-15})";
constexpr char kUnknown[] = R"({"id": "c", "fn": "fortune_telling", "in": {}, "out": {"p": 0.1}, "tol": 1e-15})";
constexpr char kMissingIn[] = R"({"id": "d", "fn": "mc_permutation_p", "in": {}, "out": {"p": 0.1}, "tol": 1e-15})";

TEST(OracleCheck, PassesTheSharedOracles) {
  const fs::path folder = fs::path(source_dir()) / ".." / "shared" / "oracles";
  std::string files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (entry.path().extension() == ".json") files += " '" + entry.path().string() + "'";
  if (files.empty()) GTEST_SKIP() << "no oracle files in " << folder;
  const Outcome outcome = run_check(files);
  EXPECT_EQ(outcome.code, 0) << outcome.output;
}

TEST(OracleCheck, AcceptsARightCaseAndNamesWhatIsNotImplemented) {
  const std::string file = write_case_file("right.json", file_with(std::string(kRightP) + "," + kUnknown));
  const Outcome outcome = run_check(file);
  EXPECT_EQ(outcome.code, 0) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("fortune_telling"));
}

TEST(OracleCheck, FailsOnAWrongOracleAndNamesThePlace) {
  const Outcome outcome = run_check(write_case_file("wrong.json", file_with(std::string(kRightP) + "," + kWrongP)));
  EXPECT_EQ(outcome.code, 1) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("FAILED b (mc_permutation_p): p: got 0.1, want 0.0"));
}

TEST(OracleCheck, FailsACaseWhoseInputIsUnusable) {
  const Outcome outcome = run_check(write_case_file("input.json", file_with(kMissingIn)));
  EXPECT_EQ(outcome.code, 1) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("the input could not be used"));
}

TEST(OracleCheck, RefusesWhatIsNoOracleFileInOneLine) {
  const auto refused = [](const std::string& arguments, const std::string& reason) {
    const Outcome outcome = run_check(arguments);
    EXPECT_EQ(outcome.code, 2) << outcome.output;
    EXPECT_THAT(outcome.output, HasSubstr(reason));
    EXPECT_EQ(std::count(outcome.output.begin(), outcome.output.end(), '\n'), 1) << outcome.output;
  };
  refused("", "usage");
  refused("--help", "usage");
  refused("/nonexistent/oracle.json", "/nonexistent/oracle.json");
  refused(write_case_file("text.json", "not json"), "not valid JSON");
  refused(write_case_file("schema.json", R"({"schema": "other", "cases": []})"), "evensweep-oracle-1");
  refused(write_case_file("list.json", "[1, 2]"), "evensweep-oracle-1");
  refused(write_case_file("empty.json", file_with("")), "at least one case");
  refused(write_case_file("shape.json", file_with(R"({"id": "x"})")), "cases[0]");
}

Json parsed(const char* text) { return Json::parse(text); }

TEST(FirstDifference, ScalesTheToleranceToTheWantedNumber) {
  const CompareRule rule{1e-3, false, false};
  EXPECT_FALSE(first_difference(1000.5, 1000.0, rule));
  EXPECT_TRUE(first_difference(1002.0, 1000.0, rule));
  EXPECT_FALSE(first_difference(0.0005, 0.0, rule));
}

TEST(FirstDifference, IsAbsoluteOrRelativeWhereTheRuleSaysSo) {
  EXPECT_TRUE(first_difference(1000.5, 1000.0, {1e-3, true, false}));
  EXPECT_TRUE(first_difference(1.1e-5, 1.0e-5, {1e-3, false, true}));
  EXPECT_FALSE(first_difference(1.0001e-5, 1.0e-5, {1e-3, false, true}));
}

TEST(FirstDifference, IsLooserOnlyForWhatTheOracleSolvedFor) {
  const CompareRule rule{1e-7, false, false, {{"mde", 1e-5}}};
  EXPECT_FALSE(first_difference(parsed(R"({"mde": 0.800009})"), parsed(R"({"mde": 0.8})"), rule));
  EXPECT_TRUE(first_difference(parsed(R"({"mde": 0.80002})"), parsed(R"({"mde": 0.8})"), rule));
  EXPECT_TRUE(first_difference(parsed(R"({"power": 0.800009})"), parsed(R"({"power": 0.8})"), rule));
}

TEST(FirstDifference, TellsUndefinedInfiniteAndMissingApart) {
  const CompareRule rule{1e-9, false, false};
  EXPECT_FALSE(first_difference(nullptr, nullptr, rule));
  EXPECT_TRUE(first_difference(0.0, nullptr, rule));
  EXPECT_FALSE(first_difference("Infinity", "Infinity", rule));
  EXPECT_TRUE(first_difference(1e300, "Infinity", rule));
  EXPECT_EQ(first_difference(parsed(R"({"a": {"b": [1, 2]}})"), parsed(R"({"a": {"b": [1, 3]}})"), rule),
            "a.b[1]: got 2, want 3");
  EXPECT_EQ(first_difference(parsed(R"({"a": 1})"), parsed(R"({"a": 1, "b": 2})"), rule), "b: missing");
  EXPECT_TRUE(first_difference(parsed("[1]"), parsed("[1, 2]"), rule));
  EXPECT_TRUE(first_difference(parsed("true"), parsed("1"), rule));
}

TEST(FirstDifference, ComparesWholeNumbersExactly) { EXPECT_TRUE(first_difference(1000001, 1000000, {1e-3})); }

}  // namespace
}  // namespace evensweep
