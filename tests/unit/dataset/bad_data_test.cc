// Every kind of bad data file, with the one line that a user gets to see.
#include <gmock/gmock.h>

#include "common/dataset/dataset.h"
#include "tests/unit/dataset/temporary_folder.h"

namespace evensweep {
namespace {

using std::string_literals::operator""s;

struct BadFile {
  const char* name;
  std::string content;
  std::string message;  // after the path
  DatasetFormat format = DatasetFormat::kCsv;
  std::vector<std::string> features = {};
};
void PrintTo(const BadFile& file, std::ostream* out) { *out << file.name; }

std::string many_classes() {
  std::string text = "x,label\n";
  for (int i = 0; i < 65536; ++i) text += "0,v" + std::to_string(i) + "\n";
  return text;
}

const BadFile kBadFiles[] = {
    {"Empty", "", ": the file is empty; it needs a header line and rows"},
    {"OnlyAByteOrderMark", "\xEF\xBB\xBF", ":2:1: no rows below the header line; add data or leave the file out"},
    {"HeaderOnly", "x,label\n\n", ":2:1: no rows below the header line; add data or leave the file out"},
    {"NoHeader", "1,2\n3,4\n",
     ":1:1: only numbers where the header should be; put a first line with column names there, or name them in "
     "columns.names"},
    {"DuplicateColumn", "x,y,x,label\n1,2,3,a\n", ":1:5: the column name \"x\" is there twice; rename one"},
    {"LabelMisspelt", "x,lable\n1,a\n",
     ":1:1: no column \"label\" for the labels (did you mean \"lable\"?); the columns are \"x\", \"lable\""},
    {"LabelNotThere", "a,b,c,d,e,f,g\n",
     ":1:1: no column \"label\" for the labels; the columns are \"a\", \"b\", \"c\", \"d\", "
     "\"e\", \"f\", ... (7 in all)"},
    {"OnlyLabels", "label\na\nb\n", ":1:1: no column besides the label; a data set needs features"},
    {"Semicolons", "x;y;label\n1;2;a\n", ":1:2: \";\" between the names; separate cells with commas"},
    {"OldMacLineEnds", "x,label\r1,a\r2,b\r", ":1:8: a carriage return within a line; end lines with LF or CRLF"},
    {"Utf16", "x\0,\0l\0\n\0"s, ":1:2: a NUL byte; the file must be plain text (UTF-8)"},
    {"ShortRow", "x,y,label\n1,2,a\n3,b\n",
     ":3:4: the row ends after 2 of 3 cells; every row needs as many as the header"},
    {"LongRow", "x,label\n1,a\n2,b,9\n", ":3:5: more than 2 cells; every row needs as many as the header"},
    {"EmptyLineBetween", "x,label\n1,a\n\n2,b\n", ":3:1: an empty line between rows; delete it"},
    {"TextInNumber", "x,y,label\n1,2,a\n3,4 cm,b\n",
     ":3:3: \"4 cm\" in column \"y\" is not a number; correct it, name the column in columns.categorical, or leave it "
     "out of columns.features"},
    {"HexNumber", "x,label\n0x1F,a\n",
     ":2:1: \"0x1F\" in column \"x\" is not a number; correct it, name the column in columns.categorical, or leave it "
     "out of columns.features"},
    {"ControlCharacter", "x,label\n1\x1b[2J,a\n",
     ":2:1: \"1\\x1b[2J\" in column \"x\" is not a number; correct it, name the column in columns.categorical, or "
     "leave it out of columns.features"},
    {"EmptyCell", "x,y,label\n1,,a\n",
     ":2:3: an empty cell in column \"y\"; fill it in, delete the row, or declare empty cells missing "
     "(columns.missing.values)"},
    {"NanCell", "x,label\nnan,a\n",
     ":2:1: \"nan\" in column \"x\" is not a finite 32-bit number; replace it or delete the row"},
    {"InfiniteCell", "x,label\n-inf,a\n",
     ":2:1: \"-inf\" in column \"x\" is not a finite 32-bit number; replace it or delete the row"},
    {"HugeNumber", "x,label\n1e39,a\n",
     ":2:1: \"1e39\" in column \"x\" is not a finite 32-bit number; replace it or delete the row"},
    {"NulInCell", "x,label\n1\0,a\n"s, ":2:1: a NUL byte in column \"x\"; the file must be plain text (UTF-8)"},
    {"OpenQuote", "x,label\n1,\"a\n2,b\n", ":2:3: a quoted cell that does not end with a quote on its line; close it"},
    {"TextAfterQuote", "x,label\n1,\"a\"b\n",
     ":2:3: a quoted cell that does not end with a quote on its line; close it"},
    {"NoLabel", "x,label\n1,\n", ":2:3: no label in column \"label\"; fill it in or delete the row"},
    {"LabelNotUtf8", "x,label\n1,caf\xe9\n", ":2:3: the label \"caf\\xe9\" is not UTF-8; convert the file"},
    {"OneClass", "x,label\n1,a\n2,a\n", ":2:3: every row has the label \"a\"; at least two classes are needed"},
    {"TwoSpellingsOfALabel", "x,label\n1,1\n2,01\n2,3\n",
     ":2:3: the label \"1\" is the same number as \"01\" (FILE:3:3); write it one way"},
    {"LabelsAreMeasurements", many_classes(),
     ":65537:3: more than 65535 classes; is \"label\" really the label column?"},
    {"FeatureMisspelt",
     "width,label\n1,a\n",
     ":1:1: no column \"widht\" for a feature (did you mean \"width\"?); the columns are \"width\", \"label\"",
     DatasetFormat::kCsv,
     {"widht"}},
    {"LabelAsFeature",
     "x,label\n1,a\n",
     ":1:1: \"label\" is both label and feature; leave it out of the features",
     DatasetFormat::kCsv,
     {"x", "label"}},
    {"FeatureTwice",
     "x,label\n1,a\n",
     ":1:1: the feature \"x\" is named twice; name it once",
     DatasetFormat::kCsv,
     {"x", "x"}},
    {"CifarEmpty", "", ": the file is empty; copy the batch again", DatasetFormat::kCifar10},
    {"CifarTruncated", std::string(3073 * 4 - 100, '\1'),
     ": 12192 bytes are no whole number of 3073-byte records; 4 records are 12292 bytes; copy the batch again",
     DatasetFormat::kCifar10},
    {"CifarTooLong", std::string(3073 * 4 + 1, '\1'),
     ": 12293 bytes are no whole number of 3073-byte records; 4 records are 12292 bytes; copy the batch again",
     DatasetFormat::kCifar10},
    {"CifarLabel", std::string(3073, '\1') + std::string(3073, '\x0a'),
     ": record 2 (byte 3073) has the label 10, not 0 to 9; is this a CIFAR-10 batch of the binary version?",
     DatasetFormat::kCifar10},
    {"CifarOneClass", std::string(3073 * 2, '\1'), ": every record has the label 1; at least two classes are needed",
     DatasetFormat::kCifar10},
};

class BadData : public ::testing::TestWithParam<BadFile> {};

TEST_P(BadData, IsOneClearLine) {
  const TemporaryFolder folder;
  DatasetSpec spec = csv_spec(folder.write("bad", GetParam().content));
  spec.format = GetParam().format;
  spec.columns.features = GetParam().features;
  const std::string& path = spec.train_files[0].path;
  std::string expected = path + GetParam().message;
  if (const size_t at = expected.find("FILE"); at != std::string::npos) expected.replace(at, 4, path);
  const auto data = load_dataset(spec);
  EXPECT_EQ(data.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(data.status().message(), expected);
}

INSTANTIATE_TEST_SUITE_P(Table, BadData, ::testing::ValuesIn(kBadFiles),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(BadDataFiles, FilesWithOtherHeadersAreRefused) {
  const TemporaryFolder folder;
  DatasetSpec spec = csv_spec(folder.write("a.csv", "x,y,label\n1,2,a\n1,2,b\n"));
  spec.test_files = {{folder.write("b.csv", "x,z,label\n1,2,a\n"), ""}};
  const std::string a = spec.train_files[0].path, b = spec.test_files[0].path;
  EXPECT_EQ(load_dataset(spec).status().message(),
            b + ":1:1: column 2 is \"z\", but \"y\" in " + a + "; all files need the same header");
  folder.write("b.csv", "x,y,label,more\n1,2,a,3\n");
  EXPECT_EQ(load_dataset(spec).status().message(),
            b + ":1:1: 4 columns, but 3 in " + a + "; all files need the same header");
}

TEST(BadDataFiles, MissingAndUnreadableFilesAreNamed) {
  const TemporaryFolder folder;
  EXPECT_EQ(load_dataset(csv_spec("/no/such.csv")).status().message(),
            "cannot read /no/such.csv: No such file or directory");
  EXPECT_EQ(load_dataset(csv_spec(folder.path())).status().message(),
            "cannot read " + folder.path() + ": Is a directory");
  DatasetSpec none = csv_spec("x");
  none.train_files.clear();
  EXPECT_EQ(load_dataset(none).status().message(), "data set example: no training files; name at least one");
}

TEST(BadDataFiles, AFileOfClassNamesThatIsNotTenLongIsRefused) {
  const TemporaryFolder folder;
  const std::string names = folder.write("batches.meta.txt", "cat\ndog\n");
  DatasetSpec spec = csv_spec(folder.write("a.bin", std::string(3073, '\1') + std::string(3073, '\2')));
  spec.format = DatasetFormat::kCifar10;
  EXPECT_EQ(load_dataset(spec).status().message(), names + ": 2 class names, not 10; restore the file or take it away");
}

}  // namespace
}  // namespace evensweep
