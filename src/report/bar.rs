//! The live bar on a terminal, for runs that print no names there.

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::levels::Info;
use super::style::{Style, Way};
use super::voice::Voice;
use crate::engine::{Event, Outcome, Position, Wants};

/// How often the text beside the bar is made anew.
const INTERVAL: Duration = Duration::from_millis(100);

/// Files and bytes done and their rate, on standard error; a bar and the time that is left as soon as the
/// number of entries is known.
pub struct Bar {
    bar: ProgressBar,
    started: Instant,
    told: Instant,
    files: u64,
    bytes: u64,
    /// Bytes so far of the files that are under way.
    moving: Vec<(PathBuf, u64)>,
}

impl Bar {
    /// A bar where that helps: on a terminal on which nothing else is printed as the run goes on.
    pub fn for_style(style: &Style) -> Option<Bar> {
        let names_here = style.format.is_some() && io::stdout().is_terminal();
        let silent = style.quiet || style.json || style.info(Info::Progress) > 0 || names_here;
        // On the way to another machine a person may be asked for a password here.
        (!silent && io::stderr().is_terminal()).then(|| Bar::new(style.run.way == Way::Local))
    }

    /// A bar on standard error; draws nothing until the first file moves, but a turning wheel, at once or
    /// from the first list on.
    fn new(at_once: bool) -> Bar {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        bar.set_style(wheel());
        bar.set_message("comparing");
        if at_once {
            show(&bar);
        }
        let now = Instant::now();
        Bar {
            bar,
            started: now,
            told: now - INTERVAL,
            files: 0,
            bytes: 0,
            moving: Vec::new(),
        }
    }

    /// For whoever writes on the same terminal.
    pub fn handle(&self) -> ProgressBar {
        self.bar.clone()
    }

    /// A file is done. How much is left can only be told once the whole list is known.
    fn finished(&mut self, size: u64, position: Position) {
        self.bytes += size;
        self.files = position.number;
        if !position.growing {
            if self.bar.length().is_none() {
                self.bar.set_style(full());
                self.bar.set_length(position.known);
            }
            self.bar
                .set_position(position.known.saturating_sub(position.to_check));
        }
        self.tell();
    }

    fn tell(&mut self) {
        if self.told.elapsed() < INTERVAL {
            return;
        }
        self.told = Instant::now();
        let bytes = self.bytes + self.moving.iter().map(|(_, done)| done).sum::<u64>();
        let seconds = self.started.elapsed().as_secs_f64().max(0.001);
        let rate = HumanBytes((bytes as f64 / seconds) as u64);
        let files = HumanCount(self.files);
        let bytes = HumanBytes(bytes);
        self.bar
            .set_message(format!("{files} files  {bytes}  {rate}/s"));
    }
}

impl Voice for Bar {
    fn event(&mut self, event: &Event) {
        match event {
            Event::ListBegins => show(&self.bar),
            Event::FileProgress { path, done, .. } => {
                match self.moving.iter_mut().find(|(moving, _)| moving == path) {
                    Some((_, so_far)) => *so_far = *done,
                    None => self.moving.push((path.clone(), *done)),
                }
                self.tell();
            }
            Event::FileFinished {
                path,
                size,
                position,
            } => {
                self.moving.retain(|(moving, _)| moving != path);
                self.finished(*size, *position);
            }
            _ => {}
        }
    }

    fn finish(&mut self, _: &Outcome) {
        self.bar.finish_and_clear();
    }

    fn last_word(&mut self, _: &str) {
        self.bar.finish_and_clear();
    }

    fn wants(&self) -> Wants {
        Wants {
            progress: true,
            ..Wants::default()
        }
    }
}

fn show(bar: &ProgressBar) {
    bar.set_draw_target(ProgressDrawTarget::stderr());
    bar.enable_steady_tick(Duration::from_millis(120));
}

fn wheel() -> ProgressStyle {
    ProgressStyle::with_template("{spinner} {msg}  {elapsed_precise}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
}

fn full() -> ProgressStyle {
    ProgressStyle::with_template("{wide_bar} {human_pos}/{human_len}  {msg}  ETA {eta_precise}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}
