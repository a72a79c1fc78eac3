#include "cli/completion.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "cli/command_page.h"
#include "cli/text_table.h"

namespace evensweep {
namespace {

// Keys of a sweep file that are most often replaced on the command line.
const std::vector<Candidate> kKeys = {
    {"seeds=", "how many, or a list"}, {"name=", "of the sweep"},
    {"training.epochs=", ""},          {"training.batch_size=", ""},
    {"training.lr=", "learning rate"}, {"training.threads=", "of a training, or auto"}};

// What was typed before the word that is to be completed.
struct Typed {
  const CLI::App* verb;
  std::map<std::string, std::string> values;  // of options, by their long name
  std::set<std::string> given;
  size_t arguments = 0;
  const PageOption* waiting = nullptr;  // the option whose value comes next
  bool only_arguments = false;          // behind "--"
};

void take_option(const CommandPage& page, const std::string& word, Typed& typed) {
  const size_t equals = word.starts_with("--") ? word.find('=') : std::string::npos;
  const PageOption* option = find_option(page, word.substr(0, equals));
  if (option == nullptr) return;
  typed.given.insert(option->long_name());
  if (equals != std::string::npos)
    typed.values[option->long_name()] = word.substr(equals + 1);
  else if (!option->value.empty())
    typed.waiting = option;
}

// The page that is pointed into has to live as long as what is returned.
Typed read_words(const CLI::App& app, const std::vector<std::string>& words, CommandPage& page) {
  Typed typed{.verb = &app};
  page = page_of(app);
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    const std::string& word = words[i];
    if (typed.waiting != nullptr) {
      typed.values[std::exchange(typed.waiting, nullptr)->long_name()] = word;
    } else if (word == "--") {
      typed.only_arguments = true;
    } else if (word.starts_with('-') && word.size() > 1 && !typed.only_arguments) {
      take_option(page, word, typed);
    } else if (const CLI::App* next = typed.arguments == 0 ? find_verb(*typed.verb, word) : nullptr) {
      typed = {.verb = next, .values = typed.values};
      page = page_of(*next);
    } else {
      ++typed.arguments;
    }
  }
  return typed;
}

ConnectionOptions connection_of(const Typed& typed) {
  const auto value = [&](const char* name) {
    const auto found = typed.values.find(name);
    return found == typed.values.end() ? std::string() : found->second;
  };
  return {.coordinator = value("--coordinator"),
          .ca = value("--ca"),
          .cert = value("--cert"),
          .key = value("--key"),
          .token_file = value("--token-file")};
}

// Adds what a value of this kind ("FILE", "SWEEP", "FILE|SWEEP") may be.
void add_values(const std::string& kinds, const std::vector<std::string>& choices, const std::string& begun,
                const Typed& typed, const NameSource& names, Completion& completion) {
  for (const std::string& choice : choices) completion.candidates.push_back({choice, ""});
  if (!choices.empty()) return;
  for (size_t at = 0; at <= kinds.size();) {
    const size_t end = std::min(kinds.find('|', at), kinds.size());
    const std::string kind = kinds.substr(at, end - at);
    at = end + 1;
    if (kind == "FILE" || kind == "RESULTS") {
      completion.files = true;
    } else if (kind == "DIR") {
      completion.folders = true;
    } else if (kind == "KEY=VALUE") {
      completion.candidates.insert(completion.candidates.end(), kKeys.begin(), kKeys.end());
    } else if (kind == "SWEEP" || kind == "TRIAL" || kind == "AGENT" || kind == "DATASET") {
      for (Candidate& name : names(kind, begun, connection_of(typed))) completion.candidates.push_back(std::move(name));
    }
  }
}

void add_option_names(const CommandPage& page, const Typed& typed, Completion& completion) {
  for (const PageGroup<PageOption>& group : page.options)
    for (const PageOption& option : group.entries)
      if (option.repeats || !typed.given.contains(option.long_name()))
        completion.candidates.push_back({option.long_name(), option.text});
}

// What comes with a candidate goes to a terminal, and a line each.
void tidy(Completion& completion, const std::string& begun) {
  std::erase_if(completion.candidates, [&](const Candidate& candidate) {
    return !candidate.value.starts_with(begun) || printable(candidate.value) != candidate.value;
  });
  for (Candidate& candidate : completion.candidates) candidate.text = printable(candidate.text);
}

}  // namespace

Completion complete(const CLI::App& app, const std::vector<std::string>& words, const NameSource& names) {
  Completion completion;
  if (words.empty()) return completion;
  CommandPage page;
  const Typed typed = read_words(app, words, page);
  const std::string& word = words.back();
  const size_t equals = word.find('=');
  if (typed.waiting != nullptr) {
    add_values(typed.waiting->value, typed.waiting->choices, word, typed, names, completion);
  } else if (word.starts_with("--") && equals != std::string::npos && !typed.only_arguments) {
    const PageOption* option = find_option(page, word.substr(0, equals));
    if (option != nullptr)
      add_values(option->value, option->choices, word.substr(equals + 1), typed, names, completion);
    for (Candidate& candidate : completion.candidates) candidate.value.insert(0, word.substr(0, equals + 1));
  } else if (word.starts_with('-') && !typed.only_arguments) {
    add_option_names(page, typed, completion);
  } else {
    if (typed.arguments == 0)
      for (const PageGroup<PageVerb>& group : page.verbs)
        for (const PageVerb& verb : group.entries) completion.candidates.push_back({verb.name, verb.text});
    if (!page.arguments.empty()) {
      const PageArgument& argument = page.arguments[std::min(typed.arguments, page.arguments.size() - 1)];
      if (typed.arguments < page.arguments.size() || argument.repeats)
        add_values(argument.name, argument.choices, word, typed, names, completion);
    }
  }
  tidy(completion, word);
  return completion;
}

std::vector<std::string> split_line(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool begun = false;
  char quote = 0;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote == 0 && (c == ' ' || c == '\t' || c == '\n')) {
      if (std::exchange(begun, false)) words.push_back(std::exchange(word, {}));
      continue;
    }
    begun = true;
    if (c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else if (c == '\\' && quote != '\'' && i + 1 < line.size()) {
      word += line[++i];
    } else {
      word += c;
    }
  }
  words.push_back(word);  // empty behind a blank
  words.erase(words.begin());
  return words;
}

std::string answer(const CLI::App& app, const std::vector<std::string>& words) {
  if (words.size() < 2) return "";
  const bool line = words[0] == "line";
  const Completion completion =
      complete(app, line ? split_line(words[1]) : std::vector(words.begin() + 1, words.end()), known_names);
  std::string text;
  for (const Candidate& candidate : completion.candidates) text += candidate.value + "\t" + candidate.text + "\n";
  if (completion.files) text += ":files\n";
  if (completion.folders) text += ":folders\n";
  return text;
}

}  // namespace evensweep
