//! Extended attributes of open files and directories, ACLs among them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::io;

use xattr::FileExt;

/// All extended attributes of an object by name.
pub type Xattrs = BTreeMap<OsString, Vec<u8>>;

/// Reads every attribute that this user may read; none where the file system has no such thing.
pub fn read(file: &File) -> io::Result<Xattrs> {
    let names = match file.list_xattr() {
        Ok(names) => names,
        Err(e) if unsupported(&e) => return Ok(Xattrs::new()),
        Err(e) => return Err(e),
    };
    let mut all = Xattrs::new();
    for name in names {
        if let Some(value) = file.get_xattr(&name)? {
            all.insert(name, value);
        }
    }
    Ok(all)
}

/// Makes the attributes of `to` equal those of `from`.
pub fn copy(from: &File, to: &File) -> io::Result<()> {
    let (want, have) = (read(from)?, read(to)?);
    for name in have.keys().filter(|name| !want.contains_key(*name)) {
        to.remove_xattr(name)?;
    }
    for (name, value) in &want {
        if have.get(name) != Some(value) {
            to.set_xattr(name, value)?;
        }
    }
    Ok(())
}

/// Gives the directory `to` the ACL that `from` gives to what is made in it, if it has one.
pub fn copy_default_acl(from: &File, to: &File) -> io::Result<()> {
    const DEFAULT_ACL: &str = "system.posix_acl_default";
    match from.get_xattr(DEFAULT_ACL) {
        Ok(Some(acl)) => to.set_xattr(DEFAULT_ACL, &acl),
        Ok(None) => Ok(()),
        Err(e) if unsupported(&e) => Ok(()),
        Err(e) => Err(e),
    }
}

fn unsupported(e: &io::Error) -> bool {
    e.kind() == io::ErrorKind::Unsupported
        || e.raw_os_error() == Some(rustix::io::Errno::OPNOTSUPP.raw_os_error())
}
