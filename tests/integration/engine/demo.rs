//! The made-up shop of the demo: what disclosure control is asked for its reports is the same from elsewhere.

use firstwatch::jobs::Rehearsal;
use firstwatch::settings::Engine;
use firstwatch::store::Reader;
use jiff::civil::date;

use super::sail::{Sail, engine};
use crate::replay::{self, Part};

#[test]
fn every_kind_of_report_on_the_demos_shop_is_asked_alike() {
    let sail = Sail::start();
    let folder = tempfile::tempdir().unwrap();
    let part = Part { from: date(2025, 10, 1), last: date(2026, 11, 22), leaves_room: true };
    let house = replay::shop(folder.path(), part);
    let mut there = house.settings.clone();
    there.engine = Engine::SparkConnect(engine(sail.uri()));
    let rehearsal = |settings| {
        let new = |reader: &Reader<'_>| Rehearsal::new(settings, reader, part.last);
        house.store.read(new).unwrap()
    };
    let (mut ours, mut theirs) = (rehearsal(&house.settings), rehearsal(&there));
    let mut latest = replay::reports(&house, part);
    // The last two of each length.
    latest.reverse();
    let mut seen = std::collections::BTreeMap::new();
    latest.retain(|(job, _)| {
        let count = seen.entry(job.name.clone()).or_insert(0);
        *count += 1;
        *count <= 2
    });
    latest.reverse();
    assert!(seen.len() > 3, "{seen:?}");
    for (job, period) in latest {
        let [here, elsewhere] = [&ours, &theirs].map(|of| of.questions(&job, period).unwrap());
        assert_eq!(here.len(), elsewhere.len());
        for (here, elsewhere) in here.iter().zip(&elsewhere) {
            assert!(here.request() == elsewhere.request(), "{} {period}", job.name);
            assert!(here.cells().eq(elsewhere.cells()), "{} {period}", job.name);
            // The next reports are asked with these as earlier cells, whatever of them would be shown.
            let cells: Vec<_> = here
                .cells()
                .map(|(definition, measures)| firstwatch::domain::cell::RecordedCell {
                    definition: definition.clone(),
                    measures: measures.to_vec(),
                    shown: Some(vec![0; measures.len()]),
                })
                .collect();
            ours.record(cells.clone());
            theirs.record(cells);
        }
    }
}
