#pragma once
// A folder of its own for a store, gone with the object.

#include <stdlib.h>

#include <filesystem>
#include <string>

namespace evensweep::coordinator {

class TemporaryState {
 public:
  TemporaryState() {
    std::string pattern = (std::filesystem::temp_directory_path() / "evensweep_state.XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryState() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryState(const TemporaryState&) = delete;
  TemporaryState& operator=(const TemporaryState&) = delete;

  const std::string& path() const { return path_; }
  std::string database() const { return path_ + "/evensweep.db"; }

 private:
  std::string path_;
};

}  // namespace evensweep::coordinator
