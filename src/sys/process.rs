//! Facts about this process, this machine, and the other processes on it.

use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use rustix::fs::Mode;
use rustix::process::{Resource, getrlimit, setrlimit};

static UMASK: OnceLock<u32> = OnceLock::new();

/// Sets the process's umask to zero, so that files are made with their final mode in one call, and
/// remembers what it was. Later calls change nothing.
pub fn take_umask() -> u32 {
    *UMASK.get_or_init(|| rustix::process::umask(Mode::empty()).as_raw_mode() & 0o777)
}

/// Lets a program that is started have the umask that this one began with.
pub fn give_umask_back(command: &mut Command) {
    let mask = Mode::from_raw_mode(take_umask());
    let restore = move || {
        rustix::process::umask(mask);
        Ok(())
    };
    // SAFETY: between fork and exec only what is safe in a signal handler may run: this is one system call.
    #[allow(unsafe_code)]
    unsafe {
        command.pre_exec(restore);
    }
}

/// Allows as many open files as the system lets this process have, up to a bound: a walk holds a few for
/// every level of the tree that it is in.
pub fn raise_file_limit() {
    const ENOUGH: u64 = 1 << 16;
    let mut limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.map_or(ENOUGH, |most| most.min(ENOUGH));
    if limit.current.is_some_and(|now| now < wanted) {
        limit.current = Some(wanted);
        // Where it is refused, deep trees fail with a clear error instead.
        let _ = setrlimit(Resource::Nofile, limit);
    }
}

/// Whether this process acts as the super-user.
#[must_use]
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Effective user, as it was when it was first asked for.
#[must_use]
pub fn uid() -> u32 {
    static UID: OnceLock<u32> = OnceLock::new();
    *UID.get_or_init(|| rustix::process::geteuid().as_raw())
}

/// Effective group, as it was when it was first asked for.
#[must_use]
pub fn gid() -> u32 {
    static GID: OnceLock<u32> = OnceLock::new();
    *GID.get_or_init(|| rustix::process::getegid().as_raw())
}

/// The groups that this process belongs to, its effective one included.
#[must_use]
pub fn groups() -> Vec<u32> {
    let others = rustix::process::getgroups().unwrap_or_default();
    others.iter().map(|g| g.as_raw()).chain([gid()]).collect()
}

/// Name of this machine.
#[must_use]
pub fn host() -> String {
    rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned()
}

/// The kernel's identifier of the current boot; empty where there is none.
#[must_use]
pub fn boot_id() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .unwrap_or_default()
        .trim()
        .to_owned()
}

/// When a process began, in the kernel's ticks: with its number it names one process for good.
#[must_use]
pub fn start_of(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The command's name may hold spaces and parentheses: count fields after the last one.
    stat.rsplit_once(')')?
        .1
        .split_whitespace()
        .nth(19)?
        .parse()
        .ok()
}

/// How another process is tied to a directory tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Process number.
    pub pid: u32,
    /// Its command name.
    pub command: String,
    /// What it does there.
    pub tie: Tie,
}

/// What ties a process to a directory tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tie {
    /// Its current directory lies inside.
    CurrentDir,
    /// Its root directory lies inside.
    Root,
    /// It has a file there open for writing.
    Writing,
}

/// The first process, this one excepted, that `/proc` shows to use the tree at `root` (a canonical path).
#[must_use]
pub fn user_of(root: &Path) -> Option<User> {
    let own = std::process::id();
    for entry in fs::read_dir("/proc").ok()?.flatten() {
        let Some(pid) = entry
            .file_name()
            .to_str()
            .and_then(|s| s.parse::<u32>().ok())
        else {
            continue;
        };
        if pid == own {
            continue;
        }
        if let Some(tie) = tie_of(&entry.path(), root) {
            let command = fs::read_to_string(entry.path().join("comm")).unwrap_or_default();
            return Some(User {
                pid,
                command: command.trim().to_owned(),
                tie,
            });
        }
    }
    None
}

fn tie_of(process: &Path, root: &Path) -> Option<Tie> {
    let inside = |link: PathBuf| fs::read_link(link).is_ok_and(|target| target.starts_with(root));
    if inside(process.join("cwd")) {
        return Some(Tie::CurrentDir);
    }
    if root != Path::new("/") && inside(process.join("root")) {
        return Some(Tie::Root);
    }
    let files = fs::read_dir(process.join("fd")).ok()?;
    let writing = files.flatten().any(|fd| {
        let path = fd.path();
        fs::read_link(&path).is_ok_and(|t| t.as_os_str().as_bytes().first() == Some(&b'/') && t.starts_with(root))
            // The link's own permission bits tell how the file was opened.
            && fs::symlink_metadata(&path).is_ok_and(|m| m.permissions().mode() & 0o200 != 0)
    });
    writing.then_some(Tie::Writing)
}

/// Lets a program that is started be asked to stop when the thread that started it ends, however that ends.
pub fn end_with_parent(command: &mut Command) {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Signal, set_parent_process_death_signal};
        let ask = || Ok(set_parent_process_death_signal(Some(Signal::TERM))?);
        // SAFETY: between fork and exec only what is safe in a signal handler may run: this is one system call.
        #[allow(unsafe_code)]
        unsafe {
            command.pre_exec(ask);
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = command;
}

/// Asks a program that was started to stop.
pub fn ask_to_stop(child: &std::process::Child) -> io::Result<()> {
    let pid = rustix::process::Pid::from_child(child);
    Ok(rustix::process::kill_process(
        pid,
        rustix::process::Signal::TERM,
    )?)
}

/// Sets how readily this process, and what it starts, leaves the processor to others: -20 to 19.
pub fn set_niceness(nice: i8) -> io::Result<()> {
    Ok(rustix::process::setpriority_process(None, nice.into())?)
}
