#pragma once

#include <string>

#include "cli/download.h"
#include "common/base/status.h"
#include "common/dataset/catalogue.h"

namespace evensweep {

struct FetchRequest {
  const KnownDataset& dataset;
  std::string to;         // data folder; made if it is not there
  std::string from = {};  // http(s) address or folder that has the originals or the files; empty: the official home
};

struct Fetched {
  int64_t files_before = 0;  // that were there already, with the right content
  int64_t files_new = 0;
};

// Brings the files of a data set into a data folder, each complete and checked to the byte, or not there. Of a folder
// given as `from`, files are looked for below it as they are below a data folder, or in it by their own names.
// `show` is called with the name of what is being downloaded.
using ShowDownload = std::function<void(const std::string& name, int64_t done, int64_t size)>;
StatusOr<Fetched> fetch(const FetchRequest& request, const ShowDownload& show);

}  // namespace evensweep
