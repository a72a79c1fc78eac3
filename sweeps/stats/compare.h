#pragma once
// Two sweeps side by side: the same arms at the same seeds, once in sweep A and once in sweep B. A pure function of the
// test counts. Definitions: docs/comparing.md. All differences are B less A.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/status.h"
#include "sweeps/stats/paired.h"

namespace evensweep {

// What a model gave on the test examples of each class.
struct TestCounts {
  std::vector<int64_t> correct, total;
  std::vector<int64_t> confusions;  // row by row; empty where the counts alone are known
};

// One arm, or the baseline, at one seed.
struct SeedCell {
  std::optional<TestCounts> counts;
  std::string lacking;  // why there are no counts
  bool diverged = false;
};

struct ArmColumn {
  std::string name;
  std::vector<SeedCell> cells;  // one for each seed of the sweep
  bool identity = false;        // the baseline's own runs
};

struct SweepCells {
  std::vector<uint64_t> seeds;
  std::vector<SeedCell> baseline;  // one for each seed
  std::vector<ArmColumn> arms;     // without the baseline
};

// One arm at one seed, B less A.
struct SeedDifference {
  uint64_t seed = 0;
  double d_unbiased = 0;    // of D_u: above 0, the arm evens out more in B
  double var_unbiased = 0;  // of Var_u of the rebalanced model: below 0, the model in B is more even
  double accuracy = 0;      // of the rebalanced model
};

struct PairedDifference {
  PairedSummary t;
  SignFlip sign_flip;
  std::optional<double> p_holm;  // of the two-sided sign-flip p, over the matched arms
};

struct ArmDifference {
  std::string arm;
  std::vector<SeedDifference> seeds;
  PairedDifference d_unbiased, var_unbiased;
  PairedSummary accuracy;
};

// The baselines, at the seeds at which both have one.
struct BaselineAgreement {
  std::vector<uint64_t> identical, differing;  // seeds with the same test counts, and with others
  PairedSummary var_unbiased;                  // B less A
};

struct LeftOutArm {
  std::string arm, reason;
};
struct LeftOutSeed {
  uint64_t seed = 0;
  std::string reason;
};

struct SweepComparison {
  std::vector<uint64_t> seeds;      // that all differences use, in the order of A
  std::vector<ArmDifference> arms;  // in the order of A
  BaselineAgreement baseline;
  std::vector<LeftOutArm> left_out_arms;
  std::vector<LeftOutSeed> left_out_seeds;  // one entry for each reason
};

// An arm is matched by its name, a seed by its number. A seed lacking the baseline or a matched arm in A or B is left
// out for all arms; an arm that diverged or has no result at all is left out itself. `alpha` in (0, 1) sets the
// intervals. InvalidArgument, saying what each sweep has, where no arm or no seed is left, or alpha or the shape of a
// sweep is wrong.
StatusOr<SweepComparison> compare_sweeps(const SweepCells& a, const SweepCells& b, double alpha);

}  // namespace evensweep
