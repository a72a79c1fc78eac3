// A table made from the results of a sweep must give the evidence of the sweep: the analysis is one and the same.

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <string>
#include <vector>

#include "sweeps/stats/evidence.h"
#include "tests/support/results_table.h"
#include "tests/support/synthetic_results.h"
#include "tests/unit/table/read_text.h"

namespace evensweep {
namespace {

// Sweeps of any size with runs that lack, but no whole arm and no whole seed: a table could not know of them.
SyntheticOptions any_options() {
  SyntheticOptions options;
  options.classes = *rc::gen::inRange<size_t>(2, 12);
  options.seeds = *rc::gen::inRange<size_t>(2, 8);
  options.test_per_class = *rc::gen::inRange<int64_t>(2, 40);
  options.epochs = 1;
  options.seed_noise = 0.02;
  options.class_names = {"a,b", "\"quoted\"", "two\nlines", " blanks ", "\xC3\xA4", "7"};
  options.arms = synthetic::standard_arms();
  options.arms.pop_back();  // the identity: a table cannot tell it from a method without effect
  options.arms.resize(*rc::gen::inRange<size_t>(1, options.arms.size() + 1));
  const auto losses = *rc::gen::inRange<size_t>(0, 4);
  for (size_t i = 0; i < losses; ++i) {
    const size_t arm = *rc::gen::inRange<size_t>(1, options.arms.size() + 1);
    options.losses.push_back({.arm = arm, .seed = *rc::gen::inRange<size_t>(1, options.seeds), .failure = {}});
  }
  return options;
}

void expect_same(const PairedSummary& a, const PairedSummary& b) {
  RC_ASSERT(a.n == b.n);
  RC_ASSERT(a.status == b.status);
  RC_ASSERT(a.mean == b.mean);
  RC_ASSERT(a.ci_low == b.ci_low);
  RC_ASSERT(a.p_two_sided == b.p_two_sided);
}

void expect_same(const ArmEvidence& a, const ArmEvidence& b) {
  RC_ASSERT(a.name == b.name);
  RC_ASSERT(a.blocks.size() == b.blocks.size());
  for (size_t i = 0; i < a.blocks.size(); ++i) {
    RC_ASSERT(a.blocks[i].seed == b.blocks[i].seed);
    RC_ASSERT(a.blocks[i].d_unbiased == b.blocks[i].d_unbiased);
    RC_ASSERT(a.blocks[i].baseline.tpr == b.blocks[i].baseline.tpr);
    RC_ASSERT(a.blocks[i].rebalanced.tpr == b.blocks[i].rebalanced.tpr);
    RC_ASSERT(a.blocks[i].accuracy_change == b.blocks[i].accuracy_change);
  }
  expect_same(a.d, b.d);
  expect_same(a.accuracy, b.accuracy);
  RC_ASSERT(a.sign_flip.p_greater == b.sign_flip.p_greater);
  RC_ASSERT(a.p_adjusted == b.p_adjusted);
  RC_ASSERT(a.p_increase_adjusted == b.p_increase_adjusted);
  RC_ASSERT(a.p_non_inferior == b.p_non_inferior);
  RC_ASSERT(a.kind == b.kind);
  RC_ASSERT(a.verdict == b.verdict);
}

void expect_same(const Evidence& a, const Evidence& b) {
  RC_ASSERT(a.arms.size() == b.arms.size());
  for (size_t i = 0; i < a.arms.size(); ++i) expect_same(a.arms[i], b.arms[i]);
  RC_ASSERT(a.complete_blocks == b.complete_blocks);
  RC_ASSERT(a.dropped_blocks == b.dropped_blocks);
  RC_ASSERT(a.missing.size() == b.missing.size());
  RC_ASSERT(a.family == b.family);
  RC_ASSERT(a.smallest_p == b.smallest_p);
  RC_ASSERT(a.noise_share == b.noise_share);
  expect_same(a.baseline_spread, b.baseline_spread);
}

Evidence evidence_of(const std::string& text, const AnalysisSpec& analysis) {
  const size_t piece = *rc::gen::inRange<size_t>(1, 5000);
  const StatusOr<ResultsTable> table = read_text(text, piece);
  if (!table.ok()) RC_FAIL(table.status().ToString());
  const StatusOr<SweepResults> results = results_of(*table, analysis);
  if (!results.ok()) RC_FAIL(results.status().ToString());
  return *weigh(*results);
}

TEST(SameEvidence, OfCounts) {
  EXPECT_TRUE(rc::check("a table of counts", [] {
    const SweepResults results = synthetic_results(any_options());
    expect_same(*weigh(results), evidence_of(results_table::counts(results), results.sweep.analysis));
  }));
}

TEST(SameEvidence, OfPredictions) {
  EXPECT_TRUE(rc::check("a table of predictions", [] {
    const SweepResults results = synthetic_results(any_options());
    expect_same(*weigh(results), evidence_of(results_table::predictions(results), results.sweep.analysis));
  }));
}

TEST(SameEvidence, OfWideCounts) {
  EXPECT_TRUE(rc::check("a table of wide counts", [] {
    SyntheticOptions options = any_options();
    options.losses.clear();  // a baseline without any method has no row there
    const SweepResults results = synthetic_results(options);
    expect_same(*weigh(results), evidence_of(results_table::wide_counts(results), results.sweep.analysis));
  }));
}

TEST(SameEvidence, WhateverTheOrderOfTheRows) {
  EXPECT_TRUE(rc::check("shuffled rows", [] {
    const SweepResults results = synthetic_results(any_options());
    const std::string text = results_table::counts(results);
    const size_t header = text.find('\n') + 1;
    std::vector<std::string> rows;
    for (size_t at = header; at < text.size();) {
      // Class names may hold line feeds, so rows are told apart by the method that begins each.
      const size_t next = std::min(text.find("\n\"", at), text.size() - 1) + 1;
      rows.push_back(text.substr(at, next - at));
      at = next;
    }
    std::string shuffled = text.substr(0, header);
    for (const std::string& row : rows) shuffled.insert(*rc::gen::arbitrary<bool>() ? header : shuffled.size(), row);
    const Evidence a = *weigh(results), b = evidence_of(shuffled, results.sweep.analysis);
    for (const ArmEvidence& arm : a.arms) {
      const auto other = std::find_if(b.arms.begin(), b.arms.end(), [&](const auto& o) { return o.name == arm.name; });
      RC_ASSERT(other != b.arms.end());
      RC_ASSERT(std::abs(other->d.mean - arm.d.mean) <= 1e-14);
      RC_ASSERT(other->d.n == arm.d.n);
      RC_ASSERT(std::abs(other->sign_flip.p_greater.value_or(2) - arm.sign_flip.p_greater.value_or(2)) <= 1e-12);
    }
  }));
}

}  // namespace
}  // namespace evensweep
