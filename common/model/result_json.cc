#include <zstd.h>

#include <cstring>
#include <memory>
#include <utility>

#include "common/base/hash.h"
#include "common/model/json.h"
#include "common/model/json_fields.h"

namespace evensweep {
namespace {

constexpr const char* kPredictionEncoding = "base64/zstd/u16le";
constexpr const char* kPlainEncoding = "base64/u16le";  // for trainers in languages without zstd at hand
constexpr int64_t kMostPredictions = 100'000'000;
constexpr int64_t kMostExamples = 1'000'000'000'000;  // sums of counts stay far below what int64_t holds

std::string pack(const std::vector<uint16_t>& values) {
  std::string bytes;
  bytes.reserve(values.size() * 2);
  for (uint16_t value : values) {
    bytes += static_cast<char>(value & 0xff);
    bytes += static_cast<char>(value >> 8);
  }
  std::string packed(ZSTD_compressBound(bytes.size()), '\0');
  thread_local const std::unique_ptr<ZSTD_CCtx, size_t (*)(ZSTD_CCtx*)> context(ZSTD_createCCtx(), ZSTD_freeCCtx);
  packed.resize(ZSTD_compressCCtx(context.get(), packed.data(), packed.size(), bytes.data(), bytes.size(), 3));
  return base64_encode(packed);
}

StatusOr<std::vector<uint16_t>> unpack(const std::string& text, const std::string& encoding, size_t count) {
  EV_ASSIGN_OR_RETURN(std::string bytes, base64_decode(text));
  if (encoding == kPredictionEncoding) {
    const std::string packed = std::exchange(bytes, std::string(count * 2, '\0'));
    // To make one takes longer than to unpack the predictions of a small data set.
    thread_local const std::unique_ptr<ZSTD_DCtx, size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(), ZSTD_freeDCtx);
    const size_t size = ZSTD_decompressDCtx(context.get(), bytes.data(), bytes.size(), packed.data(), packed.size());
    if (ZSTD_isError(size) != 0) return absl::InvalidArgumentError("does not unpack to `count` values");
    bytes.resize(size);
  }
  if (bytes.size() != count * 2) return absl::InvalidArgumentError("does not unpack to `count` values");
  std::vector<uint16_t> values(count);
  for (size_t i = 0; i < count; ++i)
    values[i] = static_cast<uint16_t>(static_cast<unsigned char>(bytes[2 * i]) |
                                      static_cast<unsigned char>(bytes[2 * i + 1]) << 8);
  return values;
}

ConfusionMatrix confusion_of(Fields& fields, const char* name, int64_t classes) {
  ConfusionMatrix matrix;
  const Json& rows = fields.array(name);
  matrix.classes = static_cast<int64_t>(rows.size());
  if (matrix.classes < 2 || (classes != 0 && matrix.classes != classes)) {
    fields.fail(name, "must have a row for each class");
    return {};
  }
  for (const Json& row : rows) {
    if (!row.is_array() || static_cast<int64_t>(row.size()) != matrix.classes) {
      fields.fail(name, "must be square");
      return {};
    }
    for (const Json& count : row) {
      const int64_t value = count.is_number_integer() ? count.get<int64_t>() : -1;
      if (value < 0 || value > kMostExamples) {
        fields.fail(name, "must hold counts between 0 and " + std::to_string(kMostExamples));
        return {};
      }
      matrix.counts.push_back(value);
    }
  }
  return matrix;
}

std::vector<uint16_t> predictions_of(Fields& parent, int64_t classes, Status& status) {
  Fields fields(parent.object("test_predictions"), "result.test_predictions", status);
  const std::string encoding = fields.one_of("encoding", {kPredictionEncoding, kPlainEncoding});
  const int64_t count = fields.integer("count", 0, kMostPredictions);
  const std::string data = fields.text("data");
  fields.end();
  if (!status.ok()) return {};
  StatusOr<std::vector<uint16_t>> values = unpack(data, encoding, static_cast<size_t>(count));
  if (!values.ok()) {
    fields.fail("data", std::string(values.status().message()));
    return {};
  }
  for (uint16_t value : *values)
    if (value >= classes) fields.fail("data", "holds a class that does not exist");
  return *std::move(values);
}

std::vector<CurvePoint> curve_of(Fields& parent, Status& status) {
  std::vector<CurvePoint> curve;
  for (const Json& item : parent.array("curve")) {
    Fields fields(item, "result.curve", status);
    curve.push_back({.epoch = fields.integer("epoch", 1),
                     .train_loss = fields.number("train_loss"),
                     .validation_accuracy = fields.number("validation_accuracy", 0, 1),
                     .lr = fields.number("lr", 0)});
    fields.end();
  }
  return curve;
}

// The predictions must be the ones that the test counts were made from.
bool columns_agree(const ConfusionMatrix& test, const std::vector<uint16_t>& predictions) {
  std::vector<int64_t> predicted(static_cast<size_t>(test.classes));
  for (uint16_t value : predictions) ++predicted[value];
  for (int64_t column = 0; column < test.classes; ++column) {
    int64_t sum = 0;
    for (int64_t row = 0; row < test.classes; ++row) sum += test.at(row, column);
    if (sum != predicted[static_cast<size_t>(column)]) return false;
  }
  return true;
}

struct NamedClass {
  FailureClass failure;
  const char* name;
};
constexpr NamedClass kFailureClasses[] = {
    {FailureClass::kBadInput, "bad_input"},
    {FailureClass::kDiverged, "diverged"},
    {FailureClass::kTrainerError, "trainer_error"},
    {FailureClass::kOutOfMemory, "out_of_memory"},
    {FailureClass::kInfrastructure, "infrastructure"},
    {FailureClass::kPreempted, "preempted"},
};

}  // namespace

const char* failure_class_name(FailureClass failure) {
  for (const NamedClass& named : kFailureClasses)
    if (named.failure == failure) return named.name;
  return "unknown";
}

std::optional<FailureClass> parse_failure_class(const std::string& name) {
  for (const NamedClass& named : kFailureClasses)
    if (named.name == name) return named.failure;
  return std::nullopt;
}

Json to_json(const ConfusionMatrix& matrix) {
  Json rows = Json::array();
  for (int64_t truth = 0; truth < matrix.classes; ++truth) {
    const auto first = matrix.counts.begin() + truth * matrix.classes;
    rows.push_back(std::vector<int64_t>(first, first + matrix.classes));
  }
  return rows;
}

Json to_json(const RunResult& result) {
  Json curve = Json::array();
  for (const CurvePoint& point : result.curve)
    curve.push_back({{"epoch", point.epoch},
                     {"train_loss", point.train_loss},
                     {"validation_accuracy", point.validation_accuracy},
                     {"lr", point.lr}});
  return {{"validation", to_json(result.validation)},
          {"test", to_json(result.test)},
          {"test_predictions",
           {{"encoding", kPredictionEncoding},
            {"count", result.test_predictions.size()},
            {"data", pack(result.test_predictions)}}},
          {"curve", std::move(curve)},
          {"model_parameters", result.model_parameters},
          {"times",
           {{"train_seconds", result.times.train_seconds},
            {"evaluate_seconds", result.times.evaluate_seconds},
            {"examples_per_second", result.times.examples_per_second},
            {"finished_at", result.times.finished_at}}},
          {"environment",
           {{"trainer", result.environment.trainer},
            {"libtorch", result.environment.libtorch},
            {"device", result.environment.device},
            {"threads", result.environment.threads}}}};
}

StatusOr<RunResult> parse_run_result(std::string_view text, int64_t classes) {
  EV_ASSIGN_OR_RETURN(const Json json, parse_json(text, "result"));
  return run_result_of(json, classes);
}

StatusOr<RunResult> run_result_of(const Json& json, int64_t classes) {
  Status status;
  Fields fields(json, "result", status);
  RunResult result;
  result.validation = confusion_of(fields, "validation", classes);
  result.test = confusion_of(fields, "test", classes);
  if (status.ok() && result.validation.classes != result.test.classes)
    fields.fail("test", "has another number of classes than validation");
  result.test_predictions = predictions_of(fields, result.test.classes, status);
  if (status.ok() && !columns_agree(result.test, result.test_predictions))
    fields.fail("test_predictions", "do not add up to the counts in test");
  result.curve = curve_of(fields, status);
  result.model_parameters = fields.integer("model_parameters", 0);
  Fields times(fields.object("times"), "result.times", status);
  result.times = {.train_seconds = times.number("train_seconds", 0),
                  .evaluate_seconds = times.number("evaluate_seconds", 0),
                  .examples_per_second = times.number("examples_per_second", 0),
                  .finished_at = times.text("finished_at")};
  times.end();
  Fields environment(fields.object("environment"), "result.environment", status);
  result.environment = {.trainer = environment.text("trainer"),
                        .libtorch = environment.text("libtorch"),
                        .device = environment.text("device"),
                        .threads = environment.integer("threads", 0)};
  environment.end();
  fields.end();
  if (!status.ok()) return status;
  return result;
}

Json to_json(const Failure& failure) {
  return {{"class", failure_class_name(failure.failure)},
          {"message", failure.message},
          {"stderr_tail", failure.stderr_tail}};
}

StatusOr<Failure> parse_failure(std::string_view text) {
  EV_ASSIGN_OR_RETURN(const Json json, parse_json(text, "failure"));
  Status status;
  Fields fields(json, "failure", status);
  const std::string name = fields.text("class");
  const std::optional<FailureClass> failure = parse_failure_class(name);
  if (!failure) fields.fail("class", "is not a known word: " + in_quotes(name));
  Failure parsed{.failure = failure.value_or(FailureClass::kTrainerError),
                 .message = fields.text("message"),
                 .stderr_tail = fields.text("stderr_tail")};
  fields.end();
  if (!status.ok()) return status;
  return parsed;
}

}  // namespace evensweep
