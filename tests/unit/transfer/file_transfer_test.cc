// The client against a real service: it comes to the whole file, or says why not.

#include "common/transfer/file_transfer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "tests/unit/transfer/served_files.h"

namespace evensweep {
namespace {

using testing::HasSubstr;

class FileTransferTest : public testing::Test {
 protected:
  FileTransferTest() : transfer_(served_.channel(), quick()), cache_(*BlobFolder::open(served_.dir() + "/cache", {})) {}

  std::string cached(const std::string& digest) {
    const auto reader = cache_->read(digest);
    return reader.ok() ? *reader->read(0, reader->size()) : "";
  }

  ServedFiles served_;
  FileTransfer transfer_;
  std::unique_ptr<BlobFolder> cache_;
};

TEST_F(FileTransferTest, BringsAFileThereAndBack) {
  for (const size_t size : {0, 1, 131072, 700'000}) {
    const std::string bytes = content(size, size);
    const SourceFile source = served_.source(bytes);
    EXPECT_EQ(source.blob.sha256, sha256_hex(bytes));
    ASSERT_TRUE(transfer_.upload(source).ok());
    EXPECT_TRUE(transfer_.upload(source).ok()) << "it is there";
    ASSERT_TRUE(transfer_.fetch(source.blob.sha256, *cache_).ok());
    EXPECT_TRUE(transfer_.fetch(source.blob.sha256, *cache_).ok()) << "it is here";
    EXPECT_TRUE(cached(source.blob.sha256) == bytes) << size;
  }
}

TEST_F(FileTransferTest, GoesOnAtWhatIsThere) {
  const std::string bytes = content(1000);
  for (size_t there = 0; there <= bytes.size(); there += 111) {
    const std::string varied = bytes + std::to_string(there), digest = sha256_hex(varied);
    ASSERT_TRUE(served_.blobs().write(digest, varied.size(), 0)->append(varied.substr(0, there)).ok());
    ASSERT_TRUE(transfer_.upload(served_.source(varied)).ok());
    EXPECT_EQ(served_.stored(digest), varied);
    ASSERT_TRUE(cache_->write(digest, varied.size(), 0)->append(varied.substr(0, there)).ok());
    ASSERT_TRUE(transfer_.fetch(digest, *cache_).ok());
    EXPECT_EQ(cached(digest), varied);
  }
}

TEST_F(FileTransferTest, StartsOverOnceWithADamagedPart) {
  const std::string bytes = content(1000), digest = served_.store(bytes);
  ASSERT_TRUE(cache_->write(digest, 1000, 0)->append(content(500, 2)).ok());
  ASSERT_TRUE(transfer_.fetch(digest, *cache_).ok());
  EXPECT_EQ(cached(digest), bytes);
  const std::string other = content(900, 3), other_digest = sha256_hex(other);
  ASSERT_TRUE(served_.blobs().write(other_digest, 900, 0)->append(content(500, 4)).ok());
  ASSERT_TRUE(transfer_.upload(served_.source(other)).ok());
  EXPECT_EQ(served_.stored(other_digest), other);
  // And with one that is longer than the whole.
  const std::string third = content(100, 5), third_digest = served_.store(third);
  ASSERT_TRUE(cache_->write(third_digest, 500, 0)->append(content(300, 6)).ok());
  ASSERT_TRUE(transfer_.fetch(third_digest, *cache_).ok());
  EXPECT_EQ(cached(third_digest), third);
}

TEST_F(FileTransferTest, TellsOfAFileThatIsDamagedAtItsSource) {
  const std::string bytes = content(1000), digest = served_.store(bytes);
  std::filesystem::permissions(served_.blobs().path_of(digest), std::filesystem::perms::owner_all);
  ASSERT_TRUE(write_file_atomically(served_.blobs().path_of(digest), content(1000, 2)).ok());
  EXPECT_EQ(transfer_.fetch(digest, *cache_).code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(cache_->used(), 0U) << "nothing of it is kept";
  const DataFile changed{.path = served_.file("changed.csv", "new"), .sha256 = sha256_hex("old")};
  const auto sent = transfer_.upload_missing({&changed});
  EXPECT_EQ(sent.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(sent.status().message()), HasSubstr("changed.csv has changed"));
}

TEST_F(FileTransferTest, SendsOnlyWhatIsMissing) {
  const DataFile there{.path = "/nowhere", .sha256 = served_.store("there")};
  const DataFile missing{.path = served_.file("missing.csv", "missing"), .sha256 = sha256_hex("missing")};
  const auto sent = transfer_.upload_missing({&there, &missing});
  ASSERT_TRUE(sent.ok()) << sent.status();
  EXPECT_EQ(*sent, 1U);
  EXPECT_EQ(*transfer_.upload_missing({&there, &missing}), 0U);
  EXPECT_EQ(served_.stored(missing.sha256), "missing");
  const DataFile nowhere{.path = "/nowhere.csv", .sha256 = sha256_hex("nowhere")};
  EXPECT_EQ(transfer_.upload_missing({&nowhere}).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(FileTransferTest, SaysWhatItCannotHave) {
  EXPECT_EQ(transfer_.fetch(sha256_hex("x"), *cache_).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(transfer_.fetch("../x", *cache_).code(), absl::StatusCode::kInvalidArgument);
  const std::string digest = served_.store(content(1000));
  EXPECT_EQ(
      transfer_
          .fetch(digest, *cache_,
                 [](uint64_t bytes) { return absl::ResourceExhaustedError(std::to_string(bytes) + " are too many"); })
          .message(),
      "1000 are too many");
  const auto small = BlobFolder::open(served_.dir() + "/small", {.most_bytes = 10});
  EXPECT_EQ(transfer_.fetch(digest, **small).code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(FileTransferTest, ReadsTheEndOfAFile) {
  const std::string digest = served_.store("first\nlast\n");
  EXPECT_EQ(*transfer_.read_end(digest, 100), "first\nlast\n");
  EXPECT_EQ(*transfer_.read_end(digest, 5), "last\n");
  EXPECT_EQ(*transfer_.read_end(digest, 0), "");
  EXPECT_EQ(transfer_.read_end(sha256_hex("x"), 5).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(FileTransferTest, GivesUpACoordinatorThatIsNotThere) {
  served_.stop();
  EXPECT_EQ(transfer_.fetch(sha256_hex("x"), *cache_).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(transfer_.upload(served_.source("x")).code(), absl::StatusCode::kUnavailable);
}

TEST_F(FileTransferTest, IsEndedByCancelInTheMidstOfWaiting) {
  served_.stop();
  FileTransfer patient(served_.channel(), {.first_wait = Duration(600'000), .longest_wait = Duration(600'000)});
  auto fetched = std::async(std::launch::async, [&] { return patient.fetch(sha256_hex("x"), *cache_); });
  patient.cancel();
  EXPECT_EQ(fetched.get().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(patient.fetch(sha256_hex("x"), *cache_).code(), absl::StatusCode::kCancelled);
}

// The service goes down and comes up all the while. What arrives is the file.
TEST_F(FileTransferTest, ComesThroughAServiceThatComesAndGoes) {
  const std::string up = content(3 << 20, 7), down = content(3 << 20, 8), down_digest = served_.store(down);
  const SourceFile source = served_.source(up);
  FileTransfer uploading(served_.channel(),
                         {.most_failures = 10000, .first_wait = Duration(1), .longest_wait = Duration(2)}),
      fetching(served_.channel(), {.most_failures = 10000, .first_wait = Duration(1), .longest_wait = Duration(2)});
  std::atomic<int> done = 0;
  std::thread uploader([&] {
    EXPECT_TRUE(uploading.upload(source).ok());
    ++done;
  });
  std::thread fetcher([&] {
    EXPECT_TRUE(fetching.fetch(down_digest, *cache_).ok());
    ++done;
  });
  for (int i = 0; i < 10 && done < 2; ++i) {
    served_.stop();
    served_.start();
    const uint64_t before = served_.blobs().used() + cache_->used();
    while (done < 2 && served_.blobs().used() + cache_->used() == before) std::this_thread::yield();
  }
  uploader.join();
  fetcher.join();
  EXPECT_TRUE(served_.stored(source.blob.sha256) == up);
  EXPECT_TRUE(cached(down_digest) == down);
}

TEST_F(FileTransferTest, TwoUploadsOfOneFileBothComeToAnEnd) {
  const std::string bytes = content(2 << 20);
  const SourceFile source = served_.source(bytes);
  FileTransfer other(served_.channel(),
                     {.most_failures = 1000, .first_wait = Duration(1), .longest_wait = Duration(5)}),
      one(served_.channel(), {.most_failures = 1000, .first_wait = Duration(1), .longest_wait = Duration(5)});
  auto uploaded = std::async(std::launch::async, [&] { return other.upload(source); });
  const Status status = one.upload(source);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_TRUE(uploaded.get().ok());
  EXPECT_TRUE(served_.stored(source.blob.sha256) == bytes);
}

TEST(FileTransferLimits, TheStoreSaysThatItIsFull) {
  ServedFiles served({.most_bytes = 1000, .most_blob = 900});
  FileTransfer transfer(served.channel(), quick());
  EXPECT_TRUE(transfer.upload(served.source(content(800))).ok());
  EXPECT_EQ(transfer.upload(served.source(content(201, 2))).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(transfer.upload(served.source(content(901, 3))).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(transfer.upload(served.source(content(200, 4))).ok());
}

}  // namespace
}  // namespace evensweep
