//! A source's secrets, read from their files when they are needed and overwritten when they are dropped.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use zeroize::Zeroizing;

use super::error::Error;

/// The secret in the file, without the spaces and line ends around it. `key` is the setting that names the file.
///
/// # Errors
/// [`Error::Settings`] when the file is not there, is empty, or others than its owner may read it. (A group may where
/// root owns it: so systemd shows its credentials.)
pub(super) fn read(key: &str, file: &Path) -> Result<Zeroizing<String>, Error> {
    let shown = file.display();
    let wrong = |what: String| Error::Settings(format!("{key}: {what}"));
    let metadata = std::fs::metadata(file)
        .map_err(|error| wrong(format!("{shown} cannot be read: {}; correct the path", error.kind())))?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & 0o037 != 0 {
        return Err(wrong(format!("{shown} has mode {mode:04o}; give it mode 0600: chmod 600")));
    }
    let text = std::fs::read_to_string(file).map(Zeroizing::new).map_err(|error| {
        wrong(format!("{shown} cannot be read: {}; let the user that runs firstwatch read it", error.kind()))
    })?;
    let secret = text.trim();
    if secret.is_empty() || secret.chars().any(char::is_control) {
        return Err(wrong(format!("{shown} holds no secret; write it into the file, in one line")));
    }
    Ok(Zeroizing::new(secret.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_one_line_that_nobody_else_may_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("secret");
        let with = |text: &str, mode: u32| {
            std::fs::write(&file, text).expect("written");
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).expect("changed");
            read("secret_file", &file).map(|secret| secret.to_string()).map_err(|error| error.to_string())
        };
        assert_eq!(with("cs_1\n", 0o600).as_deref(), Ok("cs_1"));
        assert!(with("cs_1", 0o644).expect_err("open to all").contains("mode 0644"));
        for empty in ["", "\n", "cs_1\ncs_2"] {
            let error = with(empty, 0o600).expect_err(empty);
            assert!(error.contains("holds no secret") && !error.contains("cs_"), "{error}");
        }
    }
}
