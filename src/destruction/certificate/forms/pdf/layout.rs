//! Pages of A4, filled from the top. Lengths are points, counted from the top left.

use pdf_writer::Content;

use super::super::qr::Squares;
use super::text::{show, width, wrap};

pub(super) const WIDTH: f32 = 595.0;
pub(super) const HEIGHT: f32 = 842.0;
const LEFT: f32 = 45.0;
const ROOM: f32 = WIDTH - 2.0 * LEFT;
const TOP: f32 = 45.0;
const BOTTOM: f32 = HEIGHT - 50.0;
const SIZE: f32 = 8.5;
const LEADING: f32 = 11.5;
const PAD: f32 = 3.0;

/// One cell of a row.
pub(super) struct Cell {
    share: f32,
    text: String,
}

impl From<(f32, &str)> for Cell {
    fn from((share, text): (f32, &str)) -> Self {
        Self { share, text: text.to_owned() }
    }
}

/// A row with a frame around each cell.
pub(super) struct Row {
    pub(super) cells: Vec<Cell>,
    /// The least height.
    pub(super) least: f32,
}

impl Row {
    /// A row of texts, each with its share of the width.
    pub(super) fn of(cells: impl IntoIterator<Item = (f32, String)>) -> Self {
        let cells = cells.into_iter().map(|(share, text)| Cell { share, text });
        Self { cells: cells.collect(), least: 0.0 }
    }

    fn lines(&self) -> Vec<Vec<String>> {
        let room = |cell: &Cell| cell.share * ROOM - 2.0 * PAD;
        self.cells.iter().map(|cell| wrap(&cell.text, room(cell), SIZE)).collect()
    }

    fn height(&self) -> f32 {
        height(&self.lines()).max(self.least)
    }
}

fn height(lines: &[Vec<String>]) -> f32 {
    let most = lines.iter().map(Vec::len).max().unwrap_or_default();
    count(most) * LEADING + 2.0 * PAD
}

/// Pages, the last of which is being filled.
pub(super) struct Layout {
    pages: Vec<Content>,
    y: f32,
}

impl Layout {
    pub(super) fn new() -> Self {
        Self { pages: Vec::new(), y: BOTTOM }
    }

    pub(super) fn new_page(&mut self) {
        let mut page = Content::new();
        page.set_line_width(0.6);
        self.pages.push(page);
        self.y = TOP;
    }

    pub(super) fn gap(&mut self, height: f32) {
        self.y += height;
    }

    pub(super) fn centred(&mut self, size: f32, text: &str) {
        let x = (WIDTH - width(text, size)) / 2.0;
        let y = self.y + size;
        self.write(x, y, size, text);
        self.y += size * 1.35;
    }

    /// A headline, not alone at the end of a page.
    pub(super) fn head(&mut self, text: &str) {
        self.make_room(60.0);
        self.gap(5.0);
        let y = self.y + 10.5;
        self.write(LEFT, y, 10.5, text);
        self.gap(15.0);
    }

    pub(super) fn paragraph(&mut self, text: &str) {
        for line in wrap(text, ROOM, SIZE) {
            self.make_room(LEADING);
            let y = self.y + SIZE;
            self.write(LEFT, y, SIZE, &line);
            self.y += LEADING;
        }
    }

    /// A row; on a new page after this head, if there is one. A row that is longer than a page goes on on the next.
    pub(super) fn row(&mut self, row: &Row, head: Option<&Row>) {
        let mut lines = row.lines();
        let mut least = row.least;
        loop {
            let whole = height(&lines).max(least);
            if self.y + whole > BOTTOM && self.y > TOP + LEADING {
                self.new_page();
                if let Some(head) = head {
                    self.row(head, None);
                }
            }
            let fits = self.lines_left();
            let rest: Vec<Vec<String>> = lines
                .iter_mut()
                .map(|cell| if cell.len() > fits { cell.split_off(fits) } else { Vec::new() })
                .collect();
            self.draw_row(row, &lines, height(&lines).max(least));
            if rest.iter().all(Vec::is_empty) {
                return;
            }
            (lines, least) = (rest, 0.0);
        }
    }

    /// Rows that stay on one page if they fit on one.
    pub(super) fn together(&mut self, rows: &[Row]) {
        self.make_room(rows.iter().map(Row::height).sum());
        for row in rows {
            self.row(row, None);
        }
    }

    /// The QR code of a text, with a circle for the seal beside it.
    pub(super) fn seal(&mut self, link: &str) {
        let code = Squares::of(link);
        let side = 110.0 / count(code.width);
        self.make_room(150.0);
        let (x, top) = (LEFT + 12.0, self.y + 12.0);
        for (column, row, length) in code.runs() {
            let y = HEIGHT - top - count(row + 1) * side;
            self.page().rect(x + count(column) * side, y, count(length) * side, side);
        }
        self.page().fill_nonzero();
        let frame = (LEFT + ROOM - 130.0, HEIGHT - top - 118.0);
        self.page().set_dash_pattern([3.0, 3.0], 0.0).rect(frame.0, frame.1, 118.0, 118.0).stroke();
        self.page().set_dash_pattern([], 0.0);
        self.write(frame.0 + 40.0, top + 62.0, SIZE, "公章 Seal");
        self.gap(140.0);
        self.paragraph(link);
    }

    /// The pages, each with a foot.
    pub(super) fn finish(mut self, foot: &str) -> Vec<Content> {
        let total = self.pages.len();
        for (number, page) in (1..).zip(&mut self.pages) {
            show(page, LEFT, 28.0, 7.0, foot);
            let count = format!("{number} / {total}");
            show(page, WIDTH - LEFT - width(&count, 7.0), 28.0, 7.0, &count);
        }
        self.pages
    }

    /// Lines of a row that there is room for; one at least.
    fn lines_left(&self) -> usize {
        let fits = |lines: &usize| self.y + count(*lines) * LEADING + 2.0 * PAD <= BOTTOM;
        (1..).take_while(fits).last().unwrap_or(1)
    }

    fn make_room(&mut self, height: f32) {
        if self.y + height > BOTTOM && self.y > TOP {
            self.new_page();
        }
    }

    fn draw_row(&mut self, row: &Row, lines: &[Vec<String>], height: f32) {
        let (mut x, top) = (LEFT, self.y);
        for (cell, lines) in row.cells.iter().zip(lines) {
            let wide = cell.share * ROOM;
            self.page().rect(x, HEIGHT - top - height, wide, height).stroke();
            for (number, line) in lines.iter().enumerate() {
                self.write(x + PAD, top + PAD + SIZE + count(number) * LEADING, SIZE, line);
            }
            x += wide;
        }
        self.y += height;
    }

    fn write(&mut self, x: f32, from_top: f32, size: f32, text: &str) {
        show(self.page(), x, HEIGHT - from_top, size, text);
    }

    fn page(&mut self) -> &mut Content {
        self.pages.last_mut().expect("a form begins with a page")
    }
}

/// A small number as a length.
#[allow(clippy::cast_precision_loss, reason = "lines of a cell, squares of a code")]
fn count(number: usize) -> f32 {
    number as f32
}
