// Forward and backward of each model against the same model in Python's PyTorch in float64:
// tests/reference/model_reference.py made tests/reference/models.json.

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "agent/trainer/loss.h"
#include "agent/trainer/model.h"
#include "common/base/file.h"
#include "common/model/json.h"
#include "common/model/json_fields.h"
#include "common/model/model_description.h"
#include "tests/support/places.h"

namespace evensweep {
namespace {

constexpr double kMostDifference = 1e-5;

// The function of the same name in model_reference.py.
at::Tensor pattern(const std::string& name, std::vector<int64_t> shape, double offset, double scale) {
  uint32_t start = 0x811C9DC5;
  for (const char c : name) start = (start ^ static_cast<uint8_t>(c)) * 0x01000193;
  at::Tensor tensor = at::empty(shape);
  auto* values = tensor.mutable_data_ptr<float>();
  for (int64_t i = 0; i < tensor.numel(); ++i) {
    uint32_t x = start + static_cast<uint32_t>(i) * 0x9E3779B9;
    x = (x ^ (x >> 16)) * 0x21F0AAAD;
    x = (x ^ (x >> 15)) * 0x735A2D97;
    x ^= x >> 15;
    values[i] = static_cast<float>(offset + scale * (static_cast<double>(x >> 8) / (1 << 23) - 1));
  }
  return tensor;
}

at::Tensor value_of(const std::string& name, const at::Tensor& like) {
  const std::vector<int64_t> shape = like.sizes().vec();
  if (name.ends_with(".variance")) return pattern(name, shape, 2, 0.5);
  if (!name.ends_with(".weight")) return pattern(name, shape, 0, 0.2);
  if (shape.size() == 1) return pattern(name, shape, 1, 0.2);
  const double spread = name == "output.weight" ? 0.1 : 6;
  return pattern(name, shape, 0, std::sqrt(spread / static_cast<double>(like.numel() / shape[0])));
}

void set_values(const std::vector<NamedTensor>& tensors) {
  const at::NoGradGuard no_grad;
  for (const NamedTensor& named : tensors) at::Tensor(named.tensor).copy_(value_of(named.name, named.tensor));
}

// Of the same name in model_reference.py: [rows, longest] int64.
at::Tensor texts(const std::string& name, int64_t rows, int64_t longest, int64_t symbols) {
  at::Tensor x = (pattern(name, {rows, longest}, 0.5, 0.5).to(at::kDouble) * (symbols - 1)).to(at::kLong) + 1;
  for (int64_t i = 0; i < rows; ++i) x[i].slice(0, longest - 2 * i).zero_();
  return x;
}

at::Tensor input_of(const Json& json) {
  const auto rows = json["rows"].get<int64_t>();
  const auto name = json["input"].get<std::string>();
  auto sizes = json["shape"].get<std::vector<int64_t>>();
  if (sizes.size() == 2) return texts(name, rows, sizes[0], sizes[1]);
  sizes.insert(sizes.begin(), rows);
  return pattern(name, sizes, 0, 1.5);
}

std::unique_ptr<Model> model_of(const Json& json, const Execution& execution) {
  const Json& named = json["model"];
  ModelSpec spec{.name = named["name"].get<std::string>()};
  for (const ModelKey& key : find_model(spec.name)->keys) {
    const std::string member(key.name);
    if (!named.contains(member)) continue;
    if (const auto* whole = std::get_if<int64_t ModelSpec::*>(&key.member))
      spec.*(*whole) = named[member].get<int64_t>();
    if (const auto* word = std::get_if<std::string ModelSpec::*>(&key.member))
      spec.*(*word) = named[member].get<std::string>();
    if (const auto* list = std::get_if<std::vector<int64_t> ModelSpec::*>(&key.member))
      spec.*(*list) = named[member].get<std::vector<int64_t>>();
  }
  auto model =
      make_model(spec, json["shape"].get<std::vector<int64_t>>(), json["classes"].get<int64_t>(), 1, execution);
  EXPECT_TRUE(model.ok()) << model.status();
  set_values((*model)->parameters());
  set_values((*model)->buffers());
  return *std::move(model);
}

void expect_logits(const at::Tensor& logits, const Json& want) {
  for (int64_t row = 0; row < logits.size(0); ++row)
    for (int64_t c = 0; c < logits.size(1); ++c)
      EXPECT_NEAR(logits[row][c].item<double>(), want.at(static_cast<size_t>(row)).at(static_cast<size_t>(c)),
                  kMostDifference);
}

// Norm, share along the ones and three entries; the first two grow with the size of the tensor.
void expect_summary(const at::Tensor& tensor, const Json& want) {
  const at::Tensor flat = tensor.detach().to(at::kDouble).contiguous().flatten();
  const double norm = want.at("norm"), most = kMostDifference * std::max(1.0, norm);
  EXPECT_NEAR(flat.norm().item<double>(), norm, most);
  EXPECT_NEAR(flat.sum().item<double>() / std::sqrt(static_cast<double>(flat.numel())), want.at("along_ones"), most);
  for (int64_t place = 0; place < 3; ++place)
    EXPECT_NEAR(flat[place * 7919 % flat.numel()].item<double>(), want.at("entries").at(static_cast<size_t>(place)),
                kMostDifference);
}

void expect_summaries(const std::vector<NamedTensor>& tensors, const Json& want, bool gradients) {
  EXPECT_EQ(tensors.size(), want.size());
  for (const NamedTensor& named : tensors) {
    SCOPED_TRACE(named.name);
    ASSERT_TRUE(want.contains(named.name));
    expect_summary(gradients ? named.tensor.grad() : named.tensor, want[named.name]);
  }
}

void expect_case(const Json& json, const Execution& execution) {
  const auto model = model_of(json, execution);
  EXPECT_EQ(model->parameter_count(), json["parameters"].get<int64_t>());
  const auto rows = json["rows"].get<int64_t>(), classes = json["classes"].get<int64_t>();
  at::Tensor input = input_of(json);
  if (execution.channels_last) input = input.contiguous(at::MemoryFormat::ChannelsLast);
  {
    const at::NoGradGuard no_grad;
    expect_logits(model->forward(input, /*training=*/false), json["evaluated"]);
  }
  const bool training = json["mode"] == "training";
  const at::Tensor logits = model->forward(input, training);
  if (training) expect_logits(logits, json["trained"]);
  const at::Tensor loss = batch_loss(logits, at::arange(rows) % classes, at::ones({classes}), /*focal_gamma=*/0);
  EXPECT_NEAR(loss.item<double>(), json["loss"].get<double>(), kMostDifference);
  loss.backward();
  expect_summaries(model->parameters(), json["gradients"], /*gradients=*/true);
  if (training) expect_summaries(model->buffers(), json.value("statistics", Json::object()), /*gradients=*/false);
}

Json reference() {
  const StatusOr<std::string> text = read_file(source_dir() + "/tests/reference/models.json");
  EXPECT_TRUE(text.ok()) << text.status();
  return parse_json(*text, "models.json").value_or(Json::array());
}

TEST(ModelReference, EveryModelComputesWhatPythonDoes) {
  std::set<std::string> seen;
  for (const Json& json : reference()) {
    SCOPED_TRACE(json["model"].dump());
    expect_case(json, {});
    seen.insert(json["model"]["name"]);
  }
  for (const std::string& name : model_names()) EXPECT_TRUE(seen.contains(name)) << name << " has no reference";
}

TEST(ModelReference, ChannelsLastChangesNothing) {
  for (const Json& json : reference()) {
    if (json["shape"].size() != 3 || json["model"]["name"] == "resnet18") continue;  // which takes most of the time
    SCOPED_TRACE(json["model"].dump());
    expect_case(json, {.channels_last = true});
  }
}

}  // namespace
}  // namespace evensweep
