//! Product x province over one year of sealed pages: each cell's customers, net sales, and the two largest contributions
//! to them. firstwatch as its reports ask, and DuckDB over the same files by a two-level group-by. Both must agree.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use firstwatch::domain::cell::Measure;
use firstwatch::domain::entry::Dimension;
use firstwatch::facts::{self, DataFrame, Page};
use firstwatch::report::{self, CellTable, Facts, Shape};
use jiff::civil::Date;

use super::Asked;
use super::pages::Pages;
use super::process::Measured;
use super::python;

const ROUNDS: usize = 5;
/// What both sides found, to be compared.
const FOUND: [&str; 5] = ["cells", "customers", "net", "largest", "second"];

pub fn run(asked: &Asked) {
    let pages = Pages::of(&asked.cache, asked.scale, 3);
    let directory = pages.directory.to_str().expect("a path");
    let ours = Measured::by_itself(&["cells", directory]);
    let mut arguments = vec![directory];
    arguments.extend(pages.last(12).iter().map(|page| page.file.as_str()));
    let theirs = python::measure(&asked.cache, "cells.py", &arguments);
    for name in FOUND {
        assert_eq!(ours.text(name), theirs.text(name), "{name} differ: {ours:?} {theirs:?}");
    }
    println!(
        "cells: {} lines of a year, {} cells with {} customers: {:.3} s and {:.0} MiB; DuckDB {} {:.3} s; {:.2} times \
         faster",
        pages.last(12).iter().map(|page| page.rows).sum::<u64>(),
        ours.text("cells"),
        ours.text("customers"),
        ours.number("time"),
        ours.number("memory"),
        theirs.text("version"),
        theirs.number("time"),
        theirs.number("time") / ours.number("time"),
    );
}

/// The best of some rounds: noise only adds.
pub fn measure(directory: &Path) -> Measured {
    let list = Pages::read(directory);
    let pages = list.last(12);
    let (from, until) = (pages[0].from, pages[pages.len() - 1].until);
    let table = CellTable {
        name: "cells".into(),
        shape: Shape::Groups {
            rows: vec![Dimension::Product],
            columns: vec![Dimension::Province],
            from,
            until,
        },
        measures: vec![Measure::Net],
    };
    let mut measured = Measured::default();
    let mut best = f64::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let asked = report::Asked { tables: std::slice::from_ref(&table), ..report::Asked::default() };
        let cells = report::cells(&Sealed { directory, pages }, asked).expect("cells");
        let found = summed(&cells.request);
        best = best.min(start.elapsed().as_secs_f64());
        for (name, value) in FOUND.into_iter().zip(found) {
            measured.note(name, value);
        }
    }
    measured.note("time", best);
    measured
}

/// As the jobs hand pages over.
struct Sealed<'a> {
    directory: &'a Path,
    pages: &'a [Page],
}

impl Facts for Sealed<'_> {
    type Error = Box<dyn Error + Send + Sync>;

    fn spans(&self) -> Vec<(Date, Date)> {
        self.pages.iter().map(|page| (page.from, page.until)).collect()
    }

    fn read(&self, page: usize, columns: &[&str]) -> Result<DataFrame, Self::Error> {
        Ok(facts::read(self.directory, &self.pages[page], columns)?)
    }
}

/// Over the finest cells: how many there are, their customers, net sales, and the sums of the largest and the second
/// largest contributions.
fn summed(request: &firstwatch::disclosure::Request) -> [i64; 5] {
    let data = &request.data;
    // Where the lines of each atom begin, and the last one's end.
    let mut starts = vec![0; data.atoms.last().map_or(0, |&last| last as usize + 1) + 1];
    data.atoms.iter().for_each(|&atom| starts[atom as usize + 1] += 1);
    (1..starts.len()).for_each(|at| starts[at] += starts[at - 1]);
    let mut found = [0; 5];
    for cell in request.tables[0].cells.iter().filter(|cell| cell.place.iter().all(|path| !path.is_empty())) {
        let [atom] = cell.atoms[..] else { panic!("a finest cell is one atom") };
        let lines = starts[atom as usize]..starts[atom as usize + 1];
        found[1] += lines.len() as i64;
        let (mut largest, mut second) = (0, 0);
        for line in lines {
            let [gross, discounts, refunds] = [0, 1, 2].map(|component| data.components[component].at(line));
            let net = gross - discounts - refunds;
            found[2] += net;
            if net > largest {
                (largest, second) = (net, largest);
            } else if net > second {
                second = net;
            }
        }
        found[0] += 1;
        found[3] += largest;
        found[4] += second;
    }
    found
}
