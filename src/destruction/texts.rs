//! Sentences in requests, for readers of both languages: what stays behind, and what is not destroyed.

use sealkeep_keystore::approval::Text;

use crate::calendar::day;

/// A sentence, Chinese first.
pub(super) fn text(zh: &str, en: &str) -> Text {
    let both = format!("{zh} / {en}");
    Text::try_from(both).unwrap_or_else(|_| Text::try_from(en).unwrap_or_default())
}

/// What no destruction of keys covers, whatever was chosen.
pub(super) fn always(vault: bool) -> Vec<Text> {
    let mut all = vec![text(
        "已恢复、导出、打印或传给他人的明文不在其内",
        "plain data that was restored, exported, printed or passed on",
    )];
    if vault {
        all.push(text(
            "申请之后备份的版本使用新的密钥,不在其内",
            "versions that are backed up after the request: they have keys of their own",
        ));
        all.push(text(
            "其他范围内的相同内容无法查出,不在其内",
            "the same content in other scopes: it cannot be found",
        ));
        all.push(text(
            "原处的文件及未进入保管库的硬链接不在其内",
            "files where they were backed up from, and hard links that are in no snapshot",
        ));
    }
    all
}

/// `due` is when it is to be synced at the latest, Unix seconds.
pub(super) fn unreachable(place: &str, due: Option<u64>) -> Text {
    let day = due.map(|due| day(i64::try_from(due).unwrap_or(i64::MAX)));
    let (zh, en) = match day {
        Some(day) => (format!("(最迟 {day})"), format!(", due on {day}")),
        None => ("(未定期限)".to_owned(), ", for which no time is set".to_owned()),
    };
    text(
        &format!("副本 {place} 无法访问:其上的密文在下次同步{zh}前保持不变"),
        &format!("copy {place} could not be reached: its ciphertext stays until it is synced{en}"),
    )
}

pub(super) fn key_copy_behind(place: &str) -> Text {
    text(
        &format!("密钥库副本 {place} 不是实时副本或无法访问:更新之前仍可打开其中的密钥,没有期限"),
        &format!(
            "copy {place} of the key store is not live or could not be reached: until it is brought up to date, for which no time is set, it opens what it holds"
        ),
    )
}

pub(super) fn sharing(count: usize) -> Text {
    text(
        &format!("另有 {count} 个对象含有部分相同内容,将继续保留"),
        &format!("{count} other objects hold some of the same content and stay"),
    )
}

pub(super) fn other_names(count: usize) -> Text {
    text(
        &format!("另有 {count} 个对象是所列文件的其他名称或其他代,未被选中,将继续保留"),
        &format!(
            "{count} objects are other names or generations of listed files, were not chosen and stay"
        ),
    )
}

pub(super) fn in_other_snapshots(count: usize) -> Text {
    text(
        &format!("该快照中有 {count} 个对象也在其他快照中,将继续保留"),
        &format!("{count} objects of the snapshot are in other snapshots too and stay"),
    )
}

pub(super) fn unexamined(count: usize) -> Text {
    text(
        &format!("有 {count} 个对象的密钥被冻结或不可用,无法判断是否属于本次范围"),
        &format!(
            "{count} objects could not be looked at, because their keys are on hold or do not open: whether they belong here is not known"
        ),
    )
}

pub(super) fn unread(count: usize) -> Text {
    text(
        &format!("保管库中有 {count} 段目录已损坏,无法读取"),
        &format!("{count} segments of the vault are damaged and could not be searched"),
    )
}

pub(super) fn unclassified(count: usize) -> Text {
    text(
        &format!("有 {count} 个对象没有保存期限类别,未核对保存期限"),
        &format!("{count} objects have no class of the retention policy: no period was checked"),
    )
}

pub(super) fn unknown_retention(count: usize) -> Text {
    text(
        &format!("有 {count} 个密钥无法得知其数据的保存期限,未核对"),
        &format!("the retention of {count} keys is not known: no period was checked"),
    )
}

pub(super) fn other_copies_of_sealed(count: usize) -> Text {
    text(
        &format!("另有 {count} 个密封文件使用所列密钥,一并失效"),
        &format!("{count} further sealed files have a listed key and die with it"),
    )
}

pub(super) fn folders_stay(count: usize) -> Text {
    text(
        &format!("有 {count} 个文件夹、链接或特殊文件的名称保留"),
        &format!("the names of {count} folders, links and special files stay"),
    )
}

pub(super) fn other_media() -> Text {
    text(
        "登记的其他介质(非保管库副本)上的数据不在其内",
        "what lies on registered media that are no copies of the vault",
    )
}

pub(super) fn other_links(count: usize) -> Text {
    text(
        &format!("有 {count} 个待覆盖的文件还有其他硬链接,其内容也将被覆盖"),
        &format!("{count} files to be overwritten have other names: their content goes too"),
    )
}
