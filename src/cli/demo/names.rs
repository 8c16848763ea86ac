//! Made-up Vietnamese persons: names as common as they are in the country, numbers, addresses.
//!
//! Nobody here exists; any likeness, also of a phone number, is chance. Nothing is ever sent to them.

use fastrand::Rng;

use super::pick::weighted;

const FAMILIES: [(&str, u32); 26] = [
    ("Nguyễn", 384),
    ("Trần", 121),
    ("Lê", 95),
    ("Phạm", 71),
    ("Huỳnh", 51),
    ("Phan", 45),
    ("Vũ", 39),
    ("Võ", 30),
    ("Đặng", 21),
    ("Bùi", 20),
    ("Đỗ", 19),
    ("Hồ", 13),
    ("Ngô", 13),
    ("Dương", 10),
    ("Lý", 8),
    ("Đinh", 8),
    ("Trương", 8),
    ("Hoàng", 25),
    ("Đoàn", 7),
    ("Lương", 7),
    ("Mai", 6),
    ("Trịnh", 6),
    ("Cao", 5),
    ("Tạ", 4),
    ("Hà", 4),
    ("Tô", 3),
];

const MIDDLES_OF_MEN: [&str; 20] = [
    "Văn", "Đức", "Minh", "Quốc", "Hữu", "Thành", "Công", "Xuân", "Anh", "Quang", "Đình", "Ngọc", "Tuấn",
    "Trung", "Hoàng", "Gia", "Thanh", "Bảo", "Duy", "Nhật",
];
const GIVEN_TO_MEN: [&str; 40] = [
    "Hùng", "Dũng", "Tuấn", "Nam", "Long", "Phong", "Khoa", "Huy", "Khánh", "Đạt", "Hiếu", "Sơn", "Thắng",
    "Trung", "Việt", "Vinh", "Bình", "Cường", "Tùng", "Kiên", "Hải", "Quân", "Phúc", "Tâm", "Thịnh", "Toàn",
    "Trí", "Tú", "An", "Bảo", "Khang", "Lâm", "Lộc", "Nghĩa", "Nhân", "Phát", "Quý", "Tài", "Thái", "Vũ",
];
const MIDDLES_OF_WOMEN: [&str; 18] = [
    "Thị", "Thị", "Ngọc", "Thu", "Thanh", "Phương", "Minh", "Kim", "Bích", "Hồng", "Mỹ", "Thùy", "Diệu",
    "Khánh", "Quỳnh", "Bảo", "Như", "Hoài",
];
const GIVEN_TO_WOMEN: [&str; 40] = [
    "Hương",
    "Lan",
    "Linh",
    "Mai",
    "Hoa",
    "Hạnh",
    "Ngọc",
    "Trang",
    "Thảo",
    "Vân",
    "Yến",
    "Anh",
    "Chi",
    "Dung",
    "Giang",
    "Hà",
    "Hằng",
    "Hiền",
    "Huệ",
    "Loan",
    "Ly",
    "My",
    "Nga",
    "Ngân",
    "Nhi",
    "Nhung",
    "Oanh",
    "Phượng",
    "Quyên",
    "Tâm",
    "Thủy",
    "Tiên",
    "Trâm",
    "Trinh",
    "Tuyết",
    "Uyên",
    "Vy",
    "Xuân",
    "Diễm",
    "Châu",
];

const STREETS: [&str; 36] = [
    "Lê Lợi",
    "Nguyễn Huệ",
    "Trần Hưng Đạo",
    "Hai Bà Trưng",
    "Lý Thường Kiệt",
    "Nguyễn Trãi",
    "Điện Biên Phủ",
    "Cách Mạng Tháng Tám",
    "Lê Duẩn",
    "Phan Chu Trinh",
    "Phan Bội Châu",
    "Hoàng Văn Thụ",
    "Quang Trung",
    "Võ Văn Tần",
    "Nguyễn Thị Minh Khai",
    "Trường Chinh",
    "Giải Phóng",
    "Xuân Thủy",
    "Cầu Giấy",
    "Láng Hạ",
    "Nguyễn Văn Cừ",
    "Ngô Quyền",
    "Bạch Đằng",
    "Hùng Vương",
    "Lê Hồng Phong",
    "Nguyễn Du",
    "Tôn Đức Thắng",
    "Phạm Văn Đồng",
    "Võ Nguyên Giáp",
    "Nguyễn Tất Thành",
    "Lê Thánh Tông",
    "Đinh Tiên Hoàng",
    "Trần Phú",
    "Kim Mã",
    "Bà Triệu",
    "Âu Cơ",
];
const WARDS: [&str; 24] = [
    "Bến Nghé",
    "Tân Định",
    "Thảo Điền",
    "An Phú",
    "Hòa Cường",
    "Vĩnh Hải",
    "Phú Hội",
    "Dịch Vọng",
    "Yên Hòa",
    "Trung Hòa",
    "Khâm Thiên",
    "Tân Phong",
    "Hưng Lợi",
    "Xuân Khánh",
    "Lộc Thọ",
    "Quán Bàu",
    "Trần Phú",
    "Minh Khai",
    "Đông Hải",
    "Long Bình",
    "Tân Hiệp",
    "Phú Thọ",
    "Hiệp Thành",
    "Thắng Lợi",
];

/// Each province as the shop's forms were filled in over the years, some by the name before July 2025, with
/// a weight by its people and their buying.
const PROVINCES: [(&str, u32); 51] = [
    ("Thành phố Hồ Chí Minh", 150),
    ("TP. Hồ Chí Minh", 60),
    ("Bình Dương", 30),
    ("Bà Rịa - Vũng Tàu", 12),
    ("Hà Nội", 170),
    ("Đà Nẵng", 30),
    ("Quảng Nam", 10),
    ("Hải Phòng", 26),
    ("Hải Dương", 16),
    ("Cần Thơ", 18),
    ("Sóc Trăng", 6),
    ("Hậu Giang", 4),
    ("Đồng Nai", 30),
    ("Bình Phước", 7),
    ("Thanh Hóa", 26),
    ("Nghệ An", 24),
    ("Hà Tĩnh", 10),
    ("Quảng Ninh", 15),
    ("Bắc Ninh", 16),
    ("Bắc Giang", 12),
    ("Hưng Yên", 10),
    ("Thái Bình", 13),
    ("Nam Định", 14),
    ("Ninh Bình", 9),
    ("Hà Nam", 6),
    ("Phú Thọ", 10),
    ("Vĩnh Phúc", 10),
    ("Hòa Bình", 5),
    ("Thái Nguyên", 11),
    ("Lạng Sơn", 5),
    ("Lào Cai", 6),
    ("Yên Bái", 5),
    ("Tuyên Quang", 6),
    ("Sơn La", 7),
    ("Điện Biên", 4),
    ("Lai Châu", 3),
    ("Cao Bằng", 4),
    ("Huế", 14),
    ("Quảng Trị", 10),
    ("Quảng Ngãi", 11),
    ("Gia Lai", 12),
    ("Bình Định", 12),
    ("Đắk Lắk", 16),
    ("Khánh Hòa", 16),
    ("Lâm Đồng", 16),
    ("Bình Thuận", 9),
    ("Tây Ninh", 18),
    ("Đồng Tháp", 20),
    ("Vĩnh Long", 18),
    ("An Giang", 24),
    ("Cà Mau", 14),
];

/// The second and third digits of today's mobile numbers, by network.
const PREFIXES: [&str; 24] = [
    "032", "033", "034", "035", "036", "037", "038", "039", "070", "076", "077", "078", "079", "081", "082",
    "083", "084", "085", "086", "090", "091", "096", "097", "098",
];
/// Under the top-level domain that RFC 2606 keeps for examples: these reach nobody.
const HOSTS: [(&str, u32); 4] =
    [("gmail.example", 80), ("yahoo.example", 7), ("outlook.example", 7), ("icloud.example", 6)];

/// One made-up customer, as the shop wrote them down.
pub(super) struct Customer {
    pub id: String,
    pub name: String,
    pub email: String,
    pub phone: String,
    pub address: String,
    pub province: &'static str,
}

/// The `number`th customer (from 0). Numbers tell the phone numbers and e-mail addresses apart.
pub(super) fn customer(number: u64, rng: &mut Rng) -> Customer {
    let name = full_name(rng);
    Customer {
        id: format!("KH{:06}", number + 1),
        email: email(&name, number, rng),
        phone: phone(number, rng),
        address: address(rng),
        province: weighted(&PROVINCES, rng),
        name,
    }
}

fn full_name(rng: &mut Rng) -> String {
    let family = weighted(&FAMILIES, rng);
    let (middles, given): (&[&str], &[&str]) = if rng.u32(..100) < 56 {
        (&MIDDLES_OF_MEN, &GIVEN_TO_MEN)
    } else {
        (&MIDDLES_OF_WOMEN, &GIVEN_TO_WOMEN)
    };
    let first = rng.usize(..middles.len());
    let second = (first + rng.usize(1..middles.len())) % middles.len();
    let (middle, second, given) = (middles[first], middles[second], given[rng.usize(..given.len())]);
    match rng.u32(..100) {
        0..8 => format!("{family} {given}"),
        8..30 if middle != second => format!("{family} {middle} {second} {given}"),
        _ => format!("{family} {middle} {given}"),
    }
}

fn email(name: &str, number: u64, rng: &mut Rng) -> String {
    let bare = without_marks(name);
    let words: Vec<&str> = bare.split(' ').collect();
    let (first, last) = (words[0], words[words.len() - 1]);
    let host = weighted(&HOSTS, rng);
    match rng.u32(..3) {
        0 => format!("{last}.{first}{number}@{host}"),
        1 => format!("{last}{first}.{number}@{host}"),
        _ => format!("{}{number}@{host}", words.concat()),
    }
}

/// In one of the spellings that people use. The factor has no divisor in common with ten million, so the
/// digits behind the prefix are another for each number.
fn phone(number: u64, rng: &mut Rng) -> String {
    let prefix = PREFIXES[(number % PREFIXES.len() as u64) as usize];
    let digits = format!("{:07}", (number * 7_654_321 + 1_234_567) % 10_000_000);
    let (three, four) = digits.split_at(3);
    match rng.u32(..10) {
        0..5 => format!("{prefix}{digits}"),
        5..7 => format!("{prefix} {three} {four}"),
        7 => format!("{prefix}{}.{}.{}", &digits[..1], &digits[1..4], &digits[4..]),
        8 => format!("+84 {} {three} {four}", &prefix[1..]),
        _ => format!("+84{}{digits}", &prefix[1..]),
    }
}

fn address(rng: &mut Rng) -> String {
    let street = STREETS[rng.usize(..STREETS.len())];
    let ward = WARDS[rng.usize(..WARDS.len())];
    let number = rng.u32(1..420);
    match rng.u32(..4) {
        0 => format!("Số {number} ngõ {} {street}, phường {ward}", rng.u32(1..300)),
        1 => format!("{number}/{} {street}, P. {ward}", rng.u32(1..90)),
        _ => format!("{number} {street}, phường {ward}"),
    }
}

fn without_marks(name: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    use unicode_normalization::char::is_combining_mark;
    let bare: String = name.nfd().filter(|letter| !is_combining_mark(*letter)).collect();
    bare.to_lowercase().replace('đ', "d")
}
