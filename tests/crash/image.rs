//! Filesystems in files, mounted through loop devices, and what their disk holds at a moment.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::run::is_root;

/// A kind of filesystem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Ext4,
    Xfs,
    Btrfs,
}

impl Kind {
    fn make(self) -> &'static [&'static str] {
        match self {
            Kind::Ext4 => &["mkfs.ext4", "-q", "-F"],
            Kind::Xfs => &["mkfs.xfs", "-q"],
            Kind::Btrfs => &["mkfs.btrfs", "-q"],
        }
    }

    /// Nothing is to reach the disk but what the program asks for: the system's own commits are put off.
    fn options(self) -> &'static str {
        match self {
            Kind::Ext4 | Kind::Btrfs => "loop,commit=600",
            Kind::Xfs => "loop",
        }
    }

    fn bytes(self) -> u64 {
        match self {
            Kind::Ext4 => 400 << 20,
            Kind::Xfs | Kind::Btrfs => 512 << 20,
        }
    }
}

/// A mounted image; unmounted when dropped.
pub struct Image {
    kind: Kind,
    /// The backing file.
    pub file: PathBuf,
    /// Where it is mounted.
    pub root: PathBuf,
    mounted: bool,
}

impl Image {
    /// Makes and mounts one below `scratch`; says why where that cannot be.
    pub fn make(kind: Kind, scratch: &Path) -> Option<Image> {
        if !is_root() {
            println!("skipped: {kind:?} needs root to mount an image");
            return None;
        }
        let (file, root) = (scratch.join("disk"), scratch.join("mnt"));
        let disk = std::fs::File::create(&file).expect("a file");
        disk.set_len(kind.bytes()).expect("a size");
        std::fs::create_dir(&root).expect("a directory");
        let mut image = Image {
            kind,
            file,
            root,
            mounted: false,
        };
        let make = kind.make();
        let file = image.file.as_os_str();
        if !succeeds(Command::new(make[0]).args(&make[1..]).arg(file)) || !image.try_mount(None) {
            println!("skipped: {kind:?} images cannot be made or mounted here");
            return None;
        }
        Some(image)
    }

    fn try_mount(&mut self, file: Option<&Path>) -> bool {
        let file = file.unwrap_or(&self.file);
        let mount = ["-t", &format!("{:?}", self.kind).to_lowercase(), "-o"];
        let mut command = Command::new("mount");
        command.args(mount).arg(self.kind.options());
        self.mounted = succeeds(command.arg(file).arg(&self.root));
        self.mounted
    }

    /// The shell command that takes down what the disk holds at this instant, into `copy`.
    pub fn snapshot(&self, copy: &Path) -> String {
        format!(
            "cp --sparse=always '{}' '{}'",
            self.file.display(),
            copy.display()
        )
    }

    /// Mounts another disk, or this one again, in the same place.
    pub fn swap_disk(&mut self, file: Option<&Path>) {
        self.unmount();
        let shown = file.unwrap_or(&self.file).display().to_string();
        assert!(self.try_mount(file), "{shown} can be mounted");
    }

    /// Everything written so far reaches the disk.
    pub fn sync(&self) {
        assert!(succeeds(Command::new("sync").arg("-f").arg(&self.root)));
    }

    fn unmount(&mut self) {
        if !std::mem::take(&mut self.mounted) {
            return;
        }
        // A process that another test is just starting may hold our descriptors for a moment.
        let umount = || succeeds(Command::new("umount").arg(&self.root));
        let pause = || std::thread::sleep(Duration::from_millis(50));
        if !(0..20).any(|_| umount() || (pause(), false).1) {
            succeeds(Command::new("umount").arg("-l").arg(&self.root));
        }
        self.wait_until_released();
    }

    /// A run in a mount namespace of its own (see `Run::run_after_boot`, in any test) keeps a filesystem
    /// alive a little longer: it is only gone when its loop device is.
    fn wait_until_released(&self) {
        let dir = self.file.parent().expect("a directory");
        let is_held = || {
            let loops = std::fs::read_dir("/sys/block")
                .into_iter()
                .flatten()
                .flatten();
            loops
                .map(|entry| entry.path().join("loop/backing_file"))
                .filter_map(|path| std::fs::read_to_string(path).ok())
                .any(|file| Path::new(file.trim_end()).starts_with(dir))
        };
        let begin = Instant::now();
        while is_held() && begin.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        self.unmount();
    }
}

fn succeeds(command: &mut Command) -> bool {
    let output = command.stdin(Stdio::null()).output();
    let Ok(output) = output else { return false };
    if !output.status.success() {
        eprintln!("{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    output.status.success()
}
