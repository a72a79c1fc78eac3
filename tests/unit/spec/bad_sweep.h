#pragma once
// Bad sweep files, each with all the lines that a user gets to see.

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "sweeps/spec/load.h"
#include "tests/unit/spec/sweep_text.h"

namespace evensweep {

struct BadSweep {
  const char* name;
  std::string text;
  std::vector<std::string> lines;
  std::vector<std::string> overrides = {};
};
inline void PrintTo(const BadSweep& sweep, std::ostream* out) { *out << sweep.name; }

class BadSweepTest : public ::testing::TestWithParam<BadSweep> {
 protected:
  static void check() {
    const DraftOrErrors result = parse_sweep_file(GetParam().text, "s.yaml", GetParam().overrides);
    EXPECT_FALSE(result.draft.has_value());
    EXPECT_THAT(result.errors, ::testing::ElementsAreArray(GetParam().lines));
  }
};

#define EVENSWEEP_TEST_BAD_SWEEPS(suite, cases)                      \
  class suite : public BadSweepTest {};                              \
  TEST_P(suite, EveryErrorIsOneLineWithItsPlace) { check(); }        \
  INSTANTIATE_TEST_SUITE_P(Table, suite, ::testing::ValuesIn(cases), \
                           [](const auto& test) { return std::string(test.param.name); })

}  // namespace evensweep
