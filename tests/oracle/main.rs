//! The oracle: the same command line is run by the real `rsync` and by `resilver`, on equal fixtures, and the two must
//! agree in the tree they leave, in what they print, and in their exit code.
//!
//! * `cases/` is the table; `fixture` explains the lines of a fixture, `differences` what may differ, and why.
//! * Every case is played by rsync once and by resilver four times: `--commit=direct`, `journal`, `swap`, and auto.
//! * `RESILVER_ORACLE_SELF=rsync` puts rsync in resilver's place: it proves the harness, and that each case is stable.
//! * `RESILVER_ORACLE_METHOD=direct,swap` plays these methods only.
//! * `RESILVER_ORACLE_DIR=/mnt/x` plays them on another filesystem than `/dev/shm`.
//! * `RESILVER_ORACLE_DROP=1` takes away the option that a case is about and expects the case to fail;
//!   cases that name none say so (`--no-capture`), and are held against a program that does nothing.
//! * `RESILVER_ORACLE_FAR=sources` puts a host before all sources, behind which a stock rsync sends, for both programs, and
//!   `RESILVER_ORACLE_FAR=destination` puts it before the destination: not all
//!   cases come out alike then, and each that does not is worth a look.

#[macro_use]
mod case;
mod cases;
mod compare;
mod differences;
mod far;
mod fixture;
mod matches;
mod meta;
mod replay;
mod run;
mod tree;
