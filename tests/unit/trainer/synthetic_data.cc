#include "tests/unit/trainer/synthetic_data.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "common/base/file.h"
#include "common/base/hash.h"
#include "common/base/rng.h"
#include "common/model/files.h"
#include "common/model/json.h"

namespace evensweep {
namespace {

DataFile write_data_file(const std::string& path, const std::string& content) {
  EXPECT_TRUE(write_file_atomically(path, content).ok());
  return {.path = path, .sha256 = sha256_hex(content)};
}

std::string striped_image(int label, Rng& rng) {
  std::string record(1, static_cast<char>(label));
  for (int channel = 0; channel < 3; ++channel) {
    for (int y = 0; y < 32; ++y) {
      const uint64_t base = y / 3 == label ? 150 : 20;
      for (int x = 0; x < 32; ++x) record += static_cast<char>(base + rng.below(80));
    }
  }
  return record;
}

}  // namespace

TestFolder::TestFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "evensweep_trainer_test.XXXXXX").string();
  EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
  path_ = pattern;
}

TestFolder::~TestFolder() {
  std::error_code ignored;
  if (!testing::Test::HasFailure()) std::filesystem::remove_all(path_, ignored);
}

DataFile write_points_csv(const std::string& folder, int rows_of_class) {
  Rng rng(7, "points");
  std::string text = "a,b,constant,c,label\n";
  for (int row = 0; row < rows_of_class; ++row) {
    for (int label = 0; label < 3; ++label) {
      text += fmt::format("{:.4f},{:.4f},5,{:.4f},class{}\n", rng.uniform() + (label == 0),
                          100 * (rng.uniform() + (label == 1)), rng.uniform(), label);
    }
  }
  return write_data_file(folder + "/points.csv", text);
}

DataFile write_striped_images(const std::string& folder, const std::string& name, int images_of_class, uint64_t seed) {
  Rng rng(seed, "images");
  std::string bytes;
  for (int i = 0; i < images_of_class; ++i)
    for (int label = 0; label < 10; ++label) bytes += striped_image(label, rng);
  return write_data_file(folder + "/" + name, bytes);
}

RunSpec points_run(const std::string& folder) {
  RunSpec spec;
  spec.dataset = {.name = "points",
                  .format = DatasetFormat::kCsv,
                  .train_files = {write_points_csv(folder, 40)},
                  .columns = {.label = "label"},
                  .split = {.validation_fraction = 0.2, .test_fraction = 0.2}};
  spec.model = {.name = "mlp", .hidden = {16, 8}, .dropout = 0.3};
  spec.training = {.epochs = 3, .batch_size = 16, .optimizer = {.name = "adam", .lr = 0.01, .weight_decay = 1e-4}};
  spec.training.schedule = {.name = "one_cycle", .warmup_fraction = 0.3};
  spec.seed = 11;
  spec.treatment = {.class_weights = {1, 1, 1}};
  spec.trainer = kTrainerNumerics;
  return spec;
}

RunSpec images_run(const std::string& folder, const std::string& model) {
  RunSpec spec;
  spec.dataset = {.name = "stripes",
                  .format = DatasetFormat::kCifar10,
                  .train_files = {write_striped_images(folder, "train.bin", 4, 1)},
                  .test_files = {write_striped_images(folder, "test.bin", 1, 2)},
                  .split = {.validation_fraction = 0.25}};
  spec.model = {.name = model};
  spec.training = {.epochs = 2,
                   .batch_size = 8,
                   .optimizer = {.name = "sgd", .lr = 0.02, .nesterov = true, .weight_decay = 5e-4},
                   .schedule = {.name = "cosine"},
                   .augmentation = {.flip = true, .crop_padding = 4}};
  spec.training.channels_last = model == "resnet20";
  spec.seed = 5;
  spec.treatment = {.class_weights = std::vector<double>(10, 1.0), .focal_gamma = 0.5};
  spec.trainer = kTrainerNumerics;
  return spec;
}

RunSpec names_run(const std::string& folder) {
  constexpr const char* kEndings[] = {"owski", "eau", "moto"};
  Rng rng(3, "names");
  const auto syllables = [&](uint64_t most) {
    std::string word;
    for (uint64_t left = rng.below(most) + 1; left > 0; --left)
      word += {"bdklmnrst"[rng.below(9)], "aeiou"[rng.below(5)]};
    return word;
  };
  std::string text = "name,label\n";
  for (int row = 0; row < 90; ++row)
    text += fmt::format("{} {}{},class{}\n", syllables(3), syllables(4), kEndings[row % 3], row % 3);
  RunSpec spec;
  spec.dataset = {.name = "names",
                  .format = DatasetFormat::kText,
                  .train_files = {write_data_file(folder + "/names.csv", text)},
                  .columns = {.label = "label", .features = {"name"}},
                  .split = {.validation_fraction = 0.2, .test_fraction = 0.2}};
  spec.model = {.name = "conv_lstm",
                .dropout = 0.2,
                .width = 16,
                .embedding = 12,
                .channels = 10,
                .layers = 2,
                .padding = kPackedTexts};
  spec.training = {.epochs = 3, .batch_size = 16, .optimizer = {.name = "adam", .lr = 0.01, .weight_decay = 1e-5}};
  spec.training.augmentation.swap = 0.3;
  spec.seed = 2;
  spec.treatment = {.class_weights = {1, 1, 1}};
  spec.trainer = kTrainerNumerics;
  return spec;
}

std::string task_line(const RunSpec& spec, const std::string& work_dir) {
  Json files = Json::object();
  for (const DataFile* file : all_files(spec.dataset, spec.model)) files[file->sha256] = file->path;
  return Json{{"contract", 1},
              {"work_dir", work_dir},
              {"checkpoint_seconds", 0},
              {"files", files},
              {"runs", {{{"run", run_key(spec).str()}, {"attempt", 1}, {"spec", to_json(spec)}}}}}
      .dump();
}

}  // namespace evensweep
