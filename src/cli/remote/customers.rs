//! `customer`: asks, and shows what comes back.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use base64::Engine;
use serde_json::json;
use zeroize::{Zeroize, Zeroizing};

use super::complaints::text;
use super::{Session, segment};
use crate::cli::customer::{CorrectArguments, CustomerCommand, FindArguments, WhyArguments};
use crate::cli::exit::BadData;
use crate::cli::show;
use crate::domain::correction::FIELDS;
use crate::domain::ids::{CustomerNo, SourceName};
use crate::domain::purpose::{Ground, Purpose};
use crate::operations::customers::{
    CorrectRequest, Corrected, CustomerShown, EraseRequest, ErasedView, FindRequest, Found, History,
    HistoryRequest, ShowRequest, StatementMade, StatementRequest, Why,
};
use crate::operations::releases::PreviewFile;
use crate::settings::Language;

pub(super) async fn customer(session: &Session, command: CustomerCommand) -> anyhow::Result<ExitCode> {
    match command {
        CustomerCommand::Find(arguments) => find(session, arguments).await?,
        CustomerCommand::Show { number, why } => {
            let request = ShowRequest { why: read_why(why)? };
            let shown: CustomerShown = ask(session, number, "show", &request).await?;
            session.print(&shown, |shown| shown_customer(session, shown))?;
        }
        CustomerCommand::Correct(arguments) => correct(session, arguments).await?,
        CustomerCommand::History { number, why } => {
            let request = HistoryRequest { why: read_why(why)? };
            let history: History = ask(session, number, "history", &request).await?;
            session.print(&history, |history| shown_history(session, history))?;
        }
        CustomerCommand::Statement { number, out, language, why } => {
            let language = language.map(|word| if word == "vi" { Language::Vi } else { Language::En });
            let request = StatementRequest { why: read_why(why)?, language };
            let made: StatementMade = ask(session, number, "statement", &request).await?;
            let files = write(&made.files, &out)?;
            let answer = json!({ "number": made.number, "transactions": made.transactions,
                                 "unanswered": made.unanswered, "files": files });
            session.print(&answer, |_| {
                let count = show::count(made.transactions as u64, "transaction");
                format!("{count}, {} not answered yet\n  {}", made.unanswered, files.join("\n  "))
            })?;
        }
        CustomerCommand::Erase { number, ground, confirm, why } => {
            let ground = Ground::parse(&ground).context("clap lets only grounds of the law through")?;
            let request = EraseRequest { why: read_why(why)?, ground, confirm: confirm.map(CustomerNo) };
            let erased: ErasedView = ask(session, number, "erase", &request).await?;
            session.print(&erased, shown_erased)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn ask<T: serde::de::DeserializeOwned>(
    session: &Session,
    number: i64,
    what: &str,
    request: &impl serde::Serialize,
) -> anyhow::Result<T> {
    Ok(session
        .client
        .post(&format!("/v1/customers/{}/{what}", segment(&number.to_string())), request)
        .await?)
}

fn read_why(why: WhyArguments) -> anyhow::Result<Why> {
    let purpose = Purpose::parse(&why.purpose).context("clap lets only known purposes through")?;
    Ok(Why { purpose, request: why.request })
}

async fn find(session: &Session, arguments: FindArguments) -> anyhow::Result<()> {
    let FindArguments { phone, email, account, name, source, why } = arguments;
    let given = [("phone", phone), ("email", email), ("account", account), ("name", name)];
    let (by, value) = given
        .into_iter()
        .find_map(|(by, value)| Some((by, value?)))
        .context("clap lets no search for nothing through")?;
    let value = match value.as_str() {
        "-" => text(None, Some(Path::new("-")))?.unwrap_or_default().trim().to_owned(),
        _ => value,
    };
    let why = read_why(why)?;
    let request = FindRequest { why, by: by.to_owned(), value, source: source.map(SourceName::new) };
    let found: Found = session.client.post("/v1/customers/find", &request).await?;
    session.print(&found, |found| {
        let mut table = show::table(&["customer", "since", "orders"]);
        for customer in &found.customers {
            table.add_row([
                customer.number.to_string(),
                show::instant(customer.since, &session.zone),
                customer.orders.to_string(),
            ]);
        }
        let mut text = show::lines(&table, "nobody is known by that");
        if found.more {
            text += "there are more; say more of the name\n";
        }
        if found.opened > 0 {
            let opened = show::count(found.opened, "customer");
            let _ = write!(text, "\n{opened} opened to find them, which the audit log says");
        }
        text
    })
}

async fn correct(session: &Session, arguments: CorrectArguments) -> anyhow::Result<()> {
    let CorrectArguments { number, fields_file, clear, why } = arguments;
    let content = Zeroizing::new(text(None, Some(&fields_file))?.unwrap_or_default());
    let mut fields = read_fields(&fields_file.display().to_string(), &content)?;
    let reason = fields.remove("reason").flatten().unwrap_or_default();
    for field in clear {
        if fields.insert(field.clone(), None).is_some() {
            return Err(BadData(format!("{field} is both given and cleared; choose one")).into());
        }
    }
    let request = CorrectRequest { why: read_why(why)?, fields, reason };
    let corrected: Corrected = ask(session, number, "corrections", &request).await?;
    session.print(&corrected, |corrected| {
        let said = match corrected.changed.is_empty() {
            true => "it was so already".to_owned(),
            false => format!("{}corrected: {}", show::tick(), corrected.changed.join(", ")),
        };
        format!("{said}\n{}", shown_customer(session, &corrected.customer))
    })?;
    Ok(())
}

/// Lines `field: value`. A refusal names a line and never what stands in it.
fn read_fields(file: &str, content: &str) -> Result<BTreeMap<String, Option<String>>, BadData> {
    let mut fields: BTreeMap<String, Option<String>> = BTreeMap::new();
    let content = content.strip_prefix('\u{feff}').unwrap_or(content);
    let lines = content.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    for (index, line) in lines {
        let refused = |what: &str| fields_refused(index + 1, file, what);
        let (key, value) = line.split_once(':').ok_or_else(|| refused("has no colon"))?;
        let key = key.trim().to_ascii_lowercase();
        if key != "reason" && !FIELDS.iter().any(|field| field.as_str() == key) {
            return Err(refused("does not begin with name, phone, email, address or reason"));
        }
        if value.trim().is_empty() {
            return Err(refused(
                "gives nothing; a field that is no longer to be known is cleared with --clear",
            ));
        }
        if let Some(mut before) = fields.insert(key, Some(value.trim().to_owned())) {
            before.zeroize();
            return Err(refused("gives again what a line before it gave; keep one of them"));
        }
    }
    Ok(fields)
}

fn fields_refused(line: usize, file: &str, what: &str) -> BadData {
    BadData(format!("line {line} of {file} {what}"))
}

/// Writes the files for their owner alone; their names come from the daemon and must be plain.
fn write(parts: &[PreviewFile], out: &Path) -> anyhow::Result<Vec<String>> {
    if !out.is_dir() {
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(out);
        made.with_context(|| format!("failed to create {}", out.display()))?;
    }
    parts.iter().map(|part| write_one(part, out).map(|path| path.display().to_string())).collect()
}

fn write_one(part: &PreviewFile, out: &Path) -> anyhow::Result<PathBuf> {
    anyhow::ensure!(
        Path::new(&part.name).file_name().is_some_and(|name| name == part.name.as_str()),
        "the statement names a file that is no plain name"
    );
    let content = base64::engine::general_purpose::STANDARD.decode(&part.content);
    let content = Zeroizing::new(content.context("the statement's content is not base64")?);
    let path = out.join(&part.name);
    let poured = || -> std::io::Result<()> {
        // One that is there may be open to others.
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        file.write_all(&content)
    };
    poured().with_context(|| format!("failed to write {}", path.display()))?;
    Ok(path)
}

fn shown_customer(session: &Session, shown: &CustomerShown) -> String {
    let summary = &shown.summary;
    let mut text = format!("customer {}\n", summary.number);
    // Writing to a string cannot fail.
    let mut line = |name: &str, value: &str, corrected: bool| {
        let mark = if corrected { "  (corrected)" } else { "" };
        let _ = writeln!(text, "{name:<12}{value}{mark}");
    };
    let fields = [
        ("name", &shown.name),
        ("phone", &shown.phone),
        ("email", &shown.email),
        ("address", &shown.address),
    ];
    for (name, value) in fields {
        let corrected = shown.corrected.iter().any(|field| field == name);
        line(name, value.as_deref().unwrap_or("-"), corrected);
    }
    line("province", summary.province.as_deref().unwrap_or("-"), false);
    line("since", &show::instant(summary.since, &session.zone), false);
    line("changed", &show::instant(summary.changed, &session.zone), false);
    let orders = summary.orders.iter().map(|(source, id)| format!("{source}/{id}"));
    line("orders", &listed(orders.collect()), false);
    line("complaints", &listed(summary.complaints.iter().map(ToString::to_string).collect()), false);
    line("payments", &summary.payments.to_string(), false);
    text
}

fn listed(names: Vec<String>) -> String {
    if names.is_empty() { "-".to_owned() } else { names.join(", ") }
}

fn shown_history(session: &Session, history: &History) -> String {
    let mut text = format!("customer {}", history.number);
    if let Some(at) = history.erased_at {
        let _ = write!(text, ", erased {}", show::instant(at, &session.zone));
    }
    text += "\n\n";
    let mut table = show::table(&["when", "field", "who", "request", "before", "after", "why"]);
    for view in &history.corrections {
        let open = |value: &Option<String>| match view.erased {
            true => "(erased)".to_owned(),
            false => value.clone().unwrap_or_else(|| "-".to_owned()),
        };
        table.add_row([
            show::instant(view.at, &session.zone),
            view.field.clone(),
            view.actor.clone(),
            view.request.clone().unwrap_or_else(|| "-".to_owned()),
            open(&view.before),
            open(&view.after),
            open(&view.reason),
        ]);
    }
    text += &show::lines(&table, "nothing was corrected\n");
    let mut table = show::table(&["line", "when", "who", "what", "why", "outcome"]);
    for look in &history.looks {
        table.add_row([
            look.line.to_string(),
            show::instant(look.at, &session.zone),
            look.actor.clone(),
            look.operation.clone(),
            look.reason.clone(),
            look.outcome.clone(),
        ]);
    }
    text += "\n";
    text += &show::lines(&table, "nobody has looked before");
    text
}

fn shown_erased(erased: &ErasedView) -> String {
    let mut lines = vec![format!(
        "{}customer {} is erased ({}): the data key, the blind indexes, the persons of {}, the words of {}, {}",
        show::tick(),
        erased.number,
        erased.ground,
        show::count(erased.orders as u64, "order"),
        show::count(erased.complaints as u64, "complaint"),
        show::count(erased.rejected as u64, "rejected row"),
    )];
    lines.push(
        "The sales figures stay as they were. The journal keeps every restore from bringing the person back."
            .to_owned(),
    );
    if erased.copies > 0 {
        lines.push(format!(
            "{} made before still hold the sealed data. The next backup takes the person out of them; `firstwatch backup \
             create` does so now. Copies elsewhere are yours to destroy: a restore of one erases the person again.",
            show::count(erased.copies as u64, "backup")
        ));
    }
    if !erased.log_cleared {
        lines.push(
            "Somebody was reading the database: its log is cleared when the next change is written out."
                .to_owned(),
        );
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_lines_and_a_wrong_one_is_named_and_not_repeated() {
        let fields = read_fields("a.txt", "\u{feff}Phone: 0977 1\r\n\nreason: khách đổi số\n").unwrap();
        assert_eq!(fields["phone"].as_deref(), Some("0977 1"));
        assert_eq!(fields["reason"].as_deref(), Some("khách đổi số"));
        for (text, part) in [
            ("Huyền", "line 1 of a.txt has no colon"),
            ("name: A\nhuyền: 0977", "line 2 of a.txt does not begin with name"),
            ("name: Huyền\nname: Hoa", "line 2 of a.txt gives again"),
            ("phone:", "line 1 of a.txt gives nothing"),
        ] {
            let told = read_fields("a.txt", text).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(told.contains(part) && !told.contains("Huyền"), "{told}");
        }
    }

    #[test]
    fn a_statement_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("new");
        let part = |name: &str| PreviewFile { name: name.into(), content: "QQ==".into() };
        let files = write(&[part("a.pdf")], &out).unwrap();
        fs::set_permissions(&files[0], fs::Permissions::from_mode(0o644)).unwrap();
        write(&[part("a.pdf")], &out).unwrap();
        assert_eq!(fs::metadata(&files[0]).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(fs::read(&files[0]).unwrap(), b"A");
        assert!(write(&[part("../a.pdf")], &out).is_err());
    }
}
