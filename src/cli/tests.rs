//! The grammar as a table: words, and what becomes of them.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::time::Duration;

use super::exit::Code;
use super::grammar;
use super::options::{self, Request, Sync};
use crate::engine::Options;
use crate::report::{Buffering, Format, Human, Info, Levels, List, Target};
use crate::stage::{CommitChoice, KeepPrevious, Method, Wait};

fn words(line: &str) -> Vec<OsString> {
    line.split(' ')
        .filter(|word| !word.is_empty())
        .map(|word| OsString::from(if word == "''" { "" } else { word }))
        .collect()
}

fn sync(line: &str) -> Sync {
    match options::parse(&words(line)) {
        Ok(Request::Sync(sync)) => *sync,
        other => panic!("{line}: {other:?}"),
    }
}

fn asked(line: &str) -> Options {
    sync(&format!("{line} s d")).options
}

/// What the program says about a command line that it does not carry out, and its code.
fn refusal(line: &str) -> (String, Code) {
    match options::parse(&words(line)) {
        Err(refusal) => (refusal.to_string(), refusal.code()),
        Ok(request) => panic!("{line}: {request:?}"),
    }
}

#[test]
fn archive_is_its_parts() {
    let one = asked("-a");
    let parts = asked("-rlptgoD");
    assert_eq!(one.preserve, parts.preserve);
    assert!(one.recursive && parts.recursive);
    assert!(!one.preserve.hard_links);
    assert!(asked("-aH").preserve.hard_links);
}

#[test]
fn the_later_of_two_wins() {
    type Fact = fn(&Options) -> bool;
    let rows: &[(&str, Fact, bool)] = &[
        ("-a --no-r", |o| o.recursive, false),
        ("--no-r -a", |o| o.recursive, true),
        ("-a --no-recursive -r", |o| o.recursive, true),
        ("-a --no-l", |o| o.preserve.links, false),
        ("-a --no-links", |o| o.preserve.links, false),
        ("-a --no-p", |o| o.preserve.perms, false),
        ("-a --no-perms -p", |o| o.preserve.perms, true),
        ("-a --no-t", |o| o.preserve.times, false),
        ("-a --no-o", |o| o.preserve.owner, false),
        ("-a --no-g", |o| o.preserve.group, false),
        ("-a --no-D", |o| o.preserve.devices, false),
        ("-a --no-D", |o| o.preserve.specials, false),
        ("-a --no-D --specials", |o| o.preserve.specials, true),
        ("-a --no-devices", |o| o.preserve.devices, false),
        ("-a --no-devices", |o| o.preserve.specials, true),
        ("-aH --no-H", |o| o.preserve.hard_links, false),
        ("-aH --no-hard-links", |o| o.preserve.hard_links, false),
        ("-c --no-c", |o| o.compare.checksum, false),
        ("--no-checksum -c", |o| o.compare.checksum, true),
        ("--no-W", |o| o.whole_file, false),
        ("--no-whole-file -W", |o| o.whole_file, true),
        ("", |o| o.whole_file, true),
        ("--force --no-force", |o| o.deletion.force, false),
        (
            "--commit=direct --commit=auto",
            |o| o.stage.commit == CommitChoice::Auto,
            true,
        ),
        ("--wait --wait=0", |o| o.stage.wait == Wait::No, true),
        ("--no-fsync", |o| o.stage.no_fsync, true),
        ("--no-fsync --fsync", |o| o.stage.no_fsync, false),
    ];
    for (line, fact, value) in rows {
        assert_eq!(fact(&asked(line)), *value, "{line}");
    }
}

#[test]
fn each_option_reaches_its_field() {
    type Fact = fn(&Options) -> bool;
    let rows: &[(&str, Fact)] = &[
        ("-I", |o| o.compare.ignore_times),
        ("--size-only", |o| o.compare.size_only),
        ("-u", |o| o.compare.update),
        ("--existing", |o| o.compare.existing),
        ("--ignore-non-existing", |o| o.compare.existing),
        ("--ignore-existing", |o| o.compare.ignore_existing),
        ("-r --delete", |o| o.deletion.enabled),
        ("-r --del", |o| o.deletion.enabled),
        ("-r --delete-during", |o| o.deletion.enabled),
        ("--max-delete=7", |o| o.deletion.max == Some(7)),
        ("--max-delete 010", |o| o.deletion.max == Some(8)),
        ("--max-delete -1", |o| o.deletion.max == Some(0)),
        ("--max-delete=", |o| o.deletion.max == Some(0)),
        ("--force", |o| o.deletion.force),
        ("-@1", |o| o.compare.modify_window == 1),
        ("-@ 0x10", |o| o.compare.modify_window == 16),
        ("-@=2", |o| o.compare.modify_window == 2),
        ("-@-1", |o| o.compare.modify_window == -1),
        ("--modify-window -1", |o| o.compare.modify_window == -1),
        ("-n", |o| o.dry_run),
        ("--no-inc-recursive", |o| o.whole_list),
        ("--no-i-r", |o| o.whole_list),
        ("--threads=3", |o| o.threads == 3),
        ("--commit=swap", |o| {
            o.stage.commit == CommitChoice::Only(Method::Swap)
        }),
        ("--commit journal", |o| {
            o.stage.commit == CommitChoice::Only(Method::Journal)
        }),
        ("--commit=direct", |o| {
            o.stage.commit == CommitChoice::Only(Method::Direct)
        }),
        ("--wait", |o| o.stage.wait == Wait::Forever),
        ("--wait=90", |o| {
            o.stage.wait == Wait::For(Duration::from_secs(90))
        }),
        ("--previous=none", |o| {
            o.stage.previous == KeepPrevious::None
        }),
        ("--gate true --gate=false", |o| {
            o.stage.gates == ["true", "false"]
        }),
        ("--require-file=a/b --require-file c", |o| {
            o.stage.require_files.len() == 2
        }),
        ("--delete-guard=50", |o| o.stage.delete_guard == Some(50)),
        ("--delete-guard=5%", |o| o.stage.delete_guard == Some(5)),
        ("--commit-only-complete", |o| o.stage.only_complete),
    ];
    for (line, fact) in rows {
        assert!(fact(&asked(line)), "{line}");
        assert!(!fact(&asked("")), "{line} is the default");
    }
}

/// Every row of the table has a meaning.
#[test]
fn every_option_has_a_meaning() {
    for arg in grammar::sync_command().get_arguments() {
        let takes_value = arg.get_num_args().is_some_and(|n| n.min_values() > 0);
        let name = match (arg.get_long(), arg.get_short()) {
            (Some(long), _) => format!("--{long}"),
            (None, Some(short)) => format!("-{short}"),
            (None, None) => continue,
        };
        let mut line = vec![OsString::from(&name)];
        if takes_value {
            line.push("x".into());
        }
        line.extend(words("-r s d"));
        let answer = options::parse(&line);
        let known = takes_value
            || answer.is_ok()
            // It is about another machine.
            || name == "--guard-edits"
            // No Linux can set times of creation: refused as rsync refuses it there.
            || name == "--crtimes";
        assert!(known, "{name}: {answer:?}");
    }
}

#[test]
fn the_style_counts_letters() {
    let style = |line: &str| sync(&format!("{line} s d")).style;
    let loud = style("-vvihh --stats --progress -rn");
    let info = |flag| loud.levels.info(flag);
    assert_eq!((info(Info::Name), info(Info::Skip)), (2, 1));
    assert_eq!((info(Info::Stats), info(Info::Progress)), (3, 1));
    assert_eq!(loud.format, Some(Format::changes()));
    assert_eq!(loud.human, Human::Binary);
    assert!(loud.run.dry && loud.run.whole_file && !loud.quiet && !loud.unchanged);
    assert_eq!(loud.run.list, List::Incremental);
    let off = style("-vvi --no-v --no-i --no-h -q --progress --no-progress");
    assert_eq!(off.levels, Levels::of_verbosity(0));
    assert_eq!((off.format, off.human), (None, Human::Plain));
    assert!(off.quiet);
    assert_eq!(off.run.list, List::Untold);
    assert_eq!(style("-h").human, Human::Thousand);
    assert!(style("-ii").unchanged && !style("-ii --no-itemize-changes -i").unchanged);
}

/// What is set by name has the last word, wherever it stands.
#[test]
fn info_wins_over_what_implies_it() {
    let level = |line: &str, flag| sync(&format!("{line} s d")).style.levels.info(flag);
    for (line, flag, value) in [
        ("--stats --info=stats0", Info::Stats, 0),
        ("--info=stats0 --stats", Info::Stats, 0),
        ("-vv --info=stats1 --stats", Info::Stats, 1),
        ("--info=progress2 --progress", Info::Progress, 2),
        ("--info=progress2 --no-progress", Info::Progress, 2),
        ("--progress --out-format=%n", Info::Name, 0),
        ("--progress --out-format=%b", Info::Name, 1),
        ("--info=name -v --no-v", Info::Name, 1),
        ("--info=name0 -vv", Info::Name, 0),
        ("-v --info=none", Info::Nonreg, 0),
    ] {
        assert_eq!(level(line, flag), value, "{line}");
    }
}

#[test]
fn values_of_output_options_are_rsyncs() {
    let style = |line: &str| sync(&format!("{line} s d")).style;
    for (value, buffering) in [
        ("N", Buffering::None),
        ("unbuffered", Buffering::None),
        ("l", Buffering::Line),
        ("B", Buffering::Block),
        ("full", Buffering::Block),
    ] {
        let line = format!("--outbuf={value}");
        assert_eq!(style(&line).buffering, Some(buffering), "{line}");
    }
    for (line, target) in [
        ("", Target::Errors),
        ("--stderr=e", Target::Errors),
        ("--stderr=client", Target::Errors),
        ("--stderr=al", Target::All),
        ("--msgs2stderr", Target::All),
        ("--msgs2stderr --no-msgs2stderr", Target::Errors),
    ] {
        assert_eq!(style(line).target, target, "{line}");
    }
    for (line, text) in [
        (
            "--outbuf=x",
            "resilver: Invalid --outbuf setting -- specify N, L, or B.",
        ),
        (
            "--stderr=All",
            "resilver: --stderr mode \"All\" is not one of errors, all, or client",
        ),
        ("--info=foo2", "Unknown --info item: \"foo\""),
        ("--debug=name", "Unknown --debug item: \"name\""),
    ] {
        let (said, code) = refusal(&format!("{line} s d"));
        assert_eq!(said.lines().next(), Some(text), "{line}");
        assert_eq!(code, Code::Syntax, "{line}");
    }
    for (line, text) in [
        ("--cc=foo", "unknown checksum name: foo"),
        ("--checksum-choice=md5,", "unknown checksum name: "),
        (
            "-c --cc=md5,none",
            "Invalid checksum-choice for --checksum: none (0)",
        ),
    ] {
        let (said, code) = refusal(&format!("{line} s d"));
        assert_eq!(said.lines().next(), Some(text), "{line}");
        assert_eq!(code, Code::Unsupported, "{line}");
    }
    assert!(asked("--no-W --cc=none").whole_file);
}

#[test]
fn help_on_flags_is_an_answer() {
    for line in [
        "--info=help",
        "-a --debug=del,help s d",
        "--info=HELP --info=foo",
    ] {
        match options::parse(&words(line)) {
            Ok(Request::Answer(text)) => assert!(text.starts_with("Use OPT or OPT1"), "{line}"),
            other => panic!("{line}: {other:?}"),
        }
    }
}

#[test]
fn options_and_operands_mix() {
    let options = sync("s1/ -r s2 --delete ./h:x d/").options;
    assert_eq!(options.sources.len(), 3);
    assert_eq!(options.sources[0].as_os_str(), "s1/");
    assert_eq!(options.dest.as_os_str(), "d/");
    assert!(options.deletion.enabled);
    let dashed = sync("-r -- -s/ --delete").options;
    assert_eq!(dashed.sources[0].as_os_str(), "-s/");
    assert_eq!(dashed.dest.as_os_str(), "--delete");
    assert!(!dashed.deletion.enabled);
}

#[test]
fn filters_keep_their_order() {
    let decides = |line: &str, name: &str| {
        let rules = asked(line).rules;
        let scope = crate::tree::Scope::default();
        rules.excluded(&scope, name.as_bytes(), false).is_some()
    };
    for line in ["--include=a --exclude=*", "--include a -r --exclude *"] {
        assert!(!decides(line, "a") && decides(line, "b"), "{line}");
    }
    let reversed = "--exclude=* --include=a";
    assert!(decides(reversed, "a") && decides(reversed, "b"));
}

#[test]
fn names_need_not_be_text() {
    let odd = OsString::from_vec(b"s\xff".to_vec());
    let line = [
        OsString::from("-r"),
        OsString::from("--gate"),
        odd.clone(),
        odd.clone(),
        OsString::from("d"),
    ];
    match options::parse(&line) {
        Ok(Request::Sync(sync)) => {
            assert_eq!(sync.options.sources, [odd.as_os_str()]);
            assert_eq!(sync.options.stage.gates, [odd]);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn some_lines_ask_for_a_text() {
    type Is = fn(&Request) -> bool;
    let rows: &[(&str, Is)] = &[
        ("--help", |r| matches!(r, Request::Help)),
        ("--help --bogus", |r| matches!(r, Request::Help)),
        ("-h", |r| matches!(r, Request::Help)),
        ("-vhh", |r| matches!(r, Request::Help)),
        ("", |r| matches!(r, Request::Usage)),
        ("-a", |r| matches!(r, Request::Usage)),
        ("-n -h", |r| matches!(r, Request::Usage)),
        ("--", |r| matches!(r, Request::Usage)),
        ("--exclude -- --", |r| matches!(r, Request::Usage)),
        ("-V", |r| matches!(r, Request::Version)),
        ("-VV", |r| matches!(r, Request::VersionJson)),
    ];
    for (line, is) in rows {
        let request = options::parse(&words(line)).expect(line);
        assert!(is(&request), "{line}: {request:?}");
    }
}

/// Lines that rsync 3.5.0 refuses with code 1 and the same words, but for the program's name.
#[test]
fn mistakes_are_told_as_rsync_tells_them() {
    for (line, text) in [
        ("--bogus s d", "resilver: --bogus: unknown option"),
        ("--bogus=3 s d", "resilver: --bogus=3: unknown option"),
        ("-aQ s d", "resilver: -aQ: unknown option"),
        ("-Qa s d", "resilver: -Qa: unknown option"),
        ("-Q=1 s d", "resilver: -Q=1: unknown option"),
        ("--recurs s d", "resilver: --recurs: unknown option"),
        ("--no-delete s d", "resilver: --no-delete: unknown option"),
        ("--no-u s d", "resilver: --no-u: unknown option"),
        ("--=3 s d", "resilver: --=3: unknown option"),
        ("---a s d", "resilver: ---a: unknown option"),
        (
            "--delete=yes s d",
            "resilver: --delete=yes: option does not take an argument",
        ),
        (
            "--no-p=3 s d",
            "resilver: --no-p=3: option does not take an argument",
        ),
        (
            "-a=3 s d",
            "resilver: -a=3: option does not take an argument",
        ),
        ("-a --exclude", "resilver: --exclude: missing argument"),
        ("-@", "resilver: -@: missing argument"),
        ("-a@", "resilver: -a@: missing argument"),
        (
            "--max-delete=5s s d",
            "resilver: --max-delete=5s: invalid numeric value",
        ),
        (
            "--max-delete=09 s d",
            "resilver: --max-delete=09: invalid numeric value",
        ),
        (
            "--modify-window=99999999999 s d",
            "resilver: --modify-window=99999999999: number too large or too small",
        ),
        (
            "--delete s/ d",
            "resilver: --delete does not work without --recursive (-r) or --dirs (-d).",
        ),
        ("-a '' d", "Empty source arg specified."),
        (
            "-a s ''",
            "Empty destination arg specified (use \".\" or see --old-args).",
        ),
    ] {
        let expected = format!("{text}\nresilver error: syntax or usage error (code 1)\n");
        assert_eq!(refusal(line), (expected, Code::Syntax), "{line}");
    }
}

#[test]
fn what_is_not_there_yet_is_refused_by_name() {
    for (line, text, code) in [
        (
            "-a --iconv=. s d",
            "--iconv has no meaning within one machine",
            Code::Unsupported,
        ),
        (
            "-a -M--fake-super s d",
            "--remote-option has no meaning within one machine",
            Code::Unsupported,
        ),
        (
            "--read-batch=f s d",
            "--read-batch: not supported yet",
            Code::Syntax,
        ),
        (
            "-a --gate=true s h:d",
            "--gate works where the destination is, and that is another machine",
            Code::Unsupported,
        ),
        (
            "-a --sockopts=SO_RCVLOWAT h::s d",
            "--sockopts: SO_RCVLOWAT is not supported",
            Code::Unsupported,
        ),
    ] {
        let (told, actual) = refusal(line);
        assert_eq!(told.lines().next(), Some(&*format!("resilver: {text}")));
        assert_eq!(actual, code, "{line}");
    }
}

#[test]
fn values_of_ours_are_judged() {
    for (line, text) in [
        (
            "--commit=x s d",
            "--commit=x: expected auto, swap, journal or direct",
        ),
        ("--previous=two s d", "--previous=two: expected one or none"),
        ("--wait=5s s d", "--wait=5s: invalid numeric value"),
        ("--wait=-5 s d", "--wait=-5: expected a number of seconds"),
        (
            "--threads=0 s d",
            "--threads=0: expected a number from 1 to 1024",
        ),
        (
            "--delete-guard=101 s d",
            "--delete-guard=101: expected a percentage from 0 to 100",
        ),
        ("--gate= s d", "--gate=: expected a value that is not empty"),
        (
            "--require-file=../x s d",
            "--require-file=../x: expected a path below the destination, without \"..\"",
        ),
        (
            "--require-file=/x s d",
            "--require-file=/x: expected a path below the destination, without \"..\"",
        ),
        (
            "--commit=direct --gate=true s d",
            "--gate cannot be used with --commit=direct",
        ),
        (
            "--commit=direct --delete-guard=5 s d",
            "--delete-guard cannot be used with --commit=direct",
        ),
        (
            "--commit=direct --previous=one s d",
            "--previous=one cannot be used with --commit=direct",
        ),
    ] {
        let (told, code) = refusal(line);
        assert_eq!(told.lines().next(), Some(&*format!("resilver: {text}")));
        assert_eq!(code, Code::Syntax, "{line}");
    }
}
