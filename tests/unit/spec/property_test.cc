#include <gmock/gmock.h>
#include <rapidcheck.h>

#include <algorithm>
#include <regex>

#include "common/base/file.h"
#include "common/base/text.h"
#include "common/model/json.h"
#include "sweeps/spec/load.h"
#include "tests/support/places.h"
#include "tests/unit/spec/sweep_text.h"

namespace evensweep {
namespace {

const std::string& digits_text() {
  static const std::string text = read_file(source_dir() + "/sweeps/digits.yaml").value_or("");
  return text;
}

// The lines of a file without its comments, where mutations would only rarely hit anything.
std::string without_comments(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    const std::string_view kept = line.substr(0, line.find('#'));
    if (kept.find_first_not_of(' ') != kept.npos) out.append(kept).append("\n");
    at = end + 1;
  }
  return out;
}

std::string mutated(std::string text) {
  static const std::vector<std::string> kPieces = {":",      "- ",
                                                   "[",      "]",
                                                   "{",      "}",
                                                   "&a ",    "*a",
                                                   "\"",     "'",
                                                   "\n",     "\t",
                                                   "  ",     "#",
                                                   "|",      ">",
                                                   "!!s ",   "? ",
                                                   "%",      "---",
                                                   "...",    ",",
                                                   "0",      "-1",
                                                   "1e999",  ".nan",
                                                   "~",      "\0x",
                                                   "\xff",   "\xEF\xBB\xBF",
                                                   "<<: *a", "true",
                                                   "gamma",  "method: focal"};
  const int edits = *rc::gen::inRange(1, 6);
  for (int i = 0; i < edits && !text.empty(); ++i) {
    const auto at = *rc::gen::inRange<size_t>(0, text.size());
    const auto length = *rc::gen::inRange<size_t>(0, 12);
    const auto kind = *rc::gen::inRange(0, 4);
    if (kind == 0)
      text.erase(at, length);
    else if (kind == 1)
      text.insert(at, *rc::gen::elementOf(kPieces));
    else if (kind == 2)
      text[at] = *rc::gen::arbitrary<char>();
    else
      text.insert(at, text.substr(*rc::gen::inRange<size_t>(0, text.size()), length * 4));
  }
  return text;
}

bool has_place(const std::string& line) {
  static const std::regex kPlace(R"((s\.yaml:[1-9]\d*:[1-9]\d*|override .*): .+)");
  return std::regex_match(line, kPlace);
}

TEST(SweepFileProperty, AnyMutationGivesASweepOrLinesWithPlaces) {
  const std::string text = without_comments(digits_text());
  ASSERT_FALSE(text.empty());
  EXPECT_TRUE(rc::check([&] {
    const std::string given = mutated(text);
    const DraftOrErrors result = parse_sweep_file(given, "s.yaml");
    RC_ASSERT(result.draft.has_value() == result.errors.empty());
    for (const std::string& line : result.errors) {
      RC_LOG() << line << "\n";
      RC_ASSERT(has_place(line));
      RC_ASSERT(valid_utf8(line));
    }
    if (result.draft) RC_ASSERT(!to_json(result.draft->sweep).dump().empty());
  }));
}

TEST(SweepFileProperty, AnyOverrideGivesASweepOrLinesWithPlaces) {
  EXPECT_TRUE(rc::check([] {
    const std::vector<std::string> overrides = {mutated("training.epochs=5"), mutated("methods.0.gamma=[1, 2]")};
    const DraftOrErrors result = parse_sweep_file(kGoodSweep, "s.yaml", overrides);
    RC_ASSERT(result.draft.has_value() == result.errors.empty());
    for (const std::string& line : result.errors) {
      RC_LOG() << line << "\n";
      RC_ASSERT(has_place(line));
    }
  }));
}

// A random good sweep, by way of its file.
Sweep some_sweep() {
  const auto fraction = *rc::gen::inRange(1, 40) / 100.0;
  const bool adam = *rc::gen::arbitrary<bool>();
  std::string text = with(
      kGoodSweep, "path: a.csv",
      "path: a.csv\n  split: {train: " + shortest(1 - 2 * fraction) + ", validation: " + shortest(fraction) +
          ", test: " + shortest(fraction) +
          ", seed: " + (*rc::gen::arbitrary<bool>() ? "block" : std::to_string(*rc::gen::arbitrary<uint64_t>())) + "}");
  text = with(text, "epochs: 5",
              "epochs: " + std::to_string(*rc::gen::inRange(1, 1000)) +
                  "\n  lr: " + shortest(*rc::gen::inRange(1, 9999) / 1e4) +
                  (adam ? "\n  optimizer: adam" : "\n  momentum: " + shortest(*rc::gen::inRange(0, 99) / 100.0)));
  text = with(text, "seeds: 3",
              "seeds: {start: " + std::to_string(*rc::gen::inRange<uint64_t>(0, UINT64_MAX - 10)) + ", count: 5}");
  text = with(text, "gamma: [1, 2]",
              "gamma: {distribution: uniform, min: -10, max: 10, count: 3, seed: " +
                  std::to_string(*rc::gen::arbitrary<uint64_t>()) + "}");
  DraftOrErrors result = parse_sweep_file(text, "s.yaml");
  RC_LOG() << text << "\n" << (result.errors.empty() ? "" : result.errors[0]);
  RC_ASSERT(result.draft.has_value());
  Sweep sweep = std::move(result.draft->sweep);
  sweep.dataset.train_files[0].sha256 = std::string(64, 'a');
  sweep.classes = {.names = {"a", "b"}, .train = {5, 6}, .validation = {1, 2}, .test = {3, 4}};
  return sweep;
}

TEST(SweepFileProperty, ItsJsonReadsBackAsTheSameSweep) {
  EXPECT_TRUE(rc::check([] {
    const Sweep sweep = some_sweep();
    const std::string json = to_json(sweep).dump();
    const StatusOr<Sweep> back = parse_sweep(json);
    RC_LOG() << back.status().ToString() << "\n";
    RC_ASSERT(back.ok());
    RC_ASSERT(to_json(*back).dump() == json);
    RC_ASSERT(back->arms == sweep.arms && back->seeds == sweep.seeds);
    RC_ASSERT(sweep_id(*back) == sweep_id(sweep));
  }));
}

size_t significant_digits(double value) {
  const std::string text = shortest(value);
  const size_t first = std::min(text.find_first_of("123456789"), text.size());
  return static_cast<size_t>(std::count_if(text.begin() + static_cast<std::ptrdiff_t>(first), text.end(),
                                           [](char c) { return c >= '0' && c <= '9'; }));
}

TEST(SweepFileProperty, LinearGridsAreEvenAndEndWhereTheyShould) {
  EXPECT_TRUE(rc::check([] {
    const int steps = *rc::gen::inRange(2, 60);
    const int tenths = *rc::gen::inRange(0, 50);
    const double min = tenths / 10.0, max = (tenths + *rc::gen::inRange(1, 50)) / 10.0;
    const std::string grid =
        "gamma: {min: " + shortest(min) + ", max: " + shortest(max) + ", steps: " + std::to_string(steps) + "}";
    const DraftOrErrors result = parse_sweep_file(with(kGoodSweep, "gamma: [1, 2]", grid), "s.yaml");
    RC_ASSERT(result.draft.has_value());
    const std::vector<Arm>& arms = result.draft->sweep.arms;
    RC_ASSERT(arms.size() == static_cast<size_t>(steps));
    const auto value = [&](size_t i) { return arms[i].parameters.at("gamma"); };
    RC_ASSERT(shortest(value(0)) == shortest(min) && shortest(value(arms.size() - 1)) == shortest(max));
    for (size_t i = 1; i < arms.size(); ++i) {
      RC_ASSERT(std::abs((value(i) - value(i - 1)) - (max - min) / (steps - 1)) < 1e-10);
      RC_ASSERT(significant_digits(value(i)) <= 12);
    }
  }));
}

}  // namespace
}  // namespace evensweep
