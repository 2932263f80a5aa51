//! On what, when and against which versions it was measured.

use std::process::Command;

use crate::libcrypto;

/// Crates whose versions a reader wants to know.
const CRATES: [&str; 11] = [
    "aws-lc-rs",
    "aws-lc-sys",
    "ring",
    "aes-gcm",
    "aes",
    "ghash",
    "polyval",
    "sm4",
    "sm3",
    "sha2",
    "sealkeep-crypto",
];
/// Instructions that make a difference here, by their names in `/proc/cpuinfo`.
const FEATURES: [&str; 11] = [
    "aes",
    "pclmulqdq",
    "avx2",
    "bmi2",
    "sha_ni",
    "gfni",
    "vaes",
    "vpclmulqdq",
    "avx512f",
    "avx512bw",
    "avx512vbmi",
];

/// A list for the head of the tables.
pub fn describe(gcrypt: &str) -> String {
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("unknown");
    let system = file_field("/etc/os-release", "PRETTY_NAME", '=');
    let here = env!("CARGO_MANIFEST_DIR");
    let commit = output("git", &["-C", here, "describe", "--always", "--dirty"]);
    [
        format!("- {}, Sealkeep {commit}, {}", output("date", &["-uI"]), output("rustc", &["-V"])),
        format!(
            "- {}, Linux {}, load {load} at the start",
            system.trim_matches('"'),
            kernel.trim()
        ),
        format!("- {}", processor()),
        format!("- Crates: {}", CRATES.map(locked).join(", ")),
        format!("- Libraries: libgcrypt {gcrypt}, {}", libcrypto::version()),
    ]
    .join("\n")
}

fn processor() -> String {
    let model = file_field("/proc/cpuinfo", "model name", ':');
    let flags = file_field("/proc/cpuinfo", "flags", ':');
    let has = |feature: &&str| flags.split(' ').any(|flag| flag == *feature);
    let features: Vec<_> = FEATURES.into_iter().filter(has).collect();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{model}, {cores} processors, with {}", features.join(", "))
}

fn file_field(path: &str, name: &str, separator: char) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let mut fields = text.lines().filter_map(|line| line.split_once(separator));
    let value = fields.find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim());
    value.unwrap_or("unknown").to_owned()
}

fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.ok().filter(|text| !text.is_empty()).unwrap_or_else(|| format!("{program} unknown"))
}

/// Name and version, from the lock file of this build.
fn locked(name: &str) -> String {
    let lock = include_str!("../Cargo.lock");
    let entry = format!("name = \"{name}\"\nversion = \"");
    let version = lock.split_once(&entry).and_then(|(_, rest)| rest.split_once('"'));
    format!("{name} {}", version.map_or("?", |(version, _)| version))
}
