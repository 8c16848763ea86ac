//! Reports as people get them: snapshots in both languages, edge cases, and every figure the same in
//! every medium.

mod examples;
mod forms;
mod notices;
mod parts;

use std::collections::BTreeMap;
use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};

use self::examples::{
    Example, everything_withheld, many_groups, nothing_sold, strange_names, usual_week, windows,
};
use super::*;
use crate::disclosure::ProtectedTable;
use crate::domain::rendered::Rendered;
use crate::settings::{Format, Language};

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
        for (language, code) in [(Language::Vi, "vi"), (Language::En, "en")] {
            let rendered = example.render(language);
            let write = |ending: &str, bytes: &[u8]| {
                std::fs::write(directory.join(format!("{name}-{code}.{ending}")), bytes).expect("written");
            };
            write("html", html(&rendered).as_bytes());
            write("txt", format!("{}\n\n{}", rendered.subject, rendered.text).as_bytes());
            write("xlsx", &rendered.attachments[0].bytes);
            write("pdf", &rendered.attachments[1].bytes);
        }
    }
}

fn html(rendered: &Rendered) -> &str {
    rendered.html.as_deref().expect("HTML was asked for")
}

/// Without its files, which take time and are compared elsewhere.
fn mail_alone(example: Example, language: Language) -> Rendered {
    Example { formats: vec![Format::Html], ..example }.render(language)
}

/// The subject and the text; the version would change a snapshot at every release.
fn in_words(rendered: &Rendered) -> String {
    versionless(&format!("{}\n\n{}", rendered.subject, rendered.text))
}

/// The body of a mail, one element a line, so that a difference can be read.
fn readable(rendered: &Rendered) -> String {
    let html = html(rendered);
    let body = html.split_once("<body").map_or(html, |parts| parts.1);
    versionless(&body.replace("><", ">\n<"))
}

fn versionless(text: &str) -> String {
    text.replace(concat!("firstwatch ", env!("CARGO_PKG_VERSION")), "firstwatch VERSION")
}

/// Snapshots stand beside the integration tests, where people look for them.
fn snapshots(check: impl FnOnce()) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/integration/snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(check);
}

#[test]
fn a_usual_week_reads_well() {
    snapshots(|| {
        for (language, code) in [(Language::Vi, "vi"), (Language::En, "en")] {
            let rendered = usual_week().render(language);
            insta::assert_snapshot!(format!("document_week_{code}_text"), in_words(&rendered));
            insta::assert_snapshot!(format!("document_week_{code}_html"), readable(&rendered));
        }
    });
}

#[test]
fn edge_cases_read_well() {
    snapshots(|| {
        for (name, example) in
            [("withheld", everything_withheld()), ("nothing", nothing_sold()), ("strange", strange_names())]
        {
            let rendered = mail_alone(example, Language::Vi);
            insta::assert_snapshot!(format!("document_{name}_vi_text"), in_words(&rendered));
        }
        let rendered = mail_alone(everything_withheld(), Language::En);
        insta::assert_snapshot!("document_withheld_en_html", readable(&rendered));
    });
}

#[test]
fn nothing_is_derived_from_withheld_figures() {
    for language in [Language::Vi, Language::En] {
        let rendered = mail_alone(everything_withheld(), language);
        assert!(!rendered.subject.contains('%') && !rendered.text.contains('%'), "{}", rendered.text);
        assert!(!rendered.text.contains("278"), "rows read would tell the number of orders");
    }
}

#[test]
fn the_reconciliation_does_not_tell_withheld_cancellations() {
    let returns = |this: Option<&[i64]>| {
        let mut week = usual_week();
        week.headline.truncate(1);
        week.headline.push(windows(&["refunds", "cancellations"], [this; 5]));
        mail_alone(week, Language::En).text
    };
    let told = returns(Some(&[4_000_000, 9]));
    assert!(told.contains("cancelled: 9"), "{told}");
    let withheld = returns(None);
    assert!(withheld.contains("how many are not counted is withheld"), "{withheld}");
    for count in ["278", "17 not counted", "cancelled: 9", "pending: 6"] {
        assert!(!withheld.contains(count), "{count} is told: {withheld}");
    }
}

/// The sheets of a workbook as rows of cells, by name, in order.
fn sheets(rendered: &Rendered) -> Vec<(String, Vec<Vec<Data>>)> {
    let mut workbook: Xlsx<_> =
        Xlsx::new(Cursor::new(rendered.attachments[0].bytes.clone())).expect("a workbook");
    workbook
        .sheet_names()
        .into_iter()
        .map(|name| {
            let range = workbook.worksheet_range(&name).expect("a sheet");
            let formulas = workbook.worksheet_formula(&name).expect("its formulas");
            assert!(formulas.cells().all(|(_, _, formula)| formula.is_empty()), "a formula in {name}");
            (name, range.rows().map(<[Data]>::to_vec).collect())
        })
        .collect()
}

/// How often each figure stands below the heads of a sheet, in minor units, and how often the mark of a
/// withheld one.
fn figures_in(rows: &[Vec<Data>], scale: f64) -> (BTreeMap<i64, usize>, usize) {
    let mut numbers = BTreeMap::new();
    let mut withheld = 0;
    for cell in rows.iter().skip(5).flatten() {
        match cell {
            Data::Float(value) => *numbers.entry((value * scale).round() as i64).or_default() += 1,
            Data::Int(value) => *numbers.entry(value * scale as i64).or_default() += 1,
            Data::String(text) if text == numbers::WITHHELD => withheld += 1,
            _ => {}
        }
    }
    (numbers, withheld)
}

fn figures_of(table: &ProtectedTable) -> (BTreeMap<i64, usize>, usize) {
    let mut numbers = BTreeMap::new();
    let mut withheld = 0;
    for cell in table.cells() {
        match cell.values() {
            Some(values) => {
                for &value in values {
                    *numbers.entry(value).or_default() += 1;
                }
            }
            None => withheld += table.measures().len(),
        }
    }
    (numbers, withheld)
}

#[test]
fn the_workbook_holds_every_cell_of_every_table_and_no_other() {
    let mut example = usual_week();
    // What a table is compared with stands in columns of its own.
    example.sections.iter_mut().for_each(|section| section.before = None);
    let sheets = sheets(&example.render(Language::Vi));
    assert_eq!(
        figures_in(&sheets[1].1, 1.0),
        figures_of(example.trend.as_ref().expect("a trend")),
        "the trend"
    );
    for ((name, rows), section) in sheets.iter().skip(2).zip(&example.sections) {
        let (mut figures, mut withheld) = figures_of(&section.table);
        if name == "Tỉnh, thành" {
            // Six provinces are withheld, and told as one: what the others leave of the total.
            withheld = 0;
            for (at, total) in [1_184_650_000, 261].into_iter().enumerate() {
                let shown = (1..15).map(|rank| [310_000_000 / rank, 70 / rank][at]);
                *figures.entry(total - shown.sum::<i64>()).or_default() += 1;
            }
        }
        assert_eq!(figures_in(rows, 1.0), (figures, withheld), "{name}");
    }
    let late = figures_in(&sheets[2 + example.sections.len()].1, 1.0);
    assert_eq!(late, (BTreeMap::from([(8_400_000, 1)]), 1), "what is late, and not what is on time");
    let names: Vec<&str> = sheets.iter().map(|sheet| sheet.0.as_str()).collect();
    assert_eq!(
        names,
        [
            "Chỉ số chính",
            "Doanh thu thuần theo ngày",
            "Doanh thu theo hãng và vùng",
            "Kênh bán",
            "Ngày trong tuần",
            "Tỉnh, thành",
            "Ghi sổ muộn của kỳ trước",
            "Định nghĩa",
            "Nguồn gốc số liệu"
        ]
    );
}

#[test]
fn html_text_and_workbook_say_the_same_figures() {
    for language in [Language::Vi, Language::En] {
        let example = usual_week();
        let rendered = example.render(language);
        let texts = texts::Texts::new(language).expect("texts");
        let numbers = numbers::Numbers::new(&texts, &example.currency).expect("numbers");
        let key_sheet = figures_in(&sheets(&rendered)[0].1, 1.0).0;
        for table in &example.headline {
            for cell in table.cells() {
                for (value, measure) in cell.values().into_iter().flatten().zip(table.measures()) {
                    let is_money = ["net", "gross", "discounts", "refunds"].contains(&measure.as_str());
                    let written = numbers.figure(figure::Figure::Shown(*value), is_money);
                    assert!(html(&rendered).contains(&written), "{written} is not in the HTML");
                    assert!(rendered.text.contains(&written), "{written} is not in the text");
                    assert!(key_sheet.contains_key(value), "{value} is not in the workbook");
                }
            }
        }
        for line in rendered.text.lines().filter(|line| line.contains('₫')) {
            for word in line.split(' ').filter(|word| word.contains('₫')) {
                let word = word.trim_matches(['(', ')', ',', '.']);
                assert!(html(&rendered).contains(word), "{word} of the text is not in the HTML");
            }
        }
    }
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    let example = usual_week();
    let first = example.render(Language::Vi);
    assert_eq!(first, example.render(Language::Vi));
    // The time of the first file in the zip: midnight of 1 January 1980, not the present.
    assert_eq!(first.attachments[0].bytes[10..14], [0, 0, 0x21, 0]);
    let later = example.with_report(|report| {
        let later = Report { data_as_of: "2026-11-24T00:00:00Z".parse().expect("an instant"), ..*report };
        render(&later, Language::Vi).expect("a report")
    });
    assert_ne!(first.attachments[0].bytes, later.attachments[0].bytes);
}

#[test]
fn the_pdf_is_of_its_data_and_has_pages() {
    let rendered = usual_week().render(Language::Vi);
    let pdf = &rendered.attachments[1];
    assert_eq!(pdf.file_name, "weekly-sales-2026-W47.pdf");
    assert!(pdf.bytes.starts_with(b"%PDF-1.7"));
    let contains = |wanted: &[u8]| pdf.bytes.windows(wanted.len()).any(|part| part == wanted);
    assert!(contains(b"D:20261123000000Z"), "the date of the data");
    assert!(contains(b"LibertinusSerif"), "a font with Vietnamese letters");
}

#[test]
fn nothing_is_fetched_and_nothing_runs() {
    for example in [usual_week(), strange_names()] {
        let rendered = mail_alone(example, Language::Vi);
        let sources = html(&rendered).split("src=").skip(1);
        assert!({ sources }.all(|source| source.starts_with("\"cid:")), "what a mail shows comes with it");
        for forbidden in ["<script", "url(", "<link", "@import", "{{", "<b>&amp;amp;"] {
            let found = html(&rendered).contains(forbidden);
            // The braces of a name stay as they are; those of the template must be gone.
            assert!(!found || (forbidden == "{{" && html(&rendered).contains("{{ 7 * 7 }}")), "{forbidden}");
        }
    }
}

#[test]
fn long_tables_name_what_they_leave_out() {
    let example = many_groups(500);
    let rendered = Example { formats: vec![Format::Html, Format::Xlsx], ..example }.render(Language::Vi);
    assert!(html(&rendered).len() < LONGEST_HTML, "{} bytes", html(&rendered).len());
    assert!(html(&rendered).contains("Còn 485 dòng, xem tệp Excel."));
    assert!(rendered.text.contains("Còn 485 dòng, xem tệp Excel."));
    // Three lines above the table, two of heads, the products, their total.
    assert_eq!(sheets(&rendered)[1].1.len(), 4 + 2 + 500 + 1);
    let alone = mail_alone(many_groups(500), Language::En);
    assert!(alone.text.contains("485 more rows are not printed here"), "{}", alone.text);
    assert!(alone.attachments.is_empty());
}

#[test]
fn a_mail_that_grows_too_long_prints_fewer_rows() {
    let mut example = many_groups(40);
    while example.sections.len() < 40 {
        example.sections.extend(many_groups(40).sections);
    }
    let rendered = mail_alone(example, Language::Vi);
    assert!(html(&rendered).len() <= LONGEST_HTML, "{} bytes", html(&rendered).len());
}

#[test]
fn strange_names_open_in_a_spreadsheet() {
    let example = Example { formats: vec![Format::Xlsx], ..strange_names() };
    let rendered = example.render(Language::Vi);
    assert_eq!(rendered.html, None);
    let sheets = sheets(&rendered);
    let table = sheets.iter().find(|sheet| sheet.0.starts_with("Sản phẩm")).expect("the table's sheet");
    let names: Vec<String> = table.1.iter().skip(5).map(|row| row[0].to_string()).collect();
    assert!(names.contains(&"=HYPERLINK(\"http://evil.example\",\"x\")".to_owned()), "{names:?}");
    assert!(names.contains(&"a b cd".to_owned()), "{names:?}");
}

#[test]
fn an_unknown_measure_is_named() {
    let mut example = usual_week();
    example.headline = vec![examples::windows(&["profit"], [Some(&[1]), None, None, None, None])];
    let error = example.with_report(|report| render(report, Language::En).expect_err("no such measure"));
    assert!(error.to_string().contains("\"profit\""), "{error}");
}
