#include "agent/process/stderr_tail.h"

#include <gtest/gtest.h>

namespace evensweep {
namespace {

TEST(StderrTail, KeepsTheLastLines) {
  StderrTail tail;
  std::string last;
  for (size_t line = 0; line < 100; ++line) {
    tail.add("line " + std::to_string(line) + "\n");
    if (line >= 100 - StderrTail::kLines) last += "line " + std::to_string(line) + "\n";
  }
  EXPECT_EQ(tail.text(), last);
}

TEST(StderrTail, JoinsLinesThatComeInPieces) {
  StderrTail tail;
  for (const char* piece : {"a", "b\n\nc", "d", "\ne"}) tail.add(piece);
  EXPECT_EQ(tail.text(), "ab\n\ncd\ne");
}

TEST(StderrTail, KeepsTheEndOfAnEndlessLine) {
  StderrTail tail;
  for (int piece = 0; piece < 1000; ++piece) tail.add(std::string(100, 'x'));
  tail.add("the end");
  EXPECT_EQ(tail.text().size(), StderrTail::kBytes);
  EXPECT_TRUE(tail.text().ends_with("xthe end"));
}

TEST(StderrTail, LongLinesCountByTheirBytes) {
  StderrTail tail;
  for (int line = 0; line < 10; ++line) tail.add(std::string(3000, static_cast<char>('a' + line)) + "\n");
  EXPECT_EQ(tail.text(), std::string(3000, 'i') + "\n" + std::string(3000, 'j') + "\n");
}

}  // namespace
}  // namespace evensweep
