//! The manual page, from the definitions of the command line and the sections that only prose can say.

/// The page, in roff.
pub fn page() -> Vec<u8> {
    let mut page = Vec::new();
    let man = clap_mangen::Man::new(super::grammar::full_command());
    let _ = man.render(&mut page);
    page
}
