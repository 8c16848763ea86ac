//! PostgreSQL and MariaDB, asked by the query sets that are shipped.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::databases::{Database, Kind, PASSWORD};
use super::{assert_same, brought_home, rows};
use crate::harness::{Builder, Shop, job};

const PLAIN: &str = include_str!("../../../config/sources/plain.sql");

/// Two orders with a discount, a refund, payments and a complaint; and one whose status nobody knows.
const STOCK: &str = "
INSERT INTO customers VALUES
 ('K1', 'Trần Thị Bình', 'binh@example.vn', '0912345678', '12 Lý Thường Kiệt', 'Hà Nội', '2026-01-02 08:00:00',
  '2026-01-02 08:00:00');
INSERT INTO orders VALUES
 ('1001', '2026-01-05 23:30:00', 'completed', '2026-01-05 23:40:00', '2026-01-07 10:00:00', NULL, 'web', 'K1',
  'Trần Thị Bình', NULL, '0912345678', NULL, 'Hà Nội', 'cod', 'VND', 100000, 30000, NULL, NULL, 2930000,
  '2026-01-07 10:00:00'),
 ('A-7', '2026-02-01 09:00:00', 'Đang đóng gói', NULL, NULL, NULL, 'web', NULL,
  'Lê Văn Cường', NULL, '0987654321', NULL, 'Đà Nẵng', 'cod', 'VND', NULL, NULL, NULL, NULL, 500000,
  '2026-02-01 09:00:00'),
 ('999', '2026-02-03 10:00:00', 'processing', NULL, NULL, NULL, 'store', NULL,
  'Lê Văn Cường', NULL, '0987654321', NULL, 'Đà Nẵng', 'card', 'VND', NULL, NULL, NULL, NULL, 1500000,
  '2026-02-03 10:00:00');
INSERT INTO order_lines VALUES
 ('1001', 2, 'Dây da', 'DD-1', 'Hirsch', 'Dây', 2, 500000, NULL, NULL),
 ('1001', 10, 'Seiko 5', 'S5-1', 'Seiko', 'Đồng hồ', 1, 2000000, NULL, NULL),
 ('A-7', 1, 'Pin', 'P-1', NULL, NULL, 1, 500000, NULL, NULL),
 ('999', 1, 'Casio', 'C-1', 'Casio', 'Đồng hồ', 3, 500000, NULL, NULL);
INSERT INTO refunds VALUES ('R1', '1001', '2026-01-20 10:00:00', 500000, 2, 1, 'rách');
INSERT INTO payments VALUES ('P1', '1001', '2026-01-05 23:40:00', 'cod', 2930000, 'paid', 'TRAN THI BINH');
INSERT INTO complaints VALUES
 ('C1', '2026-02-04 08:00:00', 'product', 'Đồng hồ chạy chậm', 'Chậm 5 phút mỗi ngày', 'K1', NULL, NULL, '1001',
  'email', 2, NULL, NULL, NULL, 'open', '2026-02-04 08:00:00');
";

/// The shipped query set, at this server; `host` and more as given.
fn shipped(name: &str, database: &Database, host: &str, more: &str) -> String {
    let file = format!("{}/config/sources/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(file).unwrap();
    let line = |line: &str| match line.split(" = ").next() {
        Some("host") => format!("host = {host:?}\nport = {}\n{more}\n", database.port),
        Some("user") => "user = \"reader\"\n".to_owned(),
        Some("password_file") => "password_file = \"db.password\"\n".to_owned(),
        _ => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

pub fn shop_of(source: &str, currency: &str) -> Shop {
    let business = format!(
        "[business]\nname = \"1stwatch\"\ntimezone = \"Asia/Ho_Chi_Minh\"\nlanguage = \"vi\"\n\
         currency = {currency}\ncount_orders_on = \"created\"\n\n"
    );
    let shop = Builder::new(&format!("{business}{source}")).job("pull", job("pull", "")).open();
    write_password(&shop, PASSWORD);
    shop
}

pub fn hpos(database: &Database) -> String {
    shipped("woocommerce-hpos", database, "127.0.0.1", "provinces = \"as-given\"")
}

fn write_password(shop: &Shop, password: &str) {
    shop.write("db.password", password);
    fs::set_permissions(shop.path("db.password"), fs::Permissions::from_mode(0o600)).unwrap();
}

const VND: &str = "{ code = \"VND\", decimals = 0 }";

/// Everything that both servers must do alike.
fn pulls_by_the_plain_schema(kind: Kind, set: &str) -> Option<Vec<String>> {
    let database = Database::start(kind)?;
    // MariaDB keeps instants in `timestamp` columns, and these are the shop's.
    let zone = if kind == Kind::Mariadb { "SET time_zone = '+07:00';" } else { "" };
    database.load(&format!("{zone}{PLAIN}{STOCK}"));
    database.grant();
    let ca = format!("ca_file = {:?}", database.path("ca.pem"));
    let shop = shop_of(&shipped(set, &database, "127.0.0.1", &ca), VND);

    let tried = shop.run(&["source", "test", "shop"]).ok().stdout;
    assert!(
        tried.contains("orders (orders query): rows looked at 3, of which 1 would be rejected"),
        "{tried}"
    );
    assert!(tried.contains("unknown statuses to map are Đang đóng gói"), "{tried}");
    assert!(!tried.contains("Bình") && !tried.contains("0912"), "{tried}");

    let run = shop.run_job(&["pull"], "done");
    assert_eq!(run["details"]["sources"]["shop"]["rejected"], 2, "the order and its line: {run:#}");
    assert_eq!(shop.number("SELECT count(*) FROM orders"), 2);
    assert_eq!(shop.number("SELECT count(*) FROM complaints"), 1);
    let days = rows(&shop, "SELECT DISTINCT day FROM entries");
    assert_eq!(days.len(), 3, "{days:?}");
    let placed = "SELECT placed_at / 1000000 FROM orders WHERE id = '1001'";
    assert_eq!(shop.number(placed), 1_767_630_600, "23:30 in Hanoi");
    assert_eq!(shop.number("SELECT sum(gross - discounts - refunds) FROM entries"), 3_900_000);

    // A quiet pull changes nothing; a changed order, and no other, is asked for again.
    let before = brought_home(&shop);
    let run = shop.run_job(&["pull"], "done");
    assert_same(&before, &brought_home(&shop));
    assert_eq!(run["details"]["sources"]["shop"]["read"]["orders"], 0, "{run:#}");
    let soon = match kind {
        Kind::Postgres => "now() AT TIME ZONE 'Asia/Ho_Chi_Minh'",
        Kind::Mariadb => "CURRENT_TIMESTAMP",
    };
    database
        .load(&format!("UPDATE orders SET status = 'cancelled', updated_at = {soon} WHERE order_id = '999'"));
    let run = shop.run_job(&["pull"], "done");
    let tally = &run["details"]["sources"]["shop"];
    assert_eq!((&tally["read"]["orders"], &tally["changed_orders"]), (&1.into(), &1.into()), "{run:#}");
    assert_eq!(shop.number("SELECT sum(gross - discounts - refunds) FROM entries"), 2_400_000);

    says_what_is_wrong(&shop, &database, set);
    Some(before)
}

fn says_what_is_wrong(shop: &Shop, database: &Database, set: &str) {
    let good = fs::read_to_string(shop.path("firstwatch.toml")).unwrap();
    let said = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        shop.write("firstwatch.toml", &good.replace(from, to));
        let said = shop.run(&["source", "test", "shop"]);
        assert!(said.code != 0, "{}", said.stdout);
        said.stderr
    };
    let port = format!("port = {}", database.port);
    let unreachable = said(&port, "port = 1");
    assert!(unreachable.contains("127.0.0.1:1 refuses the connection"), "{unreachable}");
    let unknown = said("SELECT o.*, o.updated_at", "SELECT o.nothing, o.updated_at");
    assert!(unknown.contains("orders query") && unknown.contains("nothing"), "{unknown}");
    let no_table = said("FROM complaints", "FROM grievances");
    assert!(no_table.contains("complaints query") && no_table.contains("grievances"), "{no_table}");
    let writing = said("SELECT * FROM complaints", "DELETE FROM complaints");
    assert!(writing.contains("complaints query"), "{writing}");
    let other =
        said("updated_at >= :since\"\n\n[source.orders]", "updated_at >= :until\"\n\n[source.orders]");
    assert!(other.contains("a parameter that is not :since"), "{other}");
    let single = said("WHERE o.updated_at >= :since\"\n\n[source.order_lines]", "\"\n\n[source.order_lines]");
    assert!(single.contains("must both use :since"), "{single}");
    if set == "plain-postgres" {
        let lines = "l JOIN orders o ON o.order_id = l.order_id WHERE o.updated_at";
        let mixed = said(lines, &format!("{lines}::timestamptz"));
        assert!(mixed.contains("columns of different types"), "{mixed}");
    }
    let nowhere = said("database = \"shop\"", "database = \"nowhere\"");
    assert!(nowhere.contains("no such database") || nowhere.contains("reports error"), "{nowhere}");
    let authority = database.path("ca.pem");
    let strange = said(&format!("{authority:?}"), &format!("{:?}", database.path("server.pem")));
    assert!(strange.contains("certificate"), "{set}: {strange}");
    shop.write("firstwatch.toml", &good);
    write_password(shop, "sai-mật-khẩu");
    let refused = shop.run(&["source", "test", "shop"]).exits(69).stderr;
    assert!(refused.contains("refuses the user or the password"), "{refused}");
    let everything = String::from_utf8_lossy(&shop.everything_said()).into_owned();
    for secret in [PASSWORD, "sai-mật-khẩu", "0912345678", "Trần Thị Bình", "0987654321"] {
        assert!(!everything.contains(secret), "{secret} was said");
    }
}

#[test]
fn both_servers_bring_the_same_home() {
    let postgres = pulls_by_the_plain_schema(Kind::Postgres, "plain-postgres");
    let mariadb = pulls_by_the_plain_schema(Kind::Mariadb, "plain-mysql");
    if let (Some(postgres), Some(mariadb)) = (postgres, mariadb) {
        assert_same(&postgres, &mariadb);
    }
}

/// Orders `from..=to`, two lines each.
fn many(from: u32, to: u32) -> String {
    format!(
        "INSERT INTO orders (order_id, placed_at, status, phone, total, updated_at)
         SELECT CAST(n AS char(12)), timestamp '2026-01-05 10:00:00', 'completed',
                '09' || lpad(CAST(n % 50000 AS char(8)), 8, '0'), 300, timestamp '2026-01-05 10:00:00'
         FROM generate_series({from}, {to}) n;
         INSERT INTO order_lines (order_id, line_id, product, quantity, unit_price)
         SELECT CAST(n AS char(12)), l, 'Dong ho ' || l, 1, 150 FROM generate_series({from}, {to}) n, generate_series(1, 2) l;"
    )
}

/// Its resident memory at most, in KiB, of the pull as a process of its own.
fn peak_of_pull(shop: &Shop) -> u64 {
    let mut timed = std::process::Command::new("python3");
    let code = "import resource, subprocess, sys; code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, \
                stderr=subprocess.DEVNULL).returncode; print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)";
    let command = shop.command(&["job", "run", "--wait", "pull"]);
    timed.args(["-c", code]).arg(command.get_program()).args(command.get_args());
    timed.env_clear().env("PATH", "/usr/bin:/bin").env("RUST_LOG", "warn").current_dir(shop.path(""));
    let output = timed.output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let (code, peak) = said.trim().split_once(' ').unwrap_or_else(|| panic!("{said}"));
    assert_eq!(code, "0");
    peak.parse().unwrap()
}

#[test]
fn memory_does_not_grow_with_rows() {
    let Some(database) = Database::start(Kind::Postgres) else { return };
    database.load(PLAIN);
    database.load(&many(1, 6_000));
    database.grant();
    let source = shipped("plain-postgres", &database, "127.0.0.1", "");
    let few = peak_of_pull(&shop_of(&source, VND));
    database.load(&many(6_001, 24_000));
    let shop = shop_of(&source, VND);
    let lots = peak_of_pull(&shop);
    assert_eq!(shop.number("SELECT count(*) FROM entries"), 48_000);
    println!("{few} KiB for 6,000 orders, {lots} KiB for 24,000");
    assert!(lots < few + few / 4, "{few} KiB for 6,000 orders, {lots} KiB for 24,000");
}

#[test]
fn a_pull_whose_connection_is_lost_loses_nothing() {
    let Some(database) = Database::start(Kind::Postgres) else { return };
    database.load(PLAIN);
    database.load(&many(1, 20_000));
    database.grant();
    let shop = shop_of(&shipped("plain-postgres", &database, "127.0.0.1", ""), VND);
    let mut pull = shop.command(&["job", "run", "--wait", "pull"]);
    let pull =
        pull.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    crate::harness::wait_for("a part to be stored", || {
        let path = shop.state().join("firstwatch.db");
        path.exists()
            && shop
                .store()
                .query_row("SELECT count(*) FROM orders", (), |row| row.get::<_, i64>(0))
                .unwrap_or(0)
                > 0
    });
    database.hang_up();
    let output = pull.wait_with_output().unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(
        said.contains("has ended the connection") || said.contains("breaks off the connection"),
        "{said}"
    );
    let stored = shop.number("SELECT count(*) FROM orders");
    assert!(stored > 0 && stored < 20_000, "{stored}");
    assert_eq!(shop.number("SELECT count(*) FROM watermarks"), 0);
    assert_eq!(shop.number("SELECT count(*) FROM entries"), 0, "nothing is booked of half a pull");
    shop.run_job(&["pull"], "done");
    assert_eq!(shop.number("SELECT count(*) FROM orders"), 20_000);
    assert_eq!(shop.number("SELECT count(*) FROM entries"), 40_000);
    assert_eq!(shop.number("SELECT sum(orders) FROM entries"), 20_000);
}
