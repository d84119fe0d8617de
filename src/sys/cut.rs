//! Places where a test may cut a run: before every step that changes what a crash would leave behind.
//!
//! Debug builds read the environment: `RESILVER_CUT=N` or `RESILVER_CUT=NAME[:K]` kills the process at the
//! N-th point passed, or the K-th of that name; `RESILVER_CUT_LOG=FILE` appends the name of every point
//! passed; `RESILVER_CUT_RUN=CMD` runs a shell command there instead of dying, then goes on. Release
//! builds hold none of this.

#[cfg(debug_assertions)]
pub use armed::point;

/// Passes a point; nothing in release builds.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub fn point(_name: &'static str) {}

#[cfg(debug_assertions)]
mod armed {
    use std::collections::HashMap;
    use std::io::Write;
    use std::sync::{LazyLock, Mutex, PoisonError};

    struct Plan {
        at: Option<At>,
        log: Option<std::fs::File>,
        run: Option<std::ffi::OsString>,
        passed: usize,
        by_name: HashMap<&'static str, usize>,
    }

    enum At {
        Count(usize),
        Name(String, usize),
    }

    static PLAN: LazyLock<Option<Mutex<Plan>>> = LazyLock::new(|| {
        let at = std::env::var("RESILVER_CUT")
            .ok()
            .map(|text| match text.parse() {
                Ok(n) => At::Count(n),
                Err(_) => match text.split_once(':') {
                    Some((name, k)) => At::Name(name.to_owned(), k.parse().unwrap_or(1)),
                    None => At::Name(text, 1),
                },
            });
        let log = std::env::var_os("RESILVER_CUT_LOG").and_then(|path| {
            std::fs::OpenOptions::new()
                .create(true)
                .append(true)
                .open(path)
                .ok()
        });
        let run = std::env::var_os("RESILVER_CUT_RUN");
        (at.is_some() || log.is_some()).then(|| {
            Mutex::new(Plan {
                at,
                log,
                run,
                passed: 0,
                by_name: HashMap::new(),
            })
        })
    });

    /// Passes a point: the process ends here by SIGKILL's means if a test asked for it.
    pub fn point(name: &'static str) {
        let Some(plan) = &*PLAN else { return };
        let mut plan = plan.lock().unwrap_or_else(PoisonError::into_inner);
        plan.passed += 1;
        let of_name = plan.by_name.entry(name).or_default();
        *of_name += 1;
        let of_name = *of_name;
        if let Some(log) = &mut plan.log {
            let _ = writeln!(log, "{name}");
        }
        let hit = match &plan.at {
            Some(At::Count(n)) => *n == plan.passed,
            Some(At::Name(wanted, k)) => wanted == name && *k == of_name,
            None => false,
        };
        if hit {
            match &plan.run {
                Some(command) => {
                    let _ = std::process::Command::new("sh")
                        .arg("-c")
                        .arg(command)
                        .status();
                }
                None => std::process::abort(),
            }
        }
    }
}
