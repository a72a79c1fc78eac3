#pragma once
// Pieces of documents that run specs and sweeps share. Internal to common/model.

#include <string>

#include "common/base/status.h"
#include "common/model/json.h"
#include "common/model/json_fields.h"

namespace evensweep {

const char* dataset_format_name(DatasetFormat format);
DatasetFormat dataset_format_of(Fields& fields);
Json text_json(const TextSpec& text);
TextSpec text_of(const Json& json, const std::string& place, Status& status);
Json split_json(const SplitSpec& split);
SplitSpec split_of(const Json& json, const std::string& place, Status& status);
Json columns_json(const CsvColumns& columns);
CsvColumns columns_of(const Json& json, const std::string& place, Status& status);
Json model_json(const ModelSpec& model);
ModelSpec model_of(const Json& json, const std::string& place, Status& status);
Json training_json(const TrainingSpec& training);
TrainingSpec training_of(const Json& json, const std::string& place, Status& status);
Treatment treatment_of(const Json& json, const std::string& place, Status& status);

}  // namespace evensweep
