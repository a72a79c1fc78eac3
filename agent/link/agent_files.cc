#include "agent/link/agent_files.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <filesystem>
#include <utility>

#include "agent/core/failure_text.h"
#include "common/base/file.h"
#include "common/base/hash.h"
#include "common/base/log.h"

namespace evensweep {
namespace fs = std::filesystem;
namespace {

// Lines of trainers are told twice a second, 64 KiB/s at most.
constexpr std::chrono::milliseconds kLinesEvery{500};
constexpr size_t kMostLines = 32 << 10;

Status named(const Status& status, const std::string& what) {
  return {status.code(), what + ": " + std::string(status.message())};
}

void warn(const std::string& text) { log(LogLevel::kWarning, "agent", clean_line(text, 1000)); }

}  // namespace

StatusOr<std::unique_ptr<AgentFiles>> AgentFiles::open(boost::asio::io_context& context,
                                                       const std::shared_ptr<grpc::Channel>& channel, Folders folders,
                                                       const TransferOptions& options, Tell tell, InUse in_use) {
  std::unique_ptr<AgentFiles> files(
      new AgentFiles(context, channel, std::move(folders), options, std::move(tell), std::move(in_use)));
  EV_ASSIGN_OR_RETURN(files->cache_,
                      BlobFolder::open(files->folders_.dir + "/data",
                                       {.most_bytes = options.cache_bytes,
                                        .keep_free = options.keep_free.value_or(space_to_keep(files->folders_.dir))}));
  EV_RETURN_IF_ERROR(files->logs_.open());
  return files;
}

AgentFiles::AgentFiles(boost::asio::io_context& context, const std::shared_ptr<grpc::Channel>& channel, Folders folders,
                       const TransferOptions& options, Tell tell, InUse in_use)
    : context_(context),
      folders_(std::move(folders)),
      tell_(std::move(tell)),
      in_use_(std::move(in_use)),
      down_(channel, options.patience),
      up_(channel, options.patience),
      logs_(folders_.dir + "/logs"),
      lines_timer_(context) {}

AgentFiles::~AgentFiles() {
  down_.cancel();
  up_.cancel();
  down_thread_.join();
  up_thread_.join();
}

// `work` on the thread, and `done` with what it gave back on ours.
template <typename Work, typename Done>
void AgentFiles::run(boost::asio::thread_pool& thread, Work work, Done done) {
  boost::asio::post(thread, [this, work = std::move(work), done = std::move(done)]() mutable {
    boost::asio::post(context_, [result = work(), done = std::move(done)]() mutable { done(std::move(result)); });
  });
}

// ---- files that runs read

void AgentFiles::add_local(const std::map<std::string, std::string>& files) {
  for (const auto& [sha256, path] : files) local_[sha256] = path;
}

void AgentFiles::fetch(FetchFiles effect) {
  const bool here = std::ranges::all_of(effect.sha256s, [this](const auto& one) { return here_.contains(one); });
  if (here && !effect.checkpoint) return tell_(FilesReady{effect.attempt});
  // From now on this fetch may clear away what is not in use.
  const std::set<std::string> keep = in_use_();
  std::erase_if(here_, [&keep](const std::string& sha256) { return !keep.contains(sha256); });
  ++fetching_;
  run(
      down_thread_, [this, effect, local = local_, keep] { return bring(effect, local, keep); },
      [this, attempt = effect.attempt](Brought brought) {
        --fetching_;
        for (const auto& [sha256, path] : brought.paths) {
          paths_[sha256] = path;
          // A later fetch may clear it away if nobody uses it by then; it will look again.
          if (fetching_ == 0) here_.insert(sha256);
        }
        if (brought.status.ok()) return tell_(FilesReady{attempt});
        tell_(FilesMissing{.attempt = attempt,
                           .why = std::string(brought.status.message()),
                           .nowhere = absl::IsNotFound(brought.status)});
      });
}

AgentFiles::Brought AgentFiles::bring(const FetchFiles& wanted, const std::map<std::string, std::string>& local,
                                      std::set<std::string> keep) {
  keep.insert(wanted.sha256s.begin(), wanted.sha256s.end());
  Brought brought;
  for (const std::string& sha256 : wanted.sha256s) {
    const auto path = local.find(sha256);
    StatusOr<std::string> file = bring_file(sha256, path == local.end() ? "" : path->second, keep);
    if (!file.ok()) {
      brought.status = named(file.status(), "the file " + sha256.substr(0, 12) + " cannot be brought here");
      return brought;
    }
    brought.paths[sha256] = *std::move(file);
  }
  if (!wanted.checkpoint) return brought;
  // Without it the run starts anew, or from an older one.
  const Status placed = place_checkpoint(wanted.attempt.run, *wanted.checkpoint, keep);
  if (!placed.ok()) warn(name_of(wanted.attempt) + " starts without its checkpoint: " + std::string(placed.message()));
  return brought;
}

StatusOr<std::string> AgentFiles::bring_file(const std::string& sha256, const std::string& local,
                                             const std::set<std::string>& keep) {
  if (!local.empty()) {
    const StatusOr<std::string> digest = sha256_hex_of_file(local);
    if (digest.ok() && *digest == sha256) return local;
    warn(digest.ok() ? local + " has changed; the coordinator is asked for the file as it was"
                     : std::string(digest.status().message()));
  }
  EV_RETURN_IF_ERROR(fetch_into_cache(sha256, keep));
  return cache_->path_of(sha256);
}

Status AgentFiles::fetch_into_cache(const std::string& sha256, const std::set<std::string>& keep) {
  return down_.fetch(sha256, *cache_, [&](uint64_t bytes) { return cache_->make_room(bytes, keep); });
}

// ---- checkpoints

// The one that is here is kept if the coordinator's is an older one from here.
Status AgentFiles::place_checkpoint(const RunKey& run, const BlobRef& blob, const std::set<std::string>& keep) {
  const std::string folder = folder_of(run), mark = folder + "/uploaded", place = folder + "/checkpoint";
  std::error_code error;
  const StatusOr<std::string> uploaded = read_file(mark);
  if (uploaded.ok() && *uploaded == blob.sha256 && fs::exists(place, error)) return absl::OkStatus();
  std::set<std::string> kept = keep;
  kept.insert(blob.sha256);
  EV_RETURN_IF_ERROR(fetch_into_cache(blob.sha256, kept));
  EV_RETURN_IF_ERROR(make_folders(folder));
  fs::copy_file(cache_->path_of(blob.sha256), place + ".fetched", fs::copy_options::overwrite_existing, error);
  if (!error) fs::rename(place + ".fetched", place, error);
  if (error) return errno_status(error.value(), "cannot put a checkpoint into " + folder);
  EV_RETURN_IF_ERROR(replace_file(mark, blob.sha256));
  return cache_->remove(blob.sha256);
}

void AgentFiles::upload(const UploadCheckpoint& effect) {
  run(
      up_thread_, [this, effect] { return send_checkpoint(effect); },
      [this, attempt = effect.attempt](StatusOr<std::optional<BlobRef>> sent) {
        if (!sent.ok())
          warn("the checkpoint of " + name_of(attempt) + " is not uploaded: " + std::string(sent.status().message()));
        tell_(CheckpointUploaded{attempt, sent.ok() ? *std::move(sent) : std::nullopt});
      });
}

StatusOr<std::optional<BlobRef>> AgentFiles::send_checkpoint(const UploadCheckpoint& wanted) {
  const std::string folder = folder_of(wanted.attempt.run);
  const StatusOr<SourceFile> source = SourceFile::open(folder + "/checkpoint");
  if (absl::IsNotFound(source.status())) return std::nullopt;
  EV_RETURN_IF_ERROR(source.status());
  if (source->blob.bytes > wanted.most_bytes)
    return absl::ResourceExhaustedError(std::to_string(source->blob.bytes) + " bytes are too many for the time left");
  EV_RETURN_IF_ERROR(up_.upload(*source));
  EV_RETURN_IF_ERROR(replace_file(folder + "/uploaded", source->blob.sha256));
  return source->blob;
}

// ---- logs

void AgentFiles::wrote(const AttemptId& attempt, std::string_view bytes) {
  logs_.add(attempt, bytes);
  arm_lines();
}

void AgentFiles::arm_lines() {
  if (lines_armed_ || !logs_.has_lines()) return;
  lines_armed_ = true;
  lines_timer_.expires_after(kLinesEvery);
  lines_timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    lines_armed_ = false;
    logs_.age();
    for (Update& update : logs_.take_lines(kMostLines)) tell_(Noted{std::move(update)});
    arm_lines();
  });
}

void AgentFiles::keep_log(const AttemptId& attempt) { logs_.keep(attempt); }

void AgentFiles::ended(const RunKey& run) {
  for (const AttemptId& attempt : logs_.attempts_of(run)) ended(attempt);
}

void AgentFiles::ended(const AttemptId& attempt) {
  const std::vector<AttemptId> kept = logs_.attempts_of(attempt.run);
  if (std::ranges::count(kept, attempt) == 0) return logs_.remove(attempt);
  if (!sending_logs_.insert(attempt).second) return;
  run(
      up_thread_,
      [this, path = logs_.path_of(attempt)]() -> StatusOr<BlobRef> {
        EV_ASSIGN_OR_RETURN(const SourceFile source, SourceFile::open(path));
        EV_RETURN_IF_ERROR(up_.upload(source));
        return source.blob;
      },
      [this, attempt](const StatusOr<BlobRef>& sent) {
        sending_logs_.erase(attempt);
        if (!sent.ok()) warn("the log of " + name_of(attempt) + " is lost: " + std::string(sent.status().message()));
        logs_.remove(attempt);
        if (sent.ok()) tell_(Noted{{attempt, LogStored{*sent}}});
      });
}

}  // namespace evensweep
