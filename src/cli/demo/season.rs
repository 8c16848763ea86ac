//! How busy the shop is on a day: growth, the week, and the year's feasts.

use fastrand::Rng;
use jiff::civil::{Date, Weekday, date};

/// Mùng 1 Tết, by Vietnam's lunar calendar.
const TET: [Date; 3] = [date(2024, 2, 10), date(2025, 1, 29), date(2026, 2, 17)];

/// Days on which the shop sells below its prices, and by how many per cent: 8 March, 20 October (women's
/// days), 9/9, 11/11, Black Friday, 12/12, and the week before Tết.
pub(super) fn sale_percent(day: Date) -> Option<i64> {
    match (day.month(), day.day()) {
        (11, 11) | (12, 12) => Some(15),
        (3, 6..=8) | (10, 18..=20) | (9, 9) => Some(10),
        _ if is_black_friday(day) => Some(20),
        _ if days_to_tet(day).is_some_and(|days| (1..=10).contains(&days)) => Some(8),
        _ => None,
    }
}

/// The orders placed on a day. Never fewer than fifteen.
pub(super) fn orders_on(day: Date, opened: Date, rng: &mut Rng) -> u32 {
    let age = f64::from((day - opened).get_days());
    // From 16 a day to some 22 in three years, before the seasons.
    let grown = 16.0 + 6.0 * age / 1096.0;
    let noise = 0.88 + 0.24 * rng.f64();
    let orders = grown * of_the_week(day) * of_the_year(day) * noise;
    (orders.round() as u32).clamp(15, 60)
}

fn of_the_week(day: Date) -> f64 {
    match day.weekday() {
        Weekday::Saturday => 1.22,
        Weekday::Sunday => 1.30,
        Weekday::Friday => 1.05,
        Weekday::Tuesday => 0.90,
        _ => 0.95,
    }
}

fn of_the_year(day: Date) -> f64 {
    if let Some(days) = days_to_tet(day) {
        return match days {
            // The rush to be well dressed, then the feast itself.
            1 => 0.9,
            2..=4 => 1.5,
            5..=21 => 1.75,
            22..=35 => 1.3,
            _ => 0.7,
        };
    }
    match (day.month(), day.day()) {
        (11, 11) | (12, 12) => 2.2,
        _ if is_black_friday(day) => 2.0,
        (3, 4..=8) | (10, 16..=20) => 1.6,
        (2, 10..=14) => 1.25,
        (9, 9) => 1.5,
        (12, 18..=31) => 1.25,
        (6..=7, _) => 0.92,
        _ => 1.0,
    }
}

/// Days until the next mùng 1 within five weeks; zero and less in the six days from it on.
fn days_to_tet(day: Date) -> Option<i32> {
    TET.iter().map(|tet| (*tet - day).get_days()).find(|days| (-5..=35).contains(days))
}

/// The fourth Friday of November, near enough to the Americans'.
fn is_black_friday(day: Date) -> bool {
    day.month() == 11 && day.weekday() == Weekday::Friday && (23..=29).contains(&day.day())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tet_is_preceded_by_a_rush_and_is_quiet() {
        let opened = date(2023, 11, 22);
        let mut rng = Rng::with_seed(1);
        let mut mean = |from: Date| {
            let days = from.series(jiff::Span::new().days(1)).take(6);
            days.map(|day| orders_on(day, opened, &mut rng)).sum::<u32>()
        };
        let (rush, feast, after) = (mean(date(2026, 2, 3)), mean(date(2026, 2, 17)), mean(date(2026, 2, 24)));
        assert!(rush * 10 > after * 14 && feast < after, "{rush} {feast} {after}");
    }

    #[test]
    fn sales_are_on_their_days() {
        assert_eq!(sale_percent(date(2025, 11, 11)), Some(15));
        assert_eq!(sale_percent(date(2025, 11, 28)), Some(20));
        assert_eq!(sale_percent(date(2026, 2, 10)), Some(8));
        assert_eq!(sale_percent(date(2026, 2, 17)), None);
    }
}
