//! Disclosure control of one large release: 100,000 cells and more, of three tables over a year of the shop, beside ten
//! years of earlier monthly releases. Beside it, in the same run, one plain sum of the same contributions.

use std::collections::BTreeMap;
use std::time::Instant;

use firstwatch::disclosure::{
    Amounts, CandidateCell, CandidateTable, Contributions, EarlierCell, Equation, MeasureTerms, Policy,
    Request, protect,
};
use jiff::ToSpan;

use super::Asked;
use super::process::Measured;
use super::shop::{Shop, UNTIL};

const MONTHS: i32 = 12;
const EARLIER_MONTHS: i32 = 120;
/// Of the shop, which part earlier releases are of: their atoms are others.
const EARLIER: f64 = 0.01;

/// What a line of an order is told apart by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    product: u16,
    region: u8,
    province: u8,
    channel: u8,
    quarter: u8,
}

/// From coarse to fine.
type Levels = Vec<String>;

struct Dimension<'a> {
    name: &'a str,
    levels: &'a dyn Fn(&Key) -> Levels,
}

pub fn run(asked: &Asked) {
    let ours = Measured::by_itself(&["control", &asked.scale.to_string()]);
    let text = |name: &str| ours.text(name);
    println!(
        "control: {} cells over {} atoms and {} contributions, beside {} earlier cells: {:.1} s and {:.0} MiB, {:.0} sums \
         of the same; {} sensitive, {} withheld for them",
        text("cells"),
        text("atoms"),
        text("contributions"),
        text("earlier"),
        ours.number("time"),
        ours.number("memory"),
        ours.number("time") / ours.number("scan"),
        text("primary"),
        text("secondary"),
    );
}

pub fn measure(scale: &str) -> Measured {
    let request = request(scale.parse().expect("a number"));
    let mut measured = Measured::default();
    measured.note("cells", request.tables.iter().map(|table| table.cells.len()).sum::<usize>());
    measured.note("atoms", request.data.atoms.last().map_or(0, |&last| last + 1));
    measured.note("contributions", request.data.atoms.len());
    measured.note("earlier", request.earlier.len());
    let start = Instant::now();
    std::hint::black_box(sums(&request));
    measured.note("scan", start.elapsed().as_secs_f64());
    let start = Instant::now();
    let protection = protect(&request, &Policy::default()).expect("protects");
    measured.note("time", start.elapsed().as_secs_f64());
    measured.note("primary", protection.summary.primary);
    measured.note("secondary", protection.summary.secondary);
    measured
}

fn sums(request: &Request) -> Vec<i64> {
    let mut sums = vec![0; request.data.atoms.last().map_or(0, |&last| last as usize + 1)];
    for (&atom, amount) in request.data.atoms.iter().zip(request.data.components[0].iter()) {
        sums[atom as usize] += amount;
    }
    sums
}

fn request(scale: f64) -> Request {
    let shop = Shop::new(scale, 3);
    let mut data = Data::default();
    let keys = data.add(lines(&shop, -MONTHS..0));
    let product = |key: &Key| {
        let product = &shop.products[usize::from(key.product)];
        vec![product.brand.clone(), product.name.clone()]
    };
    let brand = |key: &Key| vec![shop.products[usize::from(key.product)].brand.clone()];
    let place = |key: &Key| vec![format!("region {}", key.region), key.province.to_string()];
    let channel = |key: &Key| vec![key.channel.to_string()];
    let quarter = |key: &Key| vec![key.quarter.to_string()];
    let [product, brand]: [Dimension<'_>; 2] =
        [&product as &dyn Fn(&Key) -> Levels, &brand].map(|levels| Dimension { name: "product", levels });
    let place = Dimension { name: "place", levels: &place };
    let channel = Dimension { name: "channel", levels: &channel };
    let quarter = Dimension { name: "quarter", levels: &quarter };
    let tables = vec![
        table("product-by-place", &[&product, &place], &keys),
        table("brand-by-place-by-channel", &[&brand, &place, &channel], &keys),
        table("product-by-quarter", &[&product, &quarter], &keys),
    ];
    let earlier = Shop::new(scale * EARLIER, 10);
    let earlier = (-EARLIER_MONTHS..0).flat_map(|month| {
        let first = data.next;
        let keys = data.add(lines(&earlier, month..month + 1));
        data.earlier(first, &keys)
    });
    let earlier = earlier.collect();
    let measures = vec![MeasureTerms {
        name: "gross".into(),
        terms: vec![(0, 1)],
        is_magnitude: true,
        is_balance: false,
    }];
    Request { measures, tables, earlier, data: data.contributions(), ..Request::default() }
}

/// What was bought in some months, counted from the shop's end, by whom and for how much; sorted.
fn lines(shop: &Shop, months: std::ops::Range<i32>) -> Vec<(Key, u64, i64)> {
    let [mut regions, mut provinces, mut channels] = [(); 3].map(|()| Numbers::default());
    let mut lines = Vec::new();
    for month in months {
        let first = UNTIL.saturating_add(month.months());
        for order in shop.orders(first) {
            let (region, province) = (regions.of(&order.province.region), provinces.of(&order.province.name));
            let channel = channels.of(order.channel);
            let quarter = (order.day.month() as u8 - 1) / 3;
            lines.extend(order.lines.iter().map(|line| {
                let key = Key { product: line.product as u16, region, province, channel, quarter };
                (key, u64::from(order.customer), line.gross)
            }));
        }
    }
    lines.sort_unstable();
    lines
}

/// Names, numbered as they come.
#[derive(Default)]
struct Numbers(BTreeMap<String, u8>);

impl Numbers {
    fn of(&mut self, name: &str) -> u8 {
        let next = self.0.len() as u8;
        *self.0.entry(name.to_owned()).or_insert(next)
    }
}

/// Contributions while they are collected.
#[derive(Default)]
struct Data {
    atoms: Vec<u32>,
    contributors: Vec<u64>,
    amounts: Vec<i64>,
    next: u32,
}

impl Data {
    /// Each key is an atom; gives the keys in their order.
    fn add(&mut self, lines: Vec<(Key, u64, i64)>) -> Vec<Key> {
        let mut keys = Vec::new();
        let mut last = None;
        for (key, contributor, amount) in lines {
            if keys.last() != Some(&key) {
                keys.push(key);
                self.next += 1;
            }
            if last == Some((key, contributor)) {
                *self.amounts.last_mut().expect("the last line") += amount;
                continue;
            }
            self.atoms.push(self.next - 1);
            self.contributors.push(contributor);
            self.amounts.push(amount);
            last = Some((key, contributor));
        }
        keys
    }

    /// The cells of product by province that were released of atoms from `first` on: those of five lines or more.
    fn earlier(&self, first: u32, keys: &[Key]) -> Vec<EarlierCell> {
        let start = self.atoms.partition_point(|&atom| atom < first);
        let mut lines = vec![0; keys.len()];
        self.atoms[start..].iter().for_each(|&atom| lines[(atom - first) as usize] += 1);
        let mut cells: BTreeMap<(Option<u16>, Option<u8>), Vec<u32>> = BTreeMap::new();
        for (atom, key) in (first..).zip(keys) {
            for product in [None, Some(key.product)] {
                for province in [None, Some(key.province)] {
                    cells.entry((product, province)).or_default().push(atom);
                }
            }
        }
        let cell = |atoms: Vec<u32>| {
            let of_cell: u32 = atoms.iter().map(|&atom| lines[(atom - first) as usize]).sum();
            EarlierCell { shown: of_cell >= 5, atoms, measures: vec![0] }
        };
        cells.into_values().map(cell).collect()
    }

    fn contributions(self) -> Contributions {
        let components = vec![Amounts::from(&self.amounts[..])];
        Contributions { atoms: self.atoms, contributors: self.contributors, components }
    }
}

/// With every total, along each dimension.
fn table(name: &str, dimensions: &[&Dimension<'_>], keys: &[Key]) -> CandidateTable {
    let mut cells: BTreeMap<Vec<Levels>, Vec<u32>> = BTreeMap::new();
    for (atom, key) in (0..).zip(keys) {
        let mut places: Vec<Vec<Levels>> = vec![Vec::new()];
        for dimension in dimensions {
            let levels = (dimension.levels)(key);
            let with = |place: &Vec<Levels>, depth: usize| [&place[..], &[levels[..depth].to_vec()]].concat();
            places =
                places.iter().flat_map(|place| (0..=levels.len()).map(|depth| with(place, depth))).collect();
        }
        places.into_iter().for_each(|place| cells.entry(place).or_default().push(atom));
    }
    let numbers: BTreeMap<&Vec<Levels>, usize> = cells.keys().zip(0..).collect();
    let mut equations: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
    for (place, &cell) in &numbers {
        for at in (0..place.len()).filter(|&at| !place[at].is_empty()) {
            let mut total = (*place).clone();
            total[at].pop();
            equations.entry((numbers[&total], at)).or_default().push(cell);
        }
    }
    let equations = equations.into_iter().map(|((total, _), parts)| Equation { total, parts }).collect();
    CandidateTable {
        name: name.into(),
        dimensions: dimensions.iter().map(|dimension| dimension.name.to_owned()).collect(),
        measures: vec![0],
        cells: cells.into_iter().map(|(place, atoms)| CandidateCell { place, atoms }).collect(),
        equations,
    }
}
