//! The wire room against recorded sessions of rsync 3.5.0 (`testdata/wire`, whose READMEs tell how they were made):
//! each is decoded to the listing that was recorded with it, and encoded back to the same bytes.

mod damage;
mod flist;
mod kit;
mod transfer;
