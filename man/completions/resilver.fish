# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_resilver_global_optspecs
    string join \n a/archive r/recursive no-recursive l/links no-links H/hard-links no-hard-links p/perms no-perms t/times no-times o/owner no-owner g/group no-group D no-D devices no-devices specials no-specials numeric-ids no-numeric-ids c/checksum no-checksum I/ignore-times size-only u/update existing ignore-existing @/modify-window= W/whole-file no-whole-file delete max-delete= force no-force delete-guard= exclude= include= commit= gate= require-file= commit-only-complete wait= previous= fsync no-fsync threads= n/dry-run v/verbose no-verbose q/quiet i/itemize-changes no-itemize-changes h/human-readable no-human-readable progress no-progress stats V/version help
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

complete -c resilver -n "__fish_resilver_needs_command" -s @ -l modify-window -d 'Let times differ by so much; -1 compares nanoseconds [default: whole seconds agree]' -r
complete -c resilver -n "__fish_resilver_needs_command" -l max-delete -d 'Remove at most so many entries' -r
complete -c resilver -n "__fish_resilver_needs_command" -l delete-guard -d 'Refuse to remove more than this part of what is there; nothing changes then' -r
complete -c resilver -n "__fish_resilver_needs_command" -l exclude -d 'Leave out what matches; the first rule that matches counts' -r
complete -c resilver -n "__fish_resilver_needs_command" -l include -d 'Take what matches, whatever a later rule says' -r
complete -c resilver -n "__fish_resilver_needs_command" -l commit -d 'auto, swap (in one instant), journal (in a short window, made good after a crash) or direct (file by file) [default: auto]' -r
complete -c resilver -n "__fish_resilver_needs_command" -l gate -d 'Let a shell command judge the finished tree; unless it succeeds nothing changes (may be repeated)' -r
complete -c resilver -n "__fish_resilver_needs_command" -l require-file -d 'Switch only if the finished tree has this file (may be repeated)' -r
complete -c resilver -n "__fish_resilver_needs_command" -l wait -d 'Wait for another run on this destination to end, for ever or so long' -r
complete -c resilver -n "__fish_resilver_needs_command" -l previous -d 'Keep one former tree for undo, or none [default: one]' -r
complete -c resilver -n "__fish_resilver_needs_command" -l threads -d 'Work with so many threads [default: by the machine]' -r
complete -c resilver -n "__fish_resilver_needs_command" -s a -l archive -d 'Keep all that belongs to a tree: -rlptgoD (not -H)'
complete -c resilver -n "__fish_resilver_needs_command" -s r -l recursive -d 'Go into directories'
complete -c resilver -n "__fish_resilver_needs_command" -l no-recursive -d ''
complete -c resilver -n "__fish_resilver_needs_command" -s l -l links -d 'Copy symbolic links as symbolic links'
complete -c resilver -n "__fish_resilver_needs_command" -l no-links -d ''
complete -c resilver -n "__fish_resilver_needs_command" -s H -l hard-links -d 'Keep names that are one file one file'
complete -c resilver -n "__fish_resilver_needs_command" -l no-hard-links -d ''
complete -c resilver -n "__fish_resilver_needs_command" -s p -l perms -d 'Keep permissions'
complete -c resilver -n "__fish_resilver_needs_command" -l no-perms -d ''
complete -c resilver -n "__fish_resilver_needs_command" -s t -l times -d 'Keep modification times, to the nanosecond'
complete -c resilver -n "__fish_resilver_needs_command" -l no-times -d ''
complete -c resilver -n "__fish_resilver_needs_command" -s o -l owner -d 'Keep the owner (super-user only)'
complete -c resilver -n "__fish_resilver_needs_command" -l no-owner -d ''
complete -c resilver -n "__fish_resilver_needs_command" -s g -l group -d 'Keep the group'
complete -c resilver -n "__fish_resilver_needs_command" -l no-group -d ''
complete -c resilver -n "__fish_resilver_needs_command" -s D -d 'Same as --devices --specials'
complete -c resilver -n "__fish_resilver_needs_command" -l no-D -d ''
complete -c resilver -n "__fish_resilver_needs_command" -l devices -d 'Copy device files (super-user only)'
complete -c resilver -n "__fish_resilver_needs_command" -l no-devices -d ''
complete -c resilver -n "__fish_resilver_needs_command" -l specials -d 'Copy fifos and sockets'
complete -c resilver -n "__fish_resilver_needs_command" -l no-specials -d ''
complete -c resilver -n "__fish_resilver_needs_command" -l numeric-ids -d 'Keep user and group numbers rather than names; on one machine they are the same'
complete -c resilver -n "__fish_resilver_needs_command" -l no-numeric-ids -d ''
complete -c resilver -n "__fish_resilver_needs_command" -s c -l checksum -d 'Compare content by checksum, not by size and time'
complete -c resilver -n "__fish_resilver_needs_command" -l no-checksum -d ''
complete -c resilver -n "__fish_resilver_needs_command" -s I -l ignore-times -d 'Send files even if size and time agree'
complete -c resilver -n "__fish_resilver_needs_command" -l size-only -d 'Pass over files whose size agrees'
complete -c resilver -n "__fish_resilver_needs_command" -s u -l update -d 'Pass over files that are newer at the destination'
complete -c resilver -n "__fish_resilver_needs_command" -l existing -d 'Make nothing that is not at the destination already'
complete -c resilver -n "__fish_resilver_needs_command" -l ignore-existing -d 'Change no file that is at the destination already'
complete -c resilver -n "__fish_resilver_needs_command" -s W -l whole-file -d 'Copy changed files whole (the default on one machine)'
complete -c resilver -n "__fish_resilver_needs_command" -l no-whole-file -d 'Look in the old file for blocks that can stay, copy only the rest'
complete -c resilver -n "__fish_resilver_needs_command" -l delete -d 'Remove from the destination what the source does not have [also: --del, --delete-during]'
complete -c resilver -n "__fish_resilver_needs_command" -l force -d 'Remove a directory that is not empty where something else has to go'
complete -c resilver -n "__fish_resilver_needs_command" -l no-force -d ''
complete -c resilver -n "__fish_resilver_needs_command" -l commit-only-complete -d 'Switch only if every file could be read'
complete -c resilver -n "__fish_resilver_needs_command" -l fsync -d 'Have data on disk before the switch (the default)'
complete -c resilver -n "__fish_resilver_needs_command" -l no-fsync -d 'Do not wait for the disk: quick, and a power cut may cost files'
complete -c resilver -n "__fish_resilver_needs_command" -s n -l dry-run -d 'Tell what would be done, change nothing'
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
complete -c resilver -n "__fish_resilver_needs_command" -s V -l version -d 'Print the version; -VV as JSON'
complete -c resilver -n "__fish_resilver_needs_command" -l help -d 'Print this help'
complete -c resilver -n "__fish_resilver_needs_command" -a "undo" -d 'Take back the last switch: the tree before it is there again'
complete -c resilver -n "__fish_resilver_needs_command" -a "release" -d 'End the hold that an undo puts on a destination, for scripts that look at status'
complete -c resilver -n "__fish_resilver_needs_command" -a "recover" -d 'Bring a switch that was interrupted to its end'
complete -c resilver -n "__fish_resilver_needs_command" -a "tidy" -d 'Remove what is kept for undo and for the next run, and say how much that was'
complete -c resilver -n "__fish_resilver_needs_command" -a "status" -d 'Tell what is kept for a destination and what state it is in'
complete -c resilver -n "__fish_resilver_needs_command" -a "doctor" -d 'Try out which guarantee a destination can have, and say why'
complete -c resilver -n "__fish_resilver_needs_command" -a "completions" -d 'Print completions for a shell'
complete -c resilver -n "__fish_resilver_needs_command" -a "man" -d 'Print the manual page, in roff'
complete -c resilver -n "__fish_resilver_using_subcommand undo" -l force -d 'Take the old tree whole, without what was changed since the switch'
complete -c resilver -n "__fish_resilver_using_subcommand undo" -s n -l dry-run -d 'Tell what would be done, change nothing'
complete -c resilver -n "__fish_resilver_using_subcommand tidy" -s n -l dry-run -d 'Tell what would be done, change nothing'
complete -c resilver -n "__fish_resilver_using_subcommand status" -l json -d 'As JSON'
