//! The made-up shop's sales reports, released one after the other, and one audit over all of them together: nobody is
//! found, though every figure that was ever shown is known. Of all three years, or of three weeks.

use jiff::civil::{Date, date};

use super::full;
use crate::replay::{Part, replay, shop};

const OPENED: Date = date(2023, 11, 22);
const LAST: Date = date(2026, 11, 22);
/// A Monday.
const SHORT_FROM: Date = date(2026, 11, 2);

#[test]
fn nobody_is_found_in_all_releases_together() {
    let from = if full() { OPENED } else { SHORT_FROM };
    let part = Part { from, last: LAST, leaves_room: true };
    let folder = tempfile::tempdir().unwrap();
    let found = replay(&shop(folder.path(), part), part, None, &mut |_, _, _| {});
    println!("{found}");
    assert!(found.refused.is_empty());
    let audit = &found.joint.audit;
    assert!(audit.targets > 100, "{}", audit.targets);
    assert_eq!((audit.exact, audit.narrow, audit.disclosed.len()), (0, 0, 0));
    let whole = found.whole();
    assert!(whole.releases >= 24 && whole.withheld > 0 && whole.withheld < whole.cells / 2);
}
