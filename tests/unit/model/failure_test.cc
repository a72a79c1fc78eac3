#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "common/model/json.h"

namespace evensweep {
namespace {

constexpr FailureClass kAll[] = {FailureClass::kBadInput,    FailureClass::kDiverged,       FailureClass::kTrainerError,
                                 FailureClass::kOutOfMemory, FailureClass::kInfrastructure, FailureClass::kPreempted};

TEST(FailureClass, EveryClassHasANameOfItsOwnThatReadsBack) {
  std::set<std::string> names;
  for (const FailureClass failure : kAll) {
    EXPECT_EQ(parse_failure_class(failure_class_name(failure)), failure);
    names.insert(failure_class_name(failure));
  }
  EXPECT_EQ(names.size(), std::size(kAll));
  EXPECT_FALSE(names.contains("unknown"));
  EXPECT_EQ(parse_failure_class("Diverged"), std::nullopt);
  EXPECT_EQ(parse_failure_class(""), std::nullopt);
}

TEST(Failure, ReadsBackAsTheSame) {
  const Failure failure{.failure = FailureClass::kOutOfMemory, .message = "m", .stderr_tail = "line 1\nline 2"};
  const StatusOr<Failure> read = parse_failure(to_json(failure).dump());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->failure, failure.failure);
  EXPECT_EQ(read->message, failure.message);
  EXPECT_EQ(read->stderr_tail, failure.stderr_tail);
}

TEST(Failure, BadDocumentsAreRefused) {
  for (const char* text :
       {R"({})", R"({"class":"diverged","message":"m"})", R"({"class":"lost","message":"m","stderr_tail":""})",
        R"({"class":"diverged","message":1,"stderr_tail":""})",
        R"({"class":"diverged","message":"m","stderr_tail":"","more":1})"})
    EXPECT_TRUE(absl::IsInvalidArgument(parse_failure(text).status())) << text;
}

}  // namespace
}  // namespace evensweep
