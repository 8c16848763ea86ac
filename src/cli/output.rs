//! How a command speaks: to a person, or to a program.

/// The global `--format`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum OutputFormat {
    /// Aligned tables and sentences.
    #[default]
    Human,
    /// One stable JSON document on standard output.
    Json,
}
