//! The forms of one made-up certificate, with hostile text in every field that somebody may fill.

use sealkeep_keystore::record::{
    Cell, Execution, Executor, Inspection, Keys, Others, Place, Qualification, StoreCopy, Wiped,
};

use super::super::bundle::{Claim, Residual, StoreIdentity, Text};
use super::super::dossier::{Act, CopyFacts, Dossier, RequestFacts};
use super::{harmless, html, pdf, xlsx};

const HOSTILE: &str =
    "<script>alert(\"1\")</script>&'\u{202e}fdp\u{1b}[2J\n=HYPERLINK(\"x\") (\\) 病历𬱖";

fn act(kind: &str, step: Option<u32>, name: &str, role: &str) -> Act {
    Act {
        kind: kind.to_owned(),
        step,
        officer: format!("officer-{name}"),
        name: format!("王{name} {HOSTILE}"),
        person: format!("S-{name}"),
        roles: vec![role.to_owned()],
        opinion: format!("同意 agreed {HOSTILE}"),
        time: 1_790_000_000,
        digest: "ab".repeat(32),
        counts: true,
    }
}

fn line(item: usize) -> String {
    format!(
        "item={item} kind=object key={item:032x} scope={:032x} state=deactivated held=no level=4 \
         suite=sm4-gcm created=1700000000 size=12345 digest=sm3:{} tag={} method=crypto-erase copies=0,1 class=inpatient due=1700000000 extra=-",
        7,
        "cd".repeat(32),
        "ef".repeat(16)
    )
}

fn execution() -> Execution {
    let qualification = Some(Qualification { number: HOSTILE.to_owned(), until: 1_900_000_000 });
    let cell = |residual| Cell {
        place: format!("/keys/cell {HOSTILE}"),
        erased: true,
        read_back: "direct".to_owned(),
        medium: "ext4".to_owned(),
        residual,
    };
    let copy = StoreCopy {
        id: "1".to_owned(),
        place: "/copy".to_owned(),
        state: "current".to_owned(),
        residual: false,
    };
    Execution {
        schema: "sealkeep/execution/v1".to_owned(),
        store: "00".repeat(16),
        request: "11".repeat(32),
        inventory: "22".repeat(32),
        executor: Executor { officer: "e".to_owned(), person: "S-5".to_owned(), qualification },
        order: "33".repeat(32),
        program: "sealkeep 0.1.0".to_owned(),
        host: HOSTILE.to_owned(),
        started: 1_790_000_100,
        ended: 1_790_000_101,
        begun: 40,
        destroyed: Some(41),
        state: "executed".to_owned(),
        keys: Some(Keys {
            targets: 120,
            digest: "44".repeat(32),
            epoch: 9,
            sequence: 99,
            index_key: true,
            cells: vec![cell(false), cell(true)],
            copies: vec![copy],
        }),
        wipes: vec![Wiped { item: 3, verdict: "verified".to_owned(), report: "55".repeat(32) }],
        failed: Vec::new(),
    }
}

fn inspection() -> Inspection {
    let place = |reachable| Place {
        what: "vault-copy".to_owned(),
        id: "1".to_owned(),
        place: HOSTILE.to_owned(),
        reachable,
        items: 120,
        refused: [("destroyed".to_owned(), 120)].into(),
        opened: 0,
        others: Others { tried: 5, opened: 5 },
        residual_until: None,
    };
    Inspection {
        schema: "sealkeep/inspection/v1".to_owned(),
        request: "11".repeat(32),
        execution: "66".repeat(32),
        started: 1_790_000_200,
        ended: 1_790_000_300,
        program: "sealkeep 0.1.0".to_owned(),
        places: vec![place(true), place(false)],
        passed: true,
    }
}

fn dossier(items: usize) -> Dossier {
    let claim = Claim {
        claim: "keys-destroyed".to_owned(),
        grade: "erased".to_owned(),
        assumes: vec!["A-CIPHER".to_owned(), "A-RANDOM".to_owned(), "A-REGISTERED".to_owned()],
        text: Text { en: "The keys are gone.".to_owned(), zh: "密钥已销毁。".to_owned() },
    };
    let residual = Residual {
        what: "keystore-copy".to_owned(),
        place: HOSTILE.to_owned(),
        why: "unreachable".to_owned(),
        until: Some(1_800_000_000),
    };
    Dossier {
        digest: "99".repeat(32),
        issued: 1_790_001_000,
        program: "sealkeep 0.1.0".to_owned(),
        store: StoreIdentity {
            id: "00".repeat(16),
            suite: "sm4-gcm".to_owned(),
            key: format!("sm2:04{}", "77".repeat(64)),
            created: 1_700_000_000,
            incarnation: 1,
        },
        genesis: "88".repeat(32),
        request: RequestFacts {
            number: format!("销-2026-001 {HOSTILE}"),
            digest: "11".repeat(32),
            trigger: "consent-withdrawn".to_owned(),
            reason: format!("患者撤回同意。{HOSTILE}"),
            basis: "个人信息保护法第四十七条".to_owned(),
            owner: "某某医院".to_owned(),
            department: "放射科".to_owned(),
            level: 4,
            remark: HOSTILE.repeat(40),
            items: items as u64,
            bytes: 1_234_567,
            kinds: vec![("object".to_owned(), items as u64)],
            copies: vec![CopyFacts {
                what: "vault-copy".to_owned(),
                place: HOSTILE.to_owned(),
                reachable: false,
            }],
        },
        acts: vec![
            act("request", None, "1", "data-administrator"),
            act("approve", Some(1), "2", "department-head"),
            act("approve", Some(2), "3", "legal"),
            act("execute", None, "5", "executor"),
            act("witness", None, "6", "witness"),
            act("witness", None, "7", "witness"),
            act("inspect", None, "8", "inspector"),
        ],
        execution: execution(),
        inspection: Some(inspection()),
        claims: vec![claim],
        residual: vec![residual],
        not_covered: vec![HOSTILE.to_owned()],
        root: "22".repeat(32),
        lines: (0..items).map(line).collect(),
    }
}

#[test]
fn hostile_text_stays_text_in_html() {
    let page = html(&dossier(120));
    assert!(!page.contains("<script") && !page.contains("alert(\"") && !page.contains('\u{202e}'));
    assert!(!page.contains('\u{1b}'));
    assert!(page.contains("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;�fdp�[2J ="));
    // Nothing is fetched, and the only tags are ours.
    for other in ["src=", "href=", "url(", "<img", "<link", "onload"] {
        assert!(!page.contains(other), "{other}");
    }
    for words in ["销毁证明", "销毁申请表", "销毁清册", "SP 800-88", "公章", "另有 20 项"]
    {
        assert!(page.contains(words), "{words}");
    }
}

#[test]
fn the_same_certificate_gives_the_same_bytes() {
    let dossier = dossier(120);
    assert_eq!(html(&dossier), html(&dossier));
    assert!(pdf(&dossier) == pdf(&dossier));
    let book = xlsx(&dossier).unwrap();
    assert!(book.starts_with(b"PK"));
    std::thread::sleep(std::time::Duration::from_millis(2_100));
    assert!(book == xlsx(&dossier).unwrap(), "a time of writing is in the workbook");
}

#[test]
fn a_pdf_has_its_pages_and_its_objects_where_it_says() {
    let bytes = pdf(&dossier(120));
    let text = String::from_utf8_lossy(&bytes);
    let pages = text.matches("/Type /Page\n").count();
    assert!(pages >= 7, "{pages}");
    assert!(text.contains(&format!("/Count {pages}")) && text.contains("/UniGB-UTF16-H"));
    let start: usize =
        text.rsplit("startxref\n").next().unwrap().lines().next().unwrap().parse().unwrap();
    assert!(bytes[start..].starts_with(b"xref"));
}

/// The squares that a page draws are those of the code for the digest, with four light ones around.
#[test]
fn the_code_on_the_page_is_that_of_the_digest() {
    let dossier = dossier(1);
    let link = format!("sealkeep-certificate:{}", "99".repeat(32));
    let code = qrcode::QrCode::with_error_correction_level(link, qrcode::EcLevel::M).unwrap();
    let (width, colors) = (code.width(), code.to_colors());
    let page = html(&dossier);
    let (_, path) = page.split_once("aria-label=\"QR\"><path d=\"").unwrap();
    let (path, _) = path.split_once('"').unwrap();
    let mut drawn = vec![qrcode::Color::Light; width * width];
    for run in path.split('M').skip(1) {
        let numbers: Vec<usize> =
            run.split([' ', 'h', 'v']).take(3).map(|number| number.parse().unwrap()).collect();
        let at = (numbers[1] - 4) * width + numbers[0] - 4;
        drawn[at..at + numbers[2]].fill(qrcode::Color::Dark);
    }
    assert!(drawn == colors);
    assert!(page.contains(&format!("viewBox=\"0 0 {0} {0}\"", width + 8)));
}

#[test]
fn a_line_has_no_controls() {
    assert_eq!(harmless("a\nb\u{7}\u{2067}c"), "a b��c");
    assert_eq!(harmless("=1+1 病历 𬱖"), "=1+1 病历 𬱖");
}

/// For people: `SEALKEEP_SHOW=DIR cargo test --lib forms` leaves the forms there.
#[test]
fn forms_can_be_looked_at() {
    let Some(dir) = std::env::var_os("SEALKEEP_SHOW") else { return };
    let dir = std::path::Path::new(&dir);
    let dossier = dossier(250);
    std::fs::write(dir.join("forms.html"), html(&dossier)).unwrap();
    std::fs::write(dir.join("forms.pdf"), pdf(&dossier)).unwrap();
    std::fs::write(dir.join("forms.xlsx"), xlsx(&dossier).unwrap()).unwrap();
}
