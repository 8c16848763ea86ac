//! Columns of numbers that are zero but for a few places, lent again and again: to make one of a million places for each
//! of some thousand programmes would take as long as the programmes.

use std::sync::{Mutex, PoisonError};

#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// Zeros throughout.
    idle: Mutex<Vec<Vec<f64>>>,
}

/// A column of zeros that goes back as it came.
#[derive(Debug)]
pub(super) struct Column<'s> {
    scratch: &'s Scratch,
    values: Vec<f64>,
    written: Vec<u32>,
}

impl Scratch {
    pub fn zeros(&self, places: usize) -> Column<'_> {
        let mut values = self.idle().pop().unwrap_or_default();
        if values.len() < places {
            values.resize(places, 0.0);
        }
        Column { scratch: self, values, written: Vec::new() }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Vec<f64>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Column<'_> {
    pub fn at(&self, place: usize) -> f64 {
        self.values[place]
    }

    pub fn add(&mut self, place: usize, by: f64) {
        self.put(place, self.values[place] + by);
    }

    pub fn put(&mut self, place: usize, value: f64) {
        if self.values[place] == 0.0 {
            self.written.push(place as u32);
        }
        self.values[place] = value;
    }

    /// Where something was written, in that order; where it became zero again, perhaps more than once.
    pub fn written(&self) -> &[u32] {
        &self.written
    }
}

impl Drop for Column<'_> {
    fn drop(&mut self) {
        let mut values = std::mem::take(&mut self.values);
        self.written.iter().for_each(|&place| values[place as usize] = 0.0);
        self.scratch.idle().push(values);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_zeros_whoever_had_it_before() {
        let scratch = Scratch::default();
        {
            let (mut one, mut other) = (scratch.zeros(3), scratch.zeros(5));
            one.add(2, 1.5);
            one.add(2, -0.5);
            other.put(4, 7.0);
            other.add(4, -7.0);
            other.add(0, 1.0);
            assert_eq!((one.at(2), one.written()), (1.0, &[2][..]));
            assert_eq!((other.at(4), other.at(0), other.written()), (0.0, 1.0, &[4, 0][..]));
        }
        for _ in 0..2 {
            let again = [scratch.zeros(8), scratch.zeros(2)];
            assert!((0..8).all(|place| again[0].at(place) == 0.0));
            assert!((0..2).all(|place| again[1].at(place) == 0.0));
            assert_eq!(again.each_ref().map(|column| column.written().len()), [0, 0]);
        }
        assert_eq!(scratch.idle().len(), 2);
    }
}
