//! The weak, rolling sum of rsync: two 16-bit sums over signed bytes.
//!
//! For bytes x₀…xₙ₋₁ (0x80…0xff count as −128…−1): `s1 = Σ xᵢ`, `s2 = Σ (n−i)·xᵢ`, both modulo 2¹⁶;
//! the sum is `s1 | s2 << 16`. A window that moves by one byte is updated in two additions.

use multiversion::multiversion;

/// Bytes that are summed side by side, one lane each.
const LANES: usize = 64;

/// Steps of a window that are taken at once.
pub(super) const STRIDE: usize = 512;
/// Steps that are taken side by side within a stride.
const ABREAST: usize = 32;

/// The weak sum of `data`.
#[must_use]
pub fn weak_sum(data: &[u8]) -> u32 {
    Rolling::over(data).sum()
}

/// The weak sum of a window that can be moved.
///
/// The halves are kept wider than 16 bits; only their low 16 bits have meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rolling {
    s1: u32,
    s2: u32,
}

impl Rolling {
    /// The sum of a first window.
    #[must_use]
    pub fn over(data: &[u8]) -> Self {
        let (s1, s2) = halves(data);
        Self {
            s1: s1.into(),
            s2: s2.into(),
        }
    }

    /// Moves a window of `len` bytes on by one: `old` leaves it, `new` enters.
    #[inline]
    pub fn roll(&mut self, len: u32, old: u8, new: u8) {
        let (old, new) = (signed(old), signed(new));
        self.s1 = self.s1.wrapping_add(new).wrapping_sub(old);
        self.s2 = self
            .s2
            .wrapping_add(self.s1)
            .wrapping_sub(len.wrapping_mul(old));
    }

    /// Rolls a window of `len` bytes through all of `old` and `new`, at most [`STRIDE`], and keeps the sum after
    /// each step.
    pub(super) fn roll_all(&mut self, len: u32, old: &[u8], new: &[u8], sums: &mut [u32; STRIDE]) {
        if let (Ok(old), Ok(new)) = (old.try_into(), new.try_into()) {
            stride(*self, len, old, new, sums);
            *self = Self::with_sum(sums[STRIDE - 1]);
            return;
        }
        for ((&old, &new), sum) in old.iter().zip(new).zip(sums) {
            self.roll(len, old, new);
            *sum = self.sum();
        }
    }

    /// The window whose sum is known from before.
    pub(super) fn with_sum(sum: u32) -> Self {
        Self {
            s1: sum & 0xffff,
            s2: sum >> 16,
        }
    }

    /// Shortens a window of `len` bytes by its first byte, as at the end of a file.
    #[inline]
    pub fn shrink(&mut self, len: u32, old: u8) {
        let old = signed(old);
        self.s1 = self.s1.wrapping_sub(old);
        self.s2 = self.s2.wrapping_sub(len.wrapping_mul(old));
    }

    /// The sum as it stands on the wire.
    #[inline]
    #[must_use]
    pub fn sum(self) -> u32 {
        (self.s1 & 0xffff) | (self.s2 << 16)
    }
}

#[inline]
fn signed(byte: u8) -> u32 {
    i32::from(byte.cast_signed()).cast_unsigned()
}

/// A full stride. Both halves are running totals, of what a step changes; and a running total is 32 steps ahead of
/// itself by the sum of 32 changes, so that 32 of them can go abreast.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn stride(
    from: Rolling,
    len: u32,
    old: &[u8; STRIDE],
    new: &[u8; STRIDE],
    sums: &mut [u32; STRIDE],
) {
    let old = old.map(|byte| signed(byte) as u16);
    let mut changes = new.map(|byte| signed(byte) as u16);
    for (change, old) in changes.iter_mut().zip(old) {
        *change = change.wrapping_sub(old);
    }
    let firsts = totals(from.s1 as u16, changes);
    let mut changes = firsts;
    for (change, old) in changes.iter_mut().zip(old) {
        *change = change.wrapping_sub(old.wrapping_mul(len as u16));
    }
    let seconds = totals(from.s2 as u16, changes);
    for ((sum, s1), s2) in sums.iter_mut().zip(firsts).zip(seconds) {
        *sum = u32::from(s1) | u32::from(s2) << 16;
    }
}

/// The running totals of `changes`, from `start` on.
#[inline(always)]
fn totals(start: u16, changes: [u16; STRIDE]) -> [u16; STRIDE] {
    let mut totals = [0; STRIDE];
    let mut total = start;
    for (to, change) in totals.iter_mut().zip(&changes[..ABREAST]) {
        total = total.wrapping_add(*change);
        *to = total;
    }
    let of_32 = pairs::<16>(pairs::<8>(pairs::<4>(pairs::<2>(pairs::<1>(changes)))));
    for i in 0..STRIDE - ABREAST {
        totals[i + ABREAST] = totals[i].wrapping_add(of_32[i + 1]);
    }
    totals
}

/// Each value and the one `APART` places on, added.
#[inline(always)]
fn pairs<const APART: usize>(values: [u16; STRIDE]) -> [u16; STRIDE] {
    let mut sums = [0; STRIDE];
    for i in 0..STRIDE - APART {
        sums[i] = values[i].wrapping_add(values[i + APART]);
    }
    sums
}

/// Both halves, in a closed form without multiplications per byte: lane j keeps the sum of its bytes and the
/// sum of those sums, and the lanes' weights are applied once at the end.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl", "x86_64+avx2", "aarch64+neon"))]
fn halves(data: &[u8]) -> (u16, u16) {
    let mut sums = [0u16; LANES];
    let mut sums_of_sums = [0u16; LANES];
    let (rows, rest) = data.as_chunks::<LANES>();
    for row in rows {
        for lane in 0..LANES {
            sums_of_sums[lane] = sums_of_sums[lane].wrapping_add(sums[lane]);
            sums[lane] =
                sums[lane].wrapping_add(i16::from(row[lane].cast_signed()).cast_unsigned());
        }
    }
    let (mut s1, mut s2) = (0u16, 0u16);
    let mut weight = LANES as u16;
    for lane in 0..LANES {
        s1 = s1.wrapping_add(sums[lane]);
        s2 = s2
            .wrapping_add(sums_of_sums[lane].wrapping_mul(LANES as u16))
            .wrapping_add(sums[lane].wrapping_mul(weight));
        weight -= 1;
    }
    for &byte in rest {
        s1 = s1.wrapping_add(i16::from(byte.cast_signed()).cast_unsigned());
        s2 = s2.wrapping_add(s1);
    }
    (s1, s2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition, word for word.
    fn naive(data: &[u8]) -> u32 {
        let (mut s1, mut s2) = (0i64, 0i64);
        for (i, &byte) in data.iter().enumerate() {
            let x = i64::from(byte.cast_signed());
            s1 += x;
            s2 += (data.len() - i) as i64 * x;
        }
        (s1.rem_euclid(1 << 16) | s2.rem_euclid(1 << 16) << 16) as u32
    }

    #[test]
    fn known_sums() {
        let b0: Vec<u8> = (0..700u32).map(|i| (7 * i + 3) as u8).collect();
        let ramp: Vec<u8> = (0..=255).collect();
        for (data, sum) in [
            (&b""[..], 0x0000_0000),
            (b"abc", 0x024a_0126),
            (b"\x80", 0xff80_ff80),
            (b"\xff", 0xffff_ffff),
            (&ramp, 0x6a80_ff80),
            (&b0, 0x760c_feda),
            (&[0xff; 700], 0x419a_fd44),
            (b"hello, rsync", 0x1d57_048f),
        ] {
            assert_eq!(weak_sum(data), sum, "{sum:08x}");
        }
    }

    proptest! {
        #[test]
        fn closed_form_is_the_definition(data in prop::collection::vec(any::<u8>(), 0..5000)) {
            prop_assert_eq!(weak_sum(&data), naive(&data));
        }

        #[test]
        fn a_stride_is_the_definition(
            data in prop::collection::vec(any::<u8>(), STRIDE + 1..STRIDE + 900), steps in 1..=STRIDE,
        ) {
            let len = data.len() - STRIDE;
            for steps in [steps, STRIDE] {
                let (mut sums, mut rolling) = ([0; STRIDE], Rolling::over(&data[..len]));
                rolling.roll_all(len as u32, &data[..steps], &data[len..][..steps], &mut sums);
                for (at, &sum) in sums[..steps].iter().enumerate() {
                    prop_assert_eq!(sum, naive(&data[at + 1..][..len]));
                }
                prop_assert_eq!(rolling.sum(), sums[steps - 1]);
            }
        }

        #[test]
        fn rolling_is_the_definition(data in prop::collection::vec(any::<u8>(), 2..900), part in 1usize..899) {
            let len = part.min(data.len() - 1);
            let mut rolling = Rolling::over(&data[..len]);
            for at in 0..data.len() - len {
                prop_assert_eq!(rolling.sum(), naive(&data[at..at + len]));
                rolling.roll(len as u32, data[at], data[at + len]);
            }
            let last = &data[data.len() - len..];
            for gone in 0..len {
                prop_assert_eq!(rolling.sum(), naive(&last[gone..]));
                rolling.shrink((len - gone) as u32, last[gone]);
            }
            prop_assert_eq!(rolling.sum(), 0);
        }
    }
}
