//! The words of `--info` and `--debug`, and the help that each of the two has.

use std::fmt::Write;

use super::exit::Refusal;
use crate::report::{Flag, HIGHEST, Setting};

/// What a value of `--info` or `--debug` asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flags<F> {
    /// Levels, in the order given.
    Settings(Vec<Setting<F>>),
    /// `HELP`.
    Help,
}

/// Reads a list of names with their levels: `name2,del,ALL0`. A name alone is level 1, letters may be small.
pub fn parse<F: Flag>(value: &str) -> Result<Flags<F>, Refusal> {
    let mut settings = Vec::new();
    for word in value.split(',').filter(|word| !word.is_empty()) {
        let name = word.trim_end_matches(|c: char| c.is_ascii_digit());
        let digits = &word[name.len()..];
        let level = match digits {
            "" => 1,
            // Too many digits for a number are too loud as well.
            digits => digits.parse().unwrap_or(HIGHEST).min(HIGHEST),
        };
        let upper = name.to_ascii_uppercase();
        settings.push(match upper.as_str() {
            "HELP" => return Ok(Flags::Help),
            "NONE" => Setting {
                flag: None,
                level: 0,
            },
            "ALL" => Setting { flag: None, level },
            upper => match F::TABLE.iter().find(|(_, known, _)| *known == upper) {
                Some((flag, ..)) => Setting {
                    flag: Some(*flag),
                    level,
                },
                None => {
                    let option = F::OPTION;
                    return Err(Refusal::plain(format!("Unknown {option} item: \"{name}\"")));
                }
            },
        });
    }
    Ok(Flags::Settings(settings))
}

/// The table of flags and of what each `-v` adds, as rsync prints it.
pub fn help<F: Flag>() -> String {
    let option = F::OPTION;
    let mut text =
        "Use OPT or OPT1 for level 1 output, OPT2 for level 2, etc.; OPT0 silences.\n\n".to_owned();
    for (_, name, about) in F::TABLE {
        let _ = writeln!(text, "{name:<10} {about}");
    }
    let _ = write!(
        text,
        "\nALL        Set all {option} options (e.g. all4)\n\
         NONE       Silence all {option} options (same as all0)\n\
         HELP       Output this help message\n\n\
         Options added at each level of verbosity:\n"
    );
    for (number, row) in F::VERBOSITY {
        let names: Vec<String> = row
            .iter()
            .map(|(flag, level)| shown(*flag, *level))
            .collect();
        let _ = writeln!(text, "{number}) {}", names.join(","));
    }
    text
}

fn shown<F: Flag>(flag: F, level: u8) -> String {
    let name = F::TABLE
        .iter()
        .find(|(known, ..)| *known == flag)
        .map_or("", |(_, name, _)| name);
    match level {
        1 => name.to_owned(),
        level => format!("{name}{level}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Debug, Info};

    fn one(flag: Option<Info>, level: u8) -> Setting<Info> {
        Setting { flag, level }
    }

    #[test]
    fn words_are_flags_with_levels() {
        for (value, settings) in [
            ("", vec![]),
            (",name,", vec![one(Some(Info::Name), 1)]),
            (
                "Name2,dEl0",
                vec![one(Some(Info::Name), 2), one(Some(Info::Del), 0)],
            ),
            ("stats9", vec![one(Some(Info::Stats), 4)]),
            ("stats123456", vec![one(Some(Info::Stats), 4)]),
            ("all", vec![one(None, 1)]),
            ("ALL4,none2", vec![one(None, 4), one(None, 0)]),
        ] {
            assert_eq!(parse(value), Ok(Flags::Settings(settings)), "{value}");
        }
        assert_eq!(parse::<Info>("name,help2"), Ok(Flags::Help));
    }

    #[test]
    fn an_unknown_word_is_named_without_its_level() {
        for (value, name) in [("foo12,name", "foo"), ("na", "na"), ("name-1", "name-")] {
            let refusal = parse::<Info>(value).expect_err(value);
            let line = format!("Unknown --info item: \"{name}\"\n");
            assert!(refusal.to_string().starts_with(&line), "{refusal}");
        }
    }

    /// `rsync --info=help` and `--debug=help`, in part.
    #[test]
    fn help_is_rsyncs() {
        let info = help::<Info>();
        assert!(info.contains("\nSYMSAFE    Mention symlinks that are unsafe\n\nALL        Set"));
        assert!(info.ends_with(
            "0) NONREG\n1) COPY,DEL,FLIST,MISC,NAME,STATS,SYMSAFE\n\
             2) BACKUP,MISC2,MOUNT,NAME2,REMOVE,SKIP\n"
        ));
        assert!(help::<Debug>().ends_with("\n5) CHDIR,DELTASUM4,FLIST4,FUZZY2,HASH,HLINK\n"));
    }
}
