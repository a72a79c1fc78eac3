#include "common/dataset/catalogue.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "common/base/text.h"

namespace evensweep {
namespace {

constexpr char kUci[] = "CC BY 4.0 (UCI)";
constexpr int64_t kCifarBatch = 30'730'000;

// All sums are of the official files. Those of the archive and of letter-recognition.data, sat.trn, sat.tst, adult.data
// are published by several projects that download them; that of names.csv is of the selection described in its remark.
std::vector<KnownDataset> make_catalogue() {
  const std::string uci = "https://archive.ics.uci.edu/ml/machine-learning-databases/";
  return {
      {.name = "digits",
       .what = "handwritten digits, 1,797 rows of 8 x 8 pixels; comes with Evensweep",
       .home = "https://archive.ics.uci.edu/dataset/80",
       .licence = kUci,
       .classes = 10,
       .files = {{"data/digits.csv", 264'974, "067c897c3866e1f112d70ccf18ba908a8bc1fbb9ec051530b8ad86070265d299"}},
       .remark = "it lies in sweeps/data of Evensweep itself"},
      {.name = "letters",
       .what = "printed capital letters, 20,000 rows of 16 measurements",
       .home = "https://archive.ics.uci.edu/dataset/59",
       .licence = kUci,
       .classes = 26,
       .making = Making::kCopy,
       .originals = {{uci + "letter-recognition/letter-recognition.data", 712'565,
                      "2b89f3602cf768d3c8355267d2f13f2417809e101fc2b5ceee10db19a60de6e2"}},
       .files = {{"letters/letter-recognition.data", 712'565,
                  "2b89f3602cf768d3c8355267d2f13f2417809e101fc2b5ceee10db19a60de6e2"}}},
      {.name = "satimage",
       .what = "soils in satellite pictures, 6,435 rows of 36 measurements",
       .home = "https://archive.ics.uci.edu/dataset/146",
       .licence = kUci,
       .classes = 6,
       .making = Making::kSatimage,
       .originals = {{uci + "statlog/satimage/sat.trn", 525'830,
                      "e896dc88a960fa2404160fc4c3cb3dc53fcf4afd80ba920bf2d261bd42d12613"},
                     {uci + "statlog/satimage/sat.tst", 236'745,
                      "4b9167b8a92baafafed7c8809aef86d0683a5e685c19d98d119fa6974f0f2479"}},
       .files = {{"satimage/satimage.csv", 838'719,
                  "d24dcbe932112573220b79ac290f432e9a7495243c50ad0b1289b302fc761226"}}},
      {.name = "adult",
       .what = "census incomes, 32,561 rows of 6 numbers and 8 categories, some missing",
       .home = "https://archive.ics.uci.edu/dataset/2",
       .licence = kUci,
       .classes = 2,
       .making = Making::kCopy,
       .originals = {{uci + "adult/adult.data", 3'974'305,
                      "5b00264637dbfec36bdeaab5676b0b309ff9eb788d63554ca0a249491c86603d"}},
       .files = {{"adult/adult.data", 3'974'305, "5b00264637dbfec36bdeaab5676b0b309ff9eb788d63554ca0a249491c86603d"}}},
      {.name = "cifar10",
       .what = "60,000 colour images of 32 x 32 pixels",
       .home = "https://www.cs.toronto.edu/~kriz/cifar.html",
       .licence = "none stated; cite Krizhevsky 2009",
       .classes = 10,
       .making = Making::kUnpack,
       .originals = {{"https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz", 170'052'171,
                      "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"}},
       .files = {{"cifar10/data_batch_1.bin", kCifarBatch,
                  "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5"},
                 {"cifar10/data_batch_2.bin", kCifarBatch,
                  "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed"},
                 {"cifar10/data_batch_3.bin", kCifarBatch,
                  "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67"},
                 {"cifar10/data_batch_4.bin", kCifarBatch,
                  "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48"},
                 {"cifar10/data_batch_5.bin", kCifarBatch,
                  "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add"},
                 {"cifar10/test_batch.bin", kCifarBatch,
                  "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b"},
                 {"cifar10/batches.meta.txt", 61, "558e74b5e208382e186da55784b4bac2cd52e558448e1b5800990fdb28ed8033"}}},
      {.name = "names",
       .what = "names of people and their nationality, 28,000 of 20 nationalities",
       .home = "https://github.com/Kyubyong/name2nat",
       .licence = "Apache-2.0",
       .classes = 20,
       .files = {{"names/names.csv", 673'473, "ea414e75a86d27a490f1af0fa0468b879ced170cdef2ccdedb6d7d3741cc6657"}},
       .remark = "a selection from the NaNa data set (1,400 names of each of 20 nationalities), which has no download "
                 "of its own; copy it from where you have it with --from"},
  };
}

constexpr int kSatimageFeatures = 36;

std::string satimage_header() {
  std::string header;
  for (const char* place : {"tl", "tm", "tr", "ml", "c", "mr", "bl", "bm", "br"})
    for (int band = 1; band <= 4; ++band) header += fmt::format("b{}_{},", band, place);
  return header + "label\n";
}

Status append_satimage(std::string_view text, const char* file, std::string& csv) {
  static const std::map<std::string_view, const char*> kSoils = {
      {"1", "red_soil"},       {"2", "cotton_crop"},        {"3", "grey_soil"},
      {"4", "damp_grey_soil"}, {"5", "vegetation_stubble"}, {"7", "very_damp_grey_soil"}};
  for (int64_t number = 1; !text.empty(); ++number) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const size_t last = line.rfind(' ');
    const auto soil = kSoils.find(line.substr(std::min(last + 1, line.size())));
    if (std::count(line.begin(), line.end(), ' ') != kSatimageFeatures || soil == kSoils.end() ||
        line.find_first_not_of("0123456789 ") != line.npos)
      return absl::InvalidArgumentError(
          fmt::format("{}:{}:1: not {} whole numbers and a class", file, number, kSatimageFeatures));
    const size_t begin = csv.size();
    csv += line.substr(0, last);
    std::replace(csv.begin() + static_cast<ptrdiff_t>(begin), csv.end(), ' ', ',');
    csv += fmt::format(",{}\n", soil->second);
  }
  return absl::OkStatus();
}

}  // namespace

std::string Original::file_name() const { return url.substr(url.rfind('/') + 1); }

int64_t KnownDataset::size() const {
  int64_t sum = 0;
  for (const KnownFile& file : files) sum += file.size;
  return sum;
}

std::span<const KnownDataset> known_datasets() {
  static const std::vector<KnownDataset> kCatalogue = make_catalogue();
  return kCatalogue;
}

StatusOr<const KnownDataset*> find_known_dataset(std::string_view name) {
  std::vector<std::string> names;
  for (const KnownDataset& dataset : known_datasets()) {
    if (dataset.name == name) return &dataset;
    names.push_back(dataset.name);
  }
  const auto near = nearest_name(name, names);
  return absl::InvalidArgumentError(fmt::format("no data set {} is known; {}evensweep data ls lists them",
                                                in_quotes(name),
                                                near ? fmt::format("did you mean {}? ", in_quotes(*near)) : ""));
}

const KnownDataset* known_dataset_of_file(std::string_view path) {
  for (const KnownDataset& dataset : known_datasets())
    for (const KnownFile& file : dataset.files)
      if (file.path == path) return &dataset;
  return nullptr;
}

StatusOr<std::string> satimage_csv(std::string_view training, std::string_view test) {
  std::string csv = satimage_header();
  EV_RETURN_IF_ERROR(append_satimage(training, "sat.trn", csv));
  EV_RETURN_IF_ERROR(append_satimage(test, "sat.tst", csv));
  return csv;
}

}  // namespace evensweep
