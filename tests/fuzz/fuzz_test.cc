// Every target over its seeds and simple changes of them: that they hold, and that the targets still work.
// EVENSWEEP_FUZZ_ROUNDS=n makes so many changes of each seed.

#include <gtest/gtest.h>

#include <cstdlib>

#include "common/base/rng.h"
#include "tests/fuzz/target.h"

namespace evensweep::fuzz {
namespace {

uint64_t rounds() {
  const char* text = std::getenv("EVENSWEEP_FUZZ_ROUNDS");
  return text == nullptr ? 100 : std::strtoull(text, nullptr, 10);
}

class FuzzTarget : public testing::TestWithParam<Target> {};

// One to four changes: a byte, a piece cut out, doubled, or taken from another seed.
std::string changed(std::string text, const std::vector<std::string>& seeds, Rng& chance) {
  for (uint64_t changes = 1 + chance.below(4); changes > 0; --changes) {
    const size_t at = chance.below(text.size() + 1), length = chance.below(std::min<size_t>(text.size() - at, 32) + 1);
    const std::string& other = seeds[chance.below(seeds.size())];
    switch (chance.below(5)) {
      case 0: text.insert(at, 1, static_cast<char>(chance.below(256))); break;
      case 1: text.erase(at, length); break;
      case 2: text.insert(at, text.substr(at, length)); break;
      case 3:
        if (at < text.size()) text[at] = static_cast<char>(chance.below(256));
        break;
      default: text.insert(at, other.substr(chance.below(other.size() + 1), length)); break;
    }
  }
  return text;
}

TEST_P(FuzzTarget, TakesAnything) {
  const std::vector<std::string> seeds = GetParam().seeds();
  ASSERT_FALSE(seeds.empty());
  GetParam().run("");
  Rng chance(1, GetParam().name);
  for (const std::string& seed : seeds) {
    EXPECT_LE(seed.size(), GetParam().most);
    GetParam().run(seed);
    for (uint64_t i = 0; i < rounds(); ++i) GetParam().run(changed(seed, seeds, chance));
    for (size_t end = 0; end < seed.size(); end += 1 + seed.size() / 40) GetParam().run(seed.substr(0, end));
  }
}

INSTANTIATE_TEST_SUITE_P(All, FuzzTarget, testing::ValuesIn(targets().begin(), targets().end()),
                         [](const auto& one) { return std::string(one.param.name); });

TEST(FuzzTargets, AreFoundByName) {
  for (const Target& target : targets()) EXPECT_EQ(find_target(target.name), &target);
  EXPECT_EQ(find_target("nothing"), nullptr);
}

}  // namespace
}  // namespace evensweep::fuzz
