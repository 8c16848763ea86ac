//! `ping_url`: a job's address with a watcher outside.

use super::mail::{host_and_port, is_loopback};
use super::problem::Fault;

/// Over TLS, or to this machine: whoever reads the address could ping in the job's name.
pub(super) fn url(text: &str) -> Result<String, Fault> {
    let form = "write the address that the watcher gives for this job, like https://hc.example/ping/KEY";
    let wrong = || Fault::new("this is not a web address", form);
    let (scheme, rest) = text.split_once("://").ok_or_else(wrong)?;
    if !rest.bytes().all(|byte| byte.is_ascii_graphic()) || rest.contains(['#', '@']) {
        return Err(wrong());
    }
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    let (host, _) = host_and_port(host, 443).ok_or_else(wrong)?;
    match scheme {
        "https" => Ok(text.to_owned()),
        "http" if is_loopback(&host) => Ok(text.to_owned()),
        "http" => Err(Fault::new("plain http could be read on the way", "write https://")),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn watchers_are_reached_over_tls_or_on_this_machine() {
        for good in [
            "https://hc-ping.com/5f3c-1",
            "https://hc.example:8000/ping/k/slug?rid=1",
            "http://127.0.0.1:8000/k",
        ] {
            assert_eq!(url(good).as_deref(), Ok(good));
        }
        for bad in [
            "hc-ping.com/1",
            "http://hc-ping.com/1",
            "ftp://127.0.0.1/1",
            "https:///1",
            "https://user@hc.example/1",
            "https://hc.example/a b",
            "https://hc.example/#x",
        ] {
            assert!(url(bad).is_err(), "{bad}");
        }
    }
}
