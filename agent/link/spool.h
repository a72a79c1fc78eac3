#pragma once
// Ended attempts on disk, until the coordinator has acknowledged them: one file each, DIR/<run key>.<number>.json, in
// the form that docs/format/agent_link.md tells.

#include <string>
#include <vector>

#include "common/base/status.h"
#include "common/model/link.h"

namespace evensweep {

class Spool {
 public:
  explicit Spool(std::string dir);

  struct Content {
    std::vector<Update> ended;
    std::vector<std::string> remarks;  // about each entry that was set aside as DIR/<name>.unreadable
  };
  // Makes the folder where it is missing. An entry that can't be understood is set aside, never an error.
  StatusOr<Content> load();
  // On disk when it returns OK. `end` holds a Succeeded or a Failure.
  Status write(const Update& end);
  // Not being there is fine.
  Status forget(const AttemptId& attempt);

 private:
  std::string path_of(const AttemptId& attempt) const;

  std::string dir_;
};

}  // namespace evensweep
