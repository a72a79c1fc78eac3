#include "sweeps/report/escape.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "common/model/json.h"

namespace evensweep {
namespace {

TEST(Escape, HtmlLeavesNoMarkup) {
  EXPECT_EQ(html_escape("<img src=x onerror=\"alert('1')\">&amp;"),
            "&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;amp;");
}

TEST(Escape, BrokenUtf8BecomesAReplacementCharacter) {
  EXPECT_EQ(clean_text("a\xff"
                       "b"),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(clean_text("\xC0\xAF"), "\xEF\xBF\xBD\xEF\xBF\xBD");           // overlong "/"
  EXPECT_EQ(clean_text("\xED\xA0\x80").substr(0, 3), "\xEF\xBF\xBD");      // a surrogate
  EXPECT_EQ(clean_text("\xF4\x90\x80\x80").substr(0, 3), "\xEF\xBF\xBD");  // beyond U+10FFFF
  EXPECT_EQ(clean_text("\xE2\x82"), "\xEF\xBF\xBD\xEF\xBF\xBD");           // cut off
  EXPECT_EQ(clean_text("na\xC3\xAFve \xE4\xBD\xA0 \xF0\x9F\x98\x80"), "na\xC3\xAFve \xE4\xBD\xA0 \xF0\x9F\x98\x80");
}

TEST(Escape, ControlAndReorderingCharactersBecomeSpaces) {
  EXPECT_EQ(clean_text("a\x1b[31m\nb\r\tc"), "a [31m b  c");
  EXPECT_EQ(clean_text("a\xE2\x80\xAE"
                       "b"),
            "a b");  // right-to-left override
  EXPECT_EQ(clean_text("a\xC2\x9B"
                       "b"),
            "a b");  // one-byte CSI
}

TEST(Escape, AnyBytesGiveTextThatJsonAndXmlAccept) {
  EXPECT_TRUE(rc::check("clean_text is valid UTF-8 without controls, and stays as it is when cleaned again",
                        [](const std::string& bytes) {
                          const std::string clean = clean_text(bytes);
                          RC_ASSERT(!Json(clean).dump().empty());
                          RC_ASSERT(clean_text(clean) == clean);
                          RC_ASSERT(clean.find_first_of("\n\r\t\x1b") == std::string::npos);
                          const std::string html = html_escape(bytes);
                          RC_ASSERT(html.find_first_of("<>\"'") == std::string::npos);
                          const std::string markdown = markdown_escape(bytes);
                          RC_ASSERT(markdown.find_first_of("<>\n") == std::string::npos);
                        }));
}

TEST(Escape, MarkdownIsLiteral) {
  EXPECT_EQ(markdown_escape("tpr_weighting(gamma=2)"), "tpr\\_weighting(gamma=2)");
  EXPECT_EQ(markdown_escape("a|b\n<b>&"), "a\\|b &lt;b&gt;&amp;");
  EXPECT_EQ(markdown_escape("[x](http://y)"), "\\[x\\](http\\://y)");
}

TEST(Escape, CsvQuotesOnlyWhereNeeded) {
  EXPECT_EQ(csv_text("plain (1)"), "plain (1)");
  EXPECT_EQ(csv_text(""), "");
  EXPECT_EQ(csv_text("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_text("say \"x\""), "\"say \"\"x\"\"\"");
  EXPECT_EQ(csv_text(" padded "), "\" padded \"");
}

TEST(Escape, CsvTextIsNeverAFormula) {
  for (const char* formula : {"=1+1", "+1", "-1", "@SUM(A1)", "  =1", "\t=1", "\r=1",
                              "\xEF\xBC\x9D"
                              "1"}) {
    const std::string field = csv_text(formula);
    EXPECT_TRUE(field.starts_with("'") || field.starts_with("\"'")) << formula << " became " << field;
  }
  EXPECT_EQ(csv_text("a=1"), "a=1");
}

TEST(Escape, TerminalTextFitsAndCutsVisibly) {
  EXPECT_EQ(terminal_text("short", 10), "short");
  EXPECT_EQ(terminal_text("tpr_weighting", 6), "tpr_w~");
  EXPECT_EQ(terminal_text("abc", 0), "");
  EXPECT_EQ(display_width("\xE4\xBD\xA0\xE5\xA5\xBD"), 4u);
  EXPECT_TRUE(rc::check("never wider than asked", [](const std::string& bytes) {
    const auto width = *rc::gen::inRange<size_t>(0, 40);
    RC_ASSERT(display_width(terminal_text(bytes, width)) <= width);
  }));
}

TEST(Escape, ShortenedCountsCharactersNotBytes) {
  EXPECT_EQ(shortened("\xC3\xA4\xC3\xB6\xC3\xBC", 3), "\xC3\xA4\xC3\xB6\xC3\xBC");
  EXPECT_EQ(shortened("abcdef", 4), "abc\xE2\x80\xA6");
}

}  // namespace
}  // namespace evensweep
