#include "common/dataset/text.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "common/base/file.h"
#include "common/base/text.h"
#include "tests/unit/dataset/temporary_folder.h"

namespace evensweep {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// The text that the indices stand for; the alphabets of these tests are ASCII.
std::string spelt(const std::vector<uint8_t>& indices, const TextSpec& spec) {
  std::string text;
  for (const uint8_t index : indices) text += spec.alphabet.at(index - 1U);
  return text;
}

std::string folded(std::string_view text, const TextSpec& spec = {}) {
  return spelt(TextEncoder(spec).encode(text).indices, spec);
}

TEST(Text, IndicesCountFromOneInTheOrderOfTheAlphabet) {
  EXPECT_THAT(TextEncoder(TextSpec()).encode("Az -").indices, ElementsAre(1, 26, 27, 28));
  EXPECT_EQ(TextEncoder(TextSpec()).symbols(), 29) << "28 characters and padding";
  EXPECT_EQ(TextEncoder(TextSpec()).space(), 27);
  EXPECT_EQ(TextEncoder({.alphabet = "ab"}).space(), 0);
}

TEST(Text, FoldsToWhatLettersLookLike) {
  EXPECT_EQ(folded("Jaroslava Severová"), "jaroslava severova");
  EXPECT_EQ(folded("Æsir Ørsted ßtraße Łódź Đặng Þór Œuvre"), "aesir orsted sstrasse lodz dang thor oeuvre");
  EXPECT_EQ(folded("ǾǼ ẞ ı İ ŋ ſ"), "oae ss i i ng s") << "letters with diacritics on what Unicode does not decompose";
  EXPECT_EQ(folded("e\u0301\u0301 \u1e9b\u0323"), "e s") << "decomposed, with marks in any number";
  EXPECT_EQ(folded("ﬁne Ｗｉｄｅ ①"), "fine wide") << "1 is not in the alphabet";
  EXPECT_EQ(folded("Jean–Luc O’Brien"), "jean-luc obrien");
  EXPECT_EQ(folded("O’Brien", {.alphabet = "abcdefghijklmnopqrstuvwxyz '"}), "o'brien");
}

TEST(Text, BlanksAreOneSpaceAndNoneAtTheEnds) {
  EXPECT_EQ(folded("  Liu \t\u00a0\u3000 Qingxia\u2003"), "liu qingxia");
  EXPECT_EQ(folded("a . b"), "a b") << "what is dropped does not part two blanks";
}

TEST(Text, CountsWhatTheAlphabetHasNoPlaceFor) {
  EXPECT_EQ(TextEncoder(TextSpec()).encode("J. R. R. 2").dropped, 4);
  EXPECT_EQ(TextEncoder(TextSpec()).encode("한국 дом").dropped, 5) << "a syllable counts once";
  EXPECT_EQ(TextEncoder(TextSpec()).encode("é ß – ﬁ").dropped, 0);
  EXPECT_EQ(TextEncoder(TextSpec()).encode("").dropped, 0);
}

TEST(Text, AnAlphabetMayHoldAnyLetters) {
  const TextSpec spec{.alphabet = "aäдй "};
  EXPECT_THAT(TextEncoder(spec).encode("Ä a\u0308 á ДЙ").indices, ElementsAre(2, 5, 2, 5, 1, 5, 3, 4))
      << "what is in the alphabet is not folded";
}

TEST(Text, PeiferRemovesTitlesAndLeavesForeignTextsOut) {
  const TextSpec spec{.preprocessing = kPeiferText};
  const TextEncoder encoder(spec);
  EXPECT_EQ(spelt(encoder.encode("Dr Anna-Lena  Huber ").indices, spec), "anna-lena  huber");
  EXPECT_TRUE(encoder.encode("MISS Jones").title_removed);
  EXPECT_FALSE(encoder.encode("Drake Jones").title_removed);
  EXPECT_FALSE(encoder.encode("Mr. Jones").title_removed);
  for (const char* foreign : {"Mr. Jones", "Ann O'Neil", "José", "a\tb"}) {
    EXPECT_TRUE(encoder.encode(foreign).left_out) << foreign;
    EXPECT_TRUE(encoder.encode(foreign).indices.empty()) << foreign;
  }
  EXPECT_FALSE(encoder.encode("dr").left_out);
  EXPECT_TRUE(encoder.encode("dr").indices.empty());
}

RC_GTEST_PROP(Text, EverythingFoldsIntoTheAlphabetAndNothingElse, (const std::vector<uint32_t>& drawn)) {
  std::string text;
  for (const uint32_t number : drawn) {
    const uint32_t c = number % 0x20000;
    if (c < 0x80) {
      text += static_cast<char>(c);
    } else if (c < 0x800) {
      text += {static_cast<char>(0xC0 | c >> 6), static_cast<char>(0x80 | (c & 0x3F))};
    } else if (c < 0x10000) {
      if (c >= 0xD800 && c < 0xE000) continue;
      text += {static_cast<char>(0xE0 | c >> 12), static_cast<char>(0x80 | (c >> 6 & 0x3F)),
               static_cast<char>(0x80 | (c & 0x3F))};
    } else {
      text += {static_cast<char>(0xF0 | c >> 18), static_cast<char>(0x80 | (c >> 12 & 0x3F)),
               static_cast<char>(0x80 | (c >> 6 & 0x3F)), static_cast<char>(0x80 | (c & 0x3F))};
    }
  }
  RC_ASSERT(valid_utf8(text));
  const TextEncoder encoder((TextSpec()));
  const EncodedText encoded = encoder.encode(text);
  for (const uint8_t index : encoded.indices) RC_ASSERT(index >= 1 && index < encoder.symbols());
  RC_ASSERT(encoded.dropped <= static_cast<int64_t>(drawn.size()));
  const std::string once = spelt(encoded.indices, {});
  RC_ASSERT(folded(once) == once);  // folding what is folded changes nothing
  RC_ASSERT(once.empty() || (once.front() != ' ' && once.back() != ' '));
  const EncodedText peifer = TextEncoder({.preprocessing = kPeiferText}).encode(text);
  RC_ASSERT(!peifer.left_out || peifer.indices.empty());
}

TEST(Text, AlphabetsThatCannotBeAreRefused) {
  EXPECT_TRUE(check_alphabet(kNameAlphabet).ok());
  EXPECT_TRUE(check_alphabet("äöü'0").ok());
  const std::pair<const char*, const char*> bad[] = {
      {"", "is empty"},       {"aba", "has \"a\" twice"}, {"aB", "\"B\" in the alphabet: texts are read in lower case"},
      {"a\xff", "not UTF-8"}, {"a\u0308", "(NFC)"},       {"a\n", "no character that a text is left with"},
  };
  for (const auto& [alphabet, message] : bad)
    EXPECT_THAT(std::string(check_alphabet(alphabet).message()), HasSubstr(message));
}

DatasetSpec text_spec(const std::string& path) {
  DatasetSpec spec = csv_spec(path);
  spec.format = DatasetFormat::kText;
  spec.columns.features = {"name"};
  return spec;
}

int64_t fact(const Dataset& data, std::string_view begin) {
  for (const DataFact& one : data.facts)
    if (one.name.starts_with(begin)) return one.count;
  ADD_FAILURE() << "no fact " << begin;
  return -1;
}

TEST(TextFile, IsReadWithItsCounts) {
  const TemporaryFolder folder;
  DatasetSpec spec =
      text_spec(folder.write("names.csv", "name,label\nAda,ö\n\"King, J. \"\"Jr\"\"\",a\n李小龍,a\nÅse,a\nBo,ö\n"));
  const auto data = load_dataset(spec);
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ(data->rows, 4);
  EXPECT_THAT(data->text_begins, ElementsAre(0, 3, 12, 15, 17));
  EXPECT_THAT(data->labels, ElementsAre(1, 0, 0, 1));
  EXPECT_EQ(fact(*data, "characters in the longest"), 9) << "king j jr";
  EXPECT_EQ(fact(*data, "characters dropped"), 7) << ", . \" \" and three of another script";
  EXPECT_EQ(fact(*data, "texts with dropped"), 2);
  EXPECT_EQ(fact(*data, "rows left out because"), 1);
  spec.text = {.max_length = 5, .cut = true};
  EXPECT_EQ(fact(*load_dataset(spec), "texts cut"), 1);
  spec.text = {.preprocessing = kPeiferText};
  EXPECT_EQ(fact(*load_dataset(spec), "rows left out for"), 3);
}

TEST(TextFile, ColumnsAreJoined) {
  const TemporaryFolder folder;
  DatasetSpec spec = text_spec(folder.write("names.csv", "last,first,label\nLee,Ann,a\nLi,,b\n"));
  spec.columns.features = {"last", "first"};
  const auto data = load_dataset(spec);
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_THAT(data->text_begins, ElementsAre(0, 7, 9));
}

TEST(TextFile, DamageIsOneClearLine) {
  const TemporaryFolder folder;
  const std::pair<const char*, const char*> bad[] = {
      {"name,label\nAda,a\ncaf\xe9,b\n", ":3:1: the text \"caf\\xe9\" is not UTF-8; convert the file"},
      {"name,label\nAda,a\n ,b\n", ":3:1: no text; fill it in or delete the row"},
      {"name,label\nAda,a\nabcdefghij,b\n",
       ":3:1: the text \"abcdefghij\" has 10 characters after preprocessing, more than text.max_length, 9; raise it, "
       "or set text.longer to cut"},
      {"nam,label\nAda,a\n", ":1:1: no column \"name\" for a feature (did you mean \"nam\"?)"},
      {"name,label\nAda\n", ":2:4: the row ends after 1 of 2 cells"},
      {"name,label\nAda,a\n1,b\n", "no training rows for class \"b\""},
  };
  for (const auto& [content, message] : bad) {
    DatasetSpec spec = text_spec(folder.write("bad.csv", content));
    spec.text.max_length = 9;
    const auto data = load_dataset(spec);
    const Status status = data.ok() ? count_classes(spec, *data).status() : data.status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << content;
    EXPECT_THAT(std::string(status.message()), HasSubstr(message));
  }
}

RC_GTEST_PROP(TextFile, NoBytesBringTheReaderDown, (std::string bytes)) {
  static const TemporaryFolder folder;
  bytes.insert(0, "name,label\n\"A\xc3\xa9\",x\n");
  const auto data = load_dataset(text_spec(folder.write("bytes.csv", bytes)));
  if (!data.ok()) {
    const std::string message(data.status().message());
    RC_ASSERT(valid_utf8(message));
    RC_ASSERT(message.find('\n') == std::string::npos);
    return;
  }
  RC_ASSERT(data->text_begins.size() == static_cast<size_t>(data->rows) + 1);
  RC_ASSERT(data->labels.size() == static_cast<size_t>(data->rows));
}

}  // namespace
}  // namespace evensweep
