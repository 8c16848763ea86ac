//! Completions as shells ask for them: the script of `completions SHELL`, sourced by the shell itself, with the program on
//! its path.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

use super::harness::{Builder, FLAT_SHOP, Shop, job, report};

fn shop() -> Shop {
    let shop = Builder::new(FLAT_SHOP)
        .job("pull", job("pull", ""))
        .job("weekly-sales", report("week", "[\"html\"]", &["category"]))
        .open();
    std::fs::create_dir(shop.path("bin")).unwrap();
    symlink(env!("CARGO_BIN_EXE_firstwatch"), shop.path("bin/firstwatch")).unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let script = shop.run(&["completions", shell]).ok().stdout;
        shop.write(&format!("completions.{shell}"), &script);
    }
    shop
}

/// What a shell says that runs `script` in the shop's folder; `None`, said aloud, when the machine has no such shell.
fn said(shop: &Shop, shell: &str, script: &str) -> Option<String> {
    let program = ["/usr/bin", "/bin"].map(|folder| Path::new(folder).join(shell));
    let Some(program) = program.iter().find(|program| program.exists()) else {
        println!("skipped: {shell} is not installed");
        return None;
    };
    let output = Command::new(program)
        .args(["-c", script])
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", shop.path("bin").display()))
        .env("HOME", shop.path("tmp"))
        .current_dir(shop.path(""))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{shell}: {said}");
    Some(said)
}

/// What bash would offer after these words, the last of which is being typed; options left out.
fn bash(shop: &Shop, words: &[&str]) -> Vec<String> {
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    let script = format!(
        "source completions.bash\nfunction=$(complete -p firstwatch | sed 's/.*-F \\([^ ]*\\).*/\\1/')\n\
         COMP_WORDS=({}); COMP_CWORD={}; COMP_TYPE=9; COMP_LINE=\"${{COMP_WORDS[*]}}\"; COMP_POINT=${{#COMP_LINE}}\n\
         $function firstwatch '{}' ''\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n",
        quoted.join(" "),
        words.len() - 1,
        words.last().unwrap()
    );
    let said = said(shop, "bash", &script).unwrap();
    let offered = said.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('-'));
    offered.map(str::to_owned).collect()
}

#[test]
fn bash_knows_the_jobs_and_sources_with_and_without_a_daemon() {
    let shop = shop();
    let ask = |words: &[&str]| bash(&shop, &[&["firstwatch", "--config", "firstwatch.toml"], words].concat());
    let without = || {
        assert_eq!(ask(&["job", "show", ""]), ["pull", "weekly-sales"]);
        assert_eq!(ask(&["job", "run", "we"]), ["weekly-sales"]);
        assert_eq!(ask(&["report", "preview", "w"]), ["weekly-sales"]);
        assert_eq!(ask(&["source", "test", "s"]), ["shop"]);
        assert_eq!(ask(&["run", "list", "--job", "p"]), ["pull"]);
        assert!(ask(&["job", ""]).contains(&"pause".to_owned()));
        assert!(ask(&["outbox", "list", "--state", "q"]) == ["quarantined"]);
    };
    without();
    // Numbers are the daemon's to know.
    assert_eq!(ask(&["run", "show", ""]), Vec::<String>::new());
    shop.write("orders.csv", "order_id\n");
    shop.run(&["job", "run", "pull"]);
    let daemon = shop.serve();
    without();
    assert_eq!(ask(&["run", "show", ""]), ["1"]);
    daemon.stop();
}

#[test]
fn what_cannot_be_read_offers_nothing_and_says_nothing() {
    let shop = shop();
    let ask = |file: &str| bash(&shop, &["firstwatch", "--config", file, "job", "show", ""]);
    assert_eq!(ask("none.toml"), Vec::<String>::new());
    shop.write("broken.toml", "[business\n");
    assert_eq!(ask("broken.toml"), Vec::<String>::new());
}

#[test]
fn fish_knows_the_jobs() {
    let shop = shop();
    let line = "firstwatch --config firstwatch.toml job show w";
    let script = format!("source completions.fish; complete --do-complete '{line}'");
    if let Some(said) = said(&shop, "fish", &script) {
        assert!(said.contains("weekly-sales") && !said.contains("pull"), "{said}");
    }
}

#[test]
fn zsh_takes_the_script() {
    let shop = shop();
    // Its completion wants a terminal; the script must load, and what it asks must be answered.
    let script = "autoload -U compinit; compinit -D -u; source completions.zsh; \
                  (( $+_comps[firstwatch] )) && echo taken as $_comps[firstwatch]";
    if let Some(said) = said(&shop, "zsh", script) {
        assert!(said.contains("taken as"), "{said}");
    }
}
