#include "sweeps/spec/yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <optional>
#include <sstream>
#include <unordered_set>

#include "common/base/text.h"

namespace evensweep {
namespace {

constexpr size_t kMostBytes = 16 << 20;
constexpr size_t kMostNodes = 1'000'000;
constexpr size_t kMostDepth = 32;
constexpr size_t kMostScalar = 4096;

size_t nodes_in(const YamlNode& node) {
  size_t count = 1;
  for (const YamlNode& item : node.items) count += nodes_in(item);
  return count;
}

// Whether the quoted text that begins at `at` has an end; yaml-cpp silently takes the end of the file for it.
bool quote_ends(std::string_view text, size_t at) {
  if (at >= text.size() || (text[at] != '"' && text[at] != '\'')) return true;
  const char quote = text[at];
  for (size_t i = at + 1; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\')
      ++i;
    else if (text[i] == quote && quote == '\'' && text.substr(i, 2) == "''")
      ++i;
    else if (text[i] == quote)
      return true;
  }
  return false;
}

// Builds the tree from the parser's events. yaml-cpp's own tree keeps duplicate keys silently and shares aliased nodes.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(std::string_view text, Problems& problems, int override_index)
      : text_(text), problems_(problems), override_index_(override_index) {}

  YamlNode take_root() { return std::move(root_); }
  bool failed() const { return failed_; }
  Place place_of(const YAML::Mark& mark) const {
    if (override_index_ >= 0) return {.line = 0, .column = 0, .override_index = override_index_};
    return {.line = mark.line + 1, .column = mark.column + 1, .override_index = -1};
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    // yaml-cpp stays where it is, document after document, before text that no node can begin with.
    if (saw_document_)
      fail(place_of(mark), mark.pos == document_start_ ? "not valid YAML: no value can begin like this; remove it"
                                                       : "a second document begins here; one file holds one sweep");
    document_start_ = mark.pos;
    saw_document_ = true;
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (begin_node(mark, "")) end_node({.place = place_of(mark)}, anchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    if (!begin_node(mark, tag)) return;
    if (tag == "!" && !quote_ends(text_, offset_of(mark)))
      return fail(place_of(mark), "a quote that is not closed; close it");
    if (value.size() > kMostScalar) return fail(place_of(mark), "a value of more than 4096 bytes; is a quote missing?");
    const bool control = std::any_of(value.begin(), value.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; });
    if (control || !valid_utf8(value))
      problems_.add(place_of(mark),
                    in_quotes(value) + " is not plain text of one line in UTF-8; remove the control characters");
    end_node({.kind = YamlNode::Kind::kScalar, .place = place_of(mark), .text = value, .quoted = tag == "!"}, anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (failed_) return;
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end())
      return fail(place_of(mark), "an alias within the value that it stands for; write the value out");
    nodes_ += nodes_in(found->second);
    if (nodes_ > kMostNodes)
      return fail(place_of(mark), "too many values (aliases count as often as they are used); use fewer");
    YamlNode node = found->second;
    end_node(std::move(node), 0);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, YamlNode::Kind::kList);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, YamlNode::Kind::kMap);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    YamlNode node;
    YAML::anchor_t anchor = 0;
    std::optional<YamlKey> key;  // read, its value not yet
    bool discard = false;        // the key is there twice: its value is not kept
    std::unordered_set<std::string> names;
  };

  // Where in the text a mark is. Marks come in ascending order, so that lines are counted once.
  size_t offset_of(const YAML::Mark& mark) {
    for (; counted_lines_ < mark.line; ++counted_lines_) {
      const size_t end = text_.find('\n', line_start_);
      if (end == text_.npos) break;
      line_start_ = end + 1;
    }
    return line_start_ + static_cast<size_t>(mark.column);
  }

  void fail(Place place, std::string what) {
    if (!failed_) problems_.add(place, std::move(what));
    failed_ = true;
    root_ = {};
  }

  bool begin_node(const YAML::Mark& mark, const std::string& tag) {
    if (failed_) return false;
    if (++nodes_ > kMostNodes)
      fail(place_of(mark), "too many values; use fewer");
    else if (!tag.empty() && tag != "?" && tag != "!")
      fail(place_of(mark), in_quotes(tag) + " is a YAML tag; write the value without it");
    return !failed_;
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YamlNode::Kind kind) {
    if (!begin_node(mark, tag)) return;
    if (open_.size() >= kMostDepth)
      return fail(place_of(mark), fmt::format("nested deeper than {} levels; flatten it", kMostDepth));
    open_.push_back(
        {.node = {.kind = kind, .place = place_of(mark)}, .anchor = anchor, .key = {}, .discard = false, .names = {}});
  }

  void close() {
    if (failed_) return;
    Open done = std::move(open_.back());
    open_.pop_back();
    end_node(std::move(done.node), done.anchor);
  }

  void end_node(YamlNode node, YAML::anchor_t anchor) {
    if (anchor != 0) anchors_[anchor] = node;
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.kind == YamlNode::Kind::kMap && !parent.key) return take_key(parent, std::move(node));
    if (!parent.discard) {
      if (parent.key) parent.node.keys.push_back(*std::move(parent.key));
      parent.node.items.push_back(std::move(node));
    }
    parent.key.reset();
    parent.discard = false;
  }

  void take_key(Open& map, YamlNode node) {
    if (node.kind != YamlNode::Kind::kScalar)
      return fail(node.place, "a key must be a word; check the braces and colons here");
    map.discard = !map.names.insert(node.text).second;
    if (map.discard)
      problems_.add(node.place, fmt::format("the key {} is there twice; remove one", in_quotes(node.text)));
    map.key = {.name = std::move(node.text), .place = node.place};
  }

  std::string_view text_;
  Problems& problems_;
  int override_index_;
  int counted_lines_ = 0;
  size_t line_start_ = 0;
  int document_start_ = 0;
  YamlNode root_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, YamlNode> anchors_;
  size_t nodes_ = 0;
  bool failed_ = false, saw_document_ = false;
};

// Foreign text within a message of one line.
std::string printable(std::string_view text) {
  const std::string quoted_text = in_quotes(text);
  return quoted_text.substr(1, quoted_text.size() - 2);
}

// The likely reason of a syntax error at this line (0-based).
std::string advice(std::string_view text, int line) {
  for (; line > 0 && !text.empty(); --line) text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  text = text.substr(0, text.find('\n'));
  const size_t indent = std::min(text.find_first_not_of(" \t"), text.size());
  if (text.substr(0, indent).find('\t') != text.npos) return "indent with spaces, not with tabs";
  return "check indentation, colons, brackets and quotes here";
}

}  // namespace

std::string Problems::where(Place place) const {
  if (place.override_index < 0) return fmt::format("{}:{}:{}", file_name_, place.line, place.column);
  return "override " + printable(overrides_[static_cast<size_t>(place.override_index)]);
}

std::vector<std::string> Problems::lines() const {
  constexpr size_t kShown = 50;
  std::vector<Problem> sorted = problems_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Problem& a, const Problem& b) {
    return std::tie(a.place.override_index, a.place) < std::tie(b.place.override_index, b.place);
  });
  std::vector<std::string> lines;
  for (const Problem& problem : sorted) {
    if (lines.size() == kShown) {
      lines.push_back(fmt::format("{}: ... and {} more errors", file_name_, sorted.size() - kShown));
      break;
    }
    lines.push_back(where(problem.place) + ": " + problem.what);
  }
  return lines;
}

YamlNode parse_yaml(std::string_view text, Problems& problems, int override_index) {
  TreeBuilder builder(text, problems, override_index);
  if (text.size() > kMostBytes) {
    problems.add({.line = 1, .column = 1, .override_index = override_index},
                 "more than 16 MiB of text; is this a sweep file?");
    return {};
  }
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (!builder.failed() && parser.HandleNextDocument(builder)) {
    }
    return builder.take_root();
  } catch (const YAML::Exception& error) {
    problems.add(builder.place_of(error.mark),
                 fmt::format("not valid YAML: {}; {}", printable(error.msg), advice(text, error.mark.line)));
  } catch (const std::exception& error) {
    problems.add({.line = 1, .column = 1, .override_index = override_index},
                 fmt::format("cannot be read as YAML: {}", printable(error.what())));
  }
  return {};
}

}  // namespace evensweep
