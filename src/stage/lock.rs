//! Who holds a destination: `flock` on its own directory, and on the lock file of its state.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::error::{Doing, Error};
use super::home::Home;
use super::layout::LOCK;
use super::policy::{Policy, Wait};
use super::site::Site;
use crate::sys::{self, Dir, Lock, process, signal};

/// How often a waiting run looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// The run that holds a destination.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Process number; 0 where unknown.
    pub pid: u32,
    /// Machine.
    pub host: String,
    /// When it took the lock, as a person reads it.
    pub since: String,
    /// Its command line.
    pub command: String,
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.pid == 0 {
            return f.write_str("another run");
        }
        write!(f, "process {} on {}", self.pid, self.host)?;
        if !self.since.is_empty() {
            write!(f, " since {}", self.since)?;
        }
        if !self.command.is_empty() {
            write!(f, " ({})", self.command)?;
        }
        Ok(())
    }
}

impl Holder {
    fn this_run() -> Holder {
        let words: Vec<_> = std::env::args_os()
            .map(|word| word.to_string_lossy().into_owned())
            .collect();
        Holder {
            pid: std::process::id(),
            host: process::host(),
            since: jiff::Zoned::now().strftime("%F %T %Z").to_string(),
            command: words.join(" "),
        }
    }
}

/// What tells runs of this process that a destination is held by itself: its lock file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pass {
    file: Option<((u32, u32), u64)>,
}

/// The locks of one run; released when dropped.
#[derive(Debug, Default)]
pub(super) struct Locks {
    held: Vec<Lock>,
    /// The lock file, until it says who we are.
    unsigned: Option<(File, PathBuf)>,
    file: Pass,
}

impl Pass {
    fn of(file: &File) -> std::io::Result<Pass> {
        let stat = sys::stat_file(file)?;
        Ok(Pass {
            file: Some((stat.dev, stat.ino)),
        })
    }
}

impl Locks {
    /// Locks the live root of a site, waiting as `wait` says, and looks at it anew when it was replaced
    /// during the wait. Runs on single files share the directory with each other, not with others. A
    /// root that is missing is locked by its state, once there is some. What this process holds already is not
    /// locked again.
    pub fn take(site: &mut Site, policy: &Policy) -> Result<Locks, Error> {
        let (wait, began) = (policy.wait, Instant::now());
        if let Some(locks) = Locks::within(site, policy.pass)? {
            return Ok(locks);
        }
        loop {
            let mut locks = Locks::default();
            let Some(live) = &site.live else {
                let locks = locks.with_home(site, wait, began)?;
                site.look()?;
                if site.live.is_some() {
                    // The run that we waited for has made it.
                    continue;
                }
                return Ok(locks);
            };
            match lock_dir(live, site.single.is_some()) {
                Some(Some(lock)) => locks.held.push(lock),
                Some(None) if goes_on(wait, began) => {
                    std::thread::sleep(LOOK_AGAIN);
                    site.look()?;
                    continue;
                }
                Some(None) => return Err(busy(site, live)),
                // This file system has no such locks; the lock file may still serve.
                None => {}
            }
            // The switch of the run that we waited for may have put another root in place.
            let held = site.live_stat()?;
            site.look()?;
            match (held, site.live_stat()?) {
                (Some(held), Some(now)) if held.same_object(&now) => {
                    let locks = locks.with_home(site, wait, began)?;
                    // Who held the state may have made several switches meanwhile.
                    site.look()?;
                    if site.live_stat()?.is_some_and(|live| live.same_object(&now)) {
                        return Ok(locks);
                    }
                }
                _ => {}
            }
        }
    }

    /// No locks at all, where a pass lets in.
    fn within(site: &Site, pass: Option<Pass>) -> Result<Option<Locks>, Error> {
        let (Some(pass), Some(home)) = (pass, site.find()?) else {
            return Ok(None);
        };
        let path = home.join(LOCK);
        let Ok(file) = home.dir.open_file_rw(LOCK) else {
            return Ok(None);
        };
        if pass != Pass::of(&file).doing("look at the lock", &path)? {
            return Ok(None);
        }
        Ok(Some(Locks {
            held: Vec::new(),
            unsigned: Some((file, path)),
            file: pass,
        }))
    }

    /// What lets other runs of this process in.
    pub fn pass(&self) -> Pass {
        self.file
    }

    fn with_home(mut self, site: &Site, wait: Wait, began: Instant) -> Result<Locks, Error> {
        if let Some(home) = site.find()? {
            while !self.take_home(&home)? {
                if !goes_on(wait, began) {
                    return Err(busy_home(site, &home));
                }
                std::thread::sleep(LOOK_AGAIN);
            }
        }
        Ok(self)
    }

    /// Locks the lock file of a state directory; false when another run has it.
    fn take_home(&mut self, home: &Home) -> Result<bool, Error> {
        let path = home.join(LOCK);
        let file = match home.dir.open_file_rw(LOCK) {
            Ok(file) => file,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => home
                .dir
                .create_file(LOCK, 0o600)
                .doing("make the lock", &path)?,
            // State on a file system that is read-only now: nothing will be written either.
            Err(e) if e.kind() == std::io::ErrorKind::ReadOnlyFilesystem => return Ok(true),
            Err(e) => return Err(e).doing("open the lock", &path),
        };
        match sys::try_lock_file(&file) {
            Ok(Some(lock)) => self.held.push(lock),
            Ok(None) => return Ok(false),
            Err(_) => {}
        }
        self.file = Pass::of(&file).doing("look at the lock", &path)?;
        self.unsigned = Some((file, path));
        Ok(true)
    }

    /// Writes into the lock file who we are: from the first change on, since a run that finds nothing to
    /// do touches nothing. Until then the kernel's table of locks tells.
    pub fn sign(&mut self) -> Result<(), Error> {
        let Some((mut file, path)) = self.unsigned.take() else {
            return Ok(());
        };
        let text = serde_json::to_string(&Holder::this_run()).unwrap_or_default();
        file.set_len(0)
            .and_then(|()| file.seek(SeekFrom::Start(0)))
            .and_then(|_| file.write_all(text.as_bytes()))
            .doing("write the lock", &path)
    }

    /// Locks a state directory that this run has just made.
    pub fn add_home(&mut self, home: &Home, site: &Site) -> Result<(), Error> {
        if self.take_home(home)? {
            Ok(())
        } else {
            Err(busy_home(site, home))
        }
    }

    /// Locks a tree that is about to become the live one.
    pub fn add_root(&mut self, root: &Dir) {
        if let Some(Some(lock)) = lock_dir(root, false) {
            self.held.push(lock);
        }
    }
}

/// `None` where the file system has no locks, `Some(None)` where another process has it.
fn lock_dir(dir: &Dir, shared: bool) -> Option<Option<Lock>> {
    if shared {
        dir.try_lock_shared().ok()
    } else {
        dir.try_lock().ok()
    }
}

fn goes_on(wait: Wait, began: Instant) -> bool {
    !signal::stop_requested()
        && match wait {
            Wait::No => false,
            Wait::Forever => true,
            Wait::For(limit) => began.elapsed() < limit,
        }
}

fn busy(site: &Site, live: &Dir) -> Error {
    let home = site.find().ok().flatten();
    let written = home.and_then(|home| read_holder(&home));
    let by_kernel = live.stat_self().ok().and_then(|stat| locker_of(&stat));
    let holder = match (written, by_kernel) {
        (Some(written), Some(pid)) if written.pid == pid => written,
        (_, Some(pid)) => holder_of(pid),
        (Some(written), None) if is_alive(&written) => written,
        _ => Holder::default(),
    };
    Error::Busy {
        path: site.path.clone(),
        holder,
    }
}

fn busy_home(site: &Site, home: &Home) -> Error {
    Error::Busy {
        path: site.path.clone(),
        holder: read_holder(home).unwrap_or_default(),
    }
}

/// Who holds a destination now, without taking its lock.
pub(super) fn holder(site: &Site, home: &Home) -> Option<Holder> {
    let file = home.dir.open_file(LOCK).ok()?;
    let free = matches!(sys::try_lock_file(&file), Ok(Some(_)));
    let root_free = match &site.live {
        Some(live) => matches!(lock_dir(live, site.single.is_some()), None | Some(Some(_))),
        None => true,
    };
    (!free || !root_free).then(|| read_holder(home).unwrap_or_default())
}

fn read_holder(home: &Home) -> Option<Holder> {
    let mut text = String::new();
    let file: File = home.dir.open_file(LOCK).ok()?;
    file.take(64 * 1024).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

fn is_alive(holder: &Holder) -> bool {
    holder.host != process::host() || process::start_of(holder.pid).is_some()
}

fn holder_of(pid: u32) -> Holder {
    let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let command = String::from_utf8_lossy(&command);
    Holder {
        pid,
        host: process::host(),
        since: String::new(),
        command: command.trim_end_matches('\0').replace('\0', " "),
    }
}

/// The process that `/proc/locks` names as holder of a lock on an object (proc(5)).
fn locker_of(stat: &sys::Stat) -> Option<u32> {
    let object = format!("{:02x}:{:02x}:{}", stat.dev.0, stat.dev.1, stat.ino);
    let table = fs::read_to_string(Path::new("/proc/locks")).ok()?;
    table.lines().find_map(|line| {
        let words: Vec<_> = line.split_whitespace().collect();
        (words.len() > 5 && words[1] == "FLOCK" && words[5] == object)
            .then(|| words[4].parse().ok())
            .flatten()
    })
}
