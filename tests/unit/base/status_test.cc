#include "common/base/status.h"

#include <gtest/gtest.h>

#include <memory>

namespace evensweep {
namespace {

StatusOr<std::unique_ptr<int>> half(int value) {
  if (value % 2 != 0) return absl::InvalidArgumentError("odd");
  return std::make_unique<int>(value / 2);
}

StatusOr<int> quarter(int value, int& evaluations) {
  EV_ASSIGN_OR_RETURN(const std::unique_ptr<int> first, (++evaluations, half(value)));
  EV_ASSIGN_OR_RETURN(auto second, half(*first));
  return *second;
}

Status check_quarter(int value, int& reached) {
  int evaluations = 0;
  EV_RETURN_IF_ERROR(quarter(value, evaluations).status());
  ++reached;
  return absl::OkStatus();
}

TEST(Status, AssignMovesTheValueAndEvaluatesOnce) {
  int evaluations = 0;
  EXPECT_EQ(*quarter(12, evaluations), 3);
  EXPECT_EQ(evaluations, 1);
}

TEST(Status, TheFirstErrorReturns) {
  int evaluations = 0;
  EXPECT_EQ(quarter(6, evaluations).status().message(), "odd");
  int reached = 0;
  EXPECT_FALSE(check_quarter(7, reached).ok());
  EXPECT_EQ(reached, 0);
  EXPECT_TRUE(check_quarter(8, reached).ok());
  EXPECT_EQ(reached, 1);
}

}  // namespace
}  // namespace evensweep
