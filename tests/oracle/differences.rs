//! The deliberate differences: everything in which resilver's output need not equal rsync's, each with its reason.
//!
//! This is the only place where text is bent before it is compared. What no row names must be equal byte for byte.

/// The stream that a difference is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    Stdout,
    Stderr,
}

/// One deliberate difference.
pub struct Difference {
    /// What differs, in a few words.
    pub what: &'static str,
    /// Why it may.
    pub reason: &'static str,
    stream: Stream,
    /// Makes one line comparable; `None` drops it.
    canonical: fn(&str) -> Option<String>,
    /// A line of rsync's, and what it becomes: the proof that the row does something.
    example: (&'static str, Option<&'static str>),
}

/// The table.
pub const DIFFERENCES: &[Difference] = &[
    Difference {
        what: "the program's name",
        reason: "messages name the program that speaks: `resilver: …` where rsync says `rsync: …`",
        stream: Stream::Stderr,
        canonical: program_name,
        example: (
            "rsync: -Q: unknown option",
            Some("PROGRAM: -Q: unknown option"),
        ),
    },
    Difference {
        what: "` at main.c(1394) [sender=3.5.0]` at the end of the last error",
        reason: "it tells a line in rsync's source; scripts read the code before it",
        stream: Stream::Stderr,
        canonical: place_in_source,
        example: (
            "rsync error: x (code 23) at main.c(1394) [sender=3.5.0]",
            Some("rsync error: x (code 23)"),
        ),
    },
    Difference {
        what: "`[sender]`, `[generator]`, `[receiver]`",
        reason: "rsync names which of its three processes failed; resilver is one process",
        stream: Stream::Stderr,
        canonical: role,
        example: (
            "rsync: [sender] link_stat \"/x\" failed",
            Some("rsync: link_stat \"/x\" failed"),
        ),
    },
    Difference {
        what: "the six letters of a temporary file's name",
        reason: "they are random",
        stream: Stream::Stderr,
        canonical: temporary_name,
        example: (
            "mkstemp \"/d/.f.Ab3dEf\" failed",
            Some("mkstemp \"/d/.f.XXXXXX\" failed"),
        ),
    },
    Difference {
        what: "a temporary file's name where an attribute could not be set, and `/./` in a path that is read",
        reason: "a stage needs no temporary names, so resilver names the file itself; rsync shows where an operand ended",
        stream: Stream::Stderr,
        canonical: attribute_path,
        example: (
            "chown \"/d/.f.Ab3dEf\" failed: no",
            Some("chown \"/d/f\" failed: no"),
        ),
    },
    Difference {
        what: "`rsync error: received SIGUSR1 (code 19)`",
        reason: "said by a second process of rsync that the first one ends",
        stream: Stream::Stderr,
        canonical: sibling_ended,
        example: (
            "rsync error: received SIGUSR1 (code 19) at main.c(1660) [generator=3.5.0]",
            None,
        ),
    },
    Difference {
        what: "`sent N bytes  received M bytes  X bytes/sec`",
        reason: "the bytes of rsync's internal protocol and the time it took; a local resilver speaks no protocol",
        stream: Stream::Stdout,
        canonical: sent_and_received,
        example: (
            "sent 259 bytes  received 96 bytes  710.00 bytes/sec",
            Some("sent # bytes  received # bytes  # bytes/sec"),
        ),
    },
    Difference {
        what: "`sent N bytes  received M bytes  total size T` at the end of a log file",
        reason: "the same bytes",
        stream: Stream::Stdout,
        canonical: logged_totals,
        example: (
            "sent 259 bytes  received 96 bytes  total size 11",
            Some("sent # bytes  received # bytes  total size 11"),
        ),
    },
    Difference {
        what: "the figure after `speedup is`",
        reason: "the tree's size divided by those bytes",
        stream: Stream::Stdout,
        canonical: speedup,
        example: (
            "total size is 11  speedup is 0.03 (DRY RUN)",
            Some("total size is 11  speedup is # (DRY RUN)"),
        ),
    },
    Difference {
        what: "`--stats`: `File list size`, the two list times, `Total bytes sent` and `received`",
        reason: "they measure rsync's protocol and clock",
        stream: Stream::Stdout,
        canonical: protocol_figures,
        example: (
            "File list generation time: 0.001 seconds",
            Some("File list generation time: #"),
        ),
    },
    Difference {
        what: "`-vv --stats`: the `heap statistics` blocks",
        reason: "they describe the C library's allocator in each of rsync's processes",
        stream: Stream::Stdout,
        canonical: heap_statistics,
        example: ("rsync[8161] (server receiver) heap statistics:", None),
    },
    Difference {
        what: "`the other end changes file by file: …`, told with `-v` in a push to a stock rsync",
        reason: "a person should know what a broken run leaves there; rsync has no other way",
        stream: Stream::Stdout,
        canonical: manner,
        example: (
            "the other end changes file by file: a run that breaks leaves old and new there",
            None,
        ),
    },
    Difference {
        what: "`the other end changes file by file: …`, also where `--stderr=all` sends everything",
        reason: "a person should know what a broken run leaves there; rsync has no other way",
        stream: Stream::Stderr,
        canonical: manner,
        example: (
            "the other end changes file by file: a run that breaks leaves old and new there",
            None,
        ),
    },
    Difference {
        what: "`-vv`: the letter `R` in the command of a push",
        reason: "it asks whether a resilver is there, which makes all changes at once; others pass it over",
        stream: Stream::Stdout,
        canonical: letter_of_its_own,
        example: (
            "opening connection using: ssh h rsync --server -vve.iLsfxCIvuR . d  (7 args)",
            Some("opening connection using: ssh h rsync --server -vve.iLsfxCIvu . d  (7 args)"),
        ),
    },
    Difference {
        what: "`--progress`: rate and time, and every update but a file's last",
        reason: "they depend on the machine's speed",
        stream: Stream::Stdout,
        canonical: progress,
        example: (
            "\r     32,768   0%    0.00kB/s    0:00:00  \r      2 100%    1.95kB/s    0:00:00 (xfr#1, to-chk=5/7)",
            Some("2 100% # # (xfr#1, to-chk=5/7)"),
        ),
    },
];

/// Differences of order and of choice, which no single line can show; [`crate::compare`] carries them out.
pub const OTHERS: &[(&str, &str)] = &[
    (
        "the place of deletion lines, `skipping non-regular file`, of what is passed over (`is uptodate`, `exists`, `is newer`, `not creating`), `backed up …` and `sender removed …` among the others",
        "several of rsync's processes write them, in a race; so these are compared in their order (the last two sorted), and all other lines in theirs",
    ),
    (
        "a symbolic link to a directory within an alternate directory (`--link-dest` and its like)",
        "rsync goes through it for what is below it; resilver takes only a directory for one",
    ),
    (
        "`--append` of a file that the destination lacks and an alternate directory, or a like name (`-y`), has in part; `--append -S` within one machine",
        "rsync puts zeros where the beginning should be, or makes nothing; resilver appends to no file but the one that stands there, and brings others whole",
    ),
    (
        "`--inplace` and `--append` with `--backup-dir` outside of the destination",
        "rsync makes the backup, fails to give it its attributes and ends with code 23; resilver gives them",
    ),
    (
        "`--remove-source-files` where source and destination are one directory",
        "rsync removes symbolic links, which are then on no side; resilver removes nothing",
    ),
    (
        "an alternate directory within the destination that `--delete` removes",
        "rsync has removed it by the time it looks; a stage reads the old tree to the end",
    ),
    (
        "`--compare-dest` with `-H`, where an alternate directory has some names of a file and not others",
        "rsync waits for a name that never comes (it hangs); resilver leaves out the names that are there and brings the others",
    ),
    (
        "`-vv`: the order of what rules decide in one directory",
        "rsync tells it in the order in which the file system lists names, which is no order",
    ),
    (
        "the order of lines on stderr",
        "the same race; the lines are compared sorted",
    ),
    (
        "a block device over a character device of equal numbers, or the reverse",
        "rsync takes the one for the other and leaves it; resilver makes what the source has",
    ),
    (
        "`--ignore-existing` with a file in place of a directory",
        "rsync goes on into the directory that was not made and fails to look at each of its entries (code 23); resilver passes over it",
    ),
    (
        "the mode of a directory that its owner may write to but not both read and search (0600, 0300)",
        "when run by its owner, rsync leaves it at 0700 until the next run; resilver gives it its mode",
    ),
    (
        "a destination inside its own source",
        "rsync copies as much of the copy as it meets; resilver takes no part of the destination for a source",
    ),
    (
        "`*deleting` for directories that are not empty, in a dry run",
        "rsync announces what it could not do; resilver announces what a run will do",
    ),
    (
        "a directory that may not be read, below one that is deleted",
        "rsync gives its owner the right to write but not to read, and leaves it; resilver deletes it",
    ),
    (
        "`-H`: columns of a link, device or special that replaces another kind of object",
        "rsync compares the two kinds' attributes; resilver tells that it is new",
    ),
    (
        "deletions that came before a directory of the source turned out not to be readable",
        "rsync has made them by then and stops; a stage takes all of them back and says so",
    ),
    (
        "names that are one file at the destination and several at the source, where attributes differ",
        "rsync changes the one file once for each name, and again in every run; a stage gives a name whose attributes change a file of its own, as the source has it",
    ),
    (
        "a source inside its own destination, with `--delete`",
        "rsync deletes what it is about to read (code 24); a stage reads the old tree to the end and then switches",
    ),
    (
        "a directory at the destination that its owner closed to himself",
        "rsync opens it for a while; a stage changes nothing in the live tree before its commit, so it is told and left (code 23)",
    ),
    (
        "`-U`: access times after `undo`; and of what is only read",
        "rsync has no undo; and a read may move them on either side",
    ),
    (
        "`-X` of links that are followed (`-L`)",
        "rsync looks for attributes of the link itself, where there are none, and drops those of the file; resilver keeps them with the content",
    ),
    (
        "`-UU` on a source that belongs to somebody else",
        "rsync makes the destination and leaves it empty (code 23); resilver changes nothing (code 11)",
    ),
    (
        "extended attributes that cannot be read in the source, with `--delete`, the classic way",
        "rsync then deletes nothing; resilver knows the names all the same (a stage takes the deletions back)",
    ),
    (
        "a file whose attributes change, with attributes that this user may not give, by swap",
        "rsync changes it in place; a stage cannot make another one like it, so it is told and left (code 23), unless resilver may choose: then it is changed in place right after the switch",
    ),
    (
        "a directory at the destination that this user may not write to",
        "rsync fails entry by entry; a stage tells it once for each entry before it stages one, in other words (code 23)",
    ),
    (
        "rules of the directories of several sources",
        "rsync reads the root of the first one only, unless `--no-inc-recursive` is given; each source has its own here, as it has there",
    ),
    (
        "`--delete-delay`: rules of the destination's own files, within a directory that goes",
        "rsync has forgotten them when it carries out what it noted, and deletes what they protect; resilver does not",
    ),
    (
        "a pipe under the name of a directory's file of rules",
        "rsync waits for somebody to write into it; it is no file of rules here",
    ),
    (
        "the time and the number of the process in a log file",
        "they are other ones in every run",
    ),
    (
        "`resilver: committing by journal: …` without `--commit`",
        "resilver tells which guarantee a destination can have; rsync has only one way",
    ),
];

/// The lines of `text` as far as they must be equal.
pub fn canonical(stream: Stream, text: &str) -> Vec<String> {
    let rows = || DIFFERENCES.iter().filter(|row| row.stream == stream);
    let line = |line: &str| {
        // The name goes last: other rows know rsync's lines by it.
        rows()
            .rev()
            .try_fold(line.to_string(), |line, row| (row.canonical)(&line))
    };
    text.split_inclusive('\n').filter_map(line).collect()
}

/// The table as Markdown, for the README.
pub fn markdown() -> String {
    let rows = DIFFERENCES
        .iter()
        .map(|row| (row.what, row.reason))
        .chain(OTHERS.iter().copied());
    rows.fold(
        "| what differs | why |\n| --- | --- |\n".into(),
        |text, (what, why)| text + &format!("| {what} | {why} |\n"),
    )
}

fn program_name(line: &str) -> Option<String> {
    let name = ["rsync", "resilver"].into_iter().find_map(|name| {
        let rest = line.strip_prefix(name)?;
        [":", " error:", " warning:"]
            .iter()
            .any(|next| rest.starts_with(next))
            .then_some(rest)
    });
    Some(name.map_or_else(|| line.to_string(), |rest| format!("PROGRAM{rest}")))
}

fn place_in_source(line: &str) -> Option<String> {
    let cut = line
        .rfind(") at ")
        .filter(|_| line.trim_end().ends_with(']') && line.contains("(code "));
    Some(cut.map_or_else(
        || line.to_string(),
        |at| format!("{}{}", &line[..=at], end(line)),
    ))
}

fn role(line: &str) -> Option<String> {
    let mut line = line.to_string();
    for role in [
        "sender",
        "generator",
        "receiver",
        "Receiver",
        "client",
        "server",
    ] {
        line = line.replacen(&format!(": [{role}] "), ": ", 1);
        if let Some(rest) = line.strip_prefix(&format!("[{role}] ")) {
            line = rest.to_string();
        }
    }
    Some(line)
}

fn temporary_name(line: &str) -> Option<String> {
    let Some(quote) = line
        .find("mkstemp \"")
        .and_then(|at| line[at + 9..].find('"').map(|len| at + 9 + len))
    else {
        return Some(line.to_string());
    };
    let letters = line
        .get(quote.wrapping_sub(6)..quote)
        .filter(|l| l.chars().all(|c| c.is_ascii_alphanumeric()));
    Some(letters.map_or_else(
        || line.to_string(),
        |_| format!("{}XXXXXX{}", &line[..quote - 6], &line[quote..]),
    ))
}

/// Makes `/d/.f.Ab3dEf` of a failed change of attributes `/d/f`, and `/s/./f` `/s/f`.
fn attribute_path(line: &str) -> Option<String> {
    let calls = ["chown \"", "chgrp \"", "setxattr(\"", "getxattr(\""];
    let Some(start) = calls
        .iter()
        .find_map(|call| line.find(call).map(|at| at + call.len()))
    else {
        return Some(line.to_string());
    };
    let Some(end) = line[start..].find('"').map(|len| start + len) else {
        return Some(line.to_string());
    };
    let (dir, name) = line[start..end].rsplit_once('/')?;
    let stem = name
        .strip_prefix('.')
        .and_then(|name| name.rsplit_once('.'));
    let name = match stem {
        Some((stem, letters)) if letters.len() == 6 => stem,
        _ => name,
    };
    let dir = dir.strip_suffix("/.").unwrap_or(dir);
    let dir = dir.replace("/./", "/");
    let name = if name == "." {
        String::new()
    } else {
        format!("/{name}")
    };
    Some(format!("{}{dir}{name}{}", &line[..start], &line[end..]))
}

fn sibling_ended(line: &str) -> Option<String> {
    (!line.contains("received SIGUSR1 (code 19)")).then(|| line.to_string())
}

fn sent_and_received(line: &str) -> Option<String> {
    let known = line.starts_with("sent ")
        && line.contains("  received ")
        && line.trim_end().ends_with(" bytes/sec");
    Some(if known {
        format!("sent # bytes  received # bytes  # bytes/sec{}", end(line))
    } else {
        line.to_string()
    })
}

fn logged_totals(line: &str) -> Option<String> {
    let total = line
        .split_once(" bytes  total size ")
        .filter(|(head, _)| head.starts_with("sent ") && head.contains(" bytes  received "));
    Some(total.map_or_else(
        || line.to_string(),
        |(_, total)| format!("sent # bytes  received # bytes  total size {total}"),
    ))
}

fn speedup(line: &str) -> Option<String> {
    let Some((head, tail)) = line
        .split_once("  speedup is ")
        .filter(|_| line.starts_with("total size is "))
    else {
        return Some(line.to_string());
    };
    let after = tail.trim_start_matches(|c: char| c.is_ascii_digit() || ".,".contains(c));
    Some(format!("{head}  speedup is #{after}"))
}

fn protocol_figures(line: &str) -> Option<String> {
    let labels = [
        "File list size: ",
        "File list generation time: ",
        "File list transfer time: ",
        "Total bytes sent: ",
        "Total bytes received: ",
    ];
    let label = labels.into_iter().find(|label| line.starts_with(label));
    Some(label.map_or_else(
        || line.to_string(),
        |label| format!("{label}#{}", end(line)),
    ))
}

fn heap_statistics(line: &str) -> Option<String> {
    let fields = [
        "arena:",
        "ordblks:",
        "smblks:",
        "hblks:",
        "hblkhd:",
        "allmem:",
        "usmblks:",
        "fsmblks:",
        "uordblks:",
    ];
    let fields = fields.iter().chain(&["fordblks:", "keepcost:"]);
    let known = line.trim_end().ends_with("heap statistics:")
        || line
            .strip_prefix("  ")
            .is_some_and(|line| fields.clone().any(|field| line.starts_with(field)));
    (!known).then(|| line.to_string())
}

fn manner(line: &str) -> Option<String> {
    (!line.starts_with("the other end changes file by file: ")).then(|| line.to_string())
}

fn letter_of_its_own(line: &str) -> Option<String> {
    let is_command = line.starts_with("opening connection using: ");
    Some(match is_command {
        true => line.replacen("LsfxCIvuR ", "LsfxCIvu ", 1),
        false => line.to_string(),
    })
}

fn progress(line: &str) -> Option<String> {
    let Some((_, last)) = line.rsplit_once('\r') else {
        return Some(line.to_string());
    };
    let words: Vec<&str> = last.split_ascii_whitespace().collect();
    let [bytes, percent, _rate, _time, transfers, check] = words[..] else {
        return Some(last.to_string());
    };
    Some(format!(
        "{bytes} {percent} # # {transfers} {check}{}",
        end(line)
    ))
}

fn end(line: &str) -> &'static str {
    if line.ends_with('\n') { "\n" } else { "" }
}

#[test]
fn every_difference_changes_its_example_and_nothing_plain() {
    for row in DIFFERENCES {
        let (before, after) = row.example;
        assert_eq!((row.canonical)(before).as_deref(), after, "{}", row.what);
        assert_ne!(Some(before), after, "{}", row.what);
        for plain in [
            "a\n",
            ">f+++++++++ a\n",
            "total: matches=0\n",
            "skipping directory s\n",
            "\n",
        ] {
            assert_eq!(
                (row.canonical)(plain).as_deref(),
                Some(plain),
                "{}",
                row.what
            );
        }
    }
}

#[test]
fn the_table_has_a_reason_for_each_row() {
    let table = markdown();
    assert_eq!(table.lines().count(), 2 + DIFFERENCES.len() + OTHERS.len());
    assert!(
        table
            .lines()
            .all(|line| line.starts_with("| ") && line.ends_with(" |") && !line.contains("|  |")),
        "{table}"
    );
    println!("{table}");
}
