//! The manual page: options and subcommands from the definitions of the command line, exit codes from
//! their table, the rest from [`super::prose`].

use std::io;

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, italic, roman};

use super::exit::Code;
use super::grammar;
use super::job::JOBS;
use super::prose::{self, Paragraph};

/// The page, in roff.
pub fn page() -> Vec<u8> {
    let mut page = Vec::new();
    // Writing into memory does not fail.
    let _ = write(&mut page);
    page
}

fn write(page: &mut Vec<u8>) -> io::Result<()> {
    let options = Man::new(grammar::sync_command());
    let full = grammar::full_command();
    options.render_title(page)?;
    options.render_name_section(page)?;
    synopsis().to_writer(page)?;
    section("DESCRIPTION", prose::DESCRIPTION).to_writer(page)?;
    section("GUARANTEES", prose::GUARANTEES).to_writer(page)?;
    options.render_options_section(page)?;
    section("NEGATIONS", prose::NEGATIONS).to_writer(page)?;
    section("OTHER MACHINES", prose::MACHINES).to_writer(page)?;
    section("EDITS IN A MIRROR", prose::PUSH_BACK).to_writer(page)?;
    section("ATTRIBUTES", prose::ATTRIBUTES).to_writer(page)?;
    section("FILTER RULES", prose::FILTER_RULES).to_writer(page)?;
    subcommands(&full).to_writer(page)?;
    section("JOBS", JOBS).to_writer(page)?;
    section("OUTPUT FORMATS", prose::FORMATS).to_writer(page)?;
    section("JSON", prose::JSON).to_writer(page)?;
    section("TIME POINTS", prose::TIME_POINTS).to_writer(page)?;
    section("VERIFICATION", prose::VERIFICATION).to_writer(page)?;
    section("CHANGES CARRIED BY HAND", prose::BY_HAND).to_writer(page)?;
    exit_codes().to_writer(page)?;
    section("FILES", prose::FILES).to_writer(page)?;
    examples().to_writer(page)?;
    section("DIFFERENCES FROM RSYNC", prose::DIFFERENCES).to_writer(page)?;
    section("SEE ALSO", prose::SEE_ALSO).to_writer(page)
}

fn synopsis() -> Roff {
    let mut roff = titled("SYNOPSIS");
    roff.text([
        bold(grammar::NAME),
        roman(" ["),
        italic("OPTION"),
        roman("]... "),
        italic("SRC"),
        roman(" ["),
        italic("SRC"),
        roman("]... "),
        italic("DEST"),
    ]);
    roff.control("br", []);
    roff.text([
        bold(grammar::NAME),
        roman(" "),
        italic("SUBCOMMAND DEST"),
        roman(" ["),
        italic("OPTION"),
        roman("]..."),
    ]);
    roff
}

fn subcommands(full: &Command) -> Roff {
    let mut roff = titled("SUBCOMMANDS");
    for command in full.get_subcommands().filter(|c| !c.is_hide_set()) {
        if !command.has_subcommands() {
            subcommand(&mut roff, command.get_name().to_owned(), command);
        }
        for below in command.get_subcommands() {
            let name = format!("{} {}", command.get_name(), below.get_name());
            subcommand(&mut roff, name, below);
        }
    }
    roff
}

fn subcommand(roff: &mut Roff, name: String, command: &Command) {
    let mut head = vec![bold(name)];
    for operand in command.get_positionals() {
        if operand.is_last_set() {
            head.push(bold(" --"));
        }
        let names = operand.get_value_names().unwrap_or_default();
        head.extend(
            names
                .iter()
                .flat_map(|name| [roman(" "), italic(name.as_str())]),
        );
    }
    roff.control("TP", []);
    roff.text(head);
    roff.text([roman(sentence(command.get_about()))]);
    for option in command.get_arguments() {
        let Some(long) = option.get_long() else {
            continue;
        };
        let short = option.get_short().map(|c| format!("-{c}, "));
        let mut head = vec![bold(format!("{}--{long}", short.unwrap_or_default()))];
        let takes = option.get_action().takes_values();
        if let Some([value]) = option.get_value_names().filter(|_| takes) {
            let (before, after) = match option.get_num_args().map(|n| n.min_values()) {
                Some(0) => ("[=", "]"),
                _ => ("=", ""),
            };
            head.extend([roman(before), italic(value.as_str()), roman(after)]);
        }
        roff.control("RS", []);
        roff.control("TP", []);
        roff.text(head);
        roff.text([roman(sentence(option.get_help()))]);
        roff.control("RE", []);
    }
}

fn sentence(text: Option<&clap::builder::StyledStr>) -> String {
    text.map(|text| format!("{text}.")).unwrap_or_default()
}

fn exit_codes() -> Roff {
    let mut roff = section("EXIT CODES", prose::EXIT_CODES);
    for code in Code::ALL.into_iter().filter(|code| !code.is_remote()) {
        roff.control("TP", []);
        roff.text([bold(code.number().to_string())]);
        roff.text([roman(code.text())]);
    }
    roff
}

fn examples() -> Roff {
    let mut roff = titled("EXAMPLES");
    roff.control("nf", []);
    for line in grammar::EXAMPLES.lines() {
        roff.text([roman(line)]);
    }
    roff.control("fi", []);
    roff
}

fn section(title: &'static str, paragraphs: &[Paragraph]) -> Roff {
    let mut roff = titled(title);
    for paragraph in paragraphs {
        match paragraph {
            Paragraph::Text(text) => {
                roff.control("PP", []);
                roff.text([roman(*text)]);
            }
            Paragraph::Item(name, text) => {
                roff.control("TP", []);
                roff.text([bold(*name)]);
                roff.text([roman(*text)]);
            }
            Paragraph::Point(text) => {
                roff.control("IP", ["\\(bu", "2"]);
                roff.text([roman(*text)]);
            }
        }
    }
    roff
}

fn titled(title: &'static str) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", [title]);
    roff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_page_is_the_generated_one() {
        let committed = include_str!("../../man/resilver.1");
        let generated = String::from_utf8(page()).expect("the page is UTF-8");
        assert!(
            committed == generated,
            "renew it: cargo run -- man > man/resilver.1"
        );
    }

    #[test]
    fn every_option_and_code_has_its_place() {
        let page = String::from_utf8(page()).expect("the page is UTF-8");
        let plain = page.replace('\\', "");
        for arg in grammar::sync_command().get_arguments() {
            let Some(long) = arg.get_long().filter(|_| !arg.is_hide_set()) else {
                continue;
            };
            assert!(plain.contains(&format!("--{long}")), "--{long}");
        }
        for code in Code::ALL.into_iter().filter(|code| !code.is_remote()) {
            assert!(plain.contains(code.text()), "{code:?}");
        }
    }
}
