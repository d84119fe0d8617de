//! The program: a command line in, an exit code out.

use std::process::ExitCode;

use resilver::{cli, sys};

fn main() -> ExitCode {
    sys::process::take_umask();
    sys::process::raise_file_limit();
    if let Err(e) = sys::signal::install() {
        eprintln!("resilver: cannot listen to signals: {e}");
    }
    match sys::stack::deep(|| cli::run(std::env::args_os())) {
        Ok(code) => ExitCode::from(code),
        Err(e) => {
            eprintln!("resilver: {e}");
            ExitCode::from(cli::Code::Ipc.number())
        }
    }
}
