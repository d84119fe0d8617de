//! Completions for shells, from the definitions of the command line.

use clap_complete::Shell;

use super::grammar;

/// The script for a shell.
pub fn script(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    clap_complete::generate(
        shell,
        &mut grammar::full_command(),
        grammar::NAME,
        &mut script,
    );
    script
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_scripts_are_the_generated_ones() {
        for (shell, committed, path) in [
            (
                Shell::Bash,
                include_str!("../../man/completions/resilver.bash"),
                "resilver.bash",
            ),
            (
                Shell::Zsh,
                include_str!("../../man/completions/_resilver"),
                "_resilver",
            ),
            (
                Shell::Fish,
                include_str!("../../man/completions/resilver.fish"),
                "resilver.fish",
            ),
        ] {
            let generated = String::from_utf8(script(shell)).expect("scripts are UTF-8");
            assert!(
                committed == generated,
                "renew it: cargo run -- completions {shell} > man/completions/{path}"
            );
        }
    }
}
