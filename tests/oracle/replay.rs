//! Recorded cases.
