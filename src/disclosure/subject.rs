//! What can be disclosed, and what reveals it.

use serde::Serialize;

/// What a target is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Subject {
    /// A sensitive cell of the request, by table and cell.
    Cell { table: usize, cell: usize },
    /// A sensitive cell that an earlier release withheld, by its place in the request.
    Earlier { cell: usize },
    /// What an equation's shown total leaves for its withheld parts.
    Implied { table: usize, total: usize, parts: Vec<usize> },
    /// What a shown cell leaves when another shown one is taken from it.
    Difference { greater: Released, lesser: Released },
    /// A withheld cell seen by the only contributor of another one, who subtracts their own part.
    Beside { cell: Released, singleton: Released },
}

/// Something released: a cell of the request or an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Released {
    Cell { table: usize, cell: usize },
    Earlier { cell: usize },
}
