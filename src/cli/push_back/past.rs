//! What is known of a mirror's past: its catalogue, and the way back to where it came from.

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::given;
use super::options::{Fate, fate, is_rule, refuse_no_way_back};
use crate::cli::arguments::{self, Arguments, Given, Read};
use crate::cli::commands::refused;
use crate::cli::exit::{Code, Refusal};
use crate::cli::options::{self, Request};
use crate::engine::edits::Sense;
use crate::engine::{Backups, Severity};
use crate::report::pushed::Pushing;
use crate::stage::catalogue::{Catalogue, Record};
use crate::stage::{Claim, Pass, Policy};
use crate::sys::{Kind, process};
use crate::transport::Operand;
use crate::tree::{Preserve, shown};

/// A mirror that was pulled.
#[derive(Debug)]
pub struct Past {
    /// What was pulled, and from where.
    pub catalogue: Catalogue,
    /// What keeps others from the mirror meanwhile; none where it is only looked at.
    pub claim: Option<Claim>,
    /// The directory of the mirror that its origin corresponds to.
    pub tree: PathBuf,
    /// Where that is below the pull's destination.
    pub prefix: PathBuf,
    /// The origin as a source or destination: the content of a directory.
    pub origin: OsString,
    /// The directory was named itself, not its content, and anchored rules begin with its name.
    pub is_named: bool,
    /// How the other end is reached.
    pub ways: Vec<Given>,
    /// What takes part.
    pub choice: Vec<Given>,
    /// What is kept of an entry.
    pub kept: Vec<Given>,
    /// How a result gets into place in the mirror.
    pub place: Vec<Given>,
    /// Which kinds of entry the mirror has, and what of its attributes is that of the origin.
    pub preserve: Preserve,
    /// What counts when records are compared.
    pub sense: Sense,
}

impl Past {
    /// The same, the mirror being held from before it is read until the past is dropped.
    ///
    /// # Errors
    /// As below; another run holds it.
    pub fn held(mirror: &Path, policy: &Policy, json: Option<&Pushing>) -> Result<Past, Refusal> {
        let claim = Claim::take(mirror, policy).map_err(refused)?;
        for note in claim.notes() {
            match json {
                Some(json) => json.message(Severity::Notice, &note.to_string()),
                None => drop(writeln!(std::io::stderr(), "{note}")),
            }
        }
        Ok(Past {
            claim: Some(claim),
            ..Past::of(mirror)?
        })
    }

    /// What takes part but for rules, which say what a list has, not what is there under a name.
    pub fn choice_but_rules(&self) -> impl Iterator<Item = &Given> {
        self.choice.iter().filter(|given| !is_rule(given))
    }

    /// What lets runs of this process into the mirror.
    pub fn pass(&self) -> Option<Pass> {
        self.claim.as_ref().map(Claim::pass)
    }

    /// Reads what a mirror keeps of its pulls.
    ///
    /// # Errors
    /// There is nothing, or it is of no use for the way back.
    pub fn of(mirror: &Path) -> Result<Past, Refusal> {
        let Some(catalogue) = Catalogue::open(mirror).map_err(refused)? else {
            return Err(Refusal::failed(
                format_args!(
                    "{}: no catalogue says where this came from; a pull into it makes one, and takes back \
                     what was changed here",
                    shown(mirror)
                ),
                Code::FileSelect,
            ));
        };
        let words = &catalogue.origin().words;
        let Read::Arguments(Arguments { options, operands }) = arguments::read(words)? else {
            return Err(unusable("it only asked for help"));
        };
        options.iter().try_for_each(refuse_no_way_back)?;
        let Request::Sync(pull) = options::of_arguments(Arguments {
            options: options.clone(),
            operands: operands.clone(),
        })?
        else {
            return Err(unusable("it is none"));
        };
        if !pull.options.recursive {
            return Err(unusable("it had no --recursive (-r)"));
        }
        let [source, _] = operands.as_slice() else {
            return Err(unusable("it had several sources"));
        };
        let (origin, prefix) = origin(source)?;
        let of = |wanted: Fate| {
            let options = options.iter().filter(move |given| fate(given) == wanted);
            options.cloned().collect::<Vec<_>>()
        };
        let has = |wanted: Fate| options.iter().any(|given| fate(given) == wanted);
        let (other_perms, other_owners) = (has(Fate::OtherPerms), has(Fate::OtherOwners));
        // Who is not the super-user has other owners in the mirror, which are not to go there.
        let owners_differ = other_owners || !process::is_root();
        let mut preserve = pull.options.preserve;
        preserve.owner &= !owners_differ;
        preserve.group &= !owners_differ;
        let mut kept = of(Fate::Kept);
        for (differ, words) in [
            (other_perms, &["--no-perms"][..]),
            (owners_differ, &["--no-owner", "--no-group"]),
        ] {
            if differ {
                kept.extend(given(words)?);
            }
        }
        let mut choice = of(Fate::Choice);
        if let Some(backups) = &pull.options.backups {
            choice.extend(given(&[not_backups(backups)])?);
        }
        Ok(Past {
            tree: mirror.join(&prefix),
            is_named: !prefix.as_os_str().is_empty(),
            prefix,
            origin,
            ways: of(Fate::Way),
            choice,
            kept,
            place: of(Fate::Place),
            preserve,
            sense: Sense {
                perms: preserve.perms && !other_perms,
                special: process::is_root(),
                times: preserve.times,
            },
            catalogue,
            claim: None,
        })
    }

    /// What was pulled, by paths in the tree; the tree itself takes no part.
    ///
    /// # Errors
    /// The catalogue cannot be read; what was pulled is no directory.
    pub fn base(&self) -> Result<Vec<(PathBuf, Record)>, Refusal> {
        let mut base = Vec::new();
        let mut is_file = false;
        let each = &mut |path: &Path, record: Record| {
            if let Ok(below) = path.strip_prefix(&self.prefix) {
                match below.as_os_str().is_empty() {
                    true => is_file = record.kind != Kind::Dir,
                    false => base.push((below.to_owned(), record)),
                }
            }
            Ok(())
        };
        self.catalogue.for_each(each).map_err(refused)?;
        match is_file {
            true => Err(unusable("its source was a single file")),
            false => Ok(base),
        }
    }
}

/// A rule that leaves out what a pull kept of what it replaced.
fn not_backups(backups: &Backups) -> OsString {
    let mut rule = OsString::from("--exclude=");
    match &backups.dir {
        Some(dir) => rule.extend([OsStr::new("/"), dir.as_os_str()]),
        None => rule.extend([OsStr::new("*"), backups.suffix.as_os_str()]),
    }
    rule
}

fn unusable(why: &str) -> Refusal {
    Refusal::unsupported(format_args!(
        "there is no way back from the pull that made this mirror, since {why}; push by hand"
    ))
}

/// A source as the content of a directory, and the directory below the destination in which that came to lie.
pub fn origin(source: &OsStr) -> Result<(OsString, PathBuf), Refusal> {
    let path = match Operand::parse(source).map_err(Refusal::usage)? {
        Operand::Local(_) => return Err(unusable("its source was on this machine")),
        Operand::Shell { path, .. } => path,
        Operand::Daemon(daemon) => daemon.path,
    };
    let bytes = path.as_bytes();
    if bytes.iter().any(|byte| b"*?[".contains(byte)) {
        return Err(unusable("its source had wildcards"));
    }
    let is_module =
        matches!(Operand::parse(source), Ok(Operand::Daemon(_))) && !bytes.contains(&b'/');
    let last = bytes
        .rsplit(|byte| *byte == b'/')
        .next()
        .unwrap_or_default();
    match last {
        // Of these the content is what is meant.
        b"" | b"." | b".." => Ok((source.to_owned(), PathBuf::new())),
        _ if is_module => Ok((source.to_owned(), PathBuf::new())),
        _ if last.starts_with(b"~") && last.len() == bytes.len() => Err(unusable(
            "its source was a home directory without a slash behind it",
        )),
        last => {
            let mut content = source.to_owned();
            content.push("/");
            Ok((content, PathBuf::from(OsStr::from_bytes(last))))
        }
    }
}
