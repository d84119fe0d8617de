//! What is done about jobs.

use std::env;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Action, LogForm, told};
use crate::cli::exit::{Code, Refusal};
use crate::cli::options::{self, Request};
use crate::cli::subcommand;
use crate::job::{
    self, Clock, Error, Job, Name, Nature, Places, Runner, Runs, Scheduler, Store, SystemClock,
    Timer,
};
use crate::report::Way;
use crate::stage::{CommitChoice, Method};
use crate::sys::process;

/// Lines of a log that are shown when a run failed.
const LINES: usize = 20;
/// The exit code of `status` where a job is overdue.
const OVERDUE: u8 = 1;

/// The jobs of whoever runs this.
struct Desk {
    store: Store,
    program: PathBuf,
    clock: SystemClock,
}

/// Does what is asked for; gives the exit code.
///
/// # Errors
/// What could not be done.
pub fn carry_out(action: Action) -> Result<u8, Refusal> {
    let desk = Desk {
        store: Store::new(Places::of_user().map_err(refused)?),
        program: env::current_exe().map_err(|e| {
            Refusal::failed(format_args!("where this program is: {e}"), Code::FileIo)
        })?,
        clock: SystemClock,
    };
    match action {
        Action::Add(name, job) => desk.add(&name, &job),
        Action::List => desk.list(),
        Action::Show(name) => desk.show(&name),
        Action::Edit(name) => desk.edit(&name),
        Action::Run(name) => desk.run(&name),
        Action::Enable(name) => desk.enable(&name),
        Action::Disable(name) => desk.disable(&name),
        Action::Remove { name, all } => desk.remove(&name, all),
        Action::Log { name, run, form } => desk.log(&name, run.as_deref(), form),
        Action::Status { name, json } => desk.status(name, json),
    }
}

impl Desk {
    fn timer<'a>(&'a self, name: &'a Name) -> Timer<'a> {
        Timer::of_user(name, self.store.places(), &self.program)
    }

    fn add(&self, name: &Name, job: &Job) -> Result<u8, Refusal> {
        let path = self.store.places().file(name);
        check(job, &path)?;
        job::check_hooks(job).map_err(Refusal::usage)?;
        self.store
            .add(name, job, self.clock.now())
            .map_err(refused)?;
        let advice = self.install(name, job).inspect_err(|_| {
            let _ = self.store.remove(name, true);
        })?;
        let next = job
            .schedule
            .as_ref()
            .and_then(|s| s.next_after(&self.clock.here()));
        say(&told::added(name, job, next.as_ref(), &path));
        advise(advice);
        Ok(Code::Success.number())
    }

    /// Has a job called by its schedule, if it has one.
    fn install(&self, name: &Name, job: &Job) -> Result<Option<String>, Refusal> {
        let timer = self.timer(name);
        let Some(schedule) = &job.schedule else {
            return Ok(None);
        };
        let by = job
            .scheduler
            .map_or_else(Scheduler::here, Ok)
            .map_err(refused)?;
        timer.install(schedule, by).map_err(refused)
    }

    /// The same for one that may have been called otherwise before.
    fn install_anew(&self, name: &Name, job: &Job) -> Result<Option<String>, Refusal> {
        self.timer(name).remove().map_err(refused)?;
        self.install(name, job)
    }

    fn list(&self) -> Result<u8, Refusal> {
        let mut text = String::new();
        for name in self.store.names().map_err(refused)? {
            let job = self.store.load(&name);
            text.push_str(&told::listed(&name, &job, self.store.is_enabled(&name)));
        }
        say(&text);
        Ok(Code::Success.number())
    }

    fn show(&self, name: &Name) -> Result<u8, Refusal> {
        let text = self.store.text(name).map_err(refused)?;
        let path = self.store.places().file(name);
        say(&format!("# {}\n{text}", crate::tree::shown(&path)));
        let job = Job::parse(&text, &path).map_err(refused)?;
        env::set_current_dir(&job.directory).ok();
        let words = nature(&job).map(|nature| job::guard_words(&job, &nature));
        say(&told::comes_to(&job, &words, &self.clock));
        Ok(Code::Success.number())
    }

    fn edit(&self, name: &Name) -> Result<u8, Refusal> {
        let before = self.store.text(name).map_err(refused)?;
        let path = self.store.places().file(name);
        let draft = path.with_file_name(format!(".{name}.edit.toml"));
        let failed = |doing: &str, e: &io::Error| {
            let (shown, reason) = (crate::tree::shown(&draft), crate::sys::reason(e));
            Refusal::failed(
                format_args!("cannot {doing} \"{shown}\": {reason}"),
                Code::FileIo,
            )
        };
        // Its mode comes along.
        fs::copy(&path, &draft).map_err(|e| failed("write", &e))?;
        let mut editor = Command::new("sh");
        process::give_umask_back(&mut editor);
        editor
            .args(["-c", "${VISUAL:-${EDITOR:-vi}} \"$1\"", "sh"])
            .arg(&draft);
        let status = editor.status().map_err(|e| failed("edit", &e))?;
        let kept = |text: String| {
            let shown = crate::tree::shown(&draft);
            Refusal::usage(format_args!(
                "{text}; the job is as it was, what was written is in {shown}"
            ))
        };
        if !status.success() {
            return Err(kept(format!("the editor failed ({status})")));
        }
        let after = fs::read_to_string(&draft).map_err(|e| failed("read", &e))?;
        if after == before {
            fs::remove_file(&draft).map_err(|e| failed("remove", &e))?;
            say("nothing was changed\n");
            return Ok(Code::Success.number());
        }
        let job = Job::parse(&after, &path).map_err(|e| kept(e.to_string()))?;
        check(&job, &path).map_err(|e| kept(plain(&e)))?;
        job::check_hooks(&job).map_err(&kept)?;
        self.store.write(name, &after).map_err(refused)?;
        let _ = fs::remove_file(&draft);
        if self.store.is_enabled(name) {
            advise(self.install_anew(name, &job)?);
        }
        say(&format!("job {name} was changed\n"));
        Ok(Code::Success.number())
    }

    fn enable(&self, name: &Name) -> Result<u8, Refusal> {
        let job = self.store.load(name).map_err(refused)?;
        check(&job, &self.store.places().file(name))?;
        if job.schedule.is_none() {
            let text = format_args!("job {name} has no schedule: resilver job edit {name}");
            return Err(Refusal::usage(text));
        }
        let advice = self.install_anew(name, &job)?;
        self.store.enable(name, self.clock.now()).map_err(refused)?;
        say(&format!("job {name} is enabled\n"));
        advise(advice);
        Ok(Code::Success.number())
    }

    fn disable(&self, name: &Name) -> Result<u8, Refusal> {
        self.store.text(name).map_err(refused)?;
        self.store.disable(name).map_err(refused)?;
        self.timer(name).remove().map_err(refused)?;
        say(&format!("job {name} is disabled\n"));
        Ok(Code::Success.number())
    }

    fn remove(&self, name: &Name, all: bool) -> Result<u8, Refusal> {
        self.store.text(name).map_err(refused)?;
        self.timer(name).remove().map_err(refused)?;
        self.store.remove(name, all).map_err(refused)?;
        say(&format!("job {name} was removed\n"));
        Ok(Code::Success.number())
    }

    fn run(&self, name: &Name) -> Result<u8, Refusal> {
        let job = self.store.load(name).map_err(refused)?;
        let runner = Runner {
            store: &self.store,
            name,
            job: &job,
            nature: &|| {
                let moved = env::set_current_dir(&job.directory);
                moved.map_err(|e| {
                    let (shown, reason) =
                        (crate::tree::shown(&job.directory), crate::sys::reason(&e));
                    let text = format!("cannot change to the directory \"{shown}\": {reason}");
                    (Code::FileSelect.number(), text)
                })?;
                nature(&job).map_err(|e| (e.code().number(), plain(&e)))
            },
            program: &self.program,
            clock: &self.clock,
            meaning: &meaning,
        };
        let report = runner.run().map_err(refused)?;
        let sentence = told::ended(&report);
        if report.success {
            say(&sentence);
        } else {
            let lines = job::last_lines(&report.log, LINES).unwrap_or_default();
            let _ = io::stderr().write_all(format!("{lines}resilver: {sentence}").as_bytes());
        }
        Ok(report.exit_code)
    }

    fn log(&self, name: &Name, wanted: Option<&str>, form: LogForm) -> Result<u8, Refusal> {
        self.store.text(name).map_err(refused)?;
        let runs = Runs::of(&self.store.places().state(name))
            .all()
            .map_err(refused)?;
        if form == LogForm::List {
            let lines: String = runs.iter().map(told::run).collect();
            say(&lines);
            return Ok(Code::Success.number());
        }
        let fits = |run: &&job::Run| wanted.is_none_or(|wanted| run.name() == wanted);
        let none = |text: String| Refusal::failed(text, Code::FileSelect);
        let run = runs
            .iter()
            .find(fits)
            .ok_or_else(|| none(format!("there is no such run of job {name}")))?;
        let path = match form {
            LogForm::Report => &run.report,
            _ => &run.log,
        };
        let bytes = fs::read(path).map_err(|e| match e.kind() {
            io::ErrorKind::NotFound => {
                none(format!("run {} of job {name} has not ended", run.name()))
            }
            _ => Refusal::failed(crate::sys::reason(&e), Code::FileIo),
        })?;
        let _ = io::stdout().write_all(&bytes);
        Ok(Code::Success.number())
    }

    fn status(&self, name: Option<Name>, json: bool) -> Result<u8, Refusal> {
        let names = match name {
            Some(name) => vec![name],
            None => self.store.names().map_err(refused)?,
        };
        let all: Result<Vec<job::Status>, Error> = names
            .iter()
            .map(|name| self.store.status(name, &self.clock))
            .collect();
        let all = all.map_err(refused)?;
        say(&match json {
            true => {
                let text = serde_json::to_string_pretty(&all);
                text.map_err(|e| Refusal::failed(e, Code::FileIo))? + "\n"
            }
            false => told::statuses(&all, &self.clock),
        });
        Ok(match all.iter().any(|status| status.overdue) {
            true => OVERDUE,
            false => Code::Success.number(),
        })
    }
}

/// Whether the words of a job are those of a run, with its guards and limits too.
fn check(job: &Job, path: &Path) -> Result<(), Refusal> {
    job.check()
        .map_err(|e| Refusal::usage(format_args!("{}: {e}", crate::tree::shown(path))))?;
    refuse_subcommand(job)?;
    let reads_input = |word: &String| {
        word == "-"
            || ["=-", ". -", "merge -"]
                .iter()
                .any(|end| word.ends_with(end))
    };
    if let Some(word) = job.arguments.iter().find(|word| reads_input(word)) {
        let text = format_args!("\"{word}\": a job has no standard input to read from");
        return Err(Refusal::usage(text));
    }
    env::set_current_dir(&job.directory).map_err(|e| {
        let (shown, reason) = (crate::tree::shown(&job.directory), crate::sys::reason(&e));
        Refusal::failed(format_args!("\"{shown}\": {reason}"), Code::FileSelect)
    })?;
    let nature = nature(job)?;
    let guards = job::guard_words(job, &nature).map_err(Refusal::usage)?;
    parse(guards.iter().chain(&job.arguments))?;
    Ok(())
}

/// A job makes runs: a subcommand's name would be taken for a directory.
fn refuse_subcommand(job: &Job) -> Result<(), Refusal> {
    match job.arguments.first() {
        Some(word) if subcommand::is_name(word) => Err(Refusal::usage(format_args!(
            "a job makes runs, and \"{word}\" is a subcommand; a directory of that name is ./{word}"
        ))),
        _ => Ok(()),
    }
}

fn parse<'a>(words: impl Iterator<Item = &'a String>) -> Result<Box<options::Sync>, Refusal> {
    let words: Vec<_> = words.map(Into::into).collect();
    match options::parse(&words)? {
        Request::Sync(sync) if sync.style.summary_file.is_some() => Err(Refusal::usage(
            "--summary-file cannot be used in a job, whose reports have the summary",
        )),
        Request::Sync(sync) if !sync.options.select.list_only => Ok(sync),
        _ => Err(Refusal::usage(
            "a job needs the options, sources and destination of a run behind \"--\"",
        )),
    }
}

/// What kind of run the words of a job ask for; they are read in the current directory.
fn nature(job: &Job) -> Result<Nature, Refusal> {
    let sync = parse(job.arguments.iter())?;
    let is_here = sync.style.run.way != Way::Sends;
    let is_direct = sync.options.stage.commit == CommitChoice::Only(Method::Direct);
    Ok(Nature {
        is_staged: is_here && !is_direct,
        deletes: sync.options.deletion.enabled,
        dest: is_here.then(|| sync.options.dest.clone()),
    })
}

fn meaning(number: u8) -> String {
    match Code::from_number(number) {
        Some(code) => code.text().to_owned(),
        None => "unknown".to_owned(),
    }
}

/// A refusal without the program's name.
fn plain(refusal: &Refusal) -> String {
    let text = refusal.text();
    text.strip_prefix("resilver: ").unwrap_or(text).to_owned()
}

fn refused(error: Error) -> Refusal {
    let code = match error {
        Error::Running { .. } => Code::Held,
        Error::Missing { .. } | Error::NoHome(_) => Code::FileSelect,
        Error::NoScheduler => Code::Unsupported,
        Error::Io { .. } | Error::Scheduler { .. } => Code::FileIo,
        _ => Code::Syntax,
    };
    Refusal::failed(error, code)
}

fn advise(advice: Option<String>) {
    if let Some(advice) = advice {
        let _ = writeln!(io::stderr(), "resilver: note: {advice}");
    }
}

/// Prints a text that was asked for. A reader that went away is no error.
fn say(text: &str) {
    let _ = io::stdout().write_all(text.as_bytes());
}
