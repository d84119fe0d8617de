//! The program: a command line in, an exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    resilver::sys::process::take_umask();
    resilver::sys::process::raise_file_limit();
    if let Err(e) = resilver::sys::signal::install() {
        eprintln!("resilver: cannot listen to signals: {e}");
    }
    ExitCode::from(resilver::cli::run(std::env::args_os()))
}
