#include <gmock/gmock.h>

#include <numeric>

#include "common/dataset/dataset.h"
#include "tests/support/places.h"
#include "tests/unit/dataset/temporary_folder.h"

namespace evensweep {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

std::string record(char label, char pixel) { return label + std::string(3072, pixel); }

DatasetSpec cifar_spec(const std::string& path) {
  DatasetSpec spec = csv_spec(path);
  spec.format = DatasetFormat::kCifar10;
  spec.columns = {};
  return spec;
}

TEST(Cifar10, ReadsRecordsOfSeveralFilesInOrder) {
  const TemporaryFolder folder;
  DatasetSpec spec = cifar_spec(folder.write("one.bin", record(3, 7) + record(9, -1)));
  spec.train_files.push_back({folder.write("two.bin", record(0, 1)), ""});
  spec.test_files = {{folder.write("test.bin", record(5, 2)), ""}};
  const auto data = load_dataset(spec);
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ(data->rows, 4);
  EXPECT_EQ(data->train_file_rows, 3);
  EXPECT_THAT(data->labels, ElementsAre(3, 9, 0, 5));
  EXPECT_EQ(data->channels * data->height * data->image_width, 3072);
  ASSERT_EQ(data->pixels.size(), 4U * 3072);
  EXPECT_EQ(data->pixels[0], 7);
  EXPECT_EQ(data->pixels[3072], 255);
  EXPECT_EQ(data->pixels.back(), 2);
  EXPECT_TRUE(data->features.empty());
  EXPECT_EQ(data->class_names.front(), "airplane");
}

TEST(Cifar10, TakesClassNamesFromTheFileBesideTheFirstBatch) {
  const TemporaryFolder folder;
  folder.write("batches.meta.txt", "a\r\nb\r\nc\r\nd\r\ne\r\nf\r\ng\r\nh\r\ni\r\nj\r\n\r\n");
  const auto data = load_dataset(cifar_spec(folder.write("one.bin", record(3, 7) + record(9, 1))));
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_THAT(data->class_names, ElementsAre("a", "b", "c", "d", "e", "f", "g", "h", "i", "j"));
}

TEST(Cifar10, ReadsTheRealBatches) {
  const std::string path = source_dir() + "/../shared/data/cifar10/data_batch_1.bin";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << "no " << path;
  DatasetSpec spec = cifar_spec(path);
  spec.test_files = {{source_dir() + "/../shared/data/cifar10/test_batch.bin", ""}};
  spec.split = {.validation_fraction = .2, .test_fraction = 0, .seed = {}};
  const auto data = load_dataset(spec);
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ(data->rows, 20000);
  EXPECT_EQ(data->class_names[6], "frog");
  EXPECT_EQ(data->labels[0], 6);  // the first training image is a frog
  const auto table = count_classes(spec, *data);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_THAT(table->test, Each(1000));
  EXPECT_EQ(std::accumulate(table->train.begin(), table->train.end(), 0), 8001);
  EXPECT_EQ(table->train[0] + table->validation[0], 1005);
  EXPECT_EQ(table->validation[0], 201);
}

TEST(FindDataFile, TakesTheFirstFolderThatHoldsIt) {
  const TemporaryFolder first, second;
  second.write("sub/a.csv", "second");
  const std::vector<std::string> folders = {"", first.path(), second.path()};
  EXPECT_EQ(*find_data_file("sub/a.csv", folders), second.path() + "/sub/a.csv");
  first.write("sub/a.csv", "first");
  EXPECT_EQ(*find_data_file("sub/a.csv", folders), first.path() + "/sub/a.csv");
  const std::string absolute = second.path() + "/sub/a.csv";
  EXPECT_EQ(*find_data_file(absolute, folders), absolute);
}

TEST(FindDataFile, SaysWhereItLooked) {
  const TemporaryFolder folder;
  folder.write("inside/a.csv", "");
  const auto found = find_data_file("inside", std::vector<std::string>{folder.path(), "/no/such"});
  EXPECT_EQ(found.status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(found.status().message(), "no data file \"inside\" in " + folder.path() +
                                          ", /no/such; put it there, or name its folder with --data or EVENSWEEP_DATA");
  EXPECT_EQ(find_data_file("/no/such.csv", {}).status().message(), "no data file \"/no/such.csv\"; correct the path");
}

}  // namespace
}  // namespace evensweep
