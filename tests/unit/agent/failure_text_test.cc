#include "agent/core/failure_text.h"

#include <gtest/gtest.h>

#include <csignal>

namespace evensweep {
namespace {

TEST(CleanText, LeavesGoodTextAlone) {
  for (const char* good : {"", "plain\nlines\twith tabs", "\u00e4\u00f6 \u20ac \U0001F600", "\ud7ff"})
    EXPECT_EQ(clean_text(good, 100), good);
}

// The ill-formed sequences of the Unicode standard, section 3.9: overlong, surrogate, too high, cut off, stray.
TEST(CleanText, ReplacesWhatIsNoUtf8) {
  EXPECT_EQ(clean_text("a\xffz", 100), "a?z");
  EXPECT_EQ(clean_text("\xc0\xaf", 100), "??");
  EXPECT_EQ(clean_text("\xe0\x80\xaf", 100), "???");
  EXPECT_EQ(clean_text("\xed\xa0\x80", 100), "???");
  EXPECT_EQ(clean_text("\xf4\x90\x80\x80", 100), "????");
  EXPECT_EQ(clean_text("\xe2\x82", 100), "??");
  EXPECT_EQ(clean_text(std::string_view("\x1b[0m\0\r", 6), 100), "?[0m??");
}

TEST(CleanText, CutsBetweenCharacters) {
  EXPECT_EQ(clean_text("ab\u20ac", 4), "ab");
  EXPECT_EQ(clean_text("ab\u20ac", 5), "ab\u20ac");
  EXPECT_EQ(clean_line("one\ntwo\tthree", 100), "one two three");
}

TEST(FailureOfExit, TellsMemoryFromOtherEnds) {
  EXPECT_EQ(failure_of_exit({true, SIGKILL}, "").failure, FailureClass::kOutOfMemory);
  const Failure crash = failure_of_exit({true, SIGSEGV}, "tail\n");
  EXPECT_EQ(crash.failure, FailureClass::kTrainerError);
  EXPECT_EQ(crash.message, "the trainer was killed by signal 11 (SIGSEGV) while training");
  EXPECT_EQ(crash.stderr_tail, "tail\n");
  EXPECT_EQ(failure_of_exit({false, 3}, "").message, "the trainer exited with code 3 while training");
}

}  // namespace
}  // namespace evensweep
