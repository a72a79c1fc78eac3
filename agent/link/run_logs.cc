#include "agent/link/run_logs.h"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <utility>

#include "agent/core/failure_text.h"
#include "common/base/file.h"
#include "common/base/hash.h"

namespace evensweep {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kEnd = ".log";
constexpr int kYoungTicks = 2;
constexpr size_t kMostYoung = 64 << 10;
// Of what waits to be told; the oldest goes first.
constexpr size_t kMostUntold = 256 << 10;

std::optional<AttemptId> attempt_of(std::string_view name) {
  constexpr size_t kDigest = 64;
  if (name.size() <= kDigest + 1 + kEnd.size() || name[kDigest] != '.' || !name.ends_with(kEnd)) return std::nullopt;
  const std::string_view run = name.substr(0, kDigest);
  const std::string_view number = name.substr(kDigest + 1, name.size() - kDigest - 1 - kEnd.size());
  AttemptId attempt{.run = RunKey(std::string(run))};
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), attempt.number);
  if (error != std::errc() || end != number.data() + number.size() || !is_sha256(run)) return std::nullopt;
  return attempt;
}

// The last `most` bytes of the text from the beginning of a line on, if a line begins there.
std::string_view last_lines(std::string_view text, size_t most) {
  if (text.size() <= most) return text;
  text.remove_prefix(text.size() - most);
  const size_t end = text.find('\n');
  if (end != std::string_view::npos && end + 1 < text.size()) text.remove_prefix(end + 1);
  return text;
}

// Takes up to `most` bytes out of `pending`: whole lines, or an unfinished one that is all there is.
std::string take(std::string& pending, size_t most) {
  constexpr size_t kNote = 64;  // for the line about what is left out
  std::string text;
  if (pending.size() > most) {
    const std::string_view kept = last_lines(pending, most > kNote ? most - kNote : 0);
    text = "[" + std::to_string(pending.size() - kept.size()) + " bytes are left out here]\n" + std::string(kept);
    pending.clear();
    return text;
  }
  const size_t end = pending.rfind('\n');
  text = pending.substr(0, end == std::string::npos ? end : end + 1);
  pending.erase(0, text.size());
  return text;
}

}  // namespace

RunLogs::RunLogs(std::string dir) : dir_(std::move(dir)) {}

Status RunLogs::open() {
  EV_RETURN_IF_ERROR(make_folders(dir_));
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(dir_, error)) {
    std::error_code ignored;
    if (const auto attempt = attempt_of(entry.path().filename().string()); attempt && entry.is_regular_file(ignored))
      sizes_[*attempt] = entry.file_size(ignored);
  }
  return error ? errno_status(error.value(), "cannot read the folder " + dir_) : absl::OkStatus();
}

void RunLogs::add(const AttemptId& attempt, std::string_view bytes) {
  if (bytes.empty()) return;
  if (sizes_.contains(attempt)) return write(attempt, bytes);
  Young& young = young_[attempt];
  young.text += bytes;
  if (young.text.size() > kMostYoung) keep(attempt);
}

void RunLogs::keep(const AttemptId& attempt) {
  if (const auto young = young_.extract(attempt)) write(attempt, young.mapped().text);
}

void RunLogs::age() {
  std::vector<AttemptId> grown;
  for (auto& [attempt, young] : young_)
    if (++young.ticks > kYoungTicks) grown.push_back(attempt);
  for (const AttemptId& attempt : grown) keep(attempt);
}

void RunLogs::write(const AttemptId& attempt, std::string_view bytes) {
  std::string& pending = lines_[attempt];
  pending += bytes;
  if (pending.size() > kMostUntold) pending.erase(0, pending.size() - kMostUntold);
  uint64_t& size = sizes_[attempt];
  std::ofstream file(path_of(attempt), std::ios::binary | std::ios::app);
  file << bytes;
  file.close();
  size += bytes.size();
  if (size > kMostBytes) shorten(attempt, size);
}

void RunLogs::shorten(const AttemptId& attempt, uint64_t& size) const {
  const StatusOr<std::string> text = read_file(path_of(attempt));
  if (!text.ok()) return;
  const std::string_view kept = last_lines(*text, kMostBytes / 2);
  if (replace_file(path_of(attempt), kept).ok()) size = kept.size();
}

std::vector<Update> RunLogs::take_lines(size_t most) {
  std::vector<Update> updates;
  for (auto pending = lines_.begin(); pending != lines_.end();) {
    // An equal share of what is left for each that is left.
    const size_t share = most / static_cast<size_t>(std::distance(pending, lines_.end()));
    const std::string text = clean_text(take(pending->second, share), share);
    most -= std::min(most, text.size());
    if (!text.empty()) updates.push_back({pending->first, LogLines{text}});
    pending = pending->second.empty() ? lines_.erase(pending) : std::next(pending);
  }
  return updates;
}

std::vector<AttemptId> RunLogs::attempts_of(const RunKey& run) const {
  std::vector<AttemptId> attempts;
  for (auto found = sizes_.lower_bound({run, 0}); found != sizes_.end() && found->first.run == run; ++found)
    attempts.push_back(found->first);
  return attempts;
}

std::string RunLogs::path_of(const AttemptId& attempt) const {
  return dir_ + "/" + attempt.run.str() + "." + std::to_string(attempt.number) + std::string(kEnd);
}

void RunLogs::remove(const AttemptId& attempt) {
  std::error_code ignored;
  if (sizes_.erase(attempt) > 0) fs::remove(path_of(attempt), ignored);
  lines_.erase(attempt);
  young_.erase(attempt);
}

}  // namespace evensweep
