//! How long the parts of a run take on a large tree. Not a test: run by hand, see the figures in the
//! module documentation of `stage`.

use std::fs;
use std::time::Instant;

use resilver::stage::{Root, Stage};

use crate::driver::{MIRROR, Moment, mirror_with};
use crate::swap::swap;

#[test]
#[ignore = "prints figures: RESILVER_MEASURE=/dev/shm cargo test --release --test stage measure -- --ignored --nocapture"]
fn measure() {
    let base = std::env::var_os("RESILVER_MEASURE").unwrap_or_else(|| "/dev/shm".into());
    let tmp = tempfile::tempdir_in(base).unwrap();
    let (src, dst) = (tmp.path().join("src"), tmp.path().join("dst"));
    for dir in 0..1000 {
        let dir = src.join(format!("dir-{dir:04}"));
        fs::create_dir_all(&dir).unwrap();
        for file in 0..100 {
            fs::write(dir.join(format!("file-{file:03}.txt")), "some text").unwrap();
        }
    }
    for run in 0..6 {
        let began = Instant::now();
        let mut staged = began.elapsed();
        let mut committed = staged;
        let mut opened = staged;
        mirror_with(&src, &dst, &swap(), MIRROR, &mut |moment| match moment {
            Moment::Opened => opened = began.elapsed(),
            Moment::Staged => staged = began.elapsed(),
            Moment::Committed => committed = began.elapsed(),
        })
        .unwrap();
        let all = began.elapsed();
        println!(
            "run {run}: begin and stage {:?}, commit {:?}, settle {:?}",
            staged - opened,
            committed - staged,
            all - committed
        );
        let root = Root {
            path: &dst,
            single: None,
        };
        let stage = Stage::open(root, &swap()).unwrap();
        let began = Instant::now();
        stage.begin(true).unwrap();
        println!("       begin alone: {:?}", began.elapsed());
        drop(stage);
        for dir in 0..1000 {
            fs::write(
                src.join(format!("dir-{dir:04}/file-007.txt")),
                format!("run {run}, changed"),
            )
            .unwrap();
        }
    }
}
