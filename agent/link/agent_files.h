#pragma once
// The files of an agent that trains for a coordinator elsewhere: what runs read comes by digest into a cache, the
// newest checkpoints and the logs of trainers go the other way. Transfers block, so they have threads of their own, one
// for each direction; all calls and callbacks are on the thread that runs the io_context.
//
//   DIR/data/ab/<sha256>               the cache; what is least recently used makes room, what is in use never
//   DIR/logs/<run key>.<number>.log    see RunLogs
//   DIR/work/<run key>/uploaded        the digest of the newest checkpoint of this folder that the coordinator has

#include <grpcpp/channel.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "agent/core/file_events.h"
#include "agent/link/run_logs.h"
#include "common/base/blob_folder.h"
#include "common/transfer/file_transfer.h"

namespace evensweep {

struct TransferOptions {
  uint64_t cache_bytes = uint64_t{100} << 30;
  std::optional<uint64_t> keep_free = {};  // of the disk; absent: space_to_keep()
  Duration checkpoint_every{600'000};      // a run's newest checkpoint is uploaded so often, and not before that time
  TransferPatience patience{.most_failures = 100};
};

class AgentFiles {
 public:
  struct Folders {
    std::string dir, work;
  };
  using Tell = std::function<void(FileEvent)>;
  // The digests of all that waiting and running attempts read.
  using InUse = std::function<std::set<std::string>()>;

  static StatusOr<std::unique_ptr<AgentFiles>> open(boost::asio::io_context& context,
                                                    const std::shared_ptr<grpc::Channel>& channel, Folders folders,
                                                    const TransferOptions& options, Tell tell, InUse in_use);
  // Ends what is under way. `context` must not run any more.
  ~AgentFiles();

  // Files of this machine, by digest. They are read once to see whether that is so.
  void add_local(const std::map<std::string, std::string>& files);
  // Where the files are; of use for those of which FilesReady was told.
  const std::map<std::string, std::string>& paths() const { return paths_; }

  void fetch(FetchFiles effect);
  void upload(const UploadCheckpoint& effect);
  // What the trainer of the attempt has written to standard error.
  void wrote(const AttemptId& attempt, std::string_view bytes);
  // The attempt has failed: its log is of interest, however short it was.
  void keep_log(const AttemptId& attempt);
  // Nothing is written about these attempts any more: their logs are uploaded and go.
  void ended(const AttemptId& attempt);
  void ended(const RunKey& run);

 private:
  struct Brought {
    std::map<std::string, std::string> paths;  // by digest
    Status status;
  };

  AgentFiles(boost::asio::io_context& context, const std::shared_ptr<grpc::Channel>& channel, Folders folders,
             const TransferOptions& options, Tell tell, InUse in_use);
  template <typename Work, typename Done>
  void run(boost::asio::thread_pool& thread, Work work, Done done);
  Brought bring(const FetchFiles& wanted, const std::map<std::string, std::string>& local, std::set<std::string> keep);
  StatusOr<std::string> bring_file(const std::string& sha256, const std::string& local,
                                   const std::set<std::string>& keep);
  Status place_checkpoint(const RunKey& run, const BlobRef& blob, const std::set<std::string>& keep);
  Status fetch_into_cache(const std::string& sha256, const std::set<std::string>& keep);
  StatusOr<std::optional<BlobRef>> send_checkpoint(const UploadCheckpoint& wanted);
  void arm_lines();
  std::string folder_of(const RunKey& run) const { return folders_.work + "/" + run.str(); }

  boost::asio::io_context& context_;
  const Folders folders_;
  const Tell tell_;
  const InUse in_use_;
  std::unique_ptr<BlobFolder> cache_;
  FileTransfer down_, up_;
  RunLogs logs_;
  std::set<AttemptId> sending_logs_;
  boost::asio::steady_timer lines_timer_;
  bool lines_armed_ = false;

  std::map<std::string, std::string> local_;  // as they were told; not looked at yet
  std::map<std::string, std::string> paths_;
  std::set<std::string> here_;  // those of paths_ that are known to be there without another look
  size_t fetching_ = 0;         // fetches under way
  boost::asio::thread_pool down_thread_{1}, up_thread_{1};
};

}  // namespace evensweep
