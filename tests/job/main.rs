//! Jobs, as a user types them: a home directory of their own each, the program from outside, and time from inside
//! where it has to pass.

mod add;
mod hooks;
mod place;
mod readme;
mod retry;
mod run;
mod status;
mod timer;
