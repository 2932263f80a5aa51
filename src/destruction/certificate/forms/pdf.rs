//! The forms as PDF, without a bundled font: Latin in Helvetica, Chinese in `STSong-Light` of the Adobe-GB1 collection.
//!
//! Neither is embedded, so a viewer needs a font of its own for simplified Chinese, as desktop viewers have; poppler needs
//! its package `poppler-data`. What such a font has no glyph for, a viewer cannot show.

mod layout;
mod text;

use pdf_writer::types::{CidFontType, FontFlags, SystemInfo};
use pdf_writer::{Content, Date, Finish, Name, Pdf, Rect, Ref, Str, TextStr};

use super::super::dossier::Dossier;
use super::content::forms;
use super::{Block, Form, Signature, Words, harmless};
use crate::calendar::civil_utc;
use layout::{Cell, HEIGHT, Layout, Row, WIDTH};
use text::{CHINESE, LATIN};

/// The forms of a certificate as a PDF document; the same certificate gives the same bytes.
#[must_use]
pub fn pdf(dossier: &Dossier) -> Vec<u8> {
    let mut layout = Layout::new();
    for form in forms(dossier) {
        draw_form(&mut layout, &form);
    }
    document(dossier, layout.finish(&dossier.link()))
}

fn draw_form(layout: &mut Layout, form: &Form) {
    layout.new_page();
    layout.centred(18.0, &form.title.zh);
    layout.centred(10.0, &form.title.en);
    layout.gap(8.0);
    for block in &form.blocks {
        draw_block(layout, block);
    }
}

fn draw_block(layout: &mut Layout, block: &Block) {
    match block {
        Block::Head(words) => layout.head(&both(words)),
        Block::Note(words) => {
            layout.paragraph(&harmless(&words.zh));
            layout.paragraph(&harmless(&words.en));
            layout.gap(4.0);
        }
        Block::Fields(fields) => {
            for (label, value) in fields {
                layout.row(&Row::of([(0.26, both(label)), (0.74, harmless(value))]), None);
            }
            layout.gap(6.0);
        }
        Block::Table { heads, rows } => {
            let head = Row::of(heads.iter().map(|(words, share)| (*share, both(words))));
            layout.row(&head, None);
            for row in rows {
                let cells = heads.iter().zip(row);
                let row = Row::of(cells.map(|((_, share), text)| (*share, harmless(text))));
                layout.row(&row, Some(&head));
            }
            layout.gap(6.0);
        }
        Block::Signature(signature) => draw_signature(layout, signature),
        Block::Seal(link) => layout.seal(link),
    }
}

fn draw_signature(layout: &mut Layout, signature: &Signature) {
    let Signature { role, who, opinion, when, digest } = signature;
    let rows = [
        Row::of([(0.26, both(role)), (0.44, harmless(who)), (0.3, harmless(when))]),
        Row::of([(0.26, "意见 Opinion".to_owned()), (0.74, harmless(opinion))]),
        Row::of([(0.26, "声明摘要 Statement".to_owned()), (0.74, harmless(digest))]),
        Row {
            cells: [(0.26, "签字 Signature"), (0.44, ""), (0.3, "日期 Date")]
                .map(Cell::from)
                .into(),
            least: 32.0,
        },
    ];
    layout.together(&rows);
    layout.gap(6.0);
}

fn both(words: &Words) -> String {
    harmless(&format!("{} {}", words.zh, words.en))
}

fn document(dossier: &Dossier, pages: Vec<Content>) -> Vec<u8> {
    let mut refs = (1..).map(Ref::new);
    let mut next = || refs.next().expect("there are two thousand million numbers");
    let (catalog, tree, info) = (next(), next(), next());
    let (latin, chinese, cid, descriptor) = (next(), next(), next(), next());
    let pages: Vec<(Ref, Ref, Content)> =
        pages.into_iter().map(|page| (next(), next(), page)).collect();
    let mut pdf = Pdf::new();
    pdf.catalog(catalog).pages(tree).lang(TextStr("zh-CN"));
    let count = i32::try_from(pages.len()).unwrap_or(i32::MAX);
    pdf.pages(tree).kids(pages.iter().map(|(page, _, _)| *page)).count(count);
    let title = format!("数据销毁证明 {}", harmless(&dossier.request.number));
    pdf.document_info(info).title(TextStr(&title)).creation_date(date(dossier.issued));
    for (page, content, drawn) in pages {
        let mut written = pdf.page(page);
        written.parent(tree).media_box(Rect::new(0.0, 0.0, WIDTH, HEIGHT)).contents(content);
        written.resources().fonts().pair(LATIN, latin).pair(CHINESE, chinese);
        written.finish();
        pdf.stream(content, &drawn.finish());
    }
    let mut font = pdf.type1_font(latin);
    font.base_font(Name(b"Helvetica")).encoding_predefined(Name(b"WinAnsiEncoding"));
    font.finish();
    chinese_font(&mut pdf, chinese, cid, descriptor);
    pdf.finish()
}

/// A font that the viewer provides: its name, its collection and how text is encoded.
fn chinese_font(pdf: &mut Pdf, font: Ref, cid: Ref, descriptor: Ref) {
    pdf.type0_font(font)
        .base_font(Name(b"STSong-Light-UniGB-UTF16-H"))
        .encoding_predefined(Name(b"UniGB-UTF16-H"))
        .descendant_font(cid);
    let collection = SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"GB1"), supplement: 5 };
    pdf.cid_font(cid)
        .subtype(CidFontType::Type0)
        .base_font(Name(b"STSong-Light"))
        .system_info(collection)
        .font_descriptor(descriptor)
        .default_width(1000.0);
    pdf.font_descriptor(descriptor)
        .name(Name(b"STSong-Light"))
        .flags(FontFlags::SYMBOLIC | FontFlags::SERIF)
        .bbox(Rect::new(-25.0, -254.0, 1000.0, 880.0))
        .italic_angle(0.0)
        .ascent(880.0)
        .descent(-120.0)
        .cap_height(880.0)
        .stem_v(93.0);
}

fn date(seconds: u64) -> Date {
    let at = civil_utc(seconds);
    let small = |number: i8| u8::try_from(number).unwrap_or_default();
    Date::new(u16::try_from(at.year()).unwrap_or_default())
        .month(small(at.month()))
        .day(small(at.day()))
        .hour(small(at.hour()))
        .minute(small(at.minute()))
        .second(small(at.second()))
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}
