//! Options of the socket that a daemon is reached by (`--sockopts`), in rsync's words.

use std::os::fd::AsFd;

use rustix::io::Errno;
use rustix::net::sockopt::{
    set_ip_tos, set_socket_broadcast, set_socket_keepalive, set_socket_recv_buffer_size,
    set_socket_reuseaddr, set_socket_send_buffer_size, set_tcp_nodelay,
};

/// What is to be set on a socket before it is connected, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SocketOptions(Vec<Step>);

/// One word of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Set(Name, i32),
    /// A word that makes no sense: it is told, and nothing else comes of it.
    Say(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Name {
    KeepAlive,
    ReuseAddr,
    Broadcast,
    NoDelay,
    LowDelay,
    Throughput,
    SendBuffer,
    ReceiveBuffer,
    SendLowWater,
    SendTimeout,
    ReceiveTimeout,
}

/// All that are known, as they are written.
const NAMES: [(Name, &str); 11] = [
    (Name::KeepAlive, "SO_KEEPALIVE"),
    (Name::ReuseAddr, "SO_REUSEADDR"),
    (Name::Broadcast, "SO_BROADCAST"),
    (Name::NoDelay, "TCP_NODELAY"),
    (Name::LowDelay, "IPTOS_LOWDELAY"),
    (Name::Throughput, "IPTOS_THROUGHPUT"),
    (Name::SendBuffer, "SO_SNDBUF"),
    (Name::ReceiveBuffer, "SO_RCVBUF"),
    (Name::SendLowWater, "SO_SNDLOWAT"),
    (Name::SendTimeout, "SO_SNDTIMEO"),
    (Name::ReceiveTimeout, "SO_RCVTIMEO"),
];

/// An option of rsync's that is not there: a session would wait for ever for less than it says.
const MISSING: &str = "SO_RCVLOWAT";

impl SocketOptions {
    /// Reads a list of `NAME` and `NAME=NUMBER`, between commas and blanks.
    ///
    /// # Errors
    /// The name of one that is not supported.
    pub fn read(list: &str) -> Result<SocketOptions, &'static str> {
        let mut steps = Vec::new();
        for word in list.split([',', ' ', '\t']).filter(|word| !word.is_empty()) {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (word, None),
            };
            if name == MISSING {
                return Err(MISSING);
            }
            let Some((option, _)) = NAMES.iter().find(|(_, known)| *known == name) else {
                steps.push(Step::Say(format!("Unknown socket option {name}")));
                continue;
            };
            if value.is_some() && option.tos().is_some() {
                let text = format!("syntax error -- {name} does not take a value");
                steps.push(Step::Say(text));
            }
            steps.push(Step::Set(*option, value.map_or(1, number)));
        }
        Ok(SocketOptions(steps))
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether they say how small packets are dealt with.
    pub(super) fn has_nodelay(&self) -> bool {
        let is_nodelay = |step: &Step| matches!(step, Step::Set(Name::NoDelay, _));
        self.0.iter().any(is_nodelay)
    }

    /// Sets all of them; what cannot be is told, and the rest is set.
    pub(super) fn apply(&self, socket: impl AsFd, complain: &mut dyn FnMut(Complaint)) {
        for step in &self.0 {
            match step {
                Step::Say(text) => complain(Complaint::Words(text.clone())),
                Step::Set(name, value) => {
                    if let Err(e) = name.set(socket.as_fd(), *value) {
                        let (name, reason) = (name.text(), crate::sys::reason(&e.into()));
                        let text = format!("failed to set socket option {name}: {reason}");
                        complain(Complaint::Failure(text));
                    }
                }
            }
        }
    }
}

/// What is wrong with the options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Complaint {
    /// A word makes no sense.
    Words(String),
    /// The system did not set one.
    Failure(String),
}

impl Name {
    fn text(self) -> &'static str {
        let known = NAMES.iter().find(|(name, _)| *name == self);
        known.map_or("", |(_, text)| text)
    }

    /// What a word without a number stands for.
    fn tos(self) -> Option<u8> {
        match self {
            Name::LowDelay => Some(0x10),
            Name::Throughput => Some(0x08),
            _ => None,
        }
    }

    fn set(self, socket: impl AsFd, value: i32) -> Result<(), Errno> {
        let is_on = value != 0;
        // One below nothing is the most that the system gives.
        let size = || usize::try_from(value).unwrap_or(i32::MAX as usize);
        match self {
            Name::KeepAlive => set_socket_keepalive(socket, is_on),
            Name::ReuseAddr => set_socket_reuseaddr(socket, is_on),
            Name::Broadcast => set_socket_broadcast(socket, is_on),
            Name::NoDelay => set_tcp_nodelay(socket, is_on),
            Name::LowDelay | Name::Throughput => set_ip_tos(socket, self.tos().unwrap_or(0)),
            Name::SendBuffer => set_socket_send_buffer_size(socket, size()),
            Name::ReceiveBuffer => set_socket_recv_buffer_size(socket, size()),
            // What Linux answers whenever it is given a number for these.
            Name::SendLowWater => Err(Errno::NOPROTOOPT),
            Name::SendTimeout | Name::ReceiveTimeout => Err(Errno::INVAL),
        }
    }
}

/// The number that a text begins with, or 0.
fn number(text: &str) -> i32 {
    let text = text.trim_start();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = digits
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(digits.len());
    digits[..end].parse::<i32>().map_or(0, |n| sign * n)
}

#[cfg(test)]
mod tests {
    use rustix::net::sockopt::{ip_tos, socket_keepalive, socket_recv_buffer_size, tcp_nodelay};
    use rustix::net::{AddressFamily, SocketType, ipproto, socket};

    use super::*;

    fn applied(list: &str) -> (std::os::fd::OwnedFd, Vec<String>) {
        let options = SocketOptions::read(list).expect(list);
        let socket = socket(AddressFamily::INET, SocketType::STREAM, Some(ipproto::TCP));
        let socket = socket.expect("a socket");
        let mut told = Vec::new();
        options.apply(&socket, &mut |complaint| {
            let (Complaint::Words(text) | Complaint::Failure(text)) = complaint;
            told.push(text);
        });
        (socket, told)
    }

    #[test]
    fn options_are_set_in_order() {
        let (socket, told) =
            applied("TCP_NODELAY, SO_KEEPALIVE=1\tSO_RCVBUF=5000,IPTOS_THROUGHPUT");
        assert!(told.is_empty(), "{told:?}");
        assert!(tcp_nodelay(&socket).expect("read") && socket_keepalive(&socket).expect("read"));
        assert_eq!(ip_tos(&socket).expect("read"), 8);
        assert_eq!(socket_recv_buffer_size(&socket).expect("read"), 10_000);
        let (socket, _) = applied("TCP_NODELAY,TCP_NODELAY=0");
        assert!(!tcp_nodelay(&socket).expect("read"));
    }

    /// What rsync 3.5.0 says of the same lists.
    #[test]
    fn what_makes_no_sense_is_told_and_passed_over() {
        for (list, said) in [
            (
                "bogus,tcp_nodelay",
                "Unknown socket option bogus|Unknown socket option tcp_nodelay",
            ),
            (
                "IPTOS_LOWDELAY=1",
                "syntax error -- IPTOS_LOWDELAY does not take a value",
            ),
            (
                "SO_SNDBUF = 5000",
                "Unknown socket option |Unknown socket option 5000",
            ),
            (
                "SO_SNDLOWAT=2",
                "failed to set socket option SO_SNDLOWAT: Protocol not available (92)",
            ),
            (
                "SO_SNDTIMEO",
                "failed to set socket option SO_SNDTIMEO: Invalid argument (22)",
            ),
            ("SO_SNDBUF=-1,SO_SNDBUF=x,,", ""),
        ] {
            assert_eq!(applied(list).1.join("|"), said, "{list}");
        }
        assert_eq!(
            SocketOptions::read("TCP_NODELAY SO_RCVLOWAT=1"),
            Err("SO_RCVLOWAT")
        );
    }

    #[test]
    fn numbers_are_what_a_text_begins_with() {
        for (text, value) in [
            ("12x", 12),
            ("-3", -3),
            ("x", 0),
            ("", 0),
            (" +4", 4),
            ("99999999999", 0),
        ] {
            assert_eq!(number(text), value, "{text}");
        }
    }
}
