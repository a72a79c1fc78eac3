#pragma once
// What is to be trained: plain data, fully resolved, the same in the coordinator, the store, the agent and the trainer.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/model/ids.h"

namespace evensweep {

enum class DatasetFormat { kCsv, kCifar10, kText };

// A data file, known by its content. The path is where this machine finds it and is no part of a run's identity.
struct DataFile {
  std::string path;
  std::string sha256;
};

// Cells that say that a value is not known. Anything else that is no number or name is an error.
struct MissingSpec {
  std::vector<std::string> values;    // what such cells hold; empty: there are none
  std::string numeric = "error";      // error | mean | median: filled in from the training rows of the column
  std::string categorical = "error";  // error | own_level: a name like any other
  friend bool operator==(const MissingSpec&, const MissingSpec&) = default;
};

// From categorical on, what asks for nothing is not in the canonical JSON, see Treatment.
struct CsvColumns {
  std::string label;                          // name of the label column
  std::vector<std::string> features;          // in order; empty: all but the label. text: what is joined by spaces
  std::vector<std::string> categorical = {};  // those of the features that hold names
  std::string encoding = "one_hot";           // one_hot | embedding: of the categorical ones
  MissingSpec missing = {};
  std::vector<std::string> names = {};  // of all columns of a file without a header line; empty: it has one
  friend bool operator==(const CsvColumns&, const CsvColumns&) = default;
};

inline constexpr char kFoldedText[] = "fold";  // what is not in the alphabet becomes what looks like it, or is dropped
inline constexpr char kPeiferText[] = "peifer";  // as in Peifer's experiment: a text with such a character is left out
inline constexpr char kNameAlphabet[] = "abcdefghijklmnopqrstuvwxyz -";  // Peifer's

inline constexpr int64_t kMostTextLength = 65536;

// What is made of a text before a model sees it: common/dataset/text.h says how.
struct TextSpec {
  std::string preprocessing = kFoldedText;
  std::string alphabet = kNameAlphabet;  // its characters get the indices 1, 2, ...; 0 is padding
  int64_t max_length = 128;              // characters after preprocessing
  bool cut = false;                      // what is longer is cut off; else it is an error
};

// How rows become training, validation and test rows. The rows of `train_files` are divided, stratified by class:
// `validation_fraction` and `test_fraction` of each class go to validation and test, the rest to training. A fraction
// is 0 where files of their own supply that split. With `balanced`, as many rows of each class are divided as the
// smallest class has, drawn by the seed; the others are not used.
struct SplitSpec {
  double validation_fraction = 0;
  double test_fraction = 0;
  std::optional<uint64_t> seed;  // absent: the seed of the block, so that every block has a split of its own
  bool balanced = false;
};

struct DatasetSpec {
  std::string name;
  DatasetFormat format = DatasetFormat::kCsv;
  std::vector<DataFile> train_files;
  std::vector<DataFile> validation_files;
  std::vector<DataFile> test_files;
  CsvColumns columns;  // csv and text
  TextSpec text;       // text; not in the canonical JSON of other formats
  SplitSpec split;
};

// Which models there are and which of the members each of them uses: common/model/model_description.h. What a model
// does not use is 0 or empty.
struct ModelSpec {
  std::string name;
  std::vector<int64_t> hidden;  // widths of the hidden layers
  double dropout = 0;
  // From here on, what is 0 is not in the canonical JSON: older versions did not know it.
  int64_t width = 0;   // features of a block or a hidden state; resnet9: channels of the first convolution
  int64_t blocks = 0;  // residual blocks
  int64_t embedding = 0, channels = 0, layers = 0;  // conv_lstm
  std::string padding = {};                         // conv_lstm: one of the words below
  std::optional<DataFile> file = {};                // torchscript: the module
};
inline constexpr char kPackedTexts[] = "packed";       // the last step read is each text's own
inline constexpr char kReadPadding[] = "read";         // it is that after the padding to the longest text of the batch
inline constexpr char kTorchscript[] = "torchscript";  // the model that a file holds

// Whether the columns of names are to be looked up in learned vectors.
inline bool asks_for_embeddings(const CsvColumns& columns) {
  return !columns.categorical.empty() && columns.encoding == "embedding";
}

struct OptimizerSpec {
  std::string name = "sgd";  // sgd | adam
  double lr = 0.1;
  double momentum = 0.9;  // sgd
  bool nesterov = false;  // sgd
  double weight_decay = 0;
};

struct ScheduleSpec {
  std::string name = "constant";  // constant | cosine | one_cycle | step | exponential
  int64_t every = 0;              // step: epochs between decays; exponential: optimizer steps between decays
  double factor = 1;              // step, exponential: lr is multiplied by it each time
  double warmup_fraction = 0;     // one_cycle: share of all steps in which the lr rises
  double min_factor = 0;          // cosine, one_cycle: final lr / lr
};

struct AugmentationSpec {
  bool flip = false;         // images: mirror left to right with probability 1/2
  int64_t crop_padding = 0;  // images: pad by this many zero pixels, cut back at a random place; 0: no crop
  // From here on, what asks for nothing is not in the canonical JSON.
  double swap = 0;  // texts: with this probability one part of a name is that of another name of the class
};

struct TrainingSpec {
  int64_t epochs = 1;
  int64_t batch_size = 128;
  OptimizerSpec optimizer;
  ScheduleSpec schedule;
  AugmentationSpec augmentation;
  std::string precision = "fp32";  // fp32 | bf16 (autocast)
  bool channels_last = false;
  int64_t threads = 1;  // part of a run's identity: sums are taken in another order with other thread counts
};
// TrainingSpec::threads of a sweep that leaves them to the machine. It must be decided before the sweep is submitted.
inline constexpr int64_t kAutoThreads = 0;

// Large margins for small classes (Cao et al. 2019): logits are cosines between the features of the last layer and each
// class's weights; training sees scale (z - m[y] at the true class y) in their place.
struct MarginSpec {
  std::vector<double> margins;  // one for each class
  double scale = 1;
  friend bool operator==(const MarginSpec&, const MarginSpec&) = default;
};

// A rule by which the trainer itself sets the weights as it goes; class_weights are not used then.
struct WeightRule {
  std::string name;     // one of the names below
  double strength = 0;  // cdb: tau; group_dro: eta; others: 0
  friend bool operator==(const WeightRule&, const WeightRule&) = default;
};
inline constexpr char kCdbRule[] = "cdb";                 // from the validation accuracies of the last epoch
inline constexpr char kDynamicCdbRule[] = "cdb_dynamic";  // the same, with a tau made from them
inline constexpr char kRecallLossRule[] = "recall_loss";  // from the recalls of the batch
inline constexpr char kGroupDroRule[] = "group_dro";      // the loss is a sum over classes with moving shares

// Changed views of examples, the more likely the worse their class is recognised. What is asked for here is drawn anew
// for the chosen examples, in place of what the recipe drew for all.
struct ClassAugmentation {
  std::vector<double> probabilities;  // of being chosen, one for each class
  bool flip = false;                  // images: mirrored with probability 1/2
  int64_t crop_padding = 0;           // images: cut out of the padded image at a random place
  double sigma = 0;                   // images and tables: white noise added to what the model gets
  bool swap = false;                  // texts: one part of a name is that of another name of the class
  friend bool operator==(const ClassAugmentation&, const ClassAugmentation&) = default;
};

// What a method decided, as plain data. The trainer applies it and knows no methods.
// loss = 1/N sum_i w[y_i] (1 - p_i)^focal_gamma (-log p_i), p_i the softmax probability of the true class y_i.
// From logit_offsets on, what asks for nothing is not in the canonical JSON, so that the keys of treatments without it
// are those of versions that did not know it.
struct Treatment {
  std::vector<double> class_weights;       // one for each class, sum = number of classes
  double focal_gamma = 0;                  // 0: cross entropy
  std::vector<double> logit_offsets = {};  // added to the logits of each class in training, not in evaluation
  std::vector<int64_t> epoch_rows = {};    // rows of each class in an epoch, sum = number of training rows
  int64_t smote_neighbours = 0;            // rows that a class lacks are made by SMOTE; 0: they are repeated
  std::optional<MarginSpec> margin = {};
  double weights_from = 0;  // share of the epochs, rounded up, after which class_weights count; 1 before
  std::optional<WeightRule> rule = {};
  std::optional<ClassAugmentation> augmentation = {};
  bool smote_features = false;  // SMOTE between inputs of the last layer, not of the model; needs a start_epoch
  int64_t start_epoch = 0;      // so many epochs at first are the baseline's, whatever else is asked for
  friend bool operator==(const Treatment&, const Treatment&) = default;
};

// One training. Its key is the SHA-256 of to_json(RunSpec).dump(), see common/model/json.h.
struct RunSpec {
  DatasetSpec dataset;
  ModelSpec model;
  TrainingSpec training;
  uint64_t seed = 0;
  Treatment treatment;
  std::string trainer;  // kTrainerNumerics of the trainer that is to train it
  // What asks for nothing is not in the canonical JSON, as in a treatment.
  uint64_t replicate = 0;                      // above 0: the same training again, for its own sake
  std::optional<uint64_t> training_seed = {};  // of all chance but the division of the rows; absent: seed
  uint64_t chance() const { return training_seed.value_or(seed); }
};

// Raised whenever the built-in trainer's numbers change for the same spec.
inline constexpr char kTrainerNumerics[] = "evensweep-3";

// A method with its hyperparameters, e.g. tpr_weighting(gamma=2).
struct Arm {
  std::string method;
  std::map<std::string, double> parameters;    // gamma, beta, ...
  std::map<std::string, std::string> options;  // counts = train | tpr, ...
  friend auto operator<=>(const Arm&, const Arm&) = default;
};
inline constexpr char kBaseline[] = "baseline";
// Methods that nobody would use, trained to tell what others owe to chance, to any weights or to more training.
inline constexpr char kPlacebo[] = "placebo";     // weights dealt out by chance
inline constexpr char kTwin[] = "twin";           // the baseline again
inline constexpr char kReseed[] = "reseed";       // the baseline from other chance
inline constexpr char kSameCost[] = "same_cost";  // the baseline with the epochs of all trainings of a method
// Whether the arm is one of these, or a combination with one. It is no candidate: tests do not count it in the family.
bool is_control(const Arm& arm);
// Between the methods of a combination: "tpr_weighting+focal", whose parameters are "tpr_weighting.gamma", ...
inline constexpr char kCombination = '+';
// "tpr_weighting(gamma=2)", "effective_number(beta=0.999, counts=tpr)", "baseline": unique within a sweep.
std::string arm_name(const Arm& arm);

inline constexpr char kMaxT[] = "max_t";  // a correction; with it go simultaneous intervals

// Which arms get the sweep's seeds is decided on other seeds, by validation data alone (docs/statistics.md, section
// 13).
struct SelectionSpec {
  std::vector<uint64_t> seeds;  // none of the sweep's
  int64_t keep = 5;             // arms that go on, the controls not counted
  bool racing = false;          // arms that fall behind are dropped on the way
};

inline constexpr char kGroupSequential[] = "group_sequential";
inline constexpr char kEProcess[] = "e_process";

// When an arm gets no more seeds (docs/statistics.md, section 13).
struct StoppingSpec {
  std::string rule = kGroupSequential;      // or kEProcess
  std::vector<int64_t> looks;               // seeds at each look, increasing, the last one all of them
  std::string spending = "obrien_fleming";  // group_sequential: or pocock, hsd
  double futility = 0.1;                    // stop where the conditional power is below this; 0: never
  std::optional<double> scale = {};         // e_process: of D_u, in squared TPRs; absent: from the selection seeds
};

// From selection on, what asks for nothing is not in the canonical JSON, so that the ids of sweeps without it stay.
struct AnalysisSpec {
  double alpha = 0.05;
  std::string correction = kMaxT;      // max_t | holm | none; with stopping no max_t
  double accuracy_margin = 0.005;      // accuracy may fall by less than this
  std::optional<std::string> primary;  // arm_name of the comparison chosen in advance
  std::optional<SelectionSpec> selection = {};
  std::optional<StoppingSpec> stopping = {};
};

struct ResourcesSpec {
  std::string device = "auto";                     // auto | cpu | cuda
  std::optional<int64_t> slots;                    // runs at a time on one agent; absent: the agent decides
  std::optional<int64_t> memory_mib = {};          // of a run on its device; absent: as measured
  std::map<std::string, std::string> labels = {};  // an agent must carry all of them
  int64_t priority = 0;                            // runs of higher ones go first, -1000 to 1000
};

// Classes and how many examples of each every split holds. The split is stratified, so the counts are the same for
// every seed.
struct ClassTable {
  std::vector<std::string> names;
  std::vector<int64_t> train, validation, test;  // of a table of results: test alone, empty where seeds differ in it
};

// Something counted while the data were read that a reader of the results should know: {"texts cut", 3}.
struct DataFact {
  std::string name;
  int64_t count = 0;
  friend bool operator==(const DataFact&, const DataFact&) = default;
};

// Whether `name` can be the name of a trainer other than the built-in one: 1 to 64 letters, digits, - _ . , the first a
// letter or digit, not beginning with "evensweep".
bool is_trainer_name(std::string_view name);

// What names and values of labels are made of: at most 63 letters, digits, '-', '_', '.'.
bool is_label(std::string_view word);
inline constexpr int64_t kMostMemoryMib = int64_t{1} << 24;
inline constexpr int64_t kMostPriority = 1000;

// A sweep with everything resolved: seeds listed, arms expanded, data files hashed, classes counted.
struct Sweep {
  std::string name;
  DatasetSpec dataset;
  std::vector<DataFact> data_facts;  // no part of its identity: they follow from the data
  ClassTable classes;
  ModelSpec model;
  TrainingSpec training;
  std::vector<uint64_t> seeds;
  std::vector<Arm> arms;  // in the order of the file, without the baseline, each once
  AnalysisSpec analysis;
  ResourcesSpec resources;
  std::string trainer =
      kTrainerNumerics;  // who trains it: the built-in trainer, or one that agents are configured with
};

}  // namespace evensweep
