#include "sweeps/stats/shapiro.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace evensweep {
namespace {

using Values = std::vector<double>;

Values squares(int n) {
  Values values;
  for (int i = 1; i <= n; ++i) values.push_back(static_cast<double>(i) * i);
  return values;
}

// scipy.stats.shapiro of SciPy 1.17.1, on either side of each change of formula.
TEST(ShapiroWilk, AgreesWithSciPyForEveryFormula) {
  struct Known {
    int n;
    double w, p;
  };
  for (const Known& known : {Known{3, 0.9795918367346934, 0.7262263099420573},
                             {4, 0.962124037789179, 0.7922685890379992},
                             {5, 0.9498245344282388, 0.7359347792639471},
                             {6, 0.9409240289736007, 0.6666530382819662},
                             {11, 0.9186320447076229, 0.30741084707592625},
                             {12, 0.9162924415139415, 0.25667346795551826},
                             {50, 0.898124799573951, 0.0004168851491458259}}) {
    const ShapiroWilk test = *shapiro_wilk(squares(known.n));
    EXPECT_NEAR(test.w, known.w, 1e-7) << known.n;
    EXPECT_NEAR(test.p, known.p, 1e-6 * known.p) << known.n;
  }
}

TEST(ShapiroWilk, SeesWhatIsFarFromNormal) {
  Values one_outlier(9, 0.0);
  one_outlier.push_back(1);
  EXPECT_NEAR(shapiro_wilk(one_outlier)->p, 1.0036928213864587e-07, 1e-12);  // SciPy 1.17.1
  EXPECT_EQ(shapiro_wilk(Values{1, 2, 3})->p, 1);
}

TEST(ShapiroWilk, DoesNotDependOnPlaceUnitOrOrder) {
  const ShapiroWilk expected = *shapiro_wilk(squares(10));
  Values other;
  for (double x : squares(10)) other.insert(other.begin(), 1e-300 * (5 - x));
  EXPECT_NEAR(shapiro_wilk(other)->w, expected.w, 1e-12);
  EXPECT_NEAR(shapiro_wilk(other)->p, expected.p, 1e-12);
}

TEST(ShapiroWilk, IsAbsentWhereUndefined) {
  EXPECT_FALSE(shapiro_wilk({}));
  EXPECT_FALSE(shapiro_wilk(Values{1, 2}));
  EXPECT_FALSE(shapiro_wilk(Values(5, 0.25)));
  EXPECT_FALSE(shapiro_wilk(Values{1, 2, std::numeric_limits<double>::quiet_NaN()}));
  EXPECT_FALSE(shapiro_wilk(Values{-1e308, 0, 1.7e308}));
  EXPECT_FALSE(shapiro_wilk(squares(static_cast<int>(kMostShapiroValues) + 1)));
}

}  // namespace
}  // namespace evensweep
