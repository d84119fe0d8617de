//! The words that a client starts its server with.

use std::ffi::{OsStr, OsString};
use std::io::BufRead;
use std::os::unix::ffi::OsStringExt;

use super::refused;
use crate::cli::exit::Refusal;
use crate::cli::options::Order;
use crate::wire::flist::Charset;
use crate::wire::read_arguments;

/// What a client wants.
#[derive(Debug)]
pub struct Task {
    /// Whether files go to the client.
    pub sends: bool,
    /// The options and paths.
    pub order: Order,
}

/// Whether these words, without the program's name, are those of a server.
pub fn is_server(words: &[OsString]) -> bool {
    words.first().is_some_and(|word| word == "--server")
}

/// Reads the words of a server; those that the client keeps from the shell come on `from`, ahead of everything.
///
/// # Errors
/// Words that make no sense, and what is not supported.
pub fn read(words: &[OsString], from: &mut dyn BufRead) -> Result<Task, Refusal> {
    let mut words: Vec<OsString> = words.iter().skip(1).cloned().collect();
    let mut has = |word: &str| {
        let end = words.iter().position(|w| w == ".").unwrap_or(words.len());
        let at = words[..end].iter().position(|w| w == OsStr::new(word));
        at.map(|at| words.remove(at)).is_some()
    };
    if has("--daemon") {
        return Err(Refusal::usage("--daemon: not supported yet"));
    }
    let sends = has("--sender");
    let mut order = Order::read(&words).map_err(remote)?;
    if order.is_secluded() {
        let charset = order.charset().map_err(remote)?;
        let mut more = read_arguments(from).map_err(refused)?;
        for word in &mut more {
            let mut local = Vec::new();
            if charset.is_some_and(|mut charset| charset.to_local(word, &mut local)) {
                *word = local;
            }
        }
        words.extend(more.into_iter().map(OsString::from_vec));
        order = Order::read(&words).map_err(remote)?;
    }
    Ok(Task { sends, order })
}

/// Says where a mistake was found: the person who reads it typed something else.
fn remote(refusal: Refusal) -> Refusal {
    refusal.on_remote_machine()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Protocol, write_arguments};

    fn task(line: &str, past_shell: &[&str]) -> Result<Task, Refusal> {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let mut bytes = Vec::new();
        write_arguments(past_shell, &mut bytes).expect("written");
        read(&words, &mut &bytes[..])
    }

    /// Lines that clients of rsync 3.5.0 wrote.
    #[test]
    fn lines_of_clients_are_understood() {
        let line = "--server -vlHogDtpre.iLsfxCIvu --log-format=%i --delete --partial --numeric-ids \
                    --link-dest ../p . a/b";
        let task = task(line, &[]).expect("understood");
        assert!(!task.sends);
        let duty = task.order.receive(Protocol::NEWEST).expect("settled");
        assert_eq!(duty.options.dest, std::path::Path::new("a/b"));
        assert!(duty.options.preserve.hard_links && duty.options.deletion.enabled);
        assert!(duty.filters.delete && !duty.incremental && !duty.options.whole_file);
        assert!(duty.capabilities.has(b'v') && duty.fields.numeric_ids);
        assert_eq!(duty.seed, None);
    }

    #[test]
    fn sources_of_a_sender_are_its_paths() {
        let line = "--server --sender -logDtpre.iLsfxCIvu --checksum-seed=7 . s/ t";
        let task = task(line, &[]).expect("understood");
        assert!(task.sends);
        let duty = task.order.send(Protocol::NEWEST).expect("settled");
        assert_eq!(duty.paths, ["s/", "t"]);
        assert!(duty.incremental && duty.options.recursive);
        assert_eq!(duty.seed, Some(7));
    }

    #[test]
    fn more_words_come_past_the_shell() {
        let words = ["--delete", ".", "a b*"];
        let task = task("--server -srte.iLsfxCIvu", &words).expect("understood");
        assert_eq!(task.order.paths, ["a b*"]);
        let duty = task.order.receive(Protocol::NEWEST).expect("settled");
        assert!(duty.options.deletion.enabled);
    }

    #[test]
    fn words_past_the_shell_are_in_the_charset_of_this_end() {
        let words = ["--suffix=\u{e9}", ".", "caf\u{e9}"];
        let task = task("--server -sbrte.iLsfxCIvu --iconv=latin1", &words).expect("understood");
        assert_eq!(task.order.paths, [OsString::from_vec(b"caf\xe9".to_vec())]);
        let duty = task.order.receive(Protocol::NEWEST).expect("settled");
        assert!(duty.charset.is_some());
    }

    #[test]
    fn what_is_not_supported_is_refused_by_name() {
        for (line, name) in [
            ("--server --daemon .", "--daemon"),
            (
                "--server -re.i --only-write-batch=X . d",
                "--only-write-batch",
            ),
            ("--server -re.i --use-qsort . d", "--use-qsort"),
            ("--server -re.i --json . d", "--json"),
        ] {
            let refusal = task(line, &[]).expect_err(line).to_string();
            assert!(
                refusal.contains(name) && refusal.contains("(code 1)"),
                "{refusal}"
            );
        }
        let two = task("--server -re.i . d e", &[]).expect("read");
        assert!(two.order.receive(Protocol::NEWEST).is_err());
        let unknown = task("--server -re.i --iconv=foo . d", &[]).expect("read");
        let refusal = unknown.order.receive(Protocol::NEWEST).expect_err("foo");
        assert_eq!(refusal.code().number(), 4, "{refusal}");
    }
}
