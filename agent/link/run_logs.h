#pragma once
// What trainers write to standard error, by attempt: DIR/<run key>.<number>.log, and the lines that are new. A run that
// is over in a moment and went well costs no file and no message: what it writes is young for two ticks, and dropped
// with it unless somebody asks to keep it.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/status.h"
#include "common/model/link.h"

namespace evensweep {

class RunLogs {
 public:
  // A longer file loses its first half. After a crash of the machine it may lack its last lines.
  static constexpr uint64_t kMostBytes = 1 << 20;

  explicit RunLogs(std::string dir);

  // Makes the folder where it is missing, and finds what an earlier process has left.
  Status open();
  // Never fails: where the disk is full, lines are lost.
  void add(const AttemptId& attempt, std::string_view bytes);
  // What is young is young no more.
  void keep(const AttemptId& attempt);
  // A tick has passed.
  void age();
  // What has come since the last call, `most` bytes at most altogether; whole lines where that is possible, and where
  // there is more the newest, with a line that says how much was left out.
  std::vector<Update> take_lines(size_t most);
  bool has_lines() const { return !lines_.empty() || !young_.empty(); }
  // The attempts of the run of which there is a file.
  std::vector<AttemptId> attempts_of(const RunKey& run) const;
  std::string path_of(const AttemptId& attempt) const;
  void remove(const AttemptId& attempt);

 private:
  struct Young {
    std::string text;
    int ticks = 0;
  };

  void write(const AttemptId& attempt, std::string_view bytes);
  void shorten(const AttemptId& attempt, uint64_t& size) const;

  std::string dir_;
  std::map<AttemptId, uint64_t> sizes_;  // of the files
  std::map<AttemptId, std::string> lines_;
  std::map<AttemptId, Young> young_;
};

}  // namespace evensweep
