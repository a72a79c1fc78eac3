#include <algorithm>

#include "sweeps/pdf/page.h"
#include "sweeps/pdf/pdf.h"
#include "sweeps/pdf/table.h"

namespace evensweep {
namespace {

constexpr TextStyle kText{.size = 7.8}, kSmall{.size = 7.4, .muted = true}, kCode{.size = 7.2, .mono = true};
constexpr double kGutter = 12, kBelow = 3;
constexpr double kTallest = 0.62 * (Page::kBottom - Page::kMargin);  // of a drawing
constexpr double kSmallest = 0.62;  // of its size: a drawing alone may be made so small to stand on the page begun

void write_heading(Page& page, const std::string& text, double size, double room, bool is_part) {
  page.skip(page.at_top() ? 0 : size);
  page.need(room);
  page.bookmark(text, is_part);
  page.write(text, {.size = size, .bold = true});
  page.skip(3);
}

void write_bullet(Page& page, const PaperBlock& block) {
  page.need(2 * kText.size);
  page.put("•", kText, Page::kMargin, page.y(), 10);
  if (!block.lead.empty())
    page.write(block.lead, {.size = kText.size, .bold = true}, Page::kMargin + 10, Page::kWidth - 10);
  page.write(block.text, kText, Page::kMargin + 10, Page::kWidth - 10);
  page.skip(2);
}

// Drawings beside each other with their captions.
struct Row {
  double width = 0, height = 0;  // of each place; of the whole
  std::vector<Drawing> drawings;
  std::vector<double> widths;  // of the drawings
};

StatusOr<Row> row_of(Page& page, const PaperBlock& block, size_t first, double tallest) {
  Row row;
  const auto columns = static_cast<double>(block.columns);
  row.width = (Page::kWidth - kGutter * (columns - 1)) / columns;
  for (size_t i = first; i < std::min(first + block.columns, block.figures.size()); ++i) {
    EV_ASSIGN_OR_RETURN(Drawing drawing, Drawing::read(block.figures[i].svg));
    const double shown = std::min({row.width, drawing.width(), tallest * drawing.width() / drawing.height()});
    const double caption = page.height_of(block.figures[i].caption, kSmall, row.width);
    row.height = std::max(row.height, shown * drawing.height() / drawing.width() + kBelow + caption);
    row.widths.push_back(shown);
    row.drawings.push_back(std::move(drawing));
  }
  return row;
}

// The room that keeps the first row from beginning a new page.
StatusOr<double> least_room(Page& page, const PaperBlock& block) {
  const double share = block.figures.size() == 1 ? kSmallest : 1;
  EV_ASSIGN_OR_RETURN(const Row row, row_of(page, block, 0, kTallest));
  const double caption = page.height_of(block.figures[0].caption, kSmall, row.width) + kBelow;
  return share * (row.height - caption) + caption;
}

Status write_row(Page& page, const PaperBlock& block, size_t first) {
  EV_ASSIGN_OR_RETURN(Row row, row_of(page, block, first, kTallest));
  if (row.height > page.room() && block.figures.size() == 1) {
    EV_ASSIGN_OR_RETURN(const double least, least_room(page, block));
    const double caption = page.height_of(block.figures[0].caption, kSmall, row.width) + kBelow;
    if (least <= page.room()) {
      EV_ASSIGN_OR_RETURN(row, row_of(page, block, first, page.room() - caption - 0.5));
    }
  }
  page.need(row.height);
  for (size_t i = 0; i < row.drawings.size(); ++i) {
    const Drawing& drawing = row.drawings[i];
    const double left = Page::kMargin + static_cast<double>(i) * (row.width + kGutter);
    EV_RETURN_IF_ERROR(drawing.draw(page.context(), left + (row.width - row.widths[i]) / 2, page.y(), row.widths[i]));
    const double below = page.y() + row.widths[i] * drawing.height() / drawing.width() + kBelow;
    page.put(block.figures[first + i].caption, kSmall, left, below, row.width, 0.5);
  }
  page.skip(row.height + 8);
  return absl::OkStatus();
}

Status write_figures(Page& page, const PaperBlock& block) {
  for (size_t first = 0; first < block.figures.size(); first += block.columns)
    EV_RETURN_IF_ERROR(write_row(page, block, first));
  return absl::OkStatus();
}

Status write_block(Page& page, const PaperBlock& block) {
  switch (block.kind) {
    case PaperBlock::kTitle: write_heading(page, block.text, 16, 0, true); break;
    case PaperBlock::kSection: write_heading(page, block.text, 12, 90, true); break;
    case PaperBlock::kSubsection: write_heading(page, block.text, 9.5, 70, false); break;
    case PaperBlock::kText: page.write(block.text, kText), page.skip(4); break;
    case PaperBlock::kWarning: page.write(block.text, {.size = 9.5, .bold = true}), page.skip(4); break;
    case PaperBlock::kBullet: write_bullet(page, block); break;
    case PaperBlock::kCode: page.write(block.text, kCode); break;
    case PaperBlock::kTable: write_table(page, block.table); break;
    case PaperBlock::kFigures: return write_figures(page, block);
  }
  return absl::OkStatus();
}

// A heading and a text above drawings stand on their page: begins a new one where they would be left alone.
Status keep_with_figures(Page& page, const std::vector<PaperBlock>& blocks, size_t at) {
  double room = 0;
  for (; at < blocks.size(); ++at) {
    if (blocks[at].kind == PaperBlock::kSection)
      room += 36;
    else if (blocks[at].kind == PaperBlock::kText)
      room += page.height_of(blocks[at].text, kText, Page::kWidth) + 4;
    else
      break;
  }
  if (room == 0 || at == blocks.size() || blocks[at].kind != PaperBlock::kFigures) return absl::OkStatus();
  EV_ASSIGN_OR_RETURN(const double figure, least_room(page, blocks[at]));
  page.need(room + figure);
  return absl::OkStatus();
}

}  // namespace

StatusOr<std::string> paper_pdf(const Paper& paper) {
  EV_ASSIGN_OR_RETURN(const std::unique_ptr<PdfSurface> pdf,
                      PdfSurface::open(kPageWidth, kPageHeight, paper.title, paper.date));
  Page page(*pdf);
  for (size_t i = 0; i < paper.blocks.size(); ++i) {
    EV_RETURN_IF_ERROR(keep_with_figures(page, paper.blocks, i));
    EV_RETURN_IF_ERROR(write_block(page, paper.blocks[i]));
  }
  page.end();
  return pdf->finish();
}

}  // namespace evensweep
