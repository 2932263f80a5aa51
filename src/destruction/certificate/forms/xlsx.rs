//! 销毁清册 as a workbook: a cover and all rows.

use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatBorder, Workbook, Worksheet, XlsxError,
};

use super::super::dossier::Dossier;
use super::super::error::Result;
use super::content::{COLUMNS, cover, row};
use super::{Words, harmless};

/// Rows in one sheet; Excel takes 1,048,576.
const SHEET: usize = 1_000_000;

/// The register as an XLSX workbook; the same certificate gives the same bytes.
///
/// # Errors
/// [`Error::Workbook`](super::super::Error::Workbook) when the list is longer than workbooks can be.
pub fn xlsx(dossier: &Dossier) -> Result<Vec<u8>> {
    Ok(write(dossier)?)
}

fn write(dossier: &Dossier) -> std::result::Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let issued = ExcelDateTime::from_timestamp(i64::try_from(dossier.issued).unwrap_or_default())?;
    let title = format!("销毁清册 {}", harmless(&dossier.request.number));
    book.set_properties(&DocProperties::new().set_title(title).set_creation_datetime(&issued));
    write_cover(book.add_worksheet(), dossier)?;
    for (number, lines) in dossier.lines.chunks(SHEET).enumerate() {
        let sheet = book.add_worksheet();
        sheet.set_name(if number == 0 {
            "清册".to_owned()
        } else {
            format!("清册 {}", number + 1)
        })?;
        write_rows(sheet, lines, dossier)?;
    }
    book.save_to_buffer()
}

fn write_cover(sheet: &mut Worksheet, dossier: &Dossier) -> std::result::Result<(), XlsxError> {
    let (label, value) = (framed().set_bold(), framed().set_text_wrap());
    sheet.set_name("封面")?.set_column_width(0, 30)?.set_column_width(1, 80)?;
    sheet.write_string_with_format(
        0,
        0,
        "销毁清册 Register of destruction",
        &Format::new().set_bold().set_font_size(16),
    )?;
    let mut at = 2;
    for (words, text) in cover(dossier) {
        sheet.write_string_with_format(at, 0, both(&words), &label)?;
        sheet.write_string_with_format(at, 1, harmless(&text), &value)?;
        at += 1;
    }
    for who in ["监销人签字 Supervisor", "监销人签字 Supervisor", "批准人签字 Approved by"]
    {
        sheet.set_row_height(at, 36)?.write_string_with_format(at, 0, who, &label)?;
        sheet.write_blank(at, 1, &value)?;
        at += 1;
    }
    sheet.set_paper_size(9).set_print_fit_to_pages(1, 0);
    Ok(())
}

fn write_rows(
    sheet: &mut Worksheet,
    lines: &[String],
    dossier: &Dossier,
) -> std::result::Result<(), XlsxError> {
    let head = framed().set_bold().set_text_wrap();
    for (column, (words, share)) in (0..).zip(&COLUMNS) {
        sheet.set_column_width(column, f64::from(*share) * 130.0)?;
        sheet.write_string_with_format(0, column, both(words), &head)?;
    }
    for (number, line) in (1..).zip(lines) {
        for (column, text) in (0..).zip(row(line, dossier.execution.ended)) {
            sheet.write_string(number, column, harmless(&text))?;
        }
    }
    sheet.set_freeze_panes(1, 0)?.set_landscape().set_paper_size(9).set_repeat_rows(0, 0)?;
    sheet.set_print_fit_to_pages(1, 0);
    Ok(())
}

fn framed() -> Format {
    Format::new().set_border(FormatBorder::Thin)
}

fn both(words: &Words) -> String {
    format!("{} {}", words.zh, words.en)
}
