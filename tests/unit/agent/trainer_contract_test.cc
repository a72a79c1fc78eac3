#include "agent/core/trainer_contract.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/model/files.h"
#include "common/model/json.h"
#include "tests/unit/agent/run_specs.h"

namespace evensweep {
namespace {

const std::string kRun(64, 'a');

std::string line_with(const std::string& fields) { return "{\"run\":\"" + kRun + "\",\"attempt\":2," + fields + "}"; }

template <typename T>
T parsed(const std::string& line) {
  const StatusOr<TrainerLine> got = parse_trainer_line(line);
  EXPECT_TRUE(got.ok()) << got.status();
  EXPECT_TRUE(got.ok() && std::holds_alternative<T>(*got)) << line;
  return got.ok() && std::holds_alternative<T>(*got) ? std::get<T>(*got) : T{};
}

TEST(TrainerLine, ReadsEveryEventOfTheContract) {
  const auto hello = parsed<TrainerHello>(R"({"event":"hello","contract":1,"trainer":"t 1","numerics":"n-1"})");
  EXPECT_EQ(hello.numerics, "n-1");
  const AttemptId attempt{RunKey(kRun), 2};
  const auto started = parsed<RunStarted>(line_with(R"("event":"started","resumed_at_epoch":5)"));
  EXPECT_EQ(started.attempt, attempt);
  EXPECT_EQ(started.resumed_at_epoch, 5u);
  const auto progress = parsed<RunProgress>(line_with(R"("event":"progress","fraction":0.5,"examples_per_second":10)"));
  EXPECT_EQ(progress.progress.fraction, 0.5);
  EXPECT_EQ(parsed<RunFinished>(line_with(R"("event":"finished")")).attempt, attempt);
  EXPECT_EQ(parsed<RunStopped>(line_with(R"("event":"stopped")")).attempt, attempt);
  const auto failed = parsed<RunFailed>(line_with(R"("event":"failed","class":"diverged","message":"m")"));
  EXPECT_EQ(failed.failure.failure, FailureClass::kDiverged);
  EXPECT_EQ(failed.failure.message, "m");
  parsed<RunFinished>(line_with(R"("event":"finished","new_key":[1])"));
}

TEST(TrainerLine, ASmallResultMayBeInTheLine) {
  const auto finished =
      parsed<RunFinished>(line_with(R"("event":"finished","peak_memory_bytes":77,"result":{"a":[1,2.5]})"));
  EXPECT_EQ(finished.result_json, R"({"a":[1,2.5]})");
  EXPECT_EQ(finished.peak_memory_bytes, 77u);
  const std::string large(kMaxInlineResult, 'x');
  EXPECT_FALSE(parse_trainer_line(line_with(R"("event":"finished","result":{"a":")" + large + R"("})")).ok());
  EXPECT_FALSE(parse_trainer_line(line_with(R"("event":"finished","result":"text")")).ok());
  EXPECT_FALSE(parse_trainer_line(line_with(R"("event":"finished","peak_memory_bytes":-1)")).ok());
  EXPECT_TRUE(
      parsed<TrainerHello>(R"({"event":"hello","contract":1,"trainer":"t","numerics":"n","makes_folders":true})")
          .makes_folders);
}

TEST(TrainerLine, RefusesWhatIsNoEvent) {
  const std::string wrong[] = {
      "",
      "[]",
      "null",
      "{}",
      "{\"event\":3}",
      R"({"event":"dance"})",
      R"({"event":"hello","contract":2,"trainer":"t","numerics":"n"})",
      R"({"event":"hello","contract":1,"trainer":"t","numerics":""})",
      R"({"event":"finished","run":"../../etc","attempt":1})",
      R"({"event":"finished","attempt":1})",
      R"({"event":"finished","run":")" + kRun + R"(","attempt":0})",
      R"({"event":"finished","run":")" + kRun + R"(","attempt":-1})",
      R"({"event":"finished","run":")" + kRun + R"(","attempt":4294967296})",
      line_with(R"("event":"progress","fraction":1.5,"examples_per_second":1)"),
      line_with(R"("event":"progress","fraction":1e999,"examples_per_second":1)"),
      line_with(R"("event":"failed","class":"preempted","message":"m")"),
      line_with(R"("event":"failed","class":"diverged")"),
      "{\"event\":\"finished\xff\"}",
  };
  for (const std::string& line : wrong)
    EXPECT_EQ(parse_trainer_line(line).status().code(), absl::StatusCode::kInvalidArgument) << line;
}

TEST(TaskLine, IsATaskOfTheContract) {
  const Lease lease = lease_of_seed(3, 4);
  const auto line = task_line(lease, {.work_dir = "/work", .files = {{kDataHash, "/data.csv"}, {"unused", "/other"}}});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(line->find('\n'), std::string::npos);
  const Json task = Json::parse(*line);
  EXPECT_EQ(task["contract"], 1);
  EXPECT_EQ(task["work_dir"], "/work");
  EXPECT_EQ(task["device"], "cpu");
  EXPECT_EQ(task["files"], Json({{kDataHash, "/data.csv"}}));
  ASSERT_EQ(task["runs"].size(), 1u);
  EXPECT_EQ(task["runs"][0]["run"], lease.attempt.run.str());
  EXPECT_EQ(task["runs"][0]["attempt"], 4);
  EXPECT_EQ(run_key_of_text(task["runs"][0]["spec"].dump()), lease.attempt.run);
}

TEST(TaskLine, HasTheFileOfAUsersModel) {
  Lease lease = lease_of_seed(3, 4);
  StatusOr<RunSpec> spec = parse_run_spec(lease.run_spec_json);
  ASSERT_TRUE(spec.ok());
  const std::string hash(64, 'e');
  spec->model = {.name = kTorchscript, .file = DataFile{.path = "", .sha256 = hash}};
  lease.run_spec_json = to_json(*spec).dump();
  lease.files = all_file_sums(spec->dataset, spec->model);
  TaskSettings settings{.work_dir = "/work", .files = {{kDataHash, "/data.csv"}}};
  EXPECT_THAT(std::string(task_line(lease, settings).status().message()), testing::HasSubstr(hash));
  settings.files[hash] = "/net.pt";
  const auto line = task_line(lease, settings);
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(Json::parse(*line)["files"], Json({{kDataHash, "/data.csv"}, {hash, "/net.pt"}}));
}

TEST(TaskLine, TakesASpecThatIsOneLineOfJson) {
  const std::string spec = lease_of_seed(3).run_spec_json;
  EXPECT_TRUE(is_one_json_line(spec));
  for (const std::string& wrong : {spec + "\n", "{\n}" + spec, spec + "}", spec + std::string(1, 0),
                                   spec + R"(}],"work_dir":"/etc")", std::string()})
    EXPECT_FALSE(is_one_json_line(wrong)) << wrong;
}

TEST(TaskLine, NamesTheFileThatIsMissing) {
  const auto line = task_line(lease_of_seed(3), {.work_dir = "/work"});
  EXPECT_EQ(line.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(line.status().message()), testing::HasSubstr(kDataHash));
}

}  // namespace
}  // namespace evensweep
