#include "cli/threads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "agent/process/side_by_side.h"

namespace evensweep {
namespace {

using testing::HasSubstr;

class Threads : public testing::Test {
 protected:
  Threads() {
    folder_ = testing::TempDir() + "threads_test." + std::to_string(::getpid());
    std::filesystem::create_directories(folder_);
    sweep_.dataset.train_files = {{.path = folder_ + "/data.csv", .sha256 = std::string(64, 'a')}};
    sweep_.classes.names = {"one", "two"};
    sweep_.model.name = "mlp";
    sweep_.seeds = {1};
    sweep_.training.threads = kAutoThreads;
  }
  ~Threads() override { std::filesystem::remove_all(folder_); }

  // A trainer whose probe says this with one thread and with more, and that counts how often it was asked.
  std::string trainer(const std::string& with_one, const std::string& with_more) const {
    std::ofstream script(folder_ + "/trainer");
    script << "#!/bin/sh\necho x >> '" << folder_ << "/asked'\n[ \"$1\" = --probe ] || exit 2\n"
           << "if grep -q '\"threads\":1[^0-9]' \"$2\"; then echo '" << with_one << "'; else echo '" << with_more
           << "'; fi\n";
    script.close();
    std::filesystem::permissions(folder_ + "/trainer", std::filesystem::perms::owner_all);
    return folder_ + "/trainer";
  }
  int64_t times_asked() const {
    std::error_code ignored;
    const auto size = std::filesystem::file_size(folder_ + "/asked", ignored);
    return ignored ? 0 : static_cast<int64_t>(size / 2);
  }
  StatusOr<ThreadChoice> choice(const std::string& trainer, double cores = 4, int64_t slots = 0) const {
    return choose_threads(sweep_, {.cores = cores, .cpu_model = "a processor"}, folder_ + "/state", trainer, slots);
  }

  std::string folder_;
  Sweep sweep_;
};

TEST_F(Threads, AllCoresForOneRunOnlyWhereThatIsClearlyFaster) {
  EXPECT_EQ(better_threads({.one_each = 1, .one_on_all = 1.04}, 8), 1);
  EXPECT_EQ(better_threads({.one_each = 1, .one_on_all = 1.06}, 8), 8);
  EXPECT_EQ(better_threads({.one_each = 2, .one_on_all = 1}, 8), 1);
}

TEST_F(Threads, AProbeComparesARunOnEachCoreWithOneOnAllAndIsKept) {
  const std::string path = trainer("{\"runs_per_second\": 0.2}", "{\"runs_per_second\": 0.9}");
  const auto first = choice(path);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->threads, 4) << "4 x 0.2 < 0.9";
  EXPECT_THAT(first->why, HasSubstr("4 runs of 1 thread train 0.89 times as fast as one of 4 threads (measured now)"));
  EXPECT_EQ(times_asked(), 5);
  const auto again = choice(path);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->threads, 4);
  EXPECT_THAT(again->why, HasSubstr("measured before"));
  EXPECT_EQ(times_asked(), 5);
  EXPECT_EQ(choice("")->threads, 4) << "known without a trainer now";
}

TEST_F(Threads, AnotherRecipeOrMachineIsMeasuredAgain) {
  const std::string path = trainer("{\"runs_per_second\": 0.3}", "{\"runs_per_second\": 0.9}");
  EXPECT_EQ(choice(path)->threads, 1);
  EXPECT_EQ(choice(path, 2)->threads, 2) << "2 x 0.3 < 0.9";
  sweep_.training.batch_size = 7;
  EXPECT_EQ(choice(path)->threads, 1);
  EXPECT_EQ(times_asked(), 5 + 3 + 5);
  sweep_.seeds = {2, 3};
  EXPECT_EQ(choice(path)->threads, 1);
  EXPECT_EQ(times_asked(), 5 + 3 + 5) << "seeds change nothing";
}

TEST_F(Threads, NothingIsMeasuredWhereThereIsNothingToChoose) {
  EXPECT_EQ(choice("/no/trainer", 1.5)->threads, 1);
  EXPECT_EQ(choice("/no/trainer", 8, 3)->threads, 2) << "three runs share eight cores";
  EXPECT_EQ(choice("/no/trainer", 2, 5)->threads, 1);
  sweep_.training.threads = 3;
  EXPECT_EQ(choice("/no/trainer")->threads, 3);
  EXPECT_EQ(choice("/no/trainer")->why, "");
}

TEST_F(Threads, WithoutAProbeItSaysSo) {
  EXPECT_TRUE(absl::IsNotFound(choice("").status()));
  EXPECT_THAT(std::string(choice("/no/trainer").status().message()), HasSubstr("name a number of threads"));
  EXPECT_FALSE(choice(trainer("nonsense", "{}")).ok());
  EXPECT_FALSE(choice(trainer("{\"runs_per_second\": 1}", "{\"runs_per_second\": -1}")).ok());
}

TEST_F(Threads, AProbeThatCannotBeReadIsMadeAgain) {
  const std::string path = trainer("{\"runs_per_second\": 0.3}", "{\"runs_per_second\": 0.9}");
  EXPECT_EQ(choice(path)->threads, 1);
  for (const auto& kept : std::filesystem::directory_iterator(folder_ + "/state/threads"))
    std::ofstream(kept.path()) << "{\"one_each\":";
  EXPECT_THAT(choice(path)->why, HasSubstr("measured now"));
}

TEST(SideBySide, CopiesRunAtOnce) {
  // Each waits for the other, so that one after the other would never end.
  const std::string folder = testing::TempDir() + "side_by_side." + std::to_string(::getpid());
  std::filesystem::create_directories(folder);
  ASSERT_EQ(::mkfifo((folder + "/p").c_str(), 0600), 0);
  ASSERT_EQ(::mkfifo((folder + "/q").c_str(), 0600), 0);
  const std::string script = "cd '" + folder + "'; if mkdir d 2> /dev/null; then echo x > p; read x < q; echo first; " +
                             "else read x < p; echo x > q; echo second; fi";
  const auto outputs = run_side_by_side({"/bin/sh", "-c", script}, 2);
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  EXPECT_THAT(*outputs, testing::UnorderedElementsAre("first\n", "second\n"));
  std::filesystem::remove_all(folder);
}

TEST(SideBySide, ACopyThatFailsIsUnavailable) {
  EXPECT_TRUE(absl::IsUnavailable(run_side_by_side({"/bin/sh", "-c", "exit 3"}, 2).status()));
  EXPECT_FALSE(run_side_by_side({"/no/such/program"}, 2).ok());
}

}  // namespace
}  // namespace evensweep
