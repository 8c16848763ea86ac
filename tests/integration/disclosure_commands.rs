//! `firstwatch disclosure protect` and `audit` as a data officer meets them: the real binary on real files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::till::{Answer, answered, plain};

/// A folder with a specification, an input and what comes of them.
struct Desk {
    folder: tempfile::TempDir,
}

type Rows = Vec<BTreeMap<String, String>>;

impl Desk {
    fn new(spec: &str, input: impl AsRef<[u8]>) -> Self {
        let desk = Self { folder: tempfile::tempdir().unwrap() };
        desk.write("spec.toml", spec);
        desk.write("in.csv", input);
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn ask(&self, arguments: &[&str]) -> Answer {
        let mut command = plain(env!("CARGO_BIN_EXE_firstwatch"));
        answered(command.current_dir(self.folder.path()).arg("disclosure").args(arguments).output().unwrap())
    }

    fn protect(&self, further: &[&str]) -> Answer {
        self.ask(&[&["protect", "--spec", "spec.toml", "--out", "out.csv"], further].concat())
    }

    fn audit(&self, released: &str, further: &[&str]) -> Answer {
        self.ask(&[&["audit", "--spec", "spec.toml", "--released", released], further].concat())
    }

    /// Protects, and gives back what was written.
    fn release(&self, further: &[&str]) -> Rows {
        let answer = self.protect(further);
        assert_eq!(answer.code, 0, "{answer:?}");
        self.rows("out.csv")
    }

    fn rows(&self, name: &str) -> Rows {
        let mut reader = csv::Reader::from_path(self.path(name)).unwrap();
        let header = reader.headers().unwrap().clone();
        let row = |row: csv::StringRecord| {
            header.iter().map(str::to_owned).zip(row.iter().map(str::to_owned)).collect()
        };
        reader.records().map(|record| row(record.unwrap())).collect()
    }

    /// What an error says to a program, and that nothing was written.
    fn refused(&self) -> String {
        let answer = self.protect(&["--format", "json"]);
        assert!(!self.path("out.csv").exists());
        error_of(&answer, 65)
    }
}

fn error_of(answer: &Answer, code: i32) -> String {
    assert_eq!((answer.code, answer.out.as_str()), (code, ""), "{answer:?}");
    let body: Value = serde_json::from_str(&answer.err).unwrap_or_else(|error| panic!("{error}: {answer:?}"));
    assert_eq!(body["error"]["exit_code"], code);
    body["error"]["message"].as_str().unwrap().to_owned()
}

fn find<'r>(rows: &'r Rows, codes: &[(&str, &str)]) -> &'r BTreeMap<String, String> {
    let mut found = rows.iter().filter(|row| codes.iter().all(|(column, code)| row[*column] == *code));
    let row = found.next().unwrap_or_else(|| panic!("no {codes:?} in {rows:?}"));
    assert!(found.next().is_none(), "more than one {codes:?}");
    row
}

fn count(rows: &Rows, status: &str) -> usize {
    rows.iter().filter(|row| row["status"] == status).count()
}

/// Investment by activity and region, the table of Fischetti and Salazar-González; the officer knows that the second
/// activity in the third region is sensitive.
const INVESTMENT: &str = "activity,region,investment,status,lpl,upl\n\
    I,A,20,s,,\nI,B,50,s,,\nI,C,10,s,,\nII,A,8,s,,\nII,B,19,s,,\nII,C,22,u,LOW,UP\nIII,A,17,s,,\nIII,B,32,s,,\nIII,C,12,s,,\n\
    I,Total,80,s,,\nII,Total,49,s,,\nIII,Total,61,s,,\nTotal,A,45,s,,\nTotal,B,101,s,,\nTotal,C,44,s,,\nTotal,Total,190,s,,\n";

const INVESTMENT_SPEC: &str = r#"
[input]
kind = "cells"
path = "in.csv"
value = "investment"
status = { column = "status", sensitive = ["u"], safe = ["s"] }
lower = "lpl"
upper = "upl"
[dimensions.activity]
levels = ["activity"]
[dimensions.region]
levels = ["region"]
[[table]]
name = "investment"
dimensions = ["activity", "region"]
[rules]
implied_cells = false
insiders = false
"#;

/// Another program's pattern: the four corners of a rectangle are blank, no status, no table, other columns order.
const RECTANGLE: &str = "region;investment;activity\nTotal;190;Total\nC;x;II\nA;20;I\nB;50;I\nC;10;I\nA;;II\nB;19;II\nA;;III\n\
    B;32;III\nC;x;III\nTotal;80;I\nTotal;49;II\nTotal;61;III\nA;45;Total\nB;101;Total\nC;44;Total\n";

/// With the corners of the rectangle withheld, the sensitive 22 can be anything from 5 to 30, and nothing else.
#[test]
fn the_known_interval_of_a_known_table_is_found() {
    for (low, up, code) in [(17, 8, 0), (18, 8, 65), (17, 9, 65)] {
        let cells = INVESTMENT.replace("LOW", &low.to_string()).replace("UP", &up.to_string());
        let desk = Desk::new(INVESTMENT_SPEC, cells);
        desk.write("rectangle.csv", RECTANGLE);
        let answer = desk.audit("rectangle.csv", &["--format", "json"]);
        assert_eq!(answer.code, code, "{answer:?}");
        let verdict: Value = serde_json::from_str(&answer.out).unwrap();
        assert_eq!(verdict["safe"], code == 0);
        assert_eq!(verdict["audit"]["targets"], 1);
        if code != 0 {
            assert_eq!(verdict["audit"]["narrow"], 1);
            let disclosed = &verdict["disclosed"][0];
            assert_eq!(disclosed["cell"], "investment[II, C]");
            assert_eq!((&disclosed["interval"][0], &disclosed["interval"][1]), (&5.0.into(), &30.0.into()));
            assert!(!disclosed["revealed_by"].as_array().unwrap().is_empty());
        }
    }
}

#[test]
fn a_known_table_is_protected_by_a_rectangle_at_least() {
    let desk = Desk::new(INVESTMENT_SPEC, INVESTMENT.replace("LOW", "5").replace("UP", "5"));
    let rows = desk.release(&["--published"]);
    assert_eq!(rows.len(), 16);
    assert!(count(&rows, "withheld") >= 4, "{rows:?}");
    let sensitive = find(&rows, &[("activity", "II"), ("region", "C")]);
    assert_eq!((sensitive["investment"].as_str(), sensitive["contributors"].as_str()), ("", ""));
    assert_eq!(find(&rows, &[("activity", "Total"), ("region", "Total")])["investment"], "190");
    assert_eq!(desk.audit("out.csv", &[]).code, 0);
    // What a row gives away when only it is shown again.
    let shown = desk.read("out.csv").replace(",II,C,,,withheld", ",II,C,,22,safe");
    desk.write("shown.csv", &shown);
    let answer = desk.audit("shown.csv", &[]);
    assert_eq!(answer.code, 65);
    let line = "investment[II, C] investment: [22, 22], required [17, 27], revealed by investment[II, C]\n";
    assert_eq!(
        answer.out,
        format!("{line}not safe: 1 sensitive figure, 1 disclosed exactly, 0 too narrowly\n")
    );
}

/// A complete table as sdcTable wants it: `Tot` for totals, a hierarchy beside the data, frequencies, every subtotal a row.
const COMPLETE: &str = "V1,V2,Freq,numVal\nA,m,9,90.5\nA,w,8,80\nBa,m,7,70\nBa,w,6,60\nBb,m,2,30\nBb,w,6,50\nC,m,9,70\nC,w,9,65.25\n\
    B,m,9,100\nB,w,12,110\nB,Tot,21,210\nBb,Tot,8,80\nTot,m,27,260.5\nTot,w,29,255.25\nTot,Tot,56,515.75\n";

const COMPLETE_SPEC: &str = r#"
[input]
kind = "cells"
path = "in.csv"
value = ["numVal"]
count = "Freq"
total = "Tot"
[dimensions.V1]
column = "V1"
tree = { B = ["Ba", { Bsmall = ["Bb"] }] }
[dimensions.V2]
levels = ["V2"]
[[table]]
name = "cube"
dimensions = ["V1", "V2"]
[rules]
minimum_contributors = 3
"#;

#[test]
fn a_complete_table_with_a_hierarchy_beside_it() {
    let desk = Desk::new(COMPLETE_SPEC, COMPLETE);
    let rows = desk.release(&[]);
    assert_eq!(find(&rows, &[("V1", "Bb"), ("V2", "m")])["status"], "primary");
    // The node with one code below it is the same cell, and as sensitive.
    assert_eq!(find(&rows, &[("V1", "Bsmall"), ("V2", "m")])["status"], "primary");
    let total = find(&rows, &[("V1", "Total"), ("V2", "Total")]);
    assert_eq!([&total["contributors"], &total["numVal"], &total["status"]], ["56", "515.75", "safe"]);
    let subtotal = find(&rows, &[("V1", "B"), ("V2", "w")]);
    assert_eq!([&subtotal["contributors"], &subtotal["numVal"]], ["12", "110"]);
    assert_eq!(rows.len(), 7 * 3);
    assert_eq!(desk.audit("out.csv", &[]).code, 0);
}

#[test]
fn ready_made_cells_that_contradict_themselves_are_told_by_row() {
    for (from, to, expected) in [
        (
            "B,Tot,21,210",
            "B,Tot,21,211",
            "row 12, column \"numVal\": the total is 211, but the cells that it sums over come to 210",
        ),
        ("Tot,w,29,255.25", "Tot,w,28,255.25", "row 15, column \"Freq\": the total is 28"),
        ("Ba,m,7,70\n", "", "row 9, column \"numVal\": the total is 100"),
        ("Ba,w,6,60", "Ba,w,6,NA", "row 5, column \"numVal\": is blank; a missing amount is not zero"),
        ("Ba,w,6,60", "Ba,w,,60", "row 5, column \"Freq\""),
        ("Ba,w,6,60", "Ba,w,0,60", "row 11, column \"Freq\": the total is 12"),
        ("Ba,w,6,60", "Ba,m,6,60", "row 5: the same cell stands in row 4 already"),
        ("Ba,w,6,60", "Ba,w,6,-60", "row 5, column \"numVal\": -60 is negative"),
        ("Ba,w,6,60", "Total,w,6,60", "row 5, column \"V1\": \"Total\" is the word for totals"),
        ("Ba,w,6,60", "Ba,w,6.5,60", "row 5, column \"Freq\": 6.5 is not a whole number"),
        ("Ba,w,6,60", "Ba,w,6", "row 5: has 3 fields, but the header 4"),
        ("Ba,w,6,60", "Ba,w,6,9223372036854775807", "too large"),
        (
            "V1,V2,Freq",
            "V1,V2,freq",
            "row 1, column \"Freq\": there is no such column (count of [input] names it); did you mean `freq`?",
        ),
        ("V1,V2,Freq,numVal", "V1,V1,Freq,numVal", "row 1, column \"V1\": two columns have this name"),
    ] {
        assert!(COMPLETE.contains(from), "{from}");
        let said = Desk::new(COMPLETE_SPEC, COMPLETE.replacen(from, to, 1)).refused();
        assert!(said.contains("in.csv") && said.contains(expected), "{from} -> {to}: {said}");
    }
}

#[test]
fn nobody_contributes_an_amount() {
    let said = Desk::new(COMPLETE_SPEC, "V1,V2,Freq,numVal\nBa,m,0,90\nBa,w,9,90\n").refused();
    assert!(
        said.contains("in.csv, row 2, column \"Freq\": there is an amount, but nobody contributed it"),
        "{said}"
    );
}

/// A total may say less than its parts do, but no part may be missing.
#[test]
fn totals_may_be_blank_or_absent() {
    let whole = Desk::new(COMPLETE_SPEC, COMPLETE);
    let rows = whole.release(&[]);
    let blank = COMPLETE.replace("Tot,Tot,56,515.75", "Tot,Tot,,NA").replace("B,Tot,21,210\n", "");
    assert_eq!(Desk::new(COMPLETE_SPEC, blank).release(&[]), rows);
}

/// What a row says holds for its own cell, not for the coarser one of a table that leaves its level out.
#[test]
fn a_row_is_heard_on_its_own_cell_only() {
    let spec = r#"
[input]
kind = "cells"
path = "in.csv"
value = ["v"]
count = "n"
top = ["t1", "t2"]
status = { column = "s", sensitive = ["u"] }
[dimensions.place]
levels = ["region", "prov"]
[[table]]
name = "regions"
dimensions = ["place"]
levels = { place = ["region"] }
[rules]
minimum_contributors = 3
"#;
    let cells = "region,prov,n,v,t1,t2,s\nN,X,2,20,10,10,\nN,Y,9,90,10,10,\nS,Z,9,90,10,10,\nS,W,9,90,10,10,\nC,V,9,90,10,10,\nC,Total,9,90,,,u\n";
    let desk = Desk::new(spec, cells);
    let rows = desk.release(&[]);
    assert_ne!(find(&rows, &[("place", "N")])["status"], "primary", "{rows:?}");
    assert_eq!(find(&rows, &[("place", "N")])["contributors"], "11");
    assert_eq!(find(&rows, &[("place", "C")])["status"], "primary");
}

const READY_MADE: &str = r#"
[input]
kind = "cells"
path = "in.csv"
delimiter = ";"
decimal = ","
value = ["turnover"]
count = "n"
top = ["t1", "t2"]
[dimensions.half]
column = "month"
tree = { H1 = ["01", "02"], H2 = ["03"] }
[dimensions.region]
levels = ["region"]
[[table]]
name = "turnover"
dimensions = ["half", "region"]
[rules]
minimum_contributors = 3
"#;

const CELLS: &str = "month;region;n;turnover;t1;t2\n01;N;9;90,5;12;11\n01;S;9;80;12;11\n02;N;2;30;20;10\n02;S;9;70;9;9\n\
                     03;N;9;60;9;9\n03;S;9;50;8;8\nTotal;Total;47;380,5;20;12\n";

#[test]
fn ready_made_cells_with_trees_and_decimal_commas() {
    let desk = Desk::new(READY_MADE, CELLS);
    let rows = desk.release(&["--published"]);
    let figures = |half: &str, region: &str| {
        let row = find(&rows, &[("half", half), ("region", region)]);
        [row["contributors"].clone(), row["turnover"].clone(), row["status"].clone()]
    };
    assert_eq!(figures("Total", "Total"), ["47", "380.5", "safe"]);
    assert_eq!(figures("02", "N"), ["", "", "withheld"]);
    assert_eq!(figures("H2", "Total"), ["18", "110", "safe"]);
    assert!(count(&rows, "withheld") > 1);
    assert_eq!(desk.audit("out.csv", &[]).code, 0);
}

#[test]
fn a_tree_of_other_codes_is_refused() {
    let spec = READY_MADE.replace("{ H1 = [\"01\", \"02\"], H2 = [\"03\"] }", "{ H1 = [\"1\", \"2\"] }");
    let said = Desk::new(&spec, CELLS).refused();
    let expected = "column \"month\": no code here is in the tree of [dimensions.half]; the first codes are \"01\", \"02\", \"03\"";
    assert!(said.contains(expected), "{said}");
}

#[test]
fn impossible_largest_contributions_are_refused() {
    let spec = COMPLETE_SPEC.replace("count = \"Freq\"", "count = \"Freq\"\ntop = [\"t1\", \"t2\"]");
    let with = |top: &str| format!("V1,V2,Freq,numVal,t1,t2\nBa,m,3,90,{top}\nBa,w,9,90,10,10\n");
    for (top, expected) in [
        ("40,60", "row 2, column \"t2\": larger than the contribution before it"),
        ("60,40", "add up to more than the value"),
        ("40,20", "the other contributors would have to contribute more"),
    ] {
        let said = Desk::new(&spec, with(top)).refused();
        assert!(said.contains(expected), "{top}: {said}");
    }
    assert_eq!(Desk::new(&spec, with("40,30")).protect(&[]).code, 0);
}

const SALES: &str = "cust,city,product,amount\n1,Đà Nẵng,Đồng hồ,1250000.5\n2,Đà Nẵng,Đồng hồ,1100000\n3,Đà Nẵng,Đồng hồ,1200000\n4,Đà Nẵng,Dây,900000\n\
    5,Huế,Đồng hồ,1150000.25\n6,Huế,Đồng hồ,1000000\n7,Huế,Đồng hồ,1300000\n8,Huế,Dây,950000\n9,Huế,Dây,940000\n10,Huế,Dây,960000\n";

const SALES_SPEC: &str = r#"
[input]
kind = "microdata"
path = "in.csv"
contributor = "cust"
value = ["amount"]
[dimensions.city]
levels = ["city"]
[dimensions.product]
levels = ["product"]
[[table]]
name = "sales"
dimensions = ["city", "product"]
where = { product = ["Đồng hồ", "Dây"] }
[rules]
minimum_contributors = 3
"#;

#[test]
fn every_usual_way_to_write_a_file_is_read() {
    let desk = Desk::new(SALES_SPEC, SALES);
    let rows = desk.release(&[]);
    assert_eq!(find(&rows, &[("city", "Huế"), ("product", "Total")])["amount"], "6300000.25");
    assert_eq!(find(&rows, &[("city", "Đà Nẵng"), ("product", "Dây")])["status"], "primary");
    let utf16 = |text: &str| -> Vec<u8> {
        [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
    };
    // Windows-1258 writes a letter and its tone one after the other.
    let tones = |text: &str| text.replace('ẵ', "ă\u{303}").replace('ồ', "ô\u{300}").replace('ế', "ê\u{301}");
    let windows = encoding_rs::WINDOWS_1258.encode(&tones(SALES)).0.into_owned();
    let semicolons = SALES.replace(',', ";").replace('.', ",");
    let grouped = semicolons.replace("1250000,5", "1.250.000,5").replace("900000", "900.000");
    let quoted = SALES.replace("Đồng hồ", "\" Đồng hồ \"").replace('\n', "\r\n");
    for (name, bytes, keys) in [
        ("BOM", format!("\u{feff}{SALES}").into_bytes(), ""),
        ("CRLF and quotes", quoted.into_bytes(), ""),
        ("UTF-16", utf16(SALES), "encoding = \"utf-16\""),
        ("Windows-1258", windows, "encoding = \"windows-1258\""),
        ("semicolons", semicolons.into_bytes(), "delimiter = \";\"\ndecimal = \",\""),
        ("thousands", grouped.into_bytes(), "delimiter = \";\"\ndecimal = \",\"\nthousands = \".\""),
        ("tabs", SALES.replace(',', "\t").into_bytes(), "delimiter = \"\\t\""),
    ] {
        let spec = SALES_SPEC.replace("[dimensions.city]", &format!("{keys}\n[dimensions.city]"));
        assert_eq!(Desk::new(&spec, bytes).release(&[]), rows, "{name}");
    }
    let wrong = Desk::new(SALES_SPEC, encoding_rs::WINDOWS_1258.encode(&tones(SALES)).0).refused();
    assert!(wrong.contains("in.csv, row 2: the text is not UTF-8; name its encoding in [input]"), "{wrong}");
    let one = Desk::new(SALES_SPEC, SALES.replace(',', ";")).refused();
    assert!(one.contains("see delimiter in [input]"), "{one}");
}

#[test]
fn amounts_that_are_no_amounts_are_refused_by_row_and_column() {
    for (amount, expected) in [
        ("", "is blank; a missing amount is not zero"),
        ("NA", "is NA, not a number"),
        ("-5", "-5 is negative"),
        ("1e6", "\"1e6\" is not a number"),
        ("1,150,000", "row 6: has 6 fields, but the header 4"),
        ("99999999999999999999", "too large"),
        ("9000000000000000", "too large"),
    ] {
        let said = Desk::new(SALES_SPEC, SALES.replace("1150000.25", amount)).refused();
        assert!(said.contains("in.csv, row 6") && said.contains(expected), "{amount}: {said}");
    }
    let many: String = (0..200).map(|cust| format!("{cust},Huế,Dây,9000000000000\n")).collect();
    let spec = SALES_SPEC.replace("where", "#");
    let said = Desk::new(&spec, format!("cust,city,product,amount\n1,Huế,Dây,0.001\n{many}")).refused();
    assert!(said.contains("column \"amount\": all amounts together are more than"), "{said}");
}

/// A count is published; a number of distinct customers is not, for no audit covers it.
#[test]
fn what_is_published_is_what_was_audited() {
    let desk = Desk::new(SALES_SPEC, SALES);
    let officer = desk.release(&[]);
    assert_eq!(find(&officer, &[("city", "Huế"), ("product", "Total")])["contributors"], "6");
    let withheld = officer.iter().filter(|row| ["primary", "secondary"].contains(&row["status"].as_str()));
    assert!(withheld.clone().count() >= 4 && withheld.clone().all(|row| !row["amount"].is_empty()));
    let published = desk.release(&["--published"]);
    assert!(published.iter().all(|row| row["contributors"].is_empty()));
    assert!(published.iter().all(|row| (row["status"] == "withheld") == row["amount"].is_empty()));
    assert_eq!(count(&published, "withheld"), withheld.count());
    assert_eq!(desk.audit("out.csv", &[]).code, 0);

    let counts = SALES_SPEC.replace("contributor = \"cust\"\nvalue = [\"amount\"]", "");
    let desk = Desk::new(&counts, SALES);
    let rows = desk.release(&["--published"]);
    assert_eq!(find(&rows, &[("city", "Huế"), ("product", "Total")])["contributors"], "6");
    assert!(rows.iter().any(|row| row["status"] == "withheld" && row["contributors"].is_empty()));
    assert!(!rows[0].contains_key("amount") && !rows[0].contains_key("rows"));
    assert_eq!(desk.audit("out.csv", &[]).code, 0);
}

#[test]
fn rows_counts_and_grand_totals() {
    // Each row stands for so many contributors.
    let spec = SALES_SPEC
        .replace("contributor = \"cust\"", "count = \"cust\"")
        .replace("[rules]", "[[table]]\nname = \"all\"\ndimensions = []\n[rules]");
    let rows = Desk::new(&spec, SALES).release(&["--published"]);
    let all = find(&rows, &[("table", "all")]);
    assert_eq!(
        [&all["city"], &all["product"], &all["contributors"], &all["amount"]],
        ["Total", "Total", "55", "10750000.75"]
    );
    // Who ordered how often, without amounts.
    let spec = SALES_SPEC.replace("value = [\"amount\"]", "");
    let rows = Desk::new(&spec, SALES).release(&[]);
    assert_eq!(find(&rows, &[("city", "Huế"), ("product", "Total")])["rows"], "6");
    // Nothing but the total of everything, without any dimension.
    let spec = "[input]\nkind = \"microdata\"\npath = \"in.csv\"\nvalue = \"amount\"\n[[table]]\nname = \"all\"\ndimensions = []\n";
    let desk = Desk::new(spec, SALES);
    assert_eq!(desk.protect(&["--published"]).code, 0);
    assert_eq!(desk.read("out.csv"), "table,contributors,amount,status\nall,10,10750000.75,safe\n");
}

#[test]
fn a_specification_that_does_not_fit_is_told_by_row_and_key() {
    for (from, to, expected) in [
        ("minimum_contributors = 3", "minimum = 3", "row 16: unknown field `minimum`"),
        ("minimum_contributors = 3", "p_percent = -1", "row 16: [rules] p_percent: -1 is not a percentage"),
        ("minimum_contributors = 3", "p_percent = nan", "row 16: [rules] p_percent"),
        ("minimum_contributors = 3", "dominance = [{ n = 0, k = 85 }]", "row 16: [rules] dominance: n is 0"),
        ("minimum_contributors = 3", "dominance = [{ n = 2, k = 850 }]", "k is 850"),
        ("minimum_contributors = 3", "interval = { relative = 50 }", "relative is 50, and must be a ratio"),
        ("minimum_contributors = 3", "interval = { absolute = -1 }", "absolute is -1"),
        ("minimum_contributors = 3", "minimum_contributors = 1000", "must be at most 256"),
        (
            "dimensions = [\"city\", \"product\"]",
            "dimensions = [\"town\", \"product\"]",
            "row 13: [[table]] dimensions: \"sales\": there is no [dimensions.town]",
        ),
        (
            "dimensions = [\"city\", \"product\"]",
            "dimensions = [\"citi\", \"product\"]",
            "did you mean `city`?",
        ),
        (
            "dimensions = [\"city\", \"product\"]",
            "dimensions = [\"city\", \"city\"]",
            "\"city\" stands there twice",
        ),
        (
            "where = {",
            "levels = { city = [\"ward\"] }\nwhere = {",
            "row 14: [[table]] levels: \"sales\": \"city\" has no level \"ward\"; write one of city",
        ),
        (
            "where = {",
            "levels = { place = [\"city\"] }\nwhere = {",
            "\"place\" is no dimension of this table",
        ),
        ("\"Đồng hồ\", \"Dây\"", "\"Total\"", "\"product\" cannot be filtered by its total"),
        ("\"Đồng hồ\", \"Dây\"", "", "no code of \"product\" is named"),
        ("\"Đồng hồ\", \"Dây\"", "\"D\"", "\"D\" does not occur; the column has Dây, Đồng hồ"),
        (
            "\"Đồng hồ\", \"Dây\"",
            "\"Dâu\"",
            "in.csv, column \"product\": the table \"sales\" is empty: no record passes its filter; \"Dâu\" does not occur; did you mean `Dây`?",
        ),
        (
            "where = { product",
            "where = { kind",
            "row 1, column \"kind\": there is no such column (where of [[table]] \"sales\" names it)",
        ),
        (
            "levels = [\"city\"]",
            "levels = [\"city\"]\ntree = {}",
            "[dimensions.city]: needs either levels, or column",
        ),
        (
            "levels = [\"city\"]",
            "column = \"city\"\ntree = { A = [\"x\"], B = [\"x\"] }",
            "row 9: [dimensions.city] tree: \"x\" stands in it twice",
        ),
        (
            "levels = [\"city\"]",
            "column = \"city\"\ntree = { A = [1] }",
            "row 9: expected a list of codes, or a table of further nodes",
        ),
        (
            "levels = [\"city\"]",
            "column = \"city\"\ntree = { Total = [\"x\"] }",
            "\"Total\" is the word for totals",
        ),
        (
            "levels = [\"city\"]",
            "column = \"city\"\ntree = { \"Huế\" = [\"x\"] }",
            "in.csv, row 6, column \"city\": \"Huế\" stands for a total or for a node",
        ),
        (
            "contributor = \"cust\"",
            "contributor = \"cust\"\ncount = \"cust\"",
            "give contributor or count, not both",
        ),
        ("contributor = \"cust\"", "top = [\"amount\"]", "row 5: [input] top: belongs to kind = \"cells\""),
        ("value = [\"amount\"]", "value = [\"city\"]", "\"city\" is the name of a value too"),
        (
            "value = [\"amount\"]",
            "value = [\"amonut\"]",
            "row 1, column \"amonut\": there is no such column (value of [input] names it); did you mean `amount`?",
        ),
        ("path = \"in.csv\"", "path = \"in.csv\"\ndelimiter = \"::\"", "[input] delimiter"),
        ("path = \"in.csv\"", "path = \"in.csv\"\nencoding = \"klingon\"", "[input] encoding: is not known"),
        ("path = \"in.csv\"", "path = \"none.csv\"", "none.csv: cannot be read"),
        ("path = \"in.csv\"", "path = \"spec.toml\"", "spec.toml"),
        ("[[table]]", "[[tables]]", "unknown field `tables`"),
        ("kind = \"microdata\"", "kind = \"makrodata\"", "row 3: unknown variant `makrodata`"),
        ("kind = \"microdata\"", "kind = ", "row 3"),
    ] {
        assert!(SALES_SPEC.contains(from), "{from}");
        let said = Desk::new(&SALES_SPEC.replacen(from, to, 1), SALES).refused();
        assert!(said.contains(expected), "{from} -> {to}: {said}");
    }
    for (input, expected) in [
        ("", "in.csv: the file is empty"),
        ("cust,city,product,amount\n", "in.csv: there is no record in it"),
        (
            "cust,city,product,amount\n1,Total,Dây,5\n",
            "in.csv, row 2, column \"city\": \"Total\" stands for a total",
        ),
    ] {
        let said = Desk::new(SALES_SPEC, input).refused();
        assert!(said.contains(expected), "{said}");
    }
    let missing = Desk::new(SALES_SPEC, SALES);
    fs::remove_file(missing.path("spec.toml")).unwrap();
    assert!(missing.refused().contains("spec.toml: cannot be read"));
}

#[test]
fn a_person_reads_an_error_in_one_line() {
    let answer = Desk::new(SALES_SPEC, SALES.replace("1150000.25", "-1")).protect(&[]);
    assert_eq!(answer.code, 65);
    assert!(
        answer.err.starts_with("firstwatch: ") && answer.err.trim_end().lines().count() == 1,
        "{answer:?}"
    );
}

#[test]
fn the_summary_has_the_documented_keys_and_the_true_counts() {
    let desk = Desk::new(SALES_SPEC, SALES);
    let answer = desk.protect(&["--format", "json"]);
    let summary: Value = serde_json::from_str(&answer.out).unwrap();
    let keys: Vec<&String> = summary.as_object().unwrap().keys().collect();
    let mut expected =
        ["cells", "empty", "primary", "secondary", "secondary_cost", "optimality_gap", "audit", "seconds"];
    expected.sort_unstable();
    assert_eq!(keys, expected);
    let audit: Vec<&String> = summary["audit"].as_object().unwrap().keys().collect();
    assert_eq!(audit, ["exact", "narrow", "programmes", "targets"]);
    let rows = desk.rows("out.csv");
    assert_eq!(summary["cells"], rows.len());
    assert_eq!(summary["primary"], count(&rows, "primary"));
    assert_eq!(summary["secondary"], count(&rows, "secondary"));
    let cost: f64 = rows
        .iter()
        .filter(|row| row["status"] == "secondary")
        .map(|row| row["amount"].parse::<f64>().unwrap())
        .sum();
    assert_eq!(summary["secondary_cost"].as_f64().unwrap(), cost);
    let human = desk.protect(&[]).out;
    let (shown, primary) = (count(&rows, "safe"), count(&rows, "primary"));
    assert!(
        human.starts_with(&format!("9 cells: {shown} shown, {primary} withheld as sensitive, ")),
        "{human}"
    );
    assert!(
        human.contains(&format!("({cost} of amount)")) && human.contains(", none disclosed; "),
        "{human}"
    );
}

fn orders_spec(name: &str, days: &[&str], more: &str) -> String {
    let input = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/disclosure/orders.csv");
    format!(
        r#"
[input]
kind = "microdata"
path = "{}"
contributor = "cust"
value = ["value"]
[dimensions.place]
levels = ["region", "prov"]
[dimensions.product]
levels = ["brand", "model"]
[[table]]
name = "{name}"
dimensions = ["product", "place"]
levels = {{ product = ["brand"] }}
where = {{ day = {days:?} }}
{more}
[rules]
minimum_contributors = 3
"#,
        input.display()
    )
}

#[test]
fn dailies_and_their_sum_are_protected_together() {
    let desk = Desk::new("", "");
    let mut secondary = 0;
    for days in [&["1"][..], &["2"], &["3"], &["1", "2", "3"]] {
        desk.write("spec.toml", orders_spec("brand-by-place", days, ""));
        secondary += count(&desk.release(&["--ledger", "ledger"]), "secondary");
        assert_eq!(desk.audit("out.csv", &["--ledger", "ledger"]).code, 0);
    }
    assert!(secondary > 0);
    assert_eq!(releases(&desk), ["000001.json", "000002.json", "000003.json", "000004.json"]);
}

fn releases(desk: &Desk) -> Vec<String> {
    let entries = fs::read_dir(desk.path("ledger")).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| name != "lock");
    names.sort();
    names
}

#[test]
fn a_withheld_cell_published_by_hand_is_found() {
    let desk = Desk::new(&orders_spec("brand-by-place", &["1"], ""), "");
    desk.release(&[]);
    assert_eq!(desk.audit("out.csv", &[]).code, 0);
    desk.write("forged.csv", desk.read("out.csv").replacen("primary", "safe", 1));
    assert_eq!(desk.audit("forged.csv", &[]).code, 65);
}

const SMALL: &str = "day,shop,kind,n,gross,units\n1,A,x,1,10,1\n1,A,x,1,12,1\n1,A,x,1,11,2\n1,A,y,1,30,3\n1,B,x,1,10,1\n1,B,x,1,9,1\n1,B,x,1,11,1\n\
    1,B,y,1,10,1\n1,B,y,1,12,1\n1,B,y,1,12,1\n2,A,x,1,10,1\n2,A,x,1,10,1\n2,A,x,1,10,1\n2,A,y,1,10,1\n2,A,y,1,10,1\n2,A,y,1,10,1\n\
    2,B,x,1,5,1\n2,B,x,1,6,1\n2,B,x,1,7,1\n2,B,y,1,8,1\n2,B,y,1,7,1\n2,B,y,1,7,1\n";

/// The shops on one day, by columns or by a tree, with a measure.
fn small_spec(day: &str, measure: &str, by_tree: bool) -> String {
    let kind = if by_tree {
        "[dimensions.sort]\ncolumn = \"kind\"\ntree = { all = [\"x\", \"y\"] }"
    } else {
        "[dimensions.sort]\nlevels = [\"kind\"]"
    };
    format!(
        "[input]\nkind = \"microdata\"\npath = \"in.csv\"\n{measure}\n[dimensions.shop]\nlevels = [\"shop\"]\n{kind}\n\
         [[table]]\nname = \"shops\"\ndimensions = [\"shop\", \"sort\"]\n{day}\n[rules]\nminimum_contributors = 3\n"
    )
}

const DAY_1: &str = "where = { day = \"1\" }";

/// Withheld by one release, the lone amount stays withheld though later ones are about other measures, filters and trees:
/// what they show must not give it away together with the first.
#[test]
fn later_releases_with_other_specifications_count_the_earlier_ones() {
    let desk = Desk::new(&small_spec(DAY_1, "value = \"gross\"", false), SMALL);
    let first = desk.release(&["--ledger", "ledger"]);
    assert_eq!(find(&first, &[("shop", "A"), ("sort", "y")])["status"], "primary");
    let human = desk.protect(&["--ledger", "ledger"]).out;
    assert!(human.contains("protected against 1 earlier release; recorded in ledger/00000"), "{human}");
    // The same again is the same, and known already.
    assert_eq!(desk.rows("out.csv"), first);
    assert_eq!(releases(&desk), ["000001.json"]);
    for (spec, part) in [
        (small_spec(DAY_1, "value = \"units\"", true), "another measure, a tree"),
        (small_spec("", "value = [\"gross\", \"units\"]", true), "another filter"),
        (small_spec("where = { day = [\"2\"] }", "", false), "no measure"),
        (small_spec(DAY_1, "value = \"gross\"\ncount = \"n\"", false), "a count"),
    ] {
        desk.write("spec.toml", spec);
        let rows = desk.release(&["--ledger", "ledger"]);
        assert!(rows.iter().any(|row| row["status"] == "safe"), "{part}");
        assert_eq!(desk.audit("out.csv", &["--ledger", "ledger"]).code, 0, "{part}");
    }
    assert_eq!(releases(&desk).len(), 5);
    // Both days together, and the second alone, would reveal the first.
    desk.write("spec.toml", small_spec("where = { day = [\"2\"] }", "value = \"gross\"", false));
    desk.release(&[]);
    desk.write("ledgerless.csv", desk.read("out.csv"));
    assert_eq!(desk.audit("ledgerless.csv", &[]).code, 0);
}

/// The release that reveals, and the cell of it, are named.
#[test]
fn what_an_earlier_release_reveals_is_named() {
    let both = small_spec("where = { day = [\"1\", \"2\"] }", "value = \"gross\"", false);
    let desk = Desk::new(&both, SMALL);
    let rows = desk.release(&["--ledger", "ledger"]);
    assert_eq!(find(&rows, &[("shop", "A"), ("sort", "y")])["status"], "safe");
    desk.write("spec.toml", small_spec("where = { day = \"2\" }", "value = \"gross\"", false));
    desk.release(&[]);
    assert_eq!(find(&desk.rows("out.csv"), &[("shop", "A"), ("sort", "y")])["status"], "safe");
    assert_eq!(desk.audit("out.csv", &[]).code, 0);
    let answer = desk.audit("out.csv", &["--ledger", "ledger"]);
    assert_eq!(answer.code, 65, "{answer:?}");
    assert!(
        answer.out.contains("release 000001 shops[A, y] less shops[A, y] gross: [30, 30]"),
        "{}",
        answer.out
    );
    // Together they are protected: the second release shows less.
    let rows = desk.release(&["--ledger", "ledger"]);
    assert_ne!(find(&rows, &[("shop", "A"), ("sort", "y")])["status"], "safe");
    assert_eq!(desk.audit("out.csv", &["--ledger", "ledger"]).code, 0);
}

/// Records counted one by one, and a column that says one of each, are the same count to whoever subtracts them.
#[test]
fn the_same_count_by_another_name_is_the_same() {
    let desk = Desk::new(&small_spec("where = { day = [\"1\", \"2\"] }", "", false), SMALL);
    let rows = desk.release(&["--ledger", "ledger"]);
    assert_eq!(find(&rows, &[("shop", "A"), ("sort", "y")])["contributors"], "4");
    desk.write("spec.toml", small_spec("where = { day = \"2\" }", "count = \"n\"", true));
    let rows = desk.release(&[]);
    assert_eq!(find(&rows, &[("shop", "A"), ("sort", "y")])["status"], "safe");
    assert_eq!(desk.audit("out.csv", &[]).code, 0);
    let answer = desk.audit("out.csv", &["--ledger", "ledger"]);
    assert_eq!(answer.code, 65, "{answer:?}");
    assert!(
        answer.out.contains("release 000001 shops[A, y] less shops[A, y] contributors: [1, 1]"),
        "{answer:?}"
    );
}

#[test]
fn a_ledger_that_is_not_whole_is_refused() {
    let desk = Desk::new(&small_spec(DAY_1, "value = \"gross\"", false), SMALL);
    desk.release(&["--ledger", "ledger"]);
    desk.write("spec.toml", small_spec(DAY_1, "value = \"units\"", false));
    desk.release(&["--ledger", "ledger"]);
    fs::remove_file(desk.path("out.csv")).unwrap();
    let (first, second) = (desk.read("ledger/000001.json"), desk.read("ledger/000002.json"));
    let refused = |desk: &Desk| error_of(&desk.protect(&["--ledger", "ledger", "--format", "json"]), 65);
    assert!(first.contains("\"63\""), "{first}");
    for (file, content, expected) in [
        ("ledger/000001.json", first.replacen("\"63\"", "\"62\"", 1), "000001.json: was altered or damaged"),
        ("ledger/000001.json", first[..first.len() / 2].to_owned(), "000001.json, row 1: is no release"),
        ("ledger/000001.json", second.clone(), "000001.json: does not follow the release before it"),
        ("ledger/000001.json", first.replacen("\"version\":1", "\"version\":9", 1), "another version"),
        ("ledger/zzz.json", first.clone(), "the release 000003.json is missing"),
    ] {
        desk.write(file, content);
        let said = refused(&desk);
        assert!(said.contains(expected), "{said}");
        desk.write("ledger/000001.json", &first);
    }
    fs::remove_file(desk.path("ledger/zzz.json")).unwrap();
    fs::remove_file(desk.path("ledger/000001.json")).unwrap();
    assert!(refused(&desk).contains("the release 000001.json is missing"));
    desk.write("ledger/000001.json", [0xff, 0xfe, 0x00]);
    assert!(refused(&desk).contains("000001.json: cannot be read"));
    desk.write("ledger/000001.json", &first);
    // The data that were released must still be there, unchanged.
    desk.write("in.csv", SMALL.replace("1,B,y,1,10,1", "1,B,y,1,11,1"));
    assert!(refused(&desk).contains("was released as 127, but in.csv gives 128"), "{}", refused(&desk));
    desk.write("in.csv", SMALL.replace("gross", "net"));
    assert!(refused(&desk).contains("the earlier release ledger/000001.json needs it"));
    desk.write("in.csv", SMALL);
    assert_eq!(desk.protect(&["--ledger", "ledger"]).code, 0);
    // A ledger by a wrong name must not judge as if nothing had been shown.
    let answer = desk.audit("out.csv", &["--ledger", "legder", "--format", "json"]);
    assert!(error_of(&answer, 65).contains("legder: cannot be read"));
}

/// What cannot be written is not recorded either, and leaves nothing half-written behind.
#[test]
fn nothing_is_recorded_that_cannot_be_written() {
    let desk = Desk::new(&small_spec(DAY_1, "value = \"gross\"", false), SMALL);
    fs::create_dir(desk.path("folder")).unwrap();
    let to = |out: &str| {
        desk.ask(&["protect", "--spec", "spec.toml", "--out", out, "--ledger", "ledger", "--format", "json"])
    };
    assert!(error_of(&to("folder"), 1).contains("cannot write folder: it is a directory"));
    assert!(error_of(&to("nowhere/out.csv"), 1).contains("cannot write nowhere/out.csv"));
    assert!(error_of(&to("in.csv"), 65).contains("in.csv: is what the command reads"));
    assert!(error_of(&to("./spec.toml"), 65).contains("spec.toml: is what the command reads"));
    assert_eq!(desk.read("in.csv"), SMALL);
    assert_eq!(releases(&desk), Vec::<String>::new());
    // A ledger that cannot be written leaves no result.
    desk.write("file", "");
    let answer = desk.protect(&["--ledger", "file", "--format", "json"]);
    assert!(error_of(&answer, 1).contains("cannot use the ledger file"));
    fs::create_dir(desk.path("ledger/draft.tmp")).unwrap();
    let answer = desk.protect(&["--ledger", "ledger", "--format", "json"]);
    assert!(error_of(&answer, 1).contains("cannot record the release in ledger"));
    let left: Vec<_> =
        fs::read_dir(desk.folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains("out.csv")), "{left:?}");
}

/// Of two that release at once with one ledger, either one is told to try again or the second knows the first.
#[test]
fn two_releases_at_once_know_of_each_other() {
    let desk = Desk::new(&small_spec(DAY_1, "value = \"gross\"", false), SMALL);
    fs::create_dir(desk.path("ledger")).unwrap();
    let lock = fs::File::create(desk.path("ledger/lock")).unwrap();
    lock.lock().unwrap();
    let answer = desk.protect(&["--ledger", "ledger", "--format", "json"]);
    assert!(error_of(&answer, 75).contains("another release is being made with the ledger"));
    assert!(!desk.path("out.csv").exists());
    drop(lock);
    let codes: Vec<i32> = std::thread::scope(|scope| {
        let start = |number: usize| {
            let desk = &desk;
            let day = format!("where = {{ day = \"{}\" }}", number % 2 + 1);
            desk.write(&format!("{number}.toml"), small_spec(&day, "value = \"gross\"", number > 1));
            scope.spawn(move || {
                let (spec, out) = (format!("{number}.toml"), format!("{number}.csv"));
                desk.ask(&["protect", "--spec", &spec, "--out", &out, "--ledger", "ledger"]).code
            })
        };
        (0..4).map(start).collect::<Vec<_>>().into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(codes.iter().all(|code| [0, 75].contains(code)), "{codes:?}");
    let done = codes.iter().filter(|&&code| code == 0).count();
    assert!(done > 0);
    assert_eq!(releases(&desk).len(), done);
}

/// A code that stands at two levels, or below two others, can be told apart and read again in any order.
#[test]
fn ambiguous_codes_are_written_with_those_above_them() {
    let spec = "[input]\nkind = \"microdata\"\npath = \"in.csv\"\nvalue = \"v\"\n[dimensions.place]\nlevels = [\"city\", \"ward\"]\n\
        [[table]]\nname = \"wards\"\ndimensions = [\"place\"]\n[rules]\nminimum_contributors = 2\n";
    let lines = [("HN", "HN", 3), ("HN", "1", 3), ("SG", "1", 1), ("SG", "2", 3), ("", "", 3)];
    let record = |(city, ward, times): &(&str, &str, usize)| format!("{city},{ward},10\n").repeat(*times);
    let input: String = lines.iter().map(record).collect();
    let desk = Desk::new(spec, format!("city,ward,v\n{input}"));
    let rows = desk.release(&["--published"]);
    let mut codes: Vec<&str> = rows.iter().map(|row| row["place"].as_str()).collect();
    codes.sort_unstable();
    assert_eq!(codes, ["", "/", "2", "HN", "HN/1", "HN/HN", "SG", "SG/1", "Total"]);
    assert_eq!(find(&rows, &[("place", "SG/1")])["status"], "withheld");
    let written = desk.read("out.csv");
    let mut backwards: Vec<&str> = written.lines().skip(1).collect();
    backwards.reverse();
    desk.write("backwards.csv", format!("{}\n{}\n", written.lines().next().unwrap(), backwards.join("\n")));
    assert_eq!(desk.audit("backwards.csv", &[]).code, 0);
    desk.write("bare.csv", written.replace("SG/1", "1"));
    let said = error_of(&desk.audit("bare.csv", &["--format", "json"]), 65);
    assert!(said.contains("\"1\" stands in more than one place; write one of HN/1, SG/1"), "{said}");
    // Another program writes the columns themselves.
    let columns = "city,ward,v\nHN,HN,30\nHN,1,\nHN,Total,60\nSG,1,\nSG,2,30\nSG,Total,40\n,,30\n,Total,30\nTotal,Total,130\n";
    desk.write("columns.csv", columns);
    let answer = desk.audit("columns.csv", &[]);
    assert_eq!(answer.code, 65, "{answer:?}");
    assert!(answer.out.starts_with("wards[SG/1] v: [10, 10]"), "{answer:?}");
}

#[test]
fn a_release_that_does_not_fit_is_told_by_row() {
    let desk = Desk::new(INVESTMENT_SPEC, INVESTMENT.replace("LOW", "5").replace("UP", "5"));
    for (from, to, expected) in [
        ("B;50;I\n", "B;50;I\nB;50;I\n", "row 6: the same cell stands in row 5 already"),
        ("B;50;I\n", "", "there is no row for investment[I, B]; each cell needs one"),
        ("B;50;I\nC;10;I\n", "", "investment[I, B], investment[I, C];"),
        (
            "B;50;I\n",
            "B;51;I\n",
            "row 5, column \"investment\": shows 51, but the data give 50 for investment[I, B]",
        ),
        ("B;50;I\n", "B;5O;I\n", "row 5, column \"investment\": shows 5O"),
        ("B;50;I\n", "Q;50;I\n", "row 5, column \"region\": the table \"investment\" has no \"Q\""),
        (
            "B;50;I\n",
            "B;50;IV\n",
            "row 5, column \"activity\": the table \"investment\" has no \"IV\"; did you mean",
        ),
        (
            "region;investment;activity",
            "regions;investment;activity",
            "column \"region\": there is no such column",
        ),
        (
            "region;investment;activity",
            "region;invested;activity",
            "column \"status\": there is neither a status nor a figure",
        ),
    ] {
        assert!(RECTANGLE.contains(from), "{from}");
        desk.write("released.csv", RECTANGLE.replacen(from, to, 1));
        let said = error_of(&desk.audit("released.csv", &["--format", "json"]), 65);
        assert!(said.contains("released.csv") && said.contains(expected), "{from} -> {to}: {said}");
    }
    let status = |status: &str| {
        let row = |line: &str| format!("{line};{}", if line.starts_with('B') { "s" } else { status });
        let rows: Vec<String> = RECTANGLE.lines().skip(1).map(row).collect();
        desk.write("released.csv", format!("region;investment;activity;sdcStatus\n{}\n", rows.join("\n")));
        desk.audit("released.csv", &["--format", "json"])
    };
    assert_eq!(status("x").code, 0);
    assert!(error_of(&status("gone"), 65).contains("row 2, column \"status\": \"gone\" is no status"));
    assert!(error_of(&status("empty"), 65).contains("row 2: says that investment[Total, Total] is empty"));
    let suppressed = RECTANGLE.replace("region;investment;activity", "region;suppressed;activity");
    let flags = suppressed.lines().map(|line| {
        let fields: Vec<&str> = line.split(';').collect();
        let flag = match fields[1] {
            "suppressed" => "suppressed",
            "" | "x" => "TRUE",
            _ => "FALSE",
        };
        format!("{};{flag};{}\n", fields[0], fields[2])
    });
    desk.write("released.csv", flags.collect::<String>());
    assert_eq!(desk.audit("released.csv", &[]).code, 0);
}

/// A cell that no record stands in may be shown as zero, and nothing else.
#[test]
fn cells_without_a_record_are_zero() {
    let desk = Desk::new(
        INVESTMENT_SPEC,
        INVESTMENT
            .replacen("I,C,10,s,,\n", "", 1)
            .replace("I,Total,80", "I,Total,70")
            .replace("LOW", "5")
            .replace("UP", "5"),
    );
    assert!(desk.refused().contains("row 15, column \"investment\": the total is 44"));
    let cells = INVESTMENT
        .replacen("I,C,10,s,,\n", "", 1)
        .replace("I,Total,80", "I,Total,70")
        .replace("Total,C,44", "Total,C,34")
        .replace("Total,Total,190", "Total,Total,180")
        .replace("LOW", "5")
        .replace("UP", "5");
    let desk = Desk::new(INVESTMENT_SPEC, cells);
    let rows = desk.release(&[]);
    assert_eq!(rows.len(), 15);
    let written = desk.read("out.csv");
    desk.write("zero.csv", format!("{written}investment,I,C,,0,safe\n"));
    assert_eq!(desk.audit("zero.csv", &[]).code, 0);
    desk.write("ten.csv", format!("{written}investment,I,C,,10,safe\n"));
    let said = error_of(&desk.audit("ten.csv", &["--format", "json"]), 65);
    assert!(
        said.contains(
            "row 17, column \"investment\": shows 10, but the data have nothing in investment[I, C]"
        ),
        "{said}"
    );
}

/// The example of the README is what comes out.
#[test]
fn the_readme_tells_the_truth() {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let section = readme
        .split("## Protect a table of your own")
        .nth(1)
        .expect("the section")
        .split("\n## ")
        .next()
        .unwrap();
    let blocks: Vec<&str> = section.split("\n```").skip(1).step_by(2).collect();
    let block = |language: &str, nth: usize| {
        let mut of_language = blocks.iter().filter_map(|block| block.strip_prefix(&format!("{language}\n")));
        of_language.nth(nth).unwrap_or_else(|| panic!("no block {nth} of {language}")).to_owned() + "\n"
    };
    let desk = Desk::new("", "");
    desk.write("spec.toml", block("toml", 0));
    desk.write("visits.csv", block("csv", 0));
    let answer = desk.protect(&["--published"]);
    assert_eq!(answer.code, 0, "{answer:?}");
    assert_eq!(desk.read("out.csv"), block("csv", 1));
    let first = answer.out.lines().next().unwrap();
    assert!(section.contains(first), "{first}");
    // The figure that the README shows by hand.
    let forged = block("csv", 1).replace("HN,watch,,,withheld", "HN,watch,,215,safe");
    assert_ne!(forged, block("csv", 1));
    desk.write("forged.csv", forged);
    let answer = desk.audit("forged.csv", &[]);
    assert_eq!(answer.code, 65);
    for line in answer.out.lines() {
        assert!(section.contains(line), "{line}");
    }
}

/// Rules that did not look at differences let the small buyers' sum out beside everybody's, so the large buyer's purchase is
/// known. A later table that holds it can be released all the same, and the releases after it.
#[test]
fn what_was_told_before_is_withheld_and_stops_nothing() {
    let records = "who,group,half,amount\nbig,a,1,60\n\
        s1,b,1,5\ns2,b,1,5\ns3,b,1,5\ns4,b,1,5\ns5,b,1,5\ns6,b,2,5\ns7,b,2,5\ns8,b,2,5\ns9,b,2,5\ns10,b,2,5\n";
    let spec = |table: &str, rules: &str| {
        format!(
            "[input]\nkind = \"microdata\"\npath = \"in.csv\"\ncontributor = \"who\"\nvalue = [\"amount\"]\n\
             [dimensions.group]\nlevels = [\"group\"]\n[dimensions.half]\nlevels = [\"half\"]\n\
             [[table]]\n{table}\n[rules]\n{rules}\n"
        )
    };
    let careless = "implied_cells = false\ninsiders = false";
    let desk = Desk::new(&spec("name = \"all\"\ndimensions = []", careless), records);
    let ledger = ["--ledger", "ledger"];
    assert_eq!(find(&desk.release(&ledger), &[])["amount"], "110");
    desk.write("spec.toml", spec("name = \"small\"\ndimensions = []\nwhere = { group = [\"b\"] }", careless));
    assert_eq!(find(&desk.release(&ledger), &[])["amount"], "50");

    desk.write("spec.toml", spec("name = \"groups\"\ndimensions = [\"group\"]", ""));
    let answer = desk.protect(&["--ledger", "ledger", "--format", "json"]);
    assert_eq!(answer.code, 0, "{answer:?}");
    let summary: Value = serde_json::from_str(&answer.out).unwrap();
    assert_eq!((&summary["told_before"], &summary["audit"]["narrow"]), (&1.into(), &0.into()));
    let rows = desk.rows("out.csv");
    assert_eq!(find(&rows, &[("group", "a")])["status"], "primary");
    let small = find(&rows, &[("group", "b")]);
    assert_eq!((small["status"].as_str(), small["amount"].as_str()), ("safe", "50"));
    let recorded: Value = serde_json::from_str(&desk.read("ledger/000003.json")).unwrap();
    let cells = recorded["release"]["tables"][0]["cells"].as_array().unwrap();
    let told = cells.iter().filter(|cell| cell.get("told_before").is_some());
    assert_eq!(told.map(|cell| &cell["place"][0]).collect::<Vec<_>>(), [&Value::from("a")]);

    let again = desk.protect(&ledger);
    assert!(again.out.contains("tell 1 withheld figure better than the rules allow"), "{again:?}");
    desk.write("spec.toml", spec("name = \"halves\"\ndimensions = [\"half\"]", ""));
    assert_eq!(find(&desk.release(&ledger), &[("half", "2")])["amount"], "25");
}
