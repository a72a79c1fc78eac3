#pragma once
// A strict reader of the XML that report_html writes: every deviation is an error.

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace evensweep {

struct Markup {
  std::string error;                    // empty: well-formed
  std::vector<std::string> elements;    // names, in document order
  std::vector<std::string> attributes;  // "name=value" with value still escaped
  std::string text;                     // character data outside <style>, still escaped
};

class MarkupReader {
 public:
  explicit MarkupReader(std::string_view source) : source_(source) {}

  Markup read() {
    if (source_.starts_with("<!DOCTYPE html>")) at_ = 15;
    while (at_ < source_.size() && found_.error.empty()) {
      if (source_[at_] == '<')
        read_tag();
      else
        read_text();
    }
    if (found_.error.empty() && !open_.empty()) fail("not closed: " + open_.back());
    return found_;
  }

 private:
  void fail(const std::string& what) {
    if (found_.error.empty()) found_.error = what + " at byte " + std::to_string(at_);
  }

  static bool is_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == ':';
  }

  std::string name() {
    const size_t first = at_;
    while (at_ < source_.size() && is_name(source_[at_])) ++at_;
    if (at_ == first) fail("a name is missing");
    return std::string(source_.substr(first, at_ - first));
  }

  void check_characters(std::string_view text) {
    for (size_t i = 0; i < text.size(); ++i) {
      const auto byte = static_cast<unsigned char>(text[i]);
      if (byte < 0x20 && byte != '\n') fail("a control character");
      if (text[i] == '<' || text[i] == '>') fail("a bare < or >");
      if (text[i] != '&') continue;
      bool is_known = false;
      for (std::string_view entity : {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"})
        is_known = is_known || text.substr(i).starts_with(entity);
      if (!is_known) fail("a bare &");
    }
  }

  void read_text() {
    const size_t end = std::min(source_.find('<', at_), source_.size());
    const std::string_view text = source_.substr(at_, end - at_);
    if (open_.empty() || open_.back() != "style") {
      check_characters(text);
      found_.text += text;
    }
    at_ = end;
  }

  void read_tag() {
    ++at_;
    if (at_ < source_.size() && source_[at_] == '/') {
      ++at_;
      const std::string closed = name();
      if (open_.empty() || open_.back() != closed) return fail("closes " + closed + " which is not open");
      open_.pop_back();
      return expect('>');
    }
    const std::string opened = name();
    found_.elements.push_back(opened);
    while (found_.error.empty() && at_ < source_.size() && source_[at_] == ' ') read_attribute();
    if (at_ < source_.size() && source_[at_] == '/')
      ++at_;
    else
      open_.push_back(opened);
    expect('>');
  }

  void read_attribute() {
    ++at_;
    const std::string attribute = name();
    expect('=');
    expect('"');
    const size_t end = source_.find('"', at_);
    if (end == std::string_view::npos) return fail("an attribute without end");
    const std::string value(source_.substr(at_, end - at_));
    check_characters(value);
    if (attribute == "id" && !ids_.insert(value).second) fail("the id " + value + " twice");
    found_.attributes.push_back(attribute + "=" + value);
    at_ = end + 1;
  }

  void expect(char c) {
    if (at_ < source_.size() && source_[at_] == c)
      ++at_;
    else
      fail(std::string("expected ") + c);
  }

  std::string_view source_;
  size_t at_ = 0;
  std::vector<std::string> open_;
  std::set<std::string> ids_;
  Markup found_;
};

}  // namespace evensweep
