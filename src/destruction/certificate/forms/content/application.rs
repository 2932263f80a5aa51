//! 销毁申请表: who asked for what, who agreed, who carried it out and who watched.

use super::super::{Block, Form, Words, made, words};
use super::proof::level;
use super::{kinds, list, methods, names, signature, when, withheld};
use crate::destruction::certificate::dossier::{Act, CopyFacts, Dossier};

pub(super) fn form(dossier: &Dossier) -> Form {
    let mut blocks = vec![Block::Fields(facts(dossier))];
    blocks.push(signature(words("申请人", "Applicant"), dossier.last("request")));
    blocks.extend(dossier.approvals().into_iter().map(|act| signature(opinion_of(act), Some(act))));
    blocks.push(signature(words("销毁人", "Executor"), dossier.last("execute")));
    let watched = |act| signature(words("监督人", "Supervisor"), Some(act));
    blocks.extend(dossier.all("witness").map(watched));
    Form { title: words("数据销毁申请表", "Application for destruction"), blocks }
}

fn facts(dossier: &Dossier) -> Vec<(Words, String)> {
    let request = &dossier.request;
    let applied = dossier.last("request").map_or("-".to_owned(), |act| when(act.time));
    vec![
        (words("编号", "Number"), request.number.clone()),
        (words("申请日期", "Applied"), applied),
        (words("部门", "Department"), request.department.clone()),
        (words("数据所有者", "Owner"), request.owner.clone()),
        (words("文件名称", "Names of files"), withheld()),
        (words("原编号", "Original numbers"), withheld()),
        (words("类型", "Kinds"), kinds(dossier)),
        (words("数量", "Count"), request.items.to_string()),
        (words("范围(字节)", "Range (bytes)"), request.bytes.to_string()),
        (words("数据级别", "Level"), level(request.level)),
        (words("销毁原因", "Reason"), reason(dossier)),
        (words("依据", "Basis"), request.basis.clone()),
        (words("销毁方式", "Method"), methods(dossier)),
        (words("已知副本", "Known copies"), list(request.copies.iter().map(copy))),
        (words("清册根摘要", "Root of the inventory"), dossier.root.clone()),
        (words("备注", "Remark"), request.remark.clone()),
    ]
}

fn reason(dossier: &Dossier) -> String {
    format!("{}: {}", names::trigger(&dossier.request.trigger), dossier.request.reason)
}

fn copy(copy: &CopyFacts) -> String {
    let reached = if copy.reachable { "" } else { " (不可访问 not reachable)" };
    format!("{} {}{reached}", names::place(&copy.what), copy.place)
}

fn opinion_of(act: &Act) -> Words {
    let roles = list(act.roles.iter().map(|role| names::role(role)));
    let step = act.step.unwrap_or_default();
    made(format!("第 {step} 级审批意见({roles})"), format!("Opinion, step {step}"))
}
