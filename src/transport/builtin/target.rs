//! Where to connect and as whom: an address, completed from `~/.ssh/config`.

use std::collections::HashMap;
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use ssh2_config::{ParseRule, SshConfig};

use super::SshError;
use crate::transport::Address;

/// Settings that change where a connection goes or who vouches for it: obeyed or refused, never passed over.
const REFUSED: &[&str] = &[
    "proxycommand",
    "hostkeyalias",
    "knownhostscommand",
    "canonicalizehostname",
    // In a file that is included; in the first one it is looked for.
    "match",
];
/// Keys that are tried without being named, as OpenSSH does.
const DEFAULT_KEYS: &[&str] = &["id_rsa", "id_ecdsa", "id_ed25519"];

/// Everything that a connection needs to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Name or number to connect to.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Who to be there.
    pub user: String,
    /// The private key that a person named: tried first.
    pub identity: Option<PathBuf>,
    /// Private keys to try after those of the agent, in order.
    pub identities: Vec<PathBuf>,
    /// Files of known hosts; a key that a person accepts is added to the first.
    pub known_hosts: Vec<PathBuf>,
}

impl Target {
    /// Completes `address`; `identity` (`--identity`) is tried before all other keys, `port` wins over the
    /// configuration.
    ///
    /// # Errors
    /// The configuration cannot be read, or asks for what this client cannot do.
    pub fn find(
        address: &Address,
        port: Option<u16>,
        identity: Option<&Path>,
    ) -> Result<Target, SshError> {
        let home = env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
        Target::from_config(&home.join(".ssh"), address, port, identity)
    }

    fn from_config(
        dir: &Path,
        address: &Address,
        port: Option<u16>,
        identity: Option<&Path>,
    ) -> Result<Target, SshError> {
        let typed = text(&address.host)?;
        let file = dir.join("config");
        let (config, matches) = read(&file)?;
        if matches {
            return Err(unsupported(&typed, "Match"));
        }
        let params = config.query(&typed);
        refuse(&typed, &params.unsupported_fields)?;
        refuse(&typed, &params.ignored_fields)?;
        if params.proxy_jump.is_some() {
            return Err(unsupported(&typed, "ProxyJump"));
        }
        if params.certificate_file.is_some() {
            return Err(unsupported(&typed, "CertificateFile"));
        }
        let named = params.identity_file.unwrap_or_default();
        let default = DEFAULT_KEYS.iter().map(|name| dir.join(name));
        let identities: Vec<PathBuf> = match named.is_empty() {
            true => default.filter(|path| path.exists()).collect(),
            false => named,
        };
        let user = match &address.user {
            Some(user) => text(user)?,
            None => params.user.unwrap_or_else(login_name),
        };
        let named_host = params.host_name.as_deref().unwrap_or("%h");
        let host =
            expand(named_host, &[('h', &typed)]).ok_or_else(|| unsupported(&typed, named_host))?;
        let home = dir.parent().unwrap_or(dir).display().to_string();
        let tokens: &[(char, &str)] = &[
            ('d', &home),
            ('h', &host),
            ('n', &typed),
            ('r', &user),
            ('u', &login_name()),
        ];
        let expanded = |path: PathBuf| {
            let text = path.display().to_string();
            match expand(&text, tokens) {
                Some(text) => Ok(PathBuf::from(text)),
                None => Err(unsupported(&typed, &text)),
            }
        };
        let identities = identities.into_iter().map(expanded);
        let identities = identities.collect::<Result<_, _>>()?;
        Ok(Target {
            host,
            port: port.or(params.port).unwrap_or(22),
            user,
            identity: identity.map(Path::to_owned),
            identities,
            known_hosts: known_hosts(dir, &params.unsupported_fields),
        })
    }
}

/// Puts values in the place of `%` and a letter, and a `%` in that of two; none where a letter is unknown.
fn expand(text: &str, tokens: &[(char, &str)]) -> Option<String> {
    let mut expanded = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            expanded.push(letter);
            continue;
        }
        match letters.next()? {
            '%' => expanded.push('%'),
            token => expanded += tokens.iter().find(|(known, _)| *known == token)?.1,
        }
    }
    Some(expanded)
}

/// Reads a configuration, and whether it has `Match` blocks, which the parser takes for settings.
fn read(file: &Path) -> Result<(SshConfig, bool), SshError> {
    let failed = |reason: String| SshError::Config {
        file: file.display().to_string(),
        reason,
    };
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok((SshConfig::default(), false)),
        Err(e) => return Err(failed(crate::sys::reason(&e))),
    };
    let first = |line: &str| line.split_whitespace().next().map(str::to_ascii_lowercase);
    let matches = text
        .lines()
        .any(|line| first(line).as_deref() == Some("match"));
    let rules = ParseRule::ALLOW_UNKNOWN_FIELDS | ParseRule::ALLOW_UNSUPPORTED_FIELDS;
    let config = SshConfig::default()
        .parse(&mut text.as_bytes(), rules)
        .map_err(|e| failed(e.to_string()))?;
    Ok((config, matches))
}

fn refuse(host: &str, fields: &HashMap<String, Vec<String>>) -> Result<(), SshError> {
    let no = |values: &[String]| {
        values
            .iter()
            .all(|value| value.eq_ignore_ascii_case("no") || value.eq_ignore_ascii_case("none"))
    };
    let refused = fields.iter().find(|(name, values)| {
        REFUSED.contains(&name.to_ascii_lowercase().as_str()) && !no(values)
    });
    match refused {
        Some((name, _)) => Err(unsupported(host, name)),
        None => Ok(()),
    }
}

fn known_hosts(dir: &Path, fields: &HashMap<String, Vec<String>>) -> Vec<PathBuf> {
    let named = fields
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("UserKnownHostsFile"));
    let mut files = match named {
        Some((_, values)) => values
            .iter()
            .map(|value| beneath_home(dir, value))
            .collect(),
        None => vec![dir.join("known_hosts"), dir.join("known_hosts2")],
    };
    files.push("/etc/ssh/ssh_known_hosts".into());
    files
}

/// `~/x` is in the home directory, the one around `.ssh`.
fn beneath_home(dir: &Path, value: &str) -> PathBuf {
    match (value.strip_prefix("~/"), dir.parent()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => value.into(),
    }
}

fn unsupported(host: &str, what: &str) -> SshError {
    SshError::Unsupported {
        host: host.to_owned(),
        what: what.to_owned(),
    }
}

fn text(word: &OsStr) -> Result<String, SshError> {
    word.to_str()
        .map(str::to_owned)
        .ok_or_else(|| SshError::Command(word.to_owned()))
}

/// Who runs this: by the system's list of users, as ssh has it, or by what the environment says.
fn login_name() -> String {
    let listed = crate::sys::users::user_name(crate::sys::process::uid());
    if let Some(name) = listed.and_then(|name| String::from_utf8(name).ok()) {
        return name;
    }
    ["USER", "LOGNAME"]
        .iter()
        .find_map(|name| env::var(name).ok().filter(|user| !user.is_empty()))
        .unwrap_or_else(|| "root".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(config: &str, host: &str, user: Option<&str>) -> Result<Target, SshError> {
        let dir = tempfile::tempdir().expect("a directory");
        let ssh = dir.path().join(".ssh");
        fs::create_dir(&ssh).expect("a directory");
        fs::write(ssh.join("config"), config).expect("a file");
        fs::write(ssh.join("id_ed25519"), "").expect("a file");
        let address = Address {
            user: user.map(Into::into),
            host: host.into(),
        };
        let target = Target::from_config(&ssh, &address, None, None)?;
        let strip = |path: PathBuf| match path.strip_prefix(dir.path()) {
            Ok(rest) => rest.to_owned(),
            Err(_) => path.clone(),
        };
        Ok(Target {
            identities: target.identities.into_iter().map(strip).collect(),
            known_hosts: target.known_hosts.into_iter().map(strip).collect(),
            ..target
        })
    }

    #[test]
    fn the_configuration_completes_an_address() {
        let config = "Host nectar\n  HostName 192.0.2.7\n  Port 2222\n  User ubuntu\n  \
                      IdentityFile /keys/a.pem\n  UserKnownHostsFile /kh\nHost *\n  User other\n";
        let target = found(config, "nectar", None).expect("a target");
        let expected = Target {
            host: "192.0.2.7".into(),
            port: 2222,
            user: "ubuntu".into(),
            identity: None,
            identities: vec!["/keys/a.pem".into()],
            known_hosts: vec!["/kh".into(), "/etc/ssh/ssh_known_hosts".into()],
        };
        assert_eq!(target, expected);
        let target = found(config, "nectar", Some("me")).expect("a target");
        assert_eq!(target.user, "me");
        let tokens =
            "Host *.in\n  HostName %h.example.org\n  IdentityFile /k/%r@%h-%%\n  User ann\n";
        let target = found(tokens, "db.in", None).expect("a target");
        assert_eq!(target.host, "db.in.example.org");
        let key = PathBuf::from("/k/ann@db.in.example.org-%");
        assert_eq!(target.identities, [key]);
        let target = found(config, "elsewhere", None).expect("a target");
        assert_eq!(
            (target.host.as_str(), target.port, target.user.as_str()),
            ("elsewhere", 22, "other")
        );
        assert_eq!(target.identities, [PathBuf::from(".ssh/id_ed25519")]);
        assert_eq!(target.known_hosts[0], Path::new(".ssh/known_hosts"));
    }

    #[test]
    fn what_it_cannot_do_is_refused_by_name() {
        for (setting, name) in [
            ("ProxyJump bastion", "ProxyJump"),
            ("ProxyCommand nc %h %p", "proxycommand"),
            ("HostKeyAlias x", "hostkeyalias"),
            ("CertificateFile /c", "CertificateFile"),
            ("HostName %x", "%x"),
            ("IdentityFile /%C", "/%C"),
        ] {
            let config = format!("Host h\n  {setting}\n");
            let error = found(&config, "h", None).expect_err(setting).to_string();
            let told = error.to_ascii_lowercase();
            assert!(told.contains(&name.to_ascii_lowercase()), "{error}");
            assert!(error.contains("system's ssh"), "{error}");
            assert!(found(&config, "other", None).is_ok(), "{setting}");
        }
        let error = found("Match all\n  User x\n", "h", None).expect_err("Match");
        assert!(error.to_string().contains("Match"), "{error}");
        assert!(found("Host h\n  ProxyCommand none\n", "h", None).is_ok());
    }
}
