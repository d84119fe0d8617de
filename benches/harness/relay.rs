//! A remote shell whose link is slow: every byte takes its time on the way, as it would over a long line.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

/// How long a byte is under way, each way.
const LATENCY: Duration = Duration::from_millis(25);
/// Bytes a second, each way: 100 Mbit.
const RATE: f64 = 12_500_000.0;
/// What is carried in one piece, in bytes.
const PIECE: usize = 16 << 10;
/// How many pieces may be on the way.
const ON_THE_WAY: usize = 64;

/// Runs the command behind the host in `args`, far away.
pub fn run(args: &[String]) -> ! {
    let command = args[1..].join(" ");
    let mut child = Command::new("sh")
        .args(["-c", &command])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a shell");
    let there = child.stdin.take().expect("its input");
    let back = child.stdout.take().expect("its output");
    std::thread::spawn(move || carry(std::io::stdin(), there));
    carry(back, std::io::stdout());
    let status = child.wait().expect("its end");
    std::process::exit(status.code().unwrap_or(1));
}

/// Carries bytes as a line does: one piece after the other, each so long under way.
fn carry(mut from: impl Read, mut to: impl Write + Send) {
    let (send, receive) = sync_channel::<(Instant, Vec<u8>)>(ON_THE_WAY);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for (due, piece) in receive {
                std::thread::sleep(due.saturating_duration_since(Instant::now()));
                if to.write_all(&piece).and_then(|()| to.flush()).is_err() {
                    return;
                }
            }
        });
        let mut free = Instant::now();
        let mut piece = vec![0; PIECE];
        while let Ok(read @ 1..) = from.read(&mut piece) {
            free = free.max(Instant::now()) + Duration::from_secs_f64(read as f64 / RATE);
            if send.send((free + LATENCY, piece[..read].to_vec())).is_err() {
                return;
            }
        }
        drop(send);
    });
}
