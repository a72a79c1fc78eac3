// The HTML and the Markdown document, as wholes.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "tests/unit/report/markup_check.h"
#include "tests/unit/report/report_fixture.h"

namespace evensweep {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

Markup checked(const std::string& html) {
  Markup markup = MarkupReader(html).read();
  EXPECT_EQ(markup.error, "");
  return markup;
}

void expect_inert(const Markup& markup) {
  for (const char* element : {"script", "img", "iframe", "object", "embed", "link", "base", "form", "image"})
    EXPECT_EQ(std::count(markup.elements.begin(), markup.elements.end(), element), 0) << element;
  for (const std::string& attribute : markup.attributes) {
    EXPECT_FALSE(attribute.starts_with("on")) << attribute;
    EXPECT_FALSE(attribute.starts_with("src=")) << attribute;
    EXPECT_TRUE(!attribute.starts_with("href=") || attribute.starts_with("href=#")) << attribute;
  }
}

TEST(ReportHtml, SaysEverythingThatItMust) {
  const std::string html = report_html(json_of(SyntheticOptions{}));
  const Markup markup = checked(html);
  expect_inert(markup);
  for (const char* title :
       {"Verdict", "Design", "How much more evenly the classes are treated", "What to keep in mind", "Arms",
        "Completeness", "Effect over the parameters", "True positive rates by class", "Evenness and accuracy",
        "Confusion matrices", "Every seed", "Class weights used", "Learning curves", "Robustness", "Cost", "Reproduce",
        "Answers for reproducibility checklists"})
    EXPECT_THAT(html, HasSubstr(std::string(">") + title + "</h2>"));
  EXPECT_THAT(html, HasSubstr("tpr_weighting(gamma=1)"));
  EXPECT_THAT(html, HasSubstr("effective"));
  EXPECT_THAT(html, HasSubstr("prefers-color-scheme:dark"));
  EXPECT_THAT(html, HasSubstr("@media print"));
  EXPECT_LT(html.find(">Verdict<"), html.find(">Design<"));
}

TEST(ReportHtml, EveryDrawingHasATitleAndADescription) {
  const Markup markup = checked(report_html(json_of(SyntheticOptions{})));
  const auto count = [&](const char* attribute) {
    return std::count(markup.attributes.begin(), markup.attributes.end(), attribute);
  };
  const auto drawings = std::count(markup.elements.begin(), markup.elements.end(), "svg");
  EXPECT_GT(drawings, 10);
  EXPECT_EQ(count("role=img") + count("aria-hidden=true"), drawings);
  EXPECT_EQ(std::count(markup.elements.begin(), markup.elements.end(), "desc"), count("role=img"));
}

TEST(ReportHtml, ContentsLeadToEverySection) {
  const Markup markup = checked(report_html(json_of(SyntheticOptions{})));
  size_t links = 0;
  for (const std::string& attribute : markup.attributes) {
    if (!attribute.starts_with("href=#") || attribute == "href=#cells-baseline") continue;
    ++links;
    EXPECT_EQ(std::count(markup.attributes.begin(), markup.attributes.end(), "id=" + attribute.substr(6)), 1)
        << attribute;
  }
  EXPECT_GE(links, 17u);
}

TEST(ReportHtml, EveryTableHasACaptionAndHeadings) {
  const Markup markup = checked(report_html(json_of(hostile_options())));
  const auto count = [&](const char* element) {
    return std::count(markup.elements.begin(), markup.elements.end(), element);
  };
  EXPECT_GT(count("table"), 10);
  EXPECT_EQ(count("caption"), count("table"));
  EXPECT_EQ(count("thead"), count("table"));
}

TEST(ReportHtml, HostileTextIsInert) {
  const Json json = json_of(hostile_options());
  const std::string html = report_html(json);
  expect_inert(checked(html));
  EXPECT_THAT(html, HasSubstr("&lt;img src=x onerror=alert(1)&gt;"));
  EXPECT_THAT(html, Not(HasSubstr("<img")));
  EXPECT_THAT(html, Not(HasSubstr("\x1b")));
}

TEST(ReportMarkdown, HostileTextIsInert) {
  const std::string markdown = report_markdown(json_of(hostile_options()));
  EXPECT_THAT(markdown, Not(HasSubstr("<")));
  for (size_t at = markdown.find_first_of("[]"); at != std::string::npos; at = markdown.find_first_of("[]", at + 1))
    ASSERT_TRUE(at > 0 && markdown[at - 1] == '\\') << "a bracket that could make a link at byte " << at;
  EXPECT_THAT(markdown, Not(HasSubstr("\n=1+1"))) << "a line feed in a name must not start a line";
  EXPECT_THAT(markdown, HasSubstr("&lt;img src=x onerror=alert(1)&gt;"));
}

TEST(ReportMarkdown, RowsOfATableHaveItsColumns) {
  std::string markdown = report_markdown(json_of(hostile_options()));
  size_t columns = 0, rows = 0;
  for (size_t at = 0; at < markdown.size();) {
    const size_t end = markdown.find('\n', at);
    const std::string line = markdown.substr(at, end - at);
    at = end + 1;
    if (!line.starts_with("|")) {
      columns = 0;
      continue;
    }
    size_t bars = 0;
    for (size_t i = 0; i < line.size(); ++i) bars += line[i] == '|' && (i == 0 || line[i - 1] != '\\') ? 1 : 0;
    if (columns == 0) columns = bars;
    EXPECT_EQ(bars, columns) << line;
    ++rows;
  }
  EXPECT_GT(rows, 20u);
}

TEST(Report, IncompleteSweepsSaySoFirst) {
  const Json json = json_of(hostile_options());
  const std::string html = report_html(json);
  EXPECT_THAT(html, HasSubstr("class=\"warn\""));
  EXPECT_LT(html.find("Incomplete: "), html.find(">Verdict<"));
  EXPECT_THAT(html, HasSubstr("out_of_memory"));
  EXPECT_THAT(report_markdown(json), HasSubstr("Incomplete: "));
  const std::string complete = report_html(json_of(SyntheticOptions{}));
  EXPECT_THAT(complete, Not(HasSubstr("class=\"warn\"")));
}

TEST(Report, IdentitiesAreNamed) {
  const Json json = json_of(SyntheticOptions{});
  EXPECT_THAT(report_html(json), HasSubstr("identity: same as baseline"));
  EXPECT_THAT(report_markdown(json), HasSubstr("its treatment is that of the baseline"));
}

TEST(Report, SaysWhetherIntervalsHoldForAllArmsTogether) {
  SweepResults results = synthetic_results();
  const Json together = json_of(results);
  results.sweep.analysis.correction = "holm";
  const Json alone = json_of(results);
  for (const auto& document : {report_html, report_markdown}) {
    EXPECT_THAT(document(together), HasSubstr("simultaneous CI"));
    EXPECT_THAT(document(together), HasSubstr("adjusted by step-down max-T"));
    EXPECT_THAT(document(alone), AllOf(HasSubstr("Holm-adjusted"), Not(HasSubstr("simultaneous"))));
  }
  EXPECT_THAT(report_html(together), HasSubstr("simultaneous confidence interval"));
}

TEST(Report, ThePrimaryComparisonComesFirst) {
  SweepResults results = synthetic_results();
  results.sweep.analysis.primary = "tpr_weighting(gamma=2)";
  const std::string markdown = report_markdown(json_of(results));
  EXPECT_LT(markdown.find("**tpr\\_weighting(gamma=2)** (primary)"), markdown.find("**tpr\\_weighting(gamma=0.5)**"));
}

TEST(Report, AnyNumberOfClassesArmsAndSeeds) {
  for (const auto& [classes, seeds, arms] :
       std::vector<std::array<size_t, 3>>{{2, 1, 1}, {2, 2, 1}, {3, 6, 40}, {26, 3, 12}, {40, 2, 2}}) {
    SCOPED_TRACE(::testing::Message() << classes << " classes, " << seeds << " seeds, " << arms << " arms");
    const Json json = json_of(with_size(classes, seeds, arms));
    checked(report_html(json));
    EXPECT_THAT(report_markdown(json), HasSubstr("Verdict"));
  }
}

TEST(Report, StaysSmallFor26ClassesAnd12Arms) {
  EXPECT_LT(report_html(json_of(with_size(26, 10, 12))).size(), 1'000'000u);
}

TEST(Report, NothingFinished) {
  SyntheticOptions options;
  options.seeds = 3;
  for (size_t seed = 0; seed < 3; ++seed)
    options.losses.push_back({.arm = 0, .seed = seed, .is_failure = false, .failure = {}});
  const Json json = json_of(options);
  checked(report_html(json));
  EXPECT_THAT(report_markdown(json), HasSubstr("not testable"));
  EXPECT_EQ(json["completeness"]["blocks_complete"], 0);
}

TEST(Report, AnyJsonGivesADocumentAndNoException) {
  const Json whole = json_of(with_size(3, 2, 2));
  std::vector<Json> documents = {
      Json(), Json::array(), Json(3), Json::object(), {{"arms", 7}, {"runs", "x"}, {"sweep", {1, 2}}}};
  for (const auto& [name, value] : whole.items()) {  // each member gone, and each of a wrong type
    Json without = whole;
    without.erase(name);
    documents.push_back(without);
    for (const Json& wrong : {Json("text"), Json(-1), Json({{"a", 1}}), Json({1, "b", nullptr})}) {
      documents.push_back(whole);
      documents.back()[name] = wrong;
    }
  }
  Json ragged = whole;
  ragged["runs"][0]["test"] = {{1, 2}, {3}, "x"};
  ragged["arms"][0]["classes"][0] = nullptr;
  ragged["runs"][1]["curve"] = {{{"epoch", "x"}, {"train_loss", 1e308}}};
  documents.push_back(ragged);
  for (const Json& document : documents) {
    checked(report_html(document));
    EXPECT_FALSE(report_markdown(document).empty());
    EXPECT_FALSE(trials_csv(document).empty());
    EXPECT_FALSE(terminal_table(document, {}).empty());
  }
}

}  // namespace
}  // namespace evensweep
