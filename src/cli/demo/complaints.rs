//! Complaints: eight or nine in a week, most resolved in time, some late, a few open past their deadline at the
//! demo's present.

use std::io;

use fastrand::Rng;
use jiff::ToSpan;
use jiff::civil::{Date, DateTime, date};

use super::NOW_THERE;
use super::names::Customer;
use super::pick::weighted;
use super::write::Feeds;

/// What was bought, by whom (an index), in the order of time.
pub(super) struct Bought {
    pub order: String,
    pub placed: DateTime,
    pub customer: usize,
}

pub(super) struct Complaint<'a> {
    pub received: DateTime,
    pub kind: &'a str,
    pub subject: &'a str,
    pub body: String,
    pub customer: &'a Customer,
    pub order: &'a str,
    pub channel: &'a str,
    pub damage_level: &'a str,
    pub acknowledged: Option<DateTime>,
    pub resolved: Option<DateTime>,
}

struct Kind {
    name: &'static str,
    /// How often it comes, beside the others.
    weight: u32,
    /// What people write: a subject, and the middle of a sentence.
    texts: &'static [(&'static str, &'static str)],
}

const KINDS: [Kind; 9] = [
    Kind {
        name: "product",
        weight: 42,
        texts: &[
            ("Đồng hồ vào nước", "mới đeo đi mưa một lần mặt kính đã đọng hơi nước, kim giây đứng"),
            ("Máy chạy sai giờ", "mỗi ngày chạy chậm gần mười phút, tôi chỉnh lại nhiều lần vẫn vậy"),
            (
                "Nghi ngờ hàng không chính hãng",
                "thẻ bảo hành không có số máy, tôi muốn shop chứng minh nguồn gốc",
            ),
            ("Dây bị bong da", "dây da mới dùng hai tuần đã bong, tôi muốn được đổi dây khác"),
        ],
    },
    Kind {
        name: "delivery",
        weight: 36,
        texts: &[
            ("Giao hàng chậm", "đơn báo đang giao từ tuần trước mà đến nay tôi chưa nhận được"),
            ("Giao nhầm mẫu", "tôi đặt mặt trắng nhưng nhận được mặt đen"),
            ("Hộp bị móp khi nhận", "hộp móp một góc, đồng hồ bên trong bị xước vỏ"),
        ],
    },
    Kind {
        name: "payment",
        weight: 22,
        texts: &[
            ("Bị trừ tiền hai lần", "thẻ của tôi bị trừ hai lần cho cùng một đơn, đề nghị hoàn lại một lần"),
            ("Chưa nhận được tiền hoàn", "tôi đã trả hàng mười ngày nhưng tiền chưa về tài khoản"),
        ],
    },
    Kind {
        name: "inquiry",
        weight: 24,
        texts: &[
            ("Hỏi về bảo hành", "tôi muốn biết đồng hồ của tôi còn bảo hành đến khi nào"),
            ("Hỏi cách chỉnh lịch", "tôi không biết chỉnh lịch ngày, nhờ shop hướng dẫn"),
        ],
    },
    Kind {
        name: "negotiation",
        weight: 5,
        texts: &[("Đề nghị thương lượng bồi thường", "tôi muốn gặp người phụ trách để thương lượng")],
    },
    Kind {
        name: "data-access",
        weight: 6,
        texts: &[("Xin xem dữ liệu cá nhân", "tôi muốn biết shop đang giữ những thông tin gì của tôi")],
    },
    Kind {
        name: "data-deletion",
        weight: 5,
        texts: &[("Yêu cầu xóa thông tin", "tôi không mua nữa, đề nghị xóa thông tin cá nhân của tôi")],
    },
    Kind {
        name: "data-objection",
        weight: 4,
        texts: &[("Không muốn nhận quảng cáo", "tôi không đồng ý nhận tin nhắn quảng cáo nữa")],
    },
    Kind {
        name: "data-misuse",
        weight: 2,
        texts: &[(
            "Có người gọi điện bằng thông tin của tôi",
            "có người lạ biết đơn hàng của tôi và gọi mời chào",
        )],
    },
];

/// Still open at the demo's present: the day, the kind, whether somebody has answered. The first six are
/// past their deadline.
const OPEN: [(Date, &str, bool); 9] = [
    (date(2026, 10, 27), "product", true),
    (date(2026, 11, 3), "delivery", true),
    (date(2026, 11, 5), "data-access", true),
    (date(2026, 11, 6), "payment", true),
    (date(2026, 11, 9), "product", true),
    (date(2026, 11, 12), "inquiry", false),
    (date(2026, 11, 20), "product", true),
    (date(2026, 11, 21), "delivery", false),
    (date(2026, 11, 22), "payment", false),
];

pub(super) fn write(
    feeds: &mut Feeds,
    bought: &[Bought],
    customers: &[(Customer, DateTime)],
    rng: &mut Rng,
) -> io::Result<()> {
    let weights: Vec<(&'static str, u32)> = KINDS.iter().map(|kind| (kind.name, kind.weight)).collect();
    let mut day = date(2023, 12, 20);
    while day < date(2026, 11, 19) {
        for _ in 0..weighted(&[(0, 28), (1, 37), (2, 24), (3, 11)], rng) {
            let mut complaint = complaint(day, weighted(&weights, rng), bought, customers, rng);
            handle(&mut complaint, day < date(2026, 10, 10), rng);
            feeds.complaint(&complaint)?;
        }
        day = day.saturating_add(1.days());
    }
    for (day, kind, answered) in OPEN {
        let mut complaint = complaint(day, kind, bought, customers, rng);
        complaint.acknowledged = answered.then(|| after(complaint.received, rng.i64(20..400)));
        feeds.complaint(&complaint)?;
    }
    // One was filed under a word of its own.
    let mut stray = complaint(date(2026, 11, 18), "product", bought, customers, rng);
    stray.kind = "phan-nan-khac";
    feeds.note_bad_row(1);
    feeds.complaint(&stray)
}

/// Answered and resolved as a shop does it; some wait, as long as `may_wait`.
fn handle(complaint: &mut Complaint<'_>, may_wait: bool, rng: &mut Rng) {
    // Of a hundred, four are answered after days, and six take weeks.
    let answered = if rng.u32(..100) < 4 && may_wait { rng.i64(3_000..6_000) } else { rng.i64(20..400) };
    complaint.acknowledged = Some(after(complaint.received, answered));
    let days = if rng.u32(..100) < 6 && may_wait { rng.i64(24..40) } else { rng.i64(3..9) };
    let resolved = after(complaint.received, days * 1440 + rng.i64(0..600));
    let resolved = resolved.max(after(complaint.received, answered + 60));
    complaint.resolved = Some(resolved).filter(|&at| at < NOW_THERE);
}

fn complaint<'a>(
    day: Date,
    kind: &'static str,
    bought: &'a [Bought],
    customers: &'a [(Customer, DateTime)],
    rng: &mut Rng,
) -> Complaint<'a> {
    let received = after(day.at(8, 0, 0, 0), rng.i64(0..720));
    // About something bought in the weeks before.
    let until = bought.partition_point(|order| order.placed < day.at(0, 0, 0, 0));
    let from = until.saturating_sub(400);
    let about = &bought[rng.usize(from..until)];
    let customer = &customers[about.customer].0;
    let texts = KINDS.iter().find(|entry| entry.name == kind).unwrap_or(&KINDS[0]).texts;
    let (subject, story) = texts[rng.usize(..texts.len())];
    let body = format!(
        "Tôi là {}, số điện thoại {}, đặt đơn {} giao về {}, {}. Tôi thấy {story}. Mong shop xử lý sớm.",
        customer.name, customer.phone, about.order, customer.address, customer.province
    );
    let channel = weighted(&[("email", 40), ("hotline", 30), ("facebook", 20), ("cửa hàng", 10)], rng);
    let damage_level = weighted(&[("1", 70), ("2", 20), ("3", 8), ("4", 2)], rng);
    Complaint {
        received,
        kind,
        subject,
        body,
        customer,
        order: &about.order,
        channel,
        damage_level,
        acknowledged: None,
        resolved: None,
    }
}

fn after(at: DateTime, minutes: i64) -> DateTime {
    at.saturating_add(minutes.minutes())
}
