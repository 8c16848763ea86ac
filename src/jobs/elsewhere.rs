//! The cells of sales where an engine elsewhere sums the pages: the pages are proved here, summed there, and what comes
//! back is judged here.

use std::path::Path;

use anyhow::Context;
use jiff::civil::Date;

use crate::engine::{self, Session};
use crate::facts::{self, Page};
use crate::report::{self, Asked, Cells};
use crate::settings::{Engine, Settings, SparkConnect, StoreSettings};

/// Whether it failed for want of an engine, which may answer later.
pub fn is_unavailable(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| cause.downcast_ref().is_some_and(engine::Error::is_unavailable))
}

/// What sums the pages, and where they lie for it.
#[derive(Clone, Copy)]
pub(super) struct Elsewhere<'a> {
    pub engine: &'a SparkConnect,
    pub store: &'a StoreSettings,
}

impl<'a> Elsewhere<'a> {
    /// `None`: this program sums them.
    pub fn of(settings: &'a Settings) -> Option<Self> {
        match &settings.engine {
            Engine::Local => None,
            Engine::SparkConnect(engine) => Some(Self { engine, store: &settings.store }),
        }
    }

    /// The cells over the days `from..until` of these pages, or `None` when none of them has any.
    ///
    /// # Errors
    /// When a page is not what was sealed, or the engine gives no answer that can be believed.
    pub fn cells(
        self,
        (directory, pages): (&Path, &[Page]),
        (from, until): (Date, Date),
        asked: Asked<'_>,
    ) -> anyhow::Result<Option<Cells>> {
        let is_summed = |page: &&Page| page.from < until && from < page.until;
        let pages: Vec<Page> = pages.iter().filter(is_summed).cloned().collect();
        if pages.is_empty() {
            return Ok(None);
        }
        facts::verify(directory, &pages).context("failed to read the sealed pages")?;
        let there = self.seen_from_there(directory)?;
        let pages = engine::Pages {
            paths: pages.iter().map(|page| format!("{there}/{}", page.file)).collect(),
            rows: pages.iter().map(|page| page.rows).sum(),
            from,
            until,
        };
        let session = Session::open(self.engine, pages)?;
        let dimensions = report::dimensions(asked);
        let groups = session.groups(&dimensions)?;
        let cells = report::cells_of_groups(&groups, asked, |atoms| {
            session.contributions(&dimensions, &groups, atoms).map_err(anyhow::Error::from)
        })?;
        Ok(Some(cells))
    }

    /// A folder of the state directory as the engine's machines see it.
    fn seen_from_there(self, folder: &Path) -> anyhow::Result<String> {
        let absolute = |path: &Path| std::path::absolute(path).context("the state directory has no path");
        let (folder, state) = (absolute(folder)?, absolute(&self.store.directory)?);
        let path = match &self.engine.directory {
            None => folder.to_str().map(str::to_owned),
            Some(there) => {
                let below =
                    folder.strip_prefix(&state).context("the pages lie outside the state directory")?;
                below.to_str().map(|below| format!("{there}/{below}"))
            }
        };
        path.context("the path of the pages is no text; give the state directory another name")
    }
}
