#pragma once
// Copies of the database while it is in use, and the way back.
//
// A copy is read through a connection that can only read, in one transaction: it holds what was committed at one
// moment, and the one connection that writes goes on meanwhile. Before a copy gets its name it is checked and on disk.

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/base/status.h"

namespace evensweep::coordinator {

class Backups {
 public:
  // Of the database in `state_folder`, into its subfolder backups/; the newest `kept` ones stay.
  Backups(std::string state_folder, int64_t kept) : state_folder_(std::move(state_folder)), kept_(kept) {}

  // A copy, if the database was written to since the last one of this object; its path, or nothing. `unix_millis` names
  // it. On an error, a full disk for example, there is no new copy and the old ones stay. Cancelled once `stop` is set.
  StatusOr<std::optional<std::string>> take_if_changed(int64_t unix_millis, const std::atomic<bool>& stop);

  // Paths, oldest first.
  static std::vector<std::string> list(const std::string& state_folder);

 private:
  std::string stamp() const;
  Status copy(const std::string& to, const std::atomic<bool>& stop) const;
  void forget_old() const;

  std::string state_folder_;
  int64_t kept_;
  std::string last_;  // of the database when it was last copied
};

// Puts the backup `file` (empty: the newest) in the place of the database of a state folder that the caller holds. What
// was there is kept beside it; the result is its path, empty if there was none. At every moment there is a database:
// the old one or the restored one. NotFound without a backup, DataLoss for one that is damaged or none of ours.
StatusOr<std::string> restore_backup(const std::string& state_folder, const std::string& file, int64_t unix_millis);

}  // namespace evensweep::coordinator
