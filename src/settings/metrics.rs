//! `[metrics]`: where a watcher on this machine reads the figures of the house.

use std::net::SocketAddr;

use super::field::Field;
use super::section::Section;

#[derive(Clone, Debug, Default)]
pub struct MetricsSettings {
    /// A loopback address and its port. `None`: the figures are told over the control socket alone.
    pub listen: Option<SocketAddr>,
}

pub(super) fn read(section: &mut Section<'_>) -> Option<MetricsSettings> {
    Some(MetricsSettings { listen: section.optional("listen", |field| loopback(&field)) })
}

/// Nobody is asked who they are at this port, so nobody but this machine may reach it.
fn loopback(field: &Field<'_>) -> Option<SocketAddr> {
    const FORM: &str = "write 127.0.0.1:9464 or [::1]:9464";
    let text = field.text()?;
    match text.parse::<SocketAddr>() {
        Ok(address) if !address.ip().is_loopback() => field.wrong(
            format!("{} may be reached from other machines", address.ip()),
            format!("{FORM}, and let a watcher on this machine read it or pass it on"),
        ),
        Ok(address) if address.port() == 0 => field.wrong("a port is missing", FORM),
        Ok(address) => Some(address),
        Err(_) => field.wrong(format!("{text:?} is not an address and its port"), FORM),
    }
}
