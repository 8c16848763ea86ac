//! Spark Connect: what is asked, in SQL over the pages as a view, and what comes back.

mod client;
mod columns;
mod query;

use std::collections::BTreeSet;

use arrow_array::RecordBatch;

use super::{Error, Pages};
use crate::disclosure::{Amounts, Contributions};
use crate::domain::entry::{Component, Dimension};
use crate::domain::fact_groups::FactGroups;
use crate::settings::SparkConnect;
use client::Client;
use columns::{days, numbers, sums, texts};
use query::{Cut, PAGES};

/// So many groups are sent in one message: below 128 MiB, which is what servers take, whatever their names.
const GROUPS_AT_ONCE: usize = 50_000;

/// What is asked about some pages, one question after the other.
pub struct Session {
    client: Client,
    pages: Pages,
}

impl Session {
    /// Reaches the engine, and sees that it reads the pages whole.
    ///
    /// Blocks, as all methods do: not for async workers.
    ///
    /// # Errors
    /// As [`Error`] says.
    pub fn open(settings: &SparkConnect, pages: Pages) -> Result<Self, Error> {
        for path in &pages.paths {
            // To Spark they are patterns.
            if path.contains(['*', '?', '[', ']', '{', '}', '\\']) {
                let what = format!(
                    "{path} holds a sign that Spark takes for a pattern; give the folder another name"
                );
                return Err(Error::Settings { key: "directory", what });
            }
        }
        let client = Client::new(settings)?;
        client.view(PAGES, client::parquet(&pages.paths))?;
        let session = Self { client, pages };
        let counted = session.ask(&query::count())?;
        let found = match counted.iter().filter(|batch| batch.num_rows() > 0).collect::<Vec<_>>().as_slice() {
            [batch] => numbers(batch, 0)?.first().copied(),
            _ => None,
        };
        let found = found.ok_or_else(|| Error::Answer("a count is not one number".to_owned()))?;
        if found != i128::from(session.pages.rows) {
            return Err(Error::OtherPages { found, expected: session.pages.rows });
        }
        Ok(session)
    }

    /// The sums of the groups that `dimensions` tell apart.
    ///
    /// # Errors
    /// As [`Error`] says.
    pub fn groups(&self, dimensions: &BTreeSet<Dimension>) -> Result<FactGroups, Error> {
        let cut = self.cut(dimensions);
        let mut groups = FactGroups {
            values: cut.named().map(|dimension| (dimension, Vec::new())).collect(),
            components: vec![Vec::new(); Component::SALES.len()],
            ..FactGroups::default()
        };
        for batch in self.ask(&query::groups(&cut))? {
            groups.days.extend(days(&batch, 0)?);
            groups.belongs_to.extend(days(&batch, 1)?);
            for (at, column) in groups.values.values_mut().enumerate() {
                column.extend(texts(&batch, 2 + at)?);
            }
            let first = 2 + groups.values.len();
            for (at, column) in groups.components.iter_mut().enumerate() {
                column.extend(sums(&batch, first + at)?);
            }
            let odd = |_| Error::Answer("a group of other components".to_owned());
            let present = sums(&batch, first + groups.components.len())?.into_iter().map(u8::try_from);
            groups.present.extend(present.collect::<Result<Vec<u8>, _>>().map_err(odd)?);
        }
        Ok(groups)
    }

    /// What each customer contributes to each atom. The groups are those that `dimensions` tell apart; `atoms` has one for
    /// each of them, none for one that is in no cell.
    ///
    /// # Errors
    /// As [`Error`] says.
    pub fn contributions(
        &self,
        dimensions: &BTreeSet<Dimension>,
        groups: &FactGroups,
        atoms: &[Option<u32>],
    ) -> Result<Contributions, Error> {
        let cut = self.cut(dimensions);
        let mut found = Contributions {
            components: vec![Amounts::default(); Component::SALES.len()],
            ..Contributions::default()
        };
        let numbered = columns::numbered(groups, atoms, GROUPS_AT_ONCE)?;
        if numbered.is_empty() {
            return Ok(found);
        }
        for (at, part) in numbered.iter().enumerate() {
            self.client.view(&query::part(at), client::local(part)?)?;
        }
        let mut lines: Vec<(u32, u64, [i64; NUMBERS])> = Vec::new();
        for batch in self.ask(&query::contributions(&cut, numbered.len()))? {
            lines.extend(lines_of(&batch)?);
        }
        lines.sort_unstable_by_key(|&(atom, customer, _)| (atom, customer));
        if lines.windows(2).any(|two| (two[0].0, two[0].1) == (two[1].0, two[1].1)) {
            return Err(Error::Answer("somebody contributes twice to one atom".to_owned()));
        }
        for (atom, customer, amounts) in lines {
            found.atoms.push(atom);
            found.contributors.push(customer);
            for (column, amount) in found.components.iter_mut().zip(amounts) {
                column.push(amount);
            }
        }
        Ok(found)
    }

    fn cut(&self, dimensions: &BTreeSet<Dimension>) -> Cut {
        Cut { from: self.pages.from, until: self.pages.until, dimensions: dimensions.clone() }
    }

    fn ask(&self, sql: &str) -> Result<Vec<RecordBatch>, Error> {
        self.client.ask(sql)
    }
}

const NUMBERS: usize = Component::SALES.len();

fn lines_of(batch: &RecordBatch) -> Result<Vec<(u32, u64, [i64; NUMBERS])>, Error> {
    let odd = |what: &str| Error::Answer(format!("{what} is out of range"));
    let (atoms, customers) = (numbers(batch, 0)?, numbers(batch, 1)?);
    let columns = (0..NUMBERS).map(|at| sums(batch, 2 + at)).collect::<Result<Vec<_>, _>>()?;
    let line = |row: usize| {
        let atom = u32::try_from(atoms[row]).map_err(|_| odd("an atom"))?;
        let customer = u64::try_from(customers[row]).map_err(|_| odd("a pseudonym"))?;
        Ok((atom, customer, std::array::from_fn(|at| columns[at][row])))
    };
    (0..batch.num_rows()).map(line).collect()
}
