#pragma once
// Ended attempts on disk, until the coordinator has acknowledged them: one file, DIR/log, that ends and
// acknowledgements are appended to, in the form that docs/format/agent_link.md tells. One sync makes a whole batch
// durable.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/link/log_file.h"
#include "common/base/status.h"
#include "common/model/link.h"

namespace evensweep {

class Spool {
 public:
  explicit Spool(std::string dir, OpenLogFile open = open_log_file);

  struct Content {
    std::vector<Update> ended;
    std::vector<std::string> remarks;  // about what was set aside as DIR/<name>.unreadable
  };
  // Makes the folder where it is missing, and moves entries of the form of before, a file each, into the log. What
  // can't be understood is set aside, never an error; half a record at the end, of a crash, is dropped.
  StatusOr<Content> load();

  // The ends, each a Succeeded or a Failure, are on disk when it returns OK. After an error none of them is there; the
  // next call begins where the last good one ended. That an attempt is forgotten is written and need not last: it would
  // be told once more after a crash, and acknowledged once more.
  Status write(const std::vector<Update>& ends, const std::vector<AttemptId>& forgotten);

  uint64_t log_bytes() const { return size_; }

 private:
  struct Place {
    uint64_t offset = 0, bytes = 0;
  };

  Status open();
  Status rewrite();
  void shrink();
  Status migrate(Content& content);
  std::string log_path() const;

  std::string dir_;
  OpenLogFile open_;
  std::unique_ptr<LogFile> log_;
  std::map<AttemptId, Place> live_;
  uint64_t size_ = 0;        // of what is whole
  uint64_t live_bytes_ = 0;  // of the records of live_
  bool torn_ = false;        // behind that there may be more
};

}  // namespace evensweep
