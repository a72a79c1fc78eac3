#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <string>
#include <vector>

#include "common/base/hash.h"
#include "tests/unit/model/examples.h"

namespace evensweep {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// The canonical text of a run spec, as docs/format/trainer.md promises it: sorted keys, no blanks, shortest numbers,
// data files by hash alone. A change here changes every run key and needs a new kTrainerNumerics.
constexpr char kCanonical[] =
    R"({"dataset":{"columns":{"features":[],"label":"digit"},"format":"csv","split":{"seed":null,"test_fraction":0.25,)"
    R"("validation_fraction":0.2},"test_files":[],)"
    R"("train_files":["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"],"validation_files":[]},)"
    R"("model":{"dropout":0.1,"hidden":[32],"name":"mlp"},"seed":7,"trainer":"evensweep-3",)"
    R"("training":{"augmentation":{"crop_padding":0,"flip":false},"batch_size":128,"channels_last":false,"epochs":3,)"
    R"("optimizer":{"lr":0.1,"momentum":0.9,"name":"sgd","nesterov":false,"weight_decay":0.0},"precision":"fp32",)"
    R"("schedule":{"every":0,"factor":1.0,"min_factor":0.0,"name":"constant","warmup_fraction":0.0},"threads":1},)"
    R"("treatment":{"class_weights":[1.0,1.0],"focal_gamma":0.0}})";

TEST(RunSpec, CanonicalTextStaysAsItIs) { EXPECT_EQ(to_json(example_run_spec()).dump(), kCanonical); }

TEST(RunSpec, ItsKeyIsTheHashOfItsCanonicalText) {
  EXPECT_EQ(run_key(example_run_spec()).str(), sha256_hex(kCanonical));
  EXPECT_EQ(run_key(example_run_spec()), run_key_of_text(kCanonical));
}

TEST(RunSpec, ReadsBackAsTheSame) {
  const StatusOr<RunSpec> spec = parse_run_spec(kCanonical);
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(to_json(*spec).dump(), kCanonical);
  EXPECT_EQ(spec->seed, 7U);
  EXPECT_EQ(spec->dataset.split.seed, std::nullopt);
}

TEST(RunSpec, PathsAndNamesAreNoPartOfItsKey) {
  RunSpec spec = example_run_spec();
  spec.dataset.name = "another name";
  spec.dataset.train_files[0].path = "/another/path";
  EXPECT_EQ(run_key(spec), run_key(example_run_spec()));
}

TEST(RunSpec, EverythingElseIs) {
  const std::string own = run_key(example_run_spec()).str();
  const auto key_after = [](auto change) {
    RunSpec spec = example_run_spec();
    change(spec);
    return run_key(spec).str();
  };
  EXPECT_NE(own, key_after([](RunSpec& s) { s.dataset.train_files[0].sha256 = std::string(64, 'b'); }));
  EXPECT_NE(own, key_after([](RunSpec& s) { s.dataset.split.seed = 0; }));
  EXPECT_NE(own, key_after([](RunSpec& s) { s.model.hidden.push_back(8); }));
  EXPECT_NE(own, key_after([](RunSpec& s) { s.training.threads = 2; }));
  EXPECT_NE(own, key_after([](RunSpec& s) { s.training.optimizer.lr = 0.2; }));
  EXPECT_NE(own, key_after([](RunSpec& s) { s.seed = 8; }));
  EXPECT_NE(own, key_after([](RunSpec& s) { s.treatment.focal_gamma = 2; }));
  EXPECT_NE(own, key_after([](RunSpec& s) { s.trainer = "another-1"; }));
}

TEST(RunSpec, HowTextsAreReadIsInItsText) {
  RunSpec spec = example_run_spec();
  spec.dataset.format = DatasetFormat::kText;
  spec.dataset.text = {.preprocessing = kPeiferText, .alphabet = "abß", .max_length = 9, .cut = true};
  spec.model = {.name = "conv_lstm", .width = 20, .embedding = 8, .channels = 4, .layers = 1, .padding = kReadPadding};
  spec.training.augmentation.swap = 0.25;
  const std::string text = to_json(spec).dump();
  EXPECT_THAT(text, HasSubstr(R"("text":{"alphabet":"abß","cut":true,"max_length":9,"preprocessing":"peifer"})"));
  EXPECT_THAT(text, HasSubstr(R"("augmentation":{"crop_padding":0,"flip":false,"swap":0.25})"));
  const StatusOr<RunSpec> read = parse_run_spec(text);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(to_json(*read).dump(), text);
}

TEST(RunSpec, SizesThatAModelUsesAreInItsText) {
  RunSpec spec = example_run_spec();
  spec.model = {.name = "resmlp", .width = 64, .blocks = 3};
  const std::string text = to_json(spec).dump();
  EXPECT_THAT(text, HasSubstr(R"("model":{"blocks":3,"dropout":0.0,"hidden":[],"name":"resmlp","width":64})"));
  const StatusOr<RunSpec> read = parse_run_spec(text);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(to_json(*read).dump(), text);
}

TEST(RunSpec, AModelsFileIsInItsTextByItsContent) {
  RunSpec spec = example_run_spec();
  spec.model = {.name = kTorchscript, .file = DataFile{.path = "net.pt", .sha256 = std::string(64, 'c')}};
  const std::string text = to_json(spec).dump();
  EXPECT_THAT(text, HasSubstr(R"("model":{"dropout":0.0,"file":")" + std::string(64, 'c') + R"(","hidden":[],)"));
  EXPECT_THAT(text, Not(HasSubstr("net.pt")));
  const StatusOr<RunSpec> read = parse_run_spec(text);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->model.file->sha256, std::string(64, 'c'));
}

TEST(RunSpec, WhatATreatmentAsksForIsInItsText) {
  RunSpec spec = example_run_spec();
  spec.treatment.logit_offsets = {-0.5, -1.25};
  spec.treatment.epoch_rows = {30, 10};
  spec.treatment.smote_neighbours = 5;
  spec.treatment.margin = MarginSpec{.margins = {0.5, 0.25}, .scale = 30};
  spec.treatment.weights_from = 0.75;
  spec.treatment.rule = WeightRule{.name = kCdbRule, .strength = 1.5};
  spec.treatment.augmentation = ClassAugmentation{.probabilities = {0.5, 1}, .sigma = 0.25};
  spec.treatment.smote_features = true;
  spec.treatment.start_epoch = 3;
  const std::string text = to_json(spec).dump();
  EXPECT_THAT(
      text,
      HasSubstr(R"("treatment":{"augmentation":{"crop_padding":0,"flip":false,"probabilities":[0.5,1.0],"sigma":0.25,)"
                R"("swap":false},"class_weights":[1.0,1.0],"epoch_rows":[30,10],"focal_gamma":0.0,)"
                R"("logit_offsets":[-0.5,-1.25],"margin":{"margins":[0.5,0.25],"scale":30.0},)"
                R"("rule":{"name":"cdb","strength":1.5},"smote_features":true,"smote_neighbours":5,)"
                R"("start_epoch":3,"weights_from":0.75})"));
  const StatusOr<RunSpec> read = parse_run_spec(text);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->treatment, spec.treatment);
}

TEST(RunSpec, WhatControlsAskForIsInItsTextOnlyThen) {
  RunSpec spec = example_run_spec();
  EXPECT_EQ(spec.chance(), spec.seed);
  const std::string plain = to_json(spec).dump();
  EXPECT_THAT(plain, testing::Not(testing::AnyOf(HasSubstr("replicate"), HasSubstr("training_seed"))));
  spec.replicate = 1;
  spec.training_seed = 9;
  const StatusOr<RunSpec> read = parse_run_spec(to_json(spec).dump());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->replicate, 1u);
  EXPECT_EQ(read->chance(), 9u);
  EXPECT_NE(run_key(spec), run_key_of_text(plain));
}

TEST(RunSpec, WhatATableAsksForIsInItsText) {
  RunSpec spec = example_run_spec();
  spec.dataset.columns = {.label = "digit",
                          .features = {"x", "job"},
                          .categorical = {"job"},
                          .encoding = "embedding",
                          .missing = {.values = {"", "?"}, .numeric = "median", .categorical = "own_level"},
                          .names = {"x", "job", "digit"}};
  spec.dataset.split.balanced = true;
  const std::string text = to_json(spec).dump();
  EXPECT_THAT(text, HasSubstr(R"("columns":{"categorical":["job"],"encoding":"embedding","features":["x","job"],)"
                              R"("label":"digit","missing":{"categorical":"own_level","numeric":"median",)"
                              R"("values":["","?"]},"names":["x","job","digit"]})"));
  EXPECT_THAT(text, HasSubstr(R"("split":{"balanced":true,"seed":null)"));
  const StatusOr<RunSpec> read = parse_run_spec(text);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->dataset.columns, spec.dataset.columns);
  EXPECT_TRUE(read->dataset.split.balanced);
}

TEST(RunSpec, NumbersReadBackExactly) {
  EXPECT_TRUE(rc::check([](uint64_t seed, std::vector<double> drawn) {
    RunSpec spec = example_run_spec();
    spec.seed = seed;
    spec.dataset.split.seed = seed;
    for (double& weight : drawn) weight = std::abs(std::remainder(weight, 1e6));
    spec.treatment.class_weights = drawn;
    const StatusOr<RunSpec> read = parse_run_spec(to_json(spec).dump());
    RC_ASSERT(read.ok());
    RC_ASSERT(read->seed == seed);
    RC_ASSERT(read->treatment == spec.treatment);
    RC_ASSERT(run_key(*read) == run_key(spec));
  }));
}

struct BadSpec {
  const char* place;
  Json value;
  const char* message;
};

class BadRunSpec : public ::testing::TestWithParam<BadSpec> {};

TEST_P(BadRunSpec, IsRefusedWithItsPlace) {
  const std::string text = changed(to_json(example_run_spec()), GetParam().place, GetParam().value);
  const Status status = parse_run_spec(text).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << text;
  EXPECT_THAT(status.message(), HasSubstr(GetParam().message));
  EXPECT_EQ(status.message().find('\n'), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    Each, BadRunSpec,
    ::testing::Values(
        BadSpec{"/extra", 1, "run spec: has the unknown key \"extra\""},
        BadSpec{"/a\nb", 1, "run spec: has the unknown key \"a\\x0ab\""},
        BadSpec{"/dataset/split/extra", 1, "run spec.dataset.split: has the unknown key"},
        BadSpec{"/dataset/columns/extra", 1, "run spec.dataset.columns: has the unknown key"},
        BadSpec{"/training/optimizer/extra", 1, "run spec.training.optimizer: has the unknown key"},
        BadSpec{"/dataset/format", "png\n", "run spec.dataset.format: is not a known word: \"png\\x0a\""},
        BadSpec{"/dataset/train_files", Json::array(), "run spec.dataset.train_files: must not be empty"},
        BadSpec{"/dataset/train_files/0", "../../etc/passwd", "run spec.dataset.train_files: must be a SHA-256 sum"},
        BadSpec{"/dataset/train_files/0", std::string(64, 'A'), "run spec.dataset.train_files: must be a SHA-256 sum"},
        BadSpec{"/dataset/split/validation_fraction", 0.75, "run spec.dataset.split: leaves nothing to train on"},
        BadSpec{"/dataset/split/test_fraction", -0.1, "run spec.dataset.split.test_fraction: is out of range"},
        BadSpec{"/dataset/split/seed", -1, "run spec.dataset.split.seed: must be a whole number of at least 0"},
        BadSpec{"/model", 3, "run spec.model: must be an object"},
        BadSpec{"/model/hidden/0", 0, "run spec.model.hidden: must be a list of whole numbers of at least 1"},
        BadSpec{"/model/hidden/0", 1e3, "run spec.model.hidden: must be a list of whole numbers"},
        BadSpec{"/model/hidden/0", 18446744073709551615ULL, "run spec.model.hidden: must be a list of whole numbers"},
        BadSpec{"/training/epochs", 0, "run spec.training.epochs: must be between 1 and 1000000"},
        BadSpec{"/training/epochs", 2.5, "run spec.training.epochs: must be a whole number"},
        BadSpec{"/training/epochs", 18446744073709551615ULL, "run spec.training.epochs: must be a whole number"},
        BadSpec{"/training/optimizer/lr", "0.1", "run spec.training.optimizer.lr: must be a number"},
        BadSpec{"/training/optimizer/nesterov", 1, "run spec.training.optimizer.nesterov: must be true or false"},
        BadSpec{"/training/schedule/name", "warm", "run spec.training.schedule.name: is not a known word"},
        BadSpec{"/training/precision", "fp16", "run spec.training.precision: is not a known word"},
        BadSpec{"/training/threads", 0, "run spec.training.threads: must be between"},
        BadSpec{"/seed", -1, "run spec.seed: must be a whole number of at least 0"},
        BadSpec{"/treatment/class_weights/1", -1, "run spec.treatment.class_weights: is out of range"},
        BadSpec{"/treatment/class_weights/1", nullptr, "run spec.treatment.class_weights: must be a number"},
        BadSpec{"/treatment/logit_offsets", Json::array(), "treatment.logit_offsets: must have as many numbers as"},
        BadSpec{"/treatment/logit_offsets", {1, nullptr}, "treatment.logit_offsets: must be a number"},
        BadSpec{"/treatment/epoch_rows", {1, 2, 3}, "treatment.epoch_rows: must have as many numbers as class_weights"},
        BadSpec{"/treatment/epoch_rows", {1, -1}, "treatment.epoch_rows: must be a list of whole numbers"},
        BadSpec{"/treatment/margin", {{"margins", {1}}, {"scale", 1}}, "treatment.margin.margins: must have as many"},
        BadSpec{"/treatment/margin", {{"margins", {1, 1}}}, "treatment.margin.scale: is missing"},
        BadSpec{"/treatment/weights_from", 1.5, "treatment.weights_from: is out of range"},
        BadSpec{"/treatment/rule", {{"name", "x"}, {"strength", 0}}, "treatment.rule.name: is not a known word"},
        BadSpec{"/trainer", nullptr, "run spec.trainer: must be text"}));

TEST(RunSpec, EveryMissingKeyIsNamed) {
  const Json document = to_json(example_run_spec());
  const Json flat = document.flatten();
  size_t tried = 0;
  for (const auto& [pointer, value] : flat.items()) {
    const Json::json_pointer place(pointer);
    const Json::json_pointer parent = place.parent_pointer();
    if (!document[parent].is_object()) continue;
    const Status status = parse_run_spec(without(document, parent.to_string(), place.back())).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << pointer;
    EXPECT_THAT(status.message(), HasSubstr("." + place.back() + ": is missing"));
    ++tried;
  }
  EXPECT_GT(tried, 25U);
}

TEST(RunSpec, WhatIsNoJsonIsRefused) {
  const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
  for (const std::string& text :
       {std::string(), std::string("{"), std::string("[]"), std::string("null"), std::string("{\"a\":\xff}"),
        std::string("{\"a\":\"\xff\"}"), std::string(kCanonical) + "x", deep, std::string("{\"seed\":1e999}")})
    EXPECT_TRUE(absl::IsInvalidArgument(parse_run_spec(text).status())) << text.substr(0, 100);
}

TEST(RunSpec, AKeyThatIsThereTwiceIsRefused) {
  std::string text = kCanonical;
  text.insert(text.find("\"hidden\""), "\"dropout\":0.5,");
  const Status status = parse_run_spec(text).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_EQ(status.message(), "run spec: has the key \"dropout\" twice");
}

TEST(RunSpec, AnyBytesAreReadOrRefused) {
  EXPECT_TRUE(rc::check([](const std::string& bytes) { RC_ASSERT(!parse_run_spec(bytes).ok()); }));
  EXPECT_TRUE(rc::check([](size_t at, char byte) {
    std::string text = kCanonical;
    text[at % text.size()] = byte;
    const StatusOr<RunSpec> spec = parse_run_spec(text);
    if (spec.ok()) RC_ASSERT(parse_run_spec(to_json(*spec).dump()).ok());
  }));
}

}  // namespace
}  // namespace evensweep
