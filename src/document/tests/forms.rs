//! Every form of a report as other programs read it: the same figures, whole markup, contrast, and the special cases.

use std::collections::BTreeSet;
use std::process::Command;

use super::examples::{
    Example, everything_withheld, many_groups, nothing_sold, strange_names, usual_week, week_of_tet,
};
use super::{html, mail_alone};
use crate::document::LONGEST_HTML;
use crate::domain::money::Currency;
use crate::domain::rendered::Rendered;
use crate::settings::{Format, Language};

/// What a program of others says of a file; `None` where it is not installed, which `tests/run` sees to.
fn read_by(program: &str, arguments: &[&str], name: &str, bytes: &[u8]) -> Option<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join(name);
    std::fs::write(&file, bytes).expect("written");
    let arguments = arguments.iter().map(|argument| match *argument {
        "FILE" => file.as_os_str().to_owned(),
        other => other.into(),
    });
    let output = Command::new(program).args(arguments).output().ok()?;
    let problems = String::from_utf8_lossy(&output.stderr).into_owned();
    if problems.contains("No module named") {
        return None;
    }
    assert!(output.status.success() && problems.is_empty(), "{program}: {problems}");
    Some(String::from_utf8(output.stdout).expect("UTF-8"))
}

fn pdf_text(rendered: &Rendered) -> Option<String> {
    read_by("pdftotext", &["-layout", "FILE", "-"], "report.pdf", &rendered.attachments[1].bytes)
}

/// Every number of every sheet, one a line.
fn workbook_numbers(rendered: &Rendered) -> Option<BTreeSet<i64>> {
    let script = "import openpyxl, sys\n\
                  for sheet in openpyxl.load_workbook(sys.argv[1]):\n\
                  \x20 for row in sheet.iter_rows(values_only=True):\n\
                  \x20   for cell in row:\n\
                  \x20     if isinstance(cell, (int, float)): print(round(cell * 100))";
    let bytes = &rendered.attachments[0].bytes;
    let told = read_by("/usr/bin/python3", &["-c", script, "FILE"], "report.xlsx", bytes)?;
    Some(told.lines().map(|line| line.parse().expect("a number")).collect())
}

/// Every amount of money in a text, in đồng.
fn amounts(text: &str) -> BTreeSet<i64> {
    let words =
        text.split(|letter: char| letter.is_whitespace() && letter != '\u{a0}' || "()<>\"".contains(letter));
    words
        .filter_map(|word| word.split_once("\u{a0}₫"))
        .map(|(digits, _)| digits.trim_start_matches('+').rsplit('\u{a0}').next().unwrap_or(digits))
        .map(|digits| digits.replace('.', "").parse().unwrap_or_else(|_| panic!("{digits:?} is no amount")))
        .collect()
}

#[test]
fn every_form_says_the_same_figures() {
    let rendered = usual_week().render(Language::Vi);
    let told = amounts(html(&rendered));
    assert!(told.len() > 60, "{}", told.len());
    assert_eq!(told, amounts(&rendered.text), "HTML and text");
    let Some(pdf) = pdf_text(&rendered) else { return println!("pdftotext is not there") };
    // An ordinary space there; columns stand two apart.
    assert_eq!(told, amounts(&pdf.replace(" ₫", "\u{a0}₫")), "HTML and PDF");
    let Some(numbers) = workbook_numbers(&rendered) else { return println!("openpyxl is not there") };
    let missing: Vec<&i64> = told.iter().filter(|amount| !numbers.contains(&(*amount * 100))).collect();
    // What a group that is gone lost stands in no row of this period.
    assert!(missing.iter().all(|amount| amount.abs() == 12_300_000), "not in the workbook: {missing:?}");
}

/// Start tags and end tags in pairs, and no attribute twice in a tag.
fn assert_whole(html: &str) {
    const VOID: [&str; 6] = ["meta", "img", "br", "hr", "link", "input"];
    let mut open: Vec<&str> = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        let after = &rest[start + 1..];
        if let Some(comment) = after.strip_prefix("!--") {
            rest = comment.split_once("-->").expect("a comment ends").1;
            continue;
        }
        let (tag, next) = after.split_once('>').expect("a tag ends");
        rest = next;
        let name = tag.trim_start_matches('/').split([' ', '\n', '/']).next().unwrap_or_default();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "before {}", rest.chars().take(60).collect::<String>());
        } else if !tag.starts_with('!') && !VOID.contains(&name) && !tag.ends_with('/') {
            open.push(name);
        }
        let names: Vec<&str> = tag.split("=\"").filter_map(|part| part.rsplit([' ', '"']).next()).collect();
        let names = &names[..names.len().saturating_sub(1)];
        let once: BTreeSet<&&str> = names.iter().collect();
        assert_eq!(once.len(), names.len(), "an attribute twice: {tag}");
        if tag.starts_with("style") {
            rest = rest.split_once("</style").map(|parts| &rest[parts.0.len()..]).expect("a style ends");
        }
    }
    assert_eq!(open, Vec::<&str>::new());
}

fn cases() -> Vec<(&'static str, Example)> {
    let dollars = Currency { code: "USD".into(), decimals: 2 };
    vec![
        ("usual", usual_week()),
        ("nothing sold", nothing_sold()),
        ("one order", everything_withheld()),
        ("500 groups", many_groups(500)),
        ("strange names", strange_names()),
        ("Tết", week_of_tet()),
        ("across New Year", Example { period: "2026-W53", ..usual_week() }),
        ("two decimals", Example { currency: dollars, ..usual_week() }),
        ("four decimals", Example { currency: Currency { code: "XTS".into(), decimals: 4 }, ..usual_week() }),
    ]
}

#[test]
fn the_markup_is_whole_short_and_says_what_tables_are() {
    for (name, example) in cases() {
        for language in [Language::Vi, Language::En] {
            let mail = mail_alone(Example { business: example.business.clone(), ..case(name) }, language);
            let html = html(&mail);
            assert!(html.len() <= LONGEST_HTML, "{name}: {} bytes", html.len());
            assert_whole(html);
            assert!(html.contains(&format!("<html lang=\"{}\"", language.code())), "{name}");
            for table in html.split("<table").skip(1) {
                let tag = table.split('>').next().unwrap_or_default();
                let is_layout = tag.contains("role=\"presentation\"") || tag.contains("role=\"none\"");
                let has_heads =
                    table.split("</table").next().is_some_and(|inside| inside.contains("<th scope=\"col\""));
                assert!(is_layout || has_heads, "{name}: a table of data without heads: <table{tag}>");
            }
            for image in html.split("<img").skip(1) {
                let tag = image.split('>').next().unwrap_or_default();
                assert!(tag.contains("alt=\"") && !tag.contains("alt=\"\""), "{name}: <img{tag}>");
            }
        }
    }
}

fn case(name: &str) -> Example {
    cases().into_iter().find(|case| case.0 == name).expect("a case").1
}

#[test]
fn files_of_special_cases_are_read_by_other_programs() {
    for (name, example) in cases() {
        let rendered = example.render(Language::Vi);
        let Some(pdf) = pdf_text(&rendered) else { return println!("pdftotext is not there") };
        let pages = pdf.matches("Trang ").count();
        assert!(pages > 0 && (name != "500 groups" || pages > 4), "{name}: {pages} pages");
        if workbook_numbers(&rendered).is_none() {
            return println!("openpyxl is not there");
        }
    }
}

/// On paper the largest rows of a long table, and where to find the others; every row where no workbook goes along.
#[test]
fn a_pdf_beside_a_workbook_cuts_long_tables_and_says_so() {
    let cut = "Còn 300 dòng, xem tệp Excel.";
    let Some(beside) = pdf_text(&case("500 groups").render(Language::Vi)) else {
        return println!("pdftotext is not there");
    };
    assert!(beside.contains(cut));
    let example = Example { formats: vec![Format::Pdf], ..case("500 groups") };
    let rendered = example.render(Language::Vi);
    let alone = read_by("pdftotext", &["-layout", "FILE", "-"], "report.pdf", &rendered.attachments[0].bytes);
    let alone = alone.expect("pdftotext is there");
    assert!(!alone.contains("xem tệp Excel"));
    let pages = |text: &str| text.matches("Trang ").count();
    assert!(pages(&alone) > 2 * pages(&beside), "{} and {} pages", pages(&alone), pages(&beside));
}

/// WCAG 2.2's contrast of two colours such as `#1f2430`.
fn contrast(one: &str, other: &str) -> f64 {
    let luminance = |colour: &str| {
        let linear = |at: usize| {
            let part = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).expect("two digits")) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(1) + 0.7152 * linear(3) + 0.0722 * linear(5)
    };
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn every_text_can_be_read_on_its_ground_by_day_and_by_night() {
    let mail = mail_alone(Example { provisional: true, ..usual_week() }, Language::Vi);
    let (day, night) = html(&mail).split_once("prefers-color-scheme").expect("a dark mode");
    let by_day = [
        ("#ffffff", &["#1f2430", "#5f6878", "#8a6d1f", "#1b7444", "#b03a28"][..]),
        ("#f4f2ec", &["#1f2430", "#5f6878", "#0f5c63"]),
        ("#fbf0cf", &["#5f4a0c"]),
        ("#fbe4df", &["#7a2416"]),
    ];
    let night_text = ["#e8e6e1", "#a0a7b2", "#d9bd6a", "#74d3a0", "#f2998a"];
    let by_night = [
        ("#1d2026", &night_text[..]),
        ("#14161a", &["#e8e6e1", "#a0a7b2"]),
        ("#3a2f12", &["#f2dfa6"]),
        ("#45201a", &["#f6c3b8"]),
    ];
    let body = html(&mail);
    for (part, pairs) in [(body, by_day), (night, by_night)] {
        for (ground, texts) in pairs {
            assert!(part.contains(ground), "{ground} is not used");
            for text in texts {
                assert!(part.contains(text), "{text} is not used");
                let contrast = contrast(text, ground);
                assert!(contrast >= 4.5, "{text} on {ground}: {contrast:.2}");
            }
        }
    }
    assert!(day.contains("color-scheme"));
}
