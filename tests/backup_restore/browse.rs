//! Snapshots looked at without restoring them.

use sealkeep::backup::browse::{Objects, diff};
use sealkeep::vault::{Description, SnapshotFile, SnapshotId, Vault};

use super::*;

/// Enough objects for many segments.
fn make_wards(world: &World) {
    for ward in 0..30 {
        for record in 0..40 {
            world.write(&format!("ward{ward:02}/{record:02}"), format!("{ward} {record}"));
        }
        world.write(&format!("ward{ward:02}/deep/er/x"), "x");
    }
    world.write("ward05.txt", "beside a folder of almost the same name");
}

fn newest(vault: &Vault) -> SnapshotFile {
    find_snapshot(vault, None).unwrap().unwrap()
}

/// The path below `data`.
fn below(world: &World, path: &[u8]) -> String {
    let data = world.data().canonicalize().unwrap();
    let path = Path::new("/").join(OsStr::from_bytes(path));
    path.strip_prefix(data).unwrap().to_str().unwrap().to_owned()
}

fn in_vault(world: &World, path: &str) -> Vec<u8> {
    let path = world.data().canonicalize().unwrap().join(path);
    path.as_os_str().as_bytes()[1..].to_vec()
}

#[test]
fn objects_are_found_by_path_and_folders_listed() {
    let world = World::new(Suite::Aes256Gcm);
    make_wards(&world);
    world.backup();
    let vault = world.vault();
    let objects = Objects::of(&vault, &newest(&vault)).unwrap();
    for path in ["ward00", "ward17/39", "ward29/deep/er/x", "ward05.txt", "ward00/00"] {
        let path = in_vault(&world, path);
        assert_eq!(objects.get(&path).unwrap().unwrap().description.path, path);
    }
    for path in ["ward30", "ward17/40", "absent/x", "ward05.txt/x"] {
        assert_eq!(objects.get(&in_vault(&world, path)).unwrap(), None, "{path}");
    }
    let list = |path: &str, everything| {
        let found = objects.folder(&in_vault(&world, path), everything).unwrap();
        found.iter().map(|one| below(&world, &one.description.path)).collect::<Vec<_>>()
    };
    let ward = list("ward05", false);
    assert_eq!(ward.len(), 41);
    assert!(ward.iter().all(|path| path.starts_with("ward05/") && path.matches('/').count() == 1));
    assert_eq!(list("ward05/deep", true), ["ward05/deep/er", "ward05/deep/er/x"]);
    assert_eq!(list("ward29", true).len(), 43);
    assert_eq!(list("ward2", true), [""; 0]);
    let data = world.data().canonicalize().unwrap();
    let top = data.as_os_str().as_bytes()[1..].to_vec();
    assert_eq!(objects.folder(&top, false).unwrap().len(), 31);
    let all = objects.folder(&top, true).unwrap();
    assert_eq!(all.len(), 30 * 43 + 31);
    assert_eq!(objects.folder(b"", true).unwrap().len(), all.len() + 1);
}

#[test]
fn searches_see_every_object_that_opens() {
    let world = World::new(Suite::Sm4Gcm);
    make_wards(&world);
    world.backup();
    let key = world.key_of(&world.data().canonicalize().unwrap().join("ward07/07"));
    world.destroy(vec![key]);
    let vault = world.vault();
    let objects = Objects::of(&vault, &newest(&vault)).unwrap();
    let seven = |description: &Description| description.path.ends_with(b"/07");
    let search = objects
        .search(&Run::quiet(), |_, one| seven(one).then(|| below(&world, &one.path)))
        .unwrap();
    assert_eq!(search.closed, [key]);
    assert_eq!(search.found.len(), 29);
    assert!(search.found.is_sorted());
    assert_eq!(objects.get(&in_vault(&world, "ward07/07")).unwrap(), None);
    assert_eq!(objects.folder(&in_vault(&world, "ward07"), false).unwrap().len(), 40);
}

#[test]
fn two_snapshots_are_compared() {
    let world = World::new(Suite::Aes256Gcm);
    make_wards(&world);
    let before = world.backup().snapshot.unwrap();
    world.write("ward03/new", "new");
    fs::remove_file(world.data().join("ward04/04")).unwrap();
    world.write("ward05/05", "5 6");
    fs::set_permissions(world.data().join("ward06/06"), fs::Permissions::from_mode(0o600)).unwrap();
    let after = world.backup().snapshot.unwrap();
    let vault = world.vault();
    let of = |id: SnapshotId| {
        let snapshot = find_snapshot(&vault, Some(&id.to_string())).unwrap().unwrap();
        Objects::of(&vault, &snapshot).unwrap()
    };
    let (before, after) = (of(before), of(after));
    let difference = diff(&before, &after).unwrap();
    assert!(difference.closed.is_empty());
    let told: Vec<_> = difference
        .changes
        .iter()
        .map(|one| {
            let path = below(&world, one.path());
            (path, one.before.is_some(), one.after.is_some(), one.content)
        })
        .filter(|(path, ..)| path.contains('/'))
        .collect();
    let expected = [
        ("ward03/new", false, true, true),
        ("ward04/04", true, false, true),
        ("ward05/05", true, true, true),
        ("ward06/06", true, true, false),
    ];
    assert_eq!(told, expected.map(|(path, a, b, c)| (path.to_owned(), a, b, c)));
    assert_eq!(diff(&after, &before).unwrap().changes.len(), difference.changes.len());
    assert!(diff(&after, &after).unwrap().changes.is_empty());
}
