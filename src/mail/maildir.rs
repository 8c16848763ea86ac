//! A maildir (<https://cr.yp.to/proto/maildir.html>): a message is written to `tmp`, then renamed into `new`.
//!
//! A file is named after its Message-ID, so that a message delivered twice stands there once.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::courier::Delivery;

pub(super) struct Maildir {
    root: PathBuf,
}

impl Maildir {
    /// Makes the three folders that are not there, for the owner alone.
    pub(super) fn open(root: &Path) -> io::Result<Self> {
        for folder in ["tmp", "new", "cur"] {
            DirBuilder::new().recursive(true).mode(0o700).create(root.join(folder))?;
        }
        Ok(Self { root: root.to_owned() })
    }

    pub(super) fn deliver<E>(
        &self,
        message: &[u8],
        before_dot: &mut dyn FnMut() -> Result<(), E>,
    ) -> Result<Delivery, E> {
        let name = file_name(message);
        match self.standing(&name, message) {
            Ok(None) => {}
            Ok(Some(delivery)) => return Ok(delivery),
            Err(error) => return Ok(again("looking for the message", &error)),
        }
        let (temporary, target) = (self.root.join("tmp").join(&name), self.root.join("new").join(&name));
        if let Err(error) = write(&temporary, message) {
            return Ok(again("writing to tmp", &error));
        }
        before_dot()?;
        if let Err(error) = fs::rename(&temporary, &target) {
            return Ok(again("renaming into new", &error));
        }
        Ok(match File::open(self.root.join("new")).and_then(|folder| folder.sync_all()) {
            Ok(()) => Delivery::Sent { reply: format!("maildir new/{name}") },
            Err(error) => Delivery::Ambiguous { text: format!("maildir: syncing new: {error}") },
        })
    }

    /// What is already known of a message of this name, unread in `new` or moved to `cur` by a reader.
    fn standing(&self, name: &str, message: &[u8]) -> io::Result<Option<Delivery>> {
        let mut found = None;
        for folder in ["new", "cur"] {
            for entry in fs::read_dir(self.root.join(folder))? {
                let entry = entry?;
                let file = entry.file_name();
                let base = file.to_string_lossy();
                if base.split(":2,").next() == Some(name) {
                    found = Some(fs::read(entry.path())? == message);
                }
            }
        }
        Ok(found.map(|same| {
            if same {
                Delivery::Sent { reply: format!("maildir {name} stood there already") }
            } else {
                let text = "maildir: another message with this Message-ID stands there".to_owned();
                Delivery::Refused { code: None, text }
            }
        }))
    }
}

fn again(step: &str, error: &io::Error) -> Delivery {
    Delivery::TryAgain { text: format!("maildir: {step}: {error}") }
}

fn write(path: &Path, message: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(message)?;
    file.sync_all()
}

/// The Message-ID, when it is of our own making; else the message's hash.
fn file_name(message: &[u8]) -> String {
    let head = message.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(message.len());
    let head = String::from_utf8_lossy(&message[..head]);
    let id = head
        .lines()
        .find_map(|line| line.split_once(": ").filter(|(name, _)| name.eq_ignore_ascii_case("message-id")))
        .and_then(|(_, id)| id.strip_prefix('<')?.strip_suffix('>'))
        .filter(|id| !id.is_empty() && !id.starts_with('.'))
        .filter(|id| id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-@".contains(&byte)));
    id.map_or_else(|| hex::encode(Sha256::digest(message)), str::to_owned)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const MESSAGE: &[u8] = b"From: a@b.vn\r\nMessage-ID: <release-1.ab@1stwatch.vn>\r\n\r\nx\r\n";

    fn deliver(maildir: &Maildir, message: &[u8]) -> Delivery {
        maildir.deliver(message, &mut || Ok::<_, Infallible>(())).unwrap()
    }

    #[test]
    fn a_message_delivered_twice_stands_once_also_when_it_was_read() {
        let folder = tempfile::tempdir().unwrap();
        let maildir = Maildir::open(folder.path()).unwrap();
        assert!(matches!(deliver(&maildir, MESSAGE), Delivery::Sent { .. }));
        assert!(matches!(deliver(&maildir, MESSAGE), Delivery::Sent { .. }));
        let new = folder.path().join("new/release-1.ab@1stwatch.vn");
        assert_eq!(fs::read(&new).unwrap(), MESSAGE);
        assert_eq!(fs::metadata(&new).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(folder.path().join("new")).unwrap().permissions().mode() & 0o777, 0o700);
        fs::rename(&new, folder.path().join("cur/release-1.ab@1stwatch.vn:2,S")).unwrap();
        assert!(matches!(deliver(&maildir, MESSAGE), Delivery::Sent { .. }));
        assert_eq!(fs::read_dir(folder.path().join("new")).unwrap().count(), 0);
        let other = [MESSAGE, b"y\r\n"].concat();
        assert!(matches!(deliver(&maildir, &other), Delivery::Refused { code: None, .. }));
    }

    #[test]
    fn nothing_stands_in_new_when_the_record_fails() {
        let folder = tempfile::tempdir().unwrap();
        let maildir = Maildir::open(folder.path()).unwrap();
        assert_eq!(maildir.deliver(MESSAGE, &mut || Err("full")), Err("full"));
        assert_eq!(fs::read_dir(folder.path().join("new")).unwrap().count(), 0);
        assert!(matches!(deliver(&maildir, MESSAGE), Delivery::Sent { .. }));
    }

    #[test]
    fn a_maildir_that_went_away_is_tried_again() {
        let folder = tempfile::tempdir().unwrap();
        let maildir = Maildir::open(folder.path()).unwrap();
        fs::remove_dir(folder.path().join("tmp")).unwrap();
        assert!(matches!(deliver(&maildir, MESSAGE), Delivery::TryAgain { .. }));
    }

    #[test]
    fn no_message_names_a_file_elsewhere() {
        for id in ["../../etc/x", "a/b@c", ".hidden@c", "", "a b"] {
            let message = format!("Message-ID: <{id}>\r\n\r\nMessage-ID: <y@z>\r\n");
            let name = file_name(message.as_bytes());
            assert_eq!(name.len(), 64, "{name}");
        }
    }
}
