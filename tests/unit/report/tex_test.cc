#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <set>
#include <string>

#include "sweeps/report/escape.h"
#include "sweeps/report/exports.h"
#include "tests/unit/report/report_fixture.h"

namespace evensweep {
namespace {

using ::testing::HasSubstr;

// Reads what tex_escape may write as TeX would; "" if nothing in it is a command of the text's own.
std::string fault_of(const std::string& tex) {
  const std::set<std::string> words = {"textbackslash", "textasciicircum", "textasciitilde", "textless",
                                       "textgreater",   "textbraceright",  "textbraceleft",  "textbar",
                                       "string",        "textsuperscript"};
  int depth = 0;
  for (size_t i = 0; i < tex.size(); ++i) {
    const char c = tex[i];
    if (c == '{') ++depth;
    if (c == '}' && --depth < 0) return "a brace too many";
    if (std::string("$&#_%^~<>|").find(c) != std::string::npos) return std::string("a bare ") + c;
    if (std::string("[]*'`\"").find(c) != std::string::npos && depth == 0) return std::string("an open ") + c;
    if (c == '-' && i + 1 < tex.size() && tex[i + 1] == '-') return "a ligature";
    if (c != '\\') continue;
    if (i + 1 < tex.size() && std::string("$&#_%").find(tex[i + 1]) != std::string::npos) {
      ++i;
      continue;
    }
    size_t end = i + 1;
    while (end < tex.size() && std::isalpha(static_cast<unsigned char>(tex[end])) != 0) ++end;
    if (!words.contains(tex.substr(i + 1, end - i - 1))) return "the command " + tex.substr(i, end - i);
    if (end == tex.size() || (tex[end] != '{' && tex[end] != '"')) return "a command that eats what follows";
    i = end - (tex[end] == '{' ? 1 : 0);
  }
  return depth == 0 ? "" : "an open brace";
}

TEST(TexEscape, HostileNamesArePlainText) {
  for (const char* name :
       {"\\input{/etc/passwd}", "a & b \\\\ c", "100 % sure", "$x^2$", "a_b~c#d", "{", "}", "}{", "[2cm]", "*",
        "--- ``quoted'' \"x\"", "\\", "\\\\[3pt]", "^^5cinput", "a\n\nb", "<|>", kHostile}) {
    EXPECT_EQ(fault_of(tex_escape(name)), "") << name << " became " << tex_escape(name);
  }
}

TEST(TexEscape, ReadsAsItWas) {
  EXPECT_EQ(tex_escape("tpr_weighting(gamma=-2)"), "tpr\\_weighting(gamma=-2)");
  EXPECT_EQ(tex_escape("5 % & #1"), "5 \\% \\& \\#1");
  EXPECT_EQ(tex_escape("a\\b"), "a\\textbackslash{}b");
  EXPECT_EQ(tex_escape("[x]"), "{[}x{]}");
  EXPECT_EQ(tex_escape("D, pp\xC2\xB2"), "D, pp\\textsuperscript{2}");
  EXPECT_EQ(tex_escape("\xC3\xA4\xE4\xBD\xA0"), "\xC3\xA4\xE4\xBD\xA0") << "letters of any language stay";
}

TEST(TexEscape, AnyTextIsPlain) {
  EXPECT_TRUE(rc::check("any bytes", [](const std::string& bytes) { RC_ASSERT(fault_of(tex_escape(bytes)) == ""); }));
  EXPECT_TRUE(rc::check("any sequence of special characters", [] {
    const auto text = *rc::gen::container<std::string>(rc::gen::elementOf(std::string("\\{}$&#^_~%<>|\"'`-[]*a")));
    RC_ASSERT(fault_of(tex_escape(text)) == "");
  }));
}

const Table kTable{.header = {"Arm", "D_u, pp\xC2\xB2", "p", "Verdict"},
                   .rows = {{"a", "+1.2 [-0.3, 2.7]", "0.25", "inconclusive"},
                            {"b_1", "-2.0 [-4.0, 0.1]", "<0.0001", "harmful"},
                            {"c", "+1.2 [0.9, 1.5]", "n/a", "-"}}};

TEST(TexTable, IsATabularOfBooktabsThatFloats) {
  EXPECT_EQ(tex_table(kTable, {{0, 1}}, "D_u, 100 % of it", "all"),
            "% Needs \\usepackage{booktabs} and \\usepackage{graphicx}.\n"
            "\\begin{table}\n"
            "\\centering\n"
            "\\caption{$D_u$, 100 \\% of it}\n"
            "\\label{tab:evensweep-all}\n"
            "\\sbox0{%\n"
            "\\begin{tabular}{lrrl}\n"
            "\\toprule\n"
            "Arm & $D_u$, pp\\textsuperscript{2} & p & Verdict \\\\\n"
            "\\midrule\n"
            "a & \\textbf{+1.2 {[}$-$0.3, 2.7{]}} & 0.25 & inconclusive \\\\\n"
            "b\\_1 & $-$2.0 {[}$-$4.0, 0.1{]} & \\textless{}0.0001 & harmful \\\\\n"
            "c & +1.2 {[}0.9, 1.5{]} & n/a & - \\\\\n"
            "\\bottomrule\n"
            "\\end{tabular}%\n"
            "}%\n"
            "\\ifdim\\wd0>\\linewidth\\resizebox{\\linewidth}{!}{\\usebox0}\\else\\usebox0\\fi\n"
            "\\end{table}\n");
  EXPECT_EQ(tex_table({}, {}, "", ""), "");
}

TEST(TexTable, BestOfAColumnAreAllThatAreEqual) {
  EXPECT_EQ(best_of_column(kTable, 1, Better::kHigher), (std::set<CellPlace>{{0, 1}, {2, 1}}));
  EXPECT_EQ(best_of_column(kTable, 1, Better::kLower), (std::set<CellPlace>{{1, 1}}));
  EXPECT_TRUE(best_of_column(kTable, 2, Better::kLower).empty()) << "one number has nothing to be better than";
  EXPECT_TRUE(best_of_column(kTable, 9, Better::kLower).empty());
}

TEST(TexTable, TheHigherOfTwoColumns) {
  const Table table{.header = {"Class", "Before", "After"},
                    .rows = {{"x", "1.0", "2.0"}, {"y", "3", "3"}, {"z", "5", "n/a"}}};
  EXPECT_EQ(higher_of_columns(table, 1, 2), (std::set<CellPlace>{{0, 2}}));
}

TEST(TexTable, TheReportsTablesHaveTheirColumnsInEveryRow) {
  for (const ReportFile& file : report_files(json_of(hostile_options()))) {
    if (!file.path.ends_with(".tex")) continue;
    size_t columns = 0;
    for (size_t at = 0; at < file.content.size();) {
      const size_t end = file.content.find('\n', at);
      const std::string line = file.content.substr(at, end - at);
      at = end + 1;
      if (!line.ends_with(" \\\\")) continue;
      size_t cells = 1;
      for (size_t i = 0; i < line.size(); ++i) cells += line[i] == '&' && (i == 0 || line[i - 1] != '\\') ? 1 : 0;
      if (columns == 0) columns = cells;
      EXPECT_EQ(cells, columns) << file.path << ": " << line;
    }
    EXPECT_GT(columns, 1u) << file.path;
  }
}

}  // namespace
}  // namespace evensweep
