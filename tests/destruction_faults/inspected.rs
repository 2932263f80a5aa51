//! Files that were overwritten, looked for afterwards; names that go when they have served; what is refused beforehand.

use std::fs::{self, File};

use serde_json::Value;

use super::scene::{NUMBER, Scene, done};

/// A request that is executed, with a file that was overwritten.
fn overwritten() -> Scene {
    let scene = Scene::new(false);
    scene.write("plain", "a file outside of the vault");
    scene.approved(Some("plain"));
    let done = scene.execute();
    assert_eq!(done.code, 0, "{}{}", done.stdout, done.stderr);
    scene
}

/// Witnesses, and the place of the inspection where it looked for files.
fn looked_for(scene: &Scene) -> Value {
    for witness in ["zhou", "wu"] {
        scene.good(witness, &["destroy", "witness", NUMBER, "--yes"]);
    }
    let told = scene.good("zheng", &["--json", "destroy", "inspect", NUMBER, "--yes"]);
    let told: Value = serde_json::from_str(&told.stdout).unwrap();
    let places = told["places"].as_array().unwrap();
    places.iter().find(|place| place["what"] == "file").unwrap().clone()
}

/// What the certificate claims.
fn claimed(scene: &Scene) -> String {
    let made = scene.good("", &["--json", "destroy", "certify", NUMBER, "--output", "out"]);
    let made: Value = serde_json::from_str(&made.stdout).unwrap();
    let file = made["certificate"].as_str().unwrap();
    scene.good("", &["certificate", "verify", file]);
    scene.good("", &["certificate", "show", file]).stdout
}

#[test]
fn files_that_were_overwritten_are_looked_for_and_then_their_names_go() {
    let scene = overwritten();
    assert_eq!(scene.part("wiping"), None);
    assert!(scene.part("targets").is_some(), "the inspection needs it");
    let place = looked_for(&scene);
    assert_eq!((&place["id"], &place["items"]), (&"overwritten".into(), &1.into()), "{place}");
    assert_eq!((&place["opened"], &place["refused"]["destroyed"]), (&0.into(), &1.into()));
    assert_eq!(scene.part("targets"), None, "names are left");
    let claims = claimed(&scene);
    assert!(claims.contains("Of these, 1 were inspected afterwards."), "{claims}");
    assert!(claims.contains("keys-destroyed"), "{claims}");
}

#[test]
fn without_the_list_nobody_says_that_they_were_looked_for() {
    let scene = overwritten();
    fs::remove_file(scene.part("targets").unwrap()).unwrap();
    let place = looked_for(&scene);
    assert_eq!((&place["reachable"], &place["items"]), (&false.into(), &0.into()), "{place}");
    assert!(place["place"].as_str().unwrap().starts_with("item="));
    let claims = claimed(&scene);
    assert!(claims.contains("Of these, 0 were inspected afterwards."), "{claims}");
}

#[test]
fn where_only_a_file_goes_nothing_is_claimed_of_keys() {
    let scene = Scene::new(false);
    scene.write("plain", "a file outside of the vault");
    let request = ["destroy", "request", "--number", NUMBER, "--wipe", "plain"];
    let why = ["--trigger", "purpose-met", "--reason", "no longer needed", "--yes"];
    scene.good("wang", &[&request[..], &why].concat());
    for officer in ["li", "zhang"] {
        scene.good(officer, &["destroy", "approve", NUMBER, "--yes"]);
    }
    assert_eq!(scene.execute().code, 0);
    assert_eq!(looked_for(&scene)["items"], 1);
    let claims = claimed(&scene);
    assert!(claims.contains("overwritten"), "{claims}");
    assert!(!claims.contains("keys-destroyed") && !claims.contains("ciphertext"), "{claims}");
}

#[test]
fn what_cannot_be_overwritten_is_refused_before_anything_is_destroyed() {
    let scene = Scene::new(false);
    scene.write("plain", "a file outside of the vault");
    let request = ["destroy", "request", "--number", NUMBER, "--wipe", "plain", "--yes"];
    let why = ["--trigger", "purpose-met", "--reason", "no longer needed"];
    let request = [&request[..], &why].concat();
    let open = File::options().append(true).open(scene.path("plain")).unwrap();
    let refused = scene.ends(4, "wang", &request);
    assert!(refused.stderr.contains("E-WIPE-REFUSED"), "{}", refused.stderr);
    drop(open);
    scene.approved(Some("plain"));
    let open = File::options().append(true).open(scene.path("plain")).unwrap();
    let refused = scene.execute();
    assert!(refused.stderr.contains("E-WIPE-REFUSED"), "{}", refused.stderr);
    assert_eq!((refused.code, &scene.state()[..]), (4, "waiting"));
    drop(open);
    assert_eq!(scene.execute().code, 0);
    assert_eq!(scene.execute().code, 0, "what was executed is only settled");
    assert_eq!(scene.state(), "executed");
}

#[test]
fn names_of_a_request_go_however_it_ends() {
    let scene = Scene::new(false);
    scene.write("plain", "a file outside of the vault");
    scene.approved(Some("plain"));
    assert!(scene.part("names").is_some() && scene.part("targets").is_some());
    scene.good("chen", &["officer", "suspend", "wang", "--reason", "away"]);
    assert_eq!(scene.state(), "cancelled", "its applicant is not active any more");
    assert_eq!((scene.part("names"), scene.part("targets")), (None, None));
}

#[test]
fn a_scope_of_a_vault_is_not_requested_without_the_vault() {
    let scene = Scene::new(false);
    let request = ["destroy", "request", "--number", NUMBER, "--scope", "patient/0042", "--yes"];
    let why = ["--trigger", "purpose-met", "--reason", "no longer needed"];
    let mut command = scene.command("wang", &[&request[..], &why].concat());
    let refused = done(command.env_remove("SEALKEEP_VAULT"));
    assert_eq!(refused.code, 25, "{}{}", refused.stdout, refused.stderr);
    assert!(refused.stderr.contains("--vault"), "{}", refused.stderr);
}
