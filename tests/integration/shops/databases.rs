//! A PostgreSQL and a MariaDB of the test's own, in a folder of their own, on loopback and a socket, over TLS with a
//! certificate of a test's authority; ended with the test. `None`, said aloud, where they are not installed.

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nix::unistd::{Uid, User};
use tempfile::TempDir;

use crate::harness::wait_for;

pub const PASSWORD: &str = "mật-khẩu-của-kho";

#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    Postgres,
    Mariadb,
}

pub struct Database {
    kind: Kind,
    folder: TempDir,
    pub port: u16,
    process: Child,
}

impl Database {
    pub fn start(kind: Kind) -> Option<Self> {
        let folder = tempfile::Builder::new().prefix("fw").tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        certify(folder.path());
        own(folder.path());
        let server = match kind {
            Kind::Postgres => postgres(folder.path(), port)?,
            Kind::Mariadb => mariadb(folder.path(), port)?,
        };
        let mut database = Self { kind, folder, port, process: server };
        wait_for("the database server to answer", || {
            let ended = database.process.try_wait().unwrap();
            assert!(ended.is_none(), "the server ended: {}", database.log());
            database.client("").arg(database.one("SELECT 1")).output().unwrap().status.success()
        });
        database.run(match kind {
            Kind::Postgres => {
                &["CREATE DATABASE shop", "CREATE ROLE reader LOGIN PASSWORD 'mật-khẩu-của-kho'"]
            }
            Kind::Mariadb => &[
                "CREATE DATABASE shop CHARACTER SET utf8mb4",
                "CREATE USER 'reader'@'%' IDENTIFIED BY 'mật-khẩu-của-kho'",
                "GRANT SELECT ON shop.* TO 'reader'@'%'",
            ],
        });
        Some(database)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs SQL in the shop's database as its administrator; what it says.
    #[track_caller]
    pub fn load(&self, sql: &str) -> String {
        let mut client = self.client("shop");
        let mut client =
            client.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut input = client.stdin.take().unwrap();
        let text = sql.to_owned();
        let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
        let output = client.wait_with_output().unwrap();
        // The client's own words say why it hung up.
        let _ = writer.join().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Lets the reader read all tables that are there.
    pub fn grant(&self) {
        if self.kind == Kind::Postgres {
            self.load("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader");
        }
    }

    /// Ends every connection of the reader.
    pub fn hang_up(&self) {
        match self.kind {
            Kind::Postgres => drop(
                self.load("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'reader'"),
            ),
            Kind::Mariadb => drop(self.load("KILL CONNECTION USER 'reader'@'%'")),
        }
    }

    fn run(&self, statements: &[&str]) {
        for statement in statements {
            let output = self.client("").arg(self.one(statement)).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
    }

    fn one(&self, statement: &str) -> String {
        match self.kind {
            Kind::Postgres => format!("--command={statement}"),
            Kind::Mariadb => format!("--execute={statement}"),
        }
    }

    fn client(&self, database: &str) -> Command {
        let mut client;
        match self.kind {
            Kind::Postgres => {
                client = Command::new("psql");
                let database = if database.is_empty() { "postgres" } else { database };
                client.args([
                    "--no-psqlrc",
                    "--quiet",
                    "--tuples-only",
                    "--set=ON_ERROR_STOP=1",
                    "--username=owner",
                ]);
                client.arg(format!("--host={}", self.folder.path().display()));
                client.arg(format!("--port={}", self.port)).arg(format!("--dbname={database}"));
            }
            Kind::Mariadb => {
                client = Command::new("mariadb");
                client.args(["--no-defaults", "--user=root", "--batch", "--default-character-set=utf8mb4"]);
                client.arg(format!("--socket={}", self.path("socket").display()));
                if !database.is_empty() {
                    client.arg(format!("--database={database}"));
                }
            }
        }
        client
    }

    fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn postgres(folder: &Path, port: u16) -> Option<Child> {
    let server = installed(&["/usr/lib/postgresql/15/bin/postgres", "/usr/lib/postgresql/17/bin/postgres"])
        .or_else(|| newest("/usr/lib/postgresql", "bin/postgres"))?;
    let data = folder.join("data");
    let made = as_nobody(Command::new(server.with_file_name("initdb")))
        .args([
            "--auth-local=trust",
            "--auth-host=scram-sha-256",
            "--username=owner",
            "--encoding=UTF8",
            "--no-sync",
        ])
        .args(["--no-locale".as_ref(), "--pgdata".as_ref(), data.as_os_str()])
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let settings = [
        "listen_addresses=127.0.0.1".to_owned(),
        format!("unix_socket_directories={}", folder.display()),
        "fsync=off".to_owned(),
        "ssl=on".to_owned(),
        format!("ssl_cert_file={}", folder.join("server.pem").display()),
        format!("ssl_key_file={}", folder.join("server.key").display()),
    ];
    let mut server = as_nobody(Command::new(server));
    server.arg("-D").arg(data).arg("-p").arg(port.to_string());
    for setting in &settings {
        server.arg("-c").arg(setting);
    }
    Some(logged(server, folder))
}

fn mariadb(folder: &Path, port: u16) -> Option<Child> {
    let server = installed(&["/usr/sbin/mariadbd"])?;
    let data = folder.join("data");
    let made = as_nobody(Command::new("/usr/bin/mariadb-install-db"))
        .args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"])
        .arg(format!("--datadir={}", data.display()))
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    // One of its own: each server that starts removes what others have put into a common one.
    let scratch = folder.join("scratch");
    fs::create_dir(&scratch).unwrap();
    own(&scratch);
    let mut server = as_nobody(Command::new(server));
    server.args([
        "--no-defaults",
        "--bind-address=127.0.0.1",
        "--skip-log-bin",
        "--innodb-flush-log-at-trx-commit=0",
    ]);
    for (key, value) in [
        ("datadir", data.display().to_string()),
        ("tmpdir", scratch.display().to_string()),
        ("socket", folder.join("socket").display().to_string()),
        ("pid-file", folder.join("pid").display().to_string()),
        ("port", port.to_string()),
        ("ssl-cert", folder.join("server.pem").display().to_string()),
        ("ssl-key", folder.join("server.key").display().to_string()),
    ] {
        server.arg(format!("--{key}={value}"));
    }
    Some(logged(server, folder))
}

fn logged(mut server: Command, folder: &Path) -> Child {
    let log = fs::File::create(folder.join("log")).unwrap();
    server.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap()
}

fn installed(paths: &[&str]) -> Option<PathBuf> {
    let found = paths.iter().map(PathBuf::from).find(|path| path.exists());
    if found.is_none() {
        println!("skipped: none of {} is installed", paths.join(", "));
    }
    found
}

fn newest(folder: &str, below: &str) -> Option<PathBuf> {
    let versions = fs::read_dir(folder).ok()?.filter_map(Result::ok);
    versions.map(|version| version.path().join(below)).filter(|path| path.exists()).max()
}

/// Neither server runs as root.
fn nobody() -> Option<(u32, u32)> {
    let nobody = User::from_name("nobody").unwrap().expect("every system has it");
    Uid::effective().is_root().then(|| (nobody.uid.as_raw(), nobody.gid.as_raw()))
}

fn as_nobody(mut command: Command) -> Command {
    if let Some((user, group)) = nobody() {
        command.uid(user).gid(group);
    }
    command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").current_dir("/");
    command
}

fn own(folder: &Path) {
    let Some((user, group)) = nobody() else { return };
    chown(folder, Some(user), Some(group)).unwrap();
    for entry in fs::read_dir(folder).unwrap() {
        chown(entry.unwrap().path(), Some(user), Some(group)).unwrap();
    }
}

/// An authority, `ca.pem`, and a server of this machine that it vouches for.
fn certify(folder: &Path) {
    let openssl = |arguments: &str| {
        let output = Command::new("openssl").args(arguments.split(' ')).current_dir(folder).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    openssl("req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 30 -subj /CN=test-authority");
    openssl("req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=localhost");
    fs::write(folder.join("names"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n").unwrap();
    openssl(
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem -days 30 -extfile names",
    );
    fs::set_permissions(folder.join("server.key"), fs::Permissions::from_mode(0o600)).unwrap();
}
