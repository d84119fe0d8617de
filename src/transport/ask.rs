//! Questions to the person at the terminal.

/// What a person is asked. Where nobody is there to answer, the answers are no and nothing.
pub trait Ask {
    /// Whether to go on.
    fn confirm(&mut self, question: &str) -> bool;
    /// A password or passphrase; not shown as it is typed.
    fn secret(&mut self, prompt: &str) -> Option<String>;
    /// A text that may be seen as it is typed.
    fn text(&mut self, prompt: &str) -> Option<String>;
}
