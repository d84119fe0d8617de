//! Which cipher `ssh` takes where nobody chose one.
//!
//! OpenSSH puts ChaCha20 first, for machines without instructions for AES. Where this one has them, AES-GCM carries about
//! twice as many bytes in a processor's time, and the same set of ciphers is offered in another order. `ssh -G` tells what
//! the configuration and the command line say; any order but OpenSSH's own is somebody's choice, and stays.

use std::ffi::OsString;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// OpenSSH's own orders: to 9.9, and from 10.0 on (its release notes, and `ssh -G`).
const OWN_ORDERS: [&str; 2] = [
    "chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,aes128-gcm@openssh.com,aes256-gcm@openssh.com",
    "chacha20-poly1305@openssh.com,aes128-gcm@openssh.com,aes256-gcm@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr",
];
/// Options of `ssh` that have a value (its man page).
const WITH_VALUE: &[u8] = b"BbcDEeFIiJLlmOoPpQRSWw";
/// How long `ssh` has to tell its configuration; it needs some hundredths of a second.
const PATIENCE: Duration = Duration::from_secs(2);
/// Longer than any configuration that it tells.
const LONGEST_ANSWER: u64 = 256 << 10;

/// The order of ciphers that is faster on this machine than what this `ssh` would take; none where there is none, or where
/// somebody chose.
pub(super) fn quicker(ssh: &[OsString], host: &[OsString]) -> Option<String> {
    if !has_aes() || !are_options(ssh.get(1..)?) {
        return None;
    }
    let answer = configuration(ssh, host)?;
    let told = answer
        .lines()
        .find_map(|line| line.strip_prefix("ciphers "))?;
    reordered(told.trim_end())
}

/// Own orders with AES-GCM before all others.
fn reordered(told: &str) -> Option<String> {
    if !OWN_ORDERS.contains(&told) {
        return None;
    }
    let (quick, others): (Vec<_>, Vec<_>) = told.split(',').partition(|name| name.contains("gcm"));
    Some([quick, others].concat().join(","))
}

/// Whether no word is a machine already, where another shell is to be run.
fn are_options(words: &[OsString]) -> bool {
    let mut words = words.iter().map(|word| word.as_bytes());
    while let Some(word) = words.next() {
        let Some(letters) = word.strip_prefix(b"-").filter(|letters| *letters != b"-") else {
            return false;
        };
        let valued = letters
            .iter()
            .position(|letter| WITH_VALUE.contains(letter));
        if valued.is_some_and(|at| at + 1 == letters.len()) && words.next().is_none() {
            return false;
        }
    }
    true
}

fn has_aes() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("aes");
    #[cfg(target_arch = "aarch64")]
    return std::arch::is_aarch64_feature_detected!("aes");
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    return false;
}

/// What `ssh -G` tells of this host. Without an answer the session itself has the better words for what is wrong.
fn configuration(ssh: &[OsString], host: &[OsString]) -> Option<String> {
    let (program, options) = ssh.split_first()?;
    let mut child = Command::new(program)
        .args(options)
        .arg("-G")
        .args(host)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let answer = child.stdout.take().and_then(|mut out| read(&mut out));
    end(&mut child, answer.is_some()).then_some(answer)?
}

/// All that comes, in time.
fn read(out: &mut ChildStdout) -> Option<String> {
    let until = Instant::now() + PATIENCE;
    let mut answer = Vec::new();
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let left = Timespec::try_from(left).ok()?;
        if poll(&mut [PollFd::new(out, PollFlags::IN)], Some(&left)).ok()? == 0 {
            return None;
        }
        let mut piece = [0; 8192];
        match out.read(&mut piece).ok()? {
            0 => return String::from_utf8(answer).ok(),
            read => answer.extend_from_slice(&piece[..read]),
        }
        if answer.len() as u64 > LONGEST_ANSWER {
            return None;
        }
    }
}

/// Whether it told all and was content.
fn end(child: &mut Child, told: bool) -> bool {
    if !told {
        let _ = child.kill();
    }
    child.wait().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Vec<OsString> {
        ["sh", "-c", script].map(OsString::from).to_vec()
    }

    #[test]
    fn only_the_own_orders_are_changed_and_nothing_is_added() {
        for own in OWN_ORDERS {
            let quick = reordered(own).expect("another order");
            assert!(
                quick.starts_with("aes128-gcm@openssh.com,aes256-gcm@openssh.com,chacha20"),
                "{quick}"
            );
            let sorted = |names: &str| {
                let mut names: Vec<_> = names.split(',').map(str::to_owned).collect();
                names.sort();
                names
            };
            assert_eq!(sorted(&quick), sorted(own));
            assert_eq!(reordered(&quick), None);
        }
        for chosen in [
            "",
            "aes256-ctr",
            "chacha20-poly1305@openssh.com",
            "chacha20-poly1305@openssh.com,aes128-gcm@openssh.com",
        ] {
            assert_eq!(reordered(chosen), None, "{chosen}");
        }
    }

    #[test]
    fn a_shell_behind_another_machine_is_left_alone() {
        for (words, expected) in [
            ("", true),
            ("-p 22 -4", true),
            ("-4p 22 -vFfile -oA=b", true),
            ("-p", false),
            ("jump ssh", false),
            ("-p 22 jump ssh", false),
            ("-p22 jump", false),
            ("--", false),
        ] {
            let split: Vec<OsString> = words.split_whitespace().map(OsString::from).collect();
            assert_eq!(are_options(&split), expected, "{words}");
        }
    }

    #[test]
    fn an_answer_is_taken_only_from_who_is_content() {
        let host = ["host".into()];
        let told = configuration(&shell("echo \"$0 $1\""), &host);
        assert_eq!(told.as_deref(), Some("-G host\n"));
        for (script, why) in [
            ("echo some; exit 1", "it failed"),
            ("printf '\\377'", "it is no text"),
            ("exec yes", "it does not end"),
        ] {
            assert_eq!(configuration(&shell(script), &host), None, "{why}");
        }
        assert_eq!(configuration(&["/nowhere/ssh".into()], &host), None);
    }

    #[test]
    fn who_says_nothing_is_not_waited_for() {
        let begun = Instant::now();
        assert_eq!(configuration(&shell("exec sleep 60"), &["h".into()]), None);
        assert!(begun.elapsed() < Duration::from_secs(30));
    }
}
