//! What two observations of one case differ in.

use std::fmt;

use crate::differences::{Stream, canonical};
use crate::run::{Output, show};
use crate::tree::{self, Tree};

/// The kind of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aspect {
    Missing,
    Extra,
    Type,
    Mode,
    Owner,
    Group,
    Mtime,
    Atime,
    Target,
    Device,
    Links,
    Xattr,
    Content,
    Stdout,
    Stderr,
    Code,
    State,
}

/// One difference: of what kind, where, and the two values.
#[derive(Clone, Debug)]
pub struct Finding {
    pub aspect: Aspect,
    at: String,
    expected: String,
    got: String,
}

impl Finding {
    pub fn new(
        aspect: Aspect,
        at: impl Into<String>,
        expected: impl Into<String>,
        got: impl Into<String>,
    ) -> Finding {
        Finding {
            aspect,
            at: at.into(),
            expected: expected.into(),
            got: got.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Finding {
            aspect,
            at,
            expected,
            got,
        } = self;
        if expected.contains('\n') || got.contains('\n') {
            return write!(
                f,
                "{aspect:?} of {at}\n--- expected\n{expected}\n--- got\n{got}\n---"
            );
        }
        write!(f, "{aspect:?} of {at}: expected {expected}, got {got}")
    }
}

/// What one program made of a case.
#[derive(Clone, Debug)]
pub struct Observation {
    /// The directory it ran in: its name is no part of the result.
    pub root: String,
    /// One for each command of the case.
    pub outputs: Vec<Output>,
    pub tree: Tree,
    /// It chose the way of committing itself, and may say so.
    pub may_tell_its_choice: bool,
}

impl Observation {
    /// Swap exchanges directories: for a single file it refuses by design.
    pub fn refuses_a_single_file(&self) -> bool {
        let refusal = "cannot be switched in one instant: the destination is a single file";
        self.outputs
            .iter()
            .any(|output| output.code == 4 && show(&output.stderr).contains(refusal))
    }

    /// A stream's text with this run's directory as `<ROOT>`.
    pub fn text(&self, bytes: &[u8]) -> String {
        show(bytes).replace(&self.root, "<ROOT>")
    }
}

/// All differences between two observations.
pub fn differ(expected: &Observation, got: &Observation) -> Vec<Finding> {
    assert_eq!(expected.outputs.len(), got.outputs.len());
    let mut findings = Vec::new();
    for (step, (e, g)) in expected.outputs.iter().zip(&got.outputs).enumerate() {
        let at = format!("command {}", step + 1);
        if e.code != g.code {
            findings.push(Finding::new(
                Aspect::Code,
                &at,
                e.code.to_string(),
                g.code.to_string(),
            ));
        }
        let (from, to) = (
            stdout(&expected.text(&e.stdout)),
            stdout(&got.text(&g.stdout)),
        );
        findings.extend(differ_in_text(Aspect::Stdout, &at, from, to));
        let (from, to) = (
            stderr(&expected.text(&e.stderr), false),
            stderr(&got.text(&g.stderr), got.may_tell_its_choice),
        );
        findings.extend(differ_in_text(Aspect::Stderr, &at, from, to));
    }
    findings.extend(tree::differ(&expected.tree, &got.tree));
    findings
}

fn differ_in_text(aspect: Aspect, at: &str, expected: String, got: String) -> Option<Finding> {
    (expected != got).then(|| Finding::new(aspect, at, expected, got))
}

/// The lines that rsync's generator writes itself, while its sender writes all others: how they begin …
const BY_GENERATOR: [&str; 8] = [
    "ignoring unsafe symlink ",
    "[generator] ",
    "deleting ",
    "not creating new ",
    "*deleting ",
    "cannot delete non-empty directory: ",
    "skipping non-regular file ",
    "IO error encountered -- skipping file deletion",
];

/// … or how they end.
const PASSED_OVER: [&str; 6] = [
    " is over max-size\n",
    " is under min-size\n",
    " is uptodate\n",
    " is newer\n",
    " exists\n",
    " exists (uptodate)\n",
];

/// Lines that more than one of rsync's processes write, at no moment of their own.
const BY_ANY: [&str; 3] = [
    "backed up ",
    "sender removed ",
    "ERROR: Skipping sender remove",
];

/// Standard output made comparable: what was hidden, deletions and notices, what several processes write (sorted), and
/// everything else, each in its order but for what rules decide in one directory.
pub fn stdout(text: &str) -> String {
    let by_generator = |line: &String| {
        BY_GENERATOR.iter().any(|start| line.starts_with(start))
            || PASSED_OVER.iter().any(|end| line.ends_with(end))
    };
    let by_any = |line: &String| BY_ANY.iter().any(|start| line.starts_with(start));
    let lines = canonical(Stream::Stdout, text).into_iter();
    let (mut hidden, lines): (Vec<_>, Vec<_>) =
        lines.partition(|line| line.starts_with("[sender] "));
    hidden.sort();
    let (mut deletions, lines): (Vec<_>, Vec<_>) = lines.into_iter().partition(by_generator);
    let told = |line: &String| line.starts_with("[generator] ");
    deletions
        .chunk_by_mut(|a, b| told(a) && told(b))
        .for_each(<[String]>::sort);
    let (mut any, mut others): (Vec<_>, Vec<_>) = lines.into_iter().partition(by_any);
    any.sort();
    // The blank lines before dropped blocks would be left over.
    if text.contains("heap statistics:") {
        others.dedup_by(|a, b| a == "\n" && b == "\n");
    }
    hidden.concat() + &deletions.concat() + &any.concat() + &others.concat()
}

/// A log file made comparable.
pub fn log(text: &str) -> String {
    let plain: String = text.split_inclusive('\n').map(without_stamp).collect();
    let mut lines = canonical(Stream::Stderr, &plain);
    lines.retain(|line| !line.starts_with("PROGRAM: committing by journal:"));
    stdout(&lines.concat())
}

/// A log's line without the time and the process, if it begins with them.
fn without_stamp(line: &str) -> &str {
    let stamp = |start: &str| {
        let (time, process) = start.split_once(" [")?;
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let parts: Vec<&str> = time.split(['/', ' ', ':']).collect();
        (parts.len() == 6 && parts.into_iter().all(digits) && digits(process)).then_some(())
    };
    match line.split_once("] ") {
        Some((start, rest)) if stamp(start).is_some() => rest,
        _ => line,
    }
}

#[test]
fn a_log_is_compared_without_its_stamps() {
    let line = "2026/11/26 18:18:08 [26111] >f+++++++++ a\n";
    assert_eq!(log(line), ">f+++++++++ a\n");
    for other in [
        "a [1] b\n",
        "2026/11/26 18:18:08 [x] a\n",
        "2026/11/26 [1] a\n",
    ] {
        assert_eq!(log(other), other);
    }
}

/// Standard error made comparable.
pub fn stderr(text: &str, may_tell_its_choice: bool) -> String {
    let mut lines = canonical(Stream::Stderr, text);
    lines.retain(|line| {
        !(may_tell_its_choice && line.starts_with("PROGRAM: committing by journal:"))
    });
    lines.sort();
    lines.concat()
}
