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
