#pragma once
// The text of a first sweep file, for people to read and change.

#include <string>
#include <vector>

#include "common/model/spec.h"

namespace evensweep {

struct Starter {
  std::string name;                  // of the sweep
  DatasetSpec dataset;               // files by the paths that are to be written
  ClassTable classes;                // as the data set divides
  std::vector<std::string> remarks;  // on columns that are left out, one a line
};

// A commented sweep with a baseline and six arms, small enough for a first look. Of a table of few rows the model is
// small and the batches are too.
std::string starter_text(const Starter& starter);

// The text as YAML: plain where that is read as the same text, else in double quotes.
std::string yaml_text(const std::string& text);

}  // namespace evensweep
