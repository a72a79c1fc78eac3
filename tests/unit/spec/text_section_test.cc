// Data sets of texts.
#include "tests/unit/spec/bad_sweep.h"

namespace evensweep {
namespace {

constexpr char kGoodTexts[] = R"(version: 1
name: example
dataset:
  format: text
  path: a.csv
  columns: {text: name, label: nation}
  text: {max_length: 40}
model: conv_lstm
training:
  epochs: 5
seeds: 3
methods:
  - method: tpr_weighting
    gamma: [1, 2]
)";

Sweep parsed(const std::string& text) {
  const DraftOrErrors result = parse_sweep_file(text, "a.yaml");
  EXPECT_THAT(result.errors, ::testing::IsEmpty());
  return result.draft ? result.draft->sweep : Sweep();
}

TEST(TextSection, DefaultsAreThoseOfTheManual) {
  const Sweep sweep = parsed(kGoodTexts);
  EXPECT_EQ(sweep.dataset.format, DatasetFormat::kText);
  EXPECT_THAT(sweep.dataset.columns.features, ::testing::ElementsAre("name"));
  EXPECT_EQ(sweep.dataset.text.preprocessing, "fold");
  EXPECT_EQ(sweep.dataset.text.alphabet, "abcdefghijklmnopqrstuvwxyz -");
  EXPECT_EQ(sweep.dataset.text.max_length, 40);
  EXPECT_FALSE(sweep.dataset.text.cut);
  EXPECT_EQ(sweep.model.embedding, 200);
  EXPECT_EQ(sweep.model.channels, 64);
  EXPECT_EQ(sweep.model.width, 200);
  EXPECT_EQ(sweep.model.layers, 2);
  EXPECT_EQ(sweep.model.dropout, 0.5);
  EXPECT_EQ(sweep.model.padding, "packed");
  EXPECT_EQ(sweep.training.augmentation.swap, 0);
  EXPECT_THAT(parsed(with(kGoodTexts, "  columns: {text: name, label: nation}\n", "")).dataset.columns.features,
              ::testing::ElementsAre("text"));
}

TEST(TextSection, TakesWhatIsWritten) {
  std::string text = with(kGoodTexts, "{max_length: 40}", "{alphabet: \"abc'ß\", longer: cut}");
  text = with(text, "text: name", "text: [first, last]");
  text = with(text, "epochs: 5", "epochs: 5\n  augmentation: {swap: 0.3}");
  text = with(text, "conv_lstm", "{name: conv_lstm, hidden: 50, layers: 1, padding: read, dropout: 0}");
  const Sweep sweep = parsed(text);
  EXPECT_EQ(sweep.dataset.text.alphabet, "abc'ß");
  EXPECT_TRUE(sweep.dataset.text.cut);
  EXPECT_THAT(sweep.dataset.columns.features, ::testing::ElementsAre("first", "last"));
  EXPECT_EQ(sweep.training.augmentation.swap, 0.3);
  EXPECT_EQ(sweep.model.width, 50);
  EXPECT_EQ(sweep.model.layers, 1);
  EXPECT_EQ(sweep.model.padding, "read");
}

const BadSweep kCases[] = {
    {"Alphabet",
     with(kGoodTexts, "max_length: 40", "alphabet: abA"),
     {"s.yaml:7:20: dataset.text.alphabet: \"A\" in the alphabet: texts are read in lower case; write it small"}},
    {"AlphabetOfPeifer",
     with(kGoodTexts, "max_length: 40", "preprocessing: peifer, alphabet: ab"),
     {"s.yaml:7:33: dataset.text.alphabet: has no effect with peifer, whose alphabet is a-z, space and hyphen; remove "
      "it"}},
    {"LabelAsText",
     with(kGoodTexts, "text: name", "text: nation"),
     {"s.yaml:6:19: dataset.columns.text: \"nation\" is the label column; the text must be in another one"}},
    {"Features",
     with(kGoodTexts, "text: name", "features: name"),
     {"s.yaml:6:13: unknown key \"dataset.columns.features\"; the keys here are label and text"}},
    {"FlippedNames",
     with(kGoodTexts, "epochs: 5", "epochs: 5\n  augmentation: {flip: true}"),
     {"s.yaml:11:18: training.augmentation.flip: has no effect with the format text, it is for images; remove it"}},
    {"SwappedImages",
     with(kGoodImages, "epochs: 5", "epochs: 5\n  augmentation: {swap: 0.5}"),
     {"s.yaml:10:18: training.augmentation.swap: has no effect with images, it is for texts; remove it"}},
    {"TextOfATable",
     with(kGoodSweep, "path: a.csv", "path: a.csv\n  text: {longer: cut}"),
     {"s.yaml:6:3: dataset.text: has no effect with the format csv; remove it"}},
    {"MlpOfTexts",
     with(kGoodTexts, "conv_lstm", "mlp"),
     {"s.yaml:8:8: model: mlp needs a table, but the data set has texts; use conv_lstm"}},
    {"ConvLstmOfImages",
     with(kGoodImages, "resnet20", "conv_lstm"),
     {"s.yaml:7:8: model: conv_lstm needs texts, but the data set has images; use mlp, resnet20, resnet18, resnet9, "
      "peifer_cnn"}},
    {"Padding",
     with(kGoodTexts, "conv_lstm", "{name: conv_lstm, padding: packd}"),
     {"s.yaml:8:35: model.padding: \"packd\" is not packed or read; did you mean packed?"}},
};

EVENSWEEP_TEST_BAD_SWEEPS(BadTexts, kCases);

}  // namespace
}  // namespace evensweep
