//! The forms as one HTML page: nothing is fetched, nothing is run, printed on A4.

use std::fmt::Write;

use super::super::dossier::Dossier;
use super::content::forms;
use super::qr::Squares;
use super::{Block, Form, Signature, Words, harmless};

/// The forms of a certificate as an HTML document.
#[must_use]
pub fn html(dossier: &Dossier) -> String {
    let mut out = String::with_capacity(64 * 1024);
    let title =
        escape(&format!("数据销毁证明 {} Certificate of destruction", dossier.request.number));
    out.push_str("<!DOCTYPE html>\n<html lang=\"zh-CN\">\n<head>\n<meta charset=\"utf-8\">\n");
    out.push_str("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n");
    add(
        &mut out,
        format_args!("<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"),
    );
    for form in forms(dossier) {
        write_form(&mut out, &form);
    }
    add(&mut out, format_args!("<footer>{}</footer>\n</body>\n</html>\n", escape(&dossier.link())));
    out
}

fn write_form(out: &mut String, form: &Form) {
    add(
        out,
        format_args!(
            "<section>\n<h1>{} <span>{}</span></h1>\n",
            escape(&form.title.zh),
            escape(&form.title.en)
        ),
    );
    for block in &form.blocks {
        write_block(out, block);
    }
    out.push_str("</section>\n");
}

fn write_block(out: &mut String, block: &Block) {
    match block {
        Block::Head(words) => add(out, format_args!("<h2>{}</h2>\n", both(words))),
        Block::Note(words) => {
            add(out, format_args!("<p>{}<br>{}</p>\n", escape(&words.zh), escape(&words.en)))
        }
        Block::Fields(fields) => write_fields(out, fields),
        Block::Table { heads, rows } => write_table(out, heads, rows),
        Block::Signature(signature) => write_signature(out, signature),
        Block::Seal(link) => write_seal(out, link),
    }
}

fn write_fields(out: &mut String, fields: &[(Words, String)]) {
    out.push_str("<table class=\"fields\">\n");
    for (label, value) in fields {
        add(out, format_args!("<tr><th>{}</th><td>{}</td></tr>\n", both(label), escape(value)));
    }
    out.push_str("</table>\n");
}

fn write_table(out: &mut String, heads: &[(Words, f32)], rows: &[Vec<String>]) {
    out.push_str("<table>\n<thead><tr>");
    for (head, share) in heads {
        add(out, format_args!("<th style=\"width:{:.0}%\">{}</th>", share * 100.0, both(head)));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in rows {
        out.push_str("<tr>");
        for cell in row {
            add(out, format_args!("<td>{}</td>", escape(cell)));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table>\n");
}

fn write_signature(out: &mut String, signature: &Signature) {
    let Signature { role, who, opinion, when, digest } = signature;
    add(
        out,
        format_args!(
            "<table class=\"signature\">\n<tr><th>{}</th><td>{}</td><td>{}</td></tr>\n",
            both(role),
            escape(who),
            escape(when)
        ),
    );
    add(
        out,
        format_args!("<tr><th>意见 Opinion</th><td colspan=\"2\">{}</td></tr>\n", escape(opinion)),
    );
    add(
        out,
        format_args!(
            "<tr><th>声明摘要 Statement</th><td colspan=\"2\"><code>{}</code></td></tr>\n",
            escape(digest)
        ),
    );
    out.push_str(
        "<tr class=\"hand\"><th>签字 Signature</th><td></td><td>日期 Date</td></tr>\n</table>\n",
    );
}

fn write_seal(out: &mut String, link: &str) {
    let code = Squares::of(link);
    let side = code.width + 8;
    add(
        out,
        format_args!(
            "<div class=\"seal\"><svg viewBox=\"0 0 {side} {side}\" role=\"img\" aria-label=\"QR\"><path d=\""
        ),
    );
    for (column, row, length) in code.runs() {
        add(out, format_args!("M{} {}h{length}v1h-{length}z", column + 4, row + 4));
    }
    out.push_str("\"/></svg><div class=\"stamp\">公章 Seal</div></div>\n");
    add(out, format_args!("<p><code>{}</code></p>\n", escape(link)));
}

fn both(words: &Words) -> String {
    format!("{} <span>{}</span>", escape(&words.zh), escape(&words.en))
}

/// Other people's text: nothing in it is markup, and nothing in it turns the direction of what follows.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in harmless(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

fn add(out: &mut String, what: std::fmt::Arguments<'_>) {
    out.write_fmt(what).expect("strings take everything");
}

const STYLE: &str = "
@page { size: A4; margin: 16mm 14mm; }
body { font: 10.5pt/1.45 'Noto Sans CJK SC', 'Source Han Sans SC', 'Microsoft YaHei', SimSun, sans-serif; color: #000; max-width: 182mm; margin: 8mm auto; }
section { break-after: page; margin-bottom: 14mm; }
h1 { text-align: center; font-size: 18pt; } h1 span { display: block; font-size: 11pt; font-weight: normal; }
h2 { font-size: 11.5pt; margin: 5mm 0 1mm; }
th span, h2 span { font-weight: normal; color: #444; font-size: 90%; }
table { width: 100%; border-collapse: collapse; margin-bottom: 3mm; font-size: 9.5pt; table-layout: fixed; }
th, td { border: .3mm solid #000; padding: .8mm 1.6mm; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
.fields th, .signature th { width: 26%; }
thead { display: table-header-group; } tr { break-inside: avoid; }
.signature { break-inside: avoid; } .hand td, .hand th { height: 11mm; }
code { font: 8.5pt monospace; overflow-wrap: anywhere; }
.seal { display: flex; justify-content: space-between; align-items: center; break-inside: avoid; }
.seal svg { width: 38mm; } .stamp { width: 44mm; height: 44mm; border: .3mm dashed #777; border-radius: 50%; text-align: center; line-height: 44mm; color: #777; }
footer { font: 8pt monospace; overflow-wrap: anywhere; }
";
