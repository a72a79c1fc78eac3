#include "agent/trainer/task.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/trainer/synthetic_data.h"

namespace evensweep {
namespace {

using testing::HasSubstr;

TEST(Task, IsReadWithThePathsOfItsFiles) {
  const TestFolder folder;
  RunSpec spec = points_run(folder.path());
  spec.model = {.name = kTorchscript, .file = DataFile{.path = "/models/net.pt", .sha256 = std::string(64, 'e')}};
  const StatusOr<Task> task = parse_task(task_line(spec, "/w"));
  ASSERT_TRUE(task.ok()) << task.status();
  EXPECT_EQ(task->work_dir, "/w");
  EXPECT_EQ(task->device, "cpu");
  ASSERT_EQ(task->runs.size(), 1u);
  EXPECT_EQ(task->runs[0].attempt, (AttemptId{run_key(spec), 1}));
  ASSERT_TRUE(task->runs[0].spec.ok()) << task->runs[0].spec.status();
  EXPECT_EQ(task->runs[0].spec->dataset.train_files[0].path, spec.dataset.train_files[0].path);
  EXPECT_EQ(task->runs[0].spec->model.file->path, "/models/net.pt");
}

TEST(Task, AFileWithoutAPathFailsThatRunAlone) {
  const TestFolder folder;
  Json json = Json::parse(task_line(points_run(folder.path()), "/w"));
  json["files"] = Json::object();
  const StatusOr<Task> task = parse_task(json.dump());
  ASSERT_TRUE(task.ok());
  EXPECT_THAT(std::string(task->runs[0].spec.status().message()), HasSubstr("has no path for the file with SHA-256"));
}

TEST(Task, ARunKeyThatIsNotItsSpecsIsRefused) {
  const TestFolder folder;
  Json json = Json::parse(task_line(points_run(folder.path()), "/w"));
  json["runs"][0]["run"] = "../../etc";
  const StatusOr<Task> task = parse_task(json.dump());
  ASSERT_TRUE(task.ok());
  EXPECT_THAT(std::string(task->runs[0].spec.status().message()), HasSubstr("is not the key of the spec"));
}

TEST(Task, KeysOfLaterVersionsArePassedOver) {
  const TestFolder folder;
  Json json = Json::parse(task_line(points_run(folder.path()), "/w"));
  json["new_in_a_later_version"] = 1;
  json["device"] = "cuda";
  const StatusOr<Task> task = parse_task(json.dump());
  ASSERT_TRUE(task.ok()) << task.status();
  EXPECT_EQ(task->device, "cuda");
}

TEST(Task, WhatIsNotATaskIsRefusedWithItsPlace) {
  EXPECT_THAT(std::string(parse_task("{").status().message()), HasSubstr("task: not valid JSON"));
  EXPECT_THAT(std::string(parse_task("[]").status().message()), HasSubstr("task: must be an object"));
  EXPECT_THAT(std::string(parse_task(R"({"contract": 2})").status().message()), HasSubstr("task.contract"));
  const char* text = R"({"contract":1,"work_dir":"w","checkpoint_seconds":1,"files":{},"runs":[{"run":7}]})";
  EXPECT_THAT(std::string(parse_task(text).status().message()), HasSubstr("task.runs.run: must be text"));
}

}  // namespace
}  // namespace evensweep
