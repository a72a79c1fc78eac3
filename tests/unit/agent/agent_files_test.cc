// AgentFiles against a real Files service, on a thread that the test runs itself.

#include "agent/link/agent_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>

#include "tests/unit/transfer/served_files.h"

namespace evensweep {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const AttemptId kOne{RunKey(std::string(64, 'a')), 1}, kTwo{RunKey(std::string(64, 'b')), 1};

class AgentFilesTest : public testing::Test {
 protected:
  AgentFilesTest() { open({.keep_free = 0, .patience = quick()}); }

  void open(const TransferOptions& options) {
    files_.reset();
    context_ = std::make_unique<boost::asio::io_context>();
    auto opened = AgentFiles::open(
        *context_, served_.channel(), {.dir = dir(), .work = dir() + "/work"}, options,
        [this](FileEvent event) { told_.push_back(std::move(event)); }, [this] { return in_use_; });
    ASSERT_TRUE(opened.ok()) << opened.status();
    files_ = *std::move(opened);
  }
  std::string dir() const { return served_.dir() + "/agent"; }
  std::string folder(const AttemptId& attempt) const { return dir() + "/work/" + attempt.run.str(); }

  // The next event of the kind; others are dropped.
  template <typename Event>
  std::optional<Event> next() {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::chrono::steady_clock::now() < limit) {
      while (!told_.empty()) {
        const FileEvent event = std::move(told_.front());
        told_.erase(told_.begin());
        if (const auto* found = std::get_if<Event>(&event)) return *found;
      }
      context_->restart();
      context_->run_one_for(std::chrono::milliseconds(100));
    }
    return std::nullopt;
  }
  bool fetched(const AttemptId& attempt, std::vector<std::string> digests, std::optional<BlobRef> checkpoint = {}) {
    files_->fetch({attempt, std::move(digests), std::move(checkpoint)});
    const auto ready = next<FilesReady>();
    return ready && ready->attempt == attempt;
  }
  std::string content_at(const std::string& digest) const {
    const auto found = files_->paths().find(digest);
    return found == files_->paths().end() ? "" : read_file(found->second).value_or("");
  }
  void train(const AttemptId& attempt, const std::string& checkpoint) {
    ASSERT_TRUE(make_folders(folder(attempt)).ok());
    ASSERT_TRUE(write_file_atomically(folder(attempt) + "/checkpoint", checkpoint).ok());
  }
  std::optional<BlobRef> uploaded(const AttemptId& attempt, uint64_t most = UINT64_MAX) {
    files_->upload({attempt, most});
    const auto told = next<CheckpointUploaded>();
    return told ? told->blob : std::nullopt;
  }

  ServedFiles served_;
  std::unique_ptr<boost::asio::io_context> context_;
  std::vector<FileEvent> told_;
  std::set<std::string> in_use_;
  std::unique_ptr<AgentFiles> files_;
};

TEST_F(AgentFilesTest, BringsWhatIsNotHere) {
  const std::string a = served_.store(content(1000, 1)), b = served_.store(content(2000, 2));
  ASSERT_TRUE(fetched(kOne, {a, b}));
  EXPECT_EQ(content_at(a), content(1000, 1));
  EXPECT_EQ(content_at(b), content(2000, 2));
  served_.stop();
  EXPECT_TRUE(fetched(kTwo, {b})) << "it is in the cache";
  in_use_ = {};
  open({.keep_free = 0, .patience = quick()});
  EXPECT_TRUE(fetched(kTwo, {a, b})) << "and is found there by the next process";
  EXPECT_EQ(content_at(b), content(2000, 2));
}

TEST_F(AgentFilesTest, ReadsFilesOfThisMachineWhereTheyAre) {
  const std::string here = served_.file("here.csv", "here"), digest = sha256_hex("here");
  const std::string changed = served_.file("changed.csv", "new"), old = served_.store("old");
  files_->add_local({{digest, here}, {old, changed}, {sha256_hex("gone"), "/nowhere.csv"}});
  ASSERT_TRUE(fetched(kOne, {digest, old}));
  EXPECT_EQ(files_->paths().at(digest), here);
  EXPECT_EQ(content_at(old), "old") << "what has changed comes from the coordinator";
  files_->fetch({kTwo, {sha256_hex("gone")}, {}});
  const auto missing = next<FilesMissing>();
  ASSERT_TRUE(missing);
  EXPECT_EQ(missing->attempt, kTwo);
  EXPECT_THAT(missing->why, HasSubstr("cannot be brought here"));
  EXPECT_TRUE(missing->nowhere);
}

TEST_F(AgentFilesTest, ClearsAwayWhatIsNotInUse) {
  open({.cache_bytes = 1000, .keep_free = 0, .patience = quick()});
  const std::string a = served_.store(content(400, 1)), b = served_.store(content(400, 2)),
                    c = served_.store(content(400, 3)), d = served_.store(content(400, 4));
  ASSERT_TRUE(fetched(kOne, {a}));
  in_use_ = {a};
  ASSERT_TRUE(fetched(kTwo, {b}));
  in_use_ = {b};
  ASSERT_TRUE(fetched(kOne, {c}));
  EXPECT_EQ(content_at(a), "") << "it has made room";
  EXPECT_EQ(content_at(b), content(400, 2));
  in_use_ = {b, c};
  files_->fetch({kOne, {d}, {}});
  const auto missing = next<FilesMissing>();
  ASSERT_TRUE(missing);
  EXPECT_THAT(missing->why, HasSubstr("do not fit"));
  EXPECT_FALSE(missing->nowhere) << "another agent may have the room";
  EXPECT_EQ(content_at(b), content(400, 2));
  in_use_ = {b};
  ASSERT_TRUE(fetched(kOne, {a})) << "it is brought again";
  EXPECT_EQ(content_at(a), content(400, 1));
}

TEST_F(AgentFilesTest, AnswersEveryFetchOfAFileThatManyWaitFor) {
  const std::string a = served_.store(content(300'000));
  for (uint32_t n = 1; n <= 20; ++n) files_->fetch({{kOne.run, n}, {a}, {}});
  for (uint32_t n = 1; n <= 20; ++n) {
    const auto ready = next<FilesReady>();
    ASSERT_TRUE(ready);
    EXPECT_EQ(ready->attempt.number, n);
  }
}

TEST_F(AgentFilesTest, CarriesACheckpointToAnotherMachine) {
  EXPECT_FALSE(uploaded(kOne)) << "there is none";
  train(kOne, "epoch 3");
  const auto blob = uploaded(kOne);
  ASSERT_TRUE(blob);
  EXPECT_EQ(served_.stored(blob->sha256), "epoch 3");
  EXPECT_FALSE(uploaded(kOne, 3)) << "too large for the time left";
  fs::remove_all(folder(kOne));  // as on another machine
  ASSERT_TRUE(fetched(kOne, {}, blob));
  EXPECT_EQ(*read_file(folder(kOne) + "/checkpoint"), "epoch 3");
}

TEST_F(AgentFilesTest, KeepsItsOwnCheckpointIfItIsNewer) {
  train(kOne, "epoch 3");
  const auto blob = uploaded(kOne);
  ASSERT_TRUE(blob);
  train(kOne, "epoch 4");
  ASSERT_TRUE(fetched(kOne, {}, blob));
  EXPECT_EQ(*read_file(folder(kOne) + "/checkpoint"), "epoch 4");
  // But not if another machine went on meanwhile.
  const BlobRef newer{served_.store("epoch 9"), 7};
  ASSERT_TRUE(fetched(kOne, {}, newer));
  EXPECT_EQ(*read_file(folder(kOne) + "/checkpoint"), "epoch 9");
}

TEST_F(AgentFilesTest, LetsARunStartWithoutACheckpointThatIsGone) {
  train(kOne, "epoch 3");
  ASSERT_TRUE(fetched(kOne, {}, BlobRef{sha256_hex("gone"), 4}));
  EXPECT_EQ(*read_file(folder(kOne) + "/checkpoint"), "epoch 3");
  EXPECT_TRUE(fetched(kTwo, {}, BlobRef{sha256_hex("gone"), 4}));
}

TEST_F(AgentFilesTest, TellsLinesAndSendsTheLogAtTheEnd) {
  files_->wrote(kOne, "one\n");
  files_->wrote(kOne, "two\n");
  const auto lines = next<Noted>();
  ASSERT_TRUE(lines);
  EXPECT_EQ(lines->update.attempt, kOne);
  EXPECT_EQ(std::get<LogLines>(lines->update.what).text, "one\ntwo\n");
  files_->ended(kOne.run);
  files_->ended(kOne);
  const auto stored = next<Noted>();
  ASSERT_TRUE(stored);
  EXPECT_EQ(served_.stored(std::get<LogStored>(stored->update.what).blob.sha256), "one\ntwo\n");
  EXPECT_TRUE(fs::is_empty(dir() + "/logs"));
  files_->ended(kTwo);  // that has written nothing
}

TEST_F(AgentFilesTest, SendsTheLogOfAShortRunOnlyIfItFailed) {
  files_->wrote(kOne, "well\n");
  files_->wrote(kTwo, "badly\n");
  files_->keep_log(kTwo);
  files_->ended(kOne);
  files_->ended(kTwo);
  std::optional<Noted> noted = next<Noted>();
  if (noted && std::holds_alternative<LogLines>(noted->update.what)) noted = next<Noted>();
  ASSERT_TRUE(noted);
  EXPECT_EQ(noted->update.attempt, kTwo);
  EXPECT_EQ(served_.stored(std::get<LogStored>(noted->update.what).blob.sha256), "badly\n");
  EXPECT_TRUE(fs::is_empty(dir() + "/logs"));
}

TEST_F(AgentFilesTest, EndsWhileTransfersAreUnderWay) {
  served_.stop();
  open({.keep_free = 0, .patience = {.first_wait = Duration(600'000), .longest_wait = Duration(600'000)}});
  files_->fetch({kOne, {sha256_hex("x")}, {}});
  train(kOne, "epoch 3");
  files_->upload({kOne, UINT64_MAX});
  files_.reset();
}

}  // namespace
}  // namespace evensweep
