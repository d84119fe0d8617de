//! Extended attributes, ACLs among them, of open objects and of names in a directory. Symbolic links have
//! their own and are never followed.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd};

use rustix::fs::{self as rfs, XattrFlags};
use rustix::io::Errno;

use super::dir::Dir;
use super::object::Object;

/// All extended attributes of an object by name.
pub type Xattrs = BTreeMap<Box<[u8]>, Box<[u8]>>;

/// The attribute that holds an ACL.
pub const ACCESS_ACL: &[u8] = b"system.posix_acl_access";
/// The attribute of a directory that holds the ACL for what is made in it.
pub const DEFAULT_ACL: &[u8] = b"system.posix_acl_default";

/// What most objects' names or values fit into; larger ones take a second call.
const USUAL: usize = 1024;
/// The most that the system takes as one value, and as all names of one object (`XATTR_SIZE_MAX`).
const LARGEST: usize = 64 * 1024;
/// The most that is held in memory of one object's values, in bytes.
const ENOUGH: usize = 64 << 20;

/// An attribute to set or to remove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// Its name.
    pub name: Box<[u8]>,
    /// The value that it has before; `None` where it is missing.
    pub old: Option<Box<[u8]>>,
    /// The value that it gets; `None` removes it.
    pub new: Option<Box<[u8]>>,
}

impl Edit {
    /// What takes this back.
    #[must_use]
    pub fn inverse(&self) -> Edit {
        Edit {
            name: self.name.clone(),
            old: self.new.clone(),
            new: self.old.clone(),
        }
    }

    /// Carries it out. What is missing already need not be removed.
    pub fn apply(&self, object: Object<'_>) -> io::Result<()> {
        match &self.new {
            Some(value) => object.set(&self.name, value),
            None => object.remove(&self.name),
        }
    }
}

impl Object<'_> {
    /// A path that leads to the name, and no further, through the open directory.
    fn path(dir: &Dir, name: &[u8]) -> Vec<u8> {
        let mut path = format!("/proc/self/fd/{}/", dir.as_fd().as_raw_fd()).into_bytes();
        path.extend_from_slice(name);
        path
    }

    /// Names of all attributes that this user may know of; none where the file system has no such thing.
    pub fn list(&self) -> io::Result<Vec<u8>> {
        let call = |buffer: &mut [u8]| match self {
            Object::Open(file) => rfs::flistxattr(file, buffer),
            Object::Name(dir, name) => rfs::llistxattr(Object::path(dir, name), buffer),
        };
        match growing(call) {
            Err(Errno::OPNOTSUPP) => Ok(Vec::new()),
            other => Ok(other?),
        }
    }

    /// The value of an attribute; `None` where it is missing, or cannot be.
    pub fn get(&self, attribute: &[u8]) -> io::Result<Option<Box<[u8]>>> {
        let call = |buffer: &mut [u8]| match self {
            Object::Open(file) => rfs::fgetxattr(file, attribute, buffer),
            Object::Name(dir, name) => rfs::lgetxattr(Object::path(dir, name), attribute, buffer),
        };
        match growing(call) {
            Ok(value) => Ok(Some(value.into())),
            Err(Errno::NODATA | Errno::OPNOTSUPP) => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    /// Sets an attribute.
    pub fn set(&self, attribute: &[u8], value: &[u8]) -> io::Result<()> {
        let flags = XattrFlags::empty();
        Ok(match self {
            Object::Open(file) => rfs::fsetxattr(file, attribute, value, flags),
            Object::Name(dir, name) => {
                rfs::lsetxattr(Object::path(dir, name), attribute, value, flags)
            }
        }?)
    }

    /// Removes an attribute, if it is there.
    pub fn remove(&self, attribute: &[u8]) -> io::Result<()> {
        let removed = match self {
            Object::Open(file) => rfs::fremovexattr(file, attribute),
            Object::Name(dir, name) => rfs::lremovexattr(Object::path(dir, name), attribute),
        };
        match removed {
            Err(Errno::NODATA) => Ok(()),
            other => Ok(other?),
        }
    }

    /// The attributes that `wanted` knows: one call for their names and one for each value.
    ///
    /// # Errors
    /// The name of the attribute that could not be read, empty for the list itself.
    pub fn read(&self, wanted: impl Fn(&[u8]) -> bool) -> Result<Xattrs, (Box<[u8]>, io::Error)> {
        let names = self.list().map_err(|e| (Box::default(), e))?;
        let mut all = Xattrs::new();
        let mut held = 0;
        for name in names
            .split(|byte| *byte == 0)
            .filter(|name| !name.is_empty())
        {
            if !wanted(name) {
                continue;
            }
            let fail = |e| (Box::from(name), e);
            // What somebody removed just now is missing.
            let Some(value) = self.get(name).map_err(fail)? else {
                continue;
            };
            held += value.len();
            if held > ENOUGH {
                return Err(fail(Errno::TOOBIG.into()));
            }
            all.insert(name.into(), value);
        }
        Ok(all)
    }
}

/// Calls with a buffer that usually does, else with the largest that there can be.
fn growing(call: impl Fn(&mut [u8]) -> Result<usize, Errno>) -> Result<Vec<u8>, Errno> {
    let mut usual = [0; USUAL];
    match call(&mut usual) {
        Ok(len) => Ok(usual[..len].to_vec()),
        Err(Errno::RANGE) => {
            let mut buffer = vec![0; LARGEST];
            let len = call(&mut buffer)?;
            buffer.truncate(len);
            Ok(buffer)
        }
        Err(e) => Err(e),
    }
}

/// Makes the attributes of `to` equal those of `from`, as far as this user may read them.
pub fn copy(from: Object<'_>, to: Object<'_>) -> io::Result<()> {
    let all = |object: Object<'_>| object.read(|_| true).map_err(|(_, e)| e);
    let (want, have) = (all(from)?, all(to)?);
    for name in have.keys().filter(|name| !want.contains_key(*name)) {
        to.remove(name)?;
    }
    for (name, value) in want
        .iter()
        .filter(|(name, value)| have.get(*name) != Some(*value))
    {
        to.set(name, value)?;
    }
    Ok(())
}

/// Gives the directory `to` the ACL that `from` gives to what is made in it, if it has one.
pub fn copy_default_acl(from: &File, to: &File) -> io::Result<()> {
    match Object::Open(from).get(DEFAULT_ACL)? {
        Some(acl) => Object::Open(to).set(DEFAULT_ACL, &acl),
        None => Ok(()),
    }
}
