// The tree of all verbs: help, manual pages, completion, and what is said of wrong command lines.

#include "cli/command_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <sstream>

#include "cli/command_page.h"
#include "cli/completion.h"
#include "cli/help_text.h"
#include "cli/man_page.h"
#include "cli/text_table.h"

namespace evensweep {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class CommandTreeTest : public testing::Test {
 protected:
  CommandTreeTest() {
    app_.set_help_flag("-h,--help", "Print this");
    add_all_verbs(app_, exit_code_);
  }

  void each_page(const std::function<void(const CommandPage& page)>& look) { each_page_of(app_, look); }
  void each_page_of(const CLI::App& app, const std::function<void(const CommandPage& page)>& look) {
    look(page_of(app));
    for (const CLI::App* verb : app.get_subcommands([](const CLI::App* v) { return !v->get_group().empty(); }))
      each_page_of(*verb, look);
  }

  std::vector<std::string> values(const std::vector<std::string>& words) {
    completion_ =
        complete(app_, words, [this](const std::string& kind, const std::string&, const ConnectionOptions& to) {
          asked_of_ = to.coordinator;
          if (kind == "SWEEP") return std::vector<Candidate>{{"digits", "active"}, {"satimage", "over"}};
          if (kind == "TRIAL") return std::vector<Candidate>{{"digits/", ""}};
          return std::vector<Candidate>{{kind + "-name", ""}};
        });
    std::vector<std::string> values;
    for (const Candidate& candidate : completion_.candidates) values.push_back(candidate.value);
    return values;
  }

  int exit_code_ = 0;
  CLI::App app_{"Test.", "evensweep"};
  Completion completion_;
  std::string asked_of_;
};

TEST_F(CommandTreeTest, HelpFitsIntoEightyColumns) {
  size_t pages = 0;
  each_page([&](const CommandPage& page) {
    ++pages;
    std::istringstream lines(help_text(page, 80));
    for (std::string line; std::getline(lines, line);) EXPECT_LE(characters(line), 80u) << page.command << ": " << line;
  });
  EXPECT_GT(pages, 25u);
}

TEST_F(CommandTreeTest, EveryVerbBeginsWithExamplesThatItUnderstands) {
  each_page([&](const CommandPage& page) {
    if (!page.verbs.empty()) return;
    EXPECT_THAT(page.examples, Not(IsEmpty())) << page.command;
    const std::string help = help_text(page, 80);
    EXPECT_LT(help.find("\nExamples:\n"), help.find("\nOptions:\n")) << page.command;
    for (const PageExample& example : page.examples) EXPECT_THAT(example.command, HasSubstr(page.command));
  });
}

TEST_F(CommandTreeTest, EveryVerbHasAGroupAndEveryValueAName) {
  const CommandPage top = page_of(app_);
  for (const PageGroup<PageVerb>& group : top.verbs) EXPECT_NE(group.title, "Subcommands") << group.entries[0].name;
  each_page([&](const CommandPage& page) {
    for (const PageArgument& argument : page.arguments) EXPECT_NE(argument.name, "TEXT") << page.command;
    for (const PageGroup<PageOption>& group : page.options)
      for (const PageOption& option : group.entries) EXPECT_NE(option.value, "TEXT") << page.command;
  });
}

TEST_F(CommandTreeTest, HelpSaysWhatAnOptionTakes) {
  const std::string help = help_text(page_of(*find_verb(app_, "status")), 80);
  EXPECT_THAT(help, AllOf(HasSubstr("Usage: evensweep status [SWEEP] [OPTIONS]\n"), HasSubstr("  -w, --watch "),
                          HasSubstr("\nConnection:\n      --coordinator HOST:PORT\n"),
                          HasSubstr("  -o, --output table|json|quiet\n"), HasSubstr("  -h, --help ")));
  EXPECT_THAT(help_text(page_of(app_), 80), Not(HasSubstr("__man")));
}

TEST_F(CommandTreeTest, ManualPagesHaveAllOfIt) {
  const std::string page = man_page(page_of(*find_verb(app_, "submit")), "evensweep");
  EXPECT_THAT(page, AllOf(HasSubstr(".TH EVENSWEEP\\-SUBMIT 1 "), HasSubstr("\\fB\\-\\-token\\-file\\fR \\fIFILE\\fR"),
                          HasSubstr(".SH EXAMPLES\n"), HasSubstr(".BR evensweep (1)\n")));
  each_page([](const CommandPage& each) {
    std::istringstream lines(man_page(each, "evensweep"));
    for (std::string line; std::getline(lines, line);)
      EXPECT_TRUE(!line.starts_with('.') || (line.size() > 2 && std::isupper(line[1]) != 0) || line == ".nf" ||
                  line == ".fi")
          << each.command << ": " << line;
  });
  EXPECT_EQ(man_file(page_of(*find_verb(*find_verb(app_, "data"), "fetch"))), "evensweep-data-fetch.1");
}

TEST_F(CommandTreeTest, SaysWhatWasMeant) {
  EXPECT_THAT(usage_error(app_, {"rnu", "a.yaml"}, "?"),
              HasSubstr("there is no command \"rnu\"; did you mean \"run\"?"));
  EXPECT_THAT(usage_error(app_, {"data", "ftech"}, "?"),
              AllOf(HasSubstr("did you mean \"fetch\"?"), HasSubstr("See evensweep data --help")));
  EXPECT_THAT(usage_error(app_, {"run", "a.yaml", "--slot=4"}, "?"),
              HasSubstr("there is no option \"--slot\" of evensweep run; did you mean \"--slots\"?"));
  EXPECT_THAT(usage_error(app_, {"run", "--xyzzy"}, "?"), Not(HasSubstr("did you mean")));
  EXPECT_EQ(usage_error(app_, {"run"}, "FILE is required"), "FILE is required; see evensweep run --help");
  EXPECT_THAT(usage_error(app_, {"r\nm"}, "?"), Not(HasSubstr("\n")));
}

TEST_F(CommandTreeTest, CompletesVerbsAndOptions) {
  EXPECT_THAT(values({"st"}), ElementsAre("status", "stop"));
  EXPECT_THAT(values({""}), AllOf(Contains("run"), Contains("completion"), Not(Contains("__man"))));
  EXPECT_THAT(values({"data", ""}), ElementsAre("ls", "fetch", "check"));
  EXPECT_THAT(values({"status", "--wa"}), ElementsAre("--watch"));
  EXPECT_THAT(values({"status", "--watch", "--wa"}), IsEmpty()) << "it is there already";
  EXPECT_THAT(values({"status", "-w", "--wa"}), IsEmpty());
  EXPECT_THAT(values({"ls", "--state", "failed", "--sta"}), ElementsAre("--state")) << "may come again";
  EXPECT_THAT(values({"nosuch", ""}), Not(Contains("--watch")));
  EXPECT_THAT(values({}), IsEmpty());
}

TEST_F(CommandTreeTest, CompletesValues) {
  EXPECT_THAT(values({"ls", "-o", ""}), ElementsAre("table", "json", "quiet"));
  EXPECT_THAT(values({"ls", "--output=j"}), ElementsAre("--output=json"));
  EXPECT_THAT(values({"ls", "digits", "--state", "f"}), ElementsAre("finished", "failed"));
  EXPECT_THAT(values({"run", "a.yaml", "se"}), ElementsAre("seeds="));
  values({"run", ""});
  EXPECT_TRUE(completion_.files);
  values({"run", "a.yaml", "--out", ""});
  EXPECT_TRUE(completion_.folders);
  EXPECT_FALSE(completion_.files);
  EXPECT_THAT(values({"init", ""}), ElementsAre("DATASET-name"));
  EXPECT_TRUE(completion_.files);
  EXPECT_THAT(values({"completion", "f"}), ElementsAre("fish"));
}

TEST_F(CommandTreeTest, CompletesNamesFromTheCoordinatorOfTheLine) {
  EXPECT_THAT(values({"status", "--coordinator", "head:7077", "d"}), ElementsAre("digits"));
  EXPECT_EQ(asked_of_, "head:7077");
  EXPECT_THAT(values({"cancel", "--coordinator=other:1", "digits", "sat"}), ElementsAre("satimage")) << "several";
  EXPECT_EQ(asked_of_, "other:1");
  EXPECT_THAT(values({"status", "digits", ""}), IsEmpty()) << "it takes one alone";
  EXPECT_THAT(values({"logs", "-f", ""}), ElementsAre("digits/"));
  EXPECT_THAT(values({"drain", "--", "AG"}), ElementsAre("AGENT-name"));
}

TEST(SplitLine, AsAShellWould) {
  EXPECT_THAT(split_line("evensweep"), IsEmpty());
  EXPECT_THAT(split_line("evensweep "), ElementsAre(""));
  EXPECT_THAT(split_line("evensweep run my\\ file.yaml 'a b' \"c\\\"d\" --o"),
              ElementsAre("run", "my file.yaml", "a b", "c\"d", "--o"));
  EXPECT_THAT(split_line("evensweep run 'open quo"), ElementsAre("run", "open quo"));
  EXPECT_THAT(split_line("evensweep run ''"), ElementsAre("run", ""));
}

TEST(HostileNames, AreNotGivenToAShell) {
  CLI::App app("", "evensweep");
  int code = 0;
  add_all_verbs(app, code);
  const Completion completion =
      complete(app, {"status", ""}, [](const std::string&, const std::string&, const ConnectionOptions&) {
        return std::vector<Candidate>{{"a\nb", ""}, {"\x1b[2J", ""}, {"fine", "two\nlines\ttab"}};
      });
  EXPECT_EQ(completion.candidates, (std::vector<Candidate>{{"fine", "two lines tab"}}));
}

}  // namespace
}  // namespace evensweep
