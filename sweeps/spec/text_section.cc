#include <fmt/format.h>

#include <algorithm>

#include "common/base/text.h"
#include "common/dataset/text.h"
#include "sweeps/spec/sections.h"

namespace evensweep {
namespace {

void read_alphabet(Section& section, TextSpec& text) {
  if (text.preprocessing == kPeiferText)
    return section.refuse("alphabet", "has no effect with peifer, whose alphabet is a-z, space and hyphen; remove it");
  const auto value = section.find("alphabet");
  const auto alphabet = value ? value->text() : std::nullopt;
  if (!alphabet) return;
  const Status checked = check_alphabet(*alphabet);
  if (!checked.ok()) return value->fail(std::string(checked.message()));
  text.alphabet = *alphabet;
}

}  // namespace

void read_text_columns(Section& dataset, CsvColumns& columns) {
  columns = {.label = "label", .features = {"text"}};
  const auto value = dataset.find("columns");
  if (!value) return;
  Section section(*value);
  columns.label = section.text("label", "label");
  if (const auto text = section.find("text")) {
    columns.features.clear();
    for (const Value& item : text->one_or_list()) {
      const auto name = item.text();
      if (!name) continue;
      if (*name == columns.label)
        item.fail(fmt::format("{} is the label column; the text must be in another one", in_quotes(*name)));
      if (std::find(columns.features.begin(), columns.features.end(), *name) != columns.features.end())
        item.fail(fmt::format("{} is listed twice; remove one", in_quotes(*name)));
      columns.features.push_back(*name);
    }
  }
  section.end();
}

TextSpec read_text(Section& dataset) {
  TextSpec text;
  const auto value = dataset.find("text");
  if (!value) return text;
  Section section(*value);
  text.preprocessing = section.word("preprocessing", kFoldedText, {kFoldedText, kPeiferText});
  read_alphabet(section, text);
  text.max_length = section.integer("max_length", text.max_length, 1, kMostTextLength);
  text.cut = section.word("longer", "refuse", {"refuse", "cut"}) == "cut";
  section.end();
  return text;
}

}  // namespace evensweep
