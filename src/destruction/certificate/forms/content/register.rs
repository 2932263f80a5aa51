//! 销毁清册: the list of what was destroyed. Long ones are cut here, and are whole in the workbook.

use super::super::{Block, Form, Words, made, words};
use super::{list, names, person, persons, signature, when, withheld};
use crate::calendar::day;
use crate::destruction::certificate::dossier::{Dossier, field};
use sealkeep_keystore::approval::inventory::Extra;

/// Rows that are printed.
const PRINTED: usize = 100;

/// Heads of the columns and their shares of the width.
pub(in super::super) const COLUMNS: [(Words, f32); 10] = [
    (words("序号", "No."), 0.06),
    (words("种类", "Kind"), 0.11),
    (words("题名", "Title"), 0.05),
    (words("年度", "Year"), 0.06),
    (words("档号(密钥或范围)", "File number (key or scope)"), 0.24),
    (words("应保管期限(类别)", "Retention due (class)"), 0.11),
    (words("到期", "Due from"), 0.1),
    (words("已保管天数", "Days kept"), 0.07),
    (words("字节", "Bytes"), 0.08),
    (words("备注(方式)", "Remark (method)"), 0.12),
];

pub(super) fn form(dossier: &Dossier) -> Form {
    let mut blocks = vec![Block::Fields(cover(dossier))];
    let witness = |act| signature(words("监销人", "Supervisor of the destruction"), Some(act));
    blocks.extend(dossier.all("witness").map(witness));
    let lines = dossier.lines.iter().take(PRINTED);
    let rows = lines.map(|line| row(line, dossier.execution.ended).to_vec()).collect();
    blocks.push(Block::Table { heads: COLUMNS.to_vec(), rows });
    if let Some(more) = dossier.lines.len().checked_sub(PRINTED).filter(|more| *more > 0) {
        blocks.push(Block::Note(made(
            format!("此处列出前 {PRINTED} 项,另有 {more} 项见电子清册(XLSX)与签名文件;全部内容由清册根摘要 {} 固定。", dossier.root),
            format!("These are the first {PRINTED} items; {more} more are in the workbook (XLSX) and in the signed file. The root {} fixes all of them.", dossier.root),
        )));
    }
    blocks.push(Block::Note(words(
        "题名和页数按设计不记录:题名会比数据活得更久。",
        "Titles and pages are left out by design: a title would outlive the data.",
    )));
    Form { title: words("销毁清册", "Register of destruction"), blocks }
}

pub(super) fn cover(dossier: &Dossier) -> Vec<(Words, String)> {
    let approvals = dossier.approvals();
    let signed = |act: &&crate::destruction::certificate::dossier::Act| {
        format!("{}, {}", person(act), when(act.time))
    };
    let (last, before) =
        approvals.split_last().map_or((None, &[][..]), |(last, before)| (Some(last), before));
    vec![
        (words("全宗号(密钥库)", "Fonds (key store)"), dossier.store.id.clone()),
        (words("申请编号", "Request"), dossier.request.number.clone()),
        (words("数量", "Count"), dossier.lines.len().to_string()),
        (words("鉴定人及时间", "Appraised by, when"), list(before.iter().map(signed))),
        (words("批准人及时间", "Approved by, when"), list(last.iter().map(|act| signed(act)))),
        (words("监销人", "Supervisors"), persons(dossier.all("witness"))),
        (words("销毁时间", "Destroyed"), when(dossier.execution.ended)),
        (words("题名", "Titles"), withheld()),
        (words("清册根摘要", "Root of the inventory"), dossier.root.clone()),
        (words("证明摘要", "Digest of the certificate"), dossier.digest.clone()),
    ]
}

/// A line as the register has it.
pub(in super::super) fn row(line: &str, destroyed: u64) -> [String; 10] {
    let number =
        field(line, "item").parse::<u64>().map_or("-".to_owned(), |item| (item + 1).to_string());
    let created = field(line, "created").parse::<u64>().ok();
    let id = match field(line, "key") {
        "-" => field(line, "scope"),
        key => key,
    };
    [
        number,
        names::kind(field(line, "kind")),
        "-".to_owned(),
        created.map_or("-".to_owned(), |time| day(signed(time)).year().to_string()),
        id.to_owned(),
        class(field(line, "class")),
        field(line, "due")
            .parse::<u64>()
            .map_or("-".to_owned(), |time| day(signed(time)).to_string()),
        created
            .map_or("-".to_owned(), |time| (destroyed.saturating_sub(time) / 86_400).to_string()),
        field(line, "size").to_owned(),
        names::method(field(line, "method")),
    ]
}

/// A class as people read it: lines are in ASCII.
fn class(text: &str) -> String {
    Extra::decode(text).map_or("-".to_owned(), |class| class.as_str().to_owned())
}

fn signed(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX)
}
