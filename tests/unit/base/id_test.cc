#include "common/base/id.h"

#include <gtest/gtest.h>

#include <sstream>
#include <type_traits>
#include <unordered_set>

namespace evensweep {
namespace {

using Apple = StrongId<struct AppleTag>;
using Pear = StrongId<struct PearTag>;

// The point of strong ids: one kind is never taken for another, and text becomes an id only on purpose.
static_assert(!std::is_convertible_v<Apple, Pear>);
static_assert(!std::is_constructible_v<Apple, Pear>);
static_assert(!std::is_convertible_v<std::string, Apple>);

TEST(StrongId, ComparesHashesAndPrintsAsItsText) {
  EXPECT_EQ(Apple("a"), Apple("a"));
  EXPECT_NE(Apple("a"), Apple("b"));
  EXPECT_LT(Apple("a"), Apple("b"));
  const std::unordered_set<Apple> set{Apple("a"), Apple("b"), Apple("a")};
  EXPECT_EQ(set.size(), 2U);
  std::ostringstream out;
  out << Apple("golden");
  EXPECT_EQ(out.str(), "golden");
}

TEST(StrongId, BriefIsAtMostTwelveCharacters) {
  EXPECT_TRUE(Apple().empty());
  EXPECT_EQ(Apple().brief(), "");
  EXPECT_EQ(Apple("abc").brief(), "abc");
  EXPECT_EQ(Apple("0123456789abcdef").brief(), "0123456789ab");
}

}  // namespace
}  // namespace evensweep
