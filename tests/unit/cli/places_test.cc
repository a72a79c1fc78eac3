#include "cli/places.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <optional>
#include <string>

namespace evensweep {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Without any of the variables that places come from; what was there comes back.
class Places : public testing::Test {
 protected:
  Places() {
    for (const char* name :
         {"EVENSWEEP_STATE", "EVENSWEEP_DATA", "EVENSWEEP_TRAINER", "XDG_STATE_HOME", "XDG_DATA_HOME", "HOME"}) {
      const char* value = std::getenv(name);
      before_[name] = value == nullptr ? std::nullopt : std::optional<std::string>(value);
      ::unsetenv(name);
    }
  }
  ~Places() override {
    for (const auto& [name, value] : before_) {
      if (value)
        ::setenv(name.c_str(), value->c_str(), 1);
      else
        ::unsetenv(name.c_str());
    }
  }
  static void set(const char* name, const char* value) { ::setenv(name, value, 1); }

 private:
  std::map<std::string, std::optional<std::string>> before_;
};

TEST_F(Places, StateComesFromFlagThenEnvironmentThenHome) {
  EXPECT_EQ(state_folder("").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(state_folder("").status().message()), HasSubstr("--state DIR"));
  set("HOME", "/home/me");
  EXPECT_EQ(*state_folder(""), "/home/me/.local/state/evensweep");
  set("XDG_STATE_HOME", "/xdg");
  EXPECT_EQ(*state_folder(""), "/xdg/evensweep");
  set("EVENSWEEP_STATE", "/env");
  EXPECT_EQ(*state_folder(""), "/env");
  EXPECT_EQ(*state_folder("/flag"), "/flag");
}

TEST_F(Places, EmptyVariablesCountAsNotSet) {
  set("HOME", "/home/me");
  set("XDG_STATE_HOME", "");
  set("EVENSWEEP_STATE", "");
  EXPECT_EQ(*state_folder(""), "/home/me/.local/state/evensweep");
}

TEST_F(Places, DataIsLookedForInAllPlacesInOrder) {
  EXPECT_THAT(data_folders("", "sweeps/digits.yaml"), ElementsAre("sweeps"));
  EXPECT_THAT(data_folders("", "digits.yaml"), ElementsAre("."));
  set("EVENSWEEP_DATA", "/env");
  EXPECT_THAT(data_folders("/flag", "/a/digits.yaml"), ElementsAre("/flag", "/env", "/a"));
  set("HOME", "/home/me");
  EXPECT_THAT(data_folders("", "digits.yaml"), ElementsAre("/env", ".", "/home/me/.local/share/evensweep"));
}

TEST_F(Places, DataIsFetchedToAFolderInWhichItIsLookedFor) {
  EXPECT_EQ(fetch_folder("").status().code(), absl::StatusCode::kInvalidArgument);
  set("HOME", "/home/me");
  EXPECT_EQ(*fetch_folder(""), "/home/me/.local/share/evensweep");
  set("XDG_DATA_HOME", "/xdg");
  EXPECT_EQ(*fetch_folder(""), "/xdg/evensweep");
  set("EVENSWEEP_DATA", "/env");
  EXPECT_EQ(*fetch_folder(""), "/env");
  EXPECT_EQ(*fetch_folder("/flag"), "/flag");
}

TEST_F(Places, ReportGoesToTheFlagOrToResults) {
  Sweep sweep;
  sweep.name = "digits";
  EXPECT_EQ(report_folder("", sweep), "results/digits");
  EXPECT_EQ(report_folder("/out", sweep), "/out");
}

TEST_F(Places, TrainerComesFromFlagThenEnvironment) {
  set("EVENSWEEP_TRAINER", "/env/trainer");
  EXPECT_EQ(*trainer_path(""), "/env/trainer");
  EXPECT_EQ(*trainer_path("/flag/trainer"), "/flag/trainer");
}

TEST_F(Places, FilesAreFoundByTheirHash) {
  Sweep sweep;
  DatasetSpec& dataset = sweep.dataset;
  dataset.train_files = {{.path = "/data/a", .sha256 = "1"}};
  dataset.validation_files = {{.path = "/data/b", .sha256 = "2"}};
  dataset.test_files = {{.path = "relative", .sha256 = "3"}};
  sweep.model.file = DataFile{.path = "/models/net.pt", .sha256 = "4"};
  const auto files = files_by_hash(sweep);
  EXPECT_EQ(files.at("1"), "/data/a");
  EXPECT_EQ(files.at("2"), "/data/b");
  EXPECT_EQ(files.at("3").front(), '/') << "trainers have a folder of their own";
  EXPECT_EQ(files.at("4"), "/models/net.pt");
}

}  // namespace
}  // namespace evensweep
