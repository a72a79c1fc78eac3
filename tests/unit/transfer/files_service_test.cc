// What the service answers to clients that are wrong, hostile or broken.

#include "coordinator/rpc/files_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "common/wire/limits.h"
#include "tests/unit/transfer/served_files.h"

namespace evensweep {
namespace {

using grpc::StatusCode;

v1::PutChunk start_of(const std::string& sha256, uint64_t bytes, uint64_t offset) {
  v1::PutChunk chunk;
  chunk.mutable_start()->set_sha256(sha256);
  chunk.mutable_start()->set_bytes(bytes);
  chunk.mutable_start()->set_offset(offset);
  return chunk;
}

v1::PutChunk data_of(const std::string& bytes) {
  v1::PutChunk chunk;
  chunk.set_data(bytes);
  return chunk;
}

class FilesServiceTest : public testing::Test {
 protected:
  FilesServiceTest() : stub_(v1::Files::NewStub(served_.channel())) {}

  void limit(grpc::ClientContext& context) {
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    context.set_wait_for_ready(true);
  }
  grpc::Status put(const std::vector<v1::PutChunk>& chunks, v1::FileState& state) {
    grpc::ClientContext context;
    limit(context);
    const auto writer = stub_->Put(&context, &state);
    for (const v1::PutChunk& chunk : chunks)
      if (!writer->Write(chunk)) break;
    writer->WritesDone();
    return writer->Finish();
  }
  StatusCode put(const std::vector<v1::PutChunk>& chunks) {
    v1::FileState state;
    return put(chunks, state).error_code();
  }
  grpc::Status get(const std::string& sha256, uint64_t offset, std::string& bytes, uint64_t& total) {
    grpc::ClientContext context;
    limit(context);
    v1::GetRequest request;
    request.set_sha256(sha256);
    request.set_offset(offset);
    const auto reader = stub_->Get(&context, request);
    v1::GetChunk chunk;
    for (bool first = true; reader->Read(&chunk); first = false) {
      EXPECT_EQ(chunk.total() != 0, first);
      EXPECT_LE(chunk.data().size(), wire::kMostChunk);
      if (first) total = chunk.total();
      bytes += chunk.data();
    }
    return reader->Finish();
  }

  ServedFiles served_;
  std::unique_ptr<v1::Files::Stub> stub_;
};

TEST_F(FilesServiceTest, TakesAndGivesAFileOfManyChunks) {
  const std::string bytes = content(1'000'001), digest = sha256_hex(bytes);
  std::vector<v1::PutChunk> chunks = {start_of(digest, bytes.size(), 0)};
  for (size_t at = 0; at < bytes.size(); at += 100'000) chunks.push_back(data_of(bytes.substr(at, 100'000)));
  v1::FileState state;
  ASSERT_TRUE(put(chunks, state).ok());
  EXPECT_TRUE(state.complete());
  EXPECT_EQ(state.bytes(), bytes.size());
  for (const uint64_t offset : {uint64_t{0}, uint64_t{1}, uint64_t{131072}, bytes.size() - 1, bytes.size()}) {
    std::string got;
    uint64_t total = 0;
    EXPECT_TRUE(get(digest, offset, got, total).ok());
    EXPECT_EQ(total, bytes.size());
    EXPECT_TRUE(got == bytes.substr(offset)) << offset;
  }
  std::string got;
  uint64_t total = 0;
  EXPECT_EQ(get(digest, bytes.size() + 1, got, total).error_code(), StatusCode::OUT_OF_RANGE);
  EXPECT_EQ(get(digest, UINT64_MAX, got, total).error_code(), StatusCode::OUT_OF_RANGE);
  EXPECT_EQ(get(sha256_hex("other"), 0, got, total).error_code(), StatusCode::NOT_FOUND);
}

TEST_F(FilesServiceTest, SaysHowFarATruncatedUploadCame) {
  const std::string bytes = content(100), digest = sha256_hex(bytes);
  v1::FileState state;
  ASSERT_TRUE(put({start_of(digest, 100, 0), data_of(bytes.substr(0, 60))}, state).ok());
  EXPECT_FALSE(state.complete());
  EXPECT_EQ(state.bytes(), 60U);
  EXPECT_EQ(served_.stored(digest), "");
  ASSERT_TRUE(put({start_of(digest, 100, 60), data_of(bytes.substr(60))}, state).ok());
  EXPECT_TRUE(state.complete());
  EXPECT_EQ(served_.stored(digest), bytes);
  ASSERT_TRUE(put({start_of(digest, 100, 0), data_of(bytes)}, state).ok()) << "it is there already";
  EXPECT_TRUE(state.complete());
}

TEST_F(FilesServiceTest, RefusesWhatBreaksTheRules) {
  const std::string bytes = content(100), digest = sha256_hex(bytes);
  EXPECT_EQ(put({}), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(put({v1::PutChunk()}), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(put({data_of(bytes)}), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(put({start_of(digest, 100, 0), start_of(digest, 100, 0)}), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(put({start_of(digest, 100, 1)}), StatusCode::OUT_OF_RANGE);
  EXPECT_EQ(put({start_of(digest, 100, UINT64_MAX)}), StatusCode::OUT_OF_RANGE);
  EXPECT_EQ(put({start_of(digest, 50, 0), data_of(bytes)}), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(put({start_of(digest, wire::kMostBlob + 1, 0)}), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(put({start_of(digest, UINT64_MAX, 0)}), StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(put({start_of(digest, 1 << 20, 0), data_of(std::string(wire::kMostChunk + 1, 'x'))}),
            StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(put({start_of(digest, 100, 0), data_of(content(100, 2))}), StatusCode::DATA_LOSS);
  EXPECT_EQ(served_.blobs().used(), 0U);
  for (const std::string& name : {std::string(), std::string("../../etc/passwd"), digest + "/", std::string(64, 'A'),
                                  digest.substr(0, 62) + "..", std::string(1 << 20, 'a')}) {
    EXPECT_EQ(put({start_of(name, 1, 0)}), StatusCode::INVALID_ARGUMENT) << name.substr(0, 80);
    std::string got;
    uint64_t total = 0;
    EXPECT_EQ(get(name, 0, got, total).error_code(), StatusCode::INVALID_ARGUMENT);
    grpc::ClientContext context;
    limit(context);
    v1::FileRequest request;
    request.set_sha256(name);
    v1::FileState state;
    EXPECT_EQ(stub_->Stat(&context, request, &state).error_code(), StatusCode::INVALID_ARGUMENT);
  }
}

TEST_F(FilesServiceTest, EndsAnIdleUploadThatAnotherTookOver) {
  const std::string bytes = content(100), digest = sha256_hex(bytes);
  grpc::ClientContext context;
  limit(context);
  v1::FileState idle_state;
  const auto idle = stub_->Put(&context, &idle_state);
  ASSERT_TRUE(idle->Write(start_of(digest, 100, 0)));
  ASSERT_TRUE(idle->Write(data_of(bytes.substr(0, 10))));
  while (served_.blobs().stat(digest)->bytes < 10) std::this_thread::yield();
  EXPECT_EQ(put({start_of(digest, 100, 10), data_of(bytes.substr(10))}), StatusCode::OK);
  idle->Write(data_of("garbage"));
  idle->WritesDone();
  EXPECT_EQ(idle->Finish().error_code(), StatusCode::ABORTED);
  EXPECT_EQ(served_.stored(digest), bytes);
}

TEST_F(FilesServiceTest, LeavesNoStreamBehindWhenItStops) {
  const std::string digest = served_.store(content(8 << 20));
  grpc::ClientContext putting, getting;
  limit(putting);
  limit(getting);
  v1::FileState state;
  const auto writer = stub_->Put(&putting, &state);
  ASSERT_TRUE(writer->Write(start_of(sha256_hex("x"), 100, 0)));
  v1::GetRequest request;
  request.set_sha256(digest);
  const auto reader = stub_->Get(&getting, request);
  v1::GetChunk chunk;
  ASSERT_TRUE(reader->Read(&chunk));
  served_.stop();  // hangs if a stream were never finished
  while (reader->Read(&chunk)) {
  }
  EXPECT_FALSE(reader->Finish().ok());
  EXPECT_FALSE(writer->Finish().ok());
}

TEST_F(FilesServiceTest, OutlivesClientsThatGoAwayAtAnyMoment) {
  const std::string bytes = content(400'000), digest = served_.store(bytes), other = sha256_hex("other");
  std::vector<std::thread> clients;
  for (uint64_t seed = 0; seed < 4; ++seed) {
    clients.emplace_back([&, seed] {
      Rng rng(seed, "clients");
      for (int i = 0; i < 20; ++i) {
        grpc::ClientContext context;
        limit(context);
        if (rng.below(2) == 0) {
          v1::GetRequest request;
          request.set_sha256(digest);
          const auto reader = stub_->Get(&context, request);
          v1::GetChunk chunk;
          for (uint64_t n = rng.below(4); n > 0 && reader->Read(&chunk); --n) continue;
          context.TryCancel();
          static_cast<void>(reader->Finish());
        } else {
          v1::FileState state;
          const auto writer = stub_->Put(&context, &state);
          writer->Write(start_of(other, 1 << 20, 0));
          for (uint64_t n = rng.below(3); n > 0; --n) writer->Write(data_of(bytes.substr(0, 1000)));
          context.TryCancel();
          static_cast<void>(writer->Finish());
        }
      }
    });
  }
  for (std::thread& client : clients) client.join();
  std::string got;
  uint64_t total = 0;
  EXPECT_TRUE(get(digest, 0, got, total).ok());
  EXPECT_TRUE(got == bytes);
}

}  // namespace
}  // namespace evensweep
