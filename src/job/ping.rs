//! Asking for a URL, so that a monitor elsewhere knows of a run, and misses one that was not.
//!
//! `http` is spoken here. `https` is left to curl, which knows the machine's certificates.

use std::env;
use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::child;

/// How long a monitor may take for one step.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long curl may take in all.
const CURLS_PATIENCE: Duration = Duration::from_secs(60);
/// Bytes of an answer that are looked at.
const ANSWER: u64 = 256;

/// Where a URL leads.
#[derive(Debug, PartialEq, Eq)]
enum Url<'a> {
    Http {
        host: &'a str,
        port: u16,
        /// Host and port as they were written.
        authority: &'a str,
        path: &'a str,
    },
    Https,
}

/// Says why a URL cannot be asked for on this machine.
pub fn check(url: &str) -> Result<(), String> {
    match parse(url)? {
        Url::Http { .. } => Ok(()),
        Url::Https if program("curl").is_some() => Ok(()),
        Url::Https => Err(format!(
            "\"{url}\" needs the program curl, which is not here"
        )),
    }
}

/// Says why something is no URL for a ping.
pub fn check_form(url: &str) -> Result<(), String> {
    parse(url).map(drop)
}

fn parse(url: &str) -> Result<Url<'_>, String> {
    let refused = |what: &str| format!("\"{}\" {what}", url.escape_debug());
    if !url.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(refused("has characters that a URL cannot have"));
    }
    let (is_http, rest) = match (url.strip_prefix("http://"), url.strip_prefix("https://")) {
        (Some(rest), _) => (true, rest),
        (None, Some(rest)) => (false, rest),
        (None, None) => return Err(refused("does not begin with http:// or https://")),
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let path = path.split('#').next().unwrap_or_default();
    if authority.contains('@') {
        return Err(refused(
            "has a name or a password in it, which is not supported",
        ));
    }
    let after_host = authority.rfind(']').map_or(0, |at| at + 1);
    let (host, port) = match authority[after_host..].rfind(':') {
        Some(at) => (
            &authority[..after_host + at],
            &authority[after_host + at + 1..],
        ),
        None => (authority, "80"),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let port = port
        .parse()
        .map_err(|_| refused("has no port that is a number"))?;
    match host {
        "" => Err(refused("names no host")),
        _ if !is_http => Ok(Url::Https),
        host => Ok(Url::Http {
            host,
            port,
            authority,
            path,
        }),
    }
}

/// Asks for a URL.
///
/// # Errors
/// Why the monitor may not know, as a phrase.
pub fn ping(url: &str) -> Result<(), String> {
    match parse(url)? {
        Url::Http {
            host,
            port,
            authority,
            path,
        } => {
            let status = get((host, port), authority, path).map_err(|e| e.to_string())?;
            match status {
                200..=299 => Ok(()),
                status => Err(format!("it answered with status {status}")),
            }
        }
        Url::Https => curl(url),
    }
}

fn get(at: (&str, u16), authority: &str, path: &str) -> io::Result<u16> {
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for address in at.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(stream) => return ask(stream, authority, path),
            Err(e) => last = e,
        }
    }
    Err(last)
}

fn ask(mut stream: TcpStream, authority: &str, path: &str) -> io::Result<u16> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let slash = if path.starts_with('/') { "" } else { "/" };
    let version = env!("CARGO_PKG_VERSION");
    write!(
        stream,
        "GET {slash}{path} HTTP/1.0\r\nHost: {authority}\r\nUser-Agent: resilver/{version}\r\n\
         Accept: */*\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = Vec::new();
    let mut piece = [0; 64];
    let mut stream = stream.take(ANSWER);
    while !answer.contains(&b'\n') {
        match stream.read(&mut piece)? {
            0 => break,
            n => answer.extend(&piece[..n]),
        }
    }
    let line = String::from_utf8_lossy(&answer);
    let status = line
        .strip_prefix("HTTP/1.")
        .and_then(|line| line.get(2..5)?.parse().ok());
    status.ok_or_else(|| io::Error::other("the answer is not HTTP"))
}

fn curl(url: &str) -> Result<(), String> {
    let curl = program("curl").ok_or("the program curl is not here")?;
    let child = Command::new(curl)
        .args(["-fsS", "--max-time", "30", "-o", "/dev/null", "--", url])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let status = child.and_then(|mut child| child::wait(&mut child, Some(CURLS_PATIENCE), |_| {}));
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("curl failed ({status})")),
        Err(e) => Err(format!("curl failed: {e}")),
    }
}

/// A program of this machine, by `PATH` and the places of administrators.
pub(super) fn program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let usual = ["/usr/sbin", "/usr/lib", "/usr/bin", "/bin"].map(PathBuf::from);
    let is_there = |path: &Path| path.is_file();
    env::split_paths(&path)
        .chain(usual)
        .map(|dir| dir.join(name))
        .find(|path| path.is_absolute() && is_there(path))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    #[test]
    fn urls_are_taken_apart() {
        let http = |host, port, authority, path| {
            Ok(Url::Http {
                host,
                port,
                authority,
                path,
            })
        };
        for (url, expected) in [
            (
                "http://hc.example",
                http("hc.example", 80, "hc.example", ""),
            ),
            ("http://h:81/p?q=1#f", http("h", 81, "h:81", "/p?q=1")),
            ("http://h?q", http("h", 80, "h", "?q")),
            ("http://[::1]:8080/x", http("::1", 8080, "[::1]:8080", "/x")),
            ("http://[::1]/x", http("::1", 80, "[::1]", "/x")),
            ("https://h/x", Ok(Url::Https)),
        ] {
            assert_eq!(parse(url), expected, "{url}");
        }
        for bad in [
            "",
            "h/x",
            "ftp://h/",
            "http://",
            "http:///x",
            "http://h:x/",
            "http://u:p@h/",
            "http://h/ x",
            "http://h/\r\nX: y",
            "http://h:99999/",
            "http://é/",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    fn answered(with: &'static [u8]) -> (Result<(), String>, String) {
        let server = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!(
            "http://{}/ping/1",
            server.local_addr().expect("its address")
        );
        let served = thread::spawn(move || {
            let (mut stream, _) = server.accept().expect("a caller");
            let mut asked = Vec::new();
            let mut byte = [0];
            while !asked.ends_with(b"\r\n\r\n") {
                stream.read_exact(&mut byte).expect("a request");
                asked.push(byte[0]);
            }
            stream.write_all(with).expect("an answer");
            String::from_utf8(asked).expect("text")
        });
        (ping(&url), served.join().expect("the server"))
    }

    #[test]
    fn a_monitor_is_told() {
        let (pinged, asked) = answered(b"HTTP/1.1 200 OK\r\nX: y\r\n\r\nhi");
        assert_eq!(pinged, Ok(()));
        assert!(
            asked.starts_with("GET /ping/1 HTTP/1.0\r\nHost: 127.0.0.1:"),
            "{asked}"
        );
    }

    #[test]
    fn another_answer_is_none() {
        let (pinged, _) = answered(b"HTTP/1.1 404 Not Found\r\n\r\n");
        assert_eq!(pinged, Err("it answered with status 404".into()));
        let (pinged, _) = answered(b"SSH-2.0\r\n");
        assert_eq!(pinged, Err("the answer is not HTTP".into()));
        let (pinged, _) = answered(b"");
        assert!(pinged.is_err());
    }
}
