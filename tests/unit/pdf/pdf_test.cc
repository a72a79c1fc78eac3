#include "sweeps/pdf/pdf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/report/report_fixture.h"

namespace evensweep {
namespace {

using ::testing::HasSubstr;

constexpr char kDate[] = "2026-11-23T10:00:00Z";
constexpr char kSquare[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg viewBox=\"0 0 100 50\" xmlns=\"http://www.w3.org/2000/svg\">"
    "<rect x=\"10\" y=\"10\" width=\"20\" height=\"20\"/><text x=\"40\" y=\"30\">±Δ</text></svg>";

// Pages of a file: cairo writes their objects uncompressed. Bytes of files are compared, not shown.
size_t pages_of(const std::string& pdf) {
  size_t count = 0;
  for (size_t at = pdf.find("/Type /Page "); at != std::string::npos; at = pdf.find("/Type /Page ", at + 1)) ++count;
  return count;
}

TEST(FigurePdf, IsOnePageOfTheDrawingsSize) {
  const StatusOr<std::string> pdf = figure_pdf(kSquare, kDate);
  ASSERT_TRUE(pdf.ok()) << pdf.status();
  EXPECT_TRUE(pdf->starts_with("%PDF-1.5"));
  EXPECT_TRUE(pdf->find("/MediaBox [ 0 0 75 37.5 ]") != std::string::npos);
  EXPECT_EQ(pages_of(*pdf), 1u);
}

TEST(FigurePdf, HasTheDateThatItWasGiven) {
  const StatusOr<std::string> pdf = figure_pdf(kSquare, kDate);
  ASSERT_TRUE(pdf.ok()) << pdf.status();
  EXPECT_TRUE(pdf->find("20261123100000Z)") != std::string::npos);
  EXPECT_TRUE(*figure_pdf(kSquare, kDate) == *pdf) << "the same bytes again";
}

TEST(FigurePdf, WithoutADateTheClockIsNotAsked) {
  const StatusOr<std::string> pdf = figure_pdf(kSquare, "");
  ASSERT_TRUE(pdf.ok()) << pdf.status();
  EXPECT_TRUE(pdf->find("19700101000000Z)") != std::string::npos);
}

TEST(FigurePdf, WhatIsNoDrawingIsAnError) {
  EXPECT_EQ(figure_pdf("no drawing", kDate).status().code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(figure_pdf("<svg xmlns=\"http://www.w3.org/2000/svg\"/>", kDate).status().message()),
              HasSubstr("no size"));
}

TEST(ReportPdf, HoldsAReportOnPagesAndIsTheSameAgain) {
  const Json json = json_of(SyntheticOptions{});
  const Paper paper = report_paper(ResultsIndex(json));
  const StatusOr<std::string> pdf = paper_pdf(paper);
  ASSERT_TRUE(pdf.ok()) << pdf.status();
  EXPECT_GT(pages_of(*pdf), 4u);
  EXPECT_LT(pages_of(*pdf), 30u);
  EXPECT_TRUE(*paper_pdf(paper) == *pdf);
}

TEST(ReportPdf, TakesAnyText) {
  const StatusOr<std::string> pdf = paper_pdf(report_paper(ResultsIndex(json_of(hostile_options()))));
  EXPECT_TRUE(pdf.ok()) << pdf.status();
}

TEST(ReportPdf, LongTablesAndWordsGoOnToFurtherPages) {
  Paper paper{.title = "t", .date = kDate, .blocks = {}};
  Table table{.header = {"a", "b"}, .rows = {}};
  for (int row = 0; row < 300; ++row) table.rows.push_back({"row " + std::to_string(row), "1"});
  paper.blocks.push_back({.kind = PaperBlock::kTable, .table = table});
  paper.blocks.push_back({.kind = PaperBlock::kText, .text = std::string(20'000, 'x')});
  const StatusOr<std::string> pdf = paper_pdf(paper);
  ASSERT_TRUE(pdf.ok()) << pdf.status();
  EXPECT_GT(pages_of(*pdf), 6u);
}

}  // namespace
}  // namespace evensweep
