//! The person at the terminal, who is asked what no option and no file says.

use crate::sys::terminal::Terminal;
use crate::transport::Ask;

/// Whoever sits at the terminal; nobody where there is none.
pub struct Person;

impl Ask for Person {
    fn confirm(&mut self, question: &str) -> bool {
        let Some(mut terminal) = Terminal::open() else {
            return false;
        };
        let mut prompt = format!("{question} (yes/no)? ");
        loop {
            match terminal.ask(&prompt, true) {
                Ok(answer) if answer.trim().eq_ignore_ascii_case("yes") => return true,
                Ok(answer) if answer.trim().eq_ignore_ascii_case("no") => return false,
                Ok(_) => prompt = "Please type yes or no: ".to_owned(),
                Err(_) => return false,
            }
        }
    }

    fn secret(&mut self, prompt: &str) -> Option<String> {
        Terminal::open()?.ask(prompt, false).ok()
    }

    fn text(&mut self, prompt: &str) -> Option<String> {
        Terminal::open()?.ask(prompt, true).ok()
    }
}
