#include "cli/text_table.h"

#include <gtest/gtest.h>

#include "cli/screen.h"

namespace evensweep {
namespace {

const std::vector<TextColumn> kColumns = {{.title = "ID"},
                                          {.title = "NAME", .rank = 1, .least = 5},
                                          {.title = "DONE", .right = true},
                                          {.title = "AGE", .right = true, .rank = 2}};
const std::vector<std::vector<std::string>> kRows = {{"ab12", "a long name", "3/80", "12 min"},
                                                     {"cd34", "short", "80/80", "4 d"}};

TEST(TextTable, StandsInColumns) {
  EXPECT_EQ(text_table(kColumns, kRows, kUnbounded),
            "ID    NAME          DONE     AGE\n"
            "ab12  a long name   3/80  12 min\n"
            "cd34  short        80/80     4 d\n");
}

TEST(TextTable, CutsThenDropsWhatMattersLeast) {
  EXPECT_EQ(text_table(kColumns, kRows, 28),
            "ID    NAME      DONE     AGE\n"
            "ab12  a long…   3/80  12 min\n"
            "cd34  short    80/80     4 d\n");
  EXPECT_EQ(text_table(kColumns, kRows, 20),
            "ID    NAME      DONE\n"
            "ab12  a long…   3/80\n"
            "cd34  short    80/80\n");
  EXPECT_EQ(text_table(kColumns, kRows, 12),
            "ID     DONE\n"
            "ab12   3/80\n"
            "cd34  80/80\n");
}

TEST(TextTable, IsNoWiderThanAskedForWhereItCanBe) {
  for (size_t width = 11; width < 60; ++width) {
    const std::string text = text_table(kColumns, kRows, width);
    for (size_t at = 0; at < text.size(); at = text.find('\n', at) + 1)
      EXPECT_LE(characters(text.substr(at, text.find('\n', at) - at)), width);
  }
}

TEST(TextTable, SendsNothingToATerminalThatMovesItsCursor) {
  EXPECT_EQ(printable("a\x1b[31mb\nc\td\x7f"), "a [31mb c d ");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m \xc3\xa9"),
            " 31m \xc3\xa9");
  EXPECT_EQ(printable("\xff\xfe ok"), " ok");
  EXPECT_EQ(text_table({{.title = "T"}}, {{"\x1b]0;x\x07"}}, 80), "T\n ]0;x\n");
}

TEST(TextTable, CutsCharactersNotBytes) {
  EXPECT_EQ(cut_to("äöüß", 4), "äöüß");
  EXPECT_EQ(cut_to("äöüß", 3), "äö…");
  EXPECT_EQ(cut_to("abc", 1), "…");
  EXPECT_EQ(cut_to("abc", 0), "");
  EXPECT_EQ(characters("äöüß"), 4);
}

TEST(TextTable, OfNothingIsItsTitles) { EXPECT_EQ(text_table(kColumns, {}, 80), "ID  NAME  DONE  AGE\n"); }

TEST(Screen, DrawsOverWhatWasThere) {
  EXPECT_EQ(redraw("a\nb\n", 0), "a\x1b[K\nb\x1b[K\n\x1b[J");
  EXPECT_EQ(redraw("c\n", 2), "\x1b[2A\rc\x1b[K\n\x1b[J");
}

TEST(TextTable, CountsColumnsNotCharacters) {
  EXPECT_EQ(characters("漢字"), 4u);
  EXPECT_EQ(characters("e\xcc\x81"), 1u);
  EXPECT_EQ(cut_to("漢字漢字", 6), "漢字…");
  EXPECT_EQ(cut_to("漢字漢字", 4), "漢…");
  EXPECT_EQ(text_table({{.title = "A"}, {.title = "B"}}, {{"漢字", "x"}, {"abc", "y"}}, 80),
            "A     B\n漢字  x\nabc   y\n");
}

TEST(TextTable, NamesDoNotTurnTheirLineAround) {
  EXPECT_EQ(printable("a\xe2\x80\xae"
                      "b\xe2\x81\xa6"
                      "c\xe2\x80\x94"),
            "abc\xe2\x80\x94");
}

TEST(Screen, ShowsNoMoreLinesThanThereAre) {
  EXPECT_EQ(first_lines("a\nb\nc\n", 3), "a\nb\nc\n");
  EXPECT_EQ(first_lines("a\nb\nc\n", 2), "a\nand 2 more lines\n");
  EXPECT_EQ(first_lines("a\nb\nc\n", 1), "and 3 more lines\n");
  EXPECT_EQ(first_lines("a\n", 0), "");
}

}  // namespace
}  // namespace evensweep
