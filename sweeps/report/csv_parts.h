#pragma once
// Cells of the CSV documents: numbers unrounded and in plain units, empty where there is none. Internal to
// sweeps/report.

#include <set>
#include <string>

#include "sweeps/report/view.h"

namespace evensweep {

std::string number_cell(View value);
// A setting of an arm by name, a number or a word; empty where it has none of that name.
std::string setting_cell(View arm, const std::string& name);
// The names of all settings of all arms.
std::set<std::string> settings_of(View results);

}  // namespace evensweep
