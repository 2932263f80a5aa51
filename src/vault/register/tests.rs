use super::*;
use crate::vault::scene::{Scene, scene};
use sealkeep_crypto::Suite;
use std::fs;

impl Scene {
    fn add(&self, place: &str) -> String {
        let medium = Medium::copy(MediumKind::Nas, place, 10);
        let add = |register: &mut Register| Ok(register.add(medium.clone())?.id.clone());
        update(&self.storage, &self.vault, &self.keys, 10, add).unwrap()
    }

    fn load(&self) -> Register {
        Register::load(&self.storage, &self.vault).unwrap()
    }
}

#[test]
fn what_is_registered_is_read_and_named_by_the_head() {
    for suite in Suite::ALL {
        let scene = scene(suite);
        assert_eq!(scene.load(), Register::default());
        let (first, second) = (scene.add("/mnt/one"), scene.add("/mnt/two"));
        let register = scene.load();
        assert_eq!(register.media().len(), 2);
        assert_eq!(register.find("/mnt/two").unwrap().id, second);
        assert_eq!(register.find(&first).unwrap().place, "/mnt/one");
        assert!(matches!(register.find("/mnt"), Err(Error::NotRegistered(_))));
        let head = head::newest(&scene.storage, &scene.vault).unwrap().head.unwrap();
        assert!(head.file(&name(2)).is_some());
        assert_eq!(superseded(&scene.storage, &scene.vault).unwrap(), [name(1)]);
    }
}

#[test]
fn a_place_has_one_copy_in_use_and_changes_keep_the_id() {
    let scene = scene(Suite::Sm4Gcm);
    let id = scene.add("/mnt/one");
    let mut register = scene.load();
    let same = Medium::copy(MediumKind::Disk, "/mnt/one", 20);
    assert!(matches!(register.add(same.clone()), Err(Error::Registered(other)) if other == id));
    let retire = |medium: &mut Medium| {
        medium.id = "other".into();
        medium.state = MediumState::Retired;
        Ok(())
    };
    assert_eq!(register.change(&id, retire).unwrap().id, id);
    let new = register.add(same).unwrap().id.clone();
    assert_eq!(register.find("/mnt/one").unwrap().id, new);
    assert_eq!(register.remove(&id).unwrap().id, id);
    assert!(matches!(register.get(&id), Err(Error::NotRegistered(_))));
    let refuse = |_: &mut Medium| Err(Error::Cancelled);
    assert!(register.change(&new, refuse).is_err());
}

#[test]
fn a_damaged_or_foreign_register_is_passed_over_and_its_number_not_used_again() {
    let scene = scene(Suite::Aes256Gcm);
    let (first, _) = (scene.add("/mnt/one"), scene.add("/mnt/two"));
    let path = scene.storage.path().join(name(2));
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("\"sig\": \"", "\"sig\": \"A", 1)).unwrap();
    // An old register under a new number is not newer.
    fs::copy(scene.storage.path().join(name(1)), scene.storage.path().join(name(9))).unwrap();
    let register = scene.load();
    assert_eq!(register.media().iter().map(|one| &one.id).collect::<Vec<_>>(), [&first]);
    scene.add("/mnt/three");
    assert!(scene.storage.path().join(name(10)).exists());
    assert_eq!(scene.load().media().len(), 2);
}

#[test]
fn changes_made_at_once_are_all_kept() {
    let scene = scene(Suite::Aes256Gcm);
    std::thread::scope(|scope| {
        for number in 0..4 {
            let scene = &scene;
            scope.spawn(move || scene.add(&format!("/mnt/{number}")));
        }
    });
    assert_eq!(scene.load().media().len(), 4);
}
