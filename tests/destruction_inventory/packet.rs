//! Packets: whoever reviews away from the key store sees what was requested, or that something does not fit.

use sealkeep::destruction::packet::{Packet, PacketParts};
use sealkeep::destruction::{Choice, Error, annex};
use sealkeep::keys::StoreKeys;
use sealkeep_crypto::{Secret, SigningKey, Suite};
use sealkeep_keystore::approval::policy::default_text;
use sealkeep_keystore::approval::statement::Statement;
use sealkeep_keystore::approval::{Digest, Draft, OfficerId, Policy, Request, Text, Trigger};
use sealkeep_keystore::ledger::Entry;

use super::scene::{REQUEST, TODAY, backup, freeze};
use crate::support::World;

struct Made {
    packet: Vec<u8>,
    root: Digest,
    request: Digest,
    names: Vec<String>,
}

fn text(text: &str) -> Text {
    text.try_into().unwrap()
}

fn make(suite: Suite, with_names: bool) -> Made {
    let world = World::new(suite);
    world.write("patients/0042/scan", "x");
    world.write("patients/0042/report", "y");
    backup(&world);
    let (frozen, files) = freeze(&world, [Choice::Subject("0042".into())]);
    let key = SigningKey::from_seed(suite, &Secret::random());
    let li: OfficerId = "li".parse().unwrap();
    let policy_text = default_text(TODAY);
    let policy = Policy::digest(suite, &policy_text);
    let request = Request {
        number: "2026-001".try_into().unwrap(),
        trigger: Trigger::ConsentWithdrawn,
        reason: text("consent withdrawn"),
        basis: text("PIPL 47"),
        owner: text("hospital"),
        department: text("archive"),
        level: frozen.level,
        remark: text(""),
        inventory: frozen.summary.clone(),
        copies: frozen.copies.clone(),
        residual: frozen.residual.clone(),
        not_covered: frozen.not_covered.clone(),
    };
    let draft = Draft::new([7; 16], 1_795_344_000, Some(policy), vec![li.clone()], request);
    let envelope = draft.sign(&[(&li, &key)]).unwrap();
    let request = Statement::parse(suite, &envelope).unwrap().digest;
    let root = frozen.summary.root;
    let keys = StoreKeys::new(world.store());
    let (names, tag_key) =
        annex::read(&keys, suite, &files, &REQUEST, &root, &frozen.items).unwrap();
    let entries = [Entry { index: 3, salt: [1; 16], body: b"{}".to_vec() }];
    let parts = PacketParts {
        suite,
        request: &envelope,
        policy_text: &policy_text,
        entries: &entries,
        items: &frozen.items,
        names: with_names.then_some((&names[..], &tag_key)),
    };
    let packet = parts.encode().unwrap();
    let other = PacketParts { items: &frozen.items[1..], ..parts };
    assert!(matches!(other.encode(), Err(Error::Altered { what: "the inventory" })));
    Made { packet, root, request, names }
}

#[test]
fn a_packet_shows_what_was_requested() {
    for suite in Suite::ALL {
        for with_names in [false, true] {
            let made = make(suite, with_names);
            let packet = Packet::read(&made.packet).unwrap();
            assert_eq!(packet.request.digest, made.request);
            assert_eq!(packet.request().inventory.root, made.root);
            assert_eq!(packet.names, with_names.then(|| made.names.clone()));
            assert_eq!(packet.entries.len(), 1);
            let shown = String::from_utf8(made.packet).unwrap().contains("patients/0042");
            assert_eq!(shown, with_names, "names are in it on demand only");
        }
    }
}

#[test]
fn whatever_is_edited_in_a_packet_is_refused() {
    let made = make(Suite::Sm4Gcm, true);
    let text = String::from_utf8(made.packet).unwrap();
    let edits: [(&str, &str, &'static str); 8] = [
        ("patients/0042/scan", "patients/0043/scan", "the list of names"),
        ("kind=object", "kind=sealed", "the inventory"),
        ("held=no", "held=yes", "the inventory"),
        ("wait = ", "wait =  ", "the policy"),
        ("sealkeep/packet/v1", "sealkeep/packet/v2", "the packet"),
        ("\"tag_key\":\"", "\"tag_key\":\"00", "the list of names"),
        ("sm4-gcm\",\"request\"", "aes256-gcm\",\"request\"", "the policy"),
        ("\"entries\":[", "\"more\":1,\"entries\":[", "the packet"),
    ];
    for (from, to, part) in edits {
        let edited = text.replacen(from, to, 1);
        assert!(edited != text, "{from}");
        let refused = Packet::read(edited.as_bytes());
        assert!(
            matches!(refused, Err(Error::Altered { what }) if what == part),
            "{from}: {refused:?}"
        );
    }
    // What is no entry shows no step.
    let refused = Packet::read(text.as_bytes()).unwrap().register();
    assert!(matches!(refused, Err(Error::Altered { what: "an entry of the ledger" })));
}
