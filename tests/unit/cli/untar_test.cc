#include "cli/untar.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "common/base/file.h"

namespace evensweep {
namespace {

// A member of a tar archive: its header, its content, zeros to a whole block.
std::string member(const std::string& name, const std::string& content, char type = '0') {
  std::string header(512, '\0');
  header.replace(0, name.size(), name);
  header.replace(124, 11, fmt::format("{:011o}", content.size()));
  header[156] = type;
  return header + content + std::string((512 - content.size() % 512) % 512, '\0');
}

class Untar : public testing::Test {
 protected:
  Untar() {
    std::string pattern = (std::filesystem::temp_directory_path() / "evensweep-untar-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~Untar() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  std::string archive(const std::string& tar) {
    const std::string path = folder_ + "/a.tar.gz";
    gzFile file = ::gzopen(path.c_str(), "wb");
    ::gzwrite(file, tar.data(), static_cast<unsigned>(tar.size()));
    ::gzclose(file);
    return path;
  }

  std::string folder_;
  const std::string end_ = std::string(1024, '\0');
};

TEST_F(Untar, WritesTheFilesThatAreWanted) {
  const std::string long_text(1500, 'x');
  const std::string path = archive(member("d/", "", '5') + member("d/a.bin", long_text) + member("d/b.bin", "other") +
                                   member("d/empty", "") + member("d/link", "", '2') + end_);
  const auto place = [&](const std::string& name, int64_t size) {
    EXPECT_EQ(size, name == "a.bin" ? 1500 : name == "b.bin" ? 5 : 0);
    return name == "b.bin" ? "" : folder_ + "/" + name;
  };
  ASSERT_TRUE(untar(path, place).ok());
  EXPECT_EQ(*read_file(folder_ + "/a.bin"), long_text);
  EXPECT_EQ(*read_file(folder_ + "/empty"), "");
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/b.bin"));
  EXPECT_FALSE(std::filesystem::exists(folder_ + "/link")) << "only regular files";
}

TEST_F(Untar, DamageIsSaid) {
  const auto nowhere = [](const std::string&, int64_t) { return std::string(); };
  EXPECT_EQ(untar(archive(member("a", "text")), nowhere).message(),
            folder_ + "/a.tar.gz: the archive is cut off or damaged; fetch it again");
  std::string bad = member("a", "text");
  bad[130] = 'z';
  EXPECT_EQ(untar(archive(bad + end_), nowhere).message(), folder_ + "/a.tar.gz: no tar archive; fetch it again");
  EXPECT_TRUE(absl::IsNotFound(untar(folder_ + "/no", nowhere)));
  EXPECT_FALSE(untar(archive(member("a", "text") + end_), [](const std::string&, int64_t) {
                 return std::string("/no/such/folder/a");
               }).ok());
}

}  // namespace
}  // namespace evensweep
