#include <gmock/gmock.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "common/dataset/dataset.h"
#include "tests/unit/dataset/temporary_folder.h"

namespace evensweep {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// `sizes[c]` rows of class c, the classes interleaved.
Dataset dataset_of(const std::vector<int64_t>& sizes) {
  Dataset data;
  for (size_t c = 0; c < sizes.size(); ++c) data.class_names.push_back("c" + std::to_string(c));
  for (int64_t i = 0; i < *std::max_element(sizes.begin(), sizes.end()); ++i)
    for (size_t c = 0; c < sizes.size(); ++c)
      if (i < sizes[c]) data.labels.push_back(static_cast<uint16_t>(c));
  data.rows = data.train_file_rows = static_cast<int64_t>(data.labels.size());
  return data;
}

DatasetSpec split_spec(double validation, double test) {
  DatasetSpec spec = csv_spec("unused");
  spec.split = {.validation_fraction = validation, .test_fraction = test, .seed = {}};
  return spec;
}

std::vector<int64_t> counts_of(const std::vector<uint32_t>& rows, const Dataset& data) {
  std::vector<int64_t> counts(data.class_names.size());
  for (const uint32_t row : rows) ++counts[data.labels[row]];
  return counts;
}

std::vector<uint32_t> all_rows(const SplitRows& split) {
  std::vector<uint32_t> rows = split.train;
  rows.insert(rows.end(), split.validation.begin(), split.validation.end());
  rows.insert(rows.end(), split.test.begin(), split.test.end());
  std::sort(rows.begin(), rows.end());
  return rows;
}

std::vector<int64_t> some_class_sizes() {
  return *rc::gen::suchThat(rc::gen::container<std::vector<int64_t>>(rc::gen::inRange<int64_t>(3, 60)),
                            [](const auto& sizes) { return sizes.size() >= 2 && sizes.size() <= 12; });
}

TEST(SplitRowsProperty, PartsAreDisjointCompleteAscendingAndHoldEveryClass) {
  EXPECT_TRUE(rc::check([] {
    const Dataset data = dataset_of(some_class_sizes());
    const auto spec = split_spec(*rc::gen::inRange(1, 50) / 100.0, *rc::gen::inRange(1, 50) / 100.0);
    const auto split = split_rows(spec, data, *rc::gen::arbitrary<uint64_t>());
    RC_ASSERT(split.ok());
    std::vector<uint32_t> expected(static_cast<size_t>(data.rows));
    std::iota(expected.begin(), expected.end(), 0U);
    RC_ASSERT(all_rows(*split) == expected);
    for (const auto* part : {&split->train, &split->validation, &split->test}) {
      RC_ASSERT(std::is_sorted(part->begin(), part->end()));
      const auto counts = counts_of(*part, data);
      RC_ASSERT(*std::min_element(counts.begin(), counts.end()) >= 1);
    }
  }));
}

TEST(SplitRowsProperty, CountsAreThoseOfTheTableWhateverTheSeed) {
  EXPECT_TRUE(rc::check([] {
    const std::vector<int64_t> sizes = some_class_sizes();
    const Dataset data = dataset_of(sizes);
    const double validation = *rc::gen::inRange(1, 50) / 100.0, test = *rc::gen::inRange(1, 50) / 100.0;
    const auto spec = split_spec(validation, test);
    const auto table = count_classes(spec, data);
    const auto split = split_rows(spec, data, *rc::gen::arbitrary<uint64_t>());
    RC_ASSERT(table.ok() && split.ok());
    RC_ASSERT(counts_of(split->train, data) == table->train);
    RC_ASSERT(counts_of(split->validation, data) == table->validation);
    RC_ASSERT(counts_of(split->test, data) == table->test);
    for (size_t c = 0; c < sizes.size(); ++c) {
      const auto share = [&](double f) { return std::max(1.0, static_cast<double>(sizes[c]) * f); };
      RC_ASSERT(std::abs(static_cast<double>(table->validation[c]) - share(validation)) <= 1);
      RC_ASSERT(std::abs(static_cast<double>(table->test[c]) - share(test)) <= 1);
    }
  }));
}

TEST(SplitRowsProperty, TheSeedDecidesAndNothingElse) {
  EXPECT_TRUE(rc::check([] {
    const Dataset data = dataset_of({40, 50, 60});
    const auto seed = *rc::gen::arbitrary<uint64_t>();
    const auto one = split_rows(split_spec(.2, .2), data, seed), again = split_rows(split_spec(.2, .2), data, seed);
    const auto other = split_rows(split_spec(.2, .2), data, seed + 1);
    RC_ASSERT(one->train == again->train && one->validation == again->validation && one->test == again->test);
    RC_ASSERT(one->test != other->test);
    auto fixed = split_spec(.2, .2);
    fixed.split.seed = seed;
    RC_ASSERT(split_rows(fixed, data, seed + 1)->test == one->test);
  }));
}

TEST(SplitRows, MoreRowsOfOneClassLeaveTheOthersWhereTheyWere) {
  Dataset small = dataset_of({20, 20});
  Dataset large = small;
  large.labels.resize(60, 1);
  large.rows = large.train_file_rows = 60;
  const auto class0 = [](const std::vector<uint32_t>& rows, const Dataset& data) {
    std::vector<uint32_t> chosen;
    for (const uint32_t row : rows)
      if (data.labels[row] == 0) chosen.push_back(row);
    return chosen;
  };
  const auto a = split_rows(split_spec(.2, .2), small, 7), b = split_rows(split_spec(.2, .2), large, 7);
  EXPECT_EQ(class0(a->test, small), class0(b->test, large));
  EXPECT_EQ(class0(a->validation, small), class0(b->validation, large));
}

TEST(SplitRows, RoundsToLargestRemainders) {
  const auto table = count_classes(split_spec(.15, .15), dataset_of({10, 100, 7, 3}));
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_THAT(table->train, ElementsAre(7, 70, 5, 1));
  EXPECT_THAT(table->validation, ElementsAre(2, 15, 1, 1));
  EXPECT_THAT(table->test, ElementsAre(1, 15, 1, 1));
}

TEST(SplitRows, KeepsRowsOfFixedFilesWhereTheyAre) {
  Dataset data = dataset_of({10, 10});
  data.train_file_rows = 12, data.validation_file_rows = 4;
  DatasetSpec spec = split_spec(0, 0);
  const auto split = split_rows(spec, data, 3);
  ASSERT_TRUE(split.ok());
  EXPECT_THAT(split->validation, ElementsAre(12, 13, 14, 15));
  EXPECT_THAT(split->test, ElementsAre(16, 17, 18, 19));
  EXPECT_EQ(split->train.size(), 12U);
}

TEST(SplitRows, DividesTrainFilesWhereOnlyTestFilesAreGiven) {
  Dataset data = dataset_of({20, 20});
  data.train_file_rows = 30;
  const auto split = split_rows(split_spec(.2, 0), data, 3);
  ASSERT_TRUE(split.ok());
  EXPECT_EQ(split->train.size(), 24U);
  EXPECT_EQ(split->validation.size(), 6U);
  EXPECT_EQ(split->test.front(), 30U);
  EXPECT_EQ(split->test.size(), 10U);
}

TEST(SplitRows, NamesEveryClassThatAPartWouldLack) {
  const auto split = split_rows(split_spec(.2, .2), dataset_of({20, 2, 20, 1}), 1);
  EXPECT_EQ(split.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(split.status().message(),
            "data set example: no validation rows for class \"c3\" (1 row in all); every class needs rows in training, "
            "validation and test: add rows, raise that part's fraction, or leave the class out");
  EXPECT_THAT(count_classes(split_spec(.2, .2), dataset_of({20, 2, 20, 2})).status().message(),
              HasSubstr("no test rows for class \"c1\" (2 rows in all), \"c3\" (2 rows in all);"));
}

TEST(SplitRows, BalancedTakesAsManyRowsOfEachClassAsTheSmallestHas) {
  DatasetSpec spec = split_spec(.2, .2);
  spec.split.balanced = true;
  const Dataset data = dataset_of({50, 10, 30});
  const auto classes = count_classes(spec, data);
  ASSERT_TRUE(classes.ok()) << classes.status();
  EXPECT_THAT(classes->train, ElementsAre(6, 6, 6));
  EXPECT_THAT(classes->validation, ElementsAre(2, 2, 2));
  EXPECT_THAT(classes->test, ElementsAre(2, 2, 2));
  std::set<uint32_t> drawn;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const auto split = split_rows(spec, data, seed);
    ASSERT_TRUE(split.ok());
    std::set<uint32_t> rows;
    std::vector<int64_t> of_class(3);
    for (const auto* part : {&split->train, &split->validation, &split->test})
      for (const uint32_t row : *part) {
        EXPECT_TRUE(rows.insert(row).second) << "no row in two parts";
        ++of_class[data.labels[row]];
      }
    EXPECT_THAT(of_class, ElementsAre(10, 10, 10));
    drawn.insert(rows.begin(), rows.end());
  }
  EXPECT_GT(drawn.size(), 80U) << "every seed draws anew";
}

TEST(SplitRows, AClassThatOnlyTestFilesHoldIsAnError) {
  Dataset data = dataset_of({20, 20});
  data.class_names.push_back("new");
  data.labels.back() = 2;
  data.train_file_rows = 30;
  EXPECT_THAT(split_rows(split_spec(.2, 0), data, 3).status().message(),
              HasSubstr("no training rows for class \"new\" (1 row in all)"));
}

TEST(SplitRows, FractionsThatLeaveNothingAreAnError) {
  EXPECT_THAT(split_rows(split_spec(.5, .5), dataset_of({20, 20}), 3).status().message(),
              HasSubstr("leaves nothing to train on"));
}

}  // namespace
}  // namespace evensweep
