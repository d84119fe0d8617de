//! Names of users and groups, as this system's databases have them.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use super::as_path;

/// The number of a user.
#[must_use]
pub fn user_id(name: &[u8]) -> Option<u32> {
    uzers::get_user_by_name(as_path(name)).map(|user| user.uid())
}

/// The number of a group.
#[must_use]
pub fn group_id(name: &[u8]) -> Option<u32> {
    uzers::get_group_by_name(as_path(name)).map(|group| group.gid())
}

/// The name of a user.
#[must_use]
pub fn user_name(uid: u32) -> Option<Vec<u8>> {
    uzers::get_user_by_uid(uid).map(|user| bytes(user.name()))
}

/// The home directory of a user's account.
#[must_use]
pub fn home(uid: u32) -> Option<PathBuf> {
    use uzers::os::unix::UserExt;
    uzers::get_user_by_uid(uid).map(|user| user.home_dir().to_owned())
}

/// The name of a group.
#[must_use]
pub fn group_name(gid: u32) -> Option<Vec<u8>> {
    uzers::get_group_by_gid(gid).map(|group| bytes(group.name()))
}

fn bytes(name: &OsStr) -> Vec<u8> {
    name.as_bytes().to_vec()
}
