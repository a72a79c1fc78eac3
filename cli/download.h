#pragma once
// Downloads by libcurl, which knows proxies, redirects and certificates. It is loaded when the first download is asked
// for: linked, it would make every start of the program some milliseconds slower.

#include <cstdint>
#include <functional>
#include <string>

#include "common/base/status.h"

namespace evensweep {

struct Download {
  std::string url;     // http or https
  std::string path;    // of the file that is to be there in the end
  int64_t size = 0;    // bytes
  std::string sha256;  // of the whole file
};

// Bytes that are there of how many.
using ShowProgress = std::function<void(int64_t done, int64_t size)>;

// Fetches into `path`.part, beginning where an earlier call or a cut connection left it, and renames it to `path` once
// size and SHA-256 are right. An attempt that brought anything is followed by another one; what has come stays for the
// next call. What was begun earlier and turns out to be something else is fetched anew once. DataLoss for a file that
// is not the one wanted, Internal for what the network or the server refuses, ResourceExhausted for a full disk.
Status download(const Download& wanted, const ShowProgress& show);

// DataLoss, with `path` in it, if the file has another size or SHA-256.
Status check_content(const std::string& path, int64_t size, const std::string& sha256);

}  // namespace evensweep
