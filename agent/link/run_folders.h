#pragma once
// The folders in which trainers keep checkpoint and result: WORK/<run key>/.

#include <string>

#include "common/base/status.h"
#include "common/model/ids.h"

namespace evensweep {

class RunFolders {
 public:
  explicit RunFolders(std::string work_dir);

  const std::string& work_dir() const { return work_dir_; }
  // Makes the folder of the run, if asked to. A checkpoint of an earlier attempt stays, its result goes: whoever says
  // `finished` must have written one of its own.
  Status prepare(const RunKey& run, bool make) const;
  // The content of result.json. ResourceExhausted if it is larger than kMaxResultBytes.
  StatusOr<std::string> read_result(const RunKey& run) const;
  Status remove(const RunKey& run) const;

 private:
  std::string folder_of(const RunKey& run) const;

  std::string work_dir_;
};

}  // namespace evensweep
