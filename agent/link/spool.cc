#include "agent/link/spool.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "agent/link/spool_records.h"
#include "common/base/file.h"

namespace evensweep {
namespace {

namespace fs = std::filesystem;

// A log of less than this is left as it is, however little of it still counts.
constexpr uint64_t kSmallLog = 4 << 20;

std::string file_name_of(const AttemptId& attempt) {
  return attempt.run.str() + "." + std::to_string(attempt.number) + ".json";
}

StatusOr<std::vector<fs::path>> files_in(const std::string& dir) {
  std::error_code error;
  std::vector<fs::path> paths;
  for (fs::directory_iterator entry(dir, error), last; !error && entry != last; entry.increment(error))
    paths.push_back(entry->path());
  if (error) return errno_status(error.value(), "cannot list the spool " + dir);
  std::ranges::sort(paths);
  return paths;
}

StatusOr<Update> read_entry(const fs::path& path) {
  EV_ASSIGN_OR_RETURN(const std::string text, read_file(path.string()));
  EV_ASSIGN_OR_RETURN(Update end, parse_spool_entry(text));
  if (path.filename().string() != file_name_of(end.attempt))
    return absl::InvalidArgumentError("its name is not that of its content");
  return end;
}

// A name that nothing has yet.
std::string free_name(const std::string& path) {
  std::string name = path + ".unreadable";
  for (int number = 2; fs::exists(name); ++number) name = path + "." + std::to_string(number) + ".unreadable";
  return name;
}

}  // namespace

Spool::Spool(std::string dir, OpenLogFile open) : dir_(std::move(dir)), open_(std::move(open)) {}

std::string Spool::log_path() const { return (fs::path(dir_) / "log").string(); }

StatusOr<Spool::Content> Spool::load() {
  EV_RETURN_IF_ERROR(make_folders(dir_));
  Content content;
  StatusOr<std::string> log = read_file(log_path());
  if (!log.ok() && !absl::IsNotFound(log.status())) return log.status();
  SpoolLog read = read_spool_log(log.ok() ? std::string_view(*log) : std::string_view());
  std::map<AttemptId, Update> ends;
  live_.clear();
  live_bytes_ = 0;
  for (SpoolLog::Found& found : read.records) {
    if (auto* end = std::get_if<Update>(&found.record)) {
      live_[end->attempt] = {found.offset, found.bytes};
      ends.insert_or_assign(end->attempt, std::move(*end));
    } else {
      for (const AttemptId& attempt : std::get<std::vector<AttemptId>>(found.record)) {
        live_.erase(attempt);
        ends.erase(attempt);
      }
    }
  }
  for (const auto& [attempt, place] : live_) live_bytes_ += place.bytes;
  for (size_t i = 0; i < read.damaged.size(); ++i) {
    const std::string aside = free_name(log_path());
    EV_RETURN_IF_ERROR(write_file_atomically(aside, read.damaged[i]));
    content.remarks.push_back("a damaged part of " + log_path() + " is set aside as " + aside + ": " + read.reasons[i]);
  }
  for (auto& [attempt, end] : ends) content.ended.push_back(std::move(end));
  size_ = read.whole;
  torn_ = log.ok() && log->size() != size_;
  if (!read.damaged.empty()) EV_RETURN_IF_ERROR(rewrite());
  EV_RETURN_IF_ERROR(migrate(content));
  return content;
}

// Entries of the form of before: into the log, then away.
Status Spool::migrate(Content& content) {
  EV_ASSIGN_OR_RETURN(const std::vector<fs::path> paths, files_in(dir_));
  std::vector<Update> ends;
  std::vector<fs::path> done;
  std::error_code error;
  for (const fs::path& path : paths) {
    if (path.filename().string().find(".tmp.") != std::string::npos) fs::remove(path, error);  // of a crash
    if (path.extension() != ".json") continue;
    StatusOr<Update> end = read_entry(path);
    if (end.ok()) {
      if (!live_.contains(end->attempt)) ends.push_back(*std::move(end));
      done.push_back(path);
      continue;
    }
    fs::rename(path, path.string() + ".unreadable", error);
    content.remarks.push_back(path.string() + " is set aside as .unreadable: " + std::string(end.status().message()));
  }
  if (done.empty()) return absl::OkStatus();
  EV_RETURN_IF_ERROR(write(ends, {}));
  for (const fs::path& path : done) fs::remove(path, error);
  content.ended.insert(content.ended.end(), ends.begin(), ends.end());
  return absl::OkStatus();
}

Status Spool::open() {
  EV_ASSIGN_OR_RETURN(log_, open_(log_path()));
  return absl::OkStatus();
}

Status Spool::write(const std::vector<Update>& ends, const std::vector<AttemptId>& forgotten) {
  if (log_ == nullptr) EV_RETURN_IF_ERROR(open());
  if (torn_) {
    EV_RETURN_IF_ERROR(log_->truncate(size_));
    torn_ = false;
  }
  std::string bytes(size_ == 0 ? kSpoolHeader : std::string_view());
  std::vector<std::pair<const Update*, Place>> places;
  for (const Update& end : ends) {
    const std::string record = spool_record(end);
    places.push_back({&end, {size_ + bytes.size(), record.size()}});
    bytes += record;
  }
  if (!forgotten.empty()) bytes += spool_record(forgotten);
  torn_ = true;
  Status status = log_->append(bytes);
  if (status.ok() && !ends.empty()) status = log_->sync();
  if (!status.ok()) return status;
  torn_ = false;
  size_ += bytes.size();
  for (const auto& [end, place] : places) {
    live_[end->attempt] = place;
    live_bytes_ += place.bytes;
  }
  for (const AttemptId& attempt : forgotten)
    if (const auto found = live_.find(attempt); found != live_.end()) {
      live_bytes_ -= found->second.bytes;
      live_.erase(found);
    }
  shrink();
  return absl::OkStatus();
}

// Not being able to is no error: what was written is on disk all the same, and the next write tries again.
void Spool::shrink() {
  if (size_ >= kSmallLog && live_bytes_ <= size_ / 4) rewrite().IgnoreError();
}

// The log with nothing in it but what counts.
Status Spool::rewrite() {
  EV_ASSIGN_OR_RETURN(const std::string old, read_file(log_path()));
  std::string fresh(kSpoolHeader);
  std::map<AttemptId, Place> places;
  for (const auto& [attempt, place] : live_) {
    places[attempt] = {fresh.size(), place.bytes};
    fresh += old.substr(place.offset, place.bytes);
  }
  EV_RETURN_IF_ERROR(write_file_atomically(log_path(), fresh));
  log_.reset();  // it is the old file
  live_ = std::move(places);
  size_ = fresh.size();
  torn_ = false;
  return open();
}

}  // namespace evensweep
