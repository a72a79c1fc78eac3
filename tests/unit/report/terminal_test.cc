#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "sweeps/report/escape.h"
#include "tests/unit/report/report_fixture.h"

namespace evensweep {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at);
    lines.push_back(text.substr(at, end - at));
    at = end == std::string::npos ? text.size() : end + 1;
  }
  return lines;
}

std::string without_colors(std::string text) {
  for (size_t at = text.find('\x1b'); at != std::string::npos; at = text.find('\x1b', at))
    text.erase(at, text.find('m', at) - at + 1);
  return text;
}

TEST(TerminalTable, FitsEveryWidth) {
  for (const SyntheticOptions& options : {SyntheticOptions{}, hostile_options(), with_size(2, 1, 1)}) {
    const Json json = json_of(options);
    for (int width = 20; width <= 200; ++width)
      for (const std::string& line : lines_of(terminal_table(json, {.width = width, .color = false})))
        ASSERT_LE(display_width(line), static_cast<size_t>(width)) << line;
  }
}

TEST(TerminalTable, WideTerminalsGetOneLineForEachArm) {
  const std::vector<std::string> lines =
      lines_of(terminal_table(json_of(SyntheticOptions{}), {.width = 200, .color = false}));
  const auto row = std::find_if(lines.begin(), lines.end(),
                                [](const std::string& line) { return line.starts_with("tpr_weighting(gamma=1)"); });
  ASSERT_NE(row, lines.end());
  EXPECT_THAT(*row, HasSubstr("effective"));
  EXPECT_THAT(*row, ::testing::ContainsRegex("\\+[0-9.]+ \\[[0-9.]+, [0-9.]+\\]"));
}

TEST(TerminalTable, EveryWidthNamesEveryArmAndVerdict) {
  const Json json = json_of(SyntheticOptions{});
  for (int width : {60, 80, 100, 160}) {
    std::string text = terminal_table(json, {.width = width, .color = false});
    for (const Json& arm : json["arms"]) EXPECT_THAT(text, HasSubstr(arm["name"].get<std::string>())) << width;
    EXPECT_THAT(text, HasSubstr("harmful")) << width;
    EXPECT_THAT(text, HasSubstr("identity")) << width;
  }
}

TEST(TerminalTable, ColorsAreAddedOnTopAndEndWithTheirLine) {
  const Json json = json_of(SyntheticOptions{});
  for (int width : {40, 100, 160}) {
    const std::string plain = terminal_table(json, {.width = width, .color = false});
    const std::string colored = terminal_table(json, {.width = width, .color = true});
    EXPECT_THAT(plain, Not(HasSubstr("\x1b")));
    EXPECT_THAT(colored, HasSubstr("\x1b["));
    EXPECT_EQ(without_colors(colored), plain);
    for (const std::string& line : lines_of(colored))
      EXPECT_TRUE(line.find('\x1b') == std::string::npos || line.ends_with("\x1b[0m")) << line;
  }
}

TEST(TerminalTable, NoEscapeSequenceOfAUserGetsThrough) {
  for (int width : {30, 80, 200})
    EXPECT_THAT(terminal_table(json_of(hostile_options()), {.width = width, .color = false}), Not(HasSubstr("\x1b")));
}

TEST(TerminalTable, SaysWhatIsMissing) {
  EXPECT_THAT(terminal_table(json_of(hostile_options()), {.width = 200, .color = false}),
              HasSubstr("Incomplete: 41 of 48 runs finished, 1 failed, 6 missing."));
}

}  // namespace
}  // namespace evensweep
