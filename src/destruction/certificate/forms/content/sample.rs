//! The fields of the sample certificate in NIST SP 800-88 (r1 appendix G, r2 appendix C).

use sealkeep_keystore::approval::Item;
use sealkeep_keystore::record::Place;

use super::super::{Block, Form, Words, words};
use super::proof::level;
use super::{by_hand, list, methods, names, note, signature, when};
use crate::destruction::certificate::dossier::{Act, Dossier, field};

pub(super) fn form(dossier: &Dossier) -> Form {
    let blocks = vec![
        Block::Head(words("执行人", "Person performing sanitization")),
        Block::Fields(who(dossier.last("execute"), dossier)),
        Block::Head(words("介质", "Media information")),
        Block::Fields(media(dossier)),
        Block::Head(words("清除", "Sanitization details")),
        Block::Fields(details(dossier)),
        Block::Head(words("核验人", "Validation")),
        Block::Fields(who(dossier.last("inspect"), dossier)),
        signature(words("执行人签字", "Signature, performing"), dossier.last("execute")),
        signature(words("核验人签字", "Signature, validating"), dossier.last("inspect")),
        note(
            "本表仅采用该文件示例的字段,不表示符合该文件。密钥销毁(CE)的前提是上文列出的假设;对文件的覆写至多为 Clear。",
            "It has the fields of that document's sample and does not say that the document was complied with. Crypto-erase (CE) holds under the assumptions named above; overwriting of files is Clear at most.",
        ),
    ];
    Form {
        title: words(
            "介质清除记录(SP 800-88 示例字段)",
            "Record of sanitization (fields of the SP 800-88 sample)",
        ),
        blocks,
    }
}

fn who(act: Option<&Act>, dossier: &Dossier) -> Vec<(Words, String)> {
    let qualification = dossier
        .execution
        .executor
        .qualification
        .as_ref()
        .filter(|_| act.is_some_and(|act| act.kind == "execute"));
    // Where the inspector was, nothing says.
    let place = act.filter(|act| act.kind == "execute").map(|_| dossier.execution.host.clone());
    let text = |found: Option<String>| found.unwrap_or_else(|| "-".to_owned());
    vec![
        (words("姓名", "Name"), text(act.map(|act| act.name.clone()))),
        (
            words("职务", "Title"),
            text(act.map(|act| list(act.roles.iter().map(|role| names::role(role))))),
        ),
        (words("工号", "Staff number"), text(act.map(|act| act.person.clone()))),
        (
            words("资质", "Qualification"),
            text(qualification.map(|found| format!("{} ({})", found.number, when(found.until)))),
        ),
        (words("单位", "Organisation"), dossier.request.owner.clone()),
        (words("日期", "Date"), text(act.map(|act| when(act.time)))),
        (words("地点", "Location"), place.unwrap_or_else(by_hand)),
        (words("电话", "Phone"), by_hand()),
    ]
}

fn media(dossier: &Dossier) -> Vec<(Words, String)> {
    let named = dossier.lines.iter().filter(|line| field(line, "extra") != "-");
    let extra = named.filter_map(|line| Item::parse(line).ok()?.extra);
    let copies = dossier.request.copies.iter().map(|copy| copy.place.clone());
    vec![
        (
            words("介质(清册所述)", "Media, as listed"),
            list(extra.take(20).map(|extra| extra.as_str().to_owned())),
        ),
        (words("制造商", "Make"), by_hand()),
        (words("型号", "Model"), by_hand()),
        (words("序列号", "Serial number"), by_hand()),
        (words("资产编号", "Property number"), by_hand()),
        (words("介质类型", "Media type"), super::kinds(dossier)),
        (words("来源", "Source"), dossier.request.department.clone()),
        (words("清除前级别", "Classification before"), level(dossier.request.level)),
        (words("有无备份及位置", "Backed up, where"), list(copies)),
    ]
}

fn details(dossier: &Dossier) -> Vec<(Words, String)> {
    let read_back = dossier.execution.keys.iter().flat_map(|keys| &keys.cells);
    let verified = read_back.map(|cell| format!("{}: {}", cell.place, cell.read_back));
    vec![
        (words("方法类型", "Method type"), method_types(dossier)),
        (words("方法", "Method used"), methods(dossier)),
        (words("工具及版本", "Tool, version"), dossier.execution.program.clone()),
        (words("核验方式", "Verification method"), list(verified)),
        (words("检测", "Inspection"), inspected(dossier)),
        (words("清除后级别", "Classification after"), by_hand()),
        (words("介质去向", "Destination of media"), by_hand()),
        (words("说明", "Notes"), dossier.request.remark.clone()),
    ]
}

/// Clear, Purge or Destroy, as far as that is true.
fn method_types(dossier: &Dossier) -> String {
    let method = |line| field(line, "method");
    let some = |known: fn(&str) -> bool| dossier.lines.iter().any(|line| known(method(line)));
    let types = [
        (
            some(|method| method.starts_with("crypto-erase")),
            "Purge(密钥销毁 CE),仅在所列假设成立且无残留时 (cryptographic erase), only if the assumptions named hold and nothing is left",
        ),
        (
            some(|method| !matches!(method, "crypto-erase" | "physical" | "-")),
            "Clear(覆写),至多 (overwriting), at most",
        ),
        (
            some(|method| method == "physical"),
            "Destroy(物理销毁),据签名人声明 (physical destruction), as those who signed say",
        ),
    ];
    list(types.into_iter().filter(|(there, _)| *there).map(|(_, words)| words.to_owned()))
}

fn inspected(dossier: &Dossier) -> String {
    dossier.inspection.as_ref().map_or_else(
        || "未检测 not inspected".to_owned(),
        |found| {
            let sum =
                |of: fn(&Place) -> u64| found.places.iter().map(of).fold(0, u64::saturating_add);
            let (tried, opened) = (sum(|place| place.items), sum(|place| place.opened));
            format!("尝试 {tried},打开 {opened} / tried {tried}, opened {opened}")
        },
    )
}
