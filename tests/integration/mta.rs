//! A real mail server for tests: Debian's Exim, on loopback, with a certificate of its own.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::harness::wait_for;

/// Debian's Exim, run as a process of this test, delivering everything for 1stwatch.vn into one maildir.
pub struct Mta {
    pub port: u16,
    /// TLS from the first byte, as `localhost`.
    pub tls_port: u16,
    pub maildir: PathBuf,
    /// The certificate that vouches for it.
    pub authority: PathBuf,
    process: Child,
}

impl Mta {
    /// `None`, with a note on standard error, when Exim is not installed.
    pub fn start(directory: &Path) -> Option<Self> {
        let Some(exim) =
            ["/usr/sbin/exim4", "/usr/sbin/exim"].into_iter().find(|path| Path::new(path).exists())
        else {
            eprintln!("skipped: exim4-daemon-light is not installed");
            return None;
        };
        let (user, uid, gid) = mail_user(directory);
        let [port, tls_port] = free_ports();
        for folder in ["", "spool", "log", "maildir"] {
            fs::create_dir_all(directory.join(folder)).unwrap();
        }
        certificate(directory);
        let inside = ["", "spool", "log", "maildir", "cert.pem", "key.pem"];
        for path in inside.map(|name| directory.join(name)).iter().filter(|path| path.exists()) {
            chown(path, Some(uid), Some(gid)).unwrap();
        }
        let template = include_str!("../fixtures/mail/exim.conf");
        let configuration = template
            .replace("@DIR@", directory.to_str().unwrap())
            .replace("@PORT@", &port.to_string())
            .replace("@TLS_PORT@", &tls_port.to_string())
            .replace("@USER@", &user.0)
            .replace("@GROUP@", &user.1);
        let file = directory.join("exim.conf");
        fs::write(&file, configuration).unwrap();
        let process = Command::new(exim)
            .args(["-C", file.to_str().unwrap(), "-bdf", "-oP"])
            .arg(directory.join("exim.pid"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (maildir, authority) = (directory.join("maildir"), directory.join("authority.pem"));
        let mta = Self { port, tls_port, maildir, authority, process };
        wait_for("Exim to listen", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        Some(mta)
    }

    /// The messages delivered so far, once there are `count` of them.
    pub fn messages(&self, count: usize) -> Vec<Vec<u8>> {
        wait_for("Exim to deliver", || messages_in(&self.maildir).len() >= count);
        messages_in(&self.maildir)
    }
}

impl Drop for Mta {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free_ports() -> [u16; 2] {
    let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}

/// `cert.pem` and `key.pem` for `localhost`, vouched for by `authority.pem`.
pub fn certificate(directory: &Path) {
    let openssl = |arguments: &str| {
        let status = Command::new("openssl")
            .args(arguments.split(' '))
            .current_dir(directory)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        assert!(status.is_ok_and(|status| status.success()), "openssl {arguments}");
    };
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    openssl(&format!("req -x509 {key} -days 2 -subj /CN=authority -keyout authority.key -out authority.pem"));
    openssl(&format!(
        "req {key} -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout key.pem -out request.pem"
    ));
    openssl(
        "x509 -req -in request.pem -CA authority.pem -CAkey authority.key -CAcreateserial -days 2 \
         -copy_extensions copy -out cert.pem",
    );
}

/// Who Exim runs as: its own user under root (it refuses to deliver as root), else whoever runs the test.
/// Names of user and group, and their numbers.
fn mail_user(directory: &Path) -> ((String, String), u32, u32) {
    fs::create_dir_all(directory).unwrap();
    let own = fs::metadata(directory).unwrap().uid();
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let groups = fs::read_to_string("/etc/group").unwrap();
    let user = users
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .find(|user| if own == 0 { user[0] == "Debian-exim" } else { user[2] == own.to_string() })
        .unwrap();
    let group = groups.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let group = group.into_iter().find(|group| group[2] == user[3]).unwrap();
    ((user[0].to_owned(), group[0].to_owned()), user[2].parse().unwrap(), user[3].parse().unwrap())
}

pub fn messages_in(maildir: &Path) -> Vec<Vec<u8>> {
    let Ok(entries) = fs::read_dir(maildir.join("new")) else { return vec![] };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}
