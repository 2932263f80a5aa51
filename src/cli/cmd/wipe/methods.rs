//! `wipe methods`: the lists of passes that there are, and what is to be said about their names.

use sealkeep::wipe::{Method, Step};
use serde_json::{Value, json};

use crate::cli::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::messages::Messages;

pub(super) fn run(context: &Context) -> Result<Exit, Failure> {
    let output = &context.output;
    let built_in = Method::all();
    let custom = &context.settings.wipe.methods;
    for method in &built_in {
        output.line(&row(method, false, output.messages()))?;
        if let Some(text) = caveat(method, output.messages()) {
            output.say("wipe-caveat", &[("text", &text)])?;
        }
    }
    for method in custom {
        output.line(&row(method, true, output.messages()))?;
    }
    output.say("wipe-methods-legend", &[])?;
    let fields = |is_custom| move |method| fields(method, is_custom, output.messages());
    let methods: Vec<Value> =
        built_in.iter().map(fields(false)).chain(custom.iter().map(fields(true))).collect();
    output.document("sealkeep.wipe-methods/1", json!({ "methods": methods }))?;
    Ok(Exit::Ok)
}

/// A method on a line: name, number of passes, the passes, what is demanded.
fn row(method: &Method, custom: bool, messages: &Messages) -> String {
    let mut row =
        format!("{:<20} {:>3}  {}", method.id(), method.steps().len(), passes(method).join(" "));
    let notes =
        [(method.demands_read_back(), "wipe-method-read-back"), (custom, "wipe-method-custom")];
    for (_, key) in notes.into_iter().filter(|(applies, _)| *applies) {
        row.push_str("  ");
        row.push_str(&messages.text(key, &[]));
    }
    row
}

/// The passes in their short form; one that comes again at once is counted: `random×4`.
fn passes(method: &Method) -> Vec<String> {
    let runs = method.steps().chunk_by(|a, b| a == b);
    let text = |run: &[Step]| match run {
        [step] => step.to_string(),
        run => format!("{}×{}", run[0], run.len()),
    };
    runs.map(text).collect()
}

/// Where the list comes from and what it may not be called, in words.
fn caveat(method: &Method, messages: &Messages) -> Option<String> {
    messages.attribute("wipe-caveat", method.caveat()?, &[])
}

fn fields(method: &Method, custom: bool, messages: &Messages) -> Value {
    let caveat =
        caveat(method, messages).map(|text| json!({ "key": method.caveat(), "text": text }));
    json!({
        "id": method.id(),
        "passes": method.steps().iter().map(ToString::to_string).collect::<Vec<_>>(),
        "read_back_demanded": method.demands_read_back(),
        "custom": custom,
        "caveat": caveat,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::cli::messages::Lang;

    #[test]
    fn every_caveat_has_its_words_and_no_words_are_left_over() {
        let wanted: BTreeSet<&str> = Method::all().iter().filter_map(Method::caveat).collect();
        for lang in Lang::ALL {
            let messages = Messages::new(lang);
            for key in &wanted {
                assert!(messages.attribute("wipe-caveat", key, &[]).is_some(), "{lang:?}: {key}");
            }
        }
        let catalogue = include_str!("../../../../locales/en/sealkeep.ftl");
        let after = catalogue.split("\nwipe-caveat =").nth(1).unwrap_or_default();
        let there: BTreeSet<&str> = after
            .lines()
            .skip(1)
            .map_while(|line| line.strip_prefix("    .")?.split(" =").next())
            .collect();
        assert_eq!(there, wanted);
    }

    #[test]
    fn passes_that_come_again_are_counted() {
        let shown = |id| passes(&Method::find(id).expect("a built-in method")).join(" ");
        assert_eq!(shown("schneier"), "ff 00 random×5");
        assert_eq!(shown("pfitzner-33"), "random×33");
        assert_eq!(shown("dod-5220.22-m-ece"), "c ~c random c_2 c_3 ~c_3 random");
    }
}
