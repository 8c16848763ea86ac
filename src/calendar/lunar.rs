//! Vietnam's lunisolar calendar (âm lịch), worked out from the sun and the moon.
//!
//! The rules, as told by Hồ Ngọc Đức (*Thuật toán tính âm lịch*): a month begins on the day of its new moon; the month
//! that holds the winter solstice (Đông chí) is the eleventh; where thirteen months begin from one eleventh to the next,
//! the first of them in which no major solar term (Trung khí) falls is a leap month (tháng nhuận) and takes the number of
//! the one before. All days are those of UTC+7, as the State has reckoned since 1968: at UTC+8 (China's calendar) Tết
//! would be another day in 1968, 1969, 1985, 2007, 2030 and 2053.
//!
//! New moons: Meeus, *Astronomical Algorithms*, 2nd ed., ch. 49; the sun's longitude: ch. 25; the earth's slowing (ΔT):
//! the polynomials of Espenak and Meeus (NASA, 2006). New moons come within 40 seconds of an ephemeris from 1900 to 2199,
//! within 10 while ΔT is known. From 1968 to 2053 none falls so close to midnight that this could move a day.
//!
//! Before 1968 the days are those that UTC+7 gives, not those of the calendars that were in use.

use std::f64::consts::TAU;
use std::sync::LazyLock;

use jiff::ToSpan;
use jiff::civil::{Date, date};

/// The lunar years that are known.
const YEARS: std::ops::RangeInclusive<i16> = 1900..=2199;

const EPOCH: Date = date(2000, 1, 1);

/// UTC+7, in days.
const VIETNAM: f64 = 7.0 / 24.0;

/// A day by the lunisolar calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LunarDate {
    /// Named by the solar year in which it begins.
    pub year: i16,
    /// 1 to 12.
    pub month: i8,
    /// Whether the month is the second of its number (tháng nhuận).
    pub is_leap: bool,
    /// 1 (mùng 1) to 30.
    pub day: i8,
}

impl LunarDate {
    /// The lunar date of a day; `None` outside the lunar years 1900 to 2199.
    pub fn from_solar(day: Date) -> Option<Self> {
        let following = MONTHS.partition_point(|month| month.first <= day);
        let month = MONTHS.get(following.checked_sub(1)?)?;
        let days = i8::try_from(days_between(month.first, day)).ok()?;
        (days < month.length).then_some(Self { day: days + 1, ..month.first_date() })
    }

    /// The day of a lunar date; `None` for one that does not exist or lies outside the lunar years 1900 to 2199.
    pub fn to_solar(self) -> Option<Date> {
        let key = Self { day: 1, ..self };
        let month = &MONTHS[MONTHS.binary_search_by_key(&key, Month::first_date).ok()?];
        let exists = (1..=month.length).contains(&self.day);
        exists.then(|| month.first.saturating_add((self.day - 1).days()))
    }
}

/// Mùng 1 Tết of a lunar year, 1900 to 2199.
pub fn tet(year: i16) -> Option<Date> {
    LunarDate { year, month: 1, is_leap: false, day: 1 }.to_solar()
}

/// The days that lay as far from Tết the year before as `first` to `last` do now: mùng 1 beside mùng 1, whatever
/// their dates. `None` for days that no January or February holds, where Tết makes no difference.
pub fn a_year_before_by_tet(first: Date, last: Date) -> Option<(Date, Date)> {
    if first.month() > 2 && last.month() > 2 {
        return None;
    }
    let moved = tet(last.year())? - tet(last.year() - 1)?;
    Some((first.checked_sub(moved).ok()?, last.checked_sub(moved).ok()?))
}

/// Giỗ Tổ Hùng Vương, the tenth of the third month, of a lunar year, 1900 to 2199.
pub fn hung_kings(year: i16) -> Option<Date> {
    LunarDate { year, month: 3, is_leap: false, day: 10 }.to_solar()
}

#[derive(Clone, Copy, Debug)]
struct Month {
    first: Date,
    /// In days, 29 or 30.
    length: i8,
    year: i16,
    number: i8,
    is_leap: bool,
}

impl Month {
    fn first_date(&self) -> LunarDate {
        LunarDate { year: self.year, month: self.number, is_leap: self.is_leap, day: 1 }
    }
}

/// Every month, in order: some 3,700, worked out at the first question.
static MONTHS: LazyLock<Vec<Month>> = LazyLock::new(|| {
    // A year more on either side, so that the years asked for lie between two solstices. Lunations count from the
    // new moon of 6 January 2000, and 12.37 of them make a year.
    let lunation = |year: i16| (f64::from(year - 2000) * 12.3685) as i32;
    let begins: Vec<Begin> =
        (lunation(YEARS.start() - 2)..lunation(YEARS.end() + 3)).map(Begin::of_lunation).collect();
    let elevenths: Vec<usize> =
        (0..begins.len() - 1).filter(|&at| begins[at].term < 9 && begins[at + 1].term >= 9).collect();
    let years = elevenths.windows(2).flat_map(|pair| between_solstices(&begins[pair[0]..=pair[1]]));
    years.filter(|month| YEARS.contains(&month.year)).collect()
});

/// The beginning of a month.
struct Begin {
    day: Date,
    /// In which twelfth of its way the sun stands as the day begins: 0 from the spring equinox, 9 from the winter solstice.
    term: i32,
}

impl Begin {
    fn of_lunation(lunation: i32) -> Self {
        let days = (new_moon(lunation) + 0.5 + VIETNAM).floor();
        let day = EPOCH.saturating_add((days as i32).days());
        Self { day, term: (sun(days - 0.5 - VIETNAM) / TAU * 12.0) as i32 }
    }
}

/// Numbers the months from an eleventh to the next; `begins` holds both elevenths.
fn between_solstices(begins: &[Begin]) -> Vec<Month> {
    let has_leap = begins.len() > 13;
    let leap = (1..begins.len() - 1).find(|&at| has_leap && begins[at].term == begins[at + 1].term);
    let months = begins.windows(2).enumerate().map(|(at, pair)| {
        let counted = at - usize::from(leap.is_some_and(|leap| leap <= at));
        Month {
            first: pair[0].day,
            length: days_between(pair[0].day, pair[1].day) as i8,
            // The eleventh begins in November or December.
            year: begins[0].day.year() + i16::from(counted >= 2),
            number: ((counted + 10) % 12 + 1) as i8,
            is_leap: leap == Some(at),
        }
    });
    months.collect()
}

fn days_between(from: Date, until: Date) -> i32 {
    // Dates differ by days alone unless other units are asked for.
    (until - from).get_days()
}

/// Coefficient in days, power of the eccentricity, and the multiples of the sun's anomaly, the moon's, and the moon's
/// argument of latitude (Meeus, ch. 49, the new moon's terms).
const PERIODIC: [(f64, i32, f64, f64, f64); 24] = [
    (-0.40720, 0, 0.0, 1.0, 0.0),
    (0.17241, 1, 1.0, 0.0, 0.0),
    (0.01608, 0, 0.0, 2.0, 0.0),
    (0.01039, 0, 0.0, 0.0, 2.0),
    (0.00739, 1, -1.0, 1.0, 0.0),
    (-0.00514, 1, 1.0, 1.0, 0.0),
    (0.00208, 2, 2.0, 0.0, 0.0),
    (-0.00111, 0, 0.0, 1.0, -2.0),
    (-0.00057, 0, 0.0, 1.0, 2.0),
    (0.00056, 1, 1.0, 2.0, 0.0),
    (-0.00042, 0, 0.0, 3.0, 0.0),
    (0.00042, 1, 1.0, 0.0, 2.0),
    (0.00038, 1, 1.0, 0.0, -2.0),
    (-0.00024, 1, -1.0, 2.0, 0.0),
    (-0.00007, 0, 2.0, 1.0, 0.0),
    (0.00004, 0, 0.0, 2.0, -2.0),
    (0.00004, 0, 3.0, 0.0, 0.0),
    (0.00003, 0, 1.0, 1.0, -2.0),
    (0.00003, 0, 0.0, 2.0, 2.0),
    (-0.00003, 0, 1.0, 1.0, 2.0),
    (0.00003, 0, -1.0, 1.0, 2.0),
    (-0.00002, 0, -1.0, 1.0, -2.0),
    (-0.00002, 0, 1.0, 3.0, 0.0),
    (0.00002, 0, 0.0, 4.0, 0.0),
];

/// The planets' pull: an angle in degrees, its growth a lunation, and the coefficient in days (Meeus, ch. 49).
const PLANETS: [(f64, f64, f64); 14] = [
    (299.77, 0.107408, 0.000325),
    (251.88, 0.016321, 0.000165),
    (251.83, 26.651886, 0.000164),
    (349.42, 36.412478, 0.000126),
    (84.66, 18.206239, 0.000110),
    (141.74, 53.303771, 0.000062),
    (207.14, 2.453732, 0.000060),
    (154.84, 7.306860, 0.000056),
    (34.52, 27.261239, 0.000047),
    (207.19, 0.121824, 0.000042),
    (291.34, 1.844379, 0.000040),
    (161.72, 24.198154, 0.000037),
    (239.56, 25.513099, 0.000035),
    (331.55, 3.592518, 0.000023),
];

/// When a new moon is, in days of Universal Time from noon of 1 January 2000 (Meeus, ch. 49).
fn new_moon(lunation: i32) -> f64 {
    let k = f64::from(lunation);
    let t = k / 1236.85;
    let eccentricity = polynomial(t, &[1.0, -0.002516, -0.0000074]);
    let sun = 29.10535670 * k + polynomial(t, &[2.5534, 0.0, -0.0000014, -0.00000011]);
    let moon = 385.81693528 * k + polynomial(t, &[201.5643, 0.0, 0.0107582, 0.00001238, -0.000000058]);
    let latitude = 390.67050284 * k + polynomial(t, &[160.7108, 0.0, -0.0016118, -0.00000227, 0.000000011]);
    let node = -1.56375588 * k + polynomial(t, &[124.7746, 0.0, 0.0020672, 0.00000215]);
    let mean = 29.530588861 * k + polynomial(t, &[5.09766, 0.0, 0.00015437, -0.00000015, 0.00000000073]);

    let periodic: f64 = PERIODIC
        .iter()
        .map(|&(coefficient, power, s, m, f)| {
            coefficient * eccentricity.powi(power) * sine(s * sun + m * moon + f * latitude)
        })
        .sum();
    let planets: f64 = PLANETS
        .iter()
        .enumerate()
        .map(|(at, &(angle, growth, coefficient))| {
            let bend = if at == 0 { -0.009173 * t * t } else { 0.0 };
            coefficient * sine(angle + growth * k + bend)
        })
        .sum();
    let terrestrial = mean + periodic - 0.00017 * sine(node) + planets;
    terrestrial - delta_t(terrestrial)
}

/// The sun's apparent longitude in radians, at an instant in days of Universal Time from noon of 1 January 2000, to a
/// hundredth of a degree (Meeus, ch. 25).
fn sun(instant: f64) -> f64 {
    let t = (instant + delta_t(instant)) / 36525.0;
    let mean = polynomial(t, &[280.46646, 36000.76983, 0.0003032]);
    let anomaly = polynomial(t, &[357.52911, 35999.05029, -0.0001537]);
    let centre = polynomial(t, &[1.914602, -0.004817, -0.000014]) * sine(anomaly)
        + (0.019993 - 0.000101 * t) * sine(2.0 * anomaly)
        + 0.000289 * sine(3.0 * anomaly);
    let aberration = -0.00569 - 0.00478 * sine(125.04 - 1934.136 * t);
    (mean + centre + aberration).to_radians().rem_euclid(TAU)
}

/// Terrestrial less Universal Time, in days (Espenak and Meeus, 2006); `instant` in days from noon of 1 January 2000.
fn delta_t(instant: f64) -> f64 {
    let year = 2000.0 + instant / 365.25;
    let seconds = match year {
        ..1920.0 => polynomial(year - 1900.0, &[-2.79, 1.494119, -0.0598939, 0.0061966, -0.000197]),
        ..1941.0 => polynomial(year - 1920.0, &[21.20, 0.84493, -0.076100, 0.0020936]),
        ..1961.0 => polynomial(year - 1950.0, &[29.07, 0.407, -1.0 / 233.0, 1.0 / 2547.0]),
        ..1986.0 => polynomial(year - 1975.0, &[45.45, 1.067, -1.0 / 260.0, -1.0 / 718.0]),
        ..2005.0 => {
            let known = [63.86, 0.3345, -0.060374, 0.0017275, 0.000651814, 0.00002373599];
            polynomial(year - 2000.0, &known)
        }
        ..2050.0 => polynomial(year - 2000.0, &[62.92, 0.32217, 0.005589]),
        _ => {
            let centuries = (year - 1820.0) / 100.0;
            32.0 * centuries * centuries - 20.0 - 0.5628 * (2150.0 - year).max(0.0)
        }
    };
    seconds / 86_400.0
}

fn sine(degrees: f64) -> f64 {
    degrees.to_radians().sin()
}

/// The constant first.
fn polynomial(x: f64, coefficients: &[f64]) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, coefficient| sum * x + coefficient)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lunar(year: i16, month: i8, day: i8) -> LunarDate {
        LunarDate { year, month, is_leap: false, day }
    }

    /// Known from almanacs: the solar eclipse of 22 July 2009, and Meeus's example 49.a (18 February 1977).
    #[test]
    fn new_moons_come_when_they_came() {
        let minutes = |instant: f64| (instant * 1440.0).round();
        // 2009-07-22 02:35 UT, lunation 118 from January 2000.
        assert_eq!(minutes(new_moon(118)), minutes(3490.0 - 0.5 + (2.0 * 60.0 + 35.0) / 1440.0));
        // JDE 2443192.65118, and ΔT was 48 seconds.
        let expected = 2_443_192.0 - 2_451_545.0 + 0.65118 - 48.0 / 86_400.0;
        assert!((new_moon(-283) - expected).abs() < 3.0 / 86_400.0);
    }

    /// Meeus's example 25.a: 13 October 1992, 0h TD, apparent longitude 199.90895°.
    #[test]
    fn the_sun_stands_where_it_stood() {
        let universal = 2_448_908.5 - 2_451_545.0 - delta_t(2_448_908.5 - 2_451_545.0);
        assert!((sun(universal).to_degrees() - 199.90895).abs() < 0.0001);
    }

    #[test]
    fn every_day_comes_back_and_follows_the_day_before() {
        let (first, last) = (MONTHS[0].first, MONTHS[MONTHS.len() - 1]);
        assert_eq!((MONTHS[0].first_date(), last.first_date()), (lunar(1900, 1, 1), lunar(2199, 12, 1)));
        let mut before = LunarDate { day: 0, ..lunar(1900, 1, 1) };
        let mut day = first;
        while let Some(date) = LunarDate::from_solar(day) {
            assert_eq!(date.to_solar(), Some(day));
            let is_next = date == LunarDate { day: before.day + 1, ..before };
            let begins = date.day == 1 && (29..=30).contains(&before.day);
            assert!(is_next || begins, "{before:?}, {date:?}");
            before = date;
            day = day.tomorrow().unwrap();
        }
        assert_eq!(day, last.first.saturating_add(last.length.days()));
        assert_eq!(LunarDate::from_solar(first.yesterday().unwrap()), None);
    }

    #[test]
    fn every_year_has_its_twelve_months_and_seven_in_nineteen_have_a_leap_month() {
        for year in YEARS {
            let months: Vec<&Month> = MONTHS.iter().filter(|month| month.year == year).collect();
            let plain: Vec<i8> =
                months.iter().filter(|month| !month.is_leap).map(|month| month.number).collect();
            assert_eq!(plain, (1..=12).collect::<Vec<i8>>(), "{year}");
            assert!(months.len() <= 13, "{year}");
        }
        let leaps = MONTHS.iter().filter(|month| month.is_leap).count();
        assert!((108..=112).contains(&leaps), "{leaps}");
    }

    #[test]
    fn dates_that_do_not_exist_have_no_day() {
        for wrong in [
            lunar(2026, 1, 0),
            lunar(2026, 1, 31),
            lunar(2026, 0, 1),
            lunar(2026, 13, 1),
            lunar(1899, 12, 1),
            lunar(2200, 1, 1),
            LunarDate { is_leap: true, ..lunar(2026, 6, 1) },
        ] {
            assert_eq!(wrong.to_solar(), None, "{wrong:?}");
        }
        let leap = LunarDate { is_leap: true, ..lunar(2025, 6, 1) };
        assert_eq!(leap.to_solar(), Some(date(2025, 7, 25)));
        assert_eq!(LunarDate::from_solar(date(2025, 7, 25)), Some(leap));
        assert_eq!((tet(2026), hung_kings(2026)), (Some(date(2026, 2, 17)), Some(date(2026, 4, 26))));
    }

    #[test]
    fn january_and_february_compare_by_their_distance_from_tet() {
        let by_tet = a_year_before_by_tet;
        assert_eq!(by_tet(date(2026, 2, 16), date(2026, 2, 22)), Some((date(2025, 1, 28), date(2025, 2, 3))));
        assert_eq!(by_tet(date(2026, 12, 28), date(2027, 1, 3)), Some((date(2026, 1, 8), date(2026, 1, 14))));
        assert_eq!(by_tet(date(2026, 3, 2), date(2026, 3, 8)), None);
    }
}
