//! A person at a terminal: a program runs on one of its own (`script`), and each question gets its answer.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::process::{Command, Stdio};

/// Runs a command on a terminal, answering each question, of which these are parts, once it is seen; gives
/// all that was seen and the exit code.
pub fn converse(command: &Command, answers: &[(&str, &str)]) -> (String, Option<i32>) {
    let quoted = |word: &std::ffi::OsStr| {
        format!(" '{}'", word.to_str().expect("text").replace('\'', "'\\''"))
    };
    let mut line = quoted(command.get_program());
    for word in command.get_args() {
        let _ = write!(line, "{}", quoted(word));
    }
    // By our way to programs, not by the command's.
    let path = std::env::var_os("PATH").unwrap_or_default();
    let script = std::env::split_paths(&path)
        .map(|dir| dir.join("script"))
        .find(|file| file.exists())
        .expect("script, of bsdutils");
    let mut script = Command::new(script);
    script
        .args(["-q", "-e", "-c", &line, "/dev/null"])
        .env("SHELL", "/bin/sh");
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => script.env(name, value),
            None => script.env_remove(name),
        };
    }
    if let Some(dir) = command.get_current_dir() {
        script.current_dir(dir);
    }
    let mut running = script
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("script");
    let mut keyboard = running.stdin.take().expect("a keyboard");
    let mut screen = running.stdout.take().expect("a screen");
    let (mut seen, mut from) = (String::new(), 0);
    let mut answers = answers.iter();
    let mut next = answers.next();
    let mut piece = [0; 1024];
    loop {
        let read = screen.read(&mut piece).expect("the screen");
        if read == 0 {
            break;
        }
        seen += &String::from_utf8_lossy(&piece[..read]);
        if let Some((_, answer)) = next.filter(|(question, _)| seen[from..].contains(question)) {
            from = seen.len();
            keyboard.write_all(answer.as_bytes()).expect("room");
            next = answers.next();
        }
    }
    let code = running.wait().expect("its end").code();
    assert!(next.is_none(), "not asked {next:?}: {seen}");
    (seen, code)
}
