//! What is asked of the room: candidate tables over atoms, everything shown earlier, and who contributed.

use super::amounts::Amounts;

/// A measure as a linear combination of components. Components are additive and non-negative.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeasureTerms {
    pub name: String,
    /// (component, coefficient); a positive one first.
    pub terms: Vec<(usize, i64)>,
    /// Money is judged by the p% and dominance rules; a count only by the frequency rule.
    pub is_magnitude: bool,
    /// A balance of what came and what went: whoever comes to nothing is no contributor to it.
    pub is_balance: bool,
}

/// The data, collapsed: one line for each (atom, contributor) pair that occurs, sorted by both.
/// An atom is a set of records that no cell, candidate or earlier, can tell apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contributions {
    pub atoms: Vec<u32>,
    /// Who holds together: a person, a household, a business account.
    pub contributors: Vec<u64>,
    /// One column a component, each as long as `atoms`.
    pub components: Vec<Amounts>,
}

/// A cell that would be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CandidateCell {
    /// For each dimension of its table, the codes from coarse to fine; empty where it is summed over.
    pub place: Vec<Vec<String>>,
    /// Ascending.
    pub atoms: Vec<u32>,
}

/// `total` is the sum of `parts`: indices of cells of the same table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Equation {
    pub total: usize,
    pub parts: Vec<usize>,
}

/// A table that would be shown; one pattern serves all its measures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CandidateTable {
    pub name: String,
    /// Names of its dimensions, as many as each cell's place has.
    pub dimensions: Vec<String>,
    /// Indices into the request's measures.
    pub measures: Vec<usize>,
    pub cells: Vec<CandidateCell>,
    /// Every sum that a reader sees: each total with its parts, one step down one dimension at a time.
    pub equations: Vec<Equation>,
}

/// A cell of an earlier release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EarlierCell {
    pub atoms: Vec<u32>,
    pub measures: Vec<usize>,
    /// Shown cells are known to the attacker; withheld ones that are sensitive stay targets for ever.
    pub shown: bool,
}

/// Other data that would have given the very same releases, as differences from the true data: a witness of what they
/// leave open.
#[derive(Clone, Debug, PartialEq)]
pub struct WitnessTable {
    /// The components in which they differ, ascending.
    pub components: Vec<usize>,
    /// Differences are in this many of the components' units.
    pub scale: f64,
    /// (atom, place in `components`, difference), ascending.
    pub differences: Vec<(u32, usize, f64)>,
}

/// Everything that one release asks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Request {
    pub measures: Vec<MeasureTerms>,
    /// In order of worth: what comes first is shown first.
    pub tables: Vec<CandidateTable>,
    /// Tables that a later release means to show, as far as they are known today. This release leaves room for them
    /// where it can, as if they were shown with it, and gives no figure of them away.
    pub reserved: Vec<CandidateTable>,
    pub earlier: Vec<EarlierCell>,
    /// Witnesses that earlier releases left. Each is looked at before it is relied on, so a wrong one costs time and no
    /// more; without them everything is found again.
    pub witnesses: Vec<WitnessTable>,
    pub data: Contributions,
}

/// What the caller knows of a candidate cell beyond the contributions, as ready-made tables bring it; it takes the
/// place of what the rules would find. Of the levels, upper and lower are distances from the true figure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judgement {
    /// Number of contributors.
    pub contributors: Option<u64>,
    /// The largest contributions to the table's first measure, largest first.
    pub largest: Option<Vec<i64>>,
    /// Whether the cell is sensitive.
    pub sensitive: Option<bool>,
    pub upper: Option<i64>,
    pub lower: Option<i64>,
}
