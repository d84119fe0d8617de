//! What is told, piece by piece: the flags of `--info` and `--debug`, and how loud each is.

/// The loudest level; more is as much.
pub const HIGHEST: u8 = 4;

/// One family of flags.
pub trait Flag: Copy + Eq + 'static {
    /// The option that sets them.
    const OPTION: &'static str;
    /// Every flag with rsync's name for it and its line in the option's help, in the order of that help.
    const TABLE: &'static [(Self, &'static str, &'static str)];
    /// What each `-v` adds: for every number of them, the flags and their new levels.
    const VERBOSITY: &'static [(u8, &'static [(Self, u8)])];
    /// Where its level is kept.
    fn place(self, levels: &mut Levels) -> &mut u8;
}

/// A piece of information (`--info`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // Each has its sentence in the table.
pub enum Info {
    Backup,
    Copy,
    Del,
    Flist,
    Misc,
    Mount,
    Name,
    Nonreg,
    Progress,
    Remove,
    Skip,
    Stats,
    Symsafe,
}

/// A piece of what is told of the inner workings (`--debug`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)] // Each has its sentence in the table.
pub enum Debug {
    Acl,
    Backup,
    Bind,
    Chdir,
    Connect,
    Cmd,
    Del,
    Deltasum,
    Dup,
    Exit,
    Filter,
    Flist,
    Fuzzy,
    Genr,
    Hash,
    Hlink,
    Iconv,
    Io,
    Nstr,
    Own,
    Proto,
    Recv,
    Send,
    Time,
}

/// How loud each flag is; 0 is silent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Levels {
    info: [u8; Info::TABLE.len()],
    debug: [u8; Debug::TABLE.len()],
}

/// A word of `--info` or `--debug`: one flag, or all of them, and a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting<F> {
    /// `None` is `ALL` or `NONE`.
    pub flag: Option<F>,
    /// 0 to [`HIGHEST`].
    pub level: u8,
}

impl Levels {
    /// What so many `-v` tell.
    #[must_use]
    pub fn of_verbosity(verbose: u8) -> Levels {
        let mut levels = Levels::default();
        levels.add_row::<Info>(verbose);
        levels.add_row::<Debug>(verbose);
        levels
    }

    fn add_row<F: Flag>(&mut self, verbose: u8) {
        for (flag, level) in F::VERBOSITY
            .iter()
            .take_while(|(number, _)| *number <= verbose)
            .flat_map(|(_, row)| *row)
        {
            *flag.place(self) = *level;
        }
    }

    /// How loud a piece of information is.
    #[must_use]
    pub fn info(&self, flag: Info) -> u8 {
        self.info[flag as usize]
    }

    /// How loud a piece of the inner workings is.
    #[must_use]
    pub fn debug(&self, flag: Debug) -> u8 {
        self.debug[flag as usize]
    }

    /// Makes a flag at least so loud.
    pub fn raise(&mut self, flag: impl Flag, level: u8) {
        let place = flag.place(self);
        *place = level.max(*place);
    }

    /// Sets what a word of `--info` or `--debug` says.
    pub fn set<F: Flag>(&mut self, setting: Setting<F>) {
        let one = setting.flag.as_slice().iter().copied();
        let all = F::TABLE.iter().map(|(flag, ..)| *flag);
        let named = one.chain(all.filter(|_| setting.flag.is_none()));
        for flag in named {
            *flag.place(self) = setting.level;
        }
    }
}

impl Flag for Info {
    const OPTION: &'static str = "--info";
    const TABLE: &'static [(Info, &'static str, &'static str)] = &[
        (Info::Backup, "BACKUP", "Mention files backed up"),
        (
            Info::Copy,
            "COPY",
            "Mention files copied locally on the receiving side",
        ),
        (Info::Del, "DEL", "Mention deletions on the receiving side"),
        (
            Info::Flist,
            "FLIST",
            "Mention file-list receiving/sending (levels 1-2)",
        ),
        (
            Info::Misc,
            "MISC",
            "Mention miscellaneous information (levels 1-2)",
        ),
        (
            Info::Mount,
            "MOUNT",
            "Mention mounts that were found or skipped",
        ),
        (
            Info::Name,
            "NAME",
            "Mention 1) updated file/dir names, 2) unchanged names",
        ),
        (
            Info::Nonreg,
            "NONREG",
            "Mention skipped non-regular files (default 1, 0 disables)",
        ),
        (
            Info::Progress,
            "PROGRESS",
            "Mention 1) per-file progress or 2) total transfer progress",
        ),
        (
            Info::Remove,
            "REMOVE",
            "Mention files removed on the sending side",
        ),
        (
            Info::Skip,
            "SKIP",
            "Mention files skipped due to transfer overrides (levels 1-2)",
        ),
        (
            Info::Stats,
            "STATS",
            "Mention statistics at end of run (levels 1-3)",
        ),
        (Info::Symsafe, "SYMSAFE", "Mention symlinks that are unsafe"),
    ];
    const VERBOSITY: &'static [(u8, &'static [(Info, u8)])] = &[
        (0, &[(Info::Nonreg, 1)]),
        (
            1,
            &[
                (Info::Copy, 1),
                (Info::Del, 1),
                (Info::Flist, 1),
                (Info::Misc, 1),
                (Info::Name, 1),
                (Info::Stats, 1),
                (Info::Symsafe, 1),
            ],
        ),
        (
            2,
            &[
                (Info::Backup, 1),
                (Info::Misc, 2),
                (Info::Mount, 1),
                (Info::Name, 2),
                (Info::Remove, 1),
                (Info::Skip, 1),
            ],
        ),
    ];

    fn place(self, levels: &mut Levels) -> &mut u8 {
        &mut levels.info[self as usize]
    }
}

impl Flag for Debug {
    const OPTION: &'static str = "--debug";
    const TABLE: &'static [(Debug, &'static str, &'static str)] = &[
        (Debug::Acl, "ACL", "Debug extra ACL info"),
        (Debug::Backup, "BACKUP", "Debug backup actions (levels 1-2)"),
        (Debug::Bind, "BIND", "Debug socket bind actions"),
        (
            Debug::Chdir,
            "CHDIR",
            "Debug when the current directory changes",
        ),
        (
            Debug::Connect,
            "CONNECT",
            "Debug connection events (levels 1-2)",
        ),
        (
            Debug::Cmd,
            "CMD",
            "Debug commands+options that are issued (levels 1-2)",
        ),
        (Debug::Del, "DEL", "Debug delete actions (levels 1-3)"),
        (
            Debug::Deltasum,
            "DELTASUM",
            "Debug delta-transfer checksumming (levels 1-4)",
        ),
        (Debug::Dup, "DUP", "Debug weeding of duplicate names"),
        (Debug::Exit, "EXIT", "Debug exit events (levels 1-3)"),
        (Debug::Filter, "FILTER", "Debug filter actions (levels 1-3)"),
        (
            Debug::Flist,
            "FLIST",
            "Debug file-list operations (levels 1-4)",
        ),
        (Debug::Fuzzy, "FUZZY", "Debug fuzzy scoring (levels 1-2)"),
        (Debug::Genr, "GENR", "Debug generator functions"),
        (Debug::Hash, "HASH", "Debug hashtable code"),
        (
            Debug::Hlink,
            "HLINK",
            "Debug hard-link actions (levels 1-3)",
        ),
        (
            Debug::Iconv,
            "ICONV",
            "Debug iconv character conversions (levels 1-2)",
        ),
        (Debug::Io, "IO", "Debug I/O routines (levels 1-4)"),
        (Debug::Nstr, "NSTR", "Debug negotiation strings"),
        (
            Debug::Own,
            "OWN",
            "Debug ownership changes in users & groups (levels 1-2)",
        ),
        (Debug::Proto, "PROTO", "Debug protocol information"),
        (Debug::Recv, "RECV", "Debug receiver functions"),
        (Debug::Send, "SEND", "Debug sender functions"),
        (
            Debug::Time,
            "TIME",
            "Debug setting of modified times (levels 1-2)",
        ),
    ];
    const VERBOSITY: &'static [(u8, &'static [(Debug, u8)])] = &[
        (
            2,
            &[
                (Debug::Bind, 1),
                (Debug::Connect, 1),
                (Debug::Cmd, 1),
                (Debug::Del, 1),
                (Debug::Deltasum, 1),
                (Debug::Dup, 1),
                (Debug::Filter, 1),
                (Debug::Flist, 1),
                (Debug::Iconv, 1),
            ],
        ),
        (
            3,
            &[
                (Debug::Acl, 1),
                (Debug::Backup, 1),
                (Debug::Connect, 2),
                (Debug::Del, 2),
                (Debug::Deltasum, 2),
                (Debug::Exit, 1),
                (Debug::Filter, 2),
                (Debug::Flist, 2),
                (Debug::Fuzzy, 1),
                (Debug::Genr, 1),
                (Debug::Own, 1),
                (Debug::Recv, 1),
                (Debug::Send, 1),
                (Debug::Time, 1),
            ],
        ),
        (
            4,
            &[
                (Debug::Cmd, 2),
                (Debug::Del, 3),
                (Debug::Deltasum, 3),
                (Debug::Exit, 2),
                (Debug::Flist, 3),
                (Debug::Iconv, 2),
                (Debug::Own, 2),
                (Debug::Proto, 1),
                (Debug::Time, 2),
            ],
        ),
        (
            5,
            &[
                (Debug::Chdir, 1),
                (Debug::Deltasum, 4),
                (Debug::Flist, 4),
                (Debug::Fuzzy, 2),
                (Debug::Hash, 1),
                (Debug::Hlink, 1),
            ],
        ),
    ];

    fn place(self, levels: &mut Levels) -> &mut u8 {
        &mut levels.debug[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_v_adds_its_row() {
        let none = Levels::of_verbosity(0);
        assert_eq!((none.info(Info::Nonreg), none.info(Info::Name)), (1, 0));
        let two = Levels::of_verbosity(2);
        assert_eq!((two.info(Info::Nonreg), two.info(Info::Name)), (1, 2));
        assert_eq!((two.info(Info::Skip), two.info(Info::Progress)), (1, 0));
        assert_eq!((two.debug(Debug::Flist), two.debug(Debug::Send)), (1, 0));
        let many = Levels::of_verbosity(200);
        assert_eq!((many.debug(Debug::Flist), many.debug(Debug::Hlink)), (4, 1));
        assert_eq!(many.info(Info::Stats), 1);
    }

    #[test]
    fn a_setting_is_for_one_or_for_all() {
        let mut levels = Levels::of_verbosity(1);
        levels.raise(Info::Stats, 2);
        levels.raise(Info::Stats, 1);
        assert_eq!(levels.info(Info::Stats), 2);
        levels.set(Setting {
            flag: Some(Info::Stats),
            level: 0,
        });
        assert_eq!((levels.info(Info::Stats), levels.info(Info::Name)), (0, 1));
        levels.set(Setting::<Info> {
            flag: None,
            level: 3,
        });
        assert_eq!((levels.info(Info::Backup), levels.info(Info::Name)), (3, 3));
        assert_eq!(levels.debug(Debug::Acl), 0);
    }

    #[test]
    fn every_flag_has_its_own_place() {
        for (number, (flag, ..)) in Info::TABLE.iter().enumerate() {
            assert_eq!(*flag as usize, number);
        }
        for (number, (flag, ..)) in Debug::TABLE.iter().enumerate() {
            assert_eq!(*flag as usize, number);
        }
    }
}
