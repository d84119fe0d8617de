//! What follows a run: a command, a mail, a ping. None of them changes how the run ended.

use std::io::{self, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::child;
use super::config::{Hooks, Job};
use super::log::{Log, last_lines};
use super::ping;
use super::record::{Report, Run};
use crate::sys::process;

/// How long a command may take.
const COMMANDS_PATIENCE: Duration = Duration::from_secs(600);
/// How long the mail system may take.
const MAILS_PATIENCE: Duration = Duration::from_secs(60);
/// Lines of the log in a mail.
const MAILED_LINES: usize = 40;

/// Says what can never work about hooks.
pub(super) fn check(hooks: &Hooks) -> Result<(), String> {
    if hooks
        .command
        .as_ref()
        .is_some_and(|text| text.trim().is_empty() || text.contains('\0'))
    {
        return Err("command is empty".into());
    }
    if let Some(mail) = &hooks.mail {
        let fits = |c: char| c.is_ascii_graphic() && !",;:<>()[]\\\"".contains(c);
        let is_address = !mail.is_empty() && !mail.starts_with('-') && mail.chars().all(fits);
        if !is_address {
            return Err(format!(
                "mail: \"{}\" is not one address",
                mail.escape_debug()
            ));
        }
    }
    hooks
        .ping
        .as_deref()
        .map_or(Ok(()), ping::check_form)
        .map_err(|e| format!("ping: {e}"))
}

/// Says what the hooks of a job need and this machine does not have.
///
/// # Errors
/// As a sentence.
pub fn check_here(job: &Job) -> Result<(), String> {
    for hooks in [&job.on_success, &job.on_failure] {
        if let Some(url) = &hooks.ping {
            ping::check(url)?;
        }
        if let Some(mail) = &hooks.mail
            && ping::program("sendmail").is_none()
        {
            return Err(format!(
                "mail to {mail} needs the program sendmail, which is not here"
            ));
        }
    }
    Ok(())
}

/// Carries out what follows a run that has ended, and tells in its log what came of it.
pub fn follow(job: &Job, report: &Report, run: &Run, log: &Log) {
    let hooks = match report.success {
        true => &job.on_success,
        false => &job.on_failure,
    };
    if let Some(text) = &hooks.command {
        match command(text, job, report, run, log) {
            Ok(()) => log.say("the hook was run"),
            Err(e) => log.say(&format!("the hook failed: {e}")),
        }
    }
    if let Some(address) = &hooks.mail {
        match mail(address, report, run) {
            Ok(()) => log.say(&format!("{address} was told by mail")),
            Err(e) => log.say(&format!("{address} was not told by mail: {e}")),
        }
    }
    if let Some(url) = &hooks.ping {
        match ping::ping(url) {
            Ok(()) => log.say("the monitor was pinged"),
            Err(e) => log.say(&format!("the monitor was not pinged: {e}")),
        }
    }
}

/// The facts that a command finds in its environment.
fn facts(report: &Report, run: &Run) -> Vec<(&'static str, String)> {
    let number = |n: Option<u64>| n.map(|n| n.to_string()).unwrap_or_default();
    vec![
        ("RESILVER_JOB", report.job.clone()),
        (
            "RESILVER_RESULT",
            if report.success { "success" } else { "failure" }.into(),
        ),
        ("RESILVER_EXIT_CODE", report.exit_code.to_string()),
        ("RESILVER_REASON", report.reason.clone()),
        ("RESILVER_STARTED", report.started.to_string()),
        ("RESILVER_SECONDS", format!("{:.0}", report.seconds())),
        ("RESILVER_ATTEMPTS", report.attempts.len().to_string()),
        ("RESILVER_BYTES", number(report.bytes())),
        ("RESILVER_DELETED", number(report.deleted())),
        ("RESILVER_LOG", run.log.display().to_string()),
        ("RESILVER_REPORT", run.report.display().to_string()),
    ]
}

fn command(text: &str, job: &Job, report: &Report, run: &Run, log: &Log) -> Result<(), String> {
    let (told, tells) = io::pipe().map_err(|e| e.to_string())?;
    let mut command = Command::new("sh");
    process::give_umask_back(&mut command);
    command
        .arg("-c")
        .arg(text)
        .envs(&job.environment)
        .envs(facts(report, run))
        .stdin(Stdio::null())
        .stdout(tells.try_clone().map_err(|e| e.to_string())?)
        .stderr(tells);
    // The directory may be what failed.
    if job.directory.is_dir() {
        command.current_dir(&job.directory);
    }
    let is_through = log.listen(told).map_err(|e| e.to_string())?;
    let mut child = command.spawn().map_err(|e| e.to_string())?;
    drop(command);
    let status = child::wait(&mut child, Some(COMMANDS_PATIENCE), |_| {});
    let _ = is_through.recv_timeout(Duration::from_secs(1));
    told_well(status)
}

fn told_well(status: io::Result<std::process::ExitStatus>) -> Result<(), String> {
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(status.to_string()),
        Err(e) => Err(e.to_string()),
    }
}

fn mail(address: &str, report: &Report, run: &Run) -> Result<(), String> {
    let sendmail = ping::program("sendmail").ok_or("the program sendmail is not here")?;
    let mut child = Command::new(sendmail)
        .args(["-i", "--", address])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| e.to_string())?;
    let text = letter(address, report, run);
    // One that does not listen tells by its end.
    let _ = child
        .stdin
        .take()
        .map(|mut stdin| stdin.write_all(text.as_bytes()));
    told_well(child::wait(&mut child, Some(MAILS_PATIENCE), |_| {}))
}

fn letter(address: &str, report: &Report, run: &Run) -> String {
    let how = if report.success { "done" } else { "failed" };
    let mut text = format!(
        "To: {address}\nSubject: resilver job {} on {}: {how}\nAuto-Submitted: auto-generated\n\
         Content-Type: text/plain; charset=utf-8\n\n",
        report.job,
        process::host(),
    );
    for (name, value) in facts(report, run) {
        let name = name
            .trim_start_matches("RESILVER_")
            .to_lowercase()
            .replace('_', " ");
        text.push_str(&format!("{name}: {value}\n"));
    }
    let lines = last_lines(&run.log, MAILED_LINES).unwrap_or_default();
    text + "\nThe end of its log:\n\n" + &lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_one_word() {
        let hooks = |mail: &str| Hooks {
            mail: Some(mail.into()),
            ..Hooks::default()
        };
        for good in ["root", "me@example.org", "a+b@h"] {
            assert_eq!(check(&hooks(good)), Ok(()), "{good}");
        }
        for bad in ["", "a b", "-oX", "a@b\nBcc: c", "a,b", "<a@b>"] {
            assert!(check(&hooks(bad)).is_err(), "{bad}");
        }
        let empty = Hooks {
            command: Some(" ".into()),
            ..Hooks::default()
        };
        assert!(check(&empty).is_err());
    }
}
