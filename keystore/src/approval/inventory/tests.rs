use super::*;
use crate::ledger::MerkleTree;

fn id(byte: u8) -> KeyId {
    KeyId([byte; 16])
}

fn object(item: u64, key: u8, scope: u8) -> Item {
    Item {
        item,
        kind: ItemKind::Object,
        key: Some(id(key)),
        scope: Some(id(scope)),
        state: Some(KeyState::Deactivated),
        held: false,
        level: Some(3),
        suite: Some(Suite::Sm4Gcm),
        created: Some(1_700_000_000),
        size: Some(10),
        digest: Some(ItemDigest { suite: Suite::Sm4Gcm, bytes: [7; 32] }),
        tag: Some([9; 16]),
        method: Method::CryptoErase { wipe: None },
        copies: vec![0, 2],
        class: Extra::new("住院"),
        due: Some(1_800_000_000),
        extra: None,
    }
}

fn scope(item: u64, scope: u8) -> Item {
    Item {
        kind: ItemKind::Scope,
        key: None,
        state: None,
        suite: None,
        created: None,
        size: None,
        digest: None,
        tag: None,
        class: None,
        due: None,
        ..object(item, 0, scope)
    }
}

fn medium(extra: &str) -> Item {
    Item {
        kind: ItemKind::Medium,
        scope: None,
        level: None,
        method: Method::Physical,
        extra: Extra::new(extra),
        ..scope(0, 0)
    }
}

#[test]
fn a_line_is_what_the_specification_shows() {
    let line = object(4, 1, 2).line();
    let digest = "07".repeat(32);
    let expected = format!(
        "item=4 kind=object key={} scope={} state=deactivated held=no level=3 suite=sm4-gcm created=1700000000 \
         size=10 digest=sm3:{digest} tag={} method=crypto-erase copies=0,2 \
         class=%E4%BD%8F%E9%99%A2 due=1800000000 extra=-",
        "01".repeat(16),
        "02".repeat(16),
        "09".repeat(16)
    );
    assert_eq!(line, expected);
    assert_eq!(Item::parse(&line), Ok(object(4, 1, 2)));
}

#[test]
fn every_text_comes_back_and_has_one_form() {
    for extra in ["-", "a b=c", "颗粒 2 mm, 100%", "x\ny", "~._-"] {
        let line = medium(extra).line();
        assert_eq!(line.split(' ').count(), 17, "{line}");
        assert_eq!(Item::parse(&line), Ok(medium(extra)));
    }
    for (plain, other) in
        [("extra=a", "extra=%61"), ("extra=%2D", "extra=%2d"), ("copies=0,2", "copies=00,2")]
    {
        let line = medium(if plain.ends_with('a') { "a" } else { "-" }).line();
        assert!(line.contains(plain));
        assert!(Item::parse(&line.replace(plain, other)).is_err(), "{other}");
    }
    assert_eq!(Extra::new("a\u{1b}b"), None);
    assert_eq!(Extra::new(""), None);
}

#[test]
fn other_lines_are_refused() {
    let line = object(0, 1, 2).line();
    for (from, to) in [
        ("item=0", "item=00"),
        ("item=0", "item=-1"),
        ("item=0", "item=+0"),
        ("kind=object", "kind=Object"),
        ("kind=object", "kind=scope"),
        ("kind=object", "kind=file"),
        ("level=3", "level=6"),
        ("state=deactivated", "state=-"),
        ("held=no", "held=maybe"),
        ("method=crypto-erase", "method=crypto-erase+"),
        ("method=crypto-erase", "method=crypto-erase+crypto-erase"),
        ("method=crypto-erase", "method=zero"),
        ("copies=0,2", "copies=2,0"),
        ("copies=0,2", "copies=0,0"),
        ("copies=0,2", "copies="),
        ("extra=-", "extra=x"),
        ("class=%E4%BD%8F%E9%99%A2", "class=-"),
        ("class=%E4", "class=%e4"),
        ("due=18", "due=018"),
        ("extra=-", "extra=- more=1"),
        ("extra=-", "extra=-\n"),
        (" size", "  size"),
        ("key=0101", "key=01"),
        ("sm3:", "md5:"),
    ] {
        let changed = line.replacen(from, to, 1);
        assert_ne!(changed, line);
        assert!(Item::parse(&changed).is_err(), "{changed}");
    }
    assert_eq!(Item::parse(&"x".repeat(MAX_LINE + 1)), Err(NotALine::TooLong));
}

#[test]
fn a_scope_covers_its_keys_and_each_id_is_a_target_once() {
    let items = [object(0, 1, 9), object(1, 2, 8), object(2, 1, 9), scope(3, 8), object(4, 3, 8)];
    assert_eq!(targets(&items), [id(1), id(8)]);
    assert_eq!(targets(&[medium("x")]), []);
}

#[test]
fn a_request_repeats_what_is_read() {
    for suite in Suite::ALL {
        let items = [object(0, 1, 9), object(1, 2, 9), scope(2, 7)];
        let lines: Vec<String> = items.iter().map(Item::line).collect();
        let inventory = read(suite, lines.iter().map(String::as_str)).unwrap();
        let tree = MerkleTree::of(suite, &lines);
        assert_eq!(inventory.summary.root, Digest(tree.root()));
        assert_eq!(root(suite, lines.iter().map(String::as_str)), Digest(tree.root()));
        assert_eq!((inventory.summary.items, inventory.summary.bytes, inventory.level), (3, 20, 3));
        assert_eq!(inventory.targets, targets(&items));
        assert_eq!(inventory.summary.targets, targets_digest(suite, &inventory.targets));
        let kinds = [(ItemKind::Object, 2), (ItemKind::Scope, 1)];
        assert_eq!(inventory.summary.kinds, BTreeMap::from(kinds));
        assert!(!inventory.held);
        let swapped = [&lines[1], &lines[0]].map(String::as_str);
        assert_eq!(read(suite, swapped), Err(NotAnInventory::Order(0)));
        assert_eq!(read(suite, []), Err(NotAnInventory::Empty));
    }
}
