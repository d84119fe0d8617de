//! What the manual page says of what was changed in a mirror.

use super::Paragraph::{self, Item, Text};

/// How edits go back to where a mirror came from.
pub const PUSH_BACK: &[Paragraph] = &[
    Text(
        "A pull leaves a catalogue in the state of its destination: what it brought, and from where. resilver push \
         MIRROR lists the mirror and its origin, by a stock rsync, and compares both with the catalogue. What was \
         changed only here is sent, what was changed only there is left alone until the next pull, and where both \
         sides changed something that is not the same, nothing is done: it is named, and the exit code is 28. \
         resilver diff MIRROR tells the same and changes nothing; with --json as one object: version, the numbers \
         send, remove, keep, wait, conflicts, corrupt and unknown, and entries, each with path, here, there (what was done, or \
         null) and push.",
    ),
    Text(
        "An entry counts as changed by its type, size, time of modification (of regular files), the target of a link, \
         the number of a device and, if the pull kept them, its permissions. Where nothing but the time differs, or \
         the pull kept no times, the content of the file here decides by its checksum. Owners never count, nor do \
         times of directories and links, nor the mirror's own directory. What is made in a directory that the other \
         side removed, or made something else of, is a conflict; a directory that was removed here stays there as \
         long as something new or changed is in it: in diff it waits, and so does what goes with a conflict. One in \
         which a push finds something else, such as what rules leave out, stays and is tried again by the next: it is \
         told as left there and is no error, the exit code being 0.",
    ),
    Text(
        "A file whose size is another here although its time of modification is the very same was not edited, but cut \
         short by a crash or a bad disk, as verify says too: it is corrupt. No push sends it; push and diff name it, \
         with exit code 29, or 28 if there are conflicts as well. The next pull brings what is there, and --theirs \
         does, --ours and --keep-both send it all the same: a program that gives a file its old time back when it has \
         edited it looks like that. So does, on a file system that keeps whole seconds only, an edit in the very \
         second in which the file was last changed there. After a pull without times nothing tells. Damage that \
         leaves the size as it was is no change to push, and verify finds it.",
    ),
    Text(
        "A push holds the mirror from before it is listed until its end: another run on it ends with code 27, and so \
         does a push while another run holds it; --guard-edits obeys --wait. diff takes no lock, and says if another \
         run holds it. What is edited in a mirror while it is pushed is the next push's. A directory that was put in \
         the place of the one that was pulled into is refused (code 3). A pull makes the mirror what its origin is: \
         edits that were not pushed by then are reverted without a word; resilver diff before it shows them, resilver \
         undo right behind it brings them back.",
    ),
    Text(
        "Where the origin could not be listed whole (code 23, a directory there that is closed, for example), what \
         the list has not is not known: it counts neither as deleted nor as a conflict, no directory is removed \
         there, and how many entries that is about is told. An origin that is not there is an error, and nothing is \
         done.",
    ),
    Item(
        "--ours",
        "What is here goes there, over what was done there.",
    ),
    Item(
        "--theirs",
        "What is there comes here, over what was done here. resilver undo takes back the last of these changes.",
    ),
    Item(
        "--keep-both",
        "What is here goes there, and what was there is kept beside it, its name ending in .theirs- and the time; the \
         next pull brings it. What one side removed and the other changed comes back. Two directories, or a directory \
         against something else, stay a conflict.",
    ),
    Text(
        "What a push sends is sent by ordinary runs with the words of the pull: how the other machine is reached, \
         which attributes are kept, which rules choose names; -e, --rsync-path, --identity and their like say \
         otherwise. Files of rules are read anew, from the current directory as ever. What rules leave out is neither \
         sent nor removed. An origin of which more than half would be removed is spared (code 26): --delete-guard=100 \
         lets it go. Times of directories there move by what is made and removed in them: verify MIRROR ORIGIN wants \
         --omit-dir-times behind a push. When all is done both sides are looked at, and what is the same on both is \
         written into the catalogue; a push that broke off is thus taken up by the next. All that makes up to nine \
         connections, most often four: a key in an agent, or a connection that ssh shares, spares as many questions.",
    ),
    Text(
        "Owners there stay as they are. What exists there keeps the owner and the group that it has right before it is \
         sent, whatever the mirror has and whatever the pull kept; with -i owners are thus never told. What is new \
         there has the owner that the mirror has, by name as in the pull. Where the pull kept none, or had --chown, \
         --usermap or --groupmap, or where the mirror is a person's and not the super-user's, it belongs to who logs \
         in there: root, if that is how the origin is reached. Who logs in there and is not root can give no owner: a \
         file of somebody else's that is sent anew becomes one's own, and keeps its group if one is a member of it.",
    ),
    Text(
        "With --json a push tells one object a line, as described under JSON: start; message, whatever goes wrong \
         and what the other end says; with --progress progress; then an entry for each path that is not on both sides \
         as it was pulled, with path, here and there as in diff, push (send, remove, fetch, remove here, keep both, \
         keep, conflict, corrupt, wait) and, where something was to be done, done: whether it is known to be done, \
         which is false in a dry run, of what was left there, and behind a way that broke. Last comes the summary: \
         exit_code, seconds, dry_run and, of a push that came to its end, the numbers sent, removed, fetched, \
         removed_here, kept, left, conflicts, corrupt and unknown, in a dry run those that would be.",
    ),
    Text(
        "A stock rsync locks nothing. resilver looks at the names in question once more right before it sends them; \
         what is changed there between that look and the turn of the file, seconds as a rule, is overwritten unseen. \
         What is made there by then in a directory that goes is spared, if no more than 4000 entries go. A file of \
         the same size and time of modification counts as the same.",
    ),
    Text(
        "There is no way back from a pull of several sources, of a single file or a pattern, without -r, or with \
         options that make something else of what they bring: --files-from, -R, -L, -k, -K, --copy-unsafe-links, \
         --munge-links, --fake-super, --copy-devices. After --chmod permissions take no part. Removals, and \
         owners there whose numbers have a name here, want rsync 3.1 or newer there, and --protocol=29 or less is refused. A mirror on a file system that cannot hold \
         permissions wants a pull with --no-perms. An undo drops the catalogue; the next pull makes a new \
         one, and takes back what was changed here.",
    ),
    Text(
        "An ordinary push is made as careful by --guard-edits: resilver -av --guard-edits MIRROR/ HOST:/data/ goes by \
         its own options, removes only with --delete, and only what was pulled and is gone here, no more than half of \
         the origin unless --delete-guard says so; with -v it ends with what was sent, removed and kept there. Owners there stay too. MIRROR \
         must have come from there. Options that send less than they are told, such as -u or --max-size, are refused \
         beside it.",
    ),
];
