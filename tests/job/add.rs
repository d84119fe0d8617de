//! Adding, changing and taking away.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::place::{Home, script};

#[test]
fn a_job_is_a_file_for_its_owner_alone() {
    let home = Home::new();
    home.add(
        "nightly",
        &["--env", "TOKEN=secret", "--nice", "-5", "--bwlimit", "2m"],
    );
    let file = home.at(".config/resilver/jobs/nightly.toml");
    let mode = fs::metadata(&file).expect("the file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let text = fs::read_to_string(&file).expect("the file");
    for line in [
        "arguments = [\"-a\", \"--delete\", \"source/\", \"mirror\"]",
        "delete = 50",
        "bandwidth = \"2m\"",
        "nice = -5",
        "TOKEN = \"secret\"",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    let shown = home.done(&["job", "show", "nightly"]);
    assert!(shown.contains(&text), "{shown}");
    assert!(
        shown.contains(
            "# runs: resilver --delete-guard=50 --bwlimit=2m -a --delete source/ mirror\n"
        ),
        "{shown}"
    );
    let listed = home.done(&["job", "list"]);
    assert_eq!(
        listed,
        "nightly          no schedule              -a --delete source/ mirror\n"
    );
}

#[test]
fn what_cannot_run_is_not_added() {
    let home = Home::new();
    for (words, told) in [
        (
            &["--", "-a", "--no-such", "source/", "mirror"][..],
            "--no-such: unknown option",
        ),
        (
            &["--", "push", "mirror"],
            "a job makes runs, and \"push\" is a subcommand; a directory of that name is ./push",
        ),
        (
            &["--", "-a", "source/"],
            "needs the options, sources and destination",
        ),
        (
            &["--", "--version"],
            "needs the options, sources and destination",
        ),
        (
            &["--", "-a", "--files-from=-", "source/", "mirror"],
            "no standard input",
        ),
        (
            &["--", "-a", "--summary-file=x", "source/", "mirror"],
            "--summary-file",
        ),
        (
            &["--bwlimit", "much", "--", "-a", "source/", "mirror"],
            "bwlimit",
        ),
        (
            &["--delete-guard", "101", "--", "-a", "source/", "mirror"],
            "0..=100",
        ),
        (
            &["--daily", "3", "--", "-a", "source/", "mirror"],
            "is no schedule",
        ),
        (
            &[
                "--daily", "03:00", "--hourly", "--", "-a", "source/", "mirror",
            ],
            "cannot be used with",
        ),
        (
            &["--env", "X", "--", "-a", "source/", "mirror"],
            "NAME=VALUE",
        ),
        (
            &["--ping", "gopher://x", "--", "-a", "source/", "mirror"],
            "http://",
        ),
        (
            &["--require-file", "x", "--", "-a", "source/", "host:mirror"],
            "not in a push",
        ),
        (&["-a", "source/", "mirror"], "unexpected argument"),
        (&[], "required"),
    ] {
        let said = home.run(&[&["job", "add", "j"], words].concat());
        assert_eq!(said.code, 1, "{words:?}: {said:?}");
        assert!(said.err.contains(told), "{words:?}: {said:?}");
        assert!(
            !home.at(".config/resilver/jobs/j.toml").exists(),
            "{words:?}"
        );
    }
    let said = home.run(&["job", "add", "../j", "--", "-a", "source/", "mirror"]);
    assert!(
        said.code == 1 && said.err.contains("cannot be the name of a job"),
        "{said:?}"
    );
    assert_eq!(home.done(&["job", "list"]), "");
}

#[test]
fn a_name_is_taken_once() {
    let home = Home::new();
    home.add("j", &[]);
    let said = home.run(&["job", "add", "j", "--", "-a", "source/", "other"]);
    assert!(
        said.code == 1 && said.err.contains("there is a job j already"),
        "{said:?}"
    );
    home.done(&["job", "run", "j"]);
    assert!(home.at("mirror/9").exists());
    home.done(&["job", "remove", "j"]);
    let said = home.run(&["job", "run", "j"]);
    assert!(
        said.code == 3 && said.err.contains("there is no job j"),
        "{said:?}"
    );
    // Its runs are kept until they are asked away.
    assert_eq!(home.runs("j", ".log").len(), 1);
    home.add("j", &[]);
    home.done(&["job", "remove", "j", "--all"]);
    assert!(!home.at(".local/state/resilver/jobs/j").exists());
}

#[test]
fn an_edit_is_checked() {
    let home = Home::new();
    home.add("j", &[]);
    let editor = home.at("editor");
    let edit = |text: &str| {
        script(&editor, text);
        let mut command = home.command(&["job", "edit", "j"]);
        command.env("EDITOR", &editor);
        crate::place::Said::of(command.output().expect("resilver"))
    };
    let file = ".config/resilver/jobs/j.toml";
    let before = home.read(file);
    for (change, told) in [
        ("sed -i s/delete.=.50/delete=200/ \"$1\"", "percentage"),
        (
            "sed -i s/--delete/--deleet/ \"$1\"",
            "--deleet: unknown option",
        ),
        ("echo 'daily =' >> \"$1\"", "TOML"),
        ("exit 3", "the editor failed"),
    ] {
        let said = edit(change);
        assert_eq!(said.code, 1, "{said:?}");
        assert!(said.err.contains(told), "{told}: {said:?}");
        assert_eq!(home.read(file), before);
    }
    assert_eq!(edit("true").out, "nothing was changed\n");
    let said = edit("sed -i 's/delete = 50/delete = 75 # more/' \"$1\"");
    assert_eq!(
        (said.code, &*said.out),
        (0, "job j was changed\n"),
        "{said:?}"
    );
    assert!(home.read(file).contains("delete = 75 # more\n"));
    let mode = fs::metadata(home.at(file))
        .expect("the file")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_file_written_by_hand_is_a_job() {
    let home = Home::new();
    fs::create_dir_all(home.at(".config/resilver/jobs")).expect("a directory");
    let text = format!(
        "arguments = ['-a', 'source/', 'mirror']\ndirectory = '{}'\n",
        home.path().display()
    );
    fs::write(home.at(".config/resilver/jobs/mine.toml"), text).expect("a file");
    home.done(&["job", "run", "mine"]);
    assert!(home.at("mirror/0").exists());
    fs::write(home.at(".config/resilver/jobs/mine.toml"), "argument = 3").expect("a file");
    let said = home.run(&["job", "run", "mine"]);
    assert!(
        said.code == 1 && said.err.contains("unknown field `argument`"),
        "{said:?}"
    );
    // A monitor has to know of it.
    let said = home.run(&["job", "status"]);
    assert!(
        said.code == 1 && said.out.contains("its file makes no sense"),
        "{said:?}"
    );
}
