//! Small random tables of all kinds: crossed dimensions, hierarchies, several measures, earlier releases.

use crate::disclosure::amounts::Amounts;
use crate::disclosure::field::Random;
use crate::disclosure::policy::Policy;
use crate::disclosure::programme::Highs;
use crate::disclosure::protect::protect;
use crate::disclosure::request::{
    CandidateCell, CandidateTable, Contributions, EarlierCell, Equation, MeasureTerms, Request,
};
use crate::disclosure::search::Search;
use crate::disclosure::system::{System, Unit};

/// A dimension: for each code the leaves it holds, and its children; leaves first, the total last.
struct Dimension {
    codes: Vec<(Vec<usize>, Vec<usize>)>,
    leaves: usize,
}

/// Leaves and their total, or between them two groups.
fn dimension(leaves: usize, has_groups: bool) -> Dimension {
    let mut codes: Vec<(Vec<usize>, Vec<usize>)> = (0..leaves).map(|leaf| (vec![leaf], Vec::new())).collect();
    let mut top: Vec<usize> = (0..leaves).collect();
    if has_groups {
        let halves = [(0..leaves / 2).collect::<Vec<_>>(), (leaves / 2..leaves).collect()];
        top = Vec::new();
        for half in halves {
            top.push(codes.len());
            codes.push((half.clone(), half));
        }
    }
    codes.push(((0..leaves).collect(), top));
    Dimension { codes, leaves }
}

/// All combinations of codes, with every sum one step down.
fn table(name: &str, dimensions: &[Dimension], measures: Vec<usize>) -> CandidateTable {
    let sizes: Vec<usize> = dimensions.iter().map(|dimension| dimension.codes.len()).collect();
    let count: usize = sizes.iter().product();
    let codes = |mut cell: usize| -> Vec<usize> {
        let digit = |size: &usize| {
            let code = cell % size;
            cell /= size;
            code
        };
        sizes.iter().map(digit).collect()
    };
    let number =
        |codes: &[usize]| codes.iter().zip(&sizes).rev().fold(0, |sum, (code, size)| sum * size + code);
    let mut cells = Vec::new();
    let mut equations = Vec::new();
    for cell in 0..count {
        let own = codes(cell);
        let mut atoms = vec![0u32];
        for (dimension, &code) in dimensions.iter().zip(&own).rev() {
            let leaves = &dimension.codes[code].0;
            let width = dimension.leaves as u32;
            atoms = atoms
                .iter()
                .flat_map(|&atom| leaves.iter().map(move |&leaf| atom * width + leaf as u32))
                .collect();
        }
        atoms.sort_unstable();
        cells.push(CandidateCell { place: vec![vec![format!("{own:?}")]], atoms });
        for (at, dimension) in dimensions.iter().enumerate() {
            let children = &dimension.codes[own[at]].1;
            let child = |&code: &usize| {
                let mut codes = own.clone();
                codes[at] = code;
                number(&codes)
            };
            if !children.is_empty() {
                equations.push(Equation { total: cell, parts: children.iter().map(child).collect() });
            }
        }
    }
    CandidateTable { name: name.into(), dimensions: vec!["place".into()], measures, cells, equations }
}

fn measures() -> Vec<MeasureTerms> {
    let measure = |name: &str, terms, is_magnitude| MeasureTerms {
        name: name.into(),
        terms,
        is_magnitude,
        is_balance: false,
    };
    vec![
        measure("gross", vec![(0, 1)], true),
        measure("net", vec![(0, 1), (1, -1)], true),
        measure("orders", vec![(2, 1)], false),
    ]
}

/// Few contributors in some atoms, many in most, and amounts of very different sizes.
fn data(atoms: usize, random: &mut Random) -> Contributions {
    let mut data = Contributions { components: vec![Amounts::default(); 3], ..Contributions::default() };
    for atom in 0..atoms as u32 {
        let contributors = match random.next() % 8 {
            0 => 0,
            1 => 1,
            2 => 2,
            _ => 3 + random.next() % 6,
        };
        for contributor in 0..contributors {
            // Some buy in several atoms.
            let shared = random.next().is_multiple_of(5);
            data.atoms.push(atom);
            data.contributors.push(if shared {
                contributor
            } else {
                100 + u64::from(atom) * 10 + contributor
            });
            let gross = 1 + random.next() % 60 + if random.next().is_multiple_of(12) { 400 } else { 0 };
            data.components[0].push(gross as i64);
            data.components[1].push(if random.next().is_multiple_of(4) { (gross / 2) as i64 } else { 0 });
            data.components[2].push(1 + (random.next() % 2) as i64);
        }
        let start = data.atoms.iter().position(|&of| of == atom).unwrap_or(data.atoms.len());
        sort_from(&mut data, start);
    }
    data
}

fn sort_from(data: &mut Contributions, start: usize) {
    let mut order: Vec<usize> = (start..data.atoms.len()).collect();
    order.sort_by_key(|&line| data.contributors[line]);
    let sorted: Vec<u64> = order.iter().map(|&line| data.contributors[line]).collect();
    data.contributors.splice(start.., sorted);
    for column in &mut data.components {
        let sorted: Vec<i64> = order.iter().map(|&line| column.at(line)).collect();
        (start..).zip(sorted).for_each(|(line, amount)| column.set(line, amount));
    }
}

/// A request over `shape` (leaves, with groups), and a second table over the last dimensions alone.
pub fn request(shape: &[(usize, bool)], measured: &[usize], seed: u64) -> Request {
    let mut random = Random(seed);
    let dimensions: Vec<Dimension> =
        shape.iter().map(|&(leaves, groups)| dimension(leaves, groups)).collect();
    let atoms = shape.iter().map(|of| of.0).product();
    Request {
        measures: measures(),
        tables: vec![table("all", &dimensions, measured.to_vec())],
        data: data(atoms, &mut random),
        ..Request::default()
    }
}

/// The same, after a release of sums over random cells of it.
pub fn later_request(shape: &[(usize, bool)], measured: &[usize], seed: u64, policy: &Policy) -> Request {
    let mut request = request(shape, measured, seed);
    let mut random = Random(seed + 77);
    let mut before = request.clone();
    let cells = &mut before.tables[0].cells;
    let kept: Vec<CandidateCell> = cells.drain(..).filter(|_| random.next().is_multiple_of(4)).collect();
    *cells = kept;
    before.tables[0].equations.clear();
    let released = protect(&before, policy).expect("protects");
    let earlier = before.tables[0].cells.iter().zip(released.tables[0].cells());
    request.earlier = earlier
        .map(|(cell, released)| EarlierCell {
            atoms: cell.atoms.clone(),
            measures: measured.to_vec(),
            shown: released.values().is_some(),
        })
        .collect();
    request
}

/// Searches over so many later requests, each protected from who contributed nothing.
pub fn each_protected(seeds: u64, mut look: impl FnMut(&mut Search<'_>)) {
    let policy = Policy { minimum_contributors: 3, ..Policy::default() };
    let solver = Highs::default();
    for seed in 0..seeds {
        let request = later_request(&[(6, true), (4, false)], &[0, 1, 2], seed, &policy);
        let system = System::new(&request, &[], &policy).expect("well formed");
        let shown = system.units.iter().map(Unit::is_candidate).collect();
        let mut search = Search::new(&system, &policy, shown, &solver);
        search.suppress();
        look(&mut search);
    }
}
