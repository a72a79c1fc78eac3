#include "sweeps/stats/label_permutation.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

#include "sweeps/stats/paired.h"

namespace evensweep {
namespace {

using Values = std::vector<std::vector<double>>;

Values some_values(size_t labels) {
  const auto blocks = *rc::gen::inRange<size_t>(1, 5);
  Values values;
  for (const auto& block : *rc::gen::container<std::vector<std::vector<int>>>(
           blocks, rc::gen::container<std::vector<int>>(labels, rc::gen::inRange(-20, 21)))) {
    values.emplace_back();
    for (int k : block) values.back().push_back(k / 8.0);
  }
  return values;
}

RC_GTEST_PROP(LabelPermutation, OfOneArmIsItsSignFlipTest, ()) {
  const Values values = some_values(2);
  std::vector<double> d;
  for (const auto& block : values) d.push_back(block[0] - block[1]);
  const auto test = max_t_label_permutation(values);
  RC_ASSERT(test->exact);
  RC_ASSERT(test->p_raw[0] == *sign_flip(d).p_greater);
  RC_ASSERT(test->p_single_step[0] == test->p_raw[0]);
}

RC_GTEST_PROP(LabelPermutation, DoesNotDependOnTheLevelOfABlock, ()) {
  const Values values = some_values(4);
  Values moved(values);
  for (double& x : moved[0]) x += 100;
  const auto before = max_t_label_permutation(values), after = max_t_label_permutation(moved);
  RC_ASSERT(before->p_single_step == after->p_single_step);
  for (size_t a = 0; a < 3; ++a) RC_ASSERT(before->p_single_step[a] >= before->p_raw[a]);
}

TEST(LabelPermutation, CountsAllOrDraws) {
  const Values few(3, {3, 1, 2});
  EXPECT_EQ(max_t_label_permutation(few)->permutations, 216);
  const Values many(6, {9, 1, 2, 3});
  const auto drawn = max_t_label_permutation(many, 5);
  EXPECT_FALSE(drawn->exact);
  EXPECT_EQ(drawn->permutations, kDrawnLabelPermutations);
  EXPECT_GE(drawn->p_single_step[0], 1.0 / (kDrawnLabelPermutations + 1));
  EXPECT_LT(drawn->p_single_step[0], 0.01);
  EXPECT_EQ(drawn->p_raw, max_t_label_permutation(many, 5)->p_raw);
  const Values alike(3, std::vector<double>(12, 1.0));
  EXPECT_EQ(max_t_label_permutation(alike)->p_single_step[10], 1);
}

TEST(LabelPermutation, RefusesWhatIsNoTable) {
  EXPECT_FALSE(max_t_label_permutation({}));
  EXPECT_FALSE(max_t_label_permutation({{1}}));
  EXPECT_FALSE(max_t_label_permutation({{1, 2}, {1, 2, 3}}));
  EXPECT_FALSE(max_t_label_permutation({{1, NAN}}));
}

}  // namespace
}  // namespace evensweep
