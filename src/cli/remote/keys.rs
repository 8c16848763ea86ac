//! `key rotate`.

use std::process::ExitCode;

use serde_json::json;

use super::Session;
use crate::cli::exit::BadData;
use crate::cli::key::RotateArguments;
use crate::cli::show;
use crate::operations::keys::{RotateRequest, Rotated};
use crate::vault::{KeyOrigin, MasterKey};

pub(super) async fn rotate(session: &Session, arguments: RotateArguments) -> anyhow::Result<ExitCode> {
    let Some(file) = arguments.file else {
        let rotated: Rotated = session.client.post("/v1/key/finish", &json!({})).await?;
        session.print(&rotated, |rotated| {
            let mut lines = vec![format!("{}the old master key is out of use", show::tick())];
            if rotated.copies {
                lines.push(
                    "Backups from before still need it. The next backup takes those in the state directory over to the new \
                     key; `firstwatch backup create` does so now, and `firstwatch backup list` shows which key each needs."
                        .to_owned(),
                );
            }
            lines.push(
                "Keep the old key as long as there are backups elsewhere from before, and no longer: whoever has both can \
                 read everybody in them."
                    .to_owned(),
            );
            lines.join("\n")
        })?;
        return Ok(ExitCode::SUCCESS);
    };
    let master = MasterKey::read(&file, KeyOrigin::File)
        .map_err(|error| BadData(format!("{:#}", anyhow::Error::from(error))))?;
    let rotated: Rotated = session.client.post("/v1/key/rotate", &RotateRequest::new(&master)).await?;
    session.print(&rotated, |rotated| {
        let keys = show::count(rotated.rewrapped, "key");
        let new = file.display();
        let next = match &rotated.master_key_file {
            Some(old) => format!("mv {new} {}\n  firstwatch key rotate --finish", old.display()),
            None => {
                format!("mv {new} over the file of the credential master-key\n  systemctl restart firstwatch")
            }
        };
        format!(
            "{keys} wrapped anew; both master keys open the store until the new one is in place:\n  {next}"
        )
    })?;
    Ok(ExitCode::SUCCESS)
}
