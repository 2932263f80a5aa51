//! The built-in lists, in the words in which they are shown: `c`, `~c`, `random`, hexadecimal bytes.

use super::{Method, Step};

/// A built-in method as it stands in the table.
pub(super) struct Row {
    pub(super) id: &'static str,
    passes: &'static str,
    read_back: bool,
    caveat: Option<&'static str>,
}

impl Row {
    /// The method of this row.
    pub(super) fn method(&self) -> Method {
        let steps = self
            .passes
            .split_whitespace()
            .map(|text| Step::shown(text).expect("the table can be read, a test reads all of it"));
        Method {
            id: self.id.to_owned(),
            steps: steps.collect(),
            read_back: self.read_back,
            caveat: self.caveat,
        }
    }

    /// Its text demands that the last pass is read back.
    const fn verified(self) -> Row {
        Row { read_back: true, ..self }
    }
}

/// In the order in which they are shown: plain ones first, then those named after a text.
pub(super) static ROWS: &[Row] = &[
    plain("zero", "00"),
    plain("one", "ff"),
    plain("random", "random"),
    LOGICAL,
    named("nist-clear", "nist-clear", "00"),
    named("gat1143-3", "gat1143-3", "c ~c random"),
    named("gat1143-7", "gat1143-7", "c ~c c_2 random c ~c random"),
    named("bmb21", "bmb21", "ff 00 random random random ff"),
    named("dod-5220.22-m", "dod-5220-22-m", "c ~c random").verified(),
    named("dod-5220.22-m-e", "dod-5220-22-m-e", "c ~c random"),
    named("dod-5220.22-m-ece", "dod-5220-22-m-ece", "c ~c random c_2 c_3 ~c_3 random"),
    named("nnsa-nap-14.1-c", "nnsa-nap-14-1-c", "random random 00").verified(),
    named("ar-380-19", "ar-380-19", "c c_2 ~c_2"),
    named("navso-p-5239-26-mfm", "navso-p-5239-26-mfm", "ff fffffffd random").verified(),
    named("navso-p-5239-26-rll", "navso-p-5239-26-rll", "ff ffffffe4 random").verified(),
    named("hmg-is5-baseline", "hmg-is5-baseline", "00").verified(),
    named("hmg-is5-enhanced", "hmg-is5-enhanced", "00 ff random").verified(),
    named("rcmp-tssit-ops-ii", "rcmp-tssit-ops-ii", "00 ff 00 ff 00 ff random").verified(),
    named("csec-itsg-06", "csec-itsg-06", "c ~c random").verified(),
    named("vsitr", "vsitr", "00 ff 00 ff 00 ff aa"),
    named("gost-r-50739-95", "gost-r-50739-95", "00 random"),
    named("schneier", "schneier", "ff 00 random random random random random"),
    named("gutmann", "gutmann", GUTMANN),
    named("pfitzner-7", "pfitzner", "random random random random random random random"),
    named("pfitzner-33", "pfitzner", PFITZNER_33),
];

/// Stands for all of its kind.
pub(super) const LOGICAL: Row = named("logical-3", "logical", "00 ff 00");

/// P. Gutmann, Secure Deletion of Data from Magnetic and Solid-State Memory (1996), table 1, in the order printed.
const GUTMANN: &str = "
    random random random random
    55 aa 924924 492492 249249
    00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff
    924924 492492 249249 6db6db b6db6d db6db6
    random random random random";

const PFITZNER_33: &str = "
    random random random random random random random random random random random
    random random random random random random random random random random random
    random random random random random random random random random random random";

const fn plain(id: &'static str, passes: &'static str) -> Row {
    Row { id, passes, read_back: false, caveat: None }
}

/// Named after a text, so there is something to be said about it.
const fn named(id: &'static str, caveat: &'static str, passes: &'static str) -> Row {
    Row { id, passes, read_back: false, caveat: Some(caveat) }
}
