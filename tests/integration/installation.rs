//! The shop's machine as the README sets it up: the shipped example, the unit, and the credentials it hands over.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

fn shipped(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// `check` on the shipped example, with these variables; its exit code and what it said.
fn check(folder: &Path, variables: &[(&str, &str)]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_firstwatch"))
        .args(["check", "--config", folder.join("firstwatch.toml").to_str().unwrap()])
        .env_clear()
        .envs(variables.iter().map(|(name, file)| (name, folder.join(file))))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

#[test]
fn the_shipped_example_is_sound_with_the_credentials_of_the_service() {
    let folder = tempfile::tempdir().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/shipped-configuration");
    let laid_out = Command::new(script).arg(folder.path()).stdin(Stdio::null()).status().unwrap();
    assert!(laid_out.success());
    let (code, said) = check(folder.path(), &[("CREDENTIALS_DIRECTORY", "credentials")]);
    assert_eq!(code, Some(0), "{said}");
    // Without systemd the files are named instead.
    let files = [
        ("FIRSTWATCH_VAULT__MASTER_KEY_FILE", "credentials/master-key"),
        ("FIRSTWATCH_MAIL__PASSWORD_FILE", "credentials/mail-password"),
    ];
    let (code, said) = check(folder.path(), &files);
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = check(folder.path(), &[]);
    assert_eq!(code, Some(78), "{said}");
    assert!(said.contains("give the service the credential `master-key`"), "{said}");
    assert!(said.contains("give the service the credential `mail-password`"), "{said}");
}

/// A service's user cannot read root's key, so the example must not name it.
#[test]
fn unit_example_and_readme_agree() {
    let (unit, example, readme) = (
        shipped("systemd/firstwatch.service"),
        shipped("config/production.example.toml"),
        shipped("README.md"),
    );
    let says = |text: &str, line: &str| text.lines().any(|known| known.trim() == line);
    assert!(says(&unit, "LoadCredential=master-key:/etc/firstwatch/master.key"));
    assert!(says(&unit, "#LoadCredential=mail-password:/etc/firstwatch/mail.password"));
    assert!(says(&example, "#master_key_file = \"/etc/firstwatch/master.key\""));
    assert!(says(&example, "#password_file = \"/etc/firstwatch/mail.password\""));
    let binary = unit.lines().find_map(|line| line.strip_prefix("ExecStart=")?.split(' ').next()).unwrap();
    assert!(readme.contains(&format!("/release/firstwatch\" {binary}\n")), "{binary}");
    for (shipped, installed) in [
        ("systemd/firstwatch.service", "/etc/systemd/system/firstwatch.service"),
        ("systemd/firstwatch.socket", "/etc/systemd/system/firstwatch.socket"),
        ("systemd/firstwatch.sysusers", "/etc/sysusers.d/firstwatch.conf"),
        ("systemd/firstwatch.tmpfiles", "/etc/tmpfiles.d/firstwatch.conf"),
    ] {
        assert!(readme.contains(&format!("install -D -m 0644 {shipped} {installed}\n")), "{shipped}");
    }
    // The daemon refuses a socket elsewhere than its commands look.
    let socket = shipped("systemd/firstwatch.socket");
    assert!(says(&socket, "ListenStream=/run/firstwatch/control.socket"));
    assert!(says(&example, "socket = \"/run/firstwatch/control.socket\""));
    assert!(readme.contains("LoadCredential=mail-password:/etc/firstwatch/mail.password"));
    assert!(readme.contains("firstwatch key new /etc/firstwatch/master.key "));
}
