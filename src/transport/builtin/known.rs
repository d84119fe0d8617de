//! Known hosts: whose key is whose. An unknown host is asked about, a changed key is never accepted.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use ssh2::{CheckResult, HashType, KnownHostFileKind, KnownHosts, MethodType, Session};

use super::{SshError, Target};
use crate::transport::Ask;

/// The kinds of host key, best first, as OpenSSH prefers them.
const KINDS: &[&str] = &[
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-512",
    "rsa-sha2-256",
    "ssh-rsa",
];

/// What is known of one host.
pub(super) struct Known<'k> {
    hosts: KnownHosts,
    target: &'k Target,
}

impl Known<'_> {
    /// Reads the files of known hosts; one that is not there knows nobody.
    pub(super) fn read<'k>(session: &Session, target: &'k Target) -> Result<Known<'k>, SshError> {
        let mut hosts = session.known_hosts().map_err(|source| SshError::Session {
            host: target.host.clone(),
            source,
        })?;
        for file in &target.known_hosts {
            let Ok(text) = fs::read_to_string(file) else {
                continue;
            };
            for line in text.lines().map(str::trim) {
                if line.is_empty() || line.starts_with('#') {
                    continue;
                }
                if line.starts_with('@') {
                    // Authorities and revocations: whom they concern is more than this client can tell.
                    return Err(SshError::Unsupported {
                        host: target.host.clone(),
                        what: format!("a line with a marker in {}", file.display()),
                    });
                }
                // A kind of key that the library does not know cannot be offered by the host either.
                let _ = hosts.read_str(line, KnownHostFileKind::OpenSSH);
            }
        }
        Ok(Known { hosts, target })
    }

    /// Asks the host for a kind of key that is known of it, so that another kind does not look like a change.
    pub(super) fn prefer(&self, session: &Session) -> Result<(), ssh2::Error> {
        let known = self.kinds()?;
        let ours = |kind: &&&str| known.iter().any(|k| covers(k, kind));
        let first = KINDS.iter().filter(ours);
        let rest = KINDS.iter().filter(|kind| !ours(kind));
        let supported = session.supported_algs(MethodType::HostKey)?;
        let order: Vec<&str> = first
            .chain(rest)
            .copied()
            .filter(|kind| supported.contains(kind))
            .collect();
        session.method_pref(MethodType::HostKey, &order.join(","))
    }

    /// The kinds of all keys of this host. Names may be hashed: each key is tried on it.
    fn kinds(&self) -> Result<Vec<String>, ssh2::Error> {
        let keys = self.hosts.hosts()?;
        Ok(keys
            .iter()
            .filter_map(|host| STANDARD.decode(host.key()).ok())
            .filter(|key| matches!(self.look(key), CheckResult::Match))
            .filter_map(|key| kind_of(&key))
            .collect())
    }

    fn look(&self, key: &[u8]) -> CheckResult {
        self.hosts
            .check_port(&self.target.host, self.target.port, key)
    }

    /// Judges the key that the host gave.
    pub(super) fn check(&self, session: &Session, ask: &mut dyn Ask) -> Result<(), SshError> {
        let host = self.name();
        let Some((key, _)) = session.host_key() else {
            return Err(self.unknown("no key".into()));
        };
        let fingerprint = match session.host_key_hash(HashType::Sha256) {
            Some(hash) => format!("SHA256:{}", STANDARD_NO_PAD.encode(hash)),
            None => return Err(self.unknown("no fingerprint".into())),
        };
        match self.look(key) {
            CheckResult::Match => Ok(()),
            CheckResult::Mismatch => Err(SshError::HostChanged { host, fingerprint }),
            CheckResult::NotFound | CheckResult::Failure => {
                let question = format!(
                    "The host key of {host} is not known.\n{} key fingerprint is {fingerprint}.\n\
                     Go on connecting",
                    kind_of(key).unwrap_or_default()
                );
                if !ask.confirm(&question) {
                    return Err(self.unknown(fingerprint));
                }
                self.remember(key)
            }
        }
    }

    fn unknown(&self, fingerprint: String) -> SshError {
        SshError::HostUnknown {
            host: self.name(),
            fingerprint,
            file: self.file().display().to_string(),
        }
    }

    fn remember(&self, key: &[u8]) -> Result<(), SshError> {
        let kind = kind_of(key).unwrap_or_default();
        let line = format!("{} {kind} {}\n", self.name(), STANDARD.encode(key));
        let file = self.file();
        let written = OpenOptions::new()
            .append(true)
            .create(true)
            .open(file)
            .and_then(|mut file| file.write_all(line.as_bytes()));
        written.map_err(|e| SshError::Config {
            file: file.display().to_string(),
            reason: crate::sys::reason(&e),
        })
    }

    fn file(&self) -> &Path {
        self.target
            .known_hosts
            .first()
            .map_or(Path::new("~/.ssh/known_hosts"), |file| file.as_path())
    }

    /// The host as files of known hosts write it.
    fn name(&self) -> String {
        let Target { host, port, .. } = self.target;
        match port {
            22 => host.clone(),
            port => format!("[{host}]:{port}"),
        }
    }
}

/// Whether a key of kind `known` can be used with the signature `kind`.
fn covers(known: &str, kind: &str) -> bool {
    known == kind || (known == "ssh-rsa" && kind.starts_with("rsa-sha2-"))
}

/// The kind that stands at the head of a key: a length of four bytes, then the name (RFC 4253, 6.6).
fn kind_of(key: &[u8]) -> Option<String> {
    let (length, rest) = key.split_first_chunk::<4>()?;
    let name = rest.get(..u32::from_be_bytes(*length) as usize)?;
    String::from_utf8(name.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_tells_its_kind() {
        assert_eq!(kind_of(b"\0\0\0\x03abcxyz").as_deref(), Some("abc"));
        for bad in [
            &b""[..],
            b"\0\0\0",
            b"\0\0\0\x09abc",
            b"\xff\xff\xff\xffabc",
        ] {
            assert_eq!(kind_of(bad), None);
        }
    }
}
