#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "common/base/hash.h"
#include "common/base/text.h"
#include "sweeps/report/paper.h"
#include "tests/unit/report/markup_check.h"
#include "tests/unit/report/report_fixture.h"

namespace evensweep {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::map<std::string, std::string> files_of(const Json& results) {
  std::map<std::string, std::string> files;
  for (const ReportFile& file : report_files(results))
    EXPECT_TRUE(files.emplace(file.path, file.content).second) << file.path << " twice";
  return files;
}

std::set<std::string> names_of(const std::map<std::string, std::string>& files) {
  std::set<std::string> names;
  for (const auto& [name, content] : files) names.insert(name);
  return names;
}

TEST(ReportFiles, AreThese) {
  SyntheticOptions options = with_size(3, 2, 1);
  options.arms.push_back({.arm = {"focal", {{"gamma", 2}}, {}}, .pull = 0, .accuracy_change = 0, .identity = true});
  EXPECT_EQ(names_of(files_of(json_of(options))),
            (std::set<std::string>{"figures/classes-01-tpr_weighting-gamma-0.25.svg",
                                   "figures/completeness.svg",
                                   "figures/confusion-01-tpr_weighting-gamma-0.25.svg",
                                   "figures/confusion-baseline.svg",
                                   "figures/confusion-change-01-tpr_weighting-gamma-0.25.svg",
                                   "figures/curves-accuracy.svg",
                                   "figures/curves-loss.svg",
                                   "figures/forest.svg",
                                   "figures/seeds.svg",
                                   "figures/tradeoff.svg",
                                   "provenance.json",
                                   "report.bib",
                                   "report.html",
                                   "report.md",
                                   "results.json",
                                   "tables/arms.csv",
                                   "tables/arms.tex",
                                   "tables/blocks.tex",
                                   "tables/classes.csv",
                                   "tables/classes-01-tpr_weighting-gamma-0.25.tex",
                                   "tables/confusion.csv",
                                   "tables/cost.tex",
                                   "tables/effects.tex",
                                   "tables/measures.tex",
                                   "tables/other-tests.tex",
                                   "tables/robustness.tex",
                                   "tables/weights.csv",
                                   "tables/weights.tex",
                                   "trials.csv"}))
      << "an identity has nothing to show";
}

TEST(ReportFiles, ResultsJsonComesLast) {
  EXPECT_EQ(report_files(json_of(with_size(3, 2, 1))).back().path, "results.json");
}

TEST(ReportFiles, AreTheSameBytesWhenMadeAgainFromResultsJson) {
  const auto first = files_of(json_of(hostile_options()));
  const StatusOr<Json> read = parse_results(first.at("results.json"));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(files_of(*read), first);
}

TEST(ReportFiles, NamesAreSafeWhateverArmsAreCalled) {
  SyntheticOptions options = with_size(3, 2, 4);
  options.arms[0].arm.options["x"] = "../../etc/passwd";
  options.arms[1].arm.options["x"] = "/";
  options.arms[2].arm.options["x"] = std::string(300, 'x');
  options.arms[3].arm.method = kHostile;
  for (const auto& [name, content] : files_of(json_of(options))) {
    EXPECT_LT(name.size(), 80u);
    EXPECT_EQ(name.find("/../"), std::string::npos) << name;
    EXPECT_LE(std::count(name.begin(), name.end(), '/'), 1) << name;
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/"),
              std::string::npos)
        << name;
  }
}

TEST(ReportFiles, FiguresStandAlone) {
  size_t figures = 0;
  for (const auto& [name, content] : files_of(json_of(hostile_options()))) {
    if (!name.ends_with(".svg")) continue;
    ++figures;
    ASSERT_TRUE(content.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg "));
    EXPECT_EQ(MarkupReader(std::string_view(content).substr(content.find('\n') + 1)).read().error, "") << name;
    EXPECT_THAT(content, Not(HasSubstr("var(")));
    EXPECT_THAT(content, Not(HasSubstr("<use"))) << "a drawing in another file cannot be referred to";
    EXPECT_THAT(content, HasSubstr("#0067a5"));
  }
  EXPECT_EQ(figures, 24u)
      << "forest, trade-off, seeds, completeness, two of gammas, two curves, the baseline, three of each of five arms";
}

TEST(ReportFiles, TheBestArmIsInBold) {
  const Json json = json_of(with_size(3, 4, 3));
  const std::string table = files_of(json).at("tables/arms.tex");
  size_t best = 0;
  for (size_t i = 1; i < 3; ++i)
    if (json["arms"][i]["d_unbiased"]["mean"] > json["arms"][best]["d_unbiased"]["mean"]) best = i;
  const size_t row = table.find("tpr\\_weighting(gamma=" + shortest(0.25 * static_cast<double>(best + 1)) + ")");
  ASSERT_NE(row, std::string::npos);
  EXPECT_THAT(table.substr(row, table.find('\n', row) - row), HasSubstr("& \\textbf{+")) << "the largest D_u";
}

TEST(ReportFiles, CurvesHaveTheirKey) {
  EXPECT_THAT(files_of(json_of(with_size(3, 2, 2))).at("figures/curves-loss.svg"),
              HasSubstr(">tpr_weighting(gamma=0.5)</text>"));
}

TEST(ReportFiles, CaptionsOfTablesSayTestNumberAndCorrection) {
  const std::string table = files_of(json_of(SyntheticOptions{})).at("tables/arms.tex");
  EXPECT_THAT(table, HasSubstr("n = 8 seeds; sign-flip test of $D_u$, one-sided ($D_u$ \\textgreater{} 0), adjusted by "
                               "step-down max-T, family of 5"));
}

TEST(ReportFiles, PdfsAreAmongThemAndInTheProvenance) {
  const Json json = json_of(with_size(3, 2, 1));
  size_t drawings = 0;
  const PdfPrinter printer{.figure =
                               [&](const std::string& svg, const std::string& date) {
                                 EXPECT_THAT(svg, ::testing::StartsWith("<?xml"));
                                 EXPECT_EQ(date, "2026-11-23T10:00:00Z");
                                 ++drawings;
                                 return StatusOr<std::string>("a drawing");
                               },
                           .paper = [](const Paper& paper) { return StatusOr<std::string>(paper.title); }};
  StatusOr<std::vector<ReportFile>> pdfs = report_pdfs(json, printer);
  ASSERT_TRUE(pdfs.ok()) << pdfs.status();
  const std::vector<ReportFile> files = report_files(json, *pdfs);
  const auto content_of = [&](const std::string& path) {
    const auto found = std::find_if(files.begin(), files.end(), [&](const ReportFile& f) { return f.path == path; });
    return found == files.end() ? "none" : found->content;
  };
  EXPECT_EQ(content_of("report.pdf"), "Evensweep report: synthetic");
  EXPECT_EQ(content_of("figures/forest.pdf"), "a drawing");
  EXPECT_EQ(drawings, 10u);
  EXPECT_THAT(content_of("provenance.json"), HasSubstr("figures/forest.pdf"));
  EXPECT_EQ(files.back().path, "results.json");
}

TEST(ReportFiles, APdfThatCannotBeMadeIsSaid) {
  const PdfPrinter printer{
      .figure = [](const std::string&,
                   const std::string&) { return StatusOr<std::string>(absl::FailedPreconditionError("no font")); },
      .paper = [](const Paper&) { return StatusOr<std::string>(""); }};
  EXPECT_EQ(report_pdfs(json_of(with_size(3, 2, 1)), printer).status().message(), "no font");
}

TEST(ReportFiles, ProvenanceHasTheDigestOfEveryOtherFile) {
  auto files = files_of(json_of(with_size(3, 2, 1)));
  const Json provenance = Json::parse(files.at("provenance.json"));
  files.erase("provenance.json");
  std::map<std::string, std::string> digests, expected;
  for (const Json& file : provenance["files"]) digests[file["file"]] = file["sha256"];
  for (const auto& [name, content] : files) expected[name] = sha256_hex(content);
  EXPECT_EQ(digests, expected);
  EXPECT_EQ(provenance["data"],
            Json::array({{{"file", "synthetic.csv"}, {"sha256", std::string(64, 'a')}, {"role", "train_files"}}}));
  SweepResults own_model = synthetic_results(with_size(3, 2, 1));
  own_model.sweep.model = {.name = kTorchscript, .file = DataFile{.path = "/x/net.pt", .sha256 = std::string(64, 'c')}};
  EXPECT_EQ(Json::parse(files_of(json_of(own_model)).at("provenance.json"))["data"][1],
            Json({{"file", "net.pt"}, {"sha256", std::string(64, 'c')}, {"role", "model"}}));
  EXPECT_THAT(provenance["program"].get<std::string>(), ::testing::StartsWith("evensweep "));
  EXPECT_EQ(provenance["trainers"][0]["device"], "cpu (AVX2)");
}

TEST(ReportFiles, TheBibliographyNamesWhatWasUsed) {
  SweepResults results = synthetic_results(with_size(3, 2, 1));
  results.sweep.analysis.correction = "none";
  const std::string plain = files_of(json_of(results)).at("report.bib");
  EXPECT_THAT(plain, Not(HasSubstr("holm1979simple")));
  EXPECT_THAT(plain, Not(HasSubstr("westfall1993resampling")));
  EXPECT_THAT(files_of(json_of(SyntheticOptions{})).at("report.bib"), HasSubstr("westfall1993resampling"));
  EXPECT_THAT(plain, Not(HasSubstr("cui2019class")));
  results.sweep.analysis.correction = "holm";
  EXPECT_THAT(files_of(json_of(results)).at("report.bib"), HasSubstr("holm1979simple"));
  EXPECT_THAT(files_of(json_of(SyntheticOptions{})).at("report.bib"), HasSubstr("cui2019class"));
  const std::string hostile = files_of(json_of(hostile_options())).at("report.bib");
  EXPECT_EQ(std::count(hostile.begin(), hostile.end(), '{'), std::count(hostile.begin(), hostile.end(), '}'));
}

TEST(ReportFiles, AnyJsonGivesFilesAndNoException) {
  const Json whole = json_of(with_size(3, 2, 1));
  for (const auto& [name, value] : whole.items())
    for (const Json& wrong : {Json(), Json("text"), Json(-1), Json({{"a", 1}}), Json({1, "b", nullptr})}) {
      Json document = whole;
      document[name] = wrong;
      EXPECT_GE(report_files(document).size(), 5u);
    }
}

}  // namespace
}  // namespace evensweep
