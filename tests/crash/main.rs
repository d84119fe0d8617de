//! The proof that an interrupted run leaves the old tree or the new one, never something between.
//!
//! * `kill`: runs killed at random moments while readers pass over the destination.
//! * `cut`: runs aborted at each step, one after the other (`sys::cut` in debug builds).
//! * `damage`: state directories that were broken by others.
//! * `options`: the same under options that change how a run goes.
//! * `power`: what a disk holds at chosen moments, on loop-mounted images.
//! * `sides`: what a run does outside of its destination.
//! * `resume`: an interrupted run goes on over a live tree that others changed meanwhile.
//!
//! Everything is judged from outside: by what lies on disk, by exit codes and by what is printed. `reader` and `tree`
//! know nothing of how resilver works, and `reader` has tests that show that it notices what it is there for.
//!
//! | variable | meaning |
//! | --- | --- |
//! | `RESILVER_KILLS` | runs to kill, 200 if not set |
//! | `RESILVER_SEED` | another row of random moments |

#![cfg(debug_assertions)]

mod cut;
mod damage;
mod damages;
mod generations;
mod image;
mod kill;
mod options;
mod power;
mod reader;
mod resume;
mod run;
mod sides;
mod tree;
