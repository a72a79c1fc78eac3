#include "common/base/file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

namespace evensweep {
namespace {

using ::testing::HasSubstr;

class FileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = std::filesystem::temp_directory_path() / "evensweep-file-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  size_t files() const {
    const std::filesystem::directory_iterator all(folder_);
    return static_cast<size_t>(std::distance(begin(all), end(all)));
  }

  std::string folder_;
};

TEST_F(FileTest, WhatWasWrittenIsRead) {
  const std::string large(3'000'000, 'x');
  for (const std::string& content : {std::string(), std::string("a\0b\n", 4), large}) {
    ASSERT_TRUE(write_file_atomically(path("a"), content).ok());
    const StatusOr<std::string> read = read_file(path("a"));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_TRUE(*read == content) << content.size();
  }
}

TEST_F(FileTest, WritingReplacesAndLeavesNothingBeside) {
  ASSERT_TRUE(write_file_atomically(path("a"), "old and long").ok());
  ASSERT_TRUE(write_file_atomically(path("a"), "new").ok());
  EXPECT_EQ(*read_file(path("a")), "new");
  EXPECT_EQ(files(), 1U);
}

TEST_F(FileTest, AReaderKeepsTheOldFileWhileItIsReplaced) {
  ASSERT_TRUE(write_file_atomically(path("a"), "old").ok());
  const int reader = ::open(path("a").c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_GE(reader, 0);
  ASSERT_TRUE(write_file_atomically(path("a"), "new").ok());
  char buffer[8];
  EXPECT_EQ(::read(reader, buffer, sizeof buffer), 3);
  EXPECT_EQ(std::string(buffer, 3), "old");
  ::close(reader);
}

TEST_F(FileTest, ThreadsThatWriteTheSameFileDoNotMixTheirContents) {
  std::vector<std::thread> writers;
  for (char letter = 'a'; letter < 'e'; ++letter)
    writers.emplace_back([this, letter] {
      for (int i = 0; i < 20; ++i) EXPECT_TRUE(write_file_atomically(path("a"), std::string(50'000, letter)).ok());
    });
  for (std::thread& writer : writers) writer.join();
  const std::string content = *read_file(path("a"));
  EXPECT_TRUE(content == std::string(50'000, content[0]));
  EXPECT_EQ(files(), 1U);
}

TEST_F(FileTest, AFailedWriteKeepsTheOldContent) {
  std::filesystem::create_directories(path("folder/inside"));
  const Status status = write_file_atomically(path("folder"), "content");
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(status.message(), HasSubstr(path("folder")));
  EXPECT_TRUE(std::filesystem::is_directory(path("folder/inside")));
  EXPECT_EQ(files(), 1U);
}

TEST_F(FileTest, AReplacedFileIsWholeAndLeavesNothingBeside) {
  ASSERT_TRUE(replace_file(path("a"), "old and long").ok());
  ASSERT_TRUE(replace_file(path("a"), "new").ok());
  EXPECT_EQ(*read_file(path("a")), "new");
  EXPECT_EQ(files(), 1u);
  EXPECT_FALSE(replace_file(path("none/a"), "new").ok());
}

TEST_F(FileTest, PiecesAreTheContentInOrder) {
  std::string content;
  for (int i = 0; i < 100'000; ++i) content += std::to_string(i);
  ASSERT_TRUE(write_file_atomically(path("a"), content).ok());
  std::string read;
  size_t pieces = 0;
  ASSERT_TRUE(read_in_pieces(path("a"), [&](std::string_view piece) {
                read += piece;
                ++pieces;
                return absl::OkStatus();
              }).ok());
  EXPECT_TRUE(read == content);
  EXPECT_GT(pieces, 1u);
  const Status stopped = read_in_pieces(path("a"), [&](std::string_view) { return absl::CancelledError("enough"); });
  EXPECT_EQ(stopped.message(), "enough");
}

TEST_F(FileTest, MissingFilesAndFoldersAreNamed) {
  const Status read = read_file(path("none")).status();
  EXPECT_TRUE(absl::IsNotFound(read));
  EXPECT_THAT(read.message(), HasSubstr(path("none")));
  const Status write = write_file_atomically(path("none/a"), "x");
  EXPECT_TRUE(absl::IsNotFound(write));
  EXPECT_THAT(write.message(), HasSubstr(path("none/a")));
}

TEST_F(FileTest, AFolderIsNoFile) { EXPECT_FALSE(read_file(folder_).ok()); }

TEST_F(FileTest, FilesWithoutASizeAreReadToTheirEnd) {
  const StatusOr<std::string> read = read_file("/proc/self/status");  // the size of such a file is said to be 0
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_THAT(*read, HasSubstr("Pid:"));
}

TEST_F(FileTest, MakesFoldersWithTheirParents) {
  ASSERT_TRUE(make_folders(path("a/b/c")).ok());
  EXPECT_TRUE(std::filesystem::is_directory(path("a/b/c")));
  EXPECT_TRUE(make_folders(path("a/b/c")).ok());
}

TEST_F(FileTest, AFileInTheWayOfAFolderIsNamed) {
  ASSERT_TRUE(write_file_atomically(path("a"), "x").ok());
  const Status status = make_folders(path("a/b"));
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(status.message(), HasSubstr(path("a/b")));
}

TEST(ErrnoStatus, CodesFollowTheKindOfError) {
  EXPECT_EQ(errno_status(ENOENT, "x").code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(errno_status(EACCES, "x").code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(errno_status(EROFS, "x").code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(errno_status(ENOSPC, "x").code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(errno_status(EDQUOT, "x").code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(errno_status(EIO, "x").code(), absl::StatusCode::kInternal);
  EXPECT_EQ(errno_status(ENOENT, "cannot read f").message(), "cannot read f: No such file or directory");
}

}  // namespace
}  // namespace evensweep
