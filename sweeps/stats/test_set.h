#pragma once
// How much of the uncertainty of an arm's mean D comes from the test examples rather than from the seeds, by the
// predictions that the runs stored. Formulas: docs/statistics.md, section 1.

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "sweeps/stats/evidence.h"

namespace evensweep {

// Both models of a block on its test examples.
struct BlockOnTest {
  uint64_t seed = 0;
  int64_t only_baseline = 0, only_rebalanced = 0;  // examples that one of them alone gets right
  double mcnemar_p = 1;                            // exact, two-sided
  double d_test_se = 0;                            // of D, over new test examples
};

// Whether the seed of a block decides which rows it is tested on.
bool splits_each_block_anew(const DatasetSpec& dataset);

struct TestSetPart {
  bool shared = false;     // all blocks are tested on the same examples
  double se_seeds = 0;     // of the mean of D_u over seeds, on these test examples
  double se_test = 0;      // of the mean of D over new test examples, leading order
  double se_new = 0;       // on new test examples: both together; where blocks split anew, se_seeds has both already
  double accuracy_se = 0;  // of one block's accuracy change over new test examples: sqrt(only one right)/N, mean
  std::vector<BlockOnTest> blocks;
};
// Classes of the test rows of each seed, in their order.
using TestLabels = std::map<uint64_t, std::vector<uint16_t>>;

// `arm` has blocks and is none of the baseline's own runs. Absent where the predictions of some of its blocks or the
// labels of their test examples are not known, or do not fit together.
std::optional<TestSetPart> test_set_part(const SweepResults& results, const TestLabels& labels, const ArmEvidence& arm);

}  // namespace evensweep
