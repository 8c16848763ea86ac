//! The manual pages: what clap knows of each command, and what holds for all of them.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use clap::CommandFactory;

use super::arguments::Cli;
use super::output::{self, OutputFormat};

/// Of every command.
const EXIT_STATUS: [(&str, &str); 9] = [
    ("0", "done; of status: all is well"),
    ("1", "failed"),
    ("2", "the command line is wrong"),
    ("3", "held, or partly done; of status: something is not well"),
    ("4", "not allowed for whoever asks"),
    ("65", "what was handed in, or named, is wrong"),
    ("69", "a service that it needs is unavailable"),
    ("75", "not now; try again"),
    ("78", "the configuration is wrong"),
];

const FILES: [(&str, &str); 6] = [
    ("/etc/firstwatch/firstwatch.toml", "the configuration, when --config names no other"),
    ("/etc/firstwatch/conf.d/*.toml", "what covers it, in the order of the names"),
    ("/etc/firstwatch/jobs/*.toml", "the jobs; without this folder, those that are built in"),
    ("/etc/firstwatch/master.key", "the key of all personal data; systemd hands it to the service"),
    ("/var/lib/firstwatch", "the state directory: the store, sealed pages, released reports, backups"),
    ("/run/firstwatch/control.socket", "where the daemon answers commands"),
];

const ENVIRONMENT: [(&str, &str); 4] = [
    ("FIRSTWATCH_SECTION__KEY", "covers a key of the configuration, for example FIRSTWATCH_MAIL__RELAY"),
    ("FIRSTWATCH_STORE__SOCKET", "where the daemon is asked by those who may not read the configuration"),
    ("CREDENTIALS_DIRECTORY", "where systemd puts the credentials master-key and mail-password"),
    ("RUST_LOG", "what is logged, in place of -v"),
];

pub(super) fn write(dir: &Path, format: OutputFormat) -> anyhow::Result<ExitCode> {
    write_pages(dir)?;
    output::print(&serde_json::json!({ "manual": dir }), format, |_| {
        format!("wrote the manual; read it with `man {}/firstwatch.1`", dir.display())
    })?;
    Ok(ExitCode::SUCCESS)
}

fn write_pages(dir: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(dir).with_context(|| format!("failed to create {}", dir.display()))?;
    let failed = || format!("failed to write manual pages into {}", dir.display());
    clap_mangen::generate_to(Cli::command(), dir).with_context(failed)?;
    for page in fs::read_dir(dir).with_context(failed)? {
        let path = page.with_context(failed)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with("firstwatch") && name.ends_with(".1") {
            let text = fs::read_to_string(&path).with_context(failed)?;
            fs::write(&path, completed(&text, &name)).with_context(failed)?;
        }
    }
    Ok(())
}

/// The page with the sections that clap does not write, before its version.
fn completed(page: &str, name: &str) -> String {
    let page = page.replace(".SH EXTRA\n", ".SH EXAMPLES\n");
    let (before, version) = page.split_once(".SH VERSION\n").unwrap_or((&page, ""));
    let mut more = section("EXIT STATUS", &EXIT_STATUS);
    let is_main = name == "firstwatch.1";
    if is_main {
        more += &section("FILES", &FILES);
        more += &section("ENVIRONMENT", &ENVIRONMENT);
    }
    let above = name.trim_end_matches(".1").rsplit_once('-').filter(|_| !is_main);
    if let Some((above, _)) = above {
        more += &format!(".SH \"SEE ALSO\"\n\\fB{}\\fR(1)\n", escaped(above));
    }
    let end = if before.ends_with('\n') { "" } else { "\n" };
    format!("{before}{end}{more}.SH VERSION\n{version}")
}

fn section(title: &str, rows: &[(&str, &str)]) -> String {
    let row = |(word, text): &(&str, &str)| format!(".TP\n\\fB{}\\fR\n{}\n", escaped(word), escaped(text));
    format!(".SH \"{title}\"\n{}", rows.iter().map(row).collect::<String>())
}

/// As roff takes a text that does not begin with a dot.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\e").replace('-', "\\-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_tell_examples_exit_codes_and_where_to_read_on() {
        let dir = tempfile::tempdir().unwrap();
        write_pages(dir.path()).unwrap();
        let page = |name: &str| fs::read_to_string(dir.path().join(name)).unwrap();
        let mut pages = 0;
        for entry in fs::read_dir(dir.path()).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let text = page(&name);
            pages += 1;
            for part in [".SH NAME\n", ".SH EXAMPLES\n", ".SH \"EXIT STATUS\"\n", "\\fB78\\fR\n"] {
                assert_eq!(text.matches(part).count(), 1, "{part} in {name}");
            }
            assert_eq!(text.contains(".SH \"FILES\""), name == "firstwatch.1", "{name}");
            assert_eq!(text.contains(".SH \"SEE ALSO\""), name != "firstwatch.1", "{name}");
        }
        assert!(pages > 60, "{pages}");
        assert!(page("firstwatch.1").contains("\\fBFIRSTWATCH_SECTION__KEY\\fR\n"));
        assert!(page("firstwatch-job-run.1").contains("\\fBfirstwatch\\-job\\fR(1)\n"));
        // Written again over itself, it is the same.
        let before = page("firstwatch.1");
        write_pages(dir.path()).unwrap();
        assert_eq!(page("firstwatch.1"), before);
    }
}
