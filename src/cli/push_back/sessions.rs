//! The runs that carry out a plan: removals first, then what is sent and fetched, each with exactly its names.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use super::given;
use super::lists::{self, Found, Lists, local, names, run_of};
use super::options::is_rule;
use super::owners::{Owners, Shares, Spoken};
use super::past::Past;
use super::removals::{Removal, Scaffold, sparing_rules};
use crate::cli::arguments::{Arguments, Given};
use crate::cli::commands::{listen, print, refused, sync};
use crate::cli::exit::{Code, Refusal};
use crate::cli::options;
use crate::cli::table::Opt;
use crate::cli::values::integer;
use crate::engine::Severity;
use crate::engine::edits::{Edits, Plan, Sense, same, top_most};
use crate::report::pushed::{self as told, Pushing};
use crate::stage::catalogue::Record;
use crate::sys::Kind;
use crate::wire::Protocol;

/// What all runs of a push have in common.
pub struct Sessions<'p> {
    pub past: &'p Past,
    /// How runs are told.
    pub manner: Vec<Given>,
    pub dry_run: bool,
    /// Who tells them as objects; else each is told by itself.
    pub json: Option<&'p Pushing>,
}

/// One run.
struct Session {
    options: Vec<Given>,
    /// Further words.
    words: Vec<OsString>,
    names: Vec<PathBuf>,
    /// Whose some of them are said to be.
    owned: Owners,
    source: OsString,
    dest: OsString,
}

impl Sessions<'_> {
    /// Does what the plan says, and notes in the catalogue what both sides have by then; gives the worst code.
    /// What turns out not to be done is taken out of the plan.
    pub fn carry_out(&self, lists: &Lists, plan: &mut Plan) -> Result<Code, Refusal> {
        refuse_old(self.past, plan)?;
        let mut code = lists.code;
        let mut is_broken = false;
        // Whether there was a run, and it has done what it could.
        let mut run = |session: Session| -> Result<bool, Refusal> {
            if is_broken || session.names.is_empty() {
                return Ok(false);
            }
            let ended = self.run(session)?;
            is_broken = !is_through(ended);
            if code == Code::Success || is_broken {
                code = ended;
            }
            Ok(!is_broken)
        };
        let edits = &lists.edits;
        let past = self.past;
        let origin = past.origin.clone();
        let tree = local(&past.tree);
        let runs = Removal::of(
            &plan.remove_there,
            |path| edits.record_there(path),
            self.dry_run,
        );
        let mut removed = 0;
        for removal in &runs {
            let scaffold = Scaffold::for_removal(removal.paths())?;
            if run(self.removal(removal, &scaffold, origin.clone(), &past.ways)?)? {
                removed += removal.paths().len();
            }
        }
        // What would have made room by then is still there in a dry run.
        let forced = self.dry_run && !plan.remove_there.is_empty();
        let words = forced.then_some("--force");
        // As it is told now, and not as it was listed long ago: what is sent is this, whatever follows.
        let sent = self.snapshot(plan)?;
        for session in self.sending(&plan.send, lists, words.as_slice())? {
            run(session)?;
        }
        let suffix = format!(
            "--suffix=.theirs-{}",
            Timestamp::now().strftime("%Y-%m-%dT%H-%M-%SZ")
        );
        for session in self.sending(&plan.send_beside, lists, &["--backup", &suffix])? {
            run(session)?;
        }
        let runs = Removal::of(
            &plan.remove_here,
            |path| edits.record_here(path),
            self.dry_run,
        );
        for removal in &runs {
            let scaffold = Scaffold::for_removal(removal.paths())?;
            run(self.removal(removal, &scaffold, tree.clone(), &past.place)?)?;
        }
        run(self.fetching(&plan.fetch, edits))?;
        if self.dry_run {
            return Ok(code);
        }
        let noted = match is_broken {
            true => None,
            false => Some(self.note(edits, plan, &sent)),
        };
        match &noted {
            Some(Ok(undone)) => plan.leave_out(undone),
            _ if removed > 0 => self.tell(&told::broken(removed)),
            _ => {}
        }
        noted.transpose().map(|_| code)
    }

    fn tell(&self, text: &str) {
        match self.json {
            Some(json) => json.message(Severity::Notice, text),
            None => drop(print(format!("{text}\n").as_bytes())),
        }
    }

    /// What has no entry in the scaffold, which has all that is around it, goes.
    fn removal(
        &self,
        removal: &Removal,
        scaffold: &Scaffold,
        dest: OsString,
        way: &[Given],
    ) -> Result<Session, Refusal> {
        // The user's rules would stand in front: one that includes risks what is spared here, one that excludes
        // spares what is to go.
        let others = self.past.choice_but_rules();
        let mut options: Vec<Given> = others.chain(way).cloned().collect();
        let mut words: Vec<OsString> = vec!["--delete-missing-args".into()];
        let names = match removal {
            Removal::Single(paths) => paths.iter().cloned().collect(),
            Removal::Whole(paths) => {
                options.extend(sparing_rules(paths)?);
                words.push("--delete".into());
                top_most(paths).cloned().collect()
            }
        };
        Ok(Session {
            options,
            words,
            names,
            owned: Owners::new(),
            source: local(scaffold.root()),
            dest,
        })
    }

    /// The runs that send these.
    fn sending(
        &self,
        paths: &BTreeSet<PathBuf>,
        lists: &Lists,
        words: &[&str],
    ) -> Result<Vec<Session>, Refusal> {
        let past = self.past;
        let session = |names: Vec<PathBuf>, whose: Spoken| {
            let options = past.kept.iter().chain(&past.choice).chain(&past.ways);
            let mut words = words_for(&names, &lists.edits, words);
            words.extend(whose.words);
            Session {
                options: options.cloned().collect(),
                words,
                names,
                owned: whose.owners,
                source: local(&past.tree),
                dest: past.origin.clone(),
            }
        };
        let all = || paths.iter().cloned().collect();
        if self.dry_run {
            // Nobody asked whose they are, and none of them becomes another's.
            return Ok(vec![session(all(), Spoken::nothing())]);
        }
        let links = past.preserve.hard_links.then(|| lists::open(past));
        let mut shares = Shares::of(paths, &lists.owners, links.transpose()?.as_ref());
        if past.preserve.owner && past.preserve.group {
            return Ok(vec![session(all(), Spoken::of(shares.owned))]);
        }
        // What is new is told no owner. It may need what exists, which is something else by now.
        let here = |path: &Path| lists.edits.record_here(path);
        let closed = shares.take_closed(|path| here(path).is_some_and(is_closed));
        let of_others = |owned: Owners| session(owned.keys().cloned().collect(), Spoken::of(owned));
        let new = session(shares.new.into_iter().collect(), Spoken::default());
        Ok(vec![of_others(shares.owned), new, of_others(closed)])
    }

    fn fetching(&self, paths: &BTreeSet<PathBuf>, edits: &Edits) -> Session {
        let past = self.past;
        let options = past.kept.iter().chain(&past.choice);
        let options = options.chain(&past.ways).chain(&past.place);
        Session {
            options: options.cloned().collect(),
            words: words_for(paths, edits, &[]),
            names: paths.iter().cloned().collect(),
            owned: Owners::new(),
            source: past.origin.clone(),
            dest: local(&past.tree),
        }
    }

    fn run(&self, session: Session) -> Result<Code, Refusal> {
        let mut options = session.options;
        options.extend(self.manner.iter().cloned());
        options.extend(given(&session.words)?);
        options.extend(given(&["--no-recursive", "--no-implied-dirs"])?);
        let operands = vec![session.source, session.dest];
        let names = names(session.names.iter());
        let request = options::of_names(Arguments { options, operands }, names)?;
        let mut run = run_of(self.past, request)?;
        run.options.adjust.owned = Arc::new(session.owned);
        Ok(match self.json {
            Some(json) => listen(&run, json).0,
            None => Code::from_number(sync(&run)).unwrap_or(Code::Partial),
        })
    }

    /// What the mirror has right now of what is sent.
    fn snapshot(&self, plan: &Plan) -> Result<Sent, Refusal> {
        let mirror = lists::open(self.past)?;
        let of = |path: &PathBuf| Some((path.clone(), mirror.record(path)?));
        let sent = plan.send.iter().chain(&plan.send_beside);
        Ok(sent.filter_map(of).collect())
    }

    /// Notes what both sides have by now: a look at both tells what has become of each path. What was sent is the
    /// base of what was edited here behind that. Gives the paths of which the origin has not what was wanted.
    fn note(&self, edits: &Edits, plan: &Plan, sent: &Sent) -> Result<BTreeSet<PathBuf>, Refusal> {
        let past = self.past;
        // A switch may have put another tree in place.
        let mirror = lists::open(past)?;
        let (mut changes, mut undone) = (BTreeMap::new(), BTreeSet::new());
        // Only content that both sides have tells later whether there was a change.
        let mut note = |path: &Path, common: Option<&Record>, there: Option<&Record>| {
            let record = there.map(|there| {
                let is_common = |here: &Record| common.is_some_and(|common| here == common);
                let here = mirror.record(path).filter(is_common);
                let sum = here.filter(|here| here.kind == Kind::File);
                let sum = sum.and_then(|here| mirror.sum(path, &here));
                Record {
                    sum,
                    ..there.clone()
                }
            });
            changes.insert(past.prefix.join(path), record);
        };
        let hidden = self.hidden_there(edits, plan)?;
        let is_hidden = |path: &Path| path.ancestors().any(|above| hidden.contains(above));
        for path in plan.agreed.iter().filter(|path| !is_hidden(path)) {
            note(path, edits.record_here(path), edits.record_there(path));
        }
        if !plan.is_idle() {
            let Found { records, code, .. } = self.found_there(plan)?;
            let is_whole = code != Code::Partial;
            let sense = Sense {
                times: edits.sense().times && self.sends_times(),
                ..edits.sense()
            };
            let is_dir = |above: &Path| records.get(above).is_some_and(|r| r.kind == Kind::Dir);
            for path in plan.acted() {
                let (here, there) = (mirror.record(path), records.get(path));
                // Where a directory could not be removed, nobody asked what is left in it.
                let is_left = here.is_none() && path.ancestors().skip(1).any(is_dir);
                let is_known = is_whole || there.is_some();
                let is_asked = !is_left || plan.is_named(path);
                let is_gone = plan.remove_there.contains(path) && !plan.send.contains(path);
                let sent = sent.get(path);
                // Without times an edit behind the sending may look like what was sent.
                let tells = sense.times || sent.is_none() || sent == here.as_ref();
                let common = match &here {
                    _ if is_gone => None,
                    here if tells && same(here.as_ref(), there, sense) => here.as_ref(),
                    _ => sent,
                };
                match is_known && is_asked && same(common, there, sense) {
                    true => note(path, common, there),
                    false => drop(undone.insert(path.clone())),
                }
            }
        }
        if !changes.is_empty() {
            past.catalogue
                .amend(&changes, past.pass())
                .map_err(refused)?;
        }
        Ok(undone)
    }

    /// What is gone here, and there only from the list, since rules leave it out that the pull had not: its removal
    /// is still to be sent by a push without them.
    fn hidden_there(&self, edits: &Edits, plan: &Plan) -> Result<BTreeSet<PathBuf>, Refusal> {
        if !self.past.choice.iter().any(is_rule) {
            return Ok(BTreeSet::new());
        }
        let is_gone = |path: &&PathBuf| edits.record_there(path).is_none();
        let gone = plan.agreed.iter().filter(is_gone).cloned().collect();
        // What lies in a directory that is gone goes with it; what has no directory there is not asked for.
        let has_place = |path: &&PathBuf| {
            let above = path.parent().unwrap_or(Path::new(""));
            let record = edits.record_there(above);
            above.as_os_str().is_empty() || record.is_some_and(|record| record.kind == Kind::Dir)
        };
        let asked: Vec<&PathBuf> = top_most(&gone).filter(has_place).collect();
        if asked.is_empty() {
            return Ok(BTreeSet::new());
        }
        let found = lists::under(self.past, names(asked.iter().copied()))?;
        Ok(match found.code {
            // Nobody knows what of it is there.
            Code::Partial => asked.into_iter().cloned().collect(),
            _ => found.records.into_keys().collect(),
        })
    }

    /// What the origin has under the names that were told in runs.
    fn found_there(&self, plan: &Plan) -> Result<Found, Refusal> {
        let named = plan.acted().filter(|path| plan.is_named(path));
        lists::under(self.past, names(named))
    }

    fn sends_times(&self) -> bool {
        let last = self
            .past
            .kept
            .iter()
            .rev()
            .find_map(|given| match given.opt {
                Opt::Archive => Some(true),
                Opt::Times(on) => Some(on),
                _ => None,
            });
        last.unwrap_or(false)
    }
}

/// What the mirror had of each path when it was sent.
type Sent = BTreeMap<PathBuf, Record>;

/// Whether a run that ended so has done what it could.
pub fn is_through(code: Code) -> bool {
    matches!(
        code,
        Code::Success | Code::Partial | Code::Vanished | Code::DeleteLimit
    )
}

/// Refuses protocols in which a receiver wants the directories around a name, whose attributes would change.
fn refuse_old(past: &Past, plan: &Plan) -> Result<(), Refusal> {
    let protocols = past.ways.iter().filter(|given| given.opt == Opt::Protocol);
    for given in protocols.filter(|_| !plan.is_idle()) {
        if integer(given)? < Protocol::V30.number() {
            return Err(Refusal::unsupported(format_args!(
                "--protocol={} has no way to send names without the directories around them: a push wants 30 or \
                 newer",
                given.value.to_string_lossy()
            )));
        }
    }
    Ok(())
}

/// A directory that lets nothing in from who is not the super-user.
fn is_closed(record: &Record) -> bool {
    record.kind == Kind::Dir && record.mode & 0o300 != 0o300
}

/// Where a file's size and second are the same on both sides, only what it holds tells: all are compared block by
/// block then.
fn words_for<'n>(
    paths: impl IntoIterator<Item = &'n PathBuf>,
    edits: &Edits,
    words: &[&str],
) -> Vec<OsString> {
    let looks_alike = |path: &PathBuf| match (edits.record_here(path), edits.record_there(path)) {
        (Some(here), Some(there)) => {
            let of = |record: &Record| (record.kind, record.size, record.mtime.sec);
            here.kind == Kind::File && of(here) == of(there) && here.mtime != there.mtime
        }
        _ => false,
    };
    let again = paths
        .into_iter()
        .any(looks_alike)
        .then_some("--ignore-times");
    words.iter().copied().chain(again).map(Into::into).collect()
}
