//! What the manual page says of verification.

use super::Paragraph::{self, Item, Text};

/// What is compared with what, what is said, and what counts.
pub const VERIFICATION: &[Paragraph] = &[
    Text(
        "resilver verify reads the content of every file and changes nothing. With SRC it is the trial run resilver -n -a -c \
         --delete SRC/ DEST/, of which whatever would change is told. SRC may be on another machine, with a stock rsync or a \
         daemon there, which then reads its files too. Options are those of the run: -H, -A, -X, --exclude, --filter, \
         --files-from, -e and so on say what takes part and what is compared (--no-times, --omit-dir-times); those that are \
         about how a file is brought over have no meaning and are passed over, those that would hide differences are \
         refused. It takes DEST and then SRC, unlike a run.",
    ),
    Text(
        "Without SRC, DEST is compared with what was recorded. A run from another machine leaves a catalogue of what it \
         brought in the state of DEST, with the sums that the sender told on the way. A file that came before there was \
         one, or is the same as the one before, is summed when it is verified first, and is \"recorded now\": from then on it \
         is known. What runs within one machine bring is not recorded; there the source is at hand. An undo drops the \
         catalogue until the next run. What is in DEST and did not come is not looked at.",
    ),
    Text(
        "A directory of time points, or one of them (DEST/latest), is compared with what each was when it was made: names, \
         types, permissions, owners, times, targets of links, and the SHA-256 of the content. A run reads for that what is new \
         in its point; what it shares with the point before has its sum from there. A file that is there as a delta is \
         made of it, out of sight, and compared. Points that were made before there were sums get them when they are \
         verified, if no run is under way; else that is told, and the code is 23. Extended attributes and ACLs are not recorded. Who can write into the points \
         can write into DEST/.time-points.resilver/ as well: this finds disks that forget and hands that slip, and a forger \
         only if that directory was kept elsewhere.",
    ),
    Text("Each entry that is not as it should be is a line: a word, its path, and what is wrong."),
    Item(
        "corrupt",
        "The content is another, or the size as well, though the time is the same: nobody is known to have written it.",
    ),
    Item(
        "changed",
        "The content is another, and the time shows it; or what a link leads to, or a device is, is another.",
    ),
    Item(
        "attributes",
        "Only time, permissions, owner and the like are others.",
    ),
    Item(
        "missing, extra",
        "It is not there; it is there and should not be.",
    ),
    Item("type", "Something else is in its place."),
    Text(
        "The code is 29 if anything was found, and against a catalogue, where a mirror may be worked in, if anything is corrupt, \
         missing or of another type: what was changed is told and does not count but with --strict. What \
         cannot be read is told, is neither verified nor called corrupt, and leads to 23 if nothing else was found. Where \
         nothing is recorded of DEST and no SRC is given, the code is 3.",
    ),
    Text(
        "With --json each finding is an object with version, event (finding), path, type, finding (the word), differs \
         (content, size, time, permissions, owner, group, access time, acl, xattrs, target, device, links) and, for another \
         type, found_type. message is as in a run. The last one is the summary: exit_code, seconds, files and \
         bytes that were verified, recorded, differ, and findings with the number of each word.",
    ),
];
