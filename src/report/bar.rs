//! The live bar on a terminal, for runs that print no names there.

use std::time::{Duration, Instant};

use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::progress::Position;

/// How often the text beside the bar is made anew.
const INTERVAL: Duration = Duration::from_millis(100);

/// Files and bytes done and their rate, on standard error; a bar and the time that is left as soon as the
/// number of entries is known.
pub struct Bar {
    bar: ProgressBar,
    started: Instant,
    told: Instant,
    finished_files: u64,
    finished_bytes: u64,
}

impl Bar {
    /// A bar on standard error; draws nothing until the first file moves, but a turning wheel.
    pub fn new() -> Bar {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        bar.set_style(wheel());
        bar.set_message("comparing");
        bar.enable_steady_tick(Duration::from_millis(120));
        let now = Instant::now();
        Bar {
            bar,
            started: now,
            told: now - INTERVAL,
            finished_files: 0,
            finished_bytes: 0,
        }
    }

    /// So many bytes of the current file are done.
    pub fn moved(&mut self, done: u64) {
        self.tell(self.finished_bytes + done);
    }

    /// A file is done. How much is left can only be told once the whole list is known.
    pub fn finished(&mut self, size: u64, position: Position) {
        self.finished_bytes += size;
        self.finished_files = position.number;
        if !position.growing {
            if self.bar.length().is_none() {
                self.bar.set_style(full());
                self.bar.set_length(position.known);
            }
            self.bar
                .set_position(position.known.saturating_sub(position.to_check));
        }
        self.tell(self.finished_bytes);
    }

    /// Runs `f`, which writes to the terminal, with the bar out of the way.
    pub fn aside(&self, f: impl FnOnce()) {
        self.bar.suspend(f);
    }

    /// Takes the bar away.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }

    fn tell(&mut self, bytes: u64) {
        if self.told.elapsed() < INTERVAL {
            return;
        }
        self.told = Instant::now();
        let seconds = self.started.elapsed().as_secs_f64().max(0.001);
        let rate = HumanBytes((bytes as f64 / seconds) as u64);
        let files = HumanCount(self.finished_files);
        let bytes = HumanBytes(bytes);
        self.bar
            .set_message(format!("{files} files  {bytes}  {rate}/s"));
    }
}

fn wheel() -> ProgressStyle {
    ProgressStyle::with_template("{spinner} {msg}  {elapsed_precise}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
}

fn full() -> ProgressStyle {
    ProgressStyle::with_template("{wide_bar} {human_pos}/{human_len}  {msg}  ETA {eta_precise}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}
