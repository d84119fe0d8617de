//! What the manual page says of time points.

use super::Paragraph::{self, Item, Text};

/// Time points: what they are, what is shared with what, and how they come back.
pub const TIME_POINTS: &[Paragraph] = &[
    Text(
        "With --time-points DEST is a directory of time points. Each run makes a whole tree in it, named by the \
         second in UTC, DEST/2026-11-22T03-00-00Z/, and lets the symbolic link DEST/latest name it. A time point \
         equals the source, whatever was there before, so --delete has nothing to do. It gets its name in one \
         step, when it is complete and on the disk: a run that breaks leaves none, and the next takes up what was \
         staged. It can be looked at with any program. The destination may be on another machine if resilver is \
         installed there (--rsync-path=resilver); a stock rsync there is refused.",
    ),
    Text(
        "What did not change since the point before is shared with it by hard links, with its attributes; a file \
         that only got other permissions is a copy. Time points are for reading: who writes into a file of one \
         in place writes into all that share it. Who edits wants a mirror with points beside it: with \
         --time-points=DIR the run mirrors to DEST as ever and then makes a point of DEST in DIR, in files of its \
         own, which share their blocks where the file system can; points share with each other, and nothing with \
         the mirror.",
    ),
    Text(
        "A run whose source could not be read whole (codes 23 and 24) makes a point that is marked as not \
         complete; with --commit-only-complete it makes none. --delete-guard refuses a point that lacks more than so \
         many percent of what the one before has, such as that of a source that is not mounted; --gate and \
         --require-file judge it as they judge a mirror.",
    ),
    Text(
        "--keep says which points stay, of all that there are after a run that was complete: \
         --keep=last=7,daily=14,weekly=8,monthly=12,yearly=all keeps the newest seven, of each of the newest 14 \
         days that have any the newest, and so on; hourly is known too. Days are those of the time zone here, weeks \
         begin on Monday. A point that is not complete stands for no day. The last complete one never goes. \
         --dry-run names the points that would go.",
    ),
    Text(
        "Of files from 64 MiB on (--delta-threshold) only the newest version is kept whole. In the points before, a \
         delta stands in its place, with .rdiff behind the name and the attributes of the file. It is made when the \
         next point is there, and the file goes when the delta has given it back by checksum. A file with several \
         names in a point stays whole, and so does one of which a delta would save less than a quarter. resilver \
         time-points restore, diff and find take a delta for the file that it stands for. A restore of such a point \
         needs room for its large files in DEST, for as long as it takes.",
    ),
    Text(
        "Without resilver rdiff(1) gives the file: a delta is against the file that the next point has under the \
         same path. Where that is a delta itself, it has to be made whole first, from the newest on; where it is \
         the same delta (the same inode), look one point further.",
    ),
    Item(
        "rdiff -- patch DEST/latest/disk.img DEST/2026-11-21T03-00-00Z/disk.img.rdiff disk.img",
        "gives the file of the 21st where the next point is the latest. sha256sum tells whether it is right: \
         the sums stand in DEST/.time-points.resilver/deltas/2026-11-21T03-00-00Z, with size and path.",
    ),
    Text(
        "resilver time-points restore DEST POINT TO is the run resilver -aHAXS --numeric-ids DEST/POINT/ TO/, which then \
         compares all of it by checksum; what differs is named, and the code is 23. With paths behind TO only those \
         are restored, under the same paths. Nothing that TO has besides goes, but with --delete. If TO is a mirror \
         of resilver's, undo takes it back. A run into DEST and a restore from it keep each other away (code 27).",
    ),
    Text(
        "resilver time-points list tells the room that the files of each point take and what its deletion would \
         free. With --json it is one object: version, path, time_points (name, complete, latest, entries, bytes, \
         own_bytes); diff and find tell one object a line. find ends with 23 if nothing is found.",
    ),
    Text(
        "resilver verify DEST tells what was done to points after they were made, see VERIFICATION.",
    ),
    Text(
        "A directory of time points is copied with everything by cp -a or rsync -aH; resilver leaves out \
         .time-points.resilver/, which tells of the deltas.",
    ),
    Text(
        "--point-time names the point that a run makes by another second than the present one, so that copies from \
         before can join in. It is refused before the newest point where there are deltas.",
    ),
];
