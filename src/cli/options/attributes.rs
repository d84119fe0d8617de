//! Which attributes are kept.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use super::{Asked, no_meaning};
use crate::cli::arguments::Given;
use crate::cli::exit::Refusal;
use crate::cli::table::Opt;
use crate::engine::Privilege;
use crate::tree::{IdMap, Ids, KeepXattrs};

/// Owners and groups as the command line maps them, for when it was read to its end.
#[derive(Clone, Debug, Default)]
pub(super) struct Maps {
    users: Option<Map>,
    groups: Option<Map>,
    numeric: bool,
}

/// The value of one `--usermap` or `--groupmap`, or what a `--chown` stands for.
#[derive(Clone, Debug)]
struct Map {
    text: Vec<u8>,
    by_chown: bool,
}

impl Maps {
    /// As they go to another machine: the option, and its value.
    pub(super) fn words(&self) -> Vec<(&'static str, OsString)> {
        [("--usermap=", &self.users), ("--groupmap=", &self.groups)]
            .into_iter()
            .filter_map(|(option, map)| {
                let map = map.as_ref()?;
                Some((option, OsString::from_vec(map.text.clone())))
            })
            .collect()
    }
}

impl Asked {
    pub(super) fn take_attributes(&mut self, given: Given) -> Result<(), Refusal> {
        let keep = &mut self.engine.preserve;
        match given.opt {
            Opt::Perms(on) => keep.perms = on,
            Opt::Executability => keep.executability = true,
            Opt::Chmod => self.take_chmod(&given)?,
            Opt::Acls(on) => {
                keep.acls = on;
                keep.perms |= on;
            }
            Opt::Xattrs(false) => keep.xattrs = KeepXattrs::No,
            Opt::Xattrs(true) => {
                keep.xattrs = match keep.xattrs {
                    KeepXattrs::No => KeepXattrs::Yes,
                    _ => KeepXattrs::WithNotes,
                }
            }
            Opt::Times(on) => keep.times = on,
            Opt::Atimes(on) => {
                // A second one asks for more than the first.
                self.engine.open_noatime |= on && keep.atimes;
                keep.atimes = on;
            }
            Opt::OpenNoatime(on) => self.engine.open_noatime = on,
            Opt::Crtimes(true) => {
                return Err(Refusal::usage("This rsync does not support --crtimes (-N)"));
            }
            Opt::Crtimes(false) => {}
            Opt::OmitDirTimes(on) => keep.omit_dir_times = on,
            Opt::OmitLinkTimes(on) => keep.omit_link_times = on,
            Opt::Owner(on) => keep.owner = on,
            Opt::Group(on) => keep.group = on,
            Opt::Chown => self.take_chown(&given.value)?,
            Opt::Usermap => self.take_map(Ids::Users, given.value.as_bytes().to_vec(), false)?,
            Opt::Groupmap => self.take_map(Ids::Groups, given.value.as_bytes().to_vec(), false)?,
            // Both sides of a local run read the same user database: only maps ask for names.
            Opt::NumericIds(on) => self.maps.numeric = on,
            Opt::FakeSuper => self.engine.privilege = Privilege::Fake,
            Opt::Super(true) => self.engine.privilege = Privilege::Super,
            Opt::Super(false) => self.engine.privilege = Privilege::Plain,
            Opt::Devices(on) => keep.devices = on,
            Opt::Specials(on) => keep.specials = on,
            Opt::DevicesAndSpecials(on) => (keep.devices, keep.specials) = (on, on),
            other => no_meaning(other),
        }
        Ok(())
    }

    fn take_chmod(&mut self, given: &Given) -> Result<(), Refusal> {
        let list = given.value.to_string_lossy();
        let chmod = std::mem::take(&mut self.engine.adjust.chmod);
        self.engine.adjust.chmod = chmod.and(&list).ok_or_else(|| {
            Refusal::usage(format_args!("Invalid argument passed to --chmod ({list})"))
        })?;
        Ok(())
    }

    /// `USER:GROUP`, either of which may be missing.
    fn take_chown(&mut self, value: &OsString) -> Result<(), Refusal> {
        let value = value.as_bytes();
        let colon = value.iter().position(|byte| *byte == b':');
        let (user, group) = match colon {
            Some(at) => (&value[..at], &value[at + 1..]),
            None => (value, &b""[..]),
        };
        for (ids, name) in [(Ids::Users, user), (Ids::Groups, group)] {
            if !name.is_empty() {
                self.take_map(ids, [b"*:", name].concat(), true)?;
            }
        }
        Ok(())
    }

    fn take_map(&mut self, ids: Ids, text: Vec<u8>, by_chown: bool) -> Result<(), Refusal> {
        let keep = &mut self.engine.preserve;
        let (map, kept, option, who) = match ids {
            Ids::Users => (&mut self.maps.users, &mut keep.owner, "--usermap", "user"),
            Ids::Groups => (
                &mut self.maps.groups,
                &mut keep.group,
                "--groupmap",
                "group",
            ),
        };
        if let Some(prior) = map {
            return Err(Refusal::usage(match (prior.by_chown, by_chown) {
                (false, false) => format!("You can only specify {option} once."),
                (true, false) => format!("{option} conflicts with prior --chown."),
                (false, true) => format!("--chown conflicts with prior {option}."),
                (true, true) => format!("You can only specify a {who}-affecting --chown once."),
            }));
        }
        *kept = true;
        *map = Some(Map { text, by_chown });
        Ok(())
    }

    /// What the options together mean for attributes.
    pub(super) fn settle_attributes(&mut self) -> Result<(), Refusal> {
        let keep = &self.engine.preserve;
        if keep.xattrs == KeepXattrs::WithNotes && self.engine.privilege == Privilege::Fake {
            return Err(Refusal::usage("--fake-super conflicts with -XX"));
        }
        let adjust = &mut self.engine.adjust;
        let read = |ids, map: &Option<Map>| match map {
            Some(map) => IdMap::parse(ids, &map.text).map_err(|e| Refusal::plain(e.to_string())),
            None => Ok(IdMap::none(ids)),
        };
        adjust.users = read(Ids::Users, &self.maps.users)?.numeric(self.maps.numeric);
        adjust.groups = read(Ids::Groups, &self.maps.groups)?.numeric(self.maps.numeric);
        Ok(())
    }
}
