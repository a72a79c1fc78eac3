#pragma once
// The Files service over a BlobFolder. Everything that touches the disk runs on threads of its own; a stream has one
// chunk under way, so a slow disk or peer slows down nothing but its own transfer.

#include <boost/asio/thread_pool.hpp>

#include "common/base/blob_folder.h"
#include "coordinator/rpc/streams.h"
#include "evensweep/v1/files.grpc.pb.h"

namespace evensweep::coordinator {

class FileStream;

class FilesService final : public v1::Files::CallbackService {
 public:
  // `blobs` must live longer.
  explicit FilesService(BlobFolder& blobs) : blobs_(blobs), disk_(kThreads) {}
  // After the server has ended.
  ~FilesService() override { disk_.join(); }

  grpc::ServerUnaryReactor* Stat(grpc::CallbackServerContext* context, const v1::FileRequest* request,
                                 v1::FileState* response) override;
  grpc::ServerWriteReactor<v1::GetChunk>* Get(grpc::CallbackServerContext* context,
                                              const v1::GetRequest* request) override;
  grpc::ServerReadReactor<v1::PutChunk>* Put(grpc::CallbackServerContext* context, v1::FileState* response) override;
  void end_all();

 private:
  static constexpr size_t kThreads = 4;

  BlobFolder& blobs_;
  boost::asio::thread_pool disk_;
  Streams<FileStream> streams_;
};

}  // namespace evensweep::coordinator
