//! Amounts in as few bytes as they take.
//!
//! A shop has millions of contributions of seven components. Counts fit a byte, most money four, and many components are nothing
//! throughout: together a third of what eight bytes each would take.

use std::fmt;
use std::ops::Range;

/// A column of amounts. It is as wide as the largest amount that it was ever given.
#[derive(Clone)]
pub struct Amounts(Width);

#[derive(Clone)]
enum Width {
    /// So many zeros.
    Zeros(usize),
    One(Vec<u8>),
    Two(Vec<u16>),
    Four(Vec<u32>),
    Eight(Vec<i64>),
}

impl Amounts {
    /// So many amounts, all of them zero.
    pub fn zeros(count: usize) -> Self {
        Self(Width::Zeros(count))
    }

    pub fn len(&self) -> usize {
        match &self.0 {
            Width::Zeros(count) => *count,
            Width::One(all) => all.len(),
            Width::Two(all) => all.len(),
            Width::Four(all) => all.len(),
            Width::Eight(all) => all.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The amount of a line.
    ///
    /// # Panics
    /// When there is no such line.
    #[inline]
    pub fn at(&self, line: usize) -> i64 {
        match &self.0 {
            Width::Zeros(count) => {
                assert!(line < *count, "line {line} of {count}");
                0
            }
            Width::One(all) => all[line].into(),
            Width::Two(all) => all[line].into(),
            Width::Four(all) => all[line].into(),
            Width::Eight(all) => all[line],
        }
    }

    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = i64> {
        (0..self.len()).map(|line| self.at(line))
    }

    /// Whether any is below zero.
    pub fn has_negative(&self) -> bool {
        matches!(&self.0, Width::Eight(all) if all.iter().any(|&amount| amount < 0))
    }

    pub fn push(&mut self, amount: i64) {
        if !self.fits(amount) {
            self.widen(amount);
        }
        match &mut self.0 {
            Width::Zeros(count) => *count += 1,
            Width::One(all) => all.push(amount as u8),
            Width::Two(all) => all.push(amount as u16),
            Width::Four(all) => all.push(amount as u32),
            Width::Eight(all) => all.push(amount),
        }
    }

    /// # Panics
    /// When there is no such line.
    pub fn set(&mut self, line: usize, amount: i64) {
        if !self.fits(amount) {
            self.widen(amount);
        }
        match &mut self.0 {
            Width::Zeros(count) => assert!(line < *count, "line {line} of {count}"),
            Width::One(all) => all[line] = amount as u8,
            Width::Two(all) => all[line] = amount as u16,
            Width::Four(all) => all[line] = amount as u32,
            Width::Eight(all) => all[line] = amount,
        }
    }

    fn fits(&self, amount: i64) -> bool {
        match &self.0 {
            Width::Zeros(_) => amount == 0,
            Width::One(_) => u8::try_from(amount).is_ok(),
            Width::Two(_) => u16::try_from(amount).is_ok(),
            Width::Four(_) => u32::try_from(amount).is_ok(),
            Width::Eight(_) => true,
        }
    }

    /// Makes room for an amount that does not fit.
    fn widen(&mut self, amount: i64) {
        let whole = self.len();
        self.0 = Width::of(bytes_of(amount), &[(self, 0..whole)]);
    }

    /// How many bytes an amount takes.
    pub fn bytes(&self) -> usize {
        match &self.0 {
            Width::Zeros(_) => 0,
            Width::One(_) => 1,
            Width::Two(_) => 2,
            Width::Four(_) => 4,
            Width::Eight(_) => 8,
        }
    }

    /// Calls `each` with the amounts of some lines, and with where each stands among them. Quicker than to ask for one after the
    /// other.
    ///
    /// # Panics
    /// When there are no such lines.
    #[inline]
    pub fn each_of(&self, lines: Range<usize>, mut each: impl FnMut(usize, i64)) {
        match &self.0 {
            Width::Zeros(count) => {
                assert!(lines.end <= *count, "lines {lines:?} of {count}");
                (0..lines.len()).for_each(|at| each(at, 0));
            }
            Width::One(all) => all[lines].iter().enumerate().for_each(|(at, &it)| each(at, it.into())),
            Width::Two(all) => all[lines].iter().enumerate().for_each(|(at, &it)| each(at, it.into())),
            Width::Four(all) => all[lines].iter().enumerate().for_each(|(at, &it)| each(at, it.into())),
            Width::Eight(all) => all[lines].iter().enumerate().for_each(|(at, &it)| each(at, it)),
        }
    }

    /// Lines of columns, one after the other.
    ///
    /// # Panics
    /// When there are no such lines.
    pub fn joined(parts: &[(&Self, Range<usize>)]) -> Self {
        let bytes = parts.iter().map(|(part, _)| part.bytes()).max().unwrap_or(0);
        Self(Width::of(bytes, parts))
    }

    /// Slices, one after the other.
    pub fn of_slices(slices: &[&[i64]]) -> Self {
        // A negative one has all of its front bits.
        let bits = slices.iter().copied().flatten().fold(0, |bits, &amount| bits | amount);
        let all = || slices.iter().copied().flatten();
        Self(match bytes_of(bits) {
            0 => Width::Zeros(slices.iter().map(|slice| slice.len()).sum()),
            1 => Width::One(all().map(|&it| it as u8).collect()),
            2 => Width::Two(all().map(|&it| it as u16).collect()),
            4 => Width::Four(all().map(|&it| it as u32).collect()),
            _ => Width::Eight(slices.concat()),
        })
    }
}

/// The narrowest width of an amount, or of amounts whose bits were put together.
fn bytes_of(bits: i64) -> usize {
    match bits {
        0 => 0,
        1..=0xff => 1,
        0x100..=0xffff => 2,
        0x1_0000..=0xffff_ffff => 4,
        _ => 8,
    }
}

impl Width {
    /// Of so many bytes, into which all of these fit.
    fn of(bytes: usize, parts: &[(&Amounts, Range<usize>)]) -> Self {
        let count = parts.iter().map(|(_, lines)| lines.len()).sum();
        match bytes {
            0 => Self::Zeros(count),
            1 => Self::One(copied(parts, count, |it| it as u8)),
            2 => Self::Two(copied(parts, count, |it| it as u16)),
            4 => Self::Four(copied(parts, count, |it| it as u32)),
            _ => Self::Eight(copied(parts, count, |it| it)),
        }
    }
}

fn copied<T>(parts: &[(&Amounts, Range<usize>)], count: usize, narrow: impl Fn(i64) -> T) -> Vec<T> {
    let mut all = Vec::with_capacity(count);
    for (part, lines) in parts {
        let lines = lines.clone();
        match &part.0 {
            Width::Zeros(_) => all.extend(lines.map(|_| narrow(0))),
            Width::One(of) => all.extend(of[lines].iter().map(|&it| narrow(it.into()))),
            Width::Two(of) => all.extend(of[lines].iter().map(|&it| narrow(it.into()))),
            Width::Four(of) => all.extend(of[lines].iter().map(|&it| narrow(it.into()))),
            Width::Eight(of) => all.extend(of[lines].iter().map(|&it| narrow(it))),
        }
    }
    all
}

impl Default for Amounts {
    fn default() -> Self {
        Self::zeros(0)
    }
}

impl From<&[i64]> for Amounts {
    fn from(all: &[i64]) -> Self {
        Self::of_slices(&[all])
    }
}

impl FromIterator<i64> for Amounts {
    fn from_iter<I: IntoIterator<Item = i64>>(all: I) -> Self {
        Self::from(all.into_iter().collect::<Vec<i64>>().as_slice())
    }
}

impl PartialEq for Amounts {
    /// However wide they are.
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Amounts {}

impl fmt::Debug for Amounts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn amount() -> impl Strategy<Value = i64> {
        prop_oneof![
            Just(0),
            0i64..0x200,
            0i64..0x2_0000,
            0i64..0x2_0000_0000,
            -2i64..1,
            Just(i64::MAX),
            Just(i64::MIN)
        ]
    }

    proptest! {
        #[test]
        fn amounts_are_what_was_put_in(
            plain in proptest::collection::vec(amount(), 0..12),
            changed in proptest::collection::vec((0usize..12, amount()), 0..4),
        ) {
            let mut pushed = Amounts::default();
            plain.iter().for_each(|&amount| pushed.push(amount));
            let (mut plain, count) = (plain, pushed.len());
            for (line, amount) in changed.into_iter().filter(|(line, _)| *line < count) {
                pushed.set(line, amount);
                plain[line] = amount;
            }
            prop_assert_eq!((pushed.len(), pushed.is_empty()), (plain.len(), plain.is_empty()));
            prop_assert_eq!(pushed.iter().collect::<Vec<i64>>(), plain.clone());
            prop_assert!((0..plain.len()).all(|line| pushed.at(line) == plain[line]));
            prop_assert_eq!(&plain.iter().copied().collect::<Amounts>(), &pushed);
            let (from, until) = (count / 3, count - count / 4);
            let mut some = Vec::new();
            pushed.each_of(from..until, |at, amount| some.push((at, amount)));
            let expected = plain[from..until].iter().copied().enumerate();
            prop_assert_eq!(some, expected.collect::<Vec<_>>());
            let (zeros, slices) = (Amounts::zeros(3), Amounts::of_slices(&[&plain[..], &plain[from..until]]));
            let joined = Amounts::joined(&[(&pushed, 0..count), (&slices, count..slices.len()), (&zeros, 1..3)]);
            let expected = [plain.as_slice(), &plain[from..until], &[0, 0]].concat();
            prop_assert_eq!(joined.iter().collect::<Vec<i64>>(), expected);
            prop_assert_eq!(slices.len(), count + until - from);
            plain.push(1);
            prop_assert_ne!(&Amounts::from(plain.as_slice()), &pushed);
        }
    }
}
