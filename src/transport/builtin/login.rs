//! Logging in: the agent, key files, questions, a password; in that order, as far as the server takes them.

use std::path::Path;

use ssh2::{KeyboardInteractivePrompt, Prompt, Session};

use super::{SshError, Target};
use crate::transport::Ask;

/// How often a passphrase or password may be wrong.
const TRIES: usize = 3;

/// Logs in, or says what was tried.
pub(super) fn log_in(
    session: &Session,
    target: &Target,
    ask: &mut dyn Ask,
) -> Result<(), SshError> {
    let mut tried = Vec::new();
    // A server that lets one in without more says so by an error here.
    let methods = session
        .auth_methods(&target.user)
        .unwrap_or_default()
        .to_owned();
    let takes = |method: &str| methods.split(',').any(|m| m == method);
    if session.authenticated() {
        return Ok(());
    }
    if takes("publickey") {
        // One that was named is meant: an agent with many keys may use up the server's patience.
        if let Some(key) = &target.identity {
            if by_key(session, target, key, ask) {
                return Ok(());
            }
            tried.push(key.display().to_string());
        }
        if by_agent(session, target) {
            return Ok(());
        }
        tried.push("agent".to_owned());
        for key in &target.identities {
            if by_key(session, target, key, ask) {
                return Ok(());
            }
            tried.push(key.display().to_string());
        }
    }
    if takes("keyboard-interactive") {
        if by_answers(session, target, ask) {
            return Ok(());
        }
        tried.push("keyboard-interactive".to_owned());
    }
    if takes("password") {
        if by_password(session, target, ask) {
            return Ok(());
        }
        tried.push("password".to_owned());
    }
    Err(SshError::Denied {
        user: target.user.clone(),
        host: target.host.clone(),
        tried: tried.join(", "),
    })
}

/// Offers every key of the agent, if one runs.
fn by_agent(session: &Session, target: &Target) -> bool {
    let Ok(mut agent) = session.agent() else {
        return false;
    };
    let listed = agent.connect().and_then(|()| agent.list_identities());
    let keys = listed.and_then(|()| agent.identities()).unwrap_or_default();
    keys.iter()
        .any(|key| agent.userauth(&target.user, key).is_ok())
}

/// Offers a key from a file, asking for its passphrase where it has one.
fn by_key(session: &Session, target: &Target, key: &Path, ask: &mut dyn Ask) -> bool {
    let offer = |passphrase: Option<&str>| {
        session
            .userauth_pubkey_file(&target.user, None, key, passphrase)
            .is_ok()
    };
    if offer(None) {
        return true;
    }
    if !is_locked(key) {
        return false;
    }
    let prompt = format!("Passphrase for {}: ", key.display());
    (0..TRIES)
        .map_while(|_| ask.secret(&prompt))
        .any(|passphrase| offer(Some(&passphrase)))
}

/// Whether a key file says that it is encrypted, or is of OpenSSH's format, which does not say so in clear.
fn is_locked(key: &Path) -> bool {
    let text = std::fs::read_to_string(key).unwrap_or_default();
    text.contains("ENCRYPTED") || openssh_cipher(&text).is_some_and(|cipher| cipher != b"none")
}

/// The name of the cipher in a file of OpenSSH's format: `openssh-key-v1\0`, a length, the name.
fn openssh_cipher(text: &str) -> Option<Vec<u8>> {
    use base64::Engine;
    let body: String = text
        .lines()
        .skip_while(|line| !line.starts_with("-----BEGIN OPENSSH PRIVATE KEY"))
        .skip(1)
        .take_while(|line| !line.starts_with("-----END"))
        .collect();
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(body)
        .ok()?;
    let rest = bytes.strip_prefix(b"openssh-key-v1\0")?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    rest.get(..u32::from_be_bytes(*length) as usize)
        .map(<[u8]>::to_vec)
}

fn by_password(session: &Session, target: &Target, ask: &mut dyn Ask) -> bool {
    let prompt = format!("{}@{}'s password: ", target.user, target.host);
    (0..TRIES)
        .map_while(|_| ask.secret(&prompt))
        .any(|password| session.userauth_password(&target.user, &password).is_ok())
}

fn by_answers(session: &Session, target: &Target, ask: &mut dyn Ask) -> bool {
    let mut answers = Answers { ask, all: true };
    (0..TRIES).any(|_| {
        let user = &target.user;
        answers.all
            && session
                .userauth_keyboard_interactive(user, &mut answers)
                .is_ok()
    })
}

/// Puts the server's questions to the person.
struct Answers<'a> {
    ask: &'a mut dyn Ask,
    /// Whether there was somebody to answer each.
    all: bool,
}

impl KeyboardInteractivePrompt for Answers<'_> {
    fn prompt<'a>(
        &mut self,
        _username: &str,
        _instructions: &str,
        prompts: &[Prompt<'a>],
    ) -> Vec<String> {
        let mut answer = |prompt: &Prompt<'_>| match prompt.echo {
            true => self.ask.text(&prompt.text),
            false => self.ask.secret(&prompt.text),
        };
        let answers: Vec<_> = prompts.iter().map_while(&mut answer).collect();
        self.all &= answers.len() == prompts.len();
        // The library wants one for each.
        let missing = prompts.len() - answers.len();
        let nothing = std::iter::repeat_n(String::new(), missing);
        answers.into_iter().chain(nothing).collect()
    }
}
