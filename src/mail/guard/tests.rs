use std::cell::RefCell;
use std::collections::{BTreeSet, HashSet};

use rust_xlsxwriter::{DocProperties, Note, Workbook};

use super::*;
use crate::domain::customer::{normalise_email, normalise_phone, normalise_words};
use crate::domain::rendered::Attachment;
use crate::domain::spelling::{address_forms, name_forms, phone_forms};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

fn known() -> HashSet<(IdentifierKind, String)> {
    let names =
        ["Nguyễn Văn An", "Đồng Hồ", "Hải Phòng"].map(|name| name_forms(&normalise_words(name).unwrap()));
    let phones = ["0912 345 678", "0168 234 5678", "0702345678"]
        .map(|phone| phone_forms(&normalise_phone(phone).unwrap()));
    let address = address_forms(&normalise_words("12/3 ngõ Lê Lợi, phường Bến Nghé").unwrap());
    let of = |kind| move |form| (kind, form);
    let names = names.into_iter().flatten().map(of(IdentifierKind::Name));
    let phones = phones.into_iter().flatten().map(of(IdentifierKind::Phone));
    let email = normalise_email("an.nguyen@example.vn").map(of(IdentifierKind::Email));
    names.chain(phones).chain(email).chain(address.into_iter().map(of(IdentifierKind::Address))).collect()
}

fn rendered() -> Rendered {
    Rendered {
        subject: String::new(),
        html: None,
        text: String::new(),
        attachments: vec![],
        images: Vec::new(),
    }
}

fn look(rendered: &Rendered) -> Vec<Hit> {
    let known = known();
    let allowed = ["Đồng hồ nam Casio".to_owned()];
    guard(rendered, &allowed, &|kind, text| known.contains(&(kind, text.to_owned()))).unwrap()
}

fn attached(name: &str, media: &str, bytes: Vec<u8>) -> Rendered {
    let file = Attachment { file_name: name.into(), media_type: media.into(), bytes };
    Rendered { attachments: vec![file], ..rendered() }
}

fn workbook(cell: &str, sheet: &str, author: &str, note: &str, head: &str) -> Rendered {
    let mut workbook = Workbook::new();
    workbook.set_properties(&DocProperties::new().set_author(author));
    let worksheet = workbook.add_worksheet();
    worksheet.set_name(sheet).unwrap();
    worksheet.write_string(3, 2, cell).unwrap();
    worksheet.write_number(4, 2, 1_234_567.0).unwrap();
    worksheet.insert_note(5, 5, &Note::new(note)).unwrap();
    worksheet.set_header(head);
    attached("bao-cao.xlsx", XLSX, workbook.save_to_buffer().unwrap())
}

/// A PDF of one page that shows `text` and places a drawing that shows `drawn` (both ASCII, in Helvetica),
/// by `author`.
fn pdf(text: &str, drawn: &str, author: &str) -> Rendered {
    use lopdf::content::{Content, Operation};
    use lopdf::{Document, Object, Stream, dictionary, text_string};
    let show = |text: &str| {
        let operations = vec![
            Operation::new("BT", vec![]),
            Operation::new("Tf", vec!["F1".into(), 12.into()]),
            Operation::new("Tj", vec![Object::string_literal(text)]),
            Operation::new("ET", vec![]),
        ];
        Content { operations }.encode().unwrap()
    };
    let mut document = Document::with_version("1.5");
    let pages = document.new_object_id();
    let font = dictionary! {
        "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica", "Encoding" => "WinAnsiEncoding",
    };
    let font = document.add_object(font);
    let resources = dictionary! { "Font" => dictionary! { "F1" => font } };
    let form = dictionary! { "Subtype" => "Form", "Resources" => resources.clone() };
    document.add_object(Stream::new(form, show(drawn)));
    let content = document.add_object(Stream::new(dictionary! {}, show(text)));
    let page = document.add_object(
        dictionary! { "Type" => "Page", "Parent" => pages, "Contents" => content, "Resources" => resources },
    );
    let tree = dictionary! { "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1 };
    document.objects.insert(pages, Object::Dictionary(tree));
    let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => pages });
    document.trailer.set("Root", catalog);
    let info = document.add_object(dictionary! { "Author" => text_string(author) });
    document.trailer.set("Info", info);
    document.compress();
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    attached("bao-cao.pdf", "application/pdf", bytes)
}

/// Spellings of the four identifiers, each with its kind.
fn spellings() -> Vec<(&'static str, IdentifierKind)> {
    let mut spellings = vec![];
    for phone in [
        "0912345678",
        "0912 345 678",
        "0912.345.678",
        "0912-345-678",
        "(0912) 345678",
        "+84912345678",
        "+84 912 345 678",
        "(+84) 912.345.678",
        "0084 912 345 678",
        "84-912-345-678",
        "09 12 34 56 78",
        "0912\u{a0}345\u{202f}678",
        "0912–345–678",
        "０９１２ ３４５ ６７８",
        "ĐT:0912345678.",
        "0 912 345 678",
        "DH0000912345678",
        "0912,345,678",
        "0912\n345678",
        "+84 (0) 912 345 678",
        "0 9 1 2 3 4 5 6 7 8",
        "٠٩١٢٣٤٥٦٧٨",
        "۰۹۱۲ ۳۴۵ ۶۷۸",
        "09\u{200b}12\u{2060}345678",
        "0912~345~678",
        // As the shop wrote it before 2018, and as it is dialled now; and the other way round.
        "0168 234 5678",
        "+84 382 345 678",
        "0120.2345.678",
    ] {
        spellings.push((phone, IdentifierKind::Phone));
    }
    for email in [
        "an.nguyen@example.vn",
        "AN.NGUYEN@EXAMPLE.VN",
        "<an.nguyen@example.vn>",
        "mailto:an.nguyen@example.vn?subject=x",
        "an.nguyen@example.vn.Xin chào",
        "an.nguyen @ example.vn",
        "'an.nguyen@example.vn'",
        "email=an.nguyen@example.vn;",
        "an.nguyen＠example.vn",
        "an.nguyen@example.vn-",
    ] {
        spellings.push((email, IdentifierKind::Email));
    }
    for name in [
        "Nguyễn Văn An",
        "NGUYỄN VĂN AN",
        "nguyễn  văn   an",
        "Nguye\u{302}\u{303}n Va\u{306}n An",
        "Nguyễn\u{a0}Văn\u{a0}An",
        "Nguyễn_Văn_An",
        "Nguyễn-Văn-An",
        "anh Nguyễn Văn An, Hà Nội",
        "(Nguyễn Văn An)",
        "Nguyễn Văn\nAn",
        "Nguy\u{ad}ễn V\u{200b}ăn An",
        "nguyen van an",
        "NGUYEN VAN AN",
        "An Nguyễn Văn",
        "Văn An Nguyễn",
        "An, Nguyen Van",
        "Ｎｇｕｙｅｎ Ｖａｎ Ａｎ",
        "Nguyễn Vân An",
        "nguyễn van an",
        "An Nguyên Văn",
    ] {
        spellings.push((name, IdentifierKind::Name));
    }
    for address in [
        "12/3 ngõ Lê Lợi, phường Bến Nghé",
        "12/3 NGÕ LÊ LỢI - PHƯỜNG BẾN NGHÉ",
        "số nhà 12/3, ngõ Lê Lợi; Phường Bến Nghé, Quận 1",
        "12/3 ngo Le Loi, phuong Ben Nghe",
        "12/3 ngõ Le Lợi, phường Bên Nghé",
    ] {
        spellings.push((address, IdentifierKind::Address));
    }
    for number in
        ["001203004567", "001 203 004 567", "079-092-012345", "CCCD 987654321012", "CMND số 012345678"]
    {
        spellings.push((number, IdentifierKind::CitizenId));
    }
    spellings
}

#[test]
fn every_spelling_is_found_in_the_subject_text_and_html() {
    for (spelling, kind) in spellings() {
        let around = format!("Doanh thu 12: {spelling} và 34");
        let hit = |part: &str| vec![Hit { part: part.into(), kind }];
        assert_eq!(look(&Rendered { subject: around.clone(), ..rendered() }), hit("subject"), "{spelling:?}");
        assert_eq!(look(&Rendered { text: around.clone(), ..rendered() }), hit("text"), "{spelling:?}");
        let escaped = html_escape::encode_text(&around).into_owned();
        for html in [
            format!("<table><tr><td>{escaped}</td></tr></table>"),
            format!("<!-- {escaped} -->"),
            format!("<img alt=\"{}\">", html_escape::encode_double_quoted_attribute(&around)),
            format!("<style>/* {escaped} */</style>"),
        ] {
            assert_eq!(look(&Rendered { html: Some(html), ..rendered() }), hit("html"), "{spelling:?}");
        }
    }
}

#[test]
fn every_spelling_is_found_in_a_workbook_and_in_text_files() {
    for (spelling, kind) in spellings() {
        let found = |rendered: &Rendered| look(rendered).iter().any(|hit| hit.kind == kind);
        assert!(found(&workbook(spelling, "Quý 3", "1stwatch", "", "")), "cell: {spelling:?}");
        assert!(found(&workbook("x", "Quý 3", spelling, "", "")), "author: {spelling:?}");
        assert!(found(&workbook("x", "Quý 3", "1stwatch", spelling, "")), "note: {spelling:?}");
        assert!(found(&workbook("x", "Quý 3", "1stwatch", "", spelling)), "head: {spelling:?}");
        let one_line = spelling.replace('\n', " ");
        assert!(found(&attached("a.csv", "text/csv", format!("a,{one_line},b").into())), "{spelling:?}");
        let svg = format!("<svg><text>{}</text></svg>", html_escape::encode_text(spelling));
        assert!(found(&attached("a.svg", "image/svg+xml", svg.into())), "{spelling:?}");
    }
    let sheet = look(&workbook("x", "Nguyễn Văn An", "1stwatch", "", ""));
    assert!(sheet.contains(&Hit { part: "attachment 1: sheet 1: name".into(), kind: IdentifierKind::Name }));
}

#[test]
fn pages_and_properties_of_a_pdf_are_read() {
    let hits = look(&pdf("Goi +84 912-345-678", "hoac an.nguyen@example.vn", "Nguyễn Văn An"));
    let hit = |part: &str, kind| Hit { part: part.into(), kind };
    assert_eq!(
        hits,
        [
            hit("attachment 1: page 1", IdentifierKind::Phone),
            hit("attachment 1: page 2", IdentifierKind::Email),
            hit("attachment 1: properties", IdentifierKind::Name),
        ]
    );
    assert_eq!(look(&pdf("Doanh thu 1.234.567", "12", "1stwatch")), []);
}

#[test]
fn every_spelling_is_found_in_names_of_files_and_sheets_and_plain_ones_in_a_pdf() {
    for (spelling, kind) in spellings() {
        let found = |rendered: &Rendered| look(rendered).iter().any(|hit| hit.kind == kind);
        let one_line = spelling.replace('\n', " ");
        assert!(found(&attached(&format!("{one_line}.csv"), "text/csv", vec![])), "file: {spelling:?}");
        let plain = |letter: char| !"[]:*?/\\'".contains(letter);
        if one_line.chars().all(plain) && one_line.encode_utf16().count() <= 31 {
            assert!(found(&workbook("x", &one_line, "1stwatch", "", "")), "sheet: {spelling:?}");
        }
        assert!(found(&pdf("x", "x", spelling)), "property: {spelling:?}");
        if spelling.is_ascii() {
            assert!(found(&pdf(&one_line, "x", "x")), "page: {spelling:?}");
        }
    }
}

#[test]
fn figures_and_other_names_are_nobody() {
    for text in [
        "0 12.300.000.000 45 001",
        "2026-11-23 07:00 001",
        "0 3 120 456 789 0",
        "MTP-001203004567X",
        "tháng 01 năm 2026: 123.456.789.012 ₫",
        "Nguyễn Vân",
        "Văn An",
        "đông hồ",
        "dong hô",
        "doanh thu văn nguyễn",
        "0912 345 679",
    ] {
        assert_eq!(look(&Rendered { text: text.into(), ..rendered() }), [], "{text}");
    }
    let code = Rendered { text: "Dây 001203004567".into(), ..rendered() };
    assert_eq!(guard(&code, &["Dây 001203004567".to_owned()], &|_, _| false), Ok(vec![]), "a product's code");
}

#[test]
fn file_names_are_read() {
    let hits = look(&attached("nguyễn-văn-an.csv", "text/csv", vec![]));
    assert_eq!(hits, [Hit { part: "attachment 1: name".into(), kind: IdentifierKind::Name }]);
}

#[test]
fn catalogue_terms_and_provinces_pass_but_not_what_reaches_past_them() {
    let hits = |text: &str| look(&Rendered { text: text.into(), ..rendered() }).len();
    assert_eq!(hits("Doanh thu: ĐỒNG HỒ nam Casio, Hải Phòng"), 0);
    assert_eq!(hits("anh Đồng Hồ mua một chiếc"), 1);
    let known: HashSet<_> = [(IdentifierKind::Name, "an+casio+nguyen".to_owned())].into();
    let reach = Rendered { text: "Đồng hồ nam Casio Nguyễn An".into(), ..rendered() };
    let allowed = ["Đồng hồ nam Casio".to_owned()];
    let found = guard(&reach, &allowed, &|kind, text| known.contains(&(kind, text.to_owned()))).unwrap();
    assert_eq!(found.len(), 1);
}

#[test]
fn what_cannot_be_read_does_not_leave() {
    for (media, bytes) in [
        ("application/octet-stream", vec![1, 2, 3]),
        (XLSX, b"PK\x03\x04 broken".to_vec()),
        ("application/pdf", b"%PDF-1.7 broken".to_vec()),
        ("text/plain", vec![0xff, 0xfe, 0x41]),
        ("image/png", b"not a picture".to_vec()),
        ("text/html", b"<img src='data:application/pdf;base64,AA'>".to_vec()),
    ] {
        let result = guard(&attached("a.bin", media, bytes), &[], &|_, _| false);
        assert!(result.is_err(), "{media}");
    }
    let picture = attached("a.png", "image/png", b"\x89PNG\r\n\x1a\nrest".to_vec());
    assert_eq!(guard(&picture, &[], &|_, _| false), Ok(vec![]));
}

#[test]
fn hits_never_carry_the_text() {
    let hits = look(&Rendered { text: "Nguyễn Văn An 0912345678".into(), ..rendered() });
    let shown = format!("{hits:?}");
    assert!(!shown.contains("Nguy") && !shown.contains("0912"), "{shown}");
}

#[test]
fn each_run_of_words_of_a_long_mail_is_looked_up_once() {
    let row =
        "<tr><td>Đồng hồ nam Casio MTP-1374</td><td>Hà Nội</td><td>1.234.567 ₫</td><td>12,5 %</td></tr>";
    let mut html = row.repeat(600);
    // Words that never come twice: nothing to remember.
    html.extend((0..1_000).map(|number| format!("từ{number} 0{number}.{number} a{number}@x.vn ")));
    assert!(html.len() > 80_000, "{}", html.len());
    let mail = Rendered { html: Some(html.clone()), text: html, ..rendered() };
    let known: HashSet<String> = known().into_iter().map(|(_, text)| text).collect();
    let asked = RefCell::new(BTreeSet::new());
    let look_up = |kind: IdentifierKind, text: &str| {
        assert!(asked.borrow_mut().insert((kind, text.to_owned())), "{text:?} was looked up twice");
        known.contains(text)
    };
    let allowed = ["Đồng hồ nam Casio".to_owned()];
    assert_eq!(guard(&mail, &allowed, &look_up), Ok(vec![]));
}

#[test]
fn thousands_of_a_large_figure_are_no_card() {
    for figure in
        ["1.063.045.200.000 ₫", "Net 12,063,045,200,000", "1.200 1.063.045.200.000", "21.001.099.012.345.678"]
    {
        assert!(!super::citizen::stands_in(figure, &super::scan::digit_runs(figure), |_| false), "{figure}");
    }
    for card in [
        "001.099.012.345",
        "0.063.045.200.000",
        "1 063045200000",
        "1. 063.045.200.000",
        "1063.045.200.000, 063.045.200.000",
    ] {
        assert!(super::citizen::stands_in(card, &super::scan::digit_runs(card), |_| false), "{card}");
    }
}

proptest::proptest! {
#[test]
    fn no_text_makes_it_panic(text in "[<>&;\"'=/!\\-@%0-9a-zễ .\\n\\[]{0,200}", bytes in proptest::collection::vec(0u8.., 0..200)) {
        let mut rendered = attached("a.xml", "text/xml", text.clone().into_bytes());
        rendered.html = Some(text.clone());
        rendered.text = text;
        let _ = guard(&rendered, &[], &|_, _| true);
        let _ = guard(&attached("a", "application/pdf", [b"%PDF-1.7\n".to_vec(), bytes].concat()), &[], &|_, _| true);
    }
}
