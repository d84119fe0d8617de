//! A far end that cannot or will not do its part: the client ends with its code, and nothing is changed.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;

use crate::place::{Place, complaint, tree};
use crate::{push, whole};

/// Old and new trees that differ.
fn changed() -> (Place, crate::place::Tree) {
    let place = Place::new();
    place.fill(10, 3000, 1);
    assert!(push(&place, &whole(&place), &["-a"]).status.success());
    let old = tree(&place.at("d"));
    place.fill(10, 3500, 2);
    (place, old)
}

#[test]
fn a_switch_that_a_gate_refuses_is_the_clients_failure() {
    for protocol in ["--protocol=32", "--protocol=31"] {
        let (place, old) = changed();
        let output = push(&place, &whole(&place), &["-a", "-M--gate=false", protocol]);
        assert_eq!(output.status.code(), Some(26), "{}", complaint(&output));
        assert!(
            complaint(&output).contains("gate"),
            "{}",
            complaint(&output)
        );
        assert!(tree(&place.at("d")) == old, "nothing is switched");
        assert!(push(&place, &whole(&place), &["-a"]).status.success());
        assert!(tree(&place.at("d")) == tree(&place.at("s")));
    }
    // Older ones hear no code: the session breaks.
    let (place, old) = changed();
    let output = push(
        &place,
        &whole(&place),
        &["-a", "-M--gate=false", "--protocol=29"],
    );
    assert!(!output.status.success());
    assert!(tree(&place.at("d")) == old, "nothing is switched");
}

#[test]
fn sources_stay_where_the_switch_is_refused() {
    let (place, old) = changed();
    let sources = tree(&place.at("s"));
    let options = ["-a", "--remove-source-files", "-M--gate=false"];
    let output = push(&place, &whole(&place), &options);
    assert_eq!(output.status.code(), Some(26), "{}", complaint(&output));
    assert!(tree(&place.at("s")) == sources && tree(&place.at("d")) == old);
}

#[test]
fn a_destination_that_another_run_holds_is_told() {
    let (place, old) = changed();
    let gate = place.at("gate");
    fs::write(&gate, "#!/bin/sh\ntouch \"${0%gate}begun\"; sleep 3\n").expect("a script");
    fs::set_permissions(&gate, fs::Permissions::from_mode(0o755)).expect("a mode");
    let shell = whole(&place);
    let gate = format!("-M--gate={}", gate.display());
    let mut first = crate::command(&place, &shell, &["-a", &gate]);
    let mut first = first.spawn().expect("rsync");
    while !place.at("begun").exists() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let second = push(&place, &shell, &["-a"]);
    assert_eq!(second.status.code(), Some(27), "{}", complaint(&second));
    assert!(
        tree(&place.at("d")) == old,
        "the first has not switched yet"
    );
    assert!(first.wait().expect("an end").success());
    assert!(tree(&place.at("d")) == tree(&place.at("s")));
}

#[test]
fn what_is_not_there_yet_is_refused_by_name() {
    let place = Place::new();
    place.fill(2, 100, 1);
    let output = push(&place, &whole(&place), &["-a", "-M--only-write-batch=x"]);
    let said = complaint(&output);
    assert!(!output.status.success(), "{said}");
    assert!(said.contains("--only-write-batch"), "{said}");
    assert!(!place.at("d").exists());
}

#[test]
fn what_cannot_be_spelled_here_is_left_out() {
    for more in ["--delete", "--no-inc-recursive", "--protocol=30"] {
        let place = Place::new();
        place.fill(2, 100, 1);
        fs::write(place.at("s/\u{20ac}uro"), "1").expect("a file");
        fs::write(place.at("s/caf\u{e9}"), "2").expect("a file");
        let output = push(&place, &whole(&place), &["-a", "--iconv=utf8,latin1", more]);
        let said = complaint(&output);
        assert_eq!(output.status.code(), Some(23), "{more}: {said}");
        let told = "cannot convert filename: \\#342\\#202\\#254uro (";
        assert!(said.contains(told), "{more}: {said}");
        let (mut there, mut here) = (tree(&place.at("d")), tree(&place.at("s")));
        there.remove(std::path::Path::new(std::ffi::OsStr::from_bytes(
            b"caf\xe9",
        )));
        here.retain(|path, _| path.to_string_lossy().is_ascii());
        assert!(there.keys().eq(here.keys()), "{more}");
    }
}

#[test]
fn a_charset_that_is_not_known_here_is_the_clients_failure() {
    let place = Place::new();
    place.fill(2, 100, 1);
    let output = push(&place, &whole(&place), &["-a", "--iconv=utf8,foo"]);
    let said = complaint(&output);
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(
        said.contains("iconv_open(\"UTF-8\", \"foo\") failed"),
        "{said}"
    );
    assert!(!place.at("d").exists());
}
