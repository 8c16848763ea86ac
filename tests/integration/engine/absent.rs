//! A program that was built without the client.

use super::shop;

#[test]
fn an_engine_that_was_not_built_in_is_a_problem_of_the_configuration() {
    let shop = shop("kind = \"spark-connect\"\nuri = \"sc://127.0.0.1:15002\"");
    for command in [&["check"][..], &["job", "run", "--wait", "weekly"]] {
        let said = shop.run(command).exits(78);
        let said = said.stdout + &said.stderr;
        assert!(said.contains("engine.kind") && said.contains("built without Spark Connect"), "{said}");
        assert!(said.contains("cargo build --release --features spark"), "{said}");
    }
}
