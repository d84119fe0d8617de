//! The file list: how the sending side tells what there is.
//!
//! A list is a run of entries, each told by how it differs from the one before; the state that this takes lasts for the
//! whole session, across all lists. Under incremental recursion there is a list for each directory, else one for all.
//! Both sides put each list in the same order, which gives every entry its index ("ndx").
//!
//! | part | what it knows |
//! | --- | --- |
//! | `entry` | an entry as a plain value: [`Entry`], and what of it travels: [`Fields`] |
//! | `name` | names in two parts, cleaned and checked: [`Name`]; the hook for `--iconv`: [`Charset`] |
//! | `flags` | the flags before an entry, and the end of a list |
//! | `terms` | what both sides know of how lists are said |
//! | `ids`, `acl`, `xattr` | names of ids, ACLs and xattrs, which are sent once each |
//! | `reader`, `writer` | the whole encoding: [`ListReader`], [`ListWriter`] |
//! | `list` | a list in little memory: [`List`] |
//! | `order`, `numbering` | indices, duplicates, numbers of directories: [`Directories`] |
//!
//! Not here: whether a name was asked for (the client's arguments and filters decide), whether each parent is listed,
//! ids of this system, creation times (`-N`, which rsync on Linux lacks too).

mod acl;
mod entry;
mod flags;
mod ids;
mod list;
mod name;
mod numbering;
mod order;
mod reader;
mod terms;
mod writer;
pub(in crate::wire) mod xattr;

pub use acl::{Acl, AclCache, Named};
pub use entry::{Device, DirKind, Entry, Fields, FileType, Link};
pub use ids::{IdKind, IdNames, NameIds};
pub use list::{Cached, List, Unspelled};
pub use name::{Charset, Name};
pub use numbering::Directories;
pub use reader::ListReader;
pub use writer::{Attached, ListWriter};
pub use xattr::{Xattr, XattrCache, XattrValue};
