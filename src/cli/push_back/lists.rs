//! What a mirror and its origin have now: two runs that only list.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use super::given;
use super::owners::{Owner, Owners};
use super::past::Past;
use crate::cli::arguments::{Arguments, Given};
use crate::cli::commands::listen;
use crate::cli::exit::{Code, Refusal};
use crate::cli::options::{self, Request, Sync};
use crate::engine::edits::{Edits, Mirror, Plan, Settlement};
use crate::engine::{Event, Names, Report, Wants};
use crate::report::Telling;
use crate::report::pushed::Pushing;
use crate::stage::catalogue::Record;
use crate::sys::{Kind, lock, process};
use crate::tree::Preserve;

/// The three lists.
#[derive(Debug)]
pub struct Lists {
    /// What they come to.
    pub edits: Edits,
    /// How many entries were left out, since an incomplete list does not tell what the origin has.
    pub unknown: usize,
    /// What the runs that listed ended with.
    pub code: Code,
    /// Whose the entries of the origin are that the plan is about.
    pub owners: Owners,
}

/// What the origin has under some names.
#[derive(Debug)]
pub struct Found {
    /// By path; what is not among them is not there, unless the code is that of an incomplete list.
    pub records: BTreeMap<PathBuf, Record>,
    /// Whose they are.
    pub owners: Owners,
    /// What the run that listed ended with.
    pub code: Code,
}

/// Takes an entry of a list, and whose it is.
type Each<'e> = dyn FnMut(PathBuf, Record, Owner) + Send + 'e;

impl Lists {
    /// Lists both sides; what there is to say of that is told as objects, or as text.
    ///
    /// # Errors
    /// One of them could not be listed to its end.
    pub fn of(past: &Past, json: Option<&Pushing>) -> Result<Lists, Refusal> {
        let mut edits = Edits::new(past.sense, past.base()?.into_iter());
        let (tree, origin) = (local(&past.tree), past.origin.clone());
        let here = list(past, json, None, tree, &mut |path, record, _| {
            edits.here(path, record)
        })?;
        let there = list(
            past,
            json,
            Some(&past.ways),
            origin,
            &mut |path, record, _| edits.there(path, record),
        )?;
        edits.leave_out_others(|kind| takes(past.preserve, kind));
        edits.look(&open(past)?);
        let unknown = match there {
            Code::Partial => edits.leave_out_unknown(),
            _ => 0,
        };
        let code = match here {
            Code::Success => there,
            _ => here,
        };
        Ok(Lists {
            edits,
            unknown,
            code,
            owners: Owners::new(),
        })
    }

    /// What a push does, by what the origin has right before it.
    ///
    /// # Errors
    /// The origin could not be listed.
    pub fn plan(
        &mut self,
        past: &Past,
        (settlement, removes): (Settlement, bool),
        dry_run: bool,
    ) -> Result<Plan, Refusal> {
        let mut plan = self.edits.plan(settlement, removes);
        let mut asked = BTreeSet::new();
        while !dry_run && self.look_again(past, &plan, &mut asked)? {
            plan = self.edits.plan(settlement, removes);
        }
        plan.unknown = self.unknown;
        Ok(plan)
    }

    /// Looks once more at what a plan is about and nobody asked for yet, since much time may have gone by; tells
    /// whether something is other than it was: by then the plan may be about more.
    ///
    /// # Errors
    /// The origin could not be listed.
    fn look_again(
        &mut self,
        past: &Past,
        plan: &Plan,
        asked: &mut BTreeSet<PathBuf>,
    ) -> Result<bool, Refusal> {
        let root = Path::new("");
        let edits = &self.edits;
        // What has no directory there is not asked for.
        let has_place = |path: &&PathBuf| {
            let parent = path.parent().filter(|parent| *parent != root);
            let parent = parent.map(|parent| edits.record_there(parent));
            parent.is_none_or(|parent| parent.is_some_and(|record| record.kind == Kind::Dir))
        };
        let is_new = |path: &&PathBuf| !asked.contains(*path) && has_place(path);
        let new: BTreeSet<PathBuf> = plan.acted().filter(is_new).cloned().collect();
        if new.is_empty() {
            return Ok(false);
        }
        let mut found = under(past, names(new.iter()))?;
        if found.code == Code::Partial {
            return Err(unlisted(&past.origin, found.code));
        }
        let mut is_other = false;
        for path in &new {
            is_other |= self.edits.there_by_now(path, found.records.remove(path));
        }
        self.owners.append(&mut found.owners);
        asked.extend(new);
        Ok(is_other)
    }
}

/// The mirror as it is now.
///
/// # Errors
/// It cannot be opened.
pub fn open(past: &Past) -> Result<Mirror, Refusal> {
    Mirror::open(&past.tree).map_err(|e| {
        let text = format!("{}: {}", past.tree.display(), crate::sys::reason(&e));
        Refusal::failed(text, Code::FileSelect)
    })
}

/// Paths as a list of names.
pub fn names<'n>(paths: impl Iterator<Item = &'n PathBuf>) -> Names {
    let mut names = Names::default();
    paths.for_each(|path| names.push(path.as_os_str().as_bytes()));
    names
}

/// What the origin has under some paths.
///
/// # Errors
/// It could not be listed.
pub fn under(past: &Past, paths: Names) -> Result<Found, Refusal> {
    let mut options: Vec<Given> = past.choice_but_rules().cloned().collect();
    options.extend(options_of(past, Some(&past.ways))?);
    options.extend(given(&[
        "--list-only",
        "--no-recursive",
        "--ignore-missing-args",
        "--owner",
        "--group",
        "--numeric-ids",
    ])?);
    // Nothing is written there.
    let operands = vec![past.origin.clone(), ".".into()];
    let request = options::of_names(Arguments { options, operands }, paths)?;
    let (mut records, mut owners) = (BTreeMap::new(), Owners::new());
    let mut each = |path: PathBuf, record, owner| {
        owners.insert(path.clone(), owner);
        records.insert(path, record);
    };
    let lister = Lister::new(None, false, None, &mut each);
    let ended = listen(&run_of(past, request)?, &lister);
    let code = to_its_end(ended, &past.origin)?;
    Ok(Found {
        records,
        owners,
        code,
    })
}

/// A path on this machine as an operand: never taken for the name of another one.
pub fn local(path: &Path) -> OsString {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    path.join("").into()
}

/// The run that was asked for, which is never a pull that makes a catalogue.
pub fn run_of(past: &Past, request: Request) -> Result<Sync, Refusal> {
    match request {
        Request::Sync(mut sync) => {
            sync.options.catalogue = None;
            sync.options.stage.pass = past.pass();
            Ok(*sync)
        }
        _ => Err(Refusal::usage("what was asked for is no run")),
    }
}

/// How a list is made: of the origin, to which these are the ways, it is one of all kinds. What no pull brings is in
/// the way there all the same.
fn options_of(past: &Past, ways: Option<&[Given]>) -> Result<Vec<Given>, Refusal> {
    let mut options: Vec<Given> = ways.unwrap_or_default().to_vec();
    options.extend(given(&["-r", "-t"])?);
    let keep = past.preserve;
    let is_far = ways.is_some();
    for (kept, word) in [
        (keep.links, "-l"),
        (keep.devices, "--devices"),
        (keep.specials, "--specials"),
    ] {
        if kept || is_far {
            options.extend(given(&[word])?);
        }
    }
    Ok(options)
}

/// Whether a mirror has entries of this kind.
fn takes(preserve: Preserve, kind: Kind) -> bool {
    match kind {
        Kind::File | Kind::Dir => true,
        Kind::Symlink => preserve.links,
        Kind::CharDevice | Kind::BlockDevice => preserve.devices && process::is_root(),
        Kind::Fifo | Kind::Socket => preserve.specials,
    }
}

fn list(
    past: &Past,
    json: Option<&Pushing>,
    ways: Option<&[Given]>,
    source: OsString,
    each: &mut Each<'_>,
) -> Result<Code, Refusal> {
    let mut options = past.choice.clone();
    options.extend(options_of(past, ways)?);
    let kinds = ways.is_none().then_some(past.preserve);
    let (shown, mut source) = (source.clone(), source);
    if past.is_named {
        source = without_slash(&source);
    }
    let operands = vec![source];
    let run = run_of(
        past,
        options::of_arguments(Arguments { options, operands })?,
    )?;
    let text = json.is_none().then(|| Telling::new(run.style.clone()));
    let told: Option<&dyn Report> = match (&text, json) {
        (Some(text), _) => Some(text),
        (None, json) => json.map(|json| json as &dyn Report),
    };
    let lister = Lister::new(kinds, past.is_named, told, each);
    let (code, ended) = listen(&run, &lister);
    if let Some(text) = &text {
        text.close(code.number());
    }
    let code = to_its_end((code, ended), &shown)?;
    match code {
        Code::Partial if !lister.has_root.load(Ordering::Relaxed) => Err(unlisted(&shown, code)),
        code => Ok(code),
    }
}

fn without_slash(operand: &OsStr) -> OsString {
    let bytes = operand.as_bytes();
    OsStr::from_bytes(bytes.strip_suffix(b"/").unwrap_or(bytes)).to_owned()
}

/// The code of a list that came to its end.
fn to_its_end((code, ended): (Code, bool), source: &OsStr) -> Result<Code, Refusal> {
    let code = match code {
        Code::Success | Code::Partial | Code::Vanished if ended => return Ok(code),
        Code::Success => Code::StartClient,
        code => code,
    };
    Err(unlisted(source, code))
}

fn unlisted(source: &OsStr, code: Code) -> Refusal {
    let text = format!("{} could not be listed", source.to_string_lossy());
    Refusal::failed(text, code)
}

/// Collects what a run lists.
struct Lister<'l> {
    /// What the kinds are that count, if not all do.
    kinds: Option<Preserve>,
    /// Whether names begin with that of the directory.
    is_named: bool,
    told: Option<&'l dyn Report>,
    /// Whether the tree itself was listed: one that is not there is not.
    has_root: AtomicBool,
    each: Mutex<&'l mut Each<'l>>,
}

impl<'l> Lister<'l> {
    fn new(
        kinds: Option<Preserve>,
        is_named: bool,
        told: Option<&'l dyn Report>,
        each: &'l mut Each<'l>,
    ) -> Lister<'l> {
        let each = Mutex::new(each);
        Lister {
            kinds,
            is_named,
            told,
            has_root: AtomicBool::new(false),
            each,
        }
    }

    /// The path of an entry in the tree; none for the tree itself.
    fn path(&self, listed: PathBuf) -> Option<PathBuf> {
        let path = match self.is_named {
            true => listed.components().skip(1).collect(),
            false => listed,
        };
        Some(path).filter(|path| !path.as_os_str().is_empty() && path != Path::new("."))
    }
}

impl Report for Lister<'_> {
    fn event(&self, event: Event) {
        match (event, self.told) {
            (Event::ListEntry(entry), _) => {
                let counts = |kind| self.kinds.is_none_or(|kinds| takes(kinds, kind));
                let Some(stat) = entry.stat.filter(|stat| counts(stat.kind)) else {
                    return;
                };
                match self.path(entry.path) {
                    Some(path) => {
                        let record = Record::new(&stat, entry.link);
                        lock(&self.each)(path, record, (stat.uid, stat.gid));
                    }
                    None => self.has_root.store(true, Ordering::Relaxed),
                }
            }
            (event @ Event::Message { .. }, Some(told)) => told.event(event),
            _ => {}
        }
    }

    fn wants(&self) -> Wants {
        Wants::default()
    }
}
