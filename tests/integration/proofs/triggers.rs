//! A hundred concurrent triggers of one slot over the socket: one of them runs it, all the others are told so.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Barrier;

use jiff::civil::Date;
use serde_json::Value;

use crate::harness::{Builder, FLAT_SHOP, job, report};

const TRIGGERS: usize = 100;

/// Slots of one shop: a report looks at every earlier release of its shop, so many slots in one would take long.
const SLOTS: usize = 50;

#[test]
fn concurrent_triggers_of_a_slot_give_one_run() {
    let slots = if super::full() { 1_000 } else { 12 };
    let mut told = 0;
    for first in (0..slots).step_by(SLOTS) {
        told += trigger_slots(SLOTS.min(slots - first));
    }
    println!(
        "triggers: {slots} slots, {TRIGGERS} concurrent triggers of each; {slots} runs, {told} told that it was \
         triggered before"
    );
}

/// Triggers so many slots of one shop, and gives how many were told.
fn trigger_slots(slots: usize) -> usize {
    let daily = report("day", "[\"html\"]", &[]);
    let shop = Builder::new(FLAT_SHOP).job("pull", job("pull", "")).job("daily", daily).open();
    shop.write(
        "orders.csv",
        "order_id,placed_at,status,customer_id,phone,line_id,product,category,quantity,unit_price\n",
    );
    shop.run_job(&["pull"], "done");
    let daemon = shop.serve();
    let days = std::iter::successors(Some(Date::constant(2022, 1, 1)), |day| day.tomorrow().ok());
    let mut told = 0;
    for day in days.take(slots) {
        let (began, joined) = trigger_at_once(&shop.socket(), day);
        assert_eq!(began, 1, "{day}: one begins");
        assert_eq!(joined, TRIGGERS - 1, "{day}: the others are told");
        told += joined;
    }
    daemon.stop();
    let slots = slots as i64;
    let of_daily = "SELECT count(*) FROM runs WHERE job = 'daily'";
    assert_eq!(shop.number(of_daily), slots);
    assert_eq!(shop.number(&format!("{of_daily} AND state = 'done' AND attempt = 1")), slots);
    assert_eq!(shop.number("SELECT count(*) FROM releases"), slots);
    told
}

/// How many began the run, and how many were told of it.
fn trigger_at_once(socket: &Path, day: Date) -> (usize, usize) {
    let barrier = Barrier::new(TRIGGERS);
    let answers: Vec<Value> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..TRIGGERS)
            .map(|number| {
                let barrier = &barrier;
                // Some wait for the end, some do not.
                scope.spawn(move || ask(socket, day, number % 2 == 0, barrier))
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let mut began = 0;
    for answer in &answers {
        let is_first = answer.get("started").is_some() || answer["run"]["joined"] == false;
        let is_told = answer.get("joined").is_some() || answer["run"]["joined"] == true;
        assert!(is_first != is_told, "{answer}");
        if let Some(run) = answer.get("run") {
            assert_eq!((&run["state"], &run["attempt"]), (&"done".into(), &1.into()), "{answer}");
        }
        began += usize::from(is_first);
    }
    (began, answers.len() - began)
}

fn ask(socket: &Path, day: Date, wait: bool, barrier: &Barrier) -> Value {
    let body = serde_json::json!({ "period": day.to_string(), "wait": wait }).to_string();
    let mut stream = UnixStream::connect(socket).unwrap();
    let request = format!(
        "POST /v1/jobs/daily/run HTTP/1.1\r\nhost: firstwatch\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    barrier.wait();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
    serde_json::from_str(body).unwrap()
}
