//! What the README tells a new user to type about jobs, typed in a fresh home.

use std::fs;
use std::path::Path;

use crate::place::{Home, Said, script};

#[test]
fn its_words_work() {
    let readme = include_str!("../../README.md");
    let section = readme.split("\n### Jobs").nth(1).expect("the section");
    let section = section.split("\n### ").next().expect("its text");
    let lines: Vec<&str> = section
        .lines()
        .filter_map(|line| line.strip_prefix("$ "))
        .collect();
    assert!(lines.len() >= 5, "{lines:?}");

    let home = Home::new();
    let bin = home.at("bin");
    fs::create_dir(&bin).expect("a directory");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_resilver"), bin.join("resilver"))
        .expect("a link");
    // The other machine has its /data/ in the source, and this one a crontab of its own.
    let far = format!(
        "while [ \"$1\" != rsync ]; do shift; done\nexec sh -c \"$(echo \"$*\" | sed 's, /data/, {}/,')\"",
        home.at("source").display()
    );
    script(&bin.join("ssh"), &far);
    let table = "if [ \"$1\" = -l ]; then cat \"$HOME/table\"; else cat > \"$HOME/table\"; fi";
    script(&bin.join("crontab"), table);
    fs::write(home.at("table"), "").expect("a table");
    let cron = !Path::new("/run/systemd/system").exists();
    for line in lines {
        // Where systemd runs, its manager is not to be bothered.
        let line = match cron {
            true => line.to_owned(),
            false => line.replace("--daily", "--scheduler cron --daily"),
        };
        let mut command = home.command_of(Path::new("sh"), &["-c", &line]);
        command.env(
            "PATH",
            format!("{}:{}", bin.display(), std::env::var("PATH").expect("PATH")),
        );
        let said = Said::of(command.output().expect("a shell"));
        assert_eq!(said.code, 0, "{line}: {said:?}");
        if line.contains("job add") {
            assert!(
                home.read("table").contains(" job run nightly"),
                "{}",
                home.read("table")
            );
        }
    }
    assert!(home.at("dataCopy/9").exists());
    assert_eq!(home.read("table"), "");
}
