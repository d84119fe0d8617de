//! `--chmod`: changes of permission bits as chmod(1) writes them, for directories, for all else, or both.

/// Changes in the order in which they are made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chmod(Vec<Item>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Item {
    /// Directories only, or all else only.
    only: Option<Only>,
    what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Only {
    Dirs,
    Others,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    /// These bits and no others.
    Exactly(u32),
    /// Bits for some classes.
    Change { who: Who, op: Op, bits: Bits },
}

/// For whom: bits of the three classes as in a mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    /// Nobody was named: everybody, as far as the umask lets.
    Umask,
    /// Some of 0o700, 0o070 and 0o007.
    Classes(u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    Add,
    Remove,
    Set,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bits {
    /// `rwx` as 0 to 7, and the special letters.
    Letters {
        rwx: u32,
        x_if_any: bool,
        set_id: bool,
        sticky: bool,
    },
    /// What this class has: how far to shift a mode to the right for it.
    CopyOf(u32),
}

impl Chmod {
    /// Adds the changes of a list with commas; `None` where that is none, and nothing is added.
    #[must_use]
    pub fn and(mut self, list: &str) -> Option<Chmod> {
        for item in list.split(',') {
            self.0.push(Item::parse(item)?);
        }
        Some(self)
    }

    /// Whether there is nothing to change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The mode, 0 to 0o7777, that comes of `mode`.
    #[must_use]
    pub fn apply(&self, mode: u32, is_dir: bool, umask: u32) -> u32 {
        let any_x = is_dir || mode & 0o111 != 0;
        let fits = |item: &&Item| match item.only {
            None => true,
            Some(Only::Dirs) => is_dir,
            Some(Only::Others) => !is_dir,
        };
        self.0
            .iter()
            .filter(fits)
            .fold(mode, |mode, item| item.what.apply(mode, any_x, umask))
    }
}

impl Item {
    fn parse(text: &str) -> Option<Item> {
        let mut only = None;
        let mut rest = text;
        while let Some(letter) = rest.chars().next().filter(|c| matches!(c, 'D' | 'F')) {
            let this = if letter == 'D' {
                Only::Dirs
            } else {
                Only::Others
            };
            if only.is_some_and(|only| only != this) {
                return None;
            }
            only = Some(this);
            rest = &rest[1..];
        }
        let what = match rest.chars().next()? {
            '0'..='7' => What::Exactly(octal(rest)?),
            _ => change(rest)?,
        };
        Some(Item { only, what })
    }
}

fn octal(text: &str) -> Option<u32> {
    let digits = text.bytes().all(|b| matches!(b, b'0'..=b'7'));
    let bits = u32::from_str_radix(text, 8).ok()?;
    (digits && bits <= 0o7777).then_some(bits)
}

fn change(text: &str) -> Option<What> {
    let at = text.find(['+', '-', '='])?;
    let (who, rest) = text.split_at(at);
    let mut classes = 0;
    for letter in who.chars() {
        classes |= match letter {
            'u' => 0o700,
            'g' => 0o070,
            'o' => 0o007,
            'a' => 0o777,
            _ => return None,
        };
    }
    let op = match &rest[..1] {
        "+" => Op::Add,
        "-" => Op::Remove,
        _ => Op::Set,
    };
    Some(What::Change {
        who: match classes {
            0 => Who::Umask,
            classes => Who::Classes(classes),
        },
        op,
        bits: bits(&rest[1..])?,
    })
}

fn bits(text: &str) -> Option<Bits> {
    match text {
        "u" => return Some(Bits::CopyOf(6)),
        "g" => return Some(Bits::CopyOf(3)),
        "o" => return Some(Bits::CopyOf(0)),
        _ => {}
    }
    let (mut rwx, mut x_if_any, mut set_id, mut sticky) = (0, false, false, false);
    for letter in text.chars() {
        match letter {
            'r' => rwx |= 4,
            'w' => rwx |= 2,
            'x' => rwx |= 1,
            'X' => x_if_any = true,
            's' => set_id = true,
            't' => sticky = true,
            _ => return None,
        }
    }
    Some(Bits::Letters {
        rwx,
        x_if_any,
        set_id,
        sticky,
    })
}

impl What {
    fn apply(self, mode: u32, any_x: bool, umask: u32) -> u32 {
        let (who, op, bits) = match self {
            What::Exactly(bits) => return bits,
            What::Change { who, op, bits } => (who, op, bits),
        };
        let classes = match who {
            Who::Umask => 0o777 & !umask,
            Who::Classes(classes) => classes,
        };
        let (rwx, special) = match bits {
            Bits::CopyOf(shift) => (mode >> shift & 7, 0),
            Bits::Letters {
                rwx,
                x_if_any,
                set_id,
                sticky,
            } => {
                let x = u32::from(x_if_any && any_x);
                let set_ids = if set_id { set_ids(who) } else { 0 };
                (rwx | x, set_ids | if sticky { 0o1000 } else { 0 })
            }
        };
        let wanted = ((rwx * 0o111) & classes) | special;
        match op {
            Op::Add => mode | wanted,
            Op::Remove => mode & !wanted,
            Op::Set => {
                let cleared = match bits {
                    // A copy leaves no special bit of its class.
                    Bits::CopyOf(_) => classes | specials(classes),
                    Bits::Letters { .. } => match who {
                        Who::Umask => 0o777,
                        Who::Classes(classes) => classes,
                    },
                };
                mode & !cleared | wanted
            }
        }
    }
}

/// The set-id bits that `s` means.
fn set_ids(who: Who) -> u32 {
    match who {
        Who::Umask => 0o4000,
        Who::Classes(classes) => specials(classes & 0o770),
    }
}

/// The special bits that go with classes.
fn specials(classes: u32) -> u32 {
    let of = |class: u32, bit: u32| if classes & class != 0 { bit } else { 0 };
    of(0o700, 0o4000) | of(0o070, 0o2000) | of(0o007, 0o1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apply(list: &str, mode: u32, is_dir: bool, umask: u32) -> u32 {
        let chmod = Chmod::default().and(list);
        chmod.expect(list).apply(mode, is_dir, umask)
    }

    /// Lists, modes, and what rsync 3.5.0 made of them.
    #[test]
    fn modes_change_as_rsync_changes_them() {
        for (list, umask, mode, is_dir, wanted) in [
            ("F600,D711", 0o022, 0o644, false, 0o600),
            ("F600,D711", 0o022, 0o755, true, 0o711),
            ("ugo=rwX", 0o027, 0o600, false, 0o666),
            ("ugo=rwX", 0o027, 0o700, false, 0o777),
            ("=rwX", 0o027, 0o604, false, 0o640),
            ("=rwX", 0o027, 0o7777, false, 0o7750),
            ("=rwX", 0o027, 0o755, true, 0o750),
            ("ug=rwX,o-rwx", 0o022, 0o7777, false, 0o7770),
            ("ug=rwX,o-rwx", 0o022, 0o600, false, 0o660),
            ("ug=rwX,o-rwx", 0o022, 0o710, false, 0o770),
            ("g=u", 0o022, 0o740, false, 0o770),
            ("o-g", 0o022, 0o765, false, 0o761),
            ("a+s", 0o022, 0o644, false, 0o6644),
            ("+s", 0o022, 0o644, false, 0o4644),
            ("Dg+s,D+t", 0o022, 0o755, true, 0o3755),
            ("+t", 0o022, 0o604, false, 0o1604),
            ("u-w,u+x", 0o022, 0o644, false, 0o544),
            ("D755,F644", 0o022, 0o7777, false, 0o644),
            ("u=g,g=o,a+s", 0o022, 0o604, false, 0o6044),
            ("u=g,g=o,a+s", 0o022, 0o7777, false, 0o7777),
            ("u=g,g=o,a+s", 0o022, 0o710, false, 0o6100),
            ("o=u", 0o022, 0o7777, false, 0o6777),
            ("o=u", 0o022, 0o710, false, 0o717),
            ("u=", 0o022, 0o7777, false, 0o7077),
            ("u+", 0o022, 0o604, false, 0o604),
            ("+", 0o022, 0o604, false, 0o604),
            ("D+", 0o022, 0o755, true, 0o755),
        ] {
            let got = apply(list, mode, is_dir, umask);
            assert_eq!(got, wanted, "{list} of {mode:o}: {got:o}, not {wanted:o}");
        }
    }

    #[test]
    fn what_rsync_refuses_is_refused() {
        for list in [
            "", "F", "u755", "u,g+x", "u+x+w", "u=gr", "17777", "DF+x", "u+x,", "a=z", "8", "u+é",
        ] {
            assert_eq!(Chmod::default().and(list), None, "{list}");
        }
    }
}
