//! The lists, written out once more from the texts and not from the table of the program.

use super::*;

/// A list as its text says it: `c`, `~c`, `R`, hex. The number of passes, and whether a read-back is demanded, stand apart.
const WRITTEN: &[(&str, usize, bool, &str)] = &[
    ("zero", 1, false, "00"),
    ("one", 1, false, "FF"),
    ("random", 1, false, "R"),
    ("logical-3", 3, false, "00 FF 00"),
    ("nist-clear", 1, false, "00"),
    ("gat1143-3", 3, false, "c ~c R"),
    ("gat1143-7", 7, false, "c ~c c_2 R c ~c R"),
    ("bmb21", 6, false, "FF 00 R R R FF"),
    ("dod-5220.22-m", 3, true, "c ~c R"),
    ("dod-5220.22-m-e", 3, false, "c ~c R"),
    ("dod-5220.22-m-ece", 7, false, "c ~c R c_2 c_3 ~c_3 R"),
    ("nnsa-nap-14.1-c", 3, true, "R R 00"),
    ("ar-380-19", 3, false, "c c_2 ~c_2"),
    ("navso-p-5239-26-mfm", 3, true, "FF FFFFFFFD R"),
    ("navso-p-5239-26-rll", 3, true, "FF FFFFFFE4 R"),
    ("hmg-is5-baseline", 1, true, "00"),
    ("hmg-is5-enhanced", 3, true, "00 FF R"),
    ("rcmp-tssit-ops-ii", 7, true, "00 FF 00 FF 00 FF R"),
    ("csec-itsg-06", 3, true, "c ~c R"),
    ("vsitr", 7, false, "00 FF 00 FF 00 FF AA"),
    ("gost-r-50739-95", 2, false, "00 R"),
    ("schneier", 7, false, "FF 00 R R R R R"),
    (
        "gutmann",
        35,
        false,
        "R R R R 55 AA 924924 492492 249249 00 11 22 33 44 55 66 77 88 99 AA BB CC DD EE FF \
         924924 492492 249249 6DB6DB B6DB6D DB6DB6 R R R R",
    ),
    ("pfitzner-7", 7, false, "R R R R R R R"),
    ("pfitzner-33", 33, false, "R R R R R R R R R R R R R R R R R R R R R R R R R R R R R R R R R"),
];

/// As the program shows it.
fn shown(written: &str) -> Vec<String> {
    let word = |word: &str| if word == "R" { "random".to_owned() } else { word.to_lowercase() };
    written.split_whitespace().map(word).collect()
}

fn steps(method: &Method) -> Vec<String> {
    method.steps().iter().map(ToString::to_string).collect()
}

#[test]
fn every_list_is_the_one_that_is_written() {
    for (id, count, read_back, written) in WRITTEN {
        let method = Method::find(id).unwrap();
        assert_eq!(method.id(), *id);
        assert_eq!(steps(&method), shown(written), "{id}");
        assert_eq!(method.steps().len(), *count, "{id}");
        assert_eq!(method.demands_read_back(), *read_back, "{id}");
    }
}

#[test]
fn all_are_shown_once_and_found_again() {
    let ids: Vec<String> = Method::all().iter().map(|method| method.id().to_owned()).collect();
    assert_eq!(ids, WRITTEN.iter().map(|(id, ..)| *id).collect::<Vec<_>>());
    for method in Method::all() {
        assert_eq!(Method::find(method.id()), Some(method));
    }
}

#[test]
fn logical_has_as_many_passes_as_it_says() {
    for count in 3..=99 {
        let method = Method::find(&format!("logical-{count}")).unwrap();
        let expected: Vec<&str> =
            (0..count).map(|at| if at % 2 == 0 { "00" } else { "ff" }).collect();
        assert_eq!(steps(&method), expected);
        assert_eq!(method.caveat(), Some("logical"));
    }
    for id in ["logical-2", "logical-100", "logical-03", "logical-+3", "logical-", "logical-N"] {
        assert_eq!(Method::find(id), None, "{id}");
    }
}

#[test]
fn only_methods_named_after_no_text_have_no_caveat() {
    let bare: Vec<String> = Method::all()
        .iter()
        .filter(|method| method.caveat().is_none())
        .map(|method| method.id().to_owned())
        .collect();
    assert_eq!(bare, ["zero", "one", "random"]);
}

/// The single byte of a pass.
fn byte(pass: &Pass) -> u8 {
    match pass {
        Pass::Fixed(bytes) => *bytes.first().filter(|_| bytes.len() == 1).unwrap(),
        Pass::Random => panic!("a fixed pass"),
    }
}

#[test]
fn characters_and_complements_belong_together() {
    for _ in 0..100 {
        let passes = Method::find("dod-5220.22-m-ece").unwrap().expand();
        assert_eq!(byte(&passes[1]), !byte(&passes[0]));
        assert_eq!(byte(&passes[5]), !byte(&passes[4]));
        assert_eq!((&passes[2], &passes[6]), (&Pass::Random, &Pass::Random));
        let passes = Method::find("gat1143-7").unwrap().expand();
        assert_eq!((&passes[0], &passes[1]), (&passes[4], &passes[5]));
        assert_eq!(byte(&passes[1]), !byte(&passes[0]));
        let passes = Method::find("ar-380-19").unwrap().expand();
        assert_eq!(byte(&passes[2]), !byte(&passes[1]));
    }
}

#[test]
fn characters_are_drawn_for_each_run_and_each_number() {
    let drawn: Vec<Vec<Pass>> =
        (0..40).map(|_| Method::find("dod-5220.22-m-ece").unwrap().expand()).collect();
    for [a, b] in [[0, 3], [0, 4], [3, 4]] {
        assert!(drawn.iter().any(|passes| passes[a] != passes[b]), "{a} {b}");
    }
    for at in [0, 3, 4] {
        assert!(drawn.iter().any(|passes| passes[at] != drawn[0][at]), "{at}");
    }
}

#[test]
fn fixed_lists_expand_to_themselves() {
    for id in ["gutmann", "navso-p-5239-26-mfm", "vsitr"] {
        let method = Method::find(id).unwrap();
        let expanded: Vec<String> = method.expand().iter().map(ToString::to_string).collect();
        assert_eq!(expanded, steps(&method));
    }
}

fn custom(id: &str, passes: &[&str]) -> Result<Method, MethodError> {
    let passes: Vec<String> = passes.iter().map(|pass| (*pass).to_owned()).collect();
    Method::custom(id, &passes)
}

#[test]
fn a_list_of_ones_own() {
    let method = custom("ward.7-x", &["00", "924924", "char", "~char", "random", "Ff"]).unwrap();
    assert_eq!(method.id(), "ward.7-x");
    assert_eq!(steps(&method), ["00", "924924", "c", "~c", "random", "ff"]);
    assert_eq!((method.demands_read_back(), method.caveat()), (false, None));
    let passes = method.expand();
    assert_eq!(byte(&passes[3]), !byte(&passes[2]));
    assert_eq!(custom("most", &["00"; 100]).unwrap().steps().len(), 100);
    assert_eq!(custom("long", &[&"a5".repeat(64)]).unwrap().steps().len(), 1);
}

#[test]
fn a_pass_that_cannot_be_read_is_named() {
    for text in ["", "0", "gg", "c", "~c", "c_2", "Random", "0x00", "00 ff", &"00".repeat(65)] {
        let error = custom("own", &["00", text]).unwrap_err();
        assert_eq!(error, MethodError::Pass { number: 2, text: text.to_owned() });
    }
}

#[test]
fn lists_have_names_and_sizes() {
    assert_eq!(custom("own", &[]), Err(MethodError::Count(0)));
    assert_eq!(custom("own", &["00"; 101]), Err(MethodError::Count(101)));
    for id in ["", "-a", ".a", "A", "a b", "a/b", "a\n", "病", &"a".repeat(65)] {
        assert_eq!(custom(id, &["00"]), Err(MethodError::Name));
    }
    for id in ["zero", "gutmann", "logical-3", "logical-42"] {
        assert_eq!(custom(id, &["00"]), Err(MethodError::BuiltIn));
    }
}
