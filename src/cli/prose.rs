//! What the manual page says in prose.

mod points;
mod push_back;
mod verify;

pub use points::TIME_POINTS;
pub use push_back::PUSH_BACK;
pub use verify::VERIFICATION;

/// A piece of prose.
#[derive(Clone, Copy, Debug)]
pub enum Paragraph {
    /// Running text.
    Text(&'static str),
    /// A name and what it is.
    Item(&'static str, &'static str),
    /// One of several.
    Point(&'static str),
}

use Paragraph::{Item, Point, Text};

/// What the program is.
pub const DESCRIPTION: &[Paragraph] = &[
    Text(
        "resilver makes a destination equal to its sources, as rsync does, with rsync's options, output \
         and exit codes. What it adds is the way the result gets into place: the new tree is made ready \
         beside the old one and then takes its place in one switch, so that a reader sees the whole old \
         tree or the whole new one, whatever interrupts the run.",
    ),
    Text(
        "A source that ends in a slash is the content of that directory, one without is the directory \
         itself. With several sources, or a destination that is a directory, everything goes into the \
         destination; a single source and a destination that does not exist give the source a new name.",
    ),
    Text(
        "A first word that is the name of a subcommand is that subcommand. A file of that name is \
         written ./undo.",
    ),
];

/// What holds under each method.
pub const GUARANTEES: &[Paragraph] = &[
    Text(
        "Which method is possible depends on the destination; resilver doctor tries it out and says why. \
         By default (--commit=auto) the strongest one is taken, and a change of method is told.",
    ),
    Item(
        "swap",
        "The stage is a full tree, unchanged files shared by hard link. One exchange of two directories \
         makes it the destination: at one instant, for every reader. Also after a crash or a power cut \
         the destination is whole, old or new.",
    ),
    Item(
        "journal",
        "Only what changes is staged. A sealed plan is then carried out in a short window; a crash \
         inside it is rolled forward by the next run or by resilver recover. For destinations that are \
         mount points, shared with others, single files, or on a file system without exchange.",
    ),
    Item(
        "direct",
        "File by file, each by a rename, as rsync does it. Only when asked for.",
    ),
    Text(
        "A program that has its current directory or an open file inside the destination stays with \
         the old tree after a swap; so do bind mounts and exports of the directory itself.",
    ),
    Text(
        "The former tree is kept for resilver undo until the next switch or resilver tidy. Gates \
         (--gate, --require-file, --delete-guard, --commit-only-complete) judge the finished stage: \
         when one refuses, nothing has changed. A run that finds nothing to change asks none.",
    ),
    Text(
        "A gate command finds in its environment RESILVER_STAGE (the finished tree; under journal only \
         what changes), RESILVER_DEST, RESILVER_METHOD, and RESILVER_REMOVED, the number of removals.",
    ),
];

/// What is kept of attributes, and how that goes with the stage.
pub const ATTRIBUTES: &[Paragraph] = &[
    Item(
        "--chmod",
        "A list with commas; each item is an octal mode, or whom (u, g, o, a), one of + - =, and what (r, w, \
         x, X, s, t, or one of u, g, o to copy), with D in front for directories only or F for all else. \
         Without whom the umask limits it. Without -p only new entries are affected.",
    ),
    Item(
        "--usermap, --groupmap",
        "FROM:TO,... where FROM is a number, LOW-HIGH, a name, a name with wildcards, or empty for ids \
         without a name; the first that fits counts. --chown=USER:GROUP stands for *:USER and *:GROUP. They \
         imply -o and -g. A TO that this system does not know is told and left out. With --numeric-ids no \
         id has a name.",
    ),
    Item(
        "-A, -X",
        "ACLs are set before permission bits, whose group bits are the mask of an ACL; an ACL that a new entry \
         would inherit goes where the source has none. -X keeps all names but those of the system; for a plain \
         user, those in user. only, and leaves out rsync's notes (user.rsync.%...), which -XX keeps too. An \
         attribute that cannot be set is told, and the exit code is 23; all else of the entry is kept. \
         Filter rules with the modifier x choose names.",
    ),
    Item(
        "--fake-super",
        "Owner, mode and type that only the super-user could give are noted in the attribute \
         user.rsync.%stat, ACLs in user.rsync.%aacl and %dacl, other names behind user.rsync.; they are read \
         from there on both sides. A device, fifo or socket is an empty file then, a link a file that holds \
         its target.",
    ),
    Item(
        "--super, --no-super, --fake-super",
        "The last one counts. --super tries what only the super-user can do whoever runs, --no-super leaves \
         it.",
    ),
    Item(
        "-U",
        "Access times of files and specials, in whole seconds. Reading a file may move its time in the \
         source; -UU and --open-noatime read without that, which only its owner may.",
    ),
    Text(
        "A change of attributes alone goes through the stage as all others do: by swap the file gets a copy \
         that takes its place, or, where it is large and nothing but its attributes changes, the change is \
         made right after the switch; by journal it is a step of the plan. resilver undo takes it back, but \
         for access times. A file that is copied for that keeps all that it has.",
    ),
];

/// One end on another machine.
pub const MACHINES: &[Paragraph] = &[
    Text(
        "A source written [USER@]HOST:PATH is on another machine. The remote shell (-e, RSYNC_RSH, or ssh, with \
         all of your ssh configuration) starts a stock rsync there, which needs to know nothing of resilver; \
         versions 27 to 32 of its protocol are spoken. Further sources on the same machine may be written :PATH. \
         Wildcards in PATH work there. A PATH without a slash in front begins at the home directory.",
    ),
    Text(
        "A key that is in no agent and no configuration is named by --identity FILE, which ssh gets as -i FILE.",
    ),
    Text(
        "Where this machine has instructions for AES and nobody chose the ciphers of ssh, by its configuration or by \
         -e, ssh is told to offer AES-GCM before the others, with -o Ciphers=LIST: 1.5 to 2 times as many bytes go \
         through. Nothing is offered that was not before. ssh -G is asked for that, so that a Match exec of your \
         configuration runs once more; any Ciphers of your own leave all as it is.",
    ),
    Text(
        "A stock rsync lists a thousand entries ahead. One that is far away then waits for word of each thousand. A \
         pull into a mirror that was held up by that, and listed no more than 500,000 entries, notes it in the state \
         of its destination: for 30 days, pulls of one source into it ask for the whole list at once, as with \
         --no-inc-recursive, which takes about a hundred bytes of memory for each entry. --inc-recursive leaves that \
         out.",
    ),
    Text(
        "Where there is no ssh, or with --ssh=builtin, the built-in client goes there: host, port, user and keys \
         from ~/.ssh/config, keys of the agent, key files, a passphrase, a password or other questions at the \
         terminal. --port says where the server listens. A host that no known_hosts file knows is a question at \
         the terminal, and an error where there is none; one whose key has changed is an error. What it does not \
         do, it refuses by name: ProxyJump, ProxyCommand, Match, HostKeyAlias, certificates, and lines with a \
         marker in known_hosts.",
    ),
    Text(
        "resilver -avz --delete ubuntu@host:/data/ dataCopy/ mirrors /data into dataCopy. The whole tree is made \
         ready here; the switch is made when the other end has told that all is sent. When the connection breaks \
         before that, the destination is as it was, the exit code is rsync's (12, 255 from ssh), and the same \
         command again brings only what did not come.",
    ),
    Text(
        "A source or destination written [USER@]HOST::MODULE/PATH or rsync://[USER@]HOST[:PORT]/MODULE/PATH is \
         that of an rsync daemon; without a module its modules are listed. A password is read from --password-file, taken from \
         RSYNC_PASSWORD, or asked for at the terminal; it does not travel, but nothing else that does is \
         encrypted. With -e COMMAND the daemon is started there by that shell, and ssh encrypts. RSYNC_PROXY \
         (HOST:PORT of a web proxy) and RSYNC_CONNECT_PROG (a command in place of the connection, %H being the \
         host) work as in rsync, and so does --sockopts but for SO_RCVLOWAT. -e ssh --ssh=builtin reaches such a daemon by the built-in client.",
    ),
    Text(
        "Every file is checked by the sum that the sender told; one that does not agree is asked for once more. \
         Names that were not asked for, that lead out of the destination, and everything else that a sender may \
         not say end the run, and nothing of it is kept.",
    ),
    Text(
        "--iconv=LOCAL,FAR converts names, and targets of links, between the charset here and the one there; where \
         both have one, one name does, and . is that of the locale. RSYNC_ICONV stands for it. A name that \
         cannot be converted is told and left out, the exit code is 23, and nothing is deleted. With -s the \
         arguments and the names of --files-from are converted too; rules and attributes never are.",
    ),
    Text(
        "--munge-links makes every link that comes unusable, by /rsyncd-munged/ in front of its target. \
         --remote-option=OPTION (-M) is told to the other end only, -M--fake-super say. Values of extended attributes longer than 32 bytes come only where this side has not got them. --fake-super \
         is about this side. Before protocol 30, -A and -X are refused.",
    ),
    Text(
        "A destination written so is pushed to: resilver -avz dataCopy/ ubuntu@host:/data/. The rsync there compares, \
         asks for what it lacks, and deletes, links and backs up by the options that it is given. A stock rsync \
         changes its files one by one, which -v tells in a line. What judges a finished tree or goes back to the one \
         before works where the destination is, and is refused in a push.",
    ),
    Text(
        "Known by one end only: what -L, -k, -x and --copy-unsafe-links take in is decided there, and so are files \
         of rules in its directories. Unlike within one machine, changed files are brought over block by block \
         unless -W says otherwise.",
    ),
    Text(
        "Where resilver is on the other machine, too, --rsync-path=resilver makes it the far end of a push or a pull, \
         whether resilver or a stock rsync pushes: the tree is made ready there and switched in before the client \
         is told that all went well. A switch that fails, or that a gate refuses, is the client's exit code; a \
         connection that breaks leaves the destination as it was. Options of the stage are passed on by rsync's \
         -M, as in -M--gate=COMMAND or -M--commit=journal; -M--log-file=FILE keeps a log there.",
    ),
];

/// How options are turned off.
pub const NEGATIONS: &[Paragraph] = &[Text(
    "What an option such as -a turned on is turned off by --no-OPTION: --no-recursive, --no-links, \
     --no-hard-links, --no-perms, --no-times, --no-owner, --no-group, --no-devices, --no-specials, \
     --no-D, --no-acls, --no-xattrs, --no-atimes, --no-omit-dir-times, --no-omit-link-times, --no-super, --no-checksum, --no-force, --no-numeric-ids, --no-progress, --no-verbose, \
     --no-itemize-changes, --no-human-readable; those with a letter also as --no-X. The later of two \
     counts.",
)];

/// The grammar of rules, and where they count.
pub const FILTER_RULES: &[Paragraph] = &[
    Text(
        "Rules are asked in the order of the command line, and the first that matches decides; what none \
         matches takes part. Each directory on the way is asked about by itself, so what lies in a hidden \
         directory is hidden too. A rule is a short name or a long one, modifiers, one space or _, and a \
         pattern: \"- *.o\", \"-s,/ /tmp\", \"exclude,s *.o\".",
    ),
    Item(
        "-, exclude; +, include",
        "Leave out; take. At both ends, unless a modifier names one.",
    ),
    Item("H, hide; S, show", "Leave out or take at the sender only."),
    Item(
        "P, protect; R, risk",
        "Keep from deletion or not, at the receiver only.",
    ),
    Item(
        "., merge",
        "Read the rules of a file here; - is standard input. Files may name files, 32 deep.",
    ),
    Item(
        ":, dir-merge",
        "Read the rules of this file in every directory, at each end its own: what hides is read in the \
         source, what protects in the destination as it was before the run. They hold below their \
         directory, before those that it inherits; a leading slash in a pattern is that directory. A \
         name with a leading slash is looked for above the transfer's first directory too.",
    ),
    Item(
        "!, clear",
        "Forget the rules so far; in a directory's file those that it inherits.",
    ),
    Text(
        "Modifiers of a pattern: / match the absolute path; ! match what the pattern does not; s, r count \
         at the sender, the receiver; p perishable, not protecting within a directory that is deleted; x \
         about names of extended attributes; C, with no pattern, the list of -C. Modifiers of a file: \
         those, but for !, for all its rules; - or + only patterns, without names; e its own name is left \
         out; n not inherited; w words instead of lines; C patterns of CVS.",
    ),
    Text(
        "A pattern with a leading slash is anchored to the root of the transfer; one with another slash \
         matches the end of a name, one without the last part of it. A trailing slash matches directories \
         only. * and ? stop at a slash, ** does not, and dir/*** is the directory with all that is in it. \
         In files empty lines and those that begin with # or ; are passed over.",
    ),
    Text(
        "A file of rules is not opened through a symbolic link of another user, unless --insecure-links \
         comes before the option that names it. Its text is shown in no message. With -vv every name that \
         a rule decides on is told, and resilver why tells which rule it is, by file and line.",
    ),
];

/// The lines of `--out-format` and `--log-file-format`.
pub const FORMATS: &[Paragraph] = &[
    Text(
        "A format is text with escapes, each replaced by what it says of an entry. A width may stand behind \
         the percent sign (%12l, %-12l to the left), and one, two or three apostrophes in front of the letter \
         write a number with separators, in units of 1000 or of 1024. -i is --out-format=\"%i %n%L\".",
    ),
    Item(
        "%n, %f",
        "The name, with a slash behind a directory; the name below its source.",
    ),
    Item(
        "%L",
        "Where a link leads: -> TARGET, or => LEADER for a hard link; else nothing.",
    ),
    Item(
        "%i",
        "What changed, in eleven columns: the action (> transferred, c made, h linked, . attributes), the \
         type (f d L D S), then c s t p o g u a x for checksum or value, size, time (T: becomes the time \
         of the transfer), permissions, owner, group, times of access, ACL, extended attributes. A new entry \
         has +, an unchanged one blanks.",
    ),
    Item("%o", "The operation: send, recv or del."),
    Item(
        "%l, %b, %c",
        "Size; bytes moved for the content; bytes of block checksums.",
    ),
    Item(
        "%M, %B, %U, %G",
        "Time of modification, permission bits, owner, group.",
    ),
    Item("%C", "Checksum of the content, see --checksum-choice."),
    Item("%t, %p", "The time now; the number of the process."),
    Text(
        "A line with %b, %c or %C is printed when the content is in place, any other when it begins to move.",
    ),
];

/// `--json`.
pub const JSON: &[Paragraph] = &[
    Text(
        "With --json standard output holds one object a line and nothing else, errors included. Each has a \
         version, now 1, and an event. Fields may be added under the same version; programs pass over those \
         that they do not know. A path is text; where its bytes are no UTF-8 they are there too, as path_hex.",
    ),
    Item("start", "dry_run."),
    Item("created_destination", "path: the destination was made."),
    Item(
        "item",
        "path, type (file, directory, symlink, character device, block device, fifo, socket), action \
         (transfer, create, adopt: taken as it is from an alternate directory, link, attributes), new, \
         changes (value, size, time, permissions, owner, group, access time, acl, xattrs), size; target of a \
         symbolic link, leader of a hard link. Unchanged entries with -ii.",
    ),
    Item("deleted", "path, type."),
    Item(
        "skipped",
        "path, type, reason (directory, non-regular, newer, exists, not creating, up to date). Most of \
         them with -vv.",
    ),
    Item("message", "severity (notice, warning, error), text."),
    Item(
        "progress",
        "With --progress: path, done, size, and of the run transferred, to_check, known, growing.",
    ),
    Item(
        "committed",
        "method (swap, journal, direct); kept: what others changed meanwhile and is therefore there still.",
    ),
    Item(
        "summary",
        "The last line, which --summary-file writes by itself: exit_code, seconds, dry_run; of a run that came to its end also listed, created and \
         deleted (files, directories, links, devices, specials), deletions_skipped, transferred_files, \
         total_size, transferred_size, literal, matched, list_seconds, list_bytes, partial, vanished.",
    ),
];

/// Signatures and deltas as files.
pub const BY_HAND: &[Paragraph] = &[
    Text(
        "Where no network joins two copies of a large file, its change can travel as a file. At the old \
         copy, resilver signature OLD SUMS; at the new one, with SUMS brought there, resilver delta SUMS \
         NEW DIFF; back at the old copy, resilver patch OLD DIFF NEW. The files are those of rdiff(1): \
         rdiff -- signature OLD SUMS, rdiff -- delta SUMS NEW DIFF and rdiff -- patch OLD DIFF NEW make \
         and take the same. The blocks are sized for the file, so that DIFF holds little more than what \
         changed.",
    ),
    Text(
        "A delta does not name its basis: with another file of the right size for OLD the result is wrong, \
         and nothing tells. A result takes its name when it is complete.",
    ),
];

/// What the codes have in common.
pub const EXIT_CODES: &[Paragraph] = &[Text(
    "The codes are rsync's; 26 to 29 are resilver's own. Of 23, 24 and 25 the first that applies is \
     given. resilver job run ends with the code of its last attempt, resilver job status with 1 if a job is overdue. resilver why gives 0 if all of its paths take part in the transfer, 23 if some do not, and 3 if \
     some are at neither end.",
)];

/// What is found on disk.
pub const FILES: &[Paragraph] = &[
    Item(
        ".NAME.resilver/",
        "Beside the destination NAME: the state of resilver, readable by its owner only; directories of such names that \
         another machine sends are passed over. It lies in the \
         destination itself, as .resilver/, where the directory above cannot be written. It is never \
         transferred, listed or deleted. Without it resume and undo are lost, nothing else; resilver \
         tidy removes what it keeps.",
    ),
    Item(".NAME.resilver/next/", "The tree that is being made ready."),
    Item(
        ".NAME.resilver/previous/",
        "The tree before the last switch.",
    ),
    Item(
        ".NAME.resilver/journal, lock, staged",
        "What is being done, by whom, and what is ready.",
    ),
    Item(
        "~/.config/resilver/jobs/, ~/.local/state/resilver/jobs/",
        "The jobs of a user, and for each its lock and its runs (XDG_CONFIG_HOME and XDG_STATE_HOME say otherwise).",
    ),
    Item(
        ".NAME.resilver~",
        "The finished tree for the short time around the switch.",
    ),
    Item(
        "DEST/.time-points.resilver/",
        "Makes DEST a directory of time points: which of them are complete, which of their files are \
         deltas, and what they were, with sums. Without it points are points still; deltas are files as rdiff makes them.",
    ),
    Item(
        "DEST/.2026-11-22T03-00-00Z.resilver/, .deleted/, .whole/",
        "What a run, a deletion or a restore under way has out of sight. What is left, the next run removes or \
         takes up.",
    ),
];

/// What is different on purpose, or not there yet.
pub const DIFFERENCES: &[Paragraph] = &[
    Point("The options of rsync that this page does not name are refused by name."),
    Point(
        "Data is on disk before the switch: --fsync is the default, --no-fsync is resilver's own.",
    ),
    Point(
        "There is no wire within one machine. \"sent\" counts the content that was copied and the file \
         names that were listed, \"received\" is 0, and the speedup is the total size by the bytes \
         sent. \"File list size\" counts the names' bytes.",
    ),
    Point(
        "From another machine: with -H, -K or --remove-source-files the whole list comes first, where rsync takes \
         it directory by directory, and says so as the client of a far resilver. Before protocol 29 -i tells what differs, where rsync shows question marks.",
    ),
    Point("The last line of a failed run ends with (code N) and names no line of a source file."),
    Point(
        "--fuzzy finds files that are to be removed as well: nothing of the old tree goes before the switch. \
         --remote-option and --iconv are refused within one machine, where there is no other end. A name \
         that the receiving end cannot spell by --iconv is left out, where rsync ends the run; names of what a far \
         rsync deleted are shown as they are here, where rsync converts them the wrong way.",
    ),
    Point(
        "A daemon's password is asked for at the terminal only; where there is none that is an error, and an \
         empty password is not tried.",
    ),
    Point("Messages say resilver where rsync says rsync, and no role in brackets."),
    Point(
        "--inplace, --append and --write-devices commit directly, which a line tells; with --commit=swap or \
         journal they are refused. With --no-whole-file only blocks that already stand where they belong \
         are found in place. Under the other methods --partial, --partial-dir and --temp-dir have nothing to \
         do while a run lasts, since half files lie in the stage, and --delay-updates is what they do anyway.",
    ),
    Point(
        "Backups within the destination are part of the switch; --backup-dir outside of it is filled right \
         after. With --inplace a backup is a copy. Undo takes back what is within, and leaves what is outside.",
    ),
    Point(
        "--remove-source-files looks at both sides of a file once more and removes it when all else is done, \
         after the switch: a crash in between leaves it on both sides. A file that is the destination's own is \
         never removed, nor is a symbolic link.",
    ),
    Point(
        "--debug=del2, own2, time2 and hlink, and the details of --info=skip2, say nothing more than the level \
         below. %b counts bytes of content.",
    ),
    Point(
        "With -vv there are no statistics of the heap, and with --no-whole-file no line that begins \
         with total: matches=.",
    ),
    Point(
        "Output into a file or a pipe is written in pieces of 64 KiB or every half second, not line by \
         line. A reader of it that goes away does not end the run.",
    ),
    Point(
        "On a terminal on which no names are printed a bar on standard error tells how far the run is. \
         -q silences it.",
    ),
    Point(
        "Each of several sources has the rules of its own directories. rsync does so with \
         --no-inc-recursive; else the rules of the first source's root count for all.",
    ),
    Point(
        "With --delete-delay the destination's files of rules protect also within a directory that goes.",
    ),
    Point(
        "A pipe under the name of a directory's file of rules is no such file; rsync waits for a writer.",
    ),
    Point(
        "-K under a stage: the link stays a link, what comes through it is staged where it leads. A link \
         to a directory that the transfer writes to as well is passed over with code 23; --commit=direct \
         follows it. The directory at its end gets its time, which rsync leaves out.",
    ),
    Point(
        "--mkpath makes the directories above the destination before the run, since the stage lies there, \
         and removes them again if the run comes to nothing; the destination itself comes with the switch.",
    ),
    Point("--stats does not count directories that -m leaves out."),
    Point("-VV prints a short JSON object. The files /etc/popt and ~/.popt are not read."),
];

/// Where to read on.
pub const SEE_ALSO: &[Paragraph] = &[Text("rsync(1), cp(1), rdiff(1)")];
