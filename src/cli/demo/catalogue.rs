//! What the shop sells. Brands and models are real; prices are of the right size, in đồng.

/// A model.
pub(super) struct Product {
    pub brand: &'static str,
    pub name: &'static str,
    pub sku: &'static str,
    pub category: &'static str,
    /// In đồng.
    pub price: i64,
    /// How often it is bought, beside the others.
    pub weight: u32,
}

const MEN: &str = "Đồng hồ nam";
const WOMEN: &str = "Đồng hồ nữ";
const SMART: &str = "Đồng hồ thông minh";
/// Straps and things to keep watches in; what is bought beside a watch.
pub(super) const PARTS: &str = "Dây & phụ kiện";

/// The catalogue, by brand.
#[rustfmt::skip]
pub(super) const PRODUCTS: [Product; 82] = [
    of("Casio", "Casio MTP-1374L-1A", "CASIO-MTP-1374L-1A", MEN, 1_690_000, 30),
    of("Casio", "Casio MTP-V002L-7B", "CASIO-MTP-V002L-7B", MEN, 790_000, 34),
    of("Casio", "Casio MTP-1183A-7A", "CASIO-MTP-1183A-7A", MEN, 1_390_000, 24),
    of("Casio", "Casio A158WA-1", "CASIO-A158WA-1", MEN, 1_090_000, 36),
    of("Casio", "Casio W-217H-1A", "CASIO-W-217H-1A", MEN, 620_000, 18),
    of("Casio", "Casio AE-1200WHD-1A", "CASIO-AE-1200WHD-1A", MEN, 1_550_000, 32),
    of("Casio", "Casio MTP-VD01D-2B", "CASIO-MTP-VD01D-2B", MEN, 1_290_000, 20),
    of("Casio", "Casio LTP-V007L-9E", "CASIO-LTP-V007L-9E", WOMEN, 920_000, 24),
    of("Casio", "Casio LTP-1183A-7A", "CASIO-LTP-1183A-7A", WOMEN, 1_290_000, 20),
    of("Casio", "Casio LA680WGA-9", "CASIO-LA680WGA-9", WOMEN, 1_850_000, 24),
    of("Casio", "Casio Sheen SHE-4539D", "CASIO-SHEEN-SHE-4539D", WOMEN, 3_950_000, 8),
    of("G-Shock", "G-Shock GA-2100-1A1", "G-SHOCK-GA-2100-1A1", MEN, 3_490_000, 28),
    of("G-Shock", "G-Shock DW-5600BB-1", "G-SHOCK-DW-5600BB-1", MEN, 2_890_000, 22),
    of("G-Shock", "G-Shock GA-110-1B", "G-SHOCK-GA-110-1B", MEN, 3_650_000, 14),
    of("G-Shock", "G-Shock GM-2100-1A", "G-SHOCK-GM-2100-1A", MEN, 5_890_000, 9),
    of("G-Shock", "G-Shock GBD-200-1", "G-SHOCK-GBD-200-1", SMART, 4_390_000, 10),
    of("Baby-G", "Baby-G BGD-565-4", "BABY-G-BGD-565-4", WOMEN, 2_590_000, 12),
    of("Baby-G", "Baby-G BA-110-4A1", "BABY-G-BA-110-4A1", WOMEN, 3_390_000, 12),
    of("Seiko", "Seiko 5 Sports SRPD55K1", "SEIKO-5-SPORTS-SRPD55K1", MEN, 7_900_000, 12),
    of("Seiko", "Seiko 5 SNK809K2", "SEIKO-5-SNK809K2", MEN, 4_200_000, 14),
    of("Seiko", "Seiko Presage SRPB41J1", "SEIKO-PRESAGE-SRPB41J1", MEN, 11_900_000, 7),
    of("Seiko", "Seiko Prospex SRPE93K1", "SEIKO-PROSPEX-SRPE93K1", MEN, 12_800_000, 5),
    of("Seiko", "Seiko SUR307P1", "SEIKO-SUR307P1", MEN, 5_200_000, 8),
    of("Seiko", "Seiko SUR540P1", "SEIKO-SUR540P1", WOMEN, 5_100_000, 8),
    of("Seiko", "Seiko Lukia SSQV064", "SEIKO-LUKIA-SSQV064", WOMEN, 9_800_000, 3),
    of("Citizen", "Citizen Eco-Drive BM7108-81L", "CITIZEN-ECO-DRIVE-BM7108-81L", MEN, 6_290_000, 12),
    of("Citizen", "Citizen NH8390-71L", "CITIZEN-NH8390-71L", MEN, 6_950_000, 10),
    of("Citizen", "Citizen BI5000-87L", "CITIZEN-BI5000-87L", MEN, 2_990_000, 14),
    of("Citizen", "Citizen Tsuyosa NJ0150-81L", "CITIZEN-TSUYOSA-NJ0150-81L", MEN, 9_400_000, 8),
    of("Citizen", "Citizen Eco-Drive EW2299-50A", "CITIZEN-ECO-DRIVE-EW2299-50A", WOMEN, 4_390_000, 10),
    of("Citizen", "Citizen EM0500-73L", "CITIZEN-EM0500-73L", WOMEN, 5_690_000, 7),
    of("Orient", "Orient Bambino RA-AC0M04Y", "ORIENT-BAMBINO-RA-AC0M04Y", MEN, 6_350_000, 14),
    of("Orient", "Orient Mako RA-AA0811E", "ORIENT-MAKO-RA-AA0811E", MEN, 7_290_000, 9),
    of("Orient", "Orient Sun & Moon RA-AS0011S", "ORIENT-SUN-MOON-RA-AS0011S", MEN, 10_900_000, 5),
    of("Orient", "Orient FUG1R002W6", "ORIENT-FUG1R002W6", MEN, 3_490_000, 9),
    of("Orient", "Orient RF-QA0001S10B", "ORIENT-RF-QA0001S10B", WOMEN, 3_190_000, 8),
    of("Tissot", "Tissot PRX T137.410.11.041", "TISSOT-PRX-T137-410-11-041", MEN, 11_300_000, 9),
    of("Tissot", "Tissot Le Locle T006.407.16.053", "TISSOT-LE-LOCLE-T006-407-16-053", MEN, 17_800_000, 5),
    of("Tissot", "Tissot Tradition T063.610.16.037", "TISSOT-TRADITION-T063-610-16-037", MEN, 8_900_000, 7),
    of("Tissot", "Tissot Everytime T109.210.33.021", "TISSOT-EVERYTIME-T109-210-33-021", WOMEN, 7_600_000, 7),
    of("Tissot", "Tissot Lovely T058.009.33.031", "TISSOT-LOVELY-T058-009-33-031", WOMEN, 9_900_000, 4),
    of("Daniel Wellington", "Daniel Wellington Classic Sheffield 40", "DANIEL-WELLINGTON-CLASSIC-SHEFFIELD-40", MEN, 3_900_000, 12),
    of("Daniel Wellington", "Daniel Wellington Iconic Link 40", "DANIEL-WELLINGTON-ICONIC-LINK-40", MEN, 5_600_000, 6),
    of("Daniel Wellington", "Daniel Wellington Petite Melrose 28", "DANIEL-WELLINGTON-PETITE-MELROSE-28", WOMEN, 4_100_000, 18),
    of("Daniel Wellington", "Daniel Wellington Petite Sterling 32", "DANIEL-WELLINGTON-PETITE-STERLING-32", WOMEN, 4_100_000, 14),
    of("Daniel Wellington", "Daniel Wellington Quadro Pressed", "DANIEL-WELLINGTON-QUADRO-PRESSED", WOMEN, 4_600_000, 9),
    of("Fossil", "Fossil Grant FS4736", "FOSSIL-GRANT-FS4736", MEN, 3_690_000, 9),
    of("Fossil", "Fossil Townsman ME3098", "FOSSIL-TOWNSMAN-ME3098", MEN, 5_990_000, 5),
    of("Fossil", "Fossil Jacqueline ES3487", "FOSSIL-JACQUELINE-ES3487", WOMEN, 3_450_000, 8),
    of("Fossil", "Fossil Carlie ES4341", "FOSSIL-CARLIE-ES4341", WOMEN, 3_890_000, 7),
    of("Fossil", "Fossil Gen 6 FTW4061", "FOSSIL-GEN-6-FTW4061", SMART, 6_490_000, 6),
    of("Doxa", "Doxa Noble D173SWH", "DOXA-NOBLE-D173SWH", MEN, 18_900_000, 3),
    of("Doxa", "Doxa Executive D224SSV", "DOXA-EXECUTIVE-D224SSV", WOMEN, 22_500_000, 2),
    of("Longines", "Longines Flagship L4.974.4.11.2", "LONGINES-FLAGSHIP-L4-974-4-11-2", MEN, 38_900_000, 2),
    of("Longines", "Longines La Grande Classique L4.209.1.92.2", "LONGINES-LA-GRANDE-CLASSIQUE-L4-209-1-92-2", WOMEN, 33_600_000, 2),
    of("Bulova", "Bulova 96B149", "BULOVA-96B149", MEN, 6_700_000, 5),
    of("Bulova", "Bulova Classic 98P170", "BULOVA-CLASSIC-98P170", WOMEN, 8_300_000, 4),
    of("Skagen", "Skagen Signatur SKW6528", "SKAGEN-SIGNATUR-SKW6528", MEN, 3_200_000, 7),
    of("Skagen", "Skagen Anita SKW2142", "SKAGEN-ANITA-SKW2142", WOMEN, 3_350_000, 7),
    of("Michael Kors", "Michael Kors Parker MK5896", "MICHAEL-KORS-PARKER-MK5896", WOMEN, 6_900_000, 6),
    of("Michael Kors", "Michael Kors Darci MK3190", "MICHAEL-KORS-DARCI-MK3190", WOMEN, 6_200_000, 6),
    of("Apple", "Apple Watch SE 2023 40mm", "APPLE-WATCH-SE-2023-40MM", SMART, 6_390_000, 18),
    of("Apple", "Apple Watch Series 9 45mm", "APPLE-WATCH-SERIES-9-45MM", SMART, 10_990_000, 10),
    of("Samsung", "Samsung Galaxy Watch6 44mm", "SAMSUNG-GALAXY-WATCH6-44MM", SMART, 5_990_000, 12),
    of("Samsung", "Samsung Galaxy Fit3", "SAMSUNG-GALAXY-FIT3", SMART, 1_290_000, 16),
    of("Garmin", "Garmin Forerunner 165", "GARMIN-FORERUNNER-165", SMART, 6_490_000, 9),
    of("Garmin", "Garmin Venu Sq 2", "GARMIN-VENU-SQ-2", SMART, 5_490_000, 7),
    of("Garmin", "Garmin Instinct 2", "GARMIN-INSTINCT-2", SMART, 8_290_000, 5),
    of("Xiaomi", "Xiaomi Smart Band 8", "XIAOMI-SMART-BAND-8", SMART, 890_000, 26),
    of("Xiaomi", "Xiaomi Watch 2", "XIAOMI-WATCH-2", SMART, 3_990_000, 8),
    of("Xiaomi", "Xiaomi Redmi Watch 4", "XIAOMI-REDMI-WATCH-4", SMART, 2_190_000, 12),
    of("1stwatch", "Dây da bò 18mm", "DAY-DA-BO-18MM", PARTS, 290_000, 30),
    of("1stwatch", "Dây da bò 20mm", "DAY-DA-BO-20MM", PARTS, 320_000, 34),
    of("1stwatch", "Dây da bò 22mm", "DAY-DA-BO-22MM", PARTS, 340_000, 20),
    of("1stwatch", "Dây kim loại mesh 20mm", "DAY-KIM-LOAI-MESH-20MM", PARTS, 450_000, 18),
    of("1stwatch", "Dây cao su FKM 22mm", "DAY-CAO-SU-FKM-22MM", PARTS, 520_000, 12),
    of("1stwatch", "Dây NATO 20mm", "DAY-NATO-20MM", PARTS, 180_000, 16),
    of("1stwatch", "Hộp đựng 6 đồng hồ", "HOP-DUNG-6-DONG-HO", PARTS, 690_000, 10),
    of("1stwatch", "Hộp lắc đồng hồ cơ", "HOP-LAC-DONG-HO-CO", PARTS, 1_450_000, 6),
    of("1stwatch", "Bộ dụng cụ thay dây", "BO-DUNG-CU-THAY-DAY", PARTS, 150_000, 14),
    of("Hirsch", "Dây da Hirsch Duke 20mm", "DAY-DA-HIRSCH-DUKE-20MM", PARTS, 1_490_000, 5),
    of("Hirsch", "Dây da Hirsch Camelgrain 18mm", "DAY-DA-HIRSCH-CAMELGRAIN-18MM", PARTS, 1_290_000, 4),
];

const fn of(
    brand: &'static str,
    name: &'static str,
    sku: &'static str,
    category: &'static str,
    price: i64,
    weight: u32,
) -> Product {
    Product { brand, name, sku, category, price, weight }
}
