//! Codes in words, both languages in one string. A code that is not known stands as it is.

/// Kinds of items.
pub(super) fn kind(code: &str) -> String {
    look_up(
        code,
        &[
            ("object", "保险库对象 vault object"),
            ("sealed", "加密文件 sealed file"),
            ("key", "密钥 key"),
            ("scope", "整个范围 whole scope"),
            ("file", "明文文件 plain file"),
            ("device", "设备 device"),
            ("medium", "物理介质 physical medium"),
        ],
    )
}

/// Methods, of which several may be joined by `+`.
pub(super) fn method(code: &str) -> String {
    let parts = code.split('+').map(|part| {
        look_up(
            part,
            &[
                ("crypto-erase", "密钥销毁 crypto-erase"),
                ("physical", "物理销毁 physical destruction"),
                ("-", "-"),
            ],
        )
    });
    parts.collect::<Vec<_>>().join(" + ")
}

/// Why something is destroyed (PIPL 47).
pub(super) fn trigger(code: &str) -> String {
    look_up(
        code,
        &[
            ("retention-expired", "保存期限届满 retention expired"),
            ("service-ended", "停止提供服务 service ended"),
            ("purpose-met", "处理目的已实现 purpose met"),
            ("purpose-impossible", "处理目的无法实现 purpose impossible"),
            ("consent-withdrawn", "撤回同意 consent withdrawn"),
            ("unlawful", "违法处理 unlawful processing"),
            ("other", "其他 other"),
        ],
    )
}

/// Roles of officers.
pub(super) fn role(code: &str) -> String {
    look_up(
        code,
        &[
            ("authority", "授权人 authority"),
            ("data-administrator", "数据管理员 data administrator"),
            ("department-head", "部门负责人 department head"),
            ("legal", "法务 legal"),
            ("security", "信息安全 information security"),
            ("executor", "执行人 executor"),
            ("witness", "监销人 witness"),
            ("inspector", "检测人 inspector"),
            ("auditor", "审计员 auditor"),
            ("key-administrator", "密钥管理员 key administrator"),
            ("operator", "操作员 operator"),
        ],
    )
}

/// Kinds of statements about a request.
pub(super) fn statement(code: &str) -> String {
    look_up(
        code,
        &[
            ("request", "申请 request"),
            ("approve", "批准 approve"),
            ("reject", "驳回 reject"),
            ("withdraw", "撤回 withdraw"),
            ("cancel", "取消 cancel"),
            ("resume", "恢复 resume"),
            ("execute", "执行 execute"),
            ("witness", "监销 witness"),
            ("inspect", "检测 inspect"),
        ],
    )
}

/// Places where something may be left, or was tried.
pub(super) fn place(code: &str) -> String {
    look_up(
        code,
        &[
            ("vault", "保险库 vault"),
            ("vault-copy", "保险库副本 vault copy"),
            ("keystore", "密钥库 key store"),
            ("keystore-copy", "密钥库副本 key-store copy"),
            ("cell", "根密钥单元 root cell"),
            ("file", "文件 file"),
            ("device", "设备 device"),
            ("overwritten", "覆写项 overwritten items"),
            ("declared", "申请中声明 declared in the request"),
        ],
    )
}

/// Why something may be left.
pub(super) fn reason(code: &str) -> String {
    look_up(
        code,
        &[
            ("not-erased", "旧根密钥未能覆写 the old root could not be overwritten"),
            ("medium", "介质不保证原位覆写 the medium may not overwrite in place"),
            ("behind", "副本未更新 the copy was not brought up to date"),
            ("given-up", "副本已放弃 the copy was given up"),
            ("unreachable", "检测时无法访问 not reachable for inspection"),
            ("kept", "按期保留 kept for a while"),
            ("not-inspected", "未检测 not inspected"),
            ("declared", "申请人声明 as the applicant says"),
            ("best-effort", "已覆写,但无法证实无残留 overwritten, but what is left cannot be told"),
        ],
    )
}

/// What a claim rests on.
pub(super) fn assumption(code: &str) -> String {
    look_up(
        code,
        &[
            ("A-CIPHER", "算法未被攻破 the suite is unbroken"),
            ("A-RANDOM", "密钥是随机的 keys were random"),
            (
                "A-NEVER-PLAIN",
                "已加密内容未另存明文 what was sealed was not kept in the clear elsewhere",
            ),
            ("A-OVERWRITE", "介质原位覆写 the medium overwrites in place"),
            (
                "A-REGISTERED",
                "密钥库没有未登记的副本 there are no unregistered copies of the key store",
            ),
            ("A-OFFICERS", "每把签名私钥仅由本人使用 each officer's key was used by that officer"),
            ("A-CLOCK", "时钟正确 the clock was right"),
            (
                "A-MEDIUM",
                "所销毁的确为所登记的介质 what was physically destroyed was the medium named",
            ),
        ],
    )
}

fn look_up(code: &str, table: &[(&str, &str)]) -> String {
    let found = table.iter().find(|(known, _)| *known == code);
    found.map_or(code, |(_, words)| words).to_owned()
}
