//! What each target reads well.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Why somebody asks, as every request about a customer says it.
const WHY: &str = r#""why":{"purpose":"data-request","request":"YC-1"}"#;

fn kept(path: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("a file of the checkout")
}

fn all(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

/// The first so many bytes, at the end of a line.
fn front(bytes: &[u8], most: usize) -> &[u8] {
    let cut = &bytes[..bytes.len().min(most)];
    let end = if cut.len() < bytes.len() { cut.iter().rposition(|&byte| byte == b'\n') } else { None };
    &cut[..end.map_or(cut.len(), |end| end + 1)]
}

/// The columns of a file that another program wrote.
pub fn their_columns() -> BTreeMap<String, String> {
    let pairs = [
        ("order_id", "Mã đơn"),
        ("placed_at", "Ngày"),
        ("status", "Trạng thái"),
        ("name", "Khách"),
        ("phone", "SĐT"),
        ("province", "Tỉnh"),
        ("product", "Sản phẩm"),
        ("quantity", "SL"),
        ("unit_price", "Đơn giá"),
        ("line_id", "Dòng"),
    ];
    pairs.map(|(ours, theirs)| (ours.to_owned(), theirs.to_owned())).into()
}

pub fn api() -> Vec<Vec<u8>> {
    let gets = [
        "about",
        "status",
        "jobs",
        "jobs/pull",
        "runs?job=pull&limit=3",
        "runs/1",
        "reports",
        "reports/1",
        "reports/1/parts",
        "outbox?state=pending",
        "sources",
        "rejected?source=shop",
        "audit?limit=5",
        "audit/head",
        "backups",
        "complaints?all=true&kind=product&limit=4",
        "complaints/1",
        "complaints/1/explain",
        "complaints/compensations?period=2026-Q3",
        "payments?customer=1",
        "payments?mismatch=true&limit=2",
        "payments?unconfirmed=true",
    ];
    let posts = [
        ("jobs/pull/run", r#"{"wait":true,"dry_run":false,"period":"2026-W46"}"#.to_owned()),
        ("jobs/pull/pause", r#"{"paused":true}"#.to_owned()),
        ("runs/1/retry", String::new()),
        ("reports/1/verify", String::new()),
        ("reports/1/resend", r#"{"to":["a@1stwatch.vn"]}"#.to_owned()),
        ("previews/pull?period=2026-11", String::new()),
        ("outbox/1", r#"{"decision":"retry"}"#.to_owned()),
        ("sources/shop/test", String::new()),
        ("audit/verify", format!(r#"{{"heads":[{{"id":1,"sha256":"{}"}}]}}"#, "0f".repeat(32))),
        ("backups", "{}".to_owned()),
        ("backups/verify", r#"{"copy":"20261116T020000Z"}"#.to_owned()),
        ("key/rotate", format!(r#"{{"master_key":"{}"}}"#, "1a".repeat(32))),
        ("key/finish", "{}".to_owned()),
        ("customers/find", format!(r#"{{{WHY},"by":"phone","value":"0912 345 678"}}"#)),
        ("customers/find", format!(r#"{{{WHY},"by":"name","value":"Nguyễn Văn"}}"#)),
        ("customers/find", format!(r#"{{{WHY},"by":"account","value":"KH-1","source":"shop"}}"#)),
        ("customers/1/show", format!("{{{WHY}}}")),
        ("customers/1/history", format!("{{{WHY}}}")),
        ("customers/2/erase", format!(r#"{{{WHY},"ground":"request","confirm":2}}"#)),
        (
            "customers/1/corrections",
            format!(r#"{{{WHY},"fields":{{"phone":"0977100200","email":null}},"reason":"gọi điện"}}"#),
        ),
        ("payments/answers", r#"{"payment":"TT-1","answer":"confirmed","channel":"phone"}"#.to_owned()),
        (
            "payments/answers",
            r#"{"payment":"TT-2","source":"shop","answer":"disputed","at":"2026-06-01T00:00:00Z","channel":"letter","words":"không phải tôi"}"#.to_owned(),
        ),
        (
            "complaints",
            r#"{"kind":"product","damage_level":2,"vulnerable":true,"received_at":"2026-05-01T00:00:00Z","channel":"phone","source":"shop","customer":"KH-1","order":"DH-1","subject":"Kim","body":"đứng","email":"a@b.vn","phone":"0912345678","assignee":"a@1stwatch.vn"}"#.to_owned(),
        ),
        (
            "complaints/import?how=%7B%22file%22%3A%22a.csv%22%2C%22delimiter%22%3A%22%3B%22%7D",
            "complaint_id;received_at;kind\nK-1;2026-01-02T00:00:00Z;product\n".to_owned(),
        ),
        ("complaints/1/changes", r#"{"change":{"what":"ack"}}"#.to_owned()),
        ("complaints/1/changes", r#"{"change":{"what":"assign","to":"a@1stwatch.vn"},"note":"ghi"}"#.to_owned()),
        ("complaints/1/changes", r#"{"change":{"what":"pause","reason":"customer"},"at":"2026-06-01T00:00:00Z"}"#.to_owned()),
        ("complaints/1/changes", r#"{"change":{"what":"reclassify","kind":"data-breach","harm":true}}"#.to_owned()),
        ("complaints/1/changes", r#"{"change":{"what":"notify","notice":"harm"}}"#.to_owned()),
        ("complaints/1/changes", r#"{"change":{"what":"reopen"}}"#.to_owned()),
        ("complaints/1/compensations", r#"{"amount":"100000","reason":"x","at":"2026-06-01T00:00:00Z"}"#.to_owned()),
    ];
    let gets = gets.iter().map(|path| format!("GET /v1/{path}\n").into_bytes());
    let posts = posts.iter().map(|(path, body)| format!("POST /v1/{path}\n{body}").into_bytes());
    gets.chain(posts).collect()
}

/// The same requests as they travel.
pub fn socket() -> Vec<Vec<u8>> {
    let travelling = |request: Vec<u8>| {
        let request = String::from_utf8(request).expect("a text");
        let (head, body) = request.split_once('\n').expect("a head");
        let length = body.len();
        format!(
            "{head} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        )
        .into_bytes()
    };
    let mut requests: Vec<Vec<u8>> = api().into_iter().map(travelling).collect();
    let chunked = "POST /v1/backups/verify HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\
                   content-type: application/json\r\nexpect: 100-continue\r\n\r\n2\r\n{}\r\n0\r\n\r\n";
    requests.push([chunked.as_bytes(), &requests[0], &requests[1]].concat());
    requests
}

pub fn csv() -> Vec<Vec<u8>> {
    let file = |head: [u8; 2], path: &str| [&head, front(&kept(path), 1_200)].concat();
    let names = ["orders", "order_lines", "refunds", "payments", "customers", "complaints"];
    let mut seeds: Vec<Vec<u8>> = (0u8..)
        .zip(names)
        .map(|(number, name)| file([number, 0b0010_0000], &format!("tests/fixtures/source/shop/{name}.csv")))
        .collect();
    seeds.push(file([0, 0b0010_1111], "tests/fixtures/source/flat.csv"));
    seeds
}

pub fn settings() -> Vec<Vec<u8>> {
    let mut seeds = vec![kept("config/default.toml"), kept("config/production.example.toml")];
    let small = "[business]\nname = \"x\"\ntimezone = \"Asia/Ho_Chi_Minh\"\n[vault]\nmaster_key_file = \"k\"\n[mail]\n\
                 relay = \"smtp://127.0.0.1:25\"\nfrom = \"X <a@x.vn>\"\ninternal_domains = [\"x.vn\"]\n[recipients]\n\
                 managers = [\"a@x.vn\"]\nadministrators = [\"a@x.vn\"]\n[[source]]\nname = \"shop\"\nkind = \"csv\"\n\
                 [source.orders]\npath = \"o.csv\"\nflat = true\n";
    for job in ["weekly-sales", "pull", "complaint-deadlines", "backup"] {
        let job = kept(&format!("jobs/{job}.toml"));
        seeds.push([small.as_bytes(), b"\0", &job, b"\0$MAIL__RELAY=maildir:/x"].concat());
    }
    seeds
}

pub fn calendar() -> Vec<Vec<u8>> {
    let ours = kept("config/calendars/vn.toml");
    let small = "confirmed = [2027]\n[off]\n2027-01-01 = \"Tết dương lịch\"\n[worked]\n2027-01-02 = \"bù\"\n";
    vec![front(&ours, 2_000).to_vec(), small.as_bytes().to_vec()]
}

pub fn schedule() -> Vec<Vec<u8>> {
    all(&[
        "0 7 * * MON\0Asia/Ho_Chi_Minh\x002026-11-16T00:00:00Z",
        "*/15 8-17/2 1,15,L JAN-DEC +MON#2\0Europe/London\x002026-03-29T00:30:00Z",
        "0 0 15W * *\0America/New_York\x009999-12-30T00:00:00Z",
        "30 2 29 2 *\0Australia/Lord_Howe\x00-009999-01-02T00:00:00Z",
        "0 0 LW * 5L\0Africa/Casablanca\x002026-11-16T00:00:00Z",
    ])
}

pub fn words() -> Vec<Vec<u8>> {
    all(&[
        "Đặng Thị Ngạn Huyền",
        "+84 (0) 912.345.678",
        "an.nguyen@example.vn",
        "12 Lý Thường Kiệt, Hoàn Kiếm, Hà Nội",
        "TP. Hồ Chí Minh",
        "2026-W46",
        "2026-Q3",
        "2026-02-29",
        "2026-01-01..2026-03-31",
        "-1234.50",
        "5d",
        "8wh",
        "80%",
        "due-1d",
        "start+4h",
        "Hoàn tất",
        "data-breach",
        "data-request",
        "İSTANBUL ﬁ ǅ",
        "１２３４",
        r#"{"manifest":1,"policy":{},"pages":[{"rows":1}],"report":{"reconciliation":1},"complaint_lines":{"rows":2}}"#,
    ])
}

pub fn guard() -> Vec<Vec<u8>> {
    all(&[
        "Tuần 46\0Gọi 0912 345 678 hoặc (+84) 91-234-5678\n\nCCCD 001099012345\0<p title=\"An\">Nguy&#7877;n <b>Văn</b> \
         An<!-- x --><style>a{}</style></p><img alt=\"a@b.vn\">",
        "x\0Daniel Wellington Nguyen Van An\0<table><tr><td>12 Lý Thường Kiệt</td></tr></table>\0<a b=\"c\">&amp;d</a>",
        "Nguy\u{ad}ễn\u{200b} An\0an . nguyen @ example . vn\0<![CDATA[x]]>&#x1F600;&nbsp;",
    ])
}

pub fn message() -> Vec<Vec<u8>> {
    all(&[
        "Báo cáo <a@1stwatch.vn>\0b@1stwatch.vn\0Tuần 46\0report.xlsx\0application/pdf\0Xin chào",
        "\"A\" <a@1stwatch.vn>\0 B@1STWATCH.VN\0x\0a_b-c.txt\0text/plain; charset=utf-8\0.\r\n..\r\n",
    ])
}

pub fn disclosure() -> Vec<Vec<u8>> {
    all(&[
        "[input]\nkind = \"microdata\"\npath = \"in.csv\"\ncontributor = \"customer\"\nvalue = [\"amount\"]\n\
         [dimensions.place]\nlevels = [\"region\", \"province\"]\n[[table]]\nname = \"sales\"\ndimensions = [\"place\"]\n\
         \0customer,amount,region,province\nK1,100,north,HN\nK2,200,north,HP\nK3,50,south,CT\n",
        "[input]\nkind = \"cells\"\npath = \"in.csv\"\nvalue = \"investment\"\nstatus = { column = \"status\", sensitive = \
         [\"u\"], safe = [\"s\"] }\nlower = \"lpl\"\nupper = \"upl\"\n[dimensions.activity]\nlevels = [\"activity\"]\n\
         [[table]]\nname = \"i\"\ndimensions = [\"activity\"]\n[rules]\nimplied_cells = false\n\
         \0activity,investment,status,lpl,upl\na,10,u,2,2\nb,20,s,0,0\n,30,s,0,0\n",
    ])
}

pub fn copy() -> Vec<Vec<u8>> {
    let label = format!(
        r#"{{"backup":1,"created_at":"2026-11-16T02:00:00Z","program":"0.1.0","schema":6,"audit_head":{{"line":3,"sha256":"{0}"}},"files":0,"database_sha256":"{0}","erasures_sha256":"{0}"}}"#,
        "ab".repeat(32)
    );
    let journal = r#"{"customer":7,"created_at":"2026-11-01T00:00:00Z","erased_at":"2026-11-07T00:00:00Z","ground":"request","rows":[{"kind":"order","source":"shop","key":"D1","owned":true}]}"#;
    vec![[label.as_bytes(), b"\0", journal.as_bytes(), b"\n\0SQLite format 3\0"].concat()]
}

pub fn sealed() -> Vec<Vec<u8>> {
    let text = |text: &str| [&(text.len() as u64).to_be_bytes()[..], text.as_bytes()].concat();
    vec![
        [b"\x01", text("An").as_slice(), b"\x00\x00\x00"].concat(),
        [text("orders"), text("a.csv"), text(""), text("x"), text("y"), vec![0; 16]].concat(),
    ]
}

pub fn arguments() -> Vec<Vec<u8>> {
    all(&[
        "complaint\0add\0--kind\0product\0--at\x002026-11-16 09:30\0--level\x002",
        "customer\0find\0--phone\x000912345678\0--purpose\0payment\0--request\0KN-12",
        "schedule\0next\x000 7 * * MON\0--timezone\0UTC\0--after\x002026-11-16T00:00:00Z\0--count\x003",
        "calendar\0add\0--from\x002026-11-16T09:00:00+07:00\0--working-hours\x008",
        "report\0preview\0weekly-sales\0--period\x002026-W46\0--out\0x",
        "payment\0dispute\0TT-1\0--channel\0phone\0--at\x002024-06-01 09:30",
    ])
}
