//! What cells are called: codes that tell the cells of a table apart, also where one code stands at two levels or below
//! two others.

use std::collections::{BTreeMap, BTreeSet};

use super::places::Cell;
use super::spec::TOTAL;

/// For each dimension, the name of each path: its last code where no other path of the table ends in it, else all its codes.
pub(super) fn labels<'c>(
    cells: impl Iterator<Item = &'c Cell>,
    dimensions: usize,
) -> Vec<BTreeMap<Vec<String>, String>> {
    let mut paths: Vec<BTreeSet<&Vec<String>>> = vec![BTreeSet::new(); dimensions];
    for place in cells {
        for (known, path) in paths.iter_mut().zip(place) {
            known.insert(path);
        }
    }
    paths.iter().map(of_dimension).collect()
}

fn of_dimension(paths: &BTreeSet<&Vec<String>>) -> BTreeMap<Vec<String>, String> {
    let mut ends: BTreeMap<&str, usize> = BTreeMap::new();
    for path in paths {
        *ends.entry(last(path)).or_default() += 1;
    }
    // A code may itself hold the sign between codes; then two of them stand there, and so on.
    (1..=3)
        .map(|signs| {
            let between = "/".repeat(signs);
            let name = |path: &Vec<String>| match ends[last(path)] {
                1 => last(path).to_owned(),
                _ => path.join(&between),
            };
            paths.iter().map(|path| ((*path).clone(), name(path))).collect::<BTreeMap<_, _>>()
        })
        .find(|names| names.values().collect::<BTreeSet<_>>().len() == names.len())
        .unwrap_or_else(|| paths.iter().map(|path| ((*path).clone(), format!("{path:?}"))).collect())
}

fn last(path: &[String]) -> &str {
    path.last().map_or(TOTAL, String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(codes: &[&str]) -> Vec<String> {
        codes.iter().map(|&code| code.to_owned()).collect()
    }

    #[test]
    fn only_codes_that_stand_twice_are_written_with_those_above_them() {
        let paths =
            [&["HN"][..], &["HN", "HN"], &["HN", "X"], &["S"], &["S", "X"], &["S", "Y"], &[]].map(path);
        let cells: Vec<Cell> = paths.iter().map(|path| vec![path.clone()]).collect();
        let names = &labels(cells.iter(), 1)[0];
        let named: Vec<&str> = paths.iter().map(|path| names[path].as_str()).collect();
        assert_eq!(named, ["HN", "HN/HN", "HN/X", "S", "S/X", "Y", TOTAL]);
    }

    #[test]
    fn a_code_with_the_sign_in_it_stays_another_one() {
        let paths = [&["A"][..], &["A", "B"], &["C"], &["C", "B"], &["A/B"]].map(path);
        let cells: Vec<Cell> = paths.iter().map(|path| vec![path.clone()]).collect();
        let names = &labels(cells.iter(), 1)[0];
        assert_eq!(names[&paths[1]], "A//B");
        assert_eq!(names[&paths[4]], "A/B");
    }
}
