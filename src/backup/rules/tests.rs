use proptest::prelude::*;

use super::*;

const RULES: &str = r#"
version = "2026-01"

[default]
scope = "general"
residency = "CN"

[[rule]]
match = "patients/{id}/prescriptions/{year}-{month}-{day}.*"
scope = "patient/{id}"
level = 4
class = "prescription"
subjects = ["{id}"]
start = "{year}-{month}-{day}"

[[rule]]
match = "patients/{id}/**"
scope = "patient/{id}"
level = 4
class = "inpatient"
subjects = ["{id}", "mrn:{id}"]
generation = "monthly"

[[rule]]
match = "**/cache/**"
scope = "scratch"
start = "backup"

[[rule]]
match = "*.dcm"
compress = false

[[rule]]
match = "/srv/hr/**"
scope = "hr"
level = 3
residency = "CN-11"
generation = "version"
"#;

fn rules(text: &str) -> Rules {
    Rules::parse(text, "default", Suite::Sm4Gcm).unwrap()
}

fn one(pattern: &str) -> Rules {
    rules(&format!("version = '1'\n[[rule]]\nmatch = '{pattern}'\nscope = 'yes'"))
}

fn place(below: &str) -> Place<'_> {
    Place { below: below.as_bytes(), absolute: b"elsewhere" }
}

fn classify(rules: &Rules, below: &str) -> Classified {
    rules.classify(place(below), 1_000, 2_000)
}

fn matches(pattern: &str, path: &str) -> bool {
    classify(&one(pattern), path).class.scope == "yes"
}

#[test]
fn the_first_rule_that_matches_counts() {
    let rules = rules(RULES);
    let classified = classify(&rules, "patients/0042/notes/a.txt");
    let class = Class {
        scope: "patient/0042".to_owned(),
        level: 4,
        class: "inpatient".to_owned(),
        residency: "CN".to_owned(),
        subjects: vec!["0042".to_owned(), "mrn:0042".to_owned()],
        start: 1_000,
    };
    let expected = Classified { class, compress: true, generation: Generation::Monthly };
    assert_eq!(classified, expected);

    let class = classify(&rules, "patients/0042/prescriptions/2020-02-29.pdf").class;
    assert_eq!((class.class.as_str(), class.start), ("prescription", 1_582_905_600));
    assert_eq!(classify(&rules, "patients/0042/cache/x").class.class, "inpatient");
    assert_eq!(classify(&rules, "a/cache/x").class.start, 2_000);
    assert_eq!(classify(&rules, "patients.txt").class.scope, "general");
}

#[test]
fn a_folder_belongs_to_what_is_in_it() {
    let rules = rules(RULES);
    assert_eq!(classify(&rules, "patients/0042").class.scope, "patient/0042");
    assert_eq!(classify(&rules, "patients").class.scope, "general");
    assert_eq!(classify(&rules, "").class.scope, "general");
}

#[test]
fn absolute_patterns_see_the_whole_path() {
    let rules = rules(RULES);
    for absolute in ["srv/hr/pay.ods", "/srv/hr/pay.ods", "srv/hr"] {
        let place = Place { below: b"pay.ods", absolute: absolute.as_bytes() };
        let classified = rules.classify(place, 0, 0);
        assert_eq!((classified.class.scope.as_str(), classified.class.level), ("hr", 3));
        assert_eq!(classified.class.residency, "CN-11");
        assert_eq!(classified.generation, Generation::Version);
    }
    // An earlier rule for the path below the source goes first.
    let place = Place { below: b"x.dcm", absolute: b"srv/hr/x.dcm" };
    assert_eq!(rules.classify(place, 0, 0).class.scope, "general");
}

#[test]
fn patterns() {
    for (pattern, path, expected) in [
        ("a/b", "a/b", true),
        ("a/b", "a/b/c", false),
        ("a/b", "x/a/b", false),
        ("a/b/", "a/b", true),
        ("a", "x/y/a", true),
        ("a", "a", true),
        ("a", "a/b", false),
        ("a/*", "a/b", true),
        ("a/*", "a/b/c", false),
        ("a/**", "a/b/c", true),
        ("a/**", "a", true),
        ("a/**", "ab", false),
        ("a/**/b", "a/b", true),
        ("a/**/b", "a/x/y/b", true),
        ("a/**/**/b", "a/b", true),
        ("**/b/**", "b", true),
        ("**/b/**", "x/b/y", true),
        ("**", "", true),
        ("**", "any/thing", true),
        ("a/?", "a/封", true),
        ("a/?", "a/ab", false),
        ("a/?", "a/", false),
        ("a/x.y", "a/x-y", false),
        (r"a/\*", "a/*", true),
        (r"a/\*", "a/b", false),
        (r"a/\[1\]", "a/[1]", true),
        ("a/{x}-{y}", "a/1-2-3", true),
        ("a/{x}", "a/", false),
        ("a/b\u{a0}c", "a/b\u{a0}c", true),
        ("a/*", "a/line\nbreak", true),
        ("a/*", "a/ \u{fffd}", true),
    ] {
        assert_eq!(matches(pattern, path), expected, "{pattern} {path:?}");
    }
}

#[test]
fn names_that_are_no_text_match_and_stay_apart() {
    let rules = rules(RULES);
    let scope = |id: &[u8]| {
        let below = [b"patients/", id, b"/x"].concat();
        rules.classify(Place { below: &below, absolute: b"" }, 0, 0).class.scope
    };
    assert_eq!(scope(b"\xd5\xc5\xc8\xfd"), "patient/%D5%C5%C8%FD");
    assert_eq!(scope(b".."), "patient/%2E%2E");
    assert_eq!(
        one("a/?").classify(Place { below: b"a/\xff", absolute: b"" }, 0, 0).class.scope,
        "yes"
    );
}

#[test]
fn a_part_is_as_short_as_fits() {
    let rules = rules("version = '1'\n[[rule]]\nmatch = '{x}-{y}/*'\nscope = '{x}/{y}'");
    assert_eq!(classify(&rules, "a-b-c/d").class.scope, "a/b-c");
}

#[test]
fn a_period_without_its_date_begins_late() {
    let rules = rules(RULES);
    let path = place("patients/0042/prescriptions/2020-02-30.pdf");
    let explanation = rules.explain(path, 5_000, 2_000);
    assert!(explanation.no_date);
    assert_eq!(explanation.classified.class.start, 5_000);
    assert_eq!(rules.explain(path, 1_000, 2_000).classified.class.start, 2_000);
}

#[test]
fn explanations_name_the_rule_and_its_parts() {
    let rules = rules(RULES);
    let explanation = rules.explain(place("patients/张三/x"), 0, 0);
    let matched = explanation.rule.expect("a rule matches");
    assert_eq!((matched.line, matched.pattern.as_str()), (17, "patients/{id}/**"));
    assert_eq!(matched.captures, [("id".to_owned(), "张三".to_owned())]);
    assert!(!explanation.no_date);
    assert_eq!(rules.explain(place("other"), 0, 0).rule, None);
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    for (text, message) in [
        ("version = 1", "line 1: invalid type: integer `1`, expected a string"),
        ("[[rule]]\nmatch = 'a'", "line 1: missing field `version`"),
        ("version = '1'\nlevel = 3", "line 2: unknown field `level`"),
        ("version = '1'\n\n[[rule]]\nscope = 'a'", "line 3: a rule needs 'match'"),
        ("version = '1'\n[default]\nmatch = 'a'", "line 3: [default] takes no 'match'"),
        ("version = '1'\n[default]\nscope = '{id}'", "line 3: the pattern has no '{id}'"),
        (
            "version = '1'\n[[rule]]\nmatch = 'a/{id}'\n\nscope = '{ip}'",
            "line 5: the pattern has no '{ip}'",
        ),
        ("version = '1'\n[[rule]]\nmatch = 'a'\nlevel = 6", "line 4: a level is 1 to 5, not 6"),
        ("version = '1'\n[[rule]]\nmatch = 'a'\nlevel = -1", "line 4: a level is 1 to 5, not -1"),
        (
            "version = '1'\n[[rule]]\nmatch = 'a'\nclass = \"\\u0007\"",
            "line 4: '\u{7}' is not a label",
        ),
        ("version = '1'\n[[rule]]\nmatch = 'a'\nstart = 'born'", "line 4: 'born' is not a start"),
        ("version = '1'\n[[rule]]\nmatch = 'a'\nscope = 'vault/1'", "line 4: scopes below 'vault'"),
        ("version = '1'\n[[rule]]\nmatch = 'a'\ngeneration = 'x'", "line 4: unknown variant `x`"),
        (
            "version = '1'\n[[rule]]\nmatch = 'a//b'",
            "line 3: malformed pattern: a name in it is empty",
        ),
        (
            "version = '1'\n[[rule]]\nmatch = 'a'\nsubject = ['x']",
            "line 4: unknown field `subject`",
        ),
    ] {
        let error = Rules::parse(text, "default", Suite::Aes256Gcm).expect_err(text).to_string();
        assert!(error.starts_with(message), "{text}: {error}");
        assert!(!error.contains('\n'), "{error}");
    }
    let error = Rules::builtin("a//b", Suite::Aes256Gcm).expect_err("not a scope").to_string();
    assert!(error.starts_with("'a//b' is not the name of a scope"), "{error}");
}

#[test]
fn versions_and_classes() {
    let parsed = rules(RULES);
    let version = parsed.version().expect("it is from a file");
    assert_eq!(version.name, "2026-01");
    assert_eq!(version.digest, hash(Suite::Sm4Gcm, &[RULES.as_bytes()]));
    assert_eq!(parsed.classes(), [("prescription", 9), ("inpatient", 17)]);
    let builtin = Rules::builtin("ward", Suite::Sm4Gcm).unwrap();
    assert_eq!(builtin.version(), None);
    assert_eq!(classify(&builtin, "x").class.scope, "ward");
}

#[test]
fn a_million_paths_are_classified_in_reasonable_time() {
    let mut text = RULES.to_owned();
    for department in 0..40 {
        text.push_str(&format!(
            "[[rule]]\nmatch = 'dept-{department}/**/{{id}}/scan-*'\nscope = 'dept/{department}/{{id}}'\n"
        ));
    }
    let rules = rules(&text);
    let paths: Vec<String> = (0..20_000)
        .map(|n| match n % 3 {
            0 => format!("patients/{n:06}/2024/ct/series-{n}/image.png"),
            1 => format!("dept-{}/2024/05/{n:06}/scan-1", n % 40),
            _ => format!("unmatched/{n:06}/some/other/file.txt"),
        })
        .collect();
    let begin = std::time::Instant::now();
    let scopes: std::collections::HashSet<String> =
        paths.iter().map(|path| classify(&rules, path).class.scope).collect();
    assert_eq!(scopes.len(), 6_667 + 6_667 + 1);
    // A debug build is ten times slower than what is promised, a busy machine several times more.
    assert!(begin.elapsed().as_secs_f64() < 4.0, "{:?}", begin.elapsed());
}

proptest! {
    /// The matcher for all patterns and the one for a single pattern agree.
    #[test]
    fn the_earliest_of_several_patterns_wins(
        patterns in prop::collection::vec("[ab]{1,2}(/([ab*?]|\\*\\*)){0,3}(/\\{x\\})?(/[ab*])?", 1..6),
        path in "[ab]{1,2}(/[ab]{1,2}){0,4}",
    ) {
        let mut text = "version = '1'\n".to_owned();
        let mut first = None;
        for (number, pattern) in patterns.iter().enumerate() {
            text.push_str(&format!("[[rule]]\nmatch = '{pattern}'\nscope = 's{number}'\n"));
            if first.is_none() && matches(pattern, &path) {
                first = Some(format!("s{number}"));
            }
        }
        let scope = classify(&rules(&text), &path).class.scope;
        prop_assert_eq!(scope, first.unwrap_or_else(|| "default".to_owned()));
    }
}
