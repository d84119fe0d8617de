//! What can be wrong with a state directory, and how a mirror run and `undo` end then.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::run::standing_of;

/// What had been done before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Past {
    /// Two mirror runs: at rest, undo is possible.
    Rest,
    /// A third was aborted while it staged.
    Staging,
    /// A third was aborted in the midst of its switch: swap after the exchange, journal in its plan.
    Switching,
}

/// A thing that is wrong.
pub struct Damage {
    pub name: &'static str,
    pub past: Past,
    /// Exit codes of a mirror run and of `undo`, by swap and by journal.
    pub mirror: [i32; 2],
    pub undo: [i32; 2],
    /// What a mirror run says of it; where the two methods differ, the one that notices says so.
    pub says: &'static str,
    pub make: fn(&Place),
}

/// The paths of one attempt.
pub struct Place {
    pub dir: PathBuf,
    pub dest: PathBuf,
    pub state: PathBuf,
}

const GARBAGE: &str = "\u{1}\u{2}garbage \u{fffd}\n{\"not\": \"ours\"}\n";

fn overwrite(at: &Path, content: &str) {
    let _ = fs::remove_dir_all(at);
    fs::write(at, content).expect("a file");
}

fn truncate(at: &Path) {
    let len = fs::metadata(at).expect("a file").len();
    let file = fs::File::options().write(true).open(at).expect("a file");
    file.set_len(len / 2).expect("a length");
}

pub fn remove(at: &Path) {
    if at.is_dir() {
        fs::remove_dir_all(at).expect("gone");
    } else {
        let _ = fs::remove_file(at);
    }
}

pub const DAMAGES: &[Damage] = &[
    Damage {
        name: "nothing",
        mirror: [0, 0],
        undo: [0, 0],
        says: "",
        past: Past::Rest,
        make: |_| {},
    },
    Damage {
        name: "journal cut short",
        mirror: [0, 0],
        undo: [3, 3],
        says: "was set aside, since its journal is damaged: its checksum",
        past: Past::Rest,
        make: |p| truncate(&p.state.join("journal")),
    },
    Damage {
        name: "journal empty",
        mirror: [0, 0],
        undo: [3, 3],
        says: "was set aside, since its journal is damaged: it is cut",
        past: Past::Rest,
        make: |p| overwrite(&p.state.join("journal"), ""),
    },
    Damage {
        name: "journal garbage",
        mirror: [0, 0],
        undo: [3, 3],
        says: "was set aside, since its journal is damaged: it is no journal",
        past: Past::Rest,
        make: |p| overwrite(&p.state.join("journal"), GARBAGE),
    },
    Damage {
        name: "journal missing",
        mirror: [0, 0],
        undo: [3, 3],
        says: "was set aside, since its journal is missing",
        past: Past::Rest,
        make: |p| remove(&p.state.join("journal")),
    },
    Damage {
        name: "journal a directory",
        mirror: [0, 0],
        undo: [3, 3],
        says: "\"journal\" in it is a directory",
        past: Past::Rest,
        make: |p| {
            remove(&p.state.join("journal"));
            fs::create_dir(p.state.join("journal")).expect("a directory");
        },
    },
    Damage {
        name: "next missing",
        mirror: [0, 0],
        undo: [0, 0],
        says: "",
        past: Past::Rest,
        make: |p| remove(&p.state.join("next")),
    },
    Damage {
        name: "next a file",
        mirror: [0, 0],
        undo: [3, 3],
        says: "\"next\" in it is no directory",
        past: Past::Rest,
        make: |p| overwrite(&p.state.join("next"), GARBAGE),
    },
    Damage {
        name: "previous missing",
        mirror: [0, 0],
        undo: [3, 3],
        says: "",
        past: Past::Rest,
        make: |p| remove(&p.state.join("previous")),
    },
    Damage {
        name: "previous a file",
        mirror: [0, 0],
        undo: [3, 3],
        says: "\"previous\" in it is no directory",
        past: Past::Rest,
        make: |p| overwrite(&p.state.join("previous"), GARBAGE),
    },
    Damage {
        name: "changes garbage",
        mirror: [0, 0],
        undo: [11, 11],
        says: "",
        past: Past::Rest,
        make: |p| overwrite(&p.state.join("changes"), GARBAGE),
    },
    Damage {
        name: "changes missing",
        mirror: [0, 0],
        undo: [11, 11],
        says: "",
        past: Past::Rest,
        make: |p| remove(&p.state.join("changes")),
    },
    Damage {
        name: "changes cut short",
        mirror: [0, 0],
        undo: [11, 11],
        says: "",
        past: Past::Rest,
        make: |p| overwrite(&p.state.join("changes"), ""),
    },
    Damage {
        name: "plan.done garbage",
        mirror: [0, 0],
        undo: [11, 11],
        says: "",
        past: Past::Rest,
        make: |p| overwrite(&p.state.join("plan.done"), GARBAGE),
    },
    Damage {
        name: "staged garbage",
        mirror: [0, 0],
        undo: [0, 0],
        says: "what it staged is taken up",
        past: Past::Staging,
        make: |p| overwrite(&p.state.join("staged"), GARBAGE),
    },
    Damage {
        name: "staged missing",
        mirror: [0, 0],
        undo: [0, 0],
        says: "what it staged is taken up",
        past: Past::Staging,
        make: |p| remove(&p.state.join("staged")),
    },
    Damage {
        name: "staged a directory",
        mirror: [0, 0],
        undo: [3, 3],
        says: "\"staged\" in it is a directory",
        past: Past::Staging,
        make: |p| {
            remove(&p.state.join("staged"));
            fs::create_dir(p.state.join("staged")).expect("a directory");
        },
    },
    Damage {
        name: "next missing, staging",
        mirror: [0, 0],
        undo: [0, 0],
        says: "what it staged is taken up",
        past: Past::Staging,
        make: |p| remove(&p.state.join("next")),
    },
    Damage {
        name: "journal cut short, staging",
        mirror: [0, 0],
        undo: [3, 3],
        says: "was set aside, since its journal is damaged: its checksum",
        past: Past::Staging,
        make: |p| truncate(&p.state.join("journal")),
    },
    Damage {
        name: "a file in next",
        mirror: [0, 0],
        undo: [0, 0],
        says: "what it staged is taken up",
        past: Past::Staging,
        make: |p| {
            fs::create_dir_all(p.state.join("next/same")).expect("a directory");
            fs::write(p.state.join("next/same/stranger"), "x").expect("a file");
        },
    },
    Damage {
        name: "lock of another machine",
        mirror: [0, 0],
        undo: [0, 0],
        says: "",
        past: Past::Rest,
        make: |p| {
            overwrite(
                &p.state.join("lock"),
                "pid 1\nhost elsewhere\nsince yesterday\ncommand resilver -a x y\n",
            )
        },
    },
    Damage {
        name: "lock garbage",
        mirror: [0, 0],
        undo: [0, 0],
        says: "",
        past: Past::Rest,
        make: |p| overwrite(&p.state.join("lock"), GARBAGE),
    },
    Damage {
        name: "signature of a newer version",
        mirror: [4, 4],
        undo: [4, 4],
        says: "is state of a newer resilver (format 2): use that one",
        past: Past::Rest,
        make: |p| overwrite(&p.state.join("signature"), "resilver state 2\n"),
    },
    Damage {
        name: "signature missing",
        mirror: [4, 4],
        undo: [3, 3],
        says: "none: move or remove it; nothing was changed",
        past: Past::Rest,
        make: |p| remove(&p.state.join("signature")),
    },
    Damage {
        name: "signature garbage",
        mirror: [4, 4],
        undo: [3, 3],
        says: "none: move or remove it; nothing was changed",
        past: Past::Rest,
        make: |p| overwrite(&p.state.join("signature"), GARBAGE),
    },
    Damage {
        name: "another directory is live",
        mirror: [0, 0],
        undo: [3, 3],
        says: "another directory has the destination's name now",
        past: Past::Rest,
        make: |p| {
            fs::rename(&p.dest, p.dir.join("moved")).expect("a rename");
            let status = std::process::Command::new("cp")
                .arg("-a")
                .arg(p.dir.join("moved"))
                .arg(&p.dest)
                .status();
            assert!(status.expect("cp").success());
        },
    },
    Damage {
        name: "state is a file",
        mirror: [4, 4],
        undo: [3, 3],
        says: "none: move or remove it; nothing was changed",
        past: Past::Rest,
        make: |p| {
            remove(&p.state);
            overwrite(&p.state, GARBAGE);
        },
    },
    Damage {
        name: "state is a link to elsewhere",
        mirror: [4, 4],
        undo: [3, 3],
        says: "none: move or remove it; nothing was changed",
        past: Past::Rest,
        make: |p| {
            remove(&p.state);
            fs::create_dir(p.dir.join("elsewhere")).expect("a directory");
            symlink("elsewhere", &p.state).expect("a link");
        },
    },
    Damage {
        name: "state missing",
        mirror: [0, 0],
        undo: [3, 3],
        says: "",
        past: Past::Rest,
        make: |p| remove(&p.state),
    },
    Damage {
        name: "somebody's directory at the switch's place",
        mirror: [4, 0],
        undo: [4, 0],
        says: "~ is in the way, since the switch takes place there: move or remove it",
        past: Past::Rest,
        make: |p| {
            fs::create_dir(standing_of(&p.dest)).expect("a directory");
            fs::write(standing_of(&p.dest).join("theirs"), "precious").expect("a file");
        },
    },
    Damage {
        name: "journal cut short, switching",
        mirror: [0, 0],
        undo: [3, 3],
        says: "was set aside, since its journal is damaged: its checksum",
        past: Past::Switching,
        make: |p| truncate(&p.state.join("journal")),
    },
    Damage {
        name: "journal missing, switching",
        mirror: [0, 0],
        undo: [3, 3],
        says: "was set aside, since its journal is missing",
        past: Past::Switching,
        make: |p| remove(&p.state.join("journal")),
    },
    Damage {
        name: "plan missing, switching",
        mirror: [0, 0],
        undo: [0, 3],
        says: "the plan of an interrupted change is lost",
        past: Past::Switching,
        make: |p| remove(&p.state.join("plan")),
    },
    Damage {
        name: "plan garbage, switching",
        mirror: [0, 0],
        undo: [0, 3],
        says: "the plan of an interrupted change is lost",
        past: Past::Switching,
        make: |p| overwrite(&p.state.join("plan"), GARBAGE),
    },
    Damage {
        name: "plan cut short, switching",
        mirror: [0, 0],
        undo: [0, 3],
        says: "the plan of an interrupted change is lost",
        past: Past::Switching,
        make: |p| {
            if p.state.join("plan").exists() {
                truncate(&p.state.join("plan"));
            }
        },
    },
    Damage {
        name: "next missing, switching",
        mirror: [0, 0],
        undo: [0, 3],
        says: "the stage of an interrupted change is lost",
        past: Past::Switching,
        make: |p| remove(&p.state.join("next")),
    },
    Damage {
        name: "previous missing, switching",
        mirror: [0, 0],
        undo: [0, 0],
        says: "",
        past: Past::Switching,
        make: |p| remove(&p.state.join("previous")),
    },
    Damage {
        name: "changes.next missing, switching",
        mirror: [0, 0],
        undo: [11, 11],
        says: "",
        past: Past::Switching,
        make: |p| remove(&p.state.join("changes.next")),
    },
    Damage {
        name: "old tree missing, switching",
        mirror: [0, 0],
        undo: [3, 0],
        says: "",
        past: Past::Switching,
        make: |p| remove(&standing_of(&p.dest)),
    },
];
