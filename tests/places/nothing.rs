//! How many system calls a file costs, counted by strace.

use crate::kit::{Room, kernel_tool, skip_unless};

const FILES: u64 = 2000;

/// System calls by name of one run, as `strace -c -f` counts them.
fn calls(room: &Room, args: &str) -> Vec<(String, u64)> {
    let said = room.try_sh(&format!(
        "strace -c -f -qq -o counts -- \"$RESILVER\" {args}"
    ));
    said.ok();
    let counted: Vec<_> = room
        .read("counts")
        .lines()
        .filter_map(|line| {
            let words: Vec<_> = line.split_whitespace().collect();
            // % time, seconds, usecs/call, calls, [errors,] syscall
            let count = words.get(3)?.parse().ok()?;
            let name = words.last().filter(|name| **name != "total")?;
            Some(((*name).to_owned(), count))
        })
        .collect();
    // Debug builds of Rust programs ask about every descriptor before they close it.
    let asked = |name: &str| cfg!(debug_assertions) && name == "fcntl";
    counted
        .into_iter()
        .filter(|(name, _)| !asked(name))
        .collect()
}

fn total(calls: &[(String, u64)], which: impl Fn(&str) -> bool) -> u64 {
    let counted = calls.iter().filter(|(name, _)| which(name));
    counted.map(|(_, count)| count).sum()
}

/// Calls that ask for or set what is known of a file.
fn is_metadata(name: &str) -> bool {
    let stems = [
        "stat", "chmod", "chown", "utime", "xattr", "access", "readlink", "getattr",
    ];
    stems.iter().any(|stem| name.contains(stem)) && !name.starts_with("fstatfs") && name != "statfs"
}

/// Waiting for one another is no work on a file.
fn is_work(name: &str) -> bool {
    ![
        "futex",
        "sched_yield",
        "restart_syscall",
        "madvise",
        "mmap",
        "munmap",
        "mprotect",
        "brk",
    ]
    .contains(&name)
}

/// Two thousand small files in twenty directories.
fn room() -> Room {
    Room::with(
        "for d in $(seq 20); do mkdir -p s/$d; for f in $(seq 100); do echo $d $f > s/$d/$f; done; done",
    )
}

/// What a run costs without any file, in calls: start, twenty directories, the switch.
fn without_files(args: &str, first: bool) -> Vec<(String, u64)> {
    let room = Room::with("for d in $(seq 20); do mkdir -p s/$d; done; echo x > s/x");
    if !first {
        room.resilver(args).ok();
    }
    calls(&room, args)
}

#[test]
fn an_unchanged_file_costs_two_calls() {
    skip_unless!(kernel_tool("strace"), "strace is missing");
    // With -H the source is looked at once more beforehand: which names are one file, and is it all there?
    for (args, allowed) in [
        ("-a --delete s/ d/", 2),
        ("-a s/ d/", 2),
        ("-a --commit=direct --delete s/ d/", 2),
        ("-aH --delete s/ d/", 3),
    ] {
        let room = room();
        room.resilver(args).ok();
        let with = calls(&room, args);
        let without = without_files(args, false);
        let metadata = total(&with, is_metadata).saturating_sub(total(&without, is_metadata));
        let all = total(&with, is_work).saturating_sub(total(&without, is_work));
        assert!(
            metadata <= allowed * FILES,
            "{args}: {metadata} metadata calls for {FILES} files: {with:?}"
        );
        assert!(
            all <= allowed * FILES + FILES / 10,
            "{args}: {all} calls for {FILES} files: {with:?}"
        );
        assert!(
            metadata >= 2 * FILES - FILES / 10,
            "strace counted nothing: {with:?}"
        );
    }
}

#[test]
fn a_new_small_file_costs_eight_calls() {
    skip_unless!(kernel_tool("strace"), "strace is missing");
    // Below a new directory; one that takes its place in a live one is looked at once more by a plan.
    for (args, allowed) in [
        ("-a --delete --commit=swap s/ d/", 8),
        ("-a s/ d/", 8),
        ("-a --commit=journal s/ d/", 8),
    ] {
        let room = room();
        let with = calls(&room, args);
        let without = without_files(args, true);
        let all = total(&with, is_work).saturating_sub(total(&without, is_work));
        println!("{args}: {:.2} calls a new file", all as f64 / FILES as f64);
        // And a record of many in the log now and then.
        assert!(
            all <= allowed * FILES + FILES / 20,
            "{args}: {all} calls for {FILES} files: {with:#?}"
        );
        assert!(all >= 3 * FILES, "strace counted nothing: {with:?}");
    }
}

/// Calls of a switch in the fourth run on two thousand files, with so many new ones in each run.
fn calls_of_a_switch(new: usize) -> Vec<(String, u64)> {
    let args = "-a --delete --commit=swap s/ d/";
    let room = room();
    room.resilver(args).ok();
    // The stage is made by linking while there is nothing before the live tree, and levelled from then on.
    for n in 1..4 {
        let script = format!("for i in $(seq {new}); do echo new $i > s/{n}/new$i; done");
        room.sh(&script);
        room.resilver(args).ok();
    }
    room.sh(&format!(
        "for i in $(seq {new}); do echo newer $i > s/8/new$i; done"
    ));
    calls(&room, args)
}

/// Names are compared by listing; unchanged files are neither linked anew nor opened.
#[test]
fn a_switch_costs_its_changes() {
    skip_unless!(kernel_tool("strace"), "strace is missing");
    let (one, many) = (calls_of_a_switch(1), calls_of_a_switch(101));
    let more = total(&many, is_work).saturating_sub(total(&one, is_work));
    // Nine for the file, the names that two runs brought to be linked into the next stage, and the records.
    assert!(
        more <= 100 * 20,
        "{more} calls for a hundred new files: {many:#?}"
    );
    assert!(more >= 100 * 8, "strace counted nothing: {many:#?}");
    let metadata = total(&one, is_metadata);
    // Some hundred beside those for files, by how many processes there are to be looked at.
    assert!(
        metadata <= 2 * FILES + FILES / 2,
        "{metadata} metadata calls: {one:#?}"
    );
    let links = total(&one, |name| {
        name.starts_with("link") || name.starts_with("unlink")
    });
    assert!(links <= 40, "{links} links made or removed: {one:#?}");
}
