//! Files that are gone, cut short, exchanged, or not the vault's at all.

use std::fs;
use std::path::PathBuf;

use sealkeep::envelope::Run;
use sealkeep::vault::check::{VaultCheck, VaultProblem};
use sealkeep::vault::pack::PackPart;
use sealkeep::vault::{Directory, PackKind, SnapshotId, copy};
use sealkeep_crypto::Suite;

use super::scene::{
    Tree, WAIT, assert_restores, assert_same, assert_sound, check, check_copy, prune, put_back,
    restore, snapshot, sync, tree, try_prune,
};
use crate::support::{World, random};

struct Scene {
    world: World,
    was: Tree,
    one: SnapshotId,
}

/// Two snapshots of files of some pages each, in several packs, and a copy.
fn scene() -> Scene {
    let world = World::new(Suite::Aes256Gcm);
    for at in 0..30 {
        world.write(&format!("{at:02}"), random(70_000));
    }
    world.backup();
    (0..10).for_each(|at| world.write(&format!("{at:02}"), random(70_000)));
    let one = world.backup().snapshot.unwrap();
    sync(&world, "copy");
    let was = tree(&world.data());
    put_back(&world.path("vault"), &world.path("good"));
    Scene { world, was, one }
}

impl Scene {
    fn file(&self, name: &str) -> PathBuf {
        self.world.path("vault").join(name)
    }

    fn packs(&self, kind: PackKind) -> Vec<String> {
        let packs = self.world.vault().packs().unwrap();
        let mut names: Vec<_> =
            packs.packs().filter(|pack| pack.kind == kind).map(|pack| pack.id.name()).collect();
        names.sort();
        names
    }

    fn names(&self, folder: &str) -> Vec<String> {
        let names = tree(&self.file(folder)).into_keys();
        names.map(|name| format!("{folder}/{}", name.display())).collect()
    }

    /// What does not come back must have been named by the check; everything else comes back.
    fn judge(&self, found: &VaultCheck) -> usize {
        let named = concerned(&self.world, found);
        let vault = self.world.vault();
        let (is, report) = restore(&self.world, &vault, &snapshot(&vault, self.one));
        let lost: Vec<&PathBuf> = self.was.keys().filter(|path| !is.contains_key(*path)).collect();
        assert!(lost.iter().all(|path| named.contains(path)), "{lost:?} of {named:?}");
        assert_eq!(report.failures.is_empty(), lost.is_empty(), "{:#?}", report.failures);
        let left = self.was.iter().filter(|(path, _)| is.contains_key(*path));
        assert_same(&is, &left.map(|(path, bytes)| (path.clone(), bytes.clone())).collect());
        lost.len()
    }

    fn heal(&self) {
        put_back(&self.world.path("good"), &self.world.path("vault"));
    }
}

/// The files below the data that a check says cannot be restored.
pub(crate) fn concerned(world: &World, found: &VaultCheck) -> Vec<PathBuf> {
    let data = world.data();
    let mut paths = Vec::new();
    for problem in &found.problems {
        if let VaultProblem::Pack { concerned, .. } | VaultProblem::Nowhere(concerned) = problem {
            let named = concerned.objects.values().flatten();
            let absolute =
                named.map(|path| PathBuf::from(format!("/{}", String::from_utf8_lossy(path))));
            paths.extend(
                absolute.filter_map(|path| Some(path.strip_prefix(&data).ok()?.to_owned())),
            );
        }
    }
    paths
}

#[test]
fn a_pack_that_is_gone_or_cut_short_costs_what_lay_in_it_and_is_healed_from_the_copy() {
    let scene = scene();
    for cut in [false, true] {
        let name = scene.packs(PackKind::Content)[0].clone();
        let length = fs::metadata(scene.file(&name)).unwrap().len();
        if cut {
            fs::File::options()
                .write(true)
                .open(scene.file(&name))
                .unwrap()
                .set_len(length / 2)
                .unwrap();
        } else {
            fs::remove_file(scene.file(&name)).unwrap();
        }
        let found = check(&scene.world.vault());
        let [VaultProblem::Pack { name: named, fault, .. }] = &found.problems[..] else {
            panic!("{:#?}", found.problems)
        };
        let part = if cut { PackPart::Length } else { PackPart::Missing };
        assert_eq!((named, fault.part), (&name, part));
        let lost = scene.judge(&found);
        assert!(lost > 0 && lost < 30, "{lost}");
        // Whether or not prune gets along without it: what is left stays, and what a copy can heal is healed.
        if let Err(error) = try_prune(&scene.world) {
            assert!(error.to_string().contains(&name), "{error}");
        }
        assert_eq!(scene.judge(&check(&scene.world.vault())), lost);
        let [place, from] =
            ["vault", "copy"].map(|one| Directory::open(&scene.world.path(one)).unwrap());
        copy::repair(&place, &from, None, WAIT, &Run::quiet()).unwrap();
        assert_eq!(scene.judge(&check(&scene.world.vault())), 0);
        scene.heal();
    }
    assert_sound(&scene.world);
}

/// Prune must not take what it cannot know about for what nobody needs.
#[test]
fn an_index_or_a_snapshot_that_is_gone_is_named_and_nothing_is_pruned() {
    let scene = scene();
    for name in [scene.names("index"), scene.names("snapshots")].concat() {
        fs::remove_file(scene.file(&name)).unwrap();
        let found = check(&scene.world.vault());
        let missing =
            |problem: &VaultProblem| matches!(problem, VaultProblem::Missing(one) if *one == name);
        assert!(found.problems.iter().any(missing), "{name}: {:#?}", found.problems);
        let before = tree(&scene.world.path("vault/packs"));
        let error = try_prune(&scene.world).unwrap_err();
        assert!(error.to_string().contains(&name), "{error}");
        assert!(tree(&scene.world.path("vault/packs")) == before);
        let vault = scene.world.vault();
        let (snapshots, _) = vault.snapshots().unwrap();
        for one in snapshots.iter().filter(|one| one.id == scene.one) {
            assert_restores(&scene.world, &vault, one, &scene.was);
        }
        drop(vault);
        let rebuilt = scene.world.rebuild();
        assert_eq!((rebuilt.incomplete, rebuilt.refused.len()), (0, 0));
        assert_sound(&scene.world);
        prune(&scene.world);
        let vault = scene.world.vault();
        assert_restores(&scene.world, &vault, &snapshot(&vault, scene.one), &scene.was);
        drop(vault);
        scene.heal();
    }
}

#[test]
fn two_files_that_were_exchanged_are_both_named() {
    let scene = scene();
    for folder in ["packs", "index", "snapshots", "heads"] {
        let names = scene.names(folder);
        let (a, b) = (&names[0], &names[names.len() - 1]);
        fs::rename(scene.file(a), scene.file("aside")).unwrap();
        fs::rename(scene.file(b), scene.file(a)).unwrap();
        fs::rename(scene.file("aside"), scene.file(b)).unwrap();
        let found = check(&scene.world.vault());
        for name in [a, b] {
            assert!(is_named(&found, name), "{name}: {:#?}", found.problems);
        }
        if folder != "snapshots" {
            scene.judge(&found);
        }
        scene.heal();
    }
    assert_sound(&scene.world);
}

/// Whether a check says that something is wrong with this file.
pub(crate) fn is_named(found: &VaultCheck, name: &str) -> bool {
    found.problems.iter().any(|problem| match problem {
        VaultProblem::Missing(one) | VaultProblem::Wrong(one, _) => one == name,
        VaultProblem::Pack { name: one, .. } => one == name,
        _ => false,
    })
}

#[test]
fn files_of_others_are_named_and_left_alone() {
    let scene = scene();
    let strays = [
        "README.txt",
        "Notes",
        "packs/Notes.txt",
        "packs/00/notes",
        "snapshots/notes",
        "index/notes",
        "heads/notes",
        "records/Notes",
    ];
    for stray in strays {
        fs::create_dir_all(scene.file(stray).parent().unwrap()).unwrap();
        fs::write(scene.file(stray), "of somebody else").unwrap();
        fs::write(scene.world.path("copy").join(stray.replace('/', "-")), "a stray").unwrap();
    }
    let found = check(&scene.world.vault());
    assert!(found.problems.is_empty(), "{:#?}", found.problems);
    let mut expected: Vec<String> = strays.map(str::to_owned).into();
    expected.sort();
    assert_eq!(found.unused, expected);
    scene.world.write("00", random(70_000));
    scene.world.backup();
    prune(&scene.world);
    for stray in strays {
        assert_eq!(fs::read(scene.file(stray)).unwrap(), b"of somebody else", "{stray}");
    }
    let vault = scene.world.vault();
    assert_restores(&scene.world, &vault, &snapshot(&vault, scene.one), &scene.was);
    let report = sync(&scene.world, "copy");
    assert_eq!(report.foreign.len(), strays.len());
    assert_eq!(check_copy(&scene.world, "copy").stray.len(), strays.len());
}
