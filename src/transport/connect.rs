//! A connection to a daemon: straight, or through a proxy that `RSYNC_PROXY` names.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::os::fd::OwnedFd;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, ioctl_fionbio};
use rustix::net::sockopt::socket_error;
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, connect, socket_with};

use super::shell::Family;
use super::sockopts::{Complaint, SocketOptions};

/// Where daemons listen.
pub const DAEMON_PORT: u16 = 873;
/// Longest header of a proxy's answer.
const LONGEST_HEADER: u64 = 64 * 1024;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The name leads to no address of the kind that is wanted (exit code 10).
    #[error("no address for {0}")]
    NoAddress(String),
    /// Nobody knows the name (10).
    #[error("getaddrinfo: {name}: {reason}")]
    Unknown {
        /// Host and port.
        name: String,
        /// The resolver's words.
        reason: String,
    },
    /// Nobody answered there (10).
    #[error("failed to connect to {host} ({address}): {}", crate::sys::reason(.source))]
    Refused {
        /// Host as it was given.
        host: String,
        /// The last address that was tried.
        address: IpAddr,
        /// The system's reason.
        source: io::Error,
    },
    /// Nobody answered in time (35).
    #[error("timeout connecting to {host} ({address})")]
    TimedOut {
        /// Host as it was given.
        host: String,
        /// The last address that was tried.
        address: IpAddr,
    },
    /// `RSYNC_PROXY` is no place (10).
    #[error("invalid proxy specification: should be HOST:PORT")]
    ProxyForm,
    /// The proxy would not (10).
    #[error("proxy {proxy}: {reason}")]
    Proxy {
        /// Its address.
        proxy: String,
        /// What it said, or why it could not be asked.
        reason: String,
    },
}

/// How a connection is made.
#[derive(Clone, Debug, Default)]
pub struct Route {
    /// Which kind of address.
    pub family: Family,
    /// `--contimeout`: how long to wait for an answer.
    pub timeout: Option<Duration>,
    /// `--address`: the address to connect from.
    pub local: Option<IpAddr>,
    /// `--sockopts`.
    pub options: SocketOptions,
    /// `RSYNC_PROXY`: `[user:password@]host:port`.
    pub proxy: Option<String>,
}

impl Route {
    /// Connects to `host`, at `port`; `complain` hears of options that cannot be set.
    ///
    /// # Errors
    /// See [`ConnectError`].
    pub fn connect(
        &self,
        host: &str,
        port: u16,
        complain: &mut dyn FnMut(Complaint),
    ) -> Result<TcpStream, ConnectError> {
        let Some(proxy) = &self.proxy else {
            return self.straight(host, port, complain);
        };
        let (login, place) = match proxy.rsplit_once('@') {
            Some((login, place)) => (Some(login), place),
            None => (None, proxy.as_str()),
        };
        let failed = |reason: String| ConnectError::Proxy {
            proxy: place.to_owned(),
            reason,
        };
        let (name, number) = place
            .rsplit_once(':')
            .and_then(|(name, number)| Some((name, number.parse().ok()?)))
            .ok_or(ConnectError::ProxyForm)?;
        let stream = self.straight(name, number, complain)?;
        tunnel(&stream, host, port, login).map_err(|e| failed(e.to_string()))?;
        Ok(stream)
    }

    fn straight(
        &self,
        host: &str,
        port: u16,
        complain: &mut dyn FnMut(Complaint),
    ) -> Result<TcpStream, ConnectError> {
        let unknown = |e: io::Error| ConnectError::Unknown {
            name: format!("{host} {port}"),
            reason: lookup_reason(&e),
        };
        let wanted = |address: &SocketAddr| match self.family {
            Family::Any => true,
            Family::V4 => address.is_ipv4(),
            Family::V6 => address.is_ipv6(),
        };
        let mut last = None;
        for address in (host, port)
            .to_socket_addrs()
            .map_err(unknown)?
            .filter(wanted)
        {
            // Requests are small and answered one by one: they must not wait for each other.
            let hurries = !self.options.has_nodelay();
            let opened = self.open(address, complain).and_then(|stream| {
                if hurries {
                    stream.set_nodelay(true)?;
                }
                Ok(stream)
            });
            match opened {
                Ok(stream) => return Ok(stream),
                Err(e) => last = Some((address.ip(), e)),
            }
        }
        let host = host.to_owned();
        Err(match last {
            Some((address, e)) if e.kind() == io::ErrorKind::TimedOut && self.timeout.is_some() => {
                ConnectError::TimedOut { host, address }
            }
            Some((address, source)) => ConnectError::Refused {
                host,
                address,
                source,
            },
            None => ConnectError::NoAddress(format!("{host}:{port}")),
        })
    }

    /// Connects to one address, from the one that is to be ours.
    fn open(
        &self,
        address: SocketAddr,
        complain: &mut dyn FnMut(Complaint),
    ) -> io::Result<TcpStream> {
        if self.local.is_none() && self.options.is_empty() {
            return match self.timeout {
                Some(timeout) => TcpStream::connect_timeout(&address, timeout),
                None => TcpStream::connect(address),
            };
        }
        let family = match address {
            SocketAddr::V4(_) => AddressFamily::INET,
            SocketAddr::V6(_) => AddressFamily::INET6,
        };
        let socket = socket_with(family, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
        if let Some(local) = self.local {
            bind(&socket, &SocketAddr::new(local, 0))?;
        }
        self.options.apply(&socket, complain);
        ioctl_fionbio(&socket, true)?;
        match connect(&socket, &address) {
            Ok(()) => {}
            Err(Errno::INPROGRESS) => self.wait_for(&socket)?,
            Err(e) => return Err(e.into()),
        }
        ioctl_fionbio(&socket, false)?;
        Ok(TcpStream::from(socket))
    }

    fn wait_for(&self, socket: &OwnedFd) -> io::Result<()> {
        let patience = match self.timeout.map(Timespec::try_from) {
            Some(Ok(patience)) => Some(patience),
            _ => None,
        };
        let mut ready = [PollFd::new(socket, PollFlags::OUT)];
        if poll(&mut ready, patience.as_ref())? == 0 {
            return Err(io::ErrorKind::TimedOut.into());
        }
        socket_error(socket)?.map_err(io::Error::from)
    }
}

/// What the resolver says, without the library's introduction.
fn lookup_reason(e: &io::Error) -> String {
    let text = e.to_string();
    let plain = text.strip_prefix("failed to lookup address information: ");
    plain.unwrap_or(&text).to_owned()
}

/// Asks a proxy to pass everything on to `host`.
fn tunnel(mut stream: &TcpStream, host: &str, port: u16, login: Option<&str>) -> io::Result<()> {
    let mut request = format!("CONNECT {host}:{port} HTTP/1.0\r\n");
    if let Some(login) = login {
        let login = STANDARD.encode(login);
        request += &format!("Proxy-Authorization: Basic {login}\r\n");
    }
    request += "\r\n";
    stream.write_all(request.as_bytes())?;
    // Byte by byte: what follows the header belongs to the daemon.
    let mut reader = BufReader::with_capacity(1, stream).take(LONGEST_HEADER);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let status = line.split_ascii_whitespace().nth(1);
    if !line.starts_with("HTTP/") || !status.is_some_and(|status| status.starts_with('2')) {
        return Err(io::Error::other(line.trim_end().to_owned()));
    }
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if line.trim_end().is_empty() {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// A proxy that answers one request with `says` and gives what it was asked.
    fn proxy(says: &'static str) -> (u16, thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let heard = thread::spawn(move || {
            let (stream, _) = listener.accept().expect("a client");
            let mut reader = BufReader::new(&stream);
            let mut heard = String::new();
            while !heard.ends_with("\r\n\r\n") {
                reader.read_line(&mut heard).expect("a line");
            }
            (&stream).write_all(says.as_bytes()).expect("room");
            heard
        });
        (port, heard)
    }

    #[test]
    fn a_proxy_passes_bytes_on_from_the_first() {
        let (port, heard) = proxy("HTTP/1.0 200 OK\r\nX: y\r\n\r\n@RSYNCD: 31.0\n");
        let route = Route {
            proxy: Some(format!("ann:secret@127.0.0.1:{port}")),
            ..Route::default()
        };
        let mut stream = route
            .connect("example.org", 873, &mut |_| {})
            .expect("a tunnel");
        let mut rest = String::new();
        stream.read_to_string(&mut rest).expect("the rest");
        assert_eq!(rest, "@RSYNCD: 31.0\n");
        assert_eq!(
            heard.join().expect("a request"),
            "CONNECT example.org:873 HTTP/1.0\r\nProxy-Authorization: Basic YW5uOnNlY3JldA==\r\n\r\n"
        );
    }

    #[test]
    fn what_a_proxy_refuses_is_told() {
        for says in ["HTTP/1.0 403 No\r\n\r\n", "SSH-2.0\r\n\r\n", ""] {
            let (port, _heard) = proxy(says);
            let route = Route {
                proxy: Some(format!("127.0.0.1:{port}")),
                ..Route::default()
            };
            let error = route.connect("h", 1, &mut |_| {}).expect_err("refused");
            assert!(matches!(error, ConnectError::Proxy { .. }), "{error}");
        }
    }

    #[test]
    fn nobody_there_is_an_error_that_names_the_place() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        drop(listener);
        let error = Route::default()
            .connect("127.0.0.1", port, &mut |_| {})
            .expect_err("nobody");
        let told = error.to_string();
        assert!(
            told.contains("127.0.0.1 (127.0.0.1): Connection refused"),
            "{told}"
        );
        let route = Route {
            family: Family::V6,
            ..Route::default()
        };
        let error = route
            .connect("127.0.0.1", port, &mut |_| {})
            .expect_err("no such address");
        assert!(matches!(error, ConnectError::NoAddress(_)));
    }
}
