//! What the command line promises: names as people type them, exit codes, and whose the state directory is.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};

use super::harness::{Builder, FLAT_SHOP, Shop, job};

fn shop() -> Shop {
    Builder::new(FLAT_SHOP).job("pull", job("pull", "")).open()
}

#[test]
fn a_name_that_nobody_has_is_bad_data_however_it_is_spelt() {
    let shop = shop();
    let ask = || {
        for name in ["không có", "a/b", "50 % ?x=1#y", "..", "Đồng hồ"] {
            let said = shop.run(&["job", "show", name]).exits(65);
            assert!(said.stderr.contains(&format!("there is no job {name:?}")), "{}", said.stderr);
            let said = shop.run(&["job", "run", name]).exits(65);
            assert!(said.stderr.contains("there is no job"), "{}", said.stderr);
            let said = shop.run(&["source", "test", name]).exits(65);
            assert!(said.stderr.contains("there is no source"), "{}", said.stderr);
            let said = shop.run(&["source", "rejected", name]).exits(65);
            assert!(said.stderr.contains("there is no source"), "{}", said.stderr);
            shop.run(&["report", "preview", name, "--out", "preview"]).exits(65);
            shop.run(&["run", "list", "--job", name]).ok();
        }
    };
    ask();
    let daemon = shop.serve();
    ask();
    assert_eq!(daemon.stop().code(), Some(0));
}

#[test]
fn the_states_that_the_help_names_are_those_that_are_accepted() {
    let shop = shop();
    let help = shop.run(&["outbox", "list", "--help"]).ok().stdout;
    for state in
        ["pending", "claimed", "dot-pending", "sent", "refused", "ambiguous", "cancelled", "quarantined"]
    {
        assert!(help.contains(state), "{state}: {help}");
        shop.run(&["outbox", "list", "--state", state]).ok();
    }
    shop.run(&["outbox", "list", "--state", "dot_pending"]).exits(2);
}

#[test]
fn an_error_is_json_when_json_is_asked_for() {
    let shop = shop();
    for arguments in [&["schedule", "next", "0 0 30 2 *"][..], &["job", "show", "x"]] {
        let said = shop.ask(arguments).exits(65);
        let last = said.stderr.lines().last().unwrap_or_default();
        let error: serde_json::Value = serde_json::from_str(last).unwrap();
        assert_eq!(error["error"]["exit_code"], 65, "{error}");
    }
}

#[test]
fn nobody_but_its_owner_opens_the_state_directory() {
    let shop = shop();
    shop.run(&["job", "list"]).ok();
    // Root gives it away; anybody else looks at root's.
    if fs::metadata(shop.state()).unwrap().uid() == 0 {
        chown(shop.state(), Some(65_534), None).unwrap();
    } else {
        let text = fs::read_to_string(shop.path("firstwatch.toml")).unwrap();
        shop.write("firstwatch.toml", &text.replace("directory = \"state\"", "directory = \"/usr\""));
    }
    for arguments in [&["status"][..], &["job", "run", "pull"], &["serve"]] {
        let said = shop.run(arguments).exits(4);
        assert!(said.stderr.contains("start the daemon, or run this as its owner"), "{}", said.stderr);
    }
}

#[test]
fn what_was_cut_off_half_way_is_cleared_when_the_house_is_opened() {
    let shop = shop();
    let folders =
        ["scratch-0011223344556677", "backups/20240501T000000Z.unfinished", "backups/20240401T000000Z"];
    for folder in folders {
        fs::create_dir_all(shop.state().join(folder)).unwrap();
        fs::write(shop.state().join(folder).join("firstwatch.db"), "half").unwrap();
    }
    shop.run(&["job", "list"]).ok();
    assert_eq!(folders.map(|folder| shop.state().join(folder).exists()), [false, false, true]);
}

#[test]
fn rejected_rows_are_counted_whole_and_shown_without_persons() {
    let shop = shop();
    // The second row has slipped by one column, the third has a status that nobody has mapped.
    shop.write(
        "orders.csv",
        "order_id,name,status,placed_at,line_id,product,quantity,unit_price\n\
         1,An,completed,2024-05-01T09:00:00+07:00,1,Mẫu,1,1000000\n\
         2,,Trần Thị Bình,2024-05-01T09:00:00+07:00,1,Mẫu,1,1000000\n\
         3,An,shipped,2024-05-01T09:00:00+07:00,1,Mẫu,1,1000000\n\
         4,An,completed,0912345678,1,Mẫu,1,1000000\n",
    );
    shop.run_job(&["pull"], "done");
    let rejects = shop.ask(&["source", "rejected"]).ok();
    let rejects = rejects.json();
    let values: Vec<_> = rejects.as_array().unwrap().iter().map(|reject| &reject["value"]).collect();
    assert_eq!(
        values,
        [&serde_json::Value::Null, &"shipped".into(), &serde_json::Value::Null],
        "{rejects:#}"
    );
    let status = shop.ask(&["status"]).exits(3).json();
    assert_eq!(status["sources"][0]["rejected"], 3, "{status:#}");
    assert!(shop.run(&["source", "rejected"]).ok().stdout.contains("(sealed)"));
    shop.run(&["source", "test", "shop"]).ok();
    let said = String::from_utf8(shop.everything_said()).unwrap();
    for word in ["Trần", "Bình", "0912345678"] {
        assert!(!said.contains(word), "{word} was said");
    }
}
