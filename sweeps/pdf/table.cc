#include "sweeps/pdf/table.h"

#include <algorithm>
#include <numeric>

namespace evensweep {
namespace {

constexpr TextStyle kBody{.size = 6.8}, kHead{.size = 6.8, .bold = true};
constexpr double kGap = 8, kAbove = 1.8;
// A column is never wider, its text goes on below; numbers of a table are shorter.
constexpr double kWidest = 150, kWidestHead = 62;

const std::string& cell_of(const std::vector<std::string>& row, size_t column) {
  static const std::string kEmpty;
  return column < row.size() ? row[column] : kEmpty;
}

std::vector<double> widths_of(Page& page, const Table& table) {
  std::vector<double> widths;
  for (size_t column = 0; column < table.header.size(); ++column) {
    double width = std::min(kWidestHead, page.width_of(table.header[column], kHead));
    for (const auto& row : table.rows) width = std::max(width, page.width_of(cell_of(row, column), kBody));
    widths.push_back(std::min(kWidest, width) + 0.5);
  }
  return widths;
}

// The columns of each part, the first column in all of them.
std::vector<std::vector<size_t>> parts_of(const std::vector<double>& widths) {
  std::vector<std::vector<size_t>> parts;
  double used = 0;
  for (size_t column = 1; column < widths.size(); ++column) {
    if (parts.empty() || used + kGap + widths[column] > Page::kWidth) {
      parts.push_back({0});
      used = widths[0];
    }
    parts.back().push_back(column);
    used += kGap + widths[column];
  }
  if (parts.empty() && !widths.empty()) parts.push_back({0});
  return parts;
}

class Part {
 public:
  Part(Page& page, const Table& table, const std::vector<double>& widths, const std::vector<size_t>& columns)
      : page_(page), table_(table), widths_(widths), columns_(columns) {
    width_ = kGap * static_cast<double>(columns.size() - 1);
    for (size_t column : columns) width_ += widths[column];
  }

  void write() {
    page_.need(head_height() + 3 * kBody.size);
    write_head();
    for (const auto& row : table_.rows) {
      const double height = height_of(row, kBody);
      if (height > page_.room() && !page_.at_top()) {
        close();
        page_.begin_new();
        write_head();
      }
      write_row(row, kBody, height);
    }
    close();
  }

 private:
  double height_of(const std::vector<std::string>& row, const TextStyle& style) {
    double height = 0;
    for (size_t column : columns_)
      height = std::max(height, page_.height_of(cell_of(row, column), style, widths_[column]));
    return height + 2 * kAbove;
  }
  double head_height() { return height_of(table_.header, kHead); }

  void write_row(const std::vector<std::string>& row, const TextStyle& style, double height) {
    double x = Page::kMargin;
    for (size_t column : columns_) {
      page_.put(cell_of(row, column), style, x, page_.y() + kAbove, widths_[column],
                is_number_column(table_, column) ? 1 : 0);
      x += widths_[column] + kGap;
    }
    page_.skip(height);
  }

  void write_head() {
    page_.rule(page_.y(), Page::kMargin, width_, 0.8);
    write_row(table_.header, kHead, head_height());
    page_.rule(page_.y(), Page::kMargin, width_, 0.5);
    page_.skip(1);
  }

  void close() {
    page_.rule(page_.y() + 1, Page::kMargin, width_, 0.8);
    page_.skip(8);
  }

  Page& page_;
  const Table& table_;
  const std::vector<double>& widths_;
  const std::vector<size_t>& columns_;
  double width_ = 0;
};

}  // namespace

void write_table(Page& page, const Table& table) {
  if (table.rows.empty() || table.header.empty()) return;
  const std::vector<double> widths = widths_of(page, table);
  for (const std::vector<size_t>& columns : parts_of(widths)) Part(page, table, widths, columns).write();
}

}  // namespace evensweep
