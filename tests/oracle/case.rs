//! A case: a fixture, one or more commands, and what it asks of the machine.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::compare::{self, Aspect, Finding, Observation};
use crate::far;
use crate::fixture::{self, Entry, unescape};
use crate::run::{self, Method, NOBODY, Program, Surroundings, arg, is_root, show_args};
use crate::tree::Tree;

/// Declares tests, one per case, each a [`Case`] that must come out alike.
macro_rules! cases {
    ($($(#[$meta:meta])* $name:ident: $case:expr;)*) => {
        $(#[test] $(#[$meta])* fn $name() { $crate::case::check($case); })*
    };
}

/// What happens in a case, in order.
#[derive(Clone)]
pub enum Step {
    Run(Vec<OsString>),
    Change(Vec<Entry>),
    Prepare(fn(&Path)),
}

/// Who is at the other end of a case, and where.
#[derive(Clone, Copy, PartialEq, Eq)]
enum FarEnd {
    /// Nobody, or rsync that sends.
    Rsync,
    /// Rsync that receives.
    Destination,
    /// Resilver that receives from rsync.
    Server,
    /// Resilver that sends to rsync.
    Sender,
}

/// One row of the table.
#[derive(Clone)]
pub struct Case {
    pub steps: Vec<Step>,
    pub around: Surroundings,
    needs_root: Option<&'static str>,
    option: Option<&'static str>,
    ignored: Vec<(Aspect, &'static str)>,
    is_silent: bool,
    atimes: bool,
    only_direct: bool,
    in_one_thread: bool,
    far_end: FarEnd,
}

/// A case that runs `line`, words separated by blanks (`''` is an empty one, escapes as in fixtures), on `tree`.
pub fn case(line: &str, tree: &str) -> Case {
    Case::of(words(line), fixture::parse(tree))
}

impl Case {
    /// A case from finished arguments and entries.
    pub fn of(args: Vec<OsString>, tree: Vec<Entry>) -> Case {
        Case {
            steps: vec![Step::Change(tree), Step::Run(args)],
            around: Surroundings::default(),
            needs_root: None,
            option: None,
            ignored: Vec::new(),
            is_silent: false,
            atimes: false,
            only_direct: false,
            in_one_thread: false,
            far_end: FarEnd::Rsync,
        }
    }

    /// Another command after what came before.
    pub fn then(mut self, line: &str) -> Case {
        self.steps.push(Step::Run(words(line)));
        self
    }

    /// A change of the tree, by fixture lines, after what came before.
    pub fn change(mut self, tree: &str) -> Case {
        self.steps.push(Step::Change(fixture::parse(tree)));
        self
    }

    /// Something that fixture lines cannot say, done before the first command; the working directory is given.
    pub fn prepare(mut self, prepare: fn(&Path)) -> Case {
        self.steps.insert(1, Step::Prepare(prepare));
        self
    }

    /// The umask of all commands, instead of 022.
    pub fn umask(mut self, umask: u32) -> Case {
        self.around.umask = umask;
        self
    }

    /// A variable in the commands' environment.
    pub fn env(mut self, key: &str, value: &str) -> Case {
        self.around.env.push((key.into(), value.into()));
        self
    }

    /// What the commands read from standard input.
    pub fn stdin(mut self, text: &[u8]) -> Case {
        self.around.stdin = text.to_vec();
        self
    }

    /// The option that the case is about: with `RESILVER_ORACLE_DROP` set it is taken away, and the case must fail.
    pub fn option(mut self, option: &'static str) -> Case {
        self.option = Some(option);
        self
    }

    /// Run as a plain user who owns the tree: root is refused nothing.
    pub fn unprivileged(mut self) -> Case {
        self.around.unprivileged = true;
        self
    }

    /// Skipped, with the reason, where we are not root.
    pub fn needs_root(mut self, reason: &'static str) -> Case {
        self.needs_root = Some(reason);
        self
    }

    /// Access times are compared, too: else only what is read moves them, and that is nobody's promise.
    pub fn atimes(mut self) -> Case {
        self.atimes = true;
        self
    }

    /// Nothing is to be done and nothing to be said: no proof by a program that does just that.
    pub fn silent(mut self) -> Case {
        self.is_silent = true;
        self
    }

    /// A stage is meant to end otherwise, for a reason that the list of differences tells: `direct` only.
    pub fn only_direct(mut self) -> Case {
        self.only_direct = true;
        self
    }

    /// What is met first decides what is done: several workers may come upon an error sooner.
    pub fn in_one_thread(mut self) -> Case {
        self.in_one_thread = true;
        self
    }

    /// The destination is on another machine: how things get into place is decided there.
    pub fn pushes(mut self) -> Case {
        self.far_end = FarEnd::Destination;
        self
    }

    /// Both times rsync is run here; at the far end it is rsync or resilver.
    pub fn served(mut self) -> Case {
        self.far_end = FarEnd::Server;
        self.env("RSYNC_RSH", far::SHELL)
    }

    /// Both times rsync pulls; at the far end it is rsync or resilver.
    pub fn sent(mut self) -> Case {
        self.far_end = FarEnd::Sender;
        self.env("RSYNC_RSH", far::SHELL)
    }

    /// The ways in which resilver plays it.
    fn methods(&self) -> Vec<Method> {
        match (self.far_end, self.only_direct) {
            (FarEnd::Destination | FarEnd::Sender, _) => vec![Method::Auto],
            (_, true) => vec![Method::Direct],
            (_, false) => Method::chosen(),
        }
    }

    /// Resilver where it has its part in the case.
    fn program(&self, method: Method) -> Program {
        match self.far_end {
            FarEnd::Server | FarEnd::Sender => Program::rsync_to_resilver(method),
            _ if self.in_one_thread => Program::resilver(method).in_one_thread(),
            _ => Program::resilver(method),
        }
    }

    /// Leaves out one kind of difference in this case, for a reason.
    pub fn ignore(mut self, aspect: Aspect, reason: &'static str) -> Case {
        assert!(!reason.is_empty());
        self.ignored.push((aspect, reason));
        self
    }

    /// The case with `option` taken away from every command.
    fn without(&self, option: &str) -> Case {
        let mut case = self.clone();
        for step in &mut case.steps {
            if let Step::Run(args) = step {
                *args = drop_option(args, option);
            }
        }
        case
    }

    /// Plays the case with one program, in a directory of its own below `scratch`.
    pub fn observe(&self, program: &Program, scratch: &Path) -> Observation {
        let root = scratch.join(&program.label).join("w");
        fs::create_dir_all(&root).expect("a directory");
        let owner = (self.around.unprivileged && is_root()).then_some((NOBODY, NOBODY));
        if let Some((user, group)) = owner {
            std::os::unix::fs::chown(&root, Some(user), Some(group)).expect("an owner");
        }
        let began = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .expect("a clock")
            .as_secs() as i64
            - 1;
        let mut outputs = Vec::new();
        for (age, step) in self.steps.iter().enumerate() {
            match step {
                Step::Run(args) => outputs.push(run::run(program, args, &self.around, &root)),
                Step::Change(entries) => fixture::build(entries, &root, owner, age as i64),
                Step::Prepare(prepare) => prepare(&root),
            }
        }
        Observation {
            root: root.to_string_lossy().into_owned(),
            outputs,
            tree: Tree::read(&root, began),
            may_tell_its_choice: program.chooses_its_method(),
        }
    }

    /// Everything in which two observations differ and should not.
    pub fn findings(&self, expected: &Observation, got: &Observation) -> Vec<Finding> {
        let mut findings = compare::differ(expected, got);
        findings.retain(|finding| self.atimes || finding.aspect != Aspect::Atime);
        findings.retain(|finding| {
            !self
                .ignored
                .iter()
                .any(|(aspect, _)| *aspect == finding.aspect)
        });
        findings
    }

    /// State that must not be: the classic way keeps none, and a run that changes nothing makes none.
    pub fn stray_state(&self, method: Method, got: &Observation) -> Option<Finding> {
        let dry = |step: &Step| !matches!(step, Step::Run(args) if !is_dry(args));
        let refused = got.outputs.iter().all(|output| output.code == 1);
        let none_wanted = method == Method::Direct || refused || self.steps.iter().all(dry);
        let states = got.tree.states.join(" ");
        (none_wanted && !states.is_empty())
            .then(|| Finding::new(Aspect::State, "the end", "none", states))
    }

    fn commands(&self) -> String {
        let line = |step: &Step| match step {
            Step::Run(args) => Some(show_args(args)),
            _ => None,
        };
        self.steps
            .iter()
            .filter_map(line)
            .collect::<Vec<_>>()
            .join(" ; ")
    }
}

/// Plays a case with rsync and with resilver by every method, and fails with all that differs.
pub fn check(case: Case) {
    if let Some(reason) = case.needs_root.filter(|_| !is_root()) {
        println!("skipped: needs root: {reason}");
        return;
    }
    let end = far::End::chosen();
    let is_far = end.is_some();
    let case = match end.map(|end| far::far(case.clone(), end)) {
        None => case,
        Some(Some(far)) => far,
        Some(None) => return println!("skipped: nothing in it can be far away"),
    };
    let scratch = scratch();
    let expected = case.observe(&Program::rsync(), scratch.path());
    if std::env::var_os("RESILVER_ORACLE_DROP").is_some() {
        return check_dropped(&case, &expected, scratch.path());
    }
    let mut report = String::new();
    for method in case.methods() {
        let got = case.observe(&case.program(method), scratch.path());
        if is_far && far::is_still_to_come(&got) {
            return println!("skipped: not there yet: {}", case.commands());
        }
        if method == Method::Swap && got.refuses_a_single_file() {
            continue;
        }
        for finding in case
            .findings(&expected, &got)
            .into_iter()
            .chain(case.stray_state(method, &got))
        {
            report += &format!("[{method:?}] {finding}\n");
        }
    }
    assert!(
        report.is_empty(),
        "not as rsync: {}\n{report}",
        case.commands()
    );
}

/// The case must be able to fail: without its option something has to differ. A case that is about no single option
/// must at least tell rsync from a program that does and says nothing.
fn check_dropped(case: &Case, expected: &Observation, scratch: &Path) {
    let (without, program) = match case.option {
        Some(option) => {
            let method = case.methods().first().copied().unwrap_or(Method::Direct);
            (case.without(option), case.program(method))
        }
        None if case.is_silent => return println!("skipped: rsync does and says nothing here"),
        None => {
            println!("names no option: {}", case.commands());
            (case.clone(), Program::nothing())
        }
    };
    if let Some(option) = case.option {
        assert_ne!(
            without.commands(),
            case.commands(),
            "{option} is not in the command line"
        );
    }
    let got = without.observe(&program, scratch);
    let findings = case.findings(expected, &got);
    assert!(
        !findings.is_empty(),
        "nothing differs without {:?}: {}",
        case.option,
        case.commands()
    );
}

/// A directory for one case: where `RESILVER_ORACLE_DIR` says, else in memory, because cases are many and small.
pub fn scratch() -> Scratch {
    let wanted = std::env::var_os("RESILVER_ORACLE_DIR").unwrap_or_else(|| "/dev/shm".into());
    let made = tempfile::Builder::new()
        .prefix("oracle")
        .tempdir_in(PathBuf::from(wanted))
        .or_else(|_| tempfile::tempdir());
    let dir = made.expect("a scratch directory");
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).expect("a mode");
    Scratch(dir)
}

/// A directory that goes away whatever was made in it: closed directories, and paths longer than the library removes.
pub struct Scratch(tempfile::TempDir);

impl Scratch {
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        for (tool, flag) in [("chmod", "-Rf"), ("rm", "-rf")] {
            let mode = (tool == "chmod").then_some("u+rwx");
            let _ = Command::new(tool)
                .arg(flag)
                .args(mode)
                .arg(self.path())
                .status();
        }
    }
}

/// Whether a command line asks for a trial run.
fn is_dry(args: &[OsString]) -> bool {
    let dry = |arg: std::borrow::Cow<'_, str>| {
        let is_bundle = arg.starts_with('-') && !arg.starts_with("--") && !arg.starts_with("-M");
        arg == "--dry-run" || (is_bundle && arg.contains('n'))
    };
    args.iter().any(|arg| dry(arg.to_string_lossy()))
}

/// Splits a command line.
pub fn words(line: &str) -> Vec<OsString> {
    let word = |word: &str| {
        if word == "''" {
            OsString::new()
        } else {
            arg(&unescape(word))
        }
    };
    line.split_ascii_whitespace().map(word).collect()
}

/// Takes an option away: a long one whole, with its value; a short one also out of a bundle.
fn drop_option(args: &[OsString], option: &str) -> Vec<OsString> {
    let mut kept = Vec::new();
    for arg in args {
        let text = arg.to_string_lossy();
        let is_long = option.starts_with("--");
        if text == option || (is_long && text.split('=').next() == Some(option)) {
            continue;
        }
        if !is_long && text.starts_with('-') && !text.starts_with("--") {
            let rest = text.replace(&option[1..], "");
            if rest != "-" {
                kept.push(OsString::from(rest));
            }
            continue;
        }
        kept.push(arg.clone());
    }
    kept
}
