//! Proof that the harness can fail: pairs of cases that differ in one thing, and the finding that must come of it.
//!
//! Both sides are played by rsync, so these hold whatever resilver does.

use std::fs;
use std::path::Path;

use crate::case::{Case, case, scratch};
use crate::compare::Aspect;
use crate::run::{Method, Program, is_root};

/// The kinds of difference between two cases, each once, in the order of [`Aspect`].
fn aspects(expected: Case, got: Case) -> Vec<Aspect> {
    let scratch = scratch();
    let second = Program::rsync().labelled("second");
    let expected = expected.observe(&Program::rsync(), scratch.path());
    let got_seen = got.observe(&second, scratch.path());
    let mut aspects: Vec<Aspect> = got
        .findings(&expected, &got_seen)
        .iter()
        .map(|finding| finding.aspect)
        .collect();
    aspects.sort_by_key(|aspect| *aspect as u8);
    aspects.dedup();
    aspects
}

/// The same fixture line on both sides but for one thing, copied whole.
fn fixtures(one: &str, other: &str) -> Vec<Aspect> {
    aspects(case("-aH s/ d", one), case("-aH s/ d", other))
}

#[test]
fn equal_cases_have_no_finding() {
    assert_eq!(
        fixtures(
            "s/a\ns/b == s/a\ns/d/ 0700\ns/l -> a",
            "s/a\ns/b == s/a\ns/d/ 0700\ns/l -> a"
        ),
        []
    );
}

#[test]
fn a_missing_and_an_extra_entry_are_found() {
    let (two, one) = ("s/a/\ns/b/", "s/a/");
    assert_eq!(fixtures(two, one), [Aspect::Missing]);
    assert_eq!(fixtures(one, two), [Aspect::Extra]);
}

#[test]
fn another_type_is_found() {
    assert_eq!(fixtures("s/a=\n", "s/a/"), [Aspect::Type]);
    assert_eq!(fixtures("s/a=\n", "s/a fifo"), [Aspect::Type]);
}

#[test]
fn another_mode_is_found() {
    assert_eq!(fixtures("s/a 0644", "s/a 0645"), [Aspect::Mode]);
    assert_eq!(fixtures("s/a 0755", "s/a 01755"), [Aspect::Mode]);
    assert_eq!(fixtures("s/d/ 0755", "s/d/ 0711"), [Aspect::Mode]);
}

#[test]
fn one_nanosecond_is_found() {
    assert_eq!(
        fixtures("s/a @1000000000.000000001", "s/a @1000000000.000000002"),
        [Aspect::Mtime]
    );
    assert_eq!(
        fixtures("s/d/ @1000000000", "s/d/ @1000000000.000000001"),
        [Aspect::Mtime]
    );
    assert_eq!(
        fixtures("s/l -> a @1000000000", "s/l -> a @1000000001"),
        [Aspect::Mtime]
    );
}

#[test]
fn now_is_not_a_kept_time() {
    assert_eq!(
        aspects(case("-rt s/ d", "s/a"), case("-r s/ d", "s/a")),
        [Aspect::Mtime]
    );
}

#[test]
fn another_target_is_found() {
    assert_eq!(fixtures("s/l -> a", "s/l -> b"), [Aspect::Target]);
}

#[test]
fn other_bytes_are_found() {
    assert_eq!(fixtures("s/a=one", "s/a=two"), [Aspect::Content]);
    assert_eq!(
        fixtures("s/a size:3m", "s/a size:3m seed:2"),
        [Aspect::Content]
    );
    assert_eq!(fixtures("s/a=one", "s/a=one\\n"), [Aspect::Content]);
}

#[test]
fn another_partition_into_links_is_found() {
    let joined = "s/a=x\ns/b == s/a\ns/c=x\n";
    let other = "s/a=x\ns/b=x\ns/c == s/a\n";
    let apart = "s/a=x\ns/b=x\ns/c=x\n";
    assert_eq!(fixtures(joined, other), [Aspect::Links]);
    assert_eq!(fixtures(joined, apart), [Aspect::Links]);
}

#[test]
fn another_owner_group_or_device_is_found() {
    if !is_root() {
        println!("skipped: needs root: owners and devices");
        return;
    }
    assert_eq!(fixtures("s/a o:1:2", "s/a o:3:2"), [Aspect::Owner]);
    assert_eq!(fixtures("s/a o:1:2", "s/a o:1:3"), [Aspect::Group]);
    assert_eq!(fixtures("s/n char:1,3", "s/n char:1,5"), [Aspect::Device]);
    assert_eq!(fixtures("s/n char:1,3", "s/n block:1,3"), [Aspect::Type]);
}

#[test]
fn another_extended_attribute_is_found() {
    let has = |root: &Path| xattr::set(root, "user.oracle", b"1").is_ok();
    let scratch = scratch();
    let probe = scratch.path().join("probe");
    fs::write(&probe, "").expect("a file");
    if !has(&probe) {
        println!("skipped: this filesystem has no extended attributes");
        return;
    }
    assert_eq!(
        fixtures("s/a x:user.k=1", "s/a x:user.k=2"),
        [Aspect::Xattr]
    );
}

#[test]
fn another_text_is_found() {
    let one = || case("-r s/ d", "s/a");
    assert_eq!(aspects(one(), case("-ri s/ d", "s/a")), [Aspect::Stdout]);
    assert_eq!(
        aspects(case("-r s/ nope d", "s/a"), case("-r s/ nada d", "s/a")),
        [Aspect::Stderr]
    );
}

#[test]
fn another_order_is_found() {
    let order = |line| case(line, "s/a\nt/b\nd/");
    let outputs = |line| {
        let scratch = scratch();
        let seen = order(line).observe(&Program::rsync(), scratch.path());
        crate::compare::stdout(&seen.text(&seen.outputs[0].stdout))
    };
    assert_eq!(outputs("-ri s/ t/ d"), ">f+++++++++ a\n>f+++++++++ b\n");
    assert_ne!(
        crate::compare::stdout("b\na\n"),
        crate::compare::stdout("a\nb\n")
    );
    assert_ne!(
        crate::compare::stdout("deleting b\ndeleting a\n"),
        crate::compare::stdout("deleting a\ndeleting b\n")
    );
    assert_eq!(
        crate::compare::stdout("a\ndeleting b\n"),
        crate::compare::stdout("deleting b\na\n")
    );
}

#[test]
fn another_code_is_found() {
    let tree = "s/a\nd/a\nd/x\nd/y";
    let found = aspects(
        case("-r --delete --max-delete=1 s/ d", tree),
        case("-r --delete --max-delete=2 s/ d", tree),
    );
    assert!(found.contains(&Aspect::Code), "{found:?}");
    assert!(found.contains(&Aspect::Missing), "{found:?}");
}

#[test]
fn the_source_is_watched_too() {
    let found = aspects(
        case("-r s/ d", "s/a"),
        case("-r --remove-source-files s/ d", "s/a"),
    );
    assert_eq!(found, [Aspect::Missing, Aspect::Mtime]);
}

#[test]
fn an_ignored_aspect_is_left_out_and_no_other() {
    let quiet = case("-rp s/ d", "s/a 0600").ignore(Aspect::Mode, "the point of this test");
    assert_eq!(aspects(case("-rp s/ d", "s/a 0644"), quiet.clone()), []);
    assert_eq!(
        aspects(case("-rpi s/ d", "s/a 0644"), quiet),
        [Aspect::Stdout]
    );
}

#[test]
fn state_is_no_part_of_the_tree_but_is_found_where_none_may_be() {
    let with = |line| case(line, "s/a\n.d.resilver/x\nd/.resilver/y");
    assert_eq!(aspects(case("-r s/ d", "s/a\nd/"), with("-r s/ d")), []);
    let stray = |line, method| {
        let scratch = scratch();
        let case = with(line);
        let seen = case.observe(&Program::rsync(), scratch.path());
        case.stray_state(method, &seen)
            .map(|finding| finding.aspect)
    };
    assert_eq!(stray("-r s/ d", Method::Direct), Some(Aspect::State));
    assert_eq!(stray("-r s/ d", Method::Journal), None);
    assert_eq!(stray("-rn s/ d", Method::Journal), Some(Aspect::State));
    assert_eq!(stray("-r --bogus s/ d", Method::Swap), Some(Aspect::State));
}
