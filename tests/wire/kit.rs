//! A recorded session, opened up to where its frames begin.

use std::fs;
use std::path::PathBuf;

use resilver::wire::flist::Fields;
use resilver::wire::handshake::{self, ChecksumWish, CompressionWish, Offer};
use resilver::wire::{
    Checksum, Compat, Compression, Dialect, FilterNeed, Named, Way, read_filters,
};
use resilver::wire::{Demux, Message};
use serde_json::Value;

pub fn testdata(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("testdata/wire")
        .join(path)
}

pub fn bytes(path: &str) -> Vec<u8> {
    fs::read(testdata(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

pub fn json(path: &str) -> Value {
    serde_json::from_slice(&bytes(path)).expect("JSON")
}

/// A number that JSON has as `"0x1f"`.
pub fn hex(value: &Value) -> u32 {
    let text = value.as_str().expect("text").trim_start_matches("0x");
    u32::from_str_radix(text, 16).expect("hex")
}

/// The options that a server was started with.
pub struct Arguments(Vec<String>);

impl Arguments {
    pub fn new(words: Vec<String>) -> Self {
        Self(words)
    }

    /// The letters of the short options, without the capabilities.
    fn letters(&self) -> &str {
        let bundle = self
            .0
            .iter()
            .find(|word| word.starts_with('-') && !word.starts_with("--"));
        bundle.map_or("", |bundle| bundle.split('e').next().unwrap_or_default())
    }

    pub fn letter(&self, letter: char) -> bool {
        self.letters().contains(letter)
    }

    pub fn has(&self, word: &str) -> bool {
        self.0.iter().any(|one| one == word)
    }

    fn value(&self, option: &str) -> Option<&str> {
        self.0
            .iter()
            .find_map(|word| word.strip_prefix(option)?.strip_prefix('='))
    }

    /// Whether a pushing client sends its filter rules.
    pub fn rules(&self) -> FilterNeed {
        FilterNeed {
            delete: self.0.iter().any(|word| word.starts_with("--delete")),
            ..FilterNeed::default()
        }
    }

    pub fn fields(&self) -> Fields {
        Fields {
            owners: self.letter('o'),
            groups: self.letter('g'),
            links: self.letter('l'),
            devices: self.letter('D'),
            specials: self.letter('D'),
            hard_links: self.letter('H'),
            checksums: self.letter('c'),
            atimes: self.letter('U'),
            acls: self.letter('A'),
            xattrs: self.letter('X'),
            numeric_ids: self.has("--numeric-ids"),
            relative: self.letter('R'),
            recurse: self.letter('r'),
            missing_args: false,
        }
    }

    fn offer(&self, way: Way) -> Offer {
        let checksums = match self.value("--checksum-choice") {
            Some(name) => {
                let sum = Checksum::from_name(name).expect("a checksum");
                ChecksumWish::Chosen(sum, sum)
            }
            None => ChecksumWish::Negotiate(Checksum::PREFERRED.to_vec()),
        };
        let compression = if let Some(name) = self.value("--compress-choice") {
            CompressionWish::Chosen(Compression::from_name(name).expect("a compression"))
        } else if self.has("--new-compress") {
            CompressionWish::Chosen(Compression::Zlibx)
        } else if self.has("--old-compress") {
            CompressionWish::Chosen(Compression::Zlib)
        } else if self.letter('z') {
            CompressionWish::Negotiate(Compression::PREFERRED.to_vec())
        } else {
            CompressionWish::Off
        };
        Offer {
            way,
            checksums,
            compression,
            level: None,
            remove_source_files: self.has("--remove-source-files"),
        }
    }
}

/// Both streams of a session behind the handshake, with what each side settled on.
pub struct Session {
    pub pull: bool,
    /// The dialect as the side that hears the sender has it.
    pub receiver: Dialect,
    pub sender: Dialect,
    /// What the sender wrote.
    pub from_sender: Vec<u8>,
    /// What the receiving side wrote.
    pub from_receiver: Vec<u8>,
}

impl Session {
    /// Plays both parts of the handshake on the recorded bytes, which must be what this side would have said.
    pub fn open(c2s: &[u8], s2c: &[u8], arguments: &Arguments) -> Self {
        let pull = arguments.has("--sender");
        let way = if pull { Way::Receives } else { Way::Sends };
        let offer = arguments.offer(way);
        let (mut from_client, mut from_server) = (c2s, s2c);

        let mut said = Vec::new();
        let version = i32::from(c2s[0]);
        let protocol =
            handshake::exchange_versions(version, &mut from_server, &mut said).expect("versions");
        let client = handshake::client(protocol, &offer, true, &mut from_server, &mut said)
            .expect("the client's part");
        assert!(c2s.starts_with(&said), "what the client says");

        let mut said = Vec::new();
        let version = i32::from(s2c[0]);
        handshake::exchange_versions(version, &mut from_client, &mut said).expect("versions");
        let offer = arguments.offer(client.side.peer().way);
        let (compat, seed) = (client.compat, client.seed);
        let server = handshake::server(protocol, &offer, compat, seed, &mut from_client, &mut said)
            .expect("the server's part");
        assert!(s2c.starts_with(&said), "what the server says");
        assert_eq!(
            compat,
            Compat::from_bits(compat.bits() & 0x1ff),
            "no unknown flag"
        );

        let (from_client, from_server) = (from_client.to_vec(), from_server.to_vec());
        let (receiver, sender) = if pull {
            (client, server)
        } else {
            (server, client)
        };
        let (from_sender, from_receiver) = match pull {
            true => (from_server, from_client),
            false => (from_client, from_server),
        };
        Self {
            pull,
            receiver,
            sender,
            from_sender,
            from_receiver,
        }
    }

    /// The data and the messages that the sender wrote, behind the filter rules if they are a client's.
    pub fn sender_said(&self, rules: FilterNeed) -> (Vec<u8>, Vec<Message>) {
        let pushes = !self.pull && rules.is_sent(Way::Sends, self.sender.protocol);
        without_rules(pushes, demuxed(&self.from_sender, &self.receiver))
    }

    /// The data and the messages that the receiving side wrote, behind the filter rules if they are a client's.
    pub fn receiver_said(&self) -> (Vec<u8>, Vec<Message>) {
        without_rules(self.pull, demuxed(&self.from_receiver, &self.sender))
    }
}

fn without_rules(
    rules: bool,
    (data, messages): (Vec<u8>, Vec<Message>),
) -> (Vec<u8>, Vec<Message>) {
    let mut rest = &data[..];
    if rules {
        read_filters(&mut rest).expect("filter rules");
    }
    (rest.to_vec(), messages)
}

fn demuxed(bytes: &[u8], hearer: &Dialect) -> (Vec<u8>, Vec<Message>) {
    use std::io::Read;
    let mut messages = Vec::new();
    let mut data = Vec::new();
    let mut demux = Demux::new(bytes, hearer.side, |message| {
        messages.push(message);
        Ok(())
    });
    demux.begin_session(hearer.reads_frames);
    demux.read_to_end(&mut data).expect("frames");
    (data, messages)
}
