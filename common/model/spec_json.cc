#include "common/model/spec_json.h"
#include "common/base/hash.h"
#include "common/model/json.h"
#include "common/model/json_fields.h"

namespace evensweep {
namespace {

Json hashes(const std::vector<DataFile>& files) {
  Json list = Json::array();
  for (const DataFile& file : files) list.push_back(file.sha256);
  return list;
}

std::vector<DataFile> files_of_hashes(Fields& fields, const char* name) {
  std::vector<DataFile> files;
  for (std::string& sum : fields.sha256s(name)) files.push_back({.path = "", .sha256 = std::move(sum)});
  return files;
}

// One number for each class where the field is there at all.
template <typename T>
void check_class_list(const Fields& fields, const char* name, const std::vector<T>& list, size_t classes,
                      Status& status) {
  if (!status.ok() || !fields.has(name) || list.size() == classes) return;
  status = absl::InvalidArgumentError(fields.place(name) + ": must have as many numbers as class_weights");
}

MarginSpec margin_of(const Json& json, const std::string& place, size_t classes, Status& status) {
  Fields fields(json, place, status);
  MarginSpec margin{.margins = fields.numbers("margins", 0, 1e6), .scale = fields.number("scale", 0, 1e6)};
  check_class_list(fields, "margins", margin.margins, classes, status);
  fields.end();
  return margin;
}

WeightRule rule_of(const Json& json, const std::string& place, Status& status) {
  Fields fields(json, place, status);
  WeightRule rule{.name = fields.one_of("name", {kCdbRule, kDynamicCdbRule, kRecallLossRule, kGroupDroRule}),
                  .strength = fields.number("strength", 0, 1e6)};
  fields.end();
  return rule;
}

Json augmentation_json(const ClassAugmentation& augmentation) {
  return {{"probabilities", augmentation.probabilities},
          {"flip", augmentation.flip},
          {"crop_padding", augmentation.crop_padding},
          {"sigma", augmentation.sigma},
          {"swap", augmentation.swap}};
}

ClassAugmentation augmentation_of(const Json& json, const std::string& place, size_t classes, Status& status) {
  Fields fields(json, place, status);
  ClassAugmentation augmentation{.probabilities = fields.numbers("probabilities", 0, 1),
                                 .flip = fields.boolean("flip"),
                                 .crop_padding = fields.integer("crop_padding", 0, 64),
                                 .sigma = fields.number("sigma", 0, 1e3),
                                 .swap = fields.boolean("swap")};
  check_class_list(fields, "probabilities", augmentation.probabilities, classes, status);
  fields.end();
  return augmentation;
}

}  // namespace

const char* dataset_format_name(DatasetFormat format) {
  if (format == DatasetFormat::kText) return "text";
  return format == DatasetFormat::kCsv ? "csv" : "cifar10";
}

DatasetFormat dataset_format_of(Fields& fields) {
  const std::string name = fields.one_of("format", {"csv", "cifar10", "text"});
  if (name == "text") return DatasetFormat::kText;
  return name == "cifar10" ? DatasetFormat::kCifar10 : DatasetFormat::kCsv;
}

Json text_json(const TextSpec& text) {
  return {{"preprocessing", text.preprocessing},
          {"alphabet", text.alphabet},
          {"max_length", text.max_length},
          {"cut", text.cut}};
}

TextSpec text_of(const Json& json, const std::string& place, Status& status) {
  Fields fields(json, place, status);
  TextSpec text{.preprocessing = fields.one_of("preprocessing", {kFoldedText, kPeiferText}),
                .alphabet = fields.text("alphabet"),
                .max_length = fields.integer("max_length", 1, kMostTextLength),
                .cut = fields.boolean("cut")};
  fields.end();
  return text;
}

Json split_json(const SplitSpec& split) {
  Json json = {{"validation_fraction", split.validation_fraction},
               {"test_fraction", split.test_fraction},
               {"seed", split.seed ? Json(*split.seed) : Json()}};
  if (split.balanced) json["balanced"] = true;
  return json;
}

SplitSpec split_of(const Json& json, const std::string& place, Status& status) {
  Fields fields(json, place, status);
  SplitSpec split;
  split.validation_fraction = fields.number("validation_fraction", 0, 1);
  split.test_fraction = fields.number("test_fraction", 0, 1);
  if (!fields.is_null("seed")) split.seed = fields.unsigned_integer("seed");
  if (fields.has("balanced")) split.balanced = fields.boolean("balanced");
  fields.end();
  if (split.validation_fraction + split.test_fraction >= 1) fields.fail("", "leaves nothing to train on");
  return split;
}

Json columns_json(const CsvColumns& columns) {
  Json json = {{"label", columns.label}, {"features", columns.features}};
  if (!columns.categorical.empty()) {
    json["categorical"] = columns.categorical;
    json["encoding"] = columns.encoding;
  }
  if (!columns.missing.values.empty())
    json["missing"] = {{"values", columns.missing.values},
                       {"numeric", columns.missing.numeric},
                       {"categorical", columns.missing.categorical}};
  if (!columns.names.empty()) json["names"] = columns.names;
  return json;
}

CsvColumns columns_of(const Json& json, const std::string& place, Status& status) {
  Fields fields(json, place, status);
  CsvColumns columns{.label = fields.text("label"), .features = fields.texts("features")};
  if (fields.has("categorical")) {
    columns.categorical = fields.texts("categorical");
    columns.encoding = fields.one_of("encoding", {"one_hot", "embedding"});
  }
  if (fields.has("missing")) {
    Fields missing(fields.object("missing"), fields.place("missing"), status);
    columns.missing = {.values = missing.texts("values"),
                       .numeric = missing.one_of("numeric", {"error", "mean", "median"}),
                       .categorical = missing.one_of("categorical", {"error", "own_level"})};
    missing.end();
  }
  if (fields.has("names")) columns.names = fields.texts("names");
  fields.end();
  return columns;
}

Json model_json(const ModelSpec& model) {
  Json json = {{"name", model.name}, {"hidden", model.hidden}, {"dropout", model.dropout}};
  if (model.width != 0) json["width"] = model.width;
  if (model.blocks != 0) json["blocks"] = model.blocks;
  if (model.file) json["file"] = model.file->sha256;
  if (model.embedding != 0) json["embedding"] = model.embedding;
  if (model.channels != 0) json["channels"] = model.channels;
  if (model.layers != 0) json["layers"] = model.layers;
  if (!model.padding.empty()) json["padding"] = model.padding;
  return json;
}

ModelSpec model_of(const Json& json, const std::string& place, Status& status) {
  Fields fields(json, place, status);
  ModelSpec model{
      .name = fields.text("name"), .hidden = fields.integers("hidden", 1), .dropout = fields.number("dropout", 0, 1)};
  if (fields.has("width")) model.width = fields.integer("width", 1, 1'000'000);
  if (fields.has("blocks")) model.blocks = fields.integer("blocks", 1, 1'000'000);
  if (fields.has("file")) model.file = DataFile{.path = "", .sha256 = fields.sha256("file")};
  if (fields.has("embedding")) model.embedding = fields.integer("embedding", 1, 1'000'000);
  if (fields.has("channels")) model.channels = fields.integer("channels", 1, 1'000'000);
  if (fields.has("layers")) model.layers = fields.integer("layers", 1, 1'000'000);
  if (fields.has("padding")) model.padding = fields.one_of("padding", {kPackedTexts, kReadPadding});
  fields.end();
  return model;
}

Json training_json(const TrainingSpec& training) {
  const OptimizerSpec& optimizer = training.optimizer;
  const ScheduleSpec& schedule = training.schedule;
  Json augmentation = {{"flip", training.augmentation.flip}, {"crop_padding", training.augmentation.crop_padding}};
  if (training.augmentation.swap != 0) augmentation["swap"] = training.augmentation.swap;
  return {{"epochs", training.epochs},
          {"batch_size", training.batch_size},
          {"optimizer",
           {{"name", optimizer.name},
            {"lr", optimizer.lr},
            {"momentum", optimizer.momentum},
            {"nesterov", optimizer.nesterov},
            {"weight_decay", optimizer.weight_decay}}},
          {"schedule",
           {{"name", schedule.name},
            {"every", schedule.every},
            {"factor", schedule.factor},
            {"warmup_fraction", schedule.warmup_fraction},
            {"min_factor", schedule.min_factor}}},
          {"augmentation", std::move(augmentation)},
          {"precision", training.precision},
          {"channels_last", training.channels_last},
          {"threads", training.threads}};
}

TrainingSpec training_of(const Json& json, const std::string& place, Status& status) {
  Fields fields(json, place, status);
  TrainingSpec training;
  training.epochs = fields.integer("epochs", 1, 1'000'000);
  training.batch_size = fields.integer("batch_size", 1, 1'000'000);
  Fields optimizer(fields.object("optimizer"), fields.place("optimizer"), status);
  training.optimizer = {.name = optimizer.one_of("name", {"sgd", "adam"}),
                        .lr = optimizer.number("lr", 0),
                        .momentum = optimizer.number("momentum", 0, 1),
                        .nesterov = optimizer.boolean("nesterov"),
                        .weight_decay = optimizer.number("weight_decay", 0)};
  optimizer.end();
  Fields schedule(fields.object("schedule"), fields.place("schedule"), status);
  training.schedule = {.name = schedule.one_of("name", {"constant", "cosine", "one_cycle", "step", "exponential"}),
                       .every = schedule.integer("every", 0),
                       .factor = schedule.number("factor", 0),
                       .warmup_fraction = schedule.number("warmup_fraction", 0, 1),
                       .min_factor = schedule.number("min_factor", 0, 1)};
  schedule.end();
  Fields augmentation(fields.object("augmentation"), fields.place("augmentation"), status);
  training.augmentation = {.flip = augmentation.boolean("flip"),
                           .crop_padding = augmentation.integer("crop_padding", 0, 64)};
  if (augmentation.has("swap")) training.augmentation.swap = augmentation.number("swap", 0, 1);
  augmentation.end();
  training.precision = fields.one_of("precision", {"fp32", "bf16"});
  training.channels_last = fields.boolean("channels_last");
  training.threads = fields.integer("threads", 1, 1024);
  fields.end();
  return training;
}

Json to_json(const Treatment& treatment) {
  Json json = {{"class_weights", treatment.class_weights}, {"focal_gamma", treatment.focal_gamma}};
  if (!treatment.logit_offsets.empty()) json["logit_offsets"] = treatment.logit_offsets;
  if (!treatment.epoch_rows.empty()) json["epoch_rows"] = treatment.epoch_rows;
  if (treatment.smote_neighbours != 0) json["smote_neighbours"] = treatment.smote_neighbours;
  if (treatment.margin) json["margin"] = {{"margins", treatment.margin->margins}, {"scale", treatment.margin->scale}};
  if (treatment.weights_from != 0) json["weights_from"] = treatment.weights_from;
  if (treatment.rule) json["rule"] = {{"name", treatment.rule->name}, {"strength", treatment.rule->strength}};
  if (treatment.augmentation) json["augmentation"] = augmentation_json(*treatment.augmentation);
  if (treatment.smote_features) json["smote_features"] = true;
  if (treatment.start_epoch != 0) json["start_epoch"] = treatment.start_epoch;
  return json;
}

Treatment treatment_of(const Json& json, const std::string& place, Status& status) {
  Fields fields(json, place, status);
  Treatment treatment{.class_weights = fields.numbers("class_weights", 0, 1e6),
                      .focal_gamma = fields.number("focal_gamma", 0, 1e3)};
  if (fields.has("logit_offsets")) treatment.logit_offsets = fields.numbers("logit_offsets", -1e6, 1e6);
  if (fields.has("epoch_rows")) treatment.epoch_rows = fields.integers("epoch_rows", 0);
  if (fields.has("smote_neighbours")) treatment.smote_neighbours = fields.integer("smote_neighbours", 0, 1'000'000);
  const size_t classes = treatment.class_weights.size();
  check_class_list(fields, "logit_offsets", treatment.logit_offsets, classes, status);
  check_class_list(fields, "epoch_rows", treatment.epoch_rows, classes, status);
  if (fields.has("margin"))
    treatment.margin = margin_of(fields.object("margin"), fields.place("margin"), classes, status);
  if (fields.has("weights_from")) treatment.weights_from = fields.number("weights_from", 0, 1);
  if (fields.has("rule")) treatment.rule = rule_of(fields.object("rule"), fields.place("rule"), status);
  if (fields.has("augmentation"))
    treatment.augmentation =
        augmentation_of(fields.object("augmentation"), fields.place("augmentation"), classes, status);
  if (fields.has("smote_features")) treatment.smote_features = fields.boolean("smote_features");
  if (fields.has("start_epoch")) treatment.start_epoch = fields.integer("start_epoch", 0, 1'000'000);
  fields.end();
  return treatment;
}

Json to_json(const RunSpec& spec) {
  Json dataset = {{"format", dataset_format_name(spec.dataset.format)},
                  {"train_files", hashes(spec.dataset.train_files)},
                  {"validation_files", hashes(spec.dataset.validation_files)},
                  {"test_files", hashes(spec.dataset.test_files)},
                  {"columns", columns_json(spec.dataset.columns)},
                  {"split", split_json(spec.dataset.split)}};
  if (spec.dataset.format == DatasetFormat::kText) dataset["text"] = text_json(spec.dataset.text);
  Json json = {{"dataset", std::move(dataset)},
               {"model", model_json(spec.model)},
               {"training", training_json(spec.training)},
               {"seed", spec.seed},
               {"treatment", to_json(spec.treatment)},
               {"trainer", spec.trainer}};
  if (spec.replicate != 0) json["replicate"] = spec.replicate;
  if (spec.training_seed) json["training_seed"] = *spec.training_seed;
  return json;
}

StatusOr<Treatment> parse_treatment(std::string_view text) {
  EV_ASSIGN_OR_RETURN(const Json json, parse_json(text, "treatment"));
  Status status;
  Treatment treatment = treatment_of(json, "treatment", status);
  if (!status.ok()) return status;
  return treatment;
}

StatusOr<RunSpec> parse_run_spec(std::string_view text) {
  EV_ASSIGN_OR_RETURN(const Json json, parse_json(text, "run spec"));
  Status status;
  Fields fields(json, "run spec", status);
  RunSpec spec;
  Fields dataset(fields.object("dataset"), "run spec.dataset", status);
  spec.dataset.format = dataset_format_of(dataset);
  spec.dataset.train_files = files_of_hashes(dataset, "train_files");
  spec.dataset.validation_files = files_of_hashes(dataset, "validation_files");
  spec.dataset.test_files = files_of_hashes(dataset, "test_files");
  spec.dataset.columns = columns_of(dataset.object("columns"), "run spec.dataset.columns", status);
  spec.dataset.split = split_of(dataset.object("split"), "run spec.dataset.split", status);
  if (spec.dataset.format == DatasetFormat::kText)
    spec.dataset.text = text_of(dataset.object("text"), "run spec.dataset.text", status);
  dataset.end();
  if (spec.dataset.train_files.empty()) dataset.fail("train_files", "must not be empty");
  spec.model = model_of(fields.object("model"), "run spec.model", status);
  spec.training = training_of(fields.object("training"), "run spec.training", status);
  spec.seed = fields.unsigned_integer("seed");
  spec.treatment = treatment_of(fields.object("treatment"), "run spec.treatment", status);
  spec.trainer = fields.text("trainer");
  if (fields.has("replicate")) spec.replicate = fields.unsigned_integer("replicate");
  if (fields.has("training_seed")) spec.training_seed = fields.unsigned_integer("training_seed");
  fields.end();
  if (!status.ok()) return status;
  return spec;
}

RunKey run_key_of_text(std::string_view canonical_text) { return RunKey(sha256_hex(canonical_text)); }
RunKey run_key(const RunSpec& spec) { return run_key_of_text(to_json(spec).dump()); }

}  // namespace evensweep
