//! Settings as an administrator meets them: the shipped files load, and a bad configuration is told of all
//! its mistakes at once.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use firstwatch::domain::complaint::ComplaintKind;
use firstwatch::domain::feed::Feed;
use firstwatch::domain::ids::JobName;
use firstwatch::domain::term::Term;
use firstwatch::settings::{JobKind, LoadOptions, Problem, Relay, Settings, check_files, load};
use tempfile::TempDir;

/// The least that a shop must say.
const LEAST: &str = r#"
[business]
name = "Shop"
[mail]
relay = "smtp://127.0.0.1:25"
from = "Shop <reports@shop.vn>"
internal_domains = ["shop.vn"]
[recipients]
managers = ["boss@shop.vn"]
administrators = ["admin@shop.vn"]
complaints = ["care@shop.vn"]
[[source]]
name = "shop"
kind = "csv"
[source.orders]
path = "orders.csv"
flat = true
"#;

/// A configuration folder in the making.
struct Folder {
    directory: TempDir,
    environment: BTreeMap<String, String>,
}

impl Folder {
    fn new(main: &str) -> Self {
        let folder = Self { directory: TempDir::new().unwrap(), environment: BTreeMap::new() };
        folder.with("firstwatch.toml", main)
    }

    fn with(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn load(&self) -> Result<Settings, Vec<Problem>> {
        load(&LoadOptions { file: Some(self.path("firstwatch.toml")), environment: self.environment.clone() })
    }

    fn good(&self) -> Settings {
        self.load().unwrap_or_else(|problems| panic!("{}", self.told(&problems)))
    }

    /// What the administrator is told, one line a problem, without the temporary folder.
    fn bad(&self) -> String {
        self.told(&self.load().expect_err("this configuration is bad"))
    }

    fn told(&self, problems: &[Problem]) -> String {
        let folder = format!("{}/", self.directory.path().display());
        problems
            .iter()
            .fold(String::new(), |mut told, problem| {
                writeln!(told, "{problem}").unwrap();
                told
            })
            .replace(&folder, "")
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn shipped(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

#[test]
fn the_production_example_and_the_shipped_jobs_load() {
    let folder = Folder::new(&shipped("config/production.example.toml"));
    let built_in = folder.good();
    assert_eq!(built_in.jobs_directory, None);
    assert_eq!(built_in.jobs.len(), 10);
    assert_eq!(built_in.mail.relay, Relay::Smtps { host: "mail.1stwatch.vn".into(), port: 465 });
    assert_eq!(built_in.sources[0].feeds.len(), Feed::ALL.len());
    assert_eq!(built_in.calendar.working_days, [1, 2, 3, 4, 5, 6]);
    let product = &built_in.complaints.policy.kinds[&ComplaintKind::Product];
    assert_eq!(
        (product.terms.first_response, product.terms.resolution),
        (Term::WorkingDays(1), Term::WorkingDays(5))
    );

    let names = fs::read_dir(root().join("jobs")).unwrap().map(|entry| entry.unwrap().file_name());
    let folder = names.fold(folder, |folder, name| {
        let name = format!("jobs/{}", name.to_str().unwrap());
        let text = shipped(&name);
        folder.with(&name, text)
    });
    let read = folder.good();
    assert_eq!(read.jobs_directory, Some(folder.path("jobs")));
    assert_eq!(format!("{:?}", read.jobs), format!("{:?}", built_in.jobs), "a shipped job is not built in");
}

#[test]
fn the_commented_variants_of_the_production_example_load_too() {
    let example = shipped("config/production.example.toml");
    let (head, commented) = example.split_once("# Or ask the shop's SQLite").unwrap();
    let variant: String = commented
        .lines()
        .skip_while(|line| !line.starts_with("# [[source]]"))
        .map(|line| format!("{}\n", line.trim_start_matches('#').trim_start()))
        .collect();
    let settings = Folder::new(&format!("{head}\n{variant}")).good();
    assert_eq!(settings.sources[1].feeds.len(), 3);
}

#[test]
fn every_job_that_is_shipped_speaks_both_languages() {
    let folder = Folder::new(LEAST).with_variable("FIRSTWATCH_BUSINESS__LANGUAGE", "en");
    for job in folder.good().jobs {
        assert_eq!(job.title.len(), 2, "{}", job.name);
        for table in &job.tables {
            assert_eq!(table.title.len(), 2, "{} {}", job.name, table.name);
        }
    }
}

#[test]
fn a_bad_folder_is_told_of_everything_at_once() {
    let main = r#"
[business]
name = "Shop"
timezone = "Asia/Ho_Chi_Min"
langauge = "en"

[mail]
relay = "smtp://relay.example:25"
from = "Shop <reports@shop.vn>"
internal_domains = ["shop.vn"]
password = "hunter2"

[recipients]
managers = [
  "boss@shop.vn",
  "boss@gmail.com",
]
administrators = ["quản.trị@shop.vn"]
complaints = []

[disclosure]
minimum_contributors = 2.7

[complaints.kinds.data-access]
resolution = "11d"

[complaints.kinds.prodct]
resolution = "5wd"

[[source]]
name = "shop"
kind = "woocommerce"

[[source]]
name = "till"
kind = "sqlite"
path = "till.sqlite"
statuses = { "Xong" = "complete" }
[source.orders]
query = "select 1"
columns = { oder_id = "id" }
[source.order_lines]
path = "lines.csv"
"#;
    let weekly = r#"
kind = "sales-report"
schedule = "0 7 * * MONDAY *"
period = "fortnight"
recipients = ["manager"]
title = { en = "Weekly" }
[[table]]
title = { vi = "Bảng" }
rows = ["brnad"]
measures = "net"
"#;
    let folder = Folder::new(main)
        .with("conf.d/10-store.toml", "[store]\ndirectory = 5\n\n[vault]\nmaster_key = 'abc'\nx = \n")
        .with("jobs/weekly.toml", weekly)
        .with(
            "jobs/deadlines.toml",
            "kind = 'complaint-deadlines'\nschedule = '0 0 31 2 *'\nperiod = 'day'\n",
        )
        .with("jobs/monthly.toml", "kind = 'complaint-report'\nschedule = '0 7 1 * *'\nkeep = 3\n")
        .with("jobs/yearly.toml", b"kind = 'sales-report'\n# caf\xe9\n")
        .with_variable("FIRSTWATCH_CALENDAR__WORKING_DAYS", "[1, 8]")
        .with_variable("FIRSTWATCH_BUSINESS__NAME", "1")
        .with_variable("FIRSTWATCH_RELAY", "maildir:/tmp");
    insta::assert_snapshot!(folder.bad());
}

#[test]
fn an_empty_configuration_is_told_what_it_must_say() {
    insta::assert_snapshot!(Folder::new("").bad());
}

#[test]
fn a_missing_file_is_named() {
    let folder = Folder::new(LEAST);
    fs::remove_file(folder.path("firstwatch.toml")).unwrap();
    assert_eq!(
        folder.bad(),
        "firstwatch.toml: there is no such file; \
         put it there after config/production.example.toml, or name another with --config\n",
        "what a missing file lacks goes without saying"
    );
}

#[test]
fn a_file_saved_under_windows_loads() {
    let settings = Folder::new(&format!("\u{feff}{}", LEAST.replace('\n', "\r\n"))).good();
    assert_eq!(settings.business.name, "Shop");
}

#[test]
fn later_layers_cover_earlier_ones_key_by_key() {
    let folder = Folder::new(LEAST)
        .with("conf.d/20-b.toml", "[business]\nname = 'B'\n[recipients]\nmanagers = ['b@shop.vn']\n")
        .with("conf.d/10-a.toml", "[business]\nname = 'A'\ncount_orders_on = 'paid'\n")
        .with("conf.d/30-c.toml.off", "this is not read")
        .with_variable("FIRSTWATCH_MAIL__RELAY", "maildir:out")
        .with_variable("FIRSTWATCH_DISCLOSURE__P_PERCENT", "15")
        .with_variable("FIRSTWATCH_DISCLOSURE__DOMINANCE", "[{ n = 2, k = 85 }]")
        .with_variable("FIRSTWATCH_COMPLAINTS__KINDS__DATA_ACCESS__RESOLUTION", "5d")
        .with_variable("FIRSTWATCH_STORE__DIRECTORY", "")
        .with_variable("OTHER_BUSINESS__NAME", "Other");
    let settings = folder.good();
    assert_eq!(settings.business.name, "B");
    assert_eq!(format!("{:?}", settings.business.count_orders_on), "Paid");
    assert_eq!(settings.recipients["managers"], ["b@shop.vn"]);
    assert_eq!(settings.recipients["administrators"], ["admin@shop.vn"]);
    assert_eq!(settings.mail.relay, Relay::Maildir(folder.path("out")));
    assert_eq!((settings.disclosure.p_percent, settings.disclosure.minimum_contributors), (15.0, 5));
    assert_eq!(settings.disclosure.dominance, [(2, 85.0)]);
    assert_eq!(settings.complaints.policy.kinds[&ComplaintKind::DataAccess].terms.resolution, Term::Days(5));
    assert_eq!(settings.store.directory, Path::new("/var/lib/firstwatch"), "an empty variable is not set");
    assert_eq!(settings.store.socket, Path::new("/var/lib/firstwatch/control.socket"));
}

#[test]
fn sources_of_a_later_layer_replace_the_earlier_ones() {
    let other =
        "[[source]]\nname = 'other'\nkind = 'parquet'\norders = { path = 'o.parquet', flat = true }\n";
    let folder = Folder::new(LEAST).with("conf.d/other.toml", other);
    let sources = folder.good().sources;
    assert_eq!(sources.iter().map(|source| source.name.as_str()).collect::<Vec<_>>(), ["other"]);
    let orders = &sources[0].feeds[&Feed::Orders];
    assert_eq!(orders.path, Some(folder.path("conf.d/o.parquet")), "a path starts where it is written");
}

#[test]
fn a_mistake_that_a_later_layer_covers_is_still_told() {
    let folder = Folder::new(LEAST)
        .with("conf.d/a.toml", "[disclosure]\ninsiders = 1\n")
        .with("conf.d/b.toml", "[disclosure]\ninsiders = true\n");
    assert_eq!(
        folder.bad(),
        "conf.d/a.toml:2: disclosure.insiders: 1 is a whole number, but true or false belongs here; \
         write true or false, without quotes\n"
    );
}

#[test]
fn nothing_is_converted() {
    let told = |text: &str| Folder::new(LEAST).with("conf.d/a.toml", text).bad();
    for (text, found, wanted) in [
        ("disclosure.minimum_contributors = 5.0", "5 is a number with a fraction", "a whole number"),
        ("disclosure.minimum_contributors = true", "true is a truth value", "a whole number"),
        ("disclosure.minimum_contributors = '5'", "this is a text", "a whole number"),
        ("disclosure.minimum_contributors = 99999999999999999999", "too large", "a whole number"),
        ("disclosure.p_percent = '10'", "this is a text", "a number"),
        ("disclosure.p_percent = nan", "NaN is a number", "a number"),
        ("disclosure.insiders = 'true'", "this is a text", "true or false"),
        ("disclosure.insiders = 0", "0 is a whole number", "true or false"),
        ("business.timezone = 7", "7 is a whole number", "a text"),
        ("business.language = true", "true is a truth value", "a text"),
        ("business.timezone = 2026-11-22", "a date or time", "a text"),
        ("recipients.managers = 'boss@shop.vn'", "this is a text", "a list"),
        ("complaints.kinds.product.resolution = 5", "5 is a whole number", "a text"),
        ("business.currency = 'VND'", "this is a text", "a table"),
        ("business = []", "this is a list", "a table"),
    ] {
        let told = told(text);
        let first = told.lines().find(|line| line.starts_with("conf.d/a.toml:1: ")).unwrap_or(&told);
        assert!(first.contains(found) && first.contains(&format!("{wanted} belongs here")), "{text}: {told}");
    }
}

#[test]
fn variables_must_have_the_right_type_too() {
    let folder = Folder::new(LEAST)
        .with_variable("FIRSTWATCH_DISCLOSURE__INSIDERS", "1")
        .with_variable("FIRSTWATCH_BUSINESS__LANGUAGE", "fr")
        .with_variable("FIRSTWATCH_X.Y", "3");
    let told = folder.bad();
    assert_eq!(told.lines().count(), 3, "{told}");
    assert!(told.contains("environment variable FIRSTWATCH_DISCLOSURE__INSIDERS: disclosure.insiders: 1 is"));
    assert!(
        told.contains(
            "environment variable FIRSTWATCH_BUSINESS__LANGUAGE: business.language: the word \"fr\""
        )
    );
    assert!(told.contains("environment variable FIRSTWATCH_X.Y: x.y: the key `x.y` is not known"));
}

#[test]
fn unknown_keys_are_answered_with_the_key_that_was_meant() {
    for (text, remedy) in [
        ("busines.name = 'x'", "did you mean `business`?"),
        ("mail.internal-domains = []", "did you mean `internal_domains`?"),
        ("disclosure.minimum_contributers = 5", "did you mean `minimum_contributors`?"),
        ("complaints.kinds.data_breach.resolution = '1d'", "did you mean `data-breach`?"),
        ("store.colour = 'red'", "write one of directory, socket"),
        ("mail.relay_password = 'x'", "put it into a file of mode 0600"),
    ] {
        let told = Folder::new(LEAST).with("conf.d/a.toml", text).bad();
        assert_eq!(told.lines().count(), 1, "{told}");
        assert!(told.starts_with("conf.d/a.toml:1: ") && told.contains(remedy), "{told}");
    }
}

#[test]
fn what_mail_may_cost_is_held_to_its_range() {
    for (text, message) in [
        ("mail.messages_per_minute = 0", "0 is out of range"),
        ("mail.size_limit = '10'", "write it like 500 kB or 10 MB"),
        ("mail.size_limit = '99 kB'", "write 100 kB to 1000 MB"),
        ("mail.timeouts.content = '0s'", "write 1s to 1h"),
        ("mail.timeouts.opening = '61m'", "write 1s to 1h"),
        ("mail.timeouts.quit = '5s'", "the key `quit` is not known"),
    ] {
        let told = Folder::new(LEAST).with("conf.d/a.toml", text).bad();
        assert_eq!(told.lines().count(), 1, "{told}");
        assert!(told.starts_with("conf.d/a.toml:1: ") && told.contains(message), "{told}");
    }
    let mail = Folder::new(LEAST).with("conf.d/a.toml", "mail.timeouts.data = '90s'").good().mail;
    assert_eq!((mail.timeouts.data.as_secs(), mail.timeouts.content.as_secs()), (90, 600));
    assert_eq!((mail.size_limit, mail.messages_per_minute), (10_000_000, 60));
}

#[test]
fn looser_than_the_law_is_refused_by_its_article() {
    for (key, term, article) in [
        ("product.first_response", "4wd", "Law 19/2023 Art. 31(2)"),
        ("data-breach.first_response", "4d", "Law 19/2023 Art. 31(2)"),
        ("data-deletion.first_response", "49h", "Decree 356 Art. 5"),
        ("data-objection.resolution", "16d", "Decree 356 Art. 5"),
        ("payment.resolution", "31d", "the limit for refunds"),
        ("negotiation.resolution", "8d", "Law 19/2023 Art. 57(2)"),
    ] {
        let told =
            Folder::new(LEAST).with("conf.d/a.toml", format!("complaints.kinds.{key} = '{term}'")).bad();
        assert!(told.starts_with(&format!("conf.d/a.toml:1: complaints.kinds.{key}: {term} may run past")));
        assert!(told.contains(article), "{told}");
    }
    Folder::new(LEAST).with("conf.d/a.toml", "complaints.kinds.inquiry.resolution = '90d'").good();
}

#[test]
fn what_is_asked_of_settings() {
    let settings = Folder::new(LEAST)
        .with_variable("CREDENTIALS_DIRECTORY", "/run/credentials/firstwatch.service")
        .good();
    let names = ["managers", "care@shop.vn", "managers", "complaints"].map(str::to_owned);
    assert_eq!(settings.recipients_of(&names), ["boss@shop.vn", "care@shop.vn"]);
    assert_eq!(settings.administrators(), ["admin@shop.vn"]);
    assert_eq!(settings.job(&JobName::new("pull")).map(|job| job.kind), Some(JobKind::Pull));
    assert!(settings.job(&JobName::new("push")).is_none());
    assert_eq!(settings.master_key_path(), Some("/run/credentials/firstwatch.service/master-key".into()));
    assert_eq!(settings.mail_password_path(), None, "a relay without a user wants no password");
}

#[test]
fn missing_files_are_found_when_asked() {
    let more = "vault.master_key_file = 'key'\ncalendar.files = ['year.toml']\n\
                [mail]\nuser = 'reports'\npassword_file = 'password'\n";
    let folder = Folder::new(LEAST)
        .with("conf.d/a.toml", more)
        .with("conf.d/password", "secret")
        .with("orders.csv", "order_id\n");
    let set_mode = |name: &str, mode| {
        fs::set_permissions(folder.path(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    set_mode("conf.d/password", 0o644);
    insta::assert_snapshot!(folder.told(&check_files(&folder.good())));

    let folder = folder.with("conf.d/key", "00").with("conf.d/year.toml", "");
    for name in ["conf.d/key", "conf.d/password"] {
        fs::set_permissions(folder.path(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
    assert_eq!(check_files(&folder.good()), []);
}

#[test]
fn sources_are_held_to_their_kind() {
    let told = |source: &str| {
        let main = LEAST.split("[[source]]").next().unwrap();
        Folder::new(main).with("conf.d/a.toml", format!("[[source]]\nname = 's'\n{source}")).bad()
    };
    for (source, message) in [
        ("kind = 'csv'", "this source delivers nothing"),
        ("kind = 'csv'\norders.path = 'o'", "the orders have no lines"),
        (
            "kind = 'csv'\norders = { path = 'o', flat = true }\norder_lines.path = 'l'",
            "bring their lines with them",
        ),
        ("kind = 'csv'\npath = 'x'\ncustomers.path = 'c'", "has a path in each feed"),
        ("kind = 'csv'\ncustomers = { path = 'c', query = 'q' }", "postgres and mysql only"),
        ("kind = 'csv'\ncustomers = { path = 'c', flat = true }", "the key `flat` is not known"),
        ("kind = 'csv'\ndelimiter = ';;'\ncustomers.path = 'c'", "is not a delimiter"),
        ("kind = 'csv'\nencoding = 'utf-9'\ncustomers.path = 'c'", "did you mean `utf-8`?"),
        ("kind = 'csv'\ndate_formats = ['%d/%!']\ncustomers.path = 'c'", "is not a date format"),
        ("kind = 'parquet'\ndelimiter = ';'\ncustomers.path = 'c'", "for csv only"),
        ("kind = 'sqlite'\ncustomers.query = 'q'", "name the SQLite database's file"),
        ("kind = 'sqlite'\npath = 'd'\ncustomers.path = 'c'", "the source has one file for all feeds"),
        ("kind = 'mysql'\ncustomers.query = 'q'", "name the server's host"),
        (
            "kind = 'mysql'\nhost = 'h:1'\ndatabase = 'd'\nuser = 'u'\ncustomers.query = 'q'",
            "this is no host",
        ),
        (
            "kind = 'postgres'\nhost = 'h'\ndatabase = 'd'\nuser = 'u'\ncustomers.path = 'q'",
            "not reached by a path",
        ),
        (
            "kind = 'postgres'\nhost = 'h'\ndatabase = 'd'\nuser = 'u'\npassword = 'hunter2'\ncustomers.query = 'q'",
            "a secret may not stand",
        ),
        (
            "kind = 'postgres'\nhost = '/run/db'\nca_file = 'c'\ndatabase = 'd'\nuser = 'u'\ncustomers.query = 'q'",
            "needs no certificate",
        ),
        ("kind = 'csv'\nhost = 'h'\ncustomers.path = 'c'", "for postgres and mysql only"),
        ("kind = 'woocommerce'\nkey_file = 'k'\nsecret_file = 's'", "write the shop's address"),
        (
            "kind = 'woocommerce'\nurl = 'http://shop.example'\nkey_file = 'k'\nsecret_file = 's'",
            "could be read on the way",
        ),
        (
            "kind = 'woocommerce'\nurl = 'https://shop.example'\nkey_file = 'k'\nsecret_file = 's'\norders.query = 'q'",
            "says itself what its feeds are",
        ),
        (
            "kind = 'woocommerce'\nurl = 'https://shop.example'\nkey_file = 'k'\nsecret_file = 's'\nback_off = '2d'",
            "is out of range",
        ),
        (
            "kind = 'csv'\ncustomers = { path = 'c', columns = { name = 'n' }, constants = { name = 'x' } }",
            "a constant too",
        ),
        ("kind = 'csv'\ncustomers = { path = 'c', columns = { phon = 'n' } }", "did you mean `phone`?"),
        (
            "kind = 'csv'\ncustomers.path = 'c'\n[[source]]\nname = 's'\nkind = 'csv'\ncustomers.path = 'c'",
            "the same name",
        ),
    ] {
        let told = told(source);
        assert!(told.contains(message), "{source}: {told}");
        assert!(told.starts_with("conf.d/a.toml:"), "{source}: {told}");
    }
}

#[test]
fn jobs_are_held_to_their_kind() {
    let report = "kind = 'sales-report'\nschedule = '0 7 * * *'\nperiod = 'day'\n";
    let full = format!("{report}recipients = ['managers']\ntitle = {{ vi = 'Ngày' }}\n");
    let table = "[[table]]\ntitle = { vi = 'Bảng' }\n";
    for (job, message) in [
        (report.to_owned(), "recipients: is not set"),
        (report.to_owned(), "title: is not set"),
        (format!("{report}recipients = []\ntitle = {{ vi = 'x' }}"), "nobody would get this report"),
        (
            format!("{report}recipients = ['x@gmail.com']\ntitle = {{ vi = 'x' }}"),
            "outside of the internal domains",
        ),
        (format!("{report}recipients = ['managers']\ntitle = {{ en = 'x' }}"), "language of the business"),
        (format!("{full}catch_up_window = '5 days'"), "is not a length of time"),
        (format!("{full}formats = ['docx']"), "write one of html, xlsx, pdf"),
        (format!("{full}keep = 3"), "for backups only"),
        (format!("{full}{table}rows = []\nmeasures = ['net']"), "table[1].rows: is empty"),
        (format!("{full}{table}rows = ['brand', 'brand']\nmeasures = ['net']"), "the same thing twice"),
        (format!("{full}{table}rows = ['brand']\ncolumns = ['brand']\nmeasures = ['net']"), "in the columns"),
        (format!("{full}{table}rows = ['brand']\nmeasures = ['nett']"), "did you mean `net`?"),
        (
            format!(
                "{full}{table}rows = ['brand']\nmeasures = ['net']\n{table}rows = ['brand']\nmeasures = ['net']"
            ),
            "another table is named \"brand\" too",
        ),
        (format!("{full}[[threshold]]\nmeasure = 'net'"), "threshold[1].falls: is not set"),
        (
            format!("{full}[[threshold]]\nmeasure = 'net'\nfalls = 5\nrises = 5"),
            "write a [[threshold]] for each",
        ),
        (format!("{full}[[threshold]]\nmeasure = 'net'\nfalls = 0"), "0 is out of range"),
        (format!("{full}[[threshold]]\nmeasure = 'nett'\nfalls = 5"), "did you mean `net`?"),
        (format!("{full}only_when_crossed = true"), "there is no [[threshold]]"),
        ("kind = 'backup'\nschedule = '0 2 * * *'\ntrend = true".to_owned(), "for sales reports only"),
        ("kind = 'backup'\nschedule = '0 2 * * *'\nformats = []".to_owned(), "for reports only"),
        ("kind = 'backup'\nschedule = '0 2 * * *'\nkeep = 0".to_owned(), "0 is out of range"),
    ] {
        let told = Folder::new(LEAST).with("jobs/job.toml", &job).bad();
        assert!(told.contains(message), "{job}\n{told}");
        assert!(told.lines().all(|line| line.starts_with("jobs/job.toml")), "{told}");
    }
    let told = Folder::new(LEAST).with("jobs/My Job.toml", "kind = 'pull'\nschedule = '* * * * *'\n").bad();
    assert!(told.contains("may hold small letters"), "{told}");
    assert!(Folder::new(LEAST).with("jobs/none.txt", "").bad().contains("no job in this directory"));
}
