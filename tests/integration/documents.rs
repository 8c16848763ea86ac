//! The README and the operator's guide do what they say: every block of theirs is run in a shop, loaded as a
//! configuration, or, where it is about the machine, read word by word; every command in a sentence is one; every
//! link leads somewhere.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use clap::Parser;
use clap::error::ErrorKind;
use firstwatch::cli::Cli;
use firstwatch::operations::problems::ProblemKind;

use super::harness::{Builder, Shop, job};

const DOCUMENTS: [&str; 2] = ["README.md", "systemd/README.md"];

/// Blocks with one of these change the machine, or take hours: they are read, not run.
const OF_THE_MACHINE: [&str; 19] = [
    "apt-get",
    "apt",
    "cargo",
    "dpkg",
    "editor",
    "install",
    "mv",
    "sail",
    "sudo",
    "systemd/package",
    "systemctl",
    "systemd-run",
    "systemd-sysusers",
    "systemd-tmpfiles",
    "tests/fuzz",
    "tests/proofs",
    "tests/reproducible",
    "tests/run",
    "tests/systemd",
];

/// Its example is followed to the last byte in `disclosure_commands`.
const FOLLOWED_ELSEWHERE: &str = "Protect a table of your own";

/// Where Debian's package `faketime` puts the library.
const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

/// The days of the documents' examples.
const TODAY: &str = "@2026-11-23 10:00:00";

struct Block {
    /// Where it stands, for a message: `README.md, Test it`.
    place: String,
    section: String,
    language: String,
    text: String,
}

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// The blocks of a document, and the text around them.
fn parts(document: &str) -> (Vec<Block>, String) {
    let (mut blocks, mut around): (Vec<Block>, String) = Default::default();
    let (mut section, mut open) = (String::new(), None::<usize>);
    for line in read(document).lines() {
        let fence = line.trim_start().strip_prefix("```");
        match (fence, open) {
            (Some(language), None) => {
                open = Some(line.len() - line.trim_start().len());
                let place = format!("{document}, {section}");
                let (section, language) = (section.clone(), language.to_owned());
                blocks.push(Block { place, section, language, text: String::new() });
            }
            (Some(_), Some(_)) => open = None,
            (None, Some(indent)) => {
                let block = blocks.last_mut().unwrap();
                block.text.push_str(line.get(indent..).unwrap_or(line.trim_start()));
                block.text.push('\n');
            }
            (None, None) => {
                if let Some(heading) = line.strip_prefix("## ") {
                    section = heading.to_owned();
                }
                around.push_str(line);
                around.push('\n');
            }
        }
    }
    assert!(open.is_none(), "{document} ends within a block");
    (blocks, around)
}

fn blocks(language: &str) -> Vec<Block> {
    let all = DOCUMENTS.iter().flat_map(|document| parts(document).0);
    all.filter(|block| block.language == language && block.section != FOLLOWED_ELSEWHERE).collect()
}

/// The lines of a shell block without comments, joined where they go on.
fn commands(text: &str) -> Vec<String> {
    let joined = text.replace("\\\n", " ");
    let without_comment = |line: &str| {
        let mut quote = None;
        let mut end = line.len();
        for (at, letter) in line.char_indices() {
            match quote {
                Some(open) if letter == open => quote = None,
                Some(_) => {}
                None if letter == '\'' || letter == '"' => quote = Some(letter),
                None if letter == '#' && (at == 0 || line[..at].ends_with(' ')) => {
                    end = at;
                    break;
                }
                None => {}
            }
        }
        line[..end].trim().to_owned()
    };
    joined.lines().map(without_comment).filter(|line| !line.is_empty()).collect()
}

/// The words of a command without its redirections.
fn words(command: &str) -> Vec<String> {
    let (mut words, mut word, mut quote, mut is_word) = (Vec::new(), String::new(), None, false);
    for letter in command.chars().chain([' ']) {
        match quote {
            Some(open) if letter == open => quote = None,
            None if letter == '\'' || letter == '"' => (quote, is_word) = (Some(letter), true),
            None if letter.is_whitespace() => {
                if is_word {
                    words.push(std::mem::take(&mut word));
                }
                is_word = false;
            }
            _ => {
                word.push(letter);
                is_word = true;
            }
        }
    }
    if let Some(at) = words.iter().position(|word| word.starts_with(['<', '>', '|'])) {
        words.truncate(at);
    }
    words
}

/// Panics unless these are the arguments of a command that there is.
#[track_caller]
fn is_understood(place: &str, arguments: &[String]) {
    let known = |word: &String| match word.as_str() {
        // A number that the reader puts in.
        "ID" | "[ID]" => "7".to_owned(),
        "COMMAND" => "status".to_owned(),
        "SHELL" => "bash".to_owned(),
        word => word.to_owned(),
    };
    let optional = |word: &&String| !word.starts_with('[') && !word.ends_with(']') && *word != "or";
    let words = arguments.iter().filter(optional).map(known);
    let read = Cli::try_parse_from([String::from("firstwatch")].into_iter().chain(words));
    match read.map_err(|error| (error.kind(), error)) {
        Ok(_)
        | Err((
            ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            // A group of commands, named as such.
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand,
            _,
        )) => {}
        Err((_, error)) => panic!("{place}: {arguments:?}\n{error}"),
    }
}

fn is_of_the_machine(block: &Block) -> bool {
    let mut commands = commands(&block.text).into_iter();
    commands.any(|command| {
        OF_THE_MACHINE.iter().any(|program| words(&command).first().is_some_and(|word| word == program))
    })
}

#[test]
fn what_is_about_the_machine_names_commands_and_files_that_there_are() {
    let (mut read, mut files, mut calls) = (0, 0, 0);
    for block in blocks("sh").iter().filter(|block| is_of_the_machine(block)) {
        read += 1;
        for command in commands(&block.text).iter().flat_map(|line| line.split(" && ")) {
            let words = words(command);
            let Some(first) = words.first() else { continue };
            let is_function = first.ends_with("()") || first == "}";
            let is_known = OF_THE_MACHINE.contains(&first.as_str());
            let is_ours = ["firstwatch", "as_firstwatch"].contains(&first.as_str());
            assert!(
                is_function || is_known || is_ours,
                "{}: {command} is neither run nor known",
                block.place
            );
            for file in &words {
                let is_ours = ["config/", "jobs/", "src/", "systemd/", "tests/"];
                if is_ours.iter().any(|folder| file.starts_with(folder)) {
                    files += 1;
                    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
                    assert!(path.exists(), "{}: there is no {file}", block.place);
                }
            }
            let arguments = arguments_of_ours(&words);
            if arguments.first().is_some_and(|word| word != "$@") {
                calls += 1;
                is_understood(&block.place, arguments);
            }
        }
    }
    assert!(read >= 5 && files >= 5 && calls >= 5, "{read} blocks, {files} files, {calls} commands");
}

/// What firstwatch is told in a command: called by itself, by another user, or by cargo.
fn arguments_of_ours(words: &[String]) -> &[String] {
    let words: &[String] = match words {
        [sudo, user, _, rest @ ..] if sudo == "sudo" && user == "-u" => rest,
        [cargo, ..] if cargo == "cargo" => {
            let after = words.iter().position(|word| word == "--").map_or(words.len(), |at| at + 1);
            return &words[after..];
        }
        words => words,
    };
    match words {
        [program, arguments @ ..] if program == "firstwatch" || program == "as_firstwatch" => arguments,
        _ => &[],
    }
}

/// A shop with what the examples speak of: customer 7, order DH-1024, payments TT-1 and TT-2, and files to hand in.
fn shop() -> Shop {
    let uid = rustix::process::getuid().as_raw();
    let roles = ["complaint-handler", "data-officer", "manager"].map(|role| format!("{role} = [{uid}]\n"));
    let feeds = ["orders", "order_lines", "payments", "customers"];
    let feeds = feeds.map(|feed| format!("[source.{feed}]\npath = \"{feed}.csv\"\n"));
    let shop = Builder::new(&format!(
        "[business]\nname = \"1stwatch\"\n[roles]\n{}[[source]]\nname = \"shop\"\nkind = \"csv\"\n{}",
        roles.concat(),
        feeds.concat()
    ))
    .job("pull", job("pull", ""))
    .job("complaint-deadlines", job("complaint-deadlines", ""))
    .job("weekly-sales", weekly(""))
    .open();
    let mut rows = [
        "order_id,placed_at,status,customer_id\n".to_owned(),
        "order_id,line_id,product,quantity,unit_price\n".to_owned(),
        "payment_id,order_id,paid_at,method,amount,status\n".to_owned(),
        "customer_id,name,phone,email\n".to_owned(),
    ];
    for no in 1..=10 {
        let order = if no == 10 { 1024 } else { no };
        rows[0] += &format!("DH-{order},2026-11-1{}T09:00:00+07:00,completed,K{no}\n", no % 10);
        rows[1] += &format!("DH-{order},1,Orient Bambino,1,5000000\n");
        rows[2] += &format!("TT-{no},DH-{order},2026-11-1{}T09:05:00+07:00,transfer,5000000,paid\n", no % 10);
        let name = if no == 7 { "Đặng Thị Huyền" } else { "Nguyễn Văn An" };
        rows[3] += &format!("K{no},{name},09120000{no:02},k{no}@example.vn\n");
    }
    for (feed, rows) in ["orders", "order_lines", "payments", "customers"].iter().zip(&rows) {
        shop.write(&format!("{feed}.csv"), rows);
    }
    let complaint = |no| format!("KN{no};2026-11-19T09:00:00+07:00;product;Kính mờ;DH-1024\n");
    let complaints = (1..=4).map(complaint).collect::<String>();
    shop.write("khieu-nai.csv", &format!("Mã;received_at;kind;subject;order_id\n{complaints}"));
    shop.write("khach.txt", "subject: Đồng hồ chạy chậm\nphone: 0912000003\n\nChậm mười phút một ngày.\n");
    shop.write("answer.txt", "Đã thay kính.\n");
    shop.write("thu.txt", "Tôi không trả khoản này.\n");
    shop.write("phone.txt", "0912000007\n");
    shop
}

fn weekly(more: &str) -> String {
    job("sales-report", &format!("period = \"week\"\nrecipients = [\"managers\"]\n{more}"))
}

#[test]
fn what_can_be_run_runs() {
    if !Path::new(FAKETIME).exists() {
        return println!("skipped: the package faketime is not installed");
    }
    let base = shop();
    let program = base.path("bin/firstwatch");
    base.write("bin/firstwatch", "");
    let script = format!(
        "#!/bin/sh\nLD_PRELOAD={FAKETIME} FAKETIME='{TODAY}' exec '{}' --config \"$SHOP/firstwatch.toml\" \"$@\"\n",
        env!("CARGO_BIN_EXE_firstwatch")
    );
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let run = |shop: &Shop, block: &str| {
        let folder = shop.path("");
        let temporary = format!("{}/", shop.path("tmp").display());
        Command::new("bash")
            .args(["-euo", "pipefail", "-c", &block.replace("/tmp/", &temporary)])
            .env_clear()
            .env("PATH", format!("{}:/usr/bin:/bin", shop.path("bin").display()))
            .env("TZ", "Asia/Ho_Chi_Minh")
            .env("SHOP", &folder)
            .current_dir(&folder)
            .stdin(Stdio::null())
            .output()
            .unwrap()
    };
    let pulled = run(&base, "firstwatch job run pull");
    assert!(pulled.status.success(), "{pulled:?}");
    let mut ran = 0;
    let mut last: Option<(String, Shop)> = None;
    for block in blocks("sh").into_iter().filter(|block| !is_of_the_machine(block)) {
        // A section about complaints goes on with those of its block before.
        let goes_on =
            last.take().filter(|(section, _)| *section == block.section && section.contains("complaints"));
        let shop = goes_on.map_or_else(|| Shop::copy_of(&base.path("")), |(_, shop)| shop);
        let said = run(&shop, &block.text);
        let text = String::from_utf8_lossy(&[said.stdout, said.stderr].concat()).into_owned();
        assert!(said.status.success(), "{}:\n{}\n{text}", block.place, block.text);
        ran += 1;
        last = Some((block.section, shop));
    }
    assert!(ran >= 6, "{ran} blocks were run");
}

#[test]
fn every_piece_of_configuration_is_accepted() {
    let mut loaded = 0;
    for block in blocks("toml") {
        let shop = shop();
        let text = block.text.replace("/srv/shop/export/", "");
        if text.starts_with("# in jobs/weekly-sales.toml") {
            shop.write("jobs/weekly-sales.toml", &weekly(&text));
        } else if text.starts_with("[[source]]") {
            let head = "Mã đơn,Ngày đặt,Trạng thái,Điện thoại";
            shop.write("orders.csv", &format!("{head}\nDH-1,20/11/2026 09:30,Đã giao,0912000001\n"));
            shop.write("lines.csv", "order_id,line_id,product,quantity,unit_price\nDH-1,1,Mẫu,1,1000000\n");
            let configuration = read_file(&shop, "firstwatch.toml");
            let (before, after) = configuration.split_once("[[source]]").unwrap();
            let after = after.split_once("[store]").unwrap().1;
            shop.write("firstwatch.toml", &format!("{before}{text}\n[store]{after}"));
            let said = shop.run(&["source", "test", "shop"]).ok().stdout;
            assert!(!said.contains('✗'), "{}: {said}", block.place);
        } else {
            shop.write("conf.d/document.toml", &text);
            let picture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/mail/logo.png");
            if picture.exists() {
                fs::copy(picture, shop.path("conf.d/logo.png")).unwrap();
            }
        }
        let said = shop.run(&["job", "list"]);
        if text.contains("spark-connect") && !cfg!(feature = "spark") {
            assert!(said.code == 78 && said.stderr.contains("--features spark"), "{}", said.stderr);
            continue;
        }
        assert_eq!(said.code, 0, "{}:\n{text}\n{}", block.place, said.stderr);
        loaded += 1;
    }
    assert!(loaded >= 5, "{loaded} blocks were loaded");
}

fn read_file(shop: &Shop, name: &str) -> String {
    fs::read_to_string(shop.path(name)).unwrap()
}

#[test]
fn blocks_are_of_kinds_that_are_checked() {
    for document in DOCUMENTS {
        for block in parts(document).0.iter().filter(|block| block.section != FOLLOWED_ELSEWHERE) {
            // What has no language is a drawing.
            assert!(
                ["sh", "toml", ""].contains(&block.language.as_str()),
                "{}: {}",
                block.place,
                block.language
            );
        }
    }
}

#[test]
fn every_command_in_a_sentence_is_one() {
    let mut seen = BTreeSet::new();
    for document in DOCUMENTS {
        let around = parts(document).1;
        for span in around.split('`').skip(1).step_by(2) {
            if let Some(arguments) = span.strip_prefix("firstwatch ") {
                is_understood(document, &words(arguments));
                seen.insert(arguments.to_owned());
            }
        }
    }
    assert!(seen.len() > 30, "{seen:?}");
}

#[test]
fn every_link_leads_somewhere() {
    let mut seen = 0;
    for document in DOCUMENTS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(document);
        let folder = folder.parent().unwrap();
        let around = parts(document).1;
        let links = around.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        let pictures = around.split("src=\"").skip(1).filter_map(|rest| rest.split('"').next());
        for link in links.chain(pictures).filter(|link| !link.contains("://") && !link.starts_with('#')) {
            seen += 1;
            assert!(folder.join(link).exists(), "{document}: {link} leads nowhere");
        }
    }
    assert!(seen > 10, "{seen} links");
}

#[test]
fn the_guide_says_what_to_do_about_every_problem() {
    let guide = read("systemd/README.md");
    for kind in ProblemKind::ALL {
        let row = format!("\n| `{}` |", kind.as_str());
        assert!(guide.contains(&row), "the guide does not say what to do about {}", kind.as_str());
    }
}
