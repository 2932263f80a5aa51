//! The evidence: statements, execution, inspection, and how to check the file.

use super::super::{Block, Form, Words, words};
use super::{names, note, person, when};
use crate::destruction::certificate::dossier::Dossier;

pub(super) fn form(dossier: &Dossier) -> Form {
    let mut blocks = vec![
        Block::Head(words("签名声明", "Signed statements")),
        statements(dossier),
        Block::Head(words("执行记录", "Execution")),
        Block::Fields(execution(dossier)),
    ];
    blocks.extend(cells(dossier));
    blocks.extend(wipes(dossier));
    blocks.extend(inspection(dossier));
    blocks.push(Block::Head(words("核验", "To check")));
    blocks.push(Block::Fields(vec![
        (words("命令", "Command"), "sealkeep certificate verify FILE --trust GENESIS".to_owned()),
        (words("创世声明摘要", "Digest of the genesis statement"), dossier.genesis.clone()),
        (words("密钥库公钥", "Public key of the store"), dossier.store.key.clone()),
        (words("证明摘要", "Digest of the certificate"), dossier.digest.clone()),
    ]));
    blocks.push(note(
        "创世声明摘要应从本文件以外的途径取得并比对。",
        "Get the digest of the genesis statement from somewhere else than this file, and compare it.",
    ));
    Form { title: words("证据摘要", "Evidence"), blocks }
}

fn statements(dossier: &Dossier) -> Block {
    let heads = vec![
        (words("声明", "Statement"), 0.14),
        (words("签署人", "Signed by"), 0.26),
        (words("账本时间", "Time of the ledger"), 0.2),
        (words("摘要", "Digest"), 0.4),
    ];
    let rows = dossier.acts.iter().map(|act| {
        let void = if act.counts { "" } else { " (不计入 does not count)" };
        let kind = format!("{}{void}", names::statement(&act.kind));
        vec![kind, person(act), when(act.time), act.digest.clone()]
    });
    Block::Table { heads, rows: rows.collect() }
}

fn execution(dossier: &Dossier) -> Vec<(Words, String)> {
    let record = &dossier.execution;
    let mut fields = vec![
        (words("状态", "State"), record.state.clone()),
        (words("程序", "Program"), record.program.clone()),
        (words("主机", "Host"), record.host.clone()),
        (words("开始", "Started"), when(record.started)),
        (words("结束", "Ended"), when(record.ended)),
    ];
    if let Some(keys) = &record.keys {
        let commit = format!("{} / {}", keys.epoch, keys.sequence);
        fields.push((
            words("销毁的密钥和范围", "Keys and scopes destroyed"),
            keys.targets.to_string(),
        ));
        fields.push((words("其标识的摘要", "Digest of their ids"), keys.digest.clone()));
        fields.push((words("纪元 / 提交", "Epoch / commit"), commit));
    }
    fields
}

fn cells(dossier: &Dossier) -> Vec<Block> {
    let Some(keys) = &dossier.execution.keys else { return Vec::new() };
    let heads = vec![
        (words("位置", "Place"), 0.4),
        (words("旧根密钥", "Old root"), 0.2),
        (words("回读", "Read back"), 0.18),
        (words("介质", "Medium"), 0.22),
    ];
    let mut rows: Vec<Vec<String>> = Vec::new();
    for cell in &keys.cells {
        let state =
            if cell.residual || !cell.erased { "残留 residual" } else { "已覆写 overwritten" };
        rows.push(vec![
            cell.place.clone(),
            state.to_owned(),
            cell.read_back.clone(),
            cell.medium.clone(),
        ]);
    }
    for copy in &keys.copies {
        let state = if copy.residual { "残留 residual" } else { "已覆写 overwritten" };
        rows.push(vec![copy.place.clone(), state.to_owned(), copy.state.clone(), "-".to_owned()]);
    }
    vec![Block::Table { heads, rows }]
}

fn wipes(dossier: &Dossier) -> Vec<Block> {
    if dossier.execution.wipes.is_empty() {
        return Vec::new();
    }
    let heads = vec![
        (words("项", "Item"), 0.12),
        (words("结果", "Result"), 0.22),
        (words("报告摘要", "Digest of the report"), 0.66),
    ];
    let rows =
        dossier.execution.wipes.iter().map(|wipe| {
            vec![(wipe.item + 1).to_string(), wipe.verdict.clone(), wipe.report.clone()]
        });
    vec![Block::Head(words("覆写", "Overwriting")), Block::Table { heads, rows: rows.collect() }]
}

fn inspection(dossier: &Dossier) -> Vec<Block> {
    let Some(found) = &dossier.inspection else { return Vec::new() };
    let heads = vec![
        (words("何处", "Kind"), 0.2),
        (words("位置", "Place"), 0.28),
        (words("尝试", "Tried"), 0.12),
        (words("打开", "Opened"), 0.12),
        (words("拒绝原因", "Refused because"), 0.28),
    ];
    let rows = found.places.iter().map(|place| {
        let refused = place.refused.iter().map(|(why, count)| format!("{why} × {count}"));
        let why = if place.reachable { super::list(refused) } else { names::reason("unreachable") };
        vec![
            names::place(&place.what),
            place.place.clone(),
            place.items.to_string(),
            place.opened.to_string(),
            why,
        ]
    });
    vec![
        Block::Head(words("销毁安全检测", "Inspection")),
        Block::Table { heads, rows: rows.collect() },
    ]
}
