#pragma once
// A Files service on a socket, which a test can break at any byte, and a folder for the other side.

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>

#include "common/base/blob_folder.h"
#include "common/base/file.h"
#include "common/base/hash.h"
#include "common/base/rng.h"
#include "common/transfer/file_transfer.h"
#include "coordinator/rpc/files_service.h"

namespace evensweep {

inline std::string content(size_t bytes, uint64_t seed = 1) {
  Rng rng(seed, "content");
  std::string text(bytes, '\0');
  for (char& byte : text) byte = static_cast<char>(rng.below(256));
  return text;
}

class ServedFiles {
 public:
  explicit ServedFiles(BlobLimits limits = {}) {
    std::string pattern = (std::filesystem::temp_directory_path() / "evensweep_files.XXXXXX").string();
    dir_ = ::mkdtemp(pattern.data());
    blobs_ = *BlobFolder::open(dir_ + "/blobs", limits);
    start();
  }
  ~ServedFiles() {
    stop();
    std::error_code ignored;
    std::filesystem::remove_all(dir_, ignored);
  }
  ServedFiles(const ServedFiles&) = delete;
  ServedFiles& operator=(const ServedFiles&) = delete;

  void start() {
    service_ = std::make_unique<coordinator::FilesService>(*blobs_);
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address(), grpc::InsecureServerCredentials());
    builder.RegisterService(service_.get());
    server_ = builder.BuildAndStart();
    ASSERT_TRUE(server_);
  }
  void stop() {
    if (!server_) return;
    service_->end_all();
    server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(2));
    server_->Wait();
    // The queue of gRPC's callback API must not go down with the last server; see coordinator/rpc/server.cc.
    static std::vector<std::unique_ptr<grpc::Server>> kept;
    kept.push_back(std::move(server_));
    service_.reset();
  }

  std::string address() const { return "unix:" + dir_ + "/socket"; }
  std::shared_ptr<grpc::Channel> channel() const {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 10);
    arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 50);
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(address(), grpc::InsecureChannelCredentials(), arguments);
  }
  BlobFolder& blobs() { return *blobs_; }
  const std::string& dir() const { return dir_; }
  // A file beside the store.
  std::string file(const std::string& name, const std::string& bytes) const {
    EXPECT_TRUE(write_file_atomically(dir_ + "/" + name, bytes).ok());
    return dir_ + "/" + name;
  }
  SourceFile source(const std::string& bytes) const {
    StatusOr<SourceFile> source = SourceFile::open(file("source", bytes));
    EXPECT_TRUE(source.ok()) << source.status();
    return *std::move(source);
  }
  // Into the store without the network.
  std::string store(const std::string& bytes) {
    const std::string digest = sha256_hex(bytes);
    auto writer = blobs_->write(digest, bytes.size(), 0);
    EXPECT_TRUE(writer.ok() && writer->append(bytes).ok() && writer->finish().ok());
    return digest;
  }
  // What the store has under this digest; empty if it is not there.
  std::string stored(const std::string& digest) {
    const auto reader = blobs_->read(digest);
    return reader.ok() ? *reader->read(0, reader->size()) : "";
  }

 private:
  std::string dir_;
  std::unique_ptr<BlobFolder> blobs_;
  std::unique_ptr<coordinator::FilesService> service_;
  std::unique_ptr<grpc::Server> server_;
};

inline TransferPatience quick() {
  return {.most_failures = 3, .first_wait = Duration(1), .longest_wait = Duration(5), .call_limit = Duration(20000)};
}

}  // namespace evensweep
