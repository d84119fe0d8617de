//! Versions of the protocol, and who is who in a session.

use std::fmt;

/// A version of the protocol that both sides speak: 27 to 32.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Protocol(u8);

impl Protocol {
    /// The oldest that is spoken (rsync 2.6.0).
    pub const OLDEST: Self = Self(27);
    /// Item flags, typed filter rules, directories sorted behind files (rsync 2.6.4).
    pub const V29: Self = Self(29);
    /// Compat flags, variable-length integers, incremental recursion, ACLs and xattrs (rsync 3.0).
    pub const V30: Self = Self(30);
    /// Nanoseconds, deletion statistics, the error exit (rsync 3.1).
    pub const V31: Self = Self(31);
    /// The newest that is spoken (rsync 3.4 and later).
    pub const NEWEST: Self = Self(32);

    /// The version with this number, if it is spoken here.
    #[must_use]
    pub fn new(number: i32) -> Option<Self> {
        let number = u8::try_from(number).ok().map(Self)?;
        (Self::OLDEST..=Self::NEWEST)
            .contains(&number)
            .then_some(number)
    }

    /// Its number.
    #[must_use]
    pub fn number(self) -> i32 {
        self.0.into()
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Who started the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The program that a person ran.
    Client,
    /// The program that the client had started at the other end (`--server`), or a daemon.
    Server,
}

/// Which way the files go, as one side sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// This side has the source: rsync's sender.
    Sends,
    /// This side is written to: rsync's generator and receiver.
    Receives,
}

/// One of the two sides of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Side {
    /// Who started the session.
    pub role: Role,
    /// Which way the files go.
    pub way: Way,
}

impl Side {
    /// The client that pulls.
    pub const PULLER: Self = Self::new(Role::Client, Way::Receives);
    /// The client that pushes.
    pub const PUSHER: Self = Self::new(Role::Client, Way::Sends);

    /// The side in this role that the files go this way from.
    #[must_use]
    pub const fn new(role: Role, way: Way) -> Self {
        Self { role, way }
    }

    /// The other side of the same session.
    #[must_use]
    pub fn peer(self) -> Self {
        Self {
            role: match self.role {
                Role::Client => Role::Server,
                Role::Server => Role::Client,
            },
            way: match self.way {
                Way::Sends => Way::Receives,
                Way::Receives => Way::Sends,
            },
        }
    }

    /// Whether what this side writes is cut into frames once the handshake is over.
    ///
    /// A server's always is. A client's is from protocol 30 on, and before that only in a pull with
    /// `--remove-source-files`, whose success messages need it.
    #[must_use]
    pub fn writes_frames(self, protocol: Protocol, remove_source_files: bool) -> bool {
        self.role == Role::Server
            || protocol >= Protocol::V30
            || (self.way == Way::Receives && remove_source_files)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_27_to_32_are_spoken() {
        let spoken: Vec<i32> = (-1..300).filter(|&n| Protocol::new(n).is_some()).collect();
        assert_eq!(spoken, [27, 28, 29, 30, 31, 32]);
    }

    /// What rsync 3.5.0 was seen to do.
    #[test]
    fn frames_begin_where_rsync_begins_them() {
        let old = Protocol::V29;
        for (side, remove, framed_in_29) in [
            (Side::PULLER.peer(), false, true),
            (Side::PULLER, false, false),
            (Side::PULLER, true, true),
            (Side::PUSHER.peer(), false, true),
            (Side::PUSHER, false, false),
            (Side::PUSHER, true, false),
        ] {
            assert_eq!(
                side.writes_frames(old, remove),
                framed_in_29,
                "{side:?} {remove}"
            );
            assert!(side.writes_frames(Protocol::V30, remove));
            assert_eq!(side.peer().peer(), side);
        }
    }
}
