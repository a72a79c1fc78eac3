#include "sweeps/report/task.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/report/report_fixture.h"

namespace evensweep {
namespace {

using ::testing::HasSubstr;

TEST(TaskOfRun, HasTheSpecThatTheKeyIsMadeOf) {
  const Json json = json_of(SyntheticOptions{});
  for (const Json& run : json["runs"]) {
    const std::string key = run["key"];
    const StatusOr<Json> task = task_of_run(json, key.substr(0, 12), "/work");
    ASSERT_TRUE(task.ok()) << task.status();
    EXPECT_EQ((*task)["runs"][0]["run"], key);
    EXPECT_EQ((*task)["work_dir"], "/work");
    const StatusOr<RunSpec> spec = parse_run_spec((*task)["runs"][0]["spec"].dump());
    ASSERT_TRUE(spec.ok()) << spec.status();
    EXPECT_EQ(run_key(*spec).str(), key);
    EXPECT_EQ((*task)["files"][std::string(64, 'a')], "/data/synthetic.csv");
  }
}

TEST(TaskOfRun, NamesTheRunThatItCannotFind) {
  const Json json = json_of(SyntheticOptions{});
  for (const char* key : {"", "zz"}) {
    const Status status = task_of_run(json, key, "/work").status();
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
    EXPECT_THAT(std::string(status.message()), HasSubstr("no run of these results"));
  }
  Json twice = json;
  twice["runs"][1]["key"] = twice["runs"][0]["key"];
  EXPECT_THAT(std::string(task_of_run(twice, twice["runs"][0]["key"].get<std::string>(), "").status().message()),
              HasSubstr("more than one run"));
}

TEST(TaskOfRun, IsRefusedWhereTheSpecWouldBeAnother) {
  Json json = json_of(SyntheticOptions{});
  const std::string key = json["runs"][0]["key"];
  json["sweep"]["training"]["epochs"] = 99;
  EXPECT_EQ(task_of_run(json, key, "").status().code(), absl::StatusCode::kFailedPrecondition);
  json["sweep"] = Json();
  EXPECT_THAT(std::string(task_of_run(json, key, "").status().message()), HasSubstr("how it was trained"));
}

TEST(SweepFile, LiesBesideTheReportAsItWasGiven) {
  Json json = json_of(with_size(3, 2, 1));
  const std::string text = "version: 1\nname: \"<b>&\"\n# a comment\n";
  add_sweep_file(json, {.text = text, .overrides = {"name=it's"}});
  std::string found;
  for (const ReportFile& file : report_files(json))
    if (file.path == "sweep.yaml") found = file.content;
  EXPECT_EQ(found, text);
  const std::string html = report_html(json);
  EXPECT_THAT(html, HasSubstr("name: &quot;&lt;b&gt;&amp;&quot;\n# a comment\n"));
  EXPECT_THAT(html, HasSubstr("evensweep run sweep.yaml &#39;name=it&#39;\\&#39;&#39;s&#39;"));
}

}  // namespace
}  // namespace evensweep
