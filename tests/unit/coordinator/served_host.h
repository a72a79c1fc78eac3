#pragma once
// A coordinator as a program has it: store, host and server, with a store that a test can make fail.

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/host/host.h"
#include "coordinator/rpc/server.h"
#include "coordinator/store/sqlite_store.h"
#include "evensweep/v1/sweeps.grpc.pb.h"
#include "tests/unit/coordinator/temporary_state.h"

namespace evensweep::coordinator {

class FaultyStore final : public Store {
 public:
  FaultyStore(std::unique_ptr<Store> real, std::shared_ptr<std::atomic<bool>> broken)
      : real_(std::move(real)), broken_(std::move(broken)) {}
  Status commit(std::span<const Record> records, int64_t unix_millis) override {
    if (*broken_ && !records.empty()) return absl::ResourceExhaustedError("the disk is full");
    return real_->commit(records, unix_millis);
  }
  Status check_writable(int64_t unix_millis) override { return real_->check_writable(unix_millis); }
  StatusOr<StoredSource> sweep_source(SweepNumber sweep) override { return real_->sweep_source(sweep); }
  StatusOr<std::vector<AttemptView>> attempts(RunId run) override { return real_->attempts(run); }
  StatusOr<std::optional<Failure>> failure(RunId run) override { return real_->failure(run); }
  StatusOr<std::optional<Failure>> failure(const TrialId& trial) override { return real_->failure(trial); }
  StatusOr<std::set<std::string>> referenced_blobs() override { return real_->referenced_blobs(); }
  StatusOr<Snapshot> load() override { return real_->load(); }
  StatusOr<std::string> run_spec(RunId run) override { return real_->run_spec(run); }
  StatusOr<RunResult> result(RunId run) override { return real_->result(run); }
  StatusOr<SweepResults> sweep_results(const SweepId& sweep) override { return real_->sweep_results(sweep); }

 private:
  std::unique_ptr<Store> real_;
  std::shared_ptr<std::atomic<bool>> broken_;
};

class ServedHost {
 public:
  explicit ServedHost(std::vector<std::string> addresses = {}, CoreOptions options = {})
      : addresses_(std::move(addresses)), options_(options) {
    start();
  }

  void start() {
    auto store = SqliteStore::open(state_.path());
    EXPECT_TRUE(store.ok()) << store.status();
    auto host = Host::start(std::make_unique<FaultyStore>(*std::move(store), broken_), clock_, options_);
    EXPECT_TRUE(host.ok()) << host.status();
    host_ = *std::move(host);
    auto server = RpcServer::start(*host_, addresses_);
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  void stop() {
    server_.reset();
    host_.reset();
  }
  ~ServedHost() { stop(); }

  // Over TCP where there is an address, else in the process.
  std::shared_ptr<grpc::Channel> channel() {
    if (addresses_.empty()) return server_->in_process_channel();
    return grpc::CreateChannel("127.0.0.1:" + std::to_string(server_->ports().at(0)),
                               grpc::InsecureChannelCredentials());
  }
  Host& host() { return *host_; }
  RpcServer& server() { return *server_; }
  void break_store() { *broken_ = true; }

 private:
  TemporaryState state_;
  SystemClock clock_;
  std::vector<std::string> addresses_;
  CoreOptions options_;
  std::shared_ptr<std::atomic<bool>> broken_ = std::make_shared<std::atomic<bool>>(false);
  std::unique_ptr<Host> host_;
  std::unique_ptr<RpcServer> server_;
};

inline grpc::Status submit(const std::shared_ptr<grpc::Channel>& channel, const std::string& sweep_json,
                           v1::SubmitResponse& response) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  v1::SubmitRequest request;
  request.set_sweep_json(sweep_json);
  return v1::Sweeps::NewStub(channel)->Submit(&context, request, &response);
}

// A Watch stream.
class Watching {
 public:
  Watching(const std::shared_ptr<grpc::Channel>& channel, const std::string& sweep)
      : stub_(v1::Sweeps::NewStub(channel)) {
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    v1::WatchRequest request;
    request.set_sweep_id(sweep);
    reader_ = stub_->Watch(&context_, request);
  }
  bool next(v1::SweepStatus& status) { return reader_->Read(&status); }
  // Reads on to the end; `last` is the last status.
  grpc::Status end(v1::SweepStatus& last) {
    while (reader_->Read(&last)) {
    }
    return reader_->Finish();
  }

 private:
  std::unique_ptr<v1::Sweeps::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::SweepStatus>> reader_;
};

}  // namespace evensweep::coordinator
