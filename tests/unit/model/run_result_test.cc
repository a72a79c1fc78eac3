#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "common/base/hash.h"
#include "tests/unit/model/examples.h"

namespace evensweep {
namespace {

using ::testing::HasSubstr;

// A result whose counts fit its predictions, all examples being of class 0.
RunResult result_of(std::vector<uint16_t> predictions, int64_t classes) {
  RunResult result = example_result();
  result.test = {.classes = classes, .counts = std::vector<int64_t>(static_cast<size_t>(classes * classes))};
  result.validation = result.test;
  for (const uint16_t predicted : predictions) ++result.test.counts[predicted];
  result.test_predictions = std::move(predictions);
  return result;
}

TEST(RunResult, ReadsBackAsTheSame) {
  const Json json = to_json(example_result());
  const StatusOr<RunResult> read = parse_run_result(json.dump(), 2);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(to_json(*read), json);
  EXPECT_EQ(read->test_predictions, example_result().test_predictions);
  EXPECT_EQ(read->curve, example_result().curve);
}

TEST(RunResult, PredictionsReadBackWhateverTheyAre) {
  EXPECT_TRUE(rc::check([](const std::vector<uint16_t>& drawn) {
    std::vector<uint16_t> predictions = drawn;
    for (uint16_t& predicted : predictions) predicted %= 5;
    const StatusOr<RunResult> read = parse_run_result(to_json(result_of(predictions, 5)).dump(), 5);
    RC_ASSERT(read.ok());
    RC_ASSERT(read->test_predictions == predictions);
  }));
}

TEST(RunResult, PredictionsMayNeedBothBytes) {
  const std::vector<uint16_t> predictions{0, 255, 256, 299};
  const StatusOr<RunResult> read = parse_run_result(to_json(result_of(predictions, 300)).dump(), 300);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->test_predictions, predictions);
}

TEST(RunResult, TheNumberOfClassesMustBeTheOneAskedFor) {
  const std::string text = to_json(example_result()).dump();
  EXPECT_TRUE(parse_run_result(text).ok());
  EXPECT_FALSE(parse_run_result(text, 3).ok());
}

TEST(RunResult, NumbersThatAreNotFiniteAreRefused) {
  for (const double value : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    RunResult result = example_result();
    result.curve[0].train_loss = value;
    EXPECT_FALSE(parse_run_result(to_json(result).dump()).ok());
  }
}

TEST(RunResult, PredictionsThatDoNotFitTheCountsAreRefused) {
  RunResult result = example_result();
  result.test_predictions[0] = 1;
  EXPECT_THAT(parse_run_result(to_json(result).dump()).status().message(), HasSubstr("do not add up to the counts"));
  result = example_result();
  result.test_predictions[0] = 2;
  EXPECT_THAT(parse_run_result(to_json(result).dump()).status().message(), HasSubstr("a class that does not exist"));
}

struct BadDocument {
  const char* place;
  Json value;
  const char* message;
};

class BadRunResult : public ::testing::TestWithParam<BadDocument> {};

TEST_P(BadRunResult, IsRefusedWithItsPlace) {
  const std::string text = changed(to_json(example_result()), GetParam().place, GetParam().value);
  const Status status = parse_run_result(text, 2).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << text;
  EXPECT_THAT(status.message(), HasSubstr(GetParam().message));
}

const Json kThreeByThree = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};

INSTANTIATE_TEST_SUITE_P(
    Each, BadRunResult,
    ::testing::Values(
        BadDocument{"/extra", 1, "result: has the unknown key"},
        BadDocument{"/times/extra", 1, "result.times: has the unknown key"},
        BadDocument{"/validation", Json::array(), "result.validation: must have a row for each class"},
        BadDocument{"/validation", kThreeByThree, "result.validation: must have a row for each class"},
        BadDocument{"/validation/0", Json::array({1}), "result.validation: must be square"},
        BadDocument{"/validation/0", 7, "result.validation: must be square"},
        BadDocument{"/test/0/0", -1, "result.test: must hold counts"},
        BadDocument{"/test/0/0", 1.5, "result.test: must hold counts"},
        BadDocument{"/test/0/0", INT64_MAX, "result.test: must hold counts"},
        BadDocument{"/test/0/0", UINT64_MAX, "result.test: must hold counts"},
        BadDocument{"/test/0/0", 3, "result.test_predictions: do not add up"},
        BadDocument{"/test_predictions/encoding", "raw", "result.test_predictions.encoding: is not a known word"},
        BadDocument{"/test_predictions/count", 5, "result.test_predictions.data: does not unpack"},
        BadDocument{"/test_predictions/count", 7, "result.test_predictions.data: does not unpack"},
        BadDocument{"/test_predictions/count", -1, "result.test_predictions.count: must be between"},
        BadDocument{"/test_predictions/data", "?", "result.test_predictions.data: base64"},
        BadDocument{"/test_predictions/data", "AAAA", "result.test_predictions.data: does not unpack"},
        BadDocument{"/curve/0", 1, "result.curve: must be an object"},
        BadDocument{"/curve/0/epoch", 0, "result.curve.epoch: must be between"},
        BadDocument{"/curve/0/validation_accuracy", 1.5, "result.curve.validation_accuracy: is out of range"},
        BadDocument{"/model_parameters", -1, "result.model_parameters: must be between"},
        BadDocument{"/times/train_seconds", -1, "result.times.train_seconds: is out of range"},
        BadDocument{"/environment/device", nullptr, "result.environment.device: must be text"}));

TEST(RunResult, ValidationAndTestMustHaveTheSameClasses) {
  const Status status = parse_run_result(changed(to_json(example_result()), "/validation", kThreeByThree)).status();
  EXPECT_THAT(status.message(), HasSubstr("has another number of classes than validation"));
}

TEST(RunResult, DamagedDocumentsAreRefusedOrSound) {
  const std::string whole = to_json(example_result()).dump();
  EXPECT_TRUE(rc::check([&](size_t at, char byte) {
    std::string text = whole;
    text[at % text.size()] = byte;
    const StatusOr<RunResult> result = parse_run_result(text, 2);
    if (!result.ok()) return;
    RC_ASSERT(result->test.counts.size() == 4U);
    RC_ASSERT(result->test_predictions.size() == 6U);
  }));
}

}  // namespace
}  // namespace evensweep
