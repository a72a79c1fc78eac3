#include "cli/starter.h"

#include <gmock/gmock.h>
#include <rapidcheck.h>

#include <algorithm>

#include "sweeps/spec/load.h"

namespace evensweep {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Starter example() {
  Starter starter{.name = "people"};
  starter.dataset.name = "people";
  starter.dataset.train_files = {{.path = "people.csv", .sha256 = ""}};
  starter.dataset.columns = {.label = "answer",
                             .features = {"age", "job"},
                             .categorical = {"job"},
                             .encoding = "one_hot",
                             .missing = {.values = {"", "?"}, .numeric = "median", .categorical = "own_level"},
                             .names = {}};
  starter.dataset.split = {.validation_fraction = 0.15, .test_fraction = 0.15, .seed = {}};
  starter.classes = {.names = {"no", "yes"}, .train = {70, 35}, .validation = {15, 8}, .test = {15, 7}};
  return starter;
}

TEST(StarterText, ReadsBackAsWhatItWasMadeOf) {
  const Starter starter = example();
  const DraftOrErrors parsed = parse_sweep_file(starter_text(starter), "people.yaml");
  ASSERT_THAT(parsed.errors, IsEmpty());
  const Sweep& sweep = parsed.draft->sweep;
  EXPECT_EQ(sweep.dataset.columns, starter.dataset.columns);
  EXPECT_EQ(sweep.dataset.train_files[0].path, "people.csv");
  EXPECT_NEAR(sweep.dataset.split.validation_fraction, 0.15, 1e-12);
  EXPECT_FALSE(sweep.dataset.split.balanced);
  EXPECT_EQ(sweep.arms.size(), 6U);
  EXPECT_THAT(starter_text(starter), HasSubstr("balanced: true would take 50 of each"));
  Starter balanced = starter;
  balanced.classes = {.names = {"a", "b"}, .train = {7, 7}, .validation = {2, 2}, .test = {1, 1}};
  EXPECT_THAT(starter_text(balanced), Not(HasSubstr("balanced")));
}

TEST(StarterText, AnyColumnNamesReadBack) {
  EXPECT_TRUE(rc::check([](std::vector<std::string> drawn) {
    Starter starter = example();
    CsvColumns& columns = starter.dataset.columns;
    columns.categorical = {"job"};
    columns.features = {"job"};
    for (const char* name : {"true", "no", "12", "1e3", "- a", "a: b", "#", "\"", "'", "null", "~", "{", "[x]", " x "})
      drawn.emplace_back(name);
    for (const std::string& text : drawn) {
      std::string name;
      for (const char c : text)
        if (c >= 0x20 && c < 0x7F) name += c;
      const bool known = std::find(columns.features.begin(), columns.features.end(), name) != columns.features.end();
      if (!name.empty() && name != columns.label && !known) columns.features.push_back(name);
    }
    const DraftOrErrors parsed = parse_sweep_file(starter_text(starter), "people.yaml");
    RC_ASSERT(parsed.errors == std::vector<std::string>());
    RC_ASSERT(parsed.draft->sweep.dataset.columns == columns);
  }));
}

}  // namespace
}  // namespace evensweep
