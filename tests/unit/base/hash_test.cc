#include "common/base/hash.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <filesystem>
#include <string>

#include "common/base/file.h"

namespace evensweep {
namespace {

// FIPS 180-4 examples, NIST.
constexpr char kOfNothing[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr char kOfAbc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr char kOf56Letters[] = "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1";
constexpr char kOfAMillionAs[] = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

TEST(Sha256, MatchesThePublishedExamples) {
  EXPECT_EQ(sha256_hex(""), kOfNothing);
  EXPECT_EQ(sha256_hex("abc"), kOfAbc);
  EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), kOf56Letters);
  EXPECT_EQ(sha256_hex(std::string(1'000'000, 'a')), kOfAMillionAs);
}

TEST(Sha256, TakesPiecesOfAnySize) {
  Sha256 hash;
  for (const char* piece : {"", "a", "bc", ""}) hash.update(piece);
  EXPECT_EQ(hash.hex(), kOfAbc);
}

TEST(Sha256, OfAFileIsThatOfItsContent) {
  std::string folder = std::filesystem::temp_directory_path() / "evensweep-hash-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/a";
  ASSERT_TRUE(write_file_atomically(path, std::string(1'000'000, 'a')).ok());
  const StatusOr<std::string> sum = sha256_hex_of_file(path);
  ASSERT_TRUE(sum.ok()) << sum.status();
  EXPECT_EQ(*sum, kOfAMillionAs);
  EXPECT_FALSE(sha256_hex_of_file(folder).ok());
  EXPECT_TRUE(absl::IsNotFound(sha256_hex_of_file(folder + "/none").status()));
  std::filesystem::remove_all(folder);
}

TEST(Base64, MatchesTheExamplesOfRfc4648) {
  const std::pair<const char*, const char*> examples[] = {{"", ""},
                                                          {"f", "Zg=="},
                                                          {"fo", "Zm8="},
                                                          {"foo", "Zm9v"},
                                                          {"foob", "Zm9vYg=="},
                                                          {"fooba", "Zm9vYmE="},
                                                          {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : examples) {
    EXPECT_EQ(base64_encode(bytes), text);
    EXPECT_EQ(*base64_decode(text), bytes);
  }
}

TEST(Base64, RoundTripsAnyBytes) {
  EXPECT_TRUE(rc::check([](const std::string& bytes) {
    const StatusOr<std::string> decoded = base64_decode(base64_encode(bytes));
    RC_ASSERT(decoded.ok());
    RC_ASSERT(*decoded == bytes);
  }));
}

TEST(Base64, RefusesWhatIsNotBase64) {
  for (const char* text : {"A", "AAA", "AAAAA", "A===", "====", "AA=A", "AA==AAAA", "AA?=", "AA-_", " AAA", "AAA\n",
                           "    AAAA", "AAAA    ", "\xff\xff\xff\xff"})
    EXPECT_TRUE(absl::IsInvalidArgument(base64_decode(text).status())) << '"' << text << '"';
}

}  // namespace
}  // namespace evensweep
