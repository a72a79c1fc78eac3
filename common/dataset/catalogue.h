#pragma once
// Public data sets that ready sweeps use: where each one officially lives, and what its files must be to the byte.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"

namespace evensweep {

// A file known by its content.
struct KnownFile {
  std::string path;  // below a data folder: "letters/letter-recognition.data"
  int64_t size = 0;  // bytes
  std::string sha256;
};

// What the official home serves.
struct Original {
  std::string url;
  int64_t size = 0;
  std::string sha256;

  std::string file_name() const;  // the last part of the url
};

// How the files come from the originals.
enum class Making {
  kCopy,      // they are the originals
  kUnpack,    // they are members of one .tar.gz
  kSatimage,  // see satimage_csv
  kNone,      // there are no originals to be downloaded
};

struct KnownDataset {
  std::string name;
  std::string what;     // one line
  std::string home;     // for people
  std::string licence;  // as stated there
  int64_t classes = 0;
  Making making = Making::kNone;
  std::vector<Original> originals;
  std::vector<KnownFile> files;  // that sweeps name
  std::string remark = {};       // where there are no originals: how one gets the files

  int64_t size() const;  // of all files
};

std::span<const KnownDataset> known_datasets();
// InvalidArgument suggests the nearest name.
StatusOr<const KnownDataset*> find_known_dataset(std::string_view name);
// The data set that has this file, "cifar10/test_batch.bin".
const KnownDataset* known_dataset_of_file(std::string_view path);

// satimage.csv from the texts of sat.trn and sat.tst (Statlog, UCI): a header line, rows in their order, names in place
// of the class numbers. InvalidArgument names the line that is not 36 numbers and a class.
StatusOr<std::string> satimage_csv(std::string_view training, std::string_view test);

}  // namespace evensweep
