//! 销毁证明: the certificate proper, with what it claims, on what it rests, and what may be left.

use super::super::{Block, Form, Words, words};
use super::{kinds, methods, names, note, person, persons, signature, when};
use crate::destruction::certificate::dossier::Dossier;

pub(super) fn form(dossier: &Dossier) -> Form {
    let mut blocks = vec![
        Block::Fields(facts(dossier)),
        Block::Head(words("声明与等级", "Claims and grades")),
        claims(dossier),
        Block::Head(words("所依据的假设", "Assumptions")),
        assumptions(dossier),
        Block::Head(words("可能的残留", "What may be left")),
    ];
    if dossier.residual.is_empty() {
        blocks.push(note("未发现可能的残留。", "Nothing is known that may be left."));
    } else {
        blocks.push(residual(dossier));
    }
    blocks.push(Block::Head(words("不在本证明范围内", "Not covered")));
    blocks.push(not_covered(dossier));
    blocks.extend(signatures(dossier));
    blocks.push(Block::Seal(dossier.link()));
    blocks.push(note(
        "本证明不声称符合任何标准或法规。纸面内容由签名文件生成,以签名文件为准;核验方法见“审计核验指南”。",
        "It does not claim to comply with anything. This paper was made from the signed file, which alone decides; the guide for auditors tells how to check it.",
    ));
    Form { title: words("数据销毁证明", "Certificate of destruction"), blocks }
}

fn facts(dossier: &Dossier) -> Vec<(Words, String)> {
    let (request, execution) = (&dossier.request, &dossier.execution);
    let time = format!("{} – {}", when(execution.started), when(execution.ended));
    vec![
        (words("编号", "Number"), request.number.clone()),
        (
            words("单位 / 部门", "Unit / department"),
            format!("{} / {}", request.owner, request.department),
        ),
        (words("销毁时间", "Destroyed"), time),
        (words("种类和数量", "Kinds and counts"), kinds(dossier)),
        (words("数据级别", "Level"), level(request.level)),
        (words("销毁方式", "Method"), methods(dossier)),
        (words("执行人", "Executor"), dossier.last("execute").map_or("-".to_owned(), person)),
        (words("监销人", "Witnesses"), persons(dossier.all("witness"))),
        (words("检测人", "Inspector"), dossier.last("inspect").map_or("-".to_owned(), person)),
        (words("清册根摘要", "Root of the inventory"), dossier.root.clone()),
        (words("密钥库", "Key store"), format!("{} ({})", dossier.store.id, dossier.store.suite)),
        (words("签发", "Issued"), format!("{}; {}", when(dossier.issued), dossier.program)),
    ]
}

/// The level of GB/T 39725.
pub(super) fn level(level: u8) -> String {
    if level == 0 {
        "未分级 not classified".to_owned()
    } else {
        format!("L{level} (GB/T 39725)")
    }
}

fn claims(dossier: &Dossier) -> Block {
    let heads = vec![
        (words("声明", "Claim"), 0.2),
        (words("等级", "Grade"), 0.12),
        (words("含义", "Meaning"), 0.46),
        (words("假设", "Assumes"), 0.22),
    ];
    let rows = dossier.claims.iter().map(|claim| {
        vec![
            claim.claim.clone(),
            claim.grade.clone(),
            format!("{} {}", claim.text.zh, claim.text.en),
            claim.assumes.join(" "),
        ]
    });
    Block::Table { heads, rows: rows.collect() }
}

fn assumptions(dossier: &Dossier) -> Block {
    let mut codes: Vec<&String> = dossier.claims.iter().flat_map(|claim| &claim.assumes).collect();
    codes.sort();
    codes.dedup();
    let heads = vec![(words("代码", "Code"), 0.22), (words("含义", "Meaning"), 0.78)];
    let rows = codes.into_iter().map(|code| vec![code.clone(), names::assumption(code)]);
    Block::Table { heads, rows: rows.collect() }
}

fn residual(dossier: &Dossier) -> Block {
    let heads = vec![
        (words("何处", "Kind"), 0.2),
        (words("位置", "Place"), 0.3),
        (words("原因", "Why"), 0.28),
        (words("至何时", "Until"), 0.22),
    ];
    let rows = dossier.residual.iter().map(|one| {
        let until = one.until.map_or_else(|| "不定 not known".to_owned(), when);
        vec![names::place(&one.what), one.place.clone(), names::reason(&one.why), until]
    });
    Block::Table { heads, rows: rows.collect() }
}

/// What the request says, in its own words; one row for each.
fn not_covered(dossier: &Dossier) -> Block {
    if dossier.not_covered.is_empty() {
        return note("申请未列出。", "The request lists nothing.");
    }
    let rows = dossier.not_covered.iter().map(|text| vec![text.clone()]).collect();
    Block::Table { heads: vec![(words("申请所述", "As the request says"), 1.0)], rows }
}

fn signatures(dossier: &Dossier) -> Vec<Block> {
    let mut blocks = vec![signature(words("执行人", "Executor"), dossier.last("execute"))];
    let witness = |act| signature(words("监销人", "Witness"), Some(act));
    blocks.extend(dossier.all("witness").map(witness));
    blocks.push(signature(words("检测人", "Inspector"), dossier.last("inspect")));
    blocks
}
