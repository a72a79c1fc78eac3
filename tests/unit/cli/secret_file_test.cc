#include "cli/secret_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "common/base/file.h"
#include "tests/unit/dataset/temporary_folder.h"

namespace evensweep {
namespace {

using testing::HasSubstr;

class SecretFile : public testing::Test {
 protected:
  std::string file(const std::string& name) const { return folder_.path() + "/" + name; }
  static mode_t mode(const std::string& path) {
    struct stat info {};
    EXPECT_EQ(::stat(path.c_str(), &info), 0);
    return info.st_mode & 0777;
  }

  TemporaryFolder folder_;
};

TEST_F(SecretFile, IsForItsOwnerAlone) {
  ASSERT_TRUE(write_secret_file(file("key"), "secret\n").ok());
  EXPECT_EQ(mode(file("key")), 0600u);
  EXPECT_EQ(*read_secret_file(file("key")), "secret\n");
}

TEST_F(SecretFile, IsNotOverwrittenButReplaced) {
  ASSERT_TRUE(write_secret_file(file("key"), "old").ok());
  EXPECT_EQ(write_secret_file(file("key"), "new").code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(*read_secret_file(file("key")), "old");
  // What a program left that was killed in between is in nobody's way.
  ASSERT_TRUE(write_file_atomically(file("key.new"), "half").ok());
  ASSERT_TRUE(replace_secret_file(file("key"), "new").ok());
  EXPECT_EQ(*read_secret_file(file("key")), "new");
  EXPECT_EQ(mode(file("key")), 0600u);
  EXPECT_FALSE(std::filesystem::exists(file("key.new")));
}

TEST_F(SecretFile, IsRefusedWhereOthersMayReadIt) {
  ASSERT_TRUE(write_secret_file(file("key"), "secret").ok());
  for (const mode_t open : {0640, 0604, 0620, 0602, 0601}) {
    ASSERT_EQ(::chmod(file("key").c_str(), open), 0);
    const Status status = read_secret_file(file("key")).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << std::oct << open;
    EXPECT_THAT(std::string(status.message()), HasSubstr("chmod 600 " + file("key")));
  }
}

TEST_F(SecretFile, IsRefusedWhereItIsNoFileOfItsOwn) {
  ASSERT_TRUE(write_secret_file(file("key"), "secret").ok());
  ASSERT_EQ(::symlink(file("key").c_str(), file("link").c_str()), 0);
  EXPECT_THAT(std::string(read_secret_file(file("link")).status().message()), HasSubstr("is a symbolic link"));
  EXPECT_FALSE(write_secret_file(file("link"), "x").ok());
  ASSERT_EQ(::mkfifo(file("pipe").c_str(), 0600), 0);
  EXPECT_THAT(std::string(read_secret_file(file("pipe")).status().message()), HasSubstr("is no file"))
      << "and does not wait for a writer";
  EXPECT_THAT(std::string(read_secret_file(folder_.path()).status().message()), HasSubstr("is no file"));
  EXPECT_EQ(read_secret_file(file("none")).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(SecretFile, IsRefusedWhereItIsTooLarge) {
  ASSERT_TRUE(write_secret_file(file("key"), std::string((1 << 20) + 1, 'x')).ok());
  EXPECT_THAT(std::string(read_secret_file(file("key")).status().message()), HasSubstr("1 MiB"));
}

TEST_F(SecretFile, HoldsATokenOfOurs) {
  const std::string token = new_token().value(), other = new_token().value();
  EXPECT_NE(token, other);
  EXPECT_EQ(token.size(), std::string("evensweep_").size() + 64);
  ASSERT_TRUE(write_secret_file(file("token"), token + "\r\n").ok());
  EXPECT_EQ(*read_token_file(file("token")), token);
  const std::string bad[] = {"",
                             "\n",
                             "evensweep_",
                             token + token,
                             token.substr(1),
                             token + " ",
                             token + "\nx\n",
                             "evensweep_" + std::string(64, 'G')};
  for (const std::string& text : bad) {
    ASSERT_TRUE(replace_secret_file(file("token"), text).ok());
    const Status status = read_token_file(file("token")).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_EQ(std::string(status.message()).find(text.empty() || text == "\n" ? "?" : text), std::string::npos)
        << "what may be a secret is not told";
  }
}

}  // namespace
}  // namespace evensweep
