#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include "common/base/file.h"
#include "tests/unit/report/report_fixture.h"

namespace evensweep {
namespace {

using ::testing::HasSubstr;

class WriteReport : public ::testing::Test {
 protected:
  WriteReport() : folder_(::testing::TempDir() + "evensweep_report_" + std::to_string(::getpid())) {}
  ~WriteReport() override { std::filesystem::remove_all(folder_); }

  Status write(const std::string& folder) { return write_report(json_of(with_size(3, 2, 1)), folder); }

  std::string folder_;
};

TEST_F(WriteReport, LeavesItsFilesAndNothingElse) {
  const Status status = write(folder_ + "/new/deep");
  ASSERT_TRUE(status.ok()) << status;
  std::map<std::string, std::string> there, expected;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ + "/new/deep"))
    if (entry.is_regular_file())
      there[std::filesystem::relative(entry.path(), folder_ + "/new/deep").string()] = *read_file(entry.path());
  for (const ReportFile& file : report_files(json_of(with_size(3, 2, 1)))) expected[file.path] = file.content;
  EXPECT_EQ(there, expected);
}

TEST_F(WriteReport, TheDocumentsAreThoseOfResultsJson) {
  ASSERT_TRUE(write(folder_).ok());
  const StatusOr<std::string> text = read_file(folder_ + "/results.json");
  ASSERT_TRUE(text.ok());
  const StatusOr<Json> json = parse_results(*text);
  ASSERT_TRUE(json.ok()) << json.status();
  EXPECT_EQ(*read_file(folder_ + "/report.html"), report_html(*json));
  EXPECT_EQ(*read_file(folder_ + "/report.md"), report_markdown(*json));
  EXPECT_EQ(*read_file(folder_ + "/trials.csv"), trials_csv(*json));
}

TEST_F(WriteReport, ReplacesAnOlderReport) {
  ASSERT_TRUE(make_folders(folder_).ok());
  ASSERT_TRUE(write_file_atomically(folder_ + "/report.md", "old").ok());
  ASSERT_TRUE(write(folder_).ok());
  EXPECT_THAT(*read_file(folder_ + "/report.md"), HasSubstr("# Evensweep report"));
}

TEST_F(WriteReport, NamesTheFolderThatCannotBeMade) {
  ASSERT_TRUE(write_file_atomically(::testing::TempDir() + "evensweep_report_file", "").ok());
  const Status status = write(::testing::TempDir() + "evensweep_report_file/report");
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr("evensweep_report_file/report"));
  std::filesystem::remove(::testing::TempDir() + "evensweep_report_file");
}

TEST_F(WriteReport, NamesTheFileThatCannotBeWritten) {
  ASSERT_TRUE(make_folders(folder_ + "/results.json").ok());  // a folder where the file belongs
  const Status status = write(folder_);
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr("results.json"));
}

}  // namespace
}  // namespace evensweep
