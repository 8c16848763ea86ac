//! A preview is what would be sent, and a report that is wanted only when something is wrong is mailed only then.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use jiff::ToSpan;
use jiff::civil::{Date, date};
use mail_parser::{MessageParser, MimeHeaders};

use super::harness::{Builder, FLAT_SHOP, Shop, job, report};

/// A Monday; three weeks follow.
const MONDAY: Date = date(2018, 11, 5);

/// Eight customers a day for two weeks, then six.
fn orders() -> String {
    let mut text = "order_id,placed_at,status,customer_id,line_id,product,quantity,unit_price\n".to_owned();
    for day in MONDAY.series(1.day()).take(21) {
        let customers = if day < MONDAY.saturating_add(14.days()) { 8 } else { 6 };
        for order in 0..customers {
            let (product, price) = (["Casio", "Seiko"][order % 2], 1_000_000 + 10_000 * order);
            let at = format!("{day}T1{order}:00:00+07:00");
            writeln!(text, "{day}-{order},{at},completed,C{day}-{order},1,{product},1,{price}").unwrap();
        }
    }
    text
}

fn shop(weekly: String) -> Shop {
    let shop = Builder::new(FLAT_SHOP).job("pull", job("pull", "")).job("weekly", weekly).open();
    shop.write("orders.csv", &orders());
    shop.run_job(&["pull"], "done");
    shop
}

/// The message without the line that tells its time.
fn timeless(message: &[u8]) -> String {
    let text = std::str::from_utf8(message).unwrap();
    text.split("\r\n").filter(|line| !line.starts_with("Date: ")).collect::<Vec<_>>().join("\r\n")
}

#[test]
fn a_preview_is_what_is_sent() {
    let compared = "measures = [\"net\", \"orders\", \"units\"]\ncompare = true";
    let weekly = report("week", "[\"html\", \"xlsx\", \"pdf\"]", &["product"])
        .replace("measures = [\"net\", \"orders\", \"units\"]", compared);
    let shop = shop(weekly);
    let out = shop.path("preview");
    let preview =
        ["report", "preview", "weekly", "--period", "2018-W47", "--out", out.to_str().unwrap(), "--open"];
    assert!(shop.run(&preview).exits(1).stderr.contains("xdg-open"), "there is none in the test's PATH");

    // A desktop of the test's own: it notes what it is asked to show.
    let (desktop, shown) = (shop.path("bin/xdg-open"), shop.path("shown"));
    shop.write("bin/xdg-open", &format!("#!/bin/sh\necho \"$1\" > {}\n", shown.display()));
    fs::set_permissions(&desktop, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", shop.path("bin").display());
    let output = shop.command(&preview).env("PATH", path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(stdout.contains("it would go to 1 recipient\n"), "{stdout}");
    assert_eq!(Path::new(fs::read_to_string(shown).unwrap().trim()), out.join("report.html"));
    assert!(shop.mail().is_empty() && shop.number("SELECT count(*) FROM releases") == 0);

    shop.run_job(&["weekly", "--period", "2018-W47"], "done");
    let released = shop.state().join("releases/weekly.2018-w47");
    let parts = ["report.txt", "report.html", "trend.png", "weekly-2018-W47.xlsx", "weekly-2018-W47.pdf"];
    for part in parts {
        let read = |folder: &Path| fs::read(folder.join(part)).unwrap();
        assert!(read(&released) == read(&out), "{part} is another than the preview's");
    }
    let mail = shop.mail();
    let previewed = fs::read(out.join("message.eml")).unwrap();
    assert_eq!(timeless(&mail[0]), timeless(&previewed));
    let message = MessageParser::default().parse(&mail[0]).unwrap();
    let picture = message.attachments().find(|file| file.attachment_name() == Some("trend.png")).unwrap();
    assert_eq!(picture.content_id(), Some("trend.png@firstwatch"));
    assert_eq!(picture.contents(), fs::read(out.join("trend.png")).unwrap());
    let page = fs::read_to_string(out.join("report.html")).unwrap();
    assert!(page.contains("src=\"trend.png\"") && !page.contains("cid:"), "a browser finds the picture");
    let text = message.body_text(0).unwrap();
    assert!(text.contains("BIẾN ĐỘNG MẠNH NHẤT: THEO PRODUCT"), "{text}");
    assert!(text.contains("T2 19/11") && text.contains("19/11 – 25/11/2018"), "{text}");
    shop.ask(&["report", "verify", "1"]).ok();
}

#[test]
fn a_report_on_demand_is_mailed_when_a_threshold_is_crossed() {
    let tables = report("week", "[\"html\"]", &["product"]);
    let weekly =
        format!("only_when_crossed = true\n{tables}\n[[threshold]]\nmeasure = \"net\"\nfalls = 20\n");
    let shop = shop(weekly);
    let quiet = shop.run_job(&["weekly", "--period", "2018-W46"], "done");
    let said = quiet["message"].as_str().unwrap();
    assert!(said.contains("to 0 recipients, for no threshold is crossed"), "{said}");
    assert!(shop.mail().is_empty());
    // It counts as known all the same: silence tells that nothing was crossed.
    assert_eq!(shop.number("SELECT count(*) FROM releases"), 1);
    assert!(shop.number("SELECT count(*) FROM release_cells") > 0);
    shop.ask(&["report", "verify", "1"]).ok();

    shop.run_job(&["weekly", "--period", "2018-W47"], "done");
    let mail = shop.mail();
    let message = MessageParser::default().parse(&mail[0]).unwrap();
    let text = message.body_text(0).unwrap();
    assert!(text.contains("! Doanh thu thuần giảm 25,7\u{a0}% so với Tuần 46/2018"), "{text}");
    assert_eq!(mail.len(), 1);
}
