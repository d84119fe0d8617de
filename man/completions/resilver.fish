# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_resilver_global_optspecs
    string join \n a/archive r/recursive no-recursive d/dirs no-dirs old-dirs R/relative no-relative no-implied-dirs implied-dirs files-from= 0/from0 no-from0 x/one-file-system no-one-file-system mkpath no-mkpath ignore-missing-args delete-missing-args l/links no-links L/copy-links copy-unsafe-links safe-links munge-links no-munge-links k/copy-dirlinks K/keep-dirlinks insecure-links no-insecure-links H/hard-links no-hard-links p/perms no-perms E/executability chmod= A/acls no-acls X/xattrs no-xattrs t/times no-times U/atimes no-atimes open-noatime no-open-noatime N/crtimes no-crtimes O/omit-dir-times no-omit-dir-times J/omit-link-times no-omit-link-times o/owner no-owner g/group no-group chown= usermap= groupmap= numeric-ids no-numeric-ids fake-super super no-super D no-D devices no-devices specials no-specials c/checksum no-checksum I/ignore-times size-only u/update existing ignore-existing @/modify-window= checksum-choice= W/whole-file no-whole-file B/block-size= S/sparse no-sparse y/fuzzy no-fuzzy preallocate inplace no-inplace append no-append append-verify partial no-partial partial-dir= P T/temp-dir= delay-updates no-delay-updates copy-devices write-devices no-write-devices bwlimit= no-bwlimit stop-after= stop-at= delete delete-before delete-during delete-delay delete-after delete-excluded ignore-errors no-ignore-errors max-delete= force no-force delete-guard= remove-source-files remove-sent-files exclude= include= exclude-from= include-from= f/filter= F C/cvs-exclude max-size= min-size= m/prune-empty-dirs no-prune-empty-dirs b/backup no-backup backup-dir= suffix= compare-dest= copy-dest= link-dest= commit= gate= require-file= commit-only-complete wait= previous= fsync no-fsync threads= time-points= keep= delta-threshold= point-time= e/rsh= rsync-path= guard-edits M/remote-option= iconv= no-iconv ssh= identity= port= password-file= contimeout= no-contimeout address= sockopts= no-motd motd early-input= z/compress no-compress compress-choice= new-compress old-compress compress-level= compress-threads= skip-compress= timeout= no-timeout checksum-seed= protocol= s/secluded-args no-secluded-args old-args no-old-args 4/ipv4 6/ipv6 n/dry-run list-only v/verbose no-verbose q/quiet i/itemize-changes no-itemize-changes h/human-readable no-human-readable info= debug= progress no-progress stats out-format= log-file= log-file-format= json summary-file= 8/8-bit-output no-8-bit-output outbuf= stderr= msgs2stderr no-msgs2stderr inc-recursive no-inc-recursive V/version help
end

function __fish_resilver_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_resilver_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_resilver_using_subcommand
    set -l cmd (__fish_resilver_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c resilver -n "__fish_resilver_needs_command" -l files-from -d 'Copy what this list names, one path a line; - is standard input' -r
complete -c resilver -n "__fish_resilver_needs_command" -l chmod -d 'Change permissions on the way, as chmod writes it: Du=rwx,F644 (D directories, F files)' -r
complete -c resilver -n "__fish_resilver_needs_command" -l chown -d 'Give all entries this owner and group' -r
complete -c resilver -n "__fish_resilver_needs_command" -l usermap -d 'Map owners by name, number, range or wildcard' -r
complete -c resilver -n "__fish_resilver_needs_command" -l groupmap -d 'Map groups likewise' -r
complete -c resilver -n "__fish_resilver_needs_command" -s @ -l modify-window -d 'Let times differ by so much; -1 compares nanoseconds [default: whole seconds agree]' -r
complete -c resilver -n "__fish_resilver_needs_command" -l checksum-choice -d 'Which checksum -c and %C use: xxh128, xxh3, xxh64, md5, md4, sha1, none; a second name behind a comma is that of -c' -r
complete -c resilver -n "__fish_resilver_needs_command" -s B -l block-size -d 'Look for blocks of this size in the old file' -r
complete -c resilver -n "__fish_resilver_needs_command" -l partial-dir -d 'Keep them in this directory' -r
complete -c resilver -n "__fish_resilver_needs_command" -s T -l temp-dir -d 'Write files here first; a staged run needs none' -r
complete -c resilver -n "__fish_resilver_needs_command" -l bwlimit -d 'Move at most so many KiB a second' -r
complete -c resilver -n "__fish_resilver_needs_command" -l stop-after -d 'Stop after so many minutes' -r
complete -c resilver -n "__fish_resilver_needs_command" -l stop-at -d 'Stop at this time: 2026-12-31T23:59, 23:59, :30' -r
complete -c resilver -n "__fish_resilver_needs_command" -l max-delete -d 'Remove at most so many entries' -r
complete -c resilver -n "__fish_resilver_needs_command" -l delete-guard -d 'Refuse to remove more than this part of what is there; nothing changes then' -r
complete -c resilver -n "__fish_resilver_needs_command" -l exclude -d 'Leave out what matches; the first rule that matches counts' -r
complete -c resilver -n "__fish_resilver_needs_command" -l include -d 'Take what matches, whatever a later rule says' -r
complete -c resilver -n "__fish_resilver_needs_command" -l exclude-from -d 'Read patterns to leave out from a file' -r
complete -c resilver -n "__fish_resilver_needs_command" -l include-from -d 'Read patterns to take from a file' -r
complete -c resilver -n "__fish_resilver_needs_command" -s f -l filter -d 'Add a rule of the full grammar; see FILTER RULES in the manual' -r
complete -c resilver -n "__fish_resilver_needs_command" -l max-size -d 'Pass over files that are larger' -r
complete -c resilver -n "__fish_resilver_needs_command" -l min-size -d 'Pass over files that are smaller' -r
complete -c resilver -n "__fish_resilver_needs_command" -l backup-dir -d 'Keep it in this directory' -r
complete -c resilver -n "__fish_resilver_needs_command" -l suffix -d 'Keep it with this ending [default: ~, with --backup-dir none]' -r
complete -c resilver -n "__fish_resilver_needs_command" -l compare-dest -d 'Leave out files that this directory has unchanged (may be repeated)' -r
complete -c resilver -n "__fish_resilver_needs_command" -l copy-dest -d 'Copy unchanged files from this directory (may be repeated)' -r
complete -c resilver -n "__fish_resilver_needs_command" -l link-dest -d 'Link unchanged files to those in this directory (may be repeated)' -r
complete -c resilver -n "__fish_resilver_needs_command" -l commit -d 'auto, swap (in one instant), journal (in a short window, made good after a crash) or direct (file by file) [default: auto]' -r
complete -c resilver -n "__fish_resilver_needs_command" -l gate -d 'Let a shell command judge the finished tree; unless it succeeds nothing changes (may be repeated)' -r
complete -c resilver -n "__fish_resilver_needs_command" -l require-file -d 'Switch only if the finished tree has this file (may be repeated)' -r
complete -c resilver -n "__fish_resilver_needs_command" -l wait -d 'Wait for another run on this destination to end, for ever or so long' -r
complete -c resilver -n "__fish_resilver_needs_command" -l previous -d 'Keep one former tree for undo, or none [default: one]' -r
complete -c resilver -n "__fish_resilver_needs_command" -l threads -d 'Work with so many threads [default: by the machine]' -r
complete -c resilver -n "__fish_resilver_needs_command" -l time-points -d 'Make a time point in DEST, which shares what did not change with those before it; with DIR, mirror to DEST and make one in DIR' -r
complete -c resilver -n "__fish_resilver_needs_command" -l keep -d 'Delete time points after a good run but for these: last=7,daily=14,weekly=8,monthly=12,yearly=all (hourly too)' -r
complete -c resilver -n "__fish_resilver_needs_command" -l delta-threshold -d 'Keep older versions of files from this size on as deltas against newer ones; 0 keeps all whole [default: 64M]' -r
complete -c resilver -n "__fish_resilver_needs_command" -l point-time -d 'Name the time point by this second, as 2026-11-22T03:00:00Z, not by the present one' -r
complete -c resilver -n "__fish_resilver_needs_command" -s e -l rsh -d 'Reach the other machine by this command; one that begins with - is arguments for ssh [default: RSYNC_RSH, or ssh]' -r
complete -c resilver -n "__fish_resilver_needs_command" -l rsync-path -d 'What to run there [default: rsync]' -r
complete -c resilver -n "__fish_resilver_needs_command" -s M -l remote-option -d 'Give this option to the other end only' -r
complete -c resilver -n "__fish_resilver_needs_command" -l iconv -d 'Convert names between the charsets of both ends; . is that of the locale' -r
complete -c resilver -n "__fish_resilver_needs_command" -l ssh -d 'The system\'s ssh or the built-in client: system, builtin, or auto: system where there is one [default: auto]' -r
complete -c resilver -n "__fish_resilver_needs_command" -l identity -d 'Log in by ssh with this private key' -r
complete -c resilver -n "__fish_resilver_needs_command" -l port -d 'Port of the daemon, or of the built-in SSH client [default: 873, 22]' -r
complete -c resilver -n "__fish_resilver_needs_command" -l password-file -d 'Password for the daemon, in the first line of this file [default: RSYNC_PASSWORD, or a question]' -r
complete -c resilver -n "__fish_resilver_needs_command" -l contimeout -d 'Give up when the daemon does not answer for so long' -r
complete -c resilver -n "__fish_resilver_needs_command" -l address -d 'Connect to the daemon from this address' -r
complete -c resilver -n "__fish_resilver_needs_command" -l sockopts -d 'Set these on the socket to the daemon: SO_SNDBUF=65536,TCP_NODELAY=0, say' -r
complete -c resilver -n "__fish_resilver_needs_command" -l early-input -d 'Send this to the daemon\'s early exec command' -r
complete -c resilver -n "__fish_resilver_needs_command" -l compress-choice -d 'By zstd, lz4, zlibx, zlib or none [default: the best that both ends know]' -r
complete -c resilver -n "__fish_resilver_needs_command" -l compress-level -d 'How hard to try' -r
complete -c resilver -n "__fish_resilver_needs_command" -l compress-threads -d 'Compress what is sent with so many threads at most [default: by the machine]' -r
complete -c resilver -n "__fish_resilver_needs_command" -l skip-compress -d 'Passed to a sender, and of no effect there by now: what a session is compressed by does not change in it' -r
complete -c resilver -n "__fish_resilver_needs_command" -l timeout -d 'Give up when nothing comes from the other end for so long' -r
complete -c resilver -n "__fish_resilver_needs_command" -l checksum-seed -d 'Begin block sums with this number instead of one by chance' -r
complete -c resilver -n "__fish_resilver_needs_command" -l protocol -d 'Speak no newer version of the protocol than this, 27 to 32' -r
complete -c resilver -n "__fish_resilver_needs_command" -l info -d 'Choose what is told, piece by piece; --info=help lists the pieces' -r
complete -c resilver -n "__fish_resilver_needs_command" -l debug -d 'The same for what is told of the inner workings' -r
complete -c resilver -n "__fish_resilver_needs_command" -l out-format -d 'Tell of each entry in this form; see OUTPUT FORMATS in the manual' -r
complete -c resilver -n "__fish_resilver_needs_command" -l log-file -d 'Write what is done to a file as well' -r
complete -c resilver -n "__fish_resilver_needs_command" -l log-file-format -d 'In this form' -r
complete -c resilver -n "__fish_resilver_needs_command" -l summary-file -d 'Write the last of these objects, the summary, to a file when the run ends' -r
complete -c resilver -n "__fish_resilver_needs_command" -l outbuf -d 'Buffer output not, by lines or by blocks' -r
complete -c resilver -n "__fish_resilver_needs_command" -l stderr -d 'What goes to standard error' -r
complete -c resilver -n "__fish_resilver_needs_command" -s a -l archive -d 'Keep all that belongs to a tree: -rlptgoD (not -H)'
complete -c resilver -n "__fish_resilver_needs_command" -s r -l recursive -d 'Go into directories'
complete -c resilver -n "__fish_resilver_needs_command" -l no-recursive -d ''
complete -c resilver -n "__fish_resilver_needs_command" -s d -l dirs -d 'Copy directories themselves and go one level into those with a slash'
complete -c resilver -n "__fish_resilver_needs_command" -l no-dirs -d ''
complete -c resilver -n "__fish_resilver_needs_command" -l old-dirs -d 'As --dirs, for the sake of old programs at the other end'
complete -c resilver -n "__fish_resilver_needs_command" -s R -l relative -d 'Keep the whole path of each source, or what follows a /./ in it'
complete -c resilver -n "__fish_resilver_needs_command" -l no-relative -d ''
complete -c resilver -n "__fish_resilver_needs_command" -l no-implied-dirs -d 'With -R, leave attributes of the directories above a source alone'
complete -c resilver -n "__fish_resilver_needs_command" -l implied-dirs -d ''
complete -c resilver -n "__fish_resilver_needs_command" -s 0 -l from0 -d 'Names in lists and rules in files end with a zero byte instead of a line end'
complete -c resilver -n "__fish_resilver_needs_command" -l no-from0 -d ''
complete -c resilver -n "__fish_resilver_needs_command" -s x -l one-file-system -d 'Stay on the file system of each source; -xx leaves mount points out as well'
complete -c resilver -n "__fish_resilver_needs_command" -l no-one-file-system -d ''
complete -c resilver -n "__fish_resilver_needs_command" -l mkpath -d 'Make missing directories above the destination'
complete -c resilver -n "__fish_resilver_needs_command" -l no-mkpath -d ''
complete -c resilver -n "__fish_resilver_needs_command" -l ignore-missing-args -d 'Pass over sources that are not there'
complete -c resilver -n "__fish_resilver_needs_command" -l delete-missing-args -d 'Remove at the destination what a missing source names'
complete -c resilver -n "__fish_resilver_needs_command" -s l -l links -d 'Copy symbolic links as symbolic links'
complete -c resilver -n "__fish_resilver_needs_command" -l no-links -d ''
complete -c resilver -n "__fish_resilver_needs_command" -s L -l copy-links -d 'Copy what symbolic links lead to'
complete -c resilver -n "__fish_resilver_needs_command" -l copy-unsafe-links -d 'Copy what a link leads to where that is outside the tree'
complete -c resilver -n "__fish_resilver_needs_command" -l safe-links -d 'Leave out links that lead outside the tree'
complete -c resilver -n "__fish_resilver_needs_command" -l munge-links -d 'Make links unusable where they are kept, usable again when copied back'
complete -c resilver -n "__fish_resilver_needs_command" -l no-munge-links -d ''
complete -c resilver -n "__fish_resilver_needs_command" -s k -l copy-dirlinks -d 'Copy what a link to a directory leads to'
complete -c resilver -n "__fish_resilver_needs_command" -s K -l keep-dirlinks -d 'Take a link to a directory at the destination for that directory'
complete -c resilver -n "__fish_resilver_needs_command" -l insecure-links -d 'Follow other users\' links in paths that options name'
complete -c resilver -n "__fish_resilver_needs_command" -l no-insecure-links -d ''
complete -c resilver -n "__fish_resilver_needs_command" -s H -l hard-links -d 'Keep names that are one file one file'
complete -c resilver -n "__fish_resilver_needs_command" -l no-hard-links -d ''
complete -c resilver -n "__fish_resilver_needs_command" -s p -l perms -d 'Keep permissions'
complete -c resilver -n "__fish_resilver_needs_command" -l no-perms -d ''
complete -c resilver -n "__fish_resilver_needs_command" -s E -l executability -d 'Keep whether files can be executed, without -p'
complete -c resilver -n "__fish_resilver_needs_command" -s A -l acls -d 'Keep access control lists; implies -p'
complete -c resilver -n "__fish_resilver_needs_command" -l no-acls -d ''
complete -c resilver -n "__fish_resilver_needs_command" -s X -l xattrs -d 'Keep extended attributes; -XX rsync\'s own notes too'
complete -c resilver -n "__fish_resilver_needs_command" -l no-xattrs -d ''
complete -c resilver -n "__fish_resilver_needs_command" -s t -l times -d 'Keep modification times, to the nanosecond'
complete -c resilver -n "__fish_resilver_needs_command" -l no-times -d ''
complete -c resilver -n "__fish_resilver_needs_command" -s U -l atimes -d 'Keep access times; -UU as --open-noatime too'
complete -c resilver -n "__fish_resilver_needs_command" -l no-atimes -d ''
complete -c resilver -n "__fish_resilver_needs_command" -l open-noatime -d 'Read files without moving their access time'
complete -c resilver -n "__fish_resilver_needs_command" -l no-open-noatime -d ''
complete -c resilver -n "__fish_resilver_needs_command" -s N -l crtimes -d 'Keep times of creation, where the system can set them'
complete -c resilver -n "__fish_resilver_needs_command" -l no-crtimes -d ''
complete -c resilver -n "__fish_resilver_needs_command" -s O -l omit-dir-times -d 'Leave out directories when keeping times'
complete -c resilver -n "__fish_resilver_needs_command" -l no-omit-dir-times -d ''
complete -c resilver -n "__fish_resilver_needs_command" -s J -l omit-link-times -d 'Leave out symbolic links when keeping times'
complete -c resilver -n "__fish_resilver_needs_command" -l no-omit-link-times -d ''
complete -c resilver -n "__fish_resilver_needs_command" -s o -l owner -d 'Keep the owner (super-user only)'
complete -c resilver -n "__fish_resilver_needs_command" -l no-owner -d ''
complete -c resilver -n "__fish_resilver_needs_command" -s g -l group -d 'Keep the group'
complete -c resilver -n "__fish_resilver_needs_command" -l no-group -d ''
complete -c resilver -n "__fish_resilver_needs_command" -l numeric-ids -d 'Keep user and group numbers rather than names; on one machine they are the same'
complete -c resilver -n "__fish_resilver_needs_command" -l no-numeric-ids -d ''
complete -c resilver -n "__fish_resilver_needs_command" -l fake-super -d 'Store what only the super-user can set in extended attributes'
complete -c resilver -n "__fish_resilver_needs_command" -l super -d 'Try what only the super-user can do'
complete -c resilver -n "__fish_resilver_needs_command" -l no-super -d ''
complete -c resilver -n "__fish_resilver_needs_command" -s D -d 'Same as --devices --specials'
complete -c resilver -n "__fish_resilver_needs_command" -l no-D -d ''
complete -c resilver -n "__fish_resilver_needs_command" -l devices -d 'Copy device files (super-user only)'
complete -c resilver -n "__fish_resilver_needs_command" -l no-devices -d ''
complete -c resilver -n "__fish_resilver_needs_command" -l specials -d 'Copy fifos and sockets'
complete -c resilver -n "__fish_resilver_needs_command" -l no-specials -d ''
complete -c resilver -n "__fish_resilver_needs_command" -s c -l checksum -d 'Compare content by checksum, not by size and time'
complete -c resilver -n "__fish_resilver_needs_command" -l no-checksum -d ''
complete -c resilver -n "__fish_resilver_needs_command" -s I -l ignore-times -d 'Send files even if size and time agree'
complete -c resilver -n "__fish_resilver_needs_command" -l size-only -d 'Pass over files whose size agrees'
complete -c resilver -n "__fish_resilver_needs_command" -s u -l update -d 'Pass over files that are newer at the destination'
complete -c resilver -n "__fish_resilver_needs_command" -l existing -d 'Make nothing that is not at the destination already'
complete -c resilver -n "__fish_resilver_needs_command" -l ignore-existing -d 'Change no file that is at the destination already'
complete -c resilver -n "__fish_resilver_needs_command" -s W -l whole-file -d 'Copy changed files whole (the default on one machine)'
complete -c resilver -n "__fish_resilver_needs_command" -l no-whole-file -d 'Look in the old file for blocks that can stay, copy only the rest'
complete -c resilver -n "__fish_resilver_needs_command" -s S -l sparse -d 'Leave holes where zeros would stand'
complete -c resilver -n "__fish_resilver_needs_command" -l no-sparse -d ''
complete -c resilver -n "__fish_resilver_needs_command" -s y -l fuzzy -d 'Take a file of a like name as the basis for one that is not there; twice: one of an alternate tree, too'
complete -c resilver -n "__fish_resilver_needs_command" -l no-fuzzy -d ''
complete -c resilver -n "__fish_resilver_needs_command" -l preallocate -d 'Reserve the room of a file before writing it'
complete -c resilver -n "__fish_resilver_needs_command" -l inplace -d 'Write into the destination file itself; implies --commit=direct'
complete -c resilver -n "__fish_resilver_needs_command" -l no-inplace -d ''
complete -c resilver -n "__fish_resilver_needs_command" -l append -d 'Write only what is missing at the end of shorter files; implies --commit=direct'
complete -c resilver -n "__fish_resilver_needs_command" -l no-append -d ''
complete -c resilver -n "__fish_resilver_needs_command" -l append-verify -d 'The same, with the old part checked'
complete -c resilver -n "__fish_resilver_needs_command" -l partial -d 'Keep files that were half written when the run was broken off'
complete -c resilver -n "__fish_resilver_needs_command" -l no-partial -d ''
complete -c resilver -n "__fish_resilver_needs_command" -s P -d 'Same as --partial --progress'
complete -c resilver -n "__fish_resilver_needs_command" -l delay-updates -d 'Put files in place all at the end; a staged run always does'
complete -c resilver -n "__fish_resilver_needs_command" -l no-delay-updates -d ''
complete -c resilver -n "__fish_resilver_needs_command" -l copy-devices -d 'Copy the content of devices into files'
complete -c resilver -n "__fish_resilver_needs_command" -l write-devices -d 'Write into devices as if they were files; implies --inplace'
complete -c resilver -n "__fish_resilver_needs_command" -l no-write-devices -d ''
complete -c resilver -n "__fish_resilver_needs_command" -l no-bwlimit -d ''
complete -c resilver -n "__fish_resilver_needs_command" -l delete -d 'Remove from the destination what the source does not have'
complete -c resilver -n "__fish_resilver_needs_command" -l delete-before -d 'Remove before anything is copied'
complete -c resilver -n "__fish_resilver_needs_command" -l delete-during -d 'Remove directory by directory, as --delete does [also: --del]'
complete -c resilver -n "__fish_resilver_needs_command" -l delete-delay -d 'Find out on the way, remove at the end'
complete -c resilver -n "__fish_resilver_needs_command" -l delete-after -d 'Remove when all is copied'
complete -c resilver -n "__fish_resilver_needs_command" -l delete-excluded -d 'Remove also what rules leave out'
complete -c resilver -n "__fish_resilver_needs_command" -l ignore-errors -d 'Remove even where the source could not be read whole'
complete -c resilver -n "__fish_resilver_needs_command" -l no-ignore-errors -d ''
complete -c resilver -n "__fish_resilver_needs_command" -l force -d 'Remove a directory that is not empty where something else has to go'
complete -c resilver -n "__fish_resilver_needs_command" -l no-force -d ''
complete -c resilver -n "__fish_resilver_needs_command" -l remove-source-files -d 'Remove files from the source once they are at the destination'
complete -c resilver -n "__fish_resilver_needs_command" -l remove-sent-files -d 'The same, of files that were transferred only'
complete -c resilver -n "__fish_resilver_needs_command" -s F -d 'Same as --filter=\'dir-merge /.rsync-filter\'; a second -F leaves those files out'
complete -c resilver -n "__fish_resilver_needs_command" -s C -l cvs-exclude -d 'Leave out what version control and builds leave behind'
complete -c resilver -n "__fish_resilver_needs_command" -s m -l prune-empty-dirs -d 'Leave out directories in which nothing is copied'
complete -c resilver -n "__fish_resilver_needs_command" -l no-prune-empty-dirs -d ''
complete -c resilver -n "__fish_resilver_needs_command" -s b -l backup -d 'Keep what is replaced or removed under another name'
complete -c resilver -n "__fish_resilver_needs_command" -l no-backup -d ''
complete -c resilver -n "__fish_resilver_needs_command" -l commit-only-complete -d 'Switch only if every file could be read'
complete -c resilver -n "__fish_resilver_needs_command" -l fsync -d 'Have data on disk before the switch (the default)'
complete -c resilver -n "__fish_resilver_needs_command" -l no-fsync -d 'Do not wait for the disk: quick, and a power cut may cost files'
complete -c resilver -n "__fish_resilver_needs_command" -l guard-edits -d 'Push only what was changed here since the pull, and nothing over what was changed there'
complete -c resilver -n "__fish_resilver_needs_command" -l no-iconv -d ''
complete -c resilver -n "__fish_resilver_needs_command" -l no-contimeout -d ''
complete -c resilver -n "__fish_resilver_needs_command" -l no-motd -d 'Do not show what the daemon says to people, its list of modules included'
complete -c resilver -n "__fish_resilver_needs_command" -l motd -d ''
complete -c resilver -n "__fish_resilver_needs_command" -s z -l compress -d 'Compress what goes over the network; a local run has none'
complete -c resilver -n "__fish_resilver_needs_command" -l no-compress -d ''
complete -c resilver -n "__fish_resilver_needs_command" -l new-compress -d ''
complete -c resilver -n "__fish_resilver_needs_command" -l old-compress -d ''
complete -c resilver -n "__fish_resilver_needs_command" -l no-timeout -d ''
complete -c resilver -n "__fish_resilver_needs_command" -s s -l secluded-args -d 'Hand names to the other end past its shell: wildcards work, nothing else has a meaning'
complete -c resilver -n "__fish_resilver_needs_command" -l no-secluded-args -d ''
complete -c resilver -n "__fish_resilver_needs_command" -l old-args -d 'Leave names to the other end\'s shell as they are; twice: option values as well'
complete -c resilver -n "__fish_resilver_needs_command" -l no-old-args -d ''
complete -c resilver -n "__fish_resilver_needs_command" -s 4 -l ipv4 -d 'Use addresses of version 4 only'
complete -c resilver -n "__fish_resilver_needs_command" -s 6 -l ipv6 -d 'Use addresses of version 6 only'
complete -c resilver -n "__fish_resilver_needs_command" -s n -l dry-run -d 'Tell what would be done, change nothing'
complete -c resilver -n "__fish_resilver_needs_command" -l list-only -d 'List the sources, copy nothing; so does a single operand'
complete -c resilver -n "__fish_resilver_needs_command" -s v -l verbose -d 'Name what is transferred; -vv also what is not, and why'
complete -c resilver -n "__fish_resilver_needs_command" -l no-verbose -d ''
complete -c resilver -n "__fish_resilver_needs_command" -s q -l quiet -d 'Tell errors only'
complete -c resilver -n "__fish_resilver_needs_command" -s i -l itemize-changes -d 'Tell what changed about each entry; -ii names unchanged ones too'
complete -c resilver -n "__fish_resilver_needs_command" -l no-itemize-changes -d ''
complete -c resilver -n "__fish_resilver_needs_command" -s h -l human-readable -d 'Write sizes as 1.50M, with -hh in units of 1024; alone on the line it prints this help'
complete -c resilver -n "__fish_resilver_needs_command" -l no-human-readable -d ''
complete -c resilver -n "__fish_resilver_needs_command" -l progress -d 'Tell how far each file is'
complete -c resilver -n "__fish_resilver_needs_command" -l no-progress -d ''
complete -c resilver -n "__fish_resilver_needs_command" -l stats -d 'Tell totals at the end'
complete -c resilver -n "__fish_resilver_needs_command" -l json -d 'Tell everything as one JSON object a line, for programs'
complete -c resilver -n "__fish_resilver_needs_command" -s 8 -l 8-bit-output -d 'Print names byte for byte, not escaped'
complete -c resilver -n "__fish_resilver_needs_command" -l no-8-bit-output -d ''
complete -c resilver -n "__fish_resilver_needs_command" -l msgs2stderr -d ''
complete -c resilver -n "__fish_resilver_needs_command" -l no-msgs2stderr -d ''
complete -c resilver -n "__fish_resilver_needs_command" -l inc-recursive -d ''
complete -c resilver -n "__fish_resilver_needs_command" -l no-inc-recursive -d 'Know the whole list before the first transfer'
complete -c resilver -n "__fish_resilver_needs_command" -s V -l version -d 'Print the version; -VV as JSON'
complete -c resilver -n "__fish_resilver_needs_command" -l help -d 'Print this help'
complete -c resilver -n "__fish_resilver_needs_command" -a "undo" -d 'Take back the last switch: the tree before it is there again'
complete -c resilver -n "__fish_resilver_needs_command" -a "release" -d 'End the hold that an undo puts on a destination, which keeps jobs away from it'
complete -c resilver -n "__fish_resilver_needs_command" -a "recover" -d 'Bring a switch that was interrupted to its end'
complete -c resilver -n "__fish_resilver_needs_command" -a "tidy" -d 'Remove what is kept for undo and for the next run, and say how much that was'
complete -c resilver -n "__fish_resilver_needs_command" -a "status" -d 'Tell what is kept for a destination and what state it is in'
complete -c resilver -n "__fish_resilver_needs_command" -a "doctor" -d 'Try out which guarantee a destination can have, and say why'
complete -c resilver -n "__fish_resilver_needs_command" -a "time-points" -d 'List, compare, search, restore and delete the time points in a directory. POINT is a name, the beginning of one, or latest'
complete -c resilver -n "__fish_resilver_needs_command" -a "verify" -d 'Tell what in DEST is not as SRC has it or, without SRC, as it was recorded, by the content of every file: for a mirror when it came, for time points when they were made'
complete -c resilver -n "__fish_resilver_needs_command" -a "job" -d 'Mirrors that run by themselves: add one, run it, see how it is'
complete -c resilver -n "__fish_resilver_needs_command" -a "why" -d 'Tell what a run with these words would do about the paths behind --, and which rule or comparison decides it'
complete -c resilver -n "__fish_resilver_needs_command" -a "completions" -d 'Print completions for a shell'
complete -c resilver -n "__fish_resilver_needs_command" -a "man" -d 'Print the manual page, in roff'
complete -c resilver -n "__fish_resilver_needs_command" -a "push" -d 'Send what was changed in a mirror since it was pulled back to where it came from, but nothing over what was changed there: exit code 28 if both sides changed something, 29 if a file here is corrupt'
complete -c resilver -n "__fish_resilver_needs_command" -a "diff" -d 'Tell what was changed in a mirror and in its origin since it was pulled: exit code 28 if both sides changed something, 29 if a file here is corrupt'
complete -c resilver -n "__fish_resilver_needs_command" -a "signature" -d 'Write the signature of a file, to make deltas against (rdiff\'s format)'
complete -c resilver -n "__fish_resilver_needs_command" -a "delta" -d 'Write what turns the file of a signature into another one'
complete -c resilver -n "__fish_resilver_needs_command" -a "patch" -d 'Make the new file of an old one and a delta'
complete -c resilver -n "__fish_resilver_using_subcommand undo" -l force -d 'Take the old tree whole, without what was changed since the switch'
complete -c resilver -n "__fish_resilver_using_subcommand undo" -s n -l dry-run -d 'Tell what would be done, change nothing'
complete -c resilver -n "__fish_resilver_using_subcommand tidy" -s n -l dry-run -d 'Tell what would be done, change nothing'
complete -c resilver -n "__fish_resilver_using_subcommand status" -l json -d 'As JSON'
complete -c resilver -n "__fish_resilver_using_subcommand time-points; and not __fish_seen_subcommand_from list diff restore find delete" -f -a "list" -d 'List them, with the room that each takes, and that it alone takes'
complete -c resilver -n "__fish_resilver_using_subcommand time-points; and not __fish_seen_subcommand_from list diff restore find delete" -f -a "diff" -d 'Tell what differs from one to another'
complete -c resilver -n "__fish_resilver_using_subcommand time-points; and not __fish_seen_subcommand_from list diff restore find delete" -f -a "restore" -d 'Mirror one, or some paths in it, to TO, and compare by checksum what is there then'
complete -c resilver -n "__fish_resilver_using_subcommand time-points; and not __fish_seen_subcommand_from list diff restore find delete" -f -a "find" -d 'Tell which time points have a path, and in which versions'
complete -c resilver -n "__fish_resilver_using_subcommand time-points; and not __fish_seen_subcommand_from list diff restore find delete" -f -a "delete" -d 'Delete some'
complete -c resilver -n "__fish_resilver_using_subcommand time-points; and __fish_seen_subcommand_from list" -l json -d 'As JSON'
complete -c resilver -n "__fish_resilver_using_subcommand time-points; and __fish_seen_subcommand_from diff" -l json -d 'As JSON'
complete -c resilver -n "__fish_resilver_using_subcommand time-points; and __fish_seen_subcommand_from restore" -l delete -d 'Remove from TO what the time point does not have'
complete -c resilver -n "__fish_resilver_using_subcommand time-points; and __fish_seen_subcommand_from restore" -s v -l verbose -d 'Name what is restored'
complete -c resilver -n "__fish_resilver_using_subcommand time-points; and __fish_seen_subcommand_from restore" -s n -l dry-run -d 'Tell what would be done, change nothing'
complete -c resilver -n "__fish_resilver_using_subcommand time-points; and __fish_seen_subcommand_from find" -l json -d 'As JSON'
complete -c resilver -n "__fish_resilver_using_subcommand time-points; and __fish_seen_subcommand_from delete" -l keep -d 'All but what these rules keep, as in a run' -r
complete -c resilver -n "__fish_resilver_using_subcommand time-points; and __fish_seen_subcommand_from delete" -l force -d 'Delete even the last one that is complete'
complete -c resilver -n "__fish_resilver_using_subcommand time-points; and __fish_seen_subcommand_from delete" -s n -l dry-run -d 'Tell what would be done, change nothing'
complete -c resilver -n "__fish_resilver_using_subcommand verify" -l json -d 'As JSON, one object a line'
complete -c resilver -n "__fish_resilver_using_subcommand verify" -s q -l quiet -d 'Tell errors only'
complete -c resilver -n "__fish_resilver_using_subcommand verify" -l strict -d 'What was changed in DEST since it was recorded counts too, not only what is corrupt or missing'
complete -c resilver -n "__fish_resilver_using_subcommand job; and not __fish_seen_subcommand_from add list show edit run enable disable remove log status" -f -a "add" -d 'Add a job: its name, when it runs, then -- and the words of the run'
complete -c resilver -n "__fish_resilver_using_subcommand job; and not __fish_seen_subcommand_from add list show edit run enable disable remove log status" -f -a "list" -d 'Name the jobs, and when they run'
complete -c resilver -n "__fish_resilver_using_subcommand job; and not __fish_seen_subcommand_from add list show edit run enable disable remove log status" -f -a "show" -d 'Show a job\'s file, and what it comes to'
complete -c resilver -n "__fish_resilver_using_subcommand job; and not __fish_seen_subcommand_from add list show edit run enable disable remove log status" -f -a "edit" -d 'Change a job in $VISUAL, $EDITOR or vi; what makes no sense is not taken'
complete -c resilver -n "__fish_resilver_using_subcommand job; and not __fish_seen_subcommand_from add list show edit run enable disable remove log status" -f -a "run" -d 'Run a job now, as its schedule does, and end with the exit code of the run'
complete -c resilver -n "__fish_resilver_using_subcommand job; and not __fish_seen_subcommand_from add list show edit run enable disable remove log status" -f -a "enable" -d 'Have a job run by its schedule, as its file says it now'
complete -c resilver -n "__fish_resilver_using_subcommand job; and not __fish_seen_subcommand_from add list show edit run enable disable remove log status" -f -a "disable" -d 'No longer have it run by its schedule'
complete -c resilver -n "__fish_resilver_using_subcommand job; and not __fish_seen_subcommand_from add list show edit run enable disable remove log status" -f -a "remove" -d 'Take a job away, and what calls it'
complete -c resilver -n "__fish_resilver_using_subcommand job; and not __fish_seen_subcommand_from add list show edit run enable disable remove log status" -f -a "log" -d 'Print what the last run told'
complete -c resilver -n "__fish_resilver_using_subcommand job; and not __fish_seen_subcommand_from add list show edit run enable disable remove log status" -f -a "status" -d 'Tell of each job when it last succeeded and when it runs next; exit code 1 if one is overdue'
complete -c resilver -n "__fish_resilver_using_subcommand job; and __fish_seen_subcommand_from add" -l daily -d 'Run it every day' -r
complete -c resilver -n "__fish_resilver_using_subcommand job; and __fish_seen_subcommand_from add" -l hourly -d 'Run it every hour, at this minute [default: 0]' -r
complete -c resilver -n "__fish_resilver_using_subcommand job; and __fish_seen_subcommand_from add" -l weekly -d 'Run it every week, as in Sun 04:00' -r
complete -c resilver -n "__fish_resilver_using_subcommand job; and __fish_seen_subcommand_from add" -l cron -d 'Run it when the five fields of a crontab say so' -r
complete -c resilver -n "__fish_resilver_using_subcommand job; and __fish_seen_subcommand_from add" -l scheduler -d 'What calls it [default: systemd where it runs, else cron]' -r -f -a "systemd\t''
cron\t''
launchd\t''"
complete -c resilver -n "__fish_resilver_using_subcommand job; and __fish_seen_subcommand_from add" -l delete-guard -d 'Refuse to remove more than this part of what is there [default: 50]' -r
complete -c resilver -n "__fish_resilver_using_subcommand job; and __fish_seen_subcommand_from add" -l require-file -d 'Refuse a finished tree without this file' -r
complete -c resilver -n "__fish_resilver_using_subcommand job; and __fish_seen_subcommand_from add" -l bwlimit -d 'Take this part of the network, as the run\'s --bwlimit has it' -r
complete -c resilver -n "__fish_resilver_using_subcommand job; and __fish_seen_subcommand_from add" -l nice -d 'Run with this niceness [default: 10]' -r
complete -c resilver -n "__fish_resilver_using_subcommand job; and __fish_seen_subcommand_from add" -l retries -d 'So many more attempts when the network fails [default: 3]' -r
complete -c resilver -n "__fish_resilver_using_subcommand job; and __fish_seen_subcommand_from add" -l retry-wait -d 'Before the first of them; each further wait is twice as long [default: 30]' -r
complete -c resilver -n "__fish_resilver_using_subcommand job; and __fish_seen_subcommand_from add" -l keep-runs -d 'Keep logs and reports of so many runs [default: 30]' -r
complete -c resilver -n "__fish_resilver_using_subcommand job; and __fish_seen_subcommand_from add" -l env -d 'Set a variable for the run and its hooks' -r
complete -c resilver -n "__fish_resilver_using_subcommand job; and __fish_seen_subcommand_from add" -l on-success -d 'Run it in a shell after a good run' -r
complete -c resilver -n "__fish_resilver_using_subcommand job; and __fish_seen_subcommand_from add" -l on-failure -d 'Run it in a shell after any other run' -r
complete -c resilver -n "__fish_resilver_using_subcommand job; and __fish_seen_subcommand_from add" -l mail -d 'Mail the facts there after a run that failed' -r
complete -c resilver -n "__fish_resilver_using_subcommand job; and __fish_seen_subcommand_from add" -l ping -d 'Ask for it after a good run, for a monitor that misses it' -r
complete -c resilver -n "__fish_resilver_using_subcommand job; and __fish_seen_subcommand_from add" -l ping-failure -d 'Ask for it after any other run' -r
complete -c resilver -n "__fish_resilver_using_subcommand job; and __fish_seen_subcommand_from remove" -l all -d 'Its logs and reports too'
complete -c resilver -n "__fish_resilver_using_subcommand job; and __fish_seen_subcommand_from log" -l run -d 'Of this run, as --list names it' -r
complete -c resilver -n "__fish_resilver_using_subcommand job; and __fish_seen_subcommand_from log" -l report -d 'Its report as JSON instead'
complete -c resilver -n "__fish_resilver_using_subcommand job; and __fish_seen_subcommand_from log" -l list -d 'Name the runs that are kept, the latest first'
complete -c resilver -n "__fish_resilver_using_subcommand job; and __fish_seen_subcommand_from status" -l json -d 'As JSON'
complete -c resilver -n "__fish_resilver_using_subcommand why" -l json -d 'As JSON'
complete -c resilver -n "__fish_resilver_using_subcommand push" -s e -l rsh -d 'Go there by this command, not as the pull did' -r
complete -c resilver -n "__fish_resilver_using_subcommand push" -l rsync-path -d 'What to run there' -r
complete -c resilver -n "__fish_resilver_using_subcommand push" -l ssh -d 'The system\'s ssh or the built-in client' -r
complete -c resilver -n "__fish_resilver_using_subcommand push" -l identity -d 'Log in by ssh with this private key' -r
complete -c resilver -n "__fish_resilver_using_subcommand push" -l port -d 'Where a daemon, or an ssh server, listens' -r
complete -c resilver -n "__fish_resilver_using_subcommand push" -l password-file -d 'Read the password of a daemon from this file' -r
complete -c resilver -n "__fish_resilver_using_subcommand push" -l timeout -d 'Give up when nothing moves for so long' -r
complete -c resilver -n "__fish_resilver_using_subcommand push" -l delete-guard -d 'Refuse to remove more than this part of what is there [default: 50]' -r
complete -c resilver -n "__fish_resilver_using_subcommand push" -l ours -d 'Settle conflicts, and what is corrupt here, by sending what is here'
complete -c resilver -n "__fish_resilver_using_subcommand push" -l theirs -d 'Settle conflicts, and what is corrupt here, by fetching what is there'
complete -c resilver -n "__fish_resilver_using_subcommand push" -l keep-both -d 'Settle them by sending what is here, and leave what is there beside it; what one side removed comes back'
complete -c resilver -n "__fish_resilver_using_subcommand push" -s n -l dry-run -d 'Tell what would be done, change nothing'
complete -c resilver -n "__fish_resilver_using_subcommand push" -s v -l verbose -d 'Name what is sent'
complete -c resilver -n "__fish_resilver_using_subcommand push" -s i -l itemize-changes -d 'Tell what changes about each entry'
complete -c resilver -n "__fish_resilver_using_subcommand push" -l progress -d 'Tell how far each file is'
complete -c resilver -n "__fish_resilver_using_subcommand push" -s q -l quiet -d 'Tell errors, conflicts and what is corrupt only'
complete -c resilver -n "__fish_resilver_using_subcommand push" -s z -l compress -d 'Compress what is sent'
complete -c resilver -n "__fish_resilver_using_subcommand push" -l json -d 'As JSON, one object a line'
complete -c resilver -n "__fish_resilver_using_subcommand diff" -s e -l rsh -d 'Go there by this command, not as the pull did' -r
complete -c resilver -n "__fish_resilver_using_subcommand diff" -l rsync-path -d 'What to run there' -r
complete -c resilver -n "__fish_resilver_using_subcommand diff" -l ssh -d 'The system\'s ssh or the built-in client' -r
complete -c resilver -n "__fish_resilver_using_subcommand diff" -l identity -d 'Log in by ssh with this private key' -r
complete -c resilver -n "__fish_resilver_using_subcommand diff" -l port -d 'Where a daemon, or an ssh server, listens' -r
complete -c resilver -n "__fish_resilver_using_subcommand diff" -l password-file -d 'Read the password of a daemon from this file' -r
complete -c resilver -n "__fish_resilver_using_subcommand diff" -l timeout -d 'Give up when nothing moves for so long' -r
complete -c resilver -n "__fish_resilver_using_subcommand diff" -l json -d 'As JSON'
complete -c resilver -n "__fish_resilver_using_subcommand signature" -l md4 -d 'With MD4, for a librsync before 1.0'
complete -c resilver -n "__fish_resilver_using_subcommand signature" -s f -l force -d 'Write over a file that is there'
complete -c resilver -n "__fish_resilver_using_subcommand delta" -s f -l force -d 'Write over a file that is there'
complete -c resilver -n "__fish_resilver_using_subcommand patch" -s f -l force -d 'Write over a file that is there'
