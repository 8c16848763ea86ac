//! `sd_notify` by hand: one datagram to `$NOTIFY_SOCKET` (systemd, sd_notify(3)). Without systemd it does nothing.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

pub(super) fn ready(status: &str) {
    send(&format!("READY=1\nSTATUS={status}"));
}

/// What `systemctl status` shows.
pub(super) fn status(status: &str) {
    send(&format!("STATUS={status}"));
}

/// The watchdog (`WatchdogSec=`) waits as long again.
pub(super) fn alive() {
    send("WATCHDOG=1");
}

pub(super) fn stopping() {
    send("STOPPING=1\nSTATUS=stopping");
}

fn send(message: &str) {
    let Some(path) = std::env::var_os("NOTIFY_SOCKET") else { return };
    let path = path.to_string_lossy();
    let address = match path.strip_prefix('@') {
        Some(name) => SocketAddr::from_abstract_name(name),
        None => SocketAddr::from_pathname(path.as_ref()),
    };
    let sent =
        address.and_then(|address| UnixDatagram::unbound()?.send_to_addr(message.as_bytes(), &address));
    if let Err(error) = sent {
        tracing::warn!(%error, "failed to notify systemd");
    }
}
