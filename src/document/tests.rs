//! Reports as people get them: snapshots in both languages, edge cases, and every figure the same in
//! every medium.

mod examples;

use calamine::{Data, Reader, Xlsx};

use self::examples::{Example, everything_withheld, many_groups, nothing_sold, strange_names, usual_week};
use super::*;
use crate::settings::Language;

/// Writes every example where `FIRSTWATCH_PICTURES` says, for looking at them.
#[test]
fn examples_can_be_looked_at() {
    let Some(directory) = std::env::var_os("FIRSTWATCH_PICTURES").map(std::path::PathBuf::from) else {
        return;
    };
    std::fs::create_dir_all(&directory).expect("a directory to write into");
    for (name, example) in [
        ("week", usual_week()),
        ("withheld", everything_withheld()),
        ("nothing", nothing_sold()),
        ("many", many_groups(500)),
        ("strange", strange_names()),
    ] {
        for language in [Language::Vi, Language::En] {
            let rendered = example.render(language);
            let code = if language == Language::Vi { "vi" } else { "en" };
            let write = |ending: &str, bytes: &[u8]| {
                std::fs::write(directory.join(format!("{name}-{code}.{ending}")), bytes).expect("written");
            };
            write("html", rendered.html.as_deref().unwrap_or_default().as_bytes());
            write("txt", format!("{}\n\n{}", rendered.subject, rendered.text).as_bytes());
            write("xlsx", &rendered.attachments[0].bytes);
            write("pdf", &rendered.attachments[1].bytes);
        }
    }
}
