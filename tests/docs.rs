//! What the documents say is so.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use sealkeep_medium::finding::Code;

/// Each row of the threat model names the test that shows it, and that test exists.
#[test]
fn every_test_that_the_threat_model_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources: Vec<PathBuf> = ["src", "tests", "crypto", "keystore", "medium"]
        .iter()
        .flat_map(|dir| rust_files(&root.join(dir)))
        .collect();
    let code: String = sources.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let model = fs::read_to_string(root.join("docs/threat-model.md")).unwrap();
    let mut named = 0;
    for row in model.lines().filter(|line| line.starts_with("| ") && line.matches('|').count() == 4)
    {
        let shown = row.rsplit('|').nth(1).unwrap();
        for name in shown.split('`').skip(1).step_by(2) {
            let a_test = code.contains(&format!("fn {name}("));
            let a_file = sources.iter().any(|path| path.ends_with(format!("tests/{name}.rs")));
            assert!(a_test || a_file, "the threat model names a test that is not there: {name}");
            named += 1;
        }
    }
    assert!(named > 20, "the rows were found: {named}");
}

/// Each code that a survey can find has its row where reports are described.
#[test]
fn every_finding_is_described() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/spec/wipe-report.md");
    let spec = fs::read_to_string(path).unwrap();
    for code in Code::ALL {
        let row = format!("| `{}` |", code.name());
        assert!(spec.contains(&row), "docs/spec/wipe-report.md has no row: {}", code.name());
    }
}

fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found
}
