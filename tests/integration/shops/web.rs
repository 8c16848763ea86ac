//! A web shop on loopback that answers as a WooCommerce 9.4.3 did: the recorded orders, customers and refunds, really
//! filtered, sorted and paged, by a host that gives seven a page; and that can fail, be slow, and change in between.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};

pub const KEY: &str = "ck_0123456789abcdef";
pub const SECRET: &str = "cs_fedcba9876543210";

/// What a question may come to instead of its answer.
#[derive(Clone, Debug)]
pub enum Fault {
    Status(u16, &'static str),
    /// Answers after so long.
    Slow(Duration),
    /// Ends in the middle of the answer.
    Cut,
    /// A notice of a plugin.
    Html,
}

type Edit = Box<dyn FnMut(&mut Stock, usize) + Send>;

/// What the shop has.
#[derive(Default)]
pub struct Stock {
    pub orders: Vec<Value>,
    pub refunds: Vec<Value>,
    pub customers: Vec<Value>,
    pub products: Vec<Value>,
    pub most_per_page: usize,
    /// By the number of the question, from 1.
    pub faults: BTreeMap<usize, Fault>,
    /// Every question's path and what it is narrowed by.
    pub asked: Vec<String>,
    /// Called after each answer, with its number.
    pub edit: Option<Edit>,
}

pub struct WebShop {
    pub url: String,
    stock: Arc<Mutex<Stock>>,
    closed: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Stock {
    /// The few recorded things that the project brings along.
    pub fn recorded() -> Self {
        Self {
            orders: lines(include_str!("../../fixtures/source/woocommerce/orders.jsonl")),
            refunds: lines(include_str!("../../fixtures/source/woocommerce/refunds.jsonl")),
            customers: lines(include_str!("../../fixtures/source/woocommerce/customers.jsonl")),
            products: lines(include_str!("../../fixtures/source/woocommerce/products.jsonl")),
            most_per_page: 7,
            ..Self::default()
        }
    }

    pub fn order(&mut self, id: u64) -> &mut Value {
        self.orders.iter_mut().find(|order| order["id"] == id).expect("the shop has this order")
    }

    pub fn first_ids(&self, count: usize) -> Vec<u64> {
        self.orders.iter().take(count).map(|order| order["id"].as_u64().unwrap()).collect()
    }

    /// As somebody who edits it now leaves it.
    pub fn touch(&mut self, id: u64) -> &mut Value {
        let order = self.order(id);
        order["date_modified_gmt"] = json!(gmt(Timestamp::now_here()));
        order
    }

    fn answer(&mut self, path: &str, query: &BTreeMap<String, String>) -> (u16, Value, Option<usize>) {
        let parts: Vec<&str> = path.split('/').collect();
        let not_there = || (404, json!({"code": "woocommerce_rest_shop_order_invalid_id"}), None);
        match parts[..] {
            ["orders"] => {
                let listed = self.orders.iter().filter(|order| order["status"] != "trash");
                list(listed.collect(), query, self.most_per_page)
            }
            ["orders", id] => {
                match self.orders.iter().find(|order| order["id"].as_u64() == id.parse().ok()) {
                    Some(order) => (200, order.clone(), None),
                    None => not_there(),
                }
            }
            ["orders", id, "refunds"] => {
                let of_order =
                    self.refunds.iter().filter(|refund| refund["parent_id"].as_u64() == id.parse().ok());
                list(of_order.collect(), query, self.most_per_page)
            }
            ["products"] => {
                let named: Vec<&str> = query["include"].split(',').collect();
                let found =
                    self.products.iter().filter(|one| named.contains(&one["id"].to_string().as_str()));
                list(found.collect(), query, self.most_per_page)
            }
            ["customers"] => {
                let role = query.get("role").map_or("customer", String::as_str);
                let listed = self.customers.iter().filter(|one| role == "all" || one["role"] == role);
                list(listed.collect(), query, self.most_per_page)
            }
            _ => (404, json!({"code": "rest_no_route"}), None),
        }
    }
}

/// The clock of this process; a server has its own.
trait Here {
    fn now_here() -> Timestamp;
}

impl Here for Timestamp {
    #[expect(clippy::disallowed_methods, reason = "the server is another machine")]
    fn now_here() -> Timestamp {
        Timestamp::now()
    }
}

pub fn gmt(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

pub fn now() -> Timestamp {
    Timestamp::now_here()
}

impl WebShop {
    pub fn open(stock: Stock) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (stock, closed) = (Arc::new(Mutex::new(stock)), Arc::new(AtomicBool::new(false)));
        let (behind, over) = (stock.clone(), closed.clone());
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                // Whoever hangs up has given up.
                let _ = serve(stream.unwrap(), &behind);
            }
        });
        Self { url, stock, closed, thread: Some(thread) }
    }

    pub fn stock(&self) -> MutexGuard<'_, Stock> {
        self.stock.lock().unwrap()
    }

    /// The questions since the last time.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.stock().asked)
    }
}

impl Drop for WebShop {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.url.trim_start_matches("http://"));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn serve(mut stream: TcpStream, stock: &Mutex<Stock>) -> std::io::Result<()> {
    let mut head = Vec::new();
    for line in BufReader::new(stream.try_clone()?).lines() {
        match line? {
            line if line.is_empty() => break,
            line => head.push(line),
        }
    }
    let Some(target) = head.first().and_then(|line| line.split(' ').nth(1)) else { return Ok(()) };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let query: BTreeMap<String, String> = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(key, value)| {
            (key.into(), percent_encoding::percent_decode_str(value).decode_utf8().unwrap().into())
        })
        .collect();
    let path = path.strip_prefix("/wp-json/wc/v3/").unwrap_or("");
    let (number, fault) = {
        let mut stock = stock.lock().unwrap();
        stock.asked.push(format!("{path} {query:?}"));
        let number = stock.asked.len();
        (number, stock.faults.remove(&number))
    };
    let known = format!("Basic {}", BASE64_STANDARD.encode(format!("{KEY}:{SECRET}")));
    let is_known = head.iter().any(|line| {
        line.split_once(": ")
            .is_some_and(|(key, value)| key.eq_ignore_ascii_case("authorization") && value == known)
    });
    if !is_known {
        return answer(&mut stream, 401, "", &json!({"code": "woocommerce_rest_cannot_view"}).to_string());
    }
    match fault {
        Some(Fault::Status(status, header)) => return answer(&mut stream, status, header, "{}"),
        Some(Fault::Html) => return answer(&mut stream, 200, "", "<html>Đang bảo trì</html>"),
        Some(Fault::Cut) => {
            write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: 9000\r\n\r\n[{{\"id\": 1")?;
            return Ok(());
        }
        Some(Fault::Slow(length)) => std::thread::sleep(length),
        None => {}
    }
    let (status, body, total) = stock.lock().unwrap().answer(path, &query);
    let size = size(&query, stock.lock().unwrap().most_per_page);
    let counted = total.map_or(String::new(), |total| {
        format!("X-WP-Total: {total}\r\nX-WP-TotalPages: {}\r\n", total.div_ceil(size))
    });
    let sent = answer(&mut stream, status, &counted, &body.to_string());
    let mut stock = stock.lock().unwrap();
    if let Some(mut edit) = stock.edit.take() {
        edit(&mut stock, number);
        stock.edit = Some(edit);
    }
    sent
}

fn answer(stream: &mut TcpStream, status: u16, headers: &str, body: &str) -> std::io::Result<()> {
    let date = now().strftime("%a, %d %b %Y %H:%M:%S GMT");
    write!(
        stream,
        "HTTP/1.1 {status} X\r\nDate: {date}\r\nConnection: close\r\nX-Powered-By: PHP/8.2.36\r\n\
         Content-Type: application/json; charset=UTF-8\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn size(query: &BTreeMap<String, String>, most: usize) -> usize {
    query.get("per_page").and_then(|size| size.parse::<usize>().ok()).unwrap_or(10).min(100).min(most)
}

/// As WordPress does it: dates strictly between, ties in no order that one may count on.
fn list(
    mut things: Vec<&Value>,
    query: &BTreeMap<String, String>,
    most: usize,
) -> (u16, Value, Option<usize>) {
    let is_gmt = query.get("dates_are_gmt").is_some_and(|flag| flag == "true");
    for (key, field, after) in [
        ("after", "date_created", true),
        ("before", "date_created", false),
        ("modified_after", "date_modified", true),
        ("modified_before", "date_modified", false),
    ] {
        let Some(bound) = query.get(key) else { continue };
        let field = if is_gmt { format!("{field}_gmt") } else { field.to_owned() };
        let is_within = |thing: &&Value| match (thing[&field].as_str(), after) {
            (Some(at), true) => at > bound.as_str(),
            (Some(at), false) => at < bound.as_str(),
            (None, _) => false,
        };
        things.retain(is_within);
    }
    let id = |thing: &Value| thing["id"].as_u64().unwrap_or(0);
    let page = query.get("page").and_then(|page| page.parse::<usize>().ok()).unwrap_or(1);
    match query.get("orderby").map(String::as_str) {
        // Within one second now this way round, now that.
        Some("modified") if page.is_multiple_of(2) => {
            things.sort_by_cached_key(|thing| (thing["date_modified_gmt"].to_string(), id(thing)));
        }
        Some("modified") => {
            things.sort_by_cached_key(|thing| (thing["date_modified_gmt"].to_string(), u64::MAX - id(thing)));
        }
        _ => things.sort_by_cached_key(|thing| id(thing)),
    }
    if query.get("order").map(String::as_str) != Some("asc") {
        things.reverse();
    }
    let (total, size) = (things.len(), size(query, most));
    let mut items: Vec<Value> = things.into_iter().skip((page - 1) * size).take(size).cloned().collect();
    if query.get("_fields").is_some_and(|fields| fields == "id") {
        items = items.into_iter().map(|item| json!({"id": item["id"]})).collect();
    }
    (200, Value::Array(items), Some(total))
}
