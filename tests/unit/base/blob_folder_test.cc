#include "common/base/blob_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>

#include "common/base/file.h"
#include "common/base/hash.h"
#include "common/base/rng.h"

namespace evensweep {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string content(size_t bytes, uint64_t seed = 1) {
  Rng rng(seed, "content");
  std::string text(bytes, '\0');
  for (char& byte : text) byte = static_cast<char>(rng.below(256));
  return text;
}

class Folder {
 public:
  explicit Folder(BlobLimits limits = {}) : limits_(limits) {
    std::string pattern = (fs::temp_directory_path() / "evensweep_blobs.XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
    reopen();
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  void reopen() {
    auto opened = BlobFolder::open(path_ + "/blobs", limits_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    blobs_ = *std::move(opened);
  }
  BlobFolder* operator->() { return blobs_.get(); }
  BlobFolder& operator*() { return *blobs_; }
  const std::string& path() const { return path_; }
  // A whole file at once.
  std::string put(const std::string& bytes) {
    const std::string digest = sha256_hex(bytes);
    auto writer = blobs_->write(digest, bytes.size(), 0);
    EXPECT_TRUE(writer.ok()) << writer.status();
    EXPECT_TRUE(writer->append(bytes).ok());
    EXPECT_TRUE(writer->finish().ok());
    return digest;
  }
  void age(const std::string& digest, int seconds, const std::string& end = "") {
    const fs::path file = blobs_->path_of(digest) + end;
    fs::last_write_time(file, fs::last_write_time(file) - std::chrono::seconds(seconds));
  }

 private:
  BlobLimits limits_;
  std::string path_;
  std::unique_ptr<BlobFolder> blobs_;
};

BlobFolder::State state_of(Folder& folder, const std::string& digest) {
  const auto state = folder->stat(digest);
  EXPECT_TRUE(state.ok()) << state.status();
  return state.ok() ? *state : BlobFolder::State{};
}

TEST(BlobFolder, ShowsAFileOnlyWhenItIsWhole) {
  Folder folder;
  const std::string bytes = content(1000), digest = sha256_hex(bytes);
  EXPECT_FALSE(state_of(folder, digest).complete);
  auto writer = folder->write(digest, bytes.size(), 0);
  ASSERT_TRUE(writer.ok()) << writer.status();
  ASSERT_TRUE(writer->append(bytes.substr(0, 400)).ok());
  EXPECT_EQ(state_of(folder, digest).bytes, 400U);
  EXPECT_EQ(folder->read(digest).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(writer->finish().code(), absl::StatusCode::kOutOfRange) << "600 bytes are missing";
  ASSERT_TRUE(writer->append(bytes.substr(400)).ok());
  EXPECT_EQ(folder->read(digest).status().code(), absl::StatusCode::kNotFound) << "its digest is not checked yet";
  ASSERT_TRUE(writer->finish().ok());
  EXPECT_TRUE(state_of(folder, digest).complete);
  const auto reader = folder->read(digest);
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ(reader->size(), 1000U);
  EXPECT_EQ(*reader->read(0, 5000), bytes);
  EXPECT_EQ(*reader->read(990, 5), bytes.substr(990, 5));
  EXPECT_EQ(*reader->read(1000, 5), "");
  EXPECT_EQ(*reader->read(UINT64_MAX, 5), "");
  EXPECT_EQ(*read_file(folder->path_of(digest)), bytes);
  EXPECT_EQ(folder->write(digest, 1000, 0).status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(folder->used(), 1000U);
}

TEST(BlobFolder, TakesAnEmptyFile) {
  Folder folder;
  const std::string digest = folder.put("");
  EXPECT_TRUE(state_of(folder, digest).complete);
  EXPECT_EQ(*folder->read(digest)->read(0, 10), "");
}

TEST(BlobFolder, GoesOnAtEveryOffsetAlsoAfterARestart) {
  const std::string bytes = content(12), digest = sha256_hex(bytes);
  for (size_t first = 0; first <= bytes.size(); ++first) {
    Folder folder;
    ASSERT_TRUE(folder->write(digest, bytes.size(), 0)->append(bytes.substr(0, first)).ok());
    if (first % 2 == 0) folder.reopen();
    EXPECT_EQ(state_of(folder, digest).bytes, first);
    for (size_t wrong = 0; wrong <= bytes.size() + 1; ++wrong) {
      if (wrong == first) continue;
      EXPECT_EQ(folder->write(digest, bytes.size(), wrong).status().code(), absl::StatusCode::kOutOfRange);
    }
    auto writer = folder->write(digest, bytes.size(), first);
    ASSERT_TRUE(writer.ok()) << writer.status();
    ASSERT_TRUE(writer->append(bytes.substr(first)).ok());
    ASSERT_TRUE(writer->finish().ok());
    EXPECT_EQ(*folder->read(digest)->read(0, 100), bytes);
  }
}

TEST(BlobFolder, KeepsNothingOfAWrongDigest) {
  Folder folder;
  const std::string bytes = content(100), digest = sha256_hex(bytes);
  auto writer = folder->write(digest, 100, 0);
  ASSERT_TRUE(writer->append(content(100, 2)).ok());
  EXPECT_EQ(writer->finish().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(writer->append("x").code(), absl::StatusCode::kAborted);
  EXPECT_EQ(state_of(folder, digest).bytes, 0U);
  EXPECT_EQ(folder->used(), 0U);
  folder.put(bytes);
  EXPECT_EQ(*folder->read(digest)->read(0, 100), bytes);
}

TEST(BlobFolder, StartsOverWhereTooMuchHadCome) {
  Folder folder;
  const std::string bytes = content(100), digest = sha256_hex(bytes);
  ASSERT_TRUE(folder->write(digest, 1000, 0)->append(content(500, 2)).ok()) << "somebody said it has 1000 bytes";
  EXPECT_EQ(folder->write(digest, 100, 500).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(folder->used(), 0U);
  EXPECT_EQ(folder.put(bytes), digest);
}

TEST(BlobFolder, RefusesMoreBytesThanWereAnnounced) {
  Folder folder;
  const std::string digest = sha256_hex("12345");
  auto writer = folder->write(digest, 5, 0);
  EXPECT_EQ(writer->append("123456").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(writer->append("12345").ok());
  EXPECT_EQ(writer->append("6").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(writer->finish().ok());
}

TEST(BlobFolder, CutsOffTheEarlierOfTwoWriters) {
  Folder folder;
  const std::string bytes = content(100), digest = sha256_hex(bytes);
  auto first = folder->write(digest, 100, 0);
  ASSERT_TRUE(first->append(bytes.substr(0, 30)).ok());
  auto second = folder->write(digest, 100, 30);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(first->append("garbage").code(), absl::StatusCode::kAborted);
  EXPECT_EQ(first->finish().code(), absl::StatusCode::kAborted);
  ASSERT_TRUE(second->append(bytes.substr(30)).ok());
  ASSERT_TRUE(second->finish().ok());
  EXPECT_EQ(first->append("garbage").code(), absl::StatusCode::kAborted);
  EXPECT_EQ(*folder->read(digest)->read(0, 100), bytes);
}

TEST(BlobFolder, ManyWritersOfOneFileDoNoHarm) {
  Folder folder;
  const std::string bytes = content(20000), digest = sha256_hex(bytes);
  const auto upload = [&](size_t piece) {
    while (true) {
      const BlobFolder::State state = *folder->stat(digest);
      if (state.complete) return;
      auto writer = folder->write(digest, bytes.size(), state.bytes);
      Status status = writer.status();
      for (size_t at = state.bytes; status.ok() && at < bytes.size(); at += piece)
        status = writer->append(std::string_view(bytes).substr(at, piece));
      if (status.ok()) status = writer->finish();
      ASSERT_TRUE(status.ok() || absl::IsAborted(status) || absl::IsOutOfRange(status) || absl::IsUnavailable(status) ||
                  absl::IsAlreadyExists(status))
          << status;
    }
  };
  std::vector<std::thread> threads;
  for (const size_t piece : {97, 1000, 5000, 20000}) threads.emplace_back(upload, piece);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(*folder->read(digest)->read(0, bytes.size()), bytes);
  EXPECT_EQ(folder->used(), bytes.size());
}

TEST(BlobFolder, EndsACheckThatIsStopped) {
  Folder folder;
  auto writer = folder->write(sha256_hex("12345"), 5, 0);
  ASSERT_TRUE(writer->append("12345").ok());
  EXPECT_EQ(writer->finish([] { return true; }).code(), absl::StatusCode::kCancelled);
  EXPECT_TRUE(writer->finish().ok()) << "the part has stayed";
}

TEST(BlobFolder, RefusesNamesThatAreNoDigests) {
  Folder folder;
  const std::string good = sha256_hex("");
  std::string upper = good;
  std::ranges::transform(upper, upper.begin(), [](char c) { return static_cast<char>(::toupper(c)); });
  const std::string names[] = {"",
                               "..",
                               "../../../../../../../../../../../../../../../../../../../etc/passwd",
                               "%2e%2e%2f" + good.substr(9),
                               good.substr(0, 63),
                               good + "0",
                               good + ".part",
                               upper,
                               good.substr(0, 63) + std::string(1, '\0'),
                               "/" + good.substr(1),
                               std::string(10000, 'a')};
  for (const std::string& name : names) {
    EXPECT_EQ(folder->stat(name).status().code(), absl::StatusCode::kInvalidArgument) << name.substr(0, 80);
    EXPECT_EQ(folder->read(name).status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(folder->write(name, 1, 0).status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(folder->remove(name).code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_THAT(*folder->list(), IsEmpty());
}

TEST(BlobFolder, FollowsNoSymbolicLinkAndWaitsForNoFifo) {
  const std::string bytes = "12345", digest = sha256_hex(bytes);
  const auto refuses = [&](Folder& folder) {
    EXPECT_EQ(folder->stat(digest).status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(folder->write(digest, 5, 0).status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(*folder->list(), IsEmpty());
  };
  for (const std::string end : {"", ".part"}) {
    Folder folder;
    const std::string secret = folder.path() + "/secret", place = folder->path_of(digest) + end;
    ASSERT_TRUE(write_file_atomically(secret, "mine").ok());
    fs::create_directories(fs::path(place).parent_path());
    fs::create_symlink(secret, place);
    refuses(folder);
    EXPECT_EQ(*read_file(secret), "mine");
    fs::remove(place);
    ASSERT_EQ(::mkfifo(place.c_str(), 0600), 0);
    refuses(folder);
  }
  Folder folder;
  const std::string outside = folder.path() + "/outside";
  fs::create_directories(outside);
  ASSERT_TRUE(write_file_atomically(outside + "/" + digest, bytes).ok());
  fs::create_directory_symlink(outside, fs::path(folder->path_of(digest)).parent_path());
  refuses(folder);
  EXPECT_EQ(folder->read(digest).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(BlobFolder, HoldsNoMoreThanItMay) {
  Folder folder({.most_bytes = 1000, .most_blob = 600});
  EXPECT_THAT(std::string(folder->write(sha256_hex("x"), 601, 0).status().message()),
              HasSubstr("the most for one is 600"));
  folder.put(content(600, 1));
  EXPECT_EQ(folder->write(sha256_hex("x"), 500, 0).status().code(), absl::StatusCode::kResourceExhausted);
  // Each of two would fit alone.
  const std::string a = content(300, 2), b = content(300, 3);
  auto first = folder->write(sha256_hex(a), 300, 0), second = folder->write(sha256_hex(b), 300, 0);
  ASSERT_TRUE(first->append(a).ok());
  EXPECT_EQ(second->append(b).code(), absl::StatusCode::kResourceExhausted);
  ASSERT_TRUE(first->finish().ok());
  folder.reopen();
  EXPECT_EQ(folder->used(), 900U) << "found again on disk";
}

TEST(BlobFolder, LeavesSpaceOnTheDisk) {
  Folder folder({.keep_free = UINT64_MAX / 2});
  const Status status = folder->write(sha256_hex("x"), 1, 0).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()), HasSubstr("must stay free"));
}

TEST(BlobFolder, SurvivesAFullDisk) {
  Folder outer;
  const std::string disk = outer.path() + "/disk";
  fs::create_directories(disk);
  if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=1m") != 0) GTEST_SKIP() << "only root may mount a small disk";
  {
    auto blobs = BlobFolder::open(disk, {});
    ASSERT_TRUE(blobs.ok());
    const std::string bytes = content(900 << 10), digest = sha256_hex(bytes), filler = disk + "/filler";
    std::ofstream(filler) << content(500 << 10, 2);
    auto writer = (*blobs)->write(digest, bytes.size(), 0);
    ASSERT_TRUE(writer.ok()) << writer.status();
    EXPECT_EQ(writer->append(bytes).code(), absl::StatusCode::kResourceExhausted);
    const size_t there = writer->size();
    EXPECT_EQ((*blobs)->stat(digest)->bytes, there);
    EXPECT_EQ((*blobs)->used(), there);
    fs::remove(filler);
    ASSERT_TRUE(writer->append(std::string_view(bytes).substr(there)).ok()) << "it goes on when there is space";
    ASSERT_TRUE(writer->finish().ok());
    EXPECT_EQ(*(*blobs)->read(digest)->read(0, bytes.size()), bytes);
  }
  EXPECT_EQ(::umount2(disk.c_str(), MNT_DETACH), 0);
}

std::vector<std::string> names(Folder& folder) {
  const auto entries = folder->list();
  std::vector<std::string> found;
  for (const BlobFolder::Entry& entry : *entries) found.push_back(entry.sha256);
  return found;
}

TEST(BlobFolder, MakesRoomOfWhatWasNotUsedForLongest) {
  Folder folder({.most_bytes = 1000});
  const std::string a = folder.put(content(300, 1)), b = folder.put(content(300, 2)), c = folder.put(content(300, 3));
  folder.age(a, 30);
  folder.age(b, 20);
  folder.age(c, 10);
  EXPECT_THAT(names(folder), ElementsAre(a, b, c));
  ASSERT_TRUE(folder->stat(a)->complete) << "and so it is used";
  EXPECT_THAT(names(folder), ElementsAre(b, c, a));
  ASSERT_TRUE(folder->make_room(100, {}).ok()) << "fits as it is";
  EXPECT_THAT(names(folder), ElementsAre(b, c, a));
  ASSERT_TRUE(folder->make_room(400, {b}).ok());
  EXPECT_THAT(names(folder), ElementsAre(b, a));
  EXPECT_EQ(folder->make_room(800, {b}).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(names(folder), ElementsAre(b)) << "what is in use stays in any case";
  EXPECT_EQ(folder->used(), 300U);
}

TEST(BlobFolder, ClearsAwayWhatNobodyNeeds) {
  Folder folder;
  const std::string kept = folder.put(content(100, 1)), old = folder.put(content(100, 2)),
                    young = folder.put(content(100, 3));
  const std::string part = sha256_hex("part");
  ASSERT_TRUE(folder->write(part, 1000, 0)->append(content(50, 4)).ok());
  for (const std::string& digest : {kept, old}) folder.age(digest, 1000);
  folder.age(part, 1000, ".part");
  const int64_t now = (*folder->list()).back().used_at;
  EXPECT_EQ(*folder->collect({kept}, now - 500), 150U);
  EXPECT_THAT(names(folder), testing::UnorderedElementsAre(kept, young));
  EXPECT_EQ(folder->used(), 200U);
}

// One try to bring the file in: perhaps damaged on its way, perhaps broken off, perhaps over a restart.
void interrupted_try(Folder& folder, const std::string& bytes, Rng& rng) {
  const std::string digest = sha256_hex(bytes);
  const BlobFolder::State state = state_of(folder, digest);
  if (state.complete) return;
  std::string piece = bytes.substr(state.bytes, rng.below(bytes.size() - state.bytes + 1));
  if (!piece.empty() && rng.below(4) == 0) piece[rng.below(piece.size())] ^= 1;
  ASSERT_TRUE(folder->write(digest, bytes.size(), state.bytes)->append(piece).ok());
  if (rng.below(2) == 0) folder.reopen();
  const Status status = folder->write(digest, bytes.size(), state.bytes + piece.size())->finish();
  ASSERT_TRUE(status.ok() || absl::IsOutOfRange(status) || absl::IsDataLoss(status)) << status;
  const auto reader = folder->read(digest);
  ASSERT_EQ(reader.ok(), status.ok());
  if (reader.ok()) {
    EXPECT_EQ(*reader->read(0, bytes.size()), bytes);
  }
}

// Whatever is interrupted wherever, nothing but the right bytes is ever seen, and in the end they are all there.
TEST(BlobFolder, ComesToTheRightFileThroughAnyInterruptions) {
  for (uint64_t seed = 0; seed < 15; ++seed) {
    SCOPED_TRACE(seed);
    Rng rng(seed, "interruptions");
    Folder folder;
    const std::string bytes = content(rng.below(3000), seed), digest = sha256_hex(bytes);
    for (uint64_t tries = rng.below(6); tries > 0; --tries) interrupted_try(folder, bytes, rng);
    for (int tries = 0; tries < 2; ++tries) {  // the first one may find a damaged part
      const BlobFolder::State state = state_of(folder, digest);
      if (state.complete) break;
      auto writer = folder->write(digest, bytes.size(), state.bytes);
      ASSERT_TRUE(writer->append(std::string_view(bytes).substr(state.bytes)).ok());
      const Status status = writer->finish();
      ASSERT_TRUE(status.ok() || (tries == 0 && absl::IsDataLoss(status))) << status;
    }
    EXPECT_EQ(*folder->read(digest)->read(0, bytes.size()), bytes);
    EXPECT_EQ(folder->used(), bytes.size());
  }
}

}  // namespace
}  // namespace evensweep
