//! Compensation by damage level: what the policy's formula comes to, or another amount for a reason.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::change::{Changed, instant, stands};
use super::view::standing;
use super::{no_complaint, written};
use crate::access::{self, Operation};
use crate::domain::actor::Actor;
use crate::domain::complaint::{Compensation, ComplaintEvent, DatedEvent};
use crate::domain::ids::ComplaintNo;
use crate::domain::money::{Currency, Money};
use crate::domain::order::Order;
use crate::domain::period::Period;
use crate::jobs::{self, House, Speaker};
use crate::operations::{Error, Result, allow, allow_on, record, tried};
use crate::settings::CompensationRule;
use crate::store::Reader;

/// What is to be given.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompensateRequest {
    /// In the business's currency, a point before its decimals; what the formula comes to, when not given.
    #[serde(default)]
    pub amount: Option<String>,
    /// May name persons: it is sealed.
    #[serde(default)]
    pub reason: Option<String>,
    #[serde(default)]
    pub at: Option<Timestamp>,
}

/// What was given in a period.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CompensationTotals {
    /// `null`: ever.
    pub period: Option<Period>,
    pub currency: String,
    /// Every level, 1 to 4.
    pub levels: Vec<LevelTotal>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LevelTotal {
    pub level: u8,
    pub count: u64,
    /// In the currency, a point before its decimals.
    pub amount: String,
    /// Of these, how many were of another amount than the formula's.
    pub overridden: u64,
}

pub fn compensate(
    house: &House,
    actor: &Actor,
    number: ComplaintNo,
    request: CompensateRequest,
) -> Result<Changed> {
    let subject = format!("complaint {number}");
    tried(house, actor, (Operation::ComplaintCompensate, &subject), || {
        allow_on(house, actor, Operation::ComplaintCompensate, &subject)?;
        given_now(house, actor, number, request)
    })
}

fn given_now(
    house: &House,
    actor: &Actor,
    number: ComplaintNo,
    request: CompensateRequest,
) -> Result<Changed> {
    let now = house.now();
    let at = instant(request.at, now)?;
    let reason = written(request.reason, "reason")?;
    let currency = &house.settings.business.currency;
    let asked = request.amount.map(|text| amount(currency, &text)).transpose()?;
    let (_, approved, rule) = house.store.read(|reader| rule_of(house, reader, number, at))?;
    approve(house, actor, number, approved, rule, now)?;
    house.store.write(|writer| {
        // The log may have grown meanwhile.
        let (before, level, _) = rule_of(house, writer, number, at)?;
        if level != approved {
            return Err(Error::TryAgain(format!("complaint {number} was judged anew meanwhile; try again")));
        }
        let order = order_amount(writer, number)?;
        let again = !before.is_empty();
        let given = given(&Matter { number, currency, rule, level, before: &before }, order, asked)?;
        if reason.is_none() && (again || given.formula != Some(given.amount)) {
            return Err(Error::BadRequest(why_a_reason(number, currency, &given, again)));
        }
        let event = DatedEvent { at, event: ComplaintEvent::Compensated(given) };
        let speaker = Speaker::Person { actor, note: reason.as_ref() };
        jobs::record_events(house, writer, number, &[event], &speaker, now)?;
        let outcome = format!("{} {}", currency.plain(given.amount), currency.code);
        record(writer, actor, Operation::ComplaintCompensate, &format!("complaint {number}"), &outcome, now)?;
        let said = format!("compensated with {outcome} (damage level {level})");
        Ok(Changed { changed: true, said, complaint: stands(house, writer, number, now)? })
    })
}

/// What the complaint was compensated with before, its damage level, and that level's rule.
fn rule_of<'h>(
    house: &'h House,
    reader: &Reader<'_>,
    number: ComplaintNo,
    at: Timestamp,
) -> Result<(Vec<Compensation>, u8, &'h CompensationRule)> {
    let standing = standing(house, &reader.events_of(number)?).ok_or_else(|| no_complaint(number))?;
    let refused = |what: String| Err(Error::BadRequest(what));
    if at < standing.received {
        return refused(format!("complaint {number} was received later; correct --at"));
    }
    if standing.closed.is_some() {
        return refused(format!(
            "complaint {number} is closed; `firstwatch complaint reopen {number}` before it is compensated"
        ));
    }
    let level = standing.classification.damage_level;
    match level.and_then(|level| Some((level, house.settings.complaints.compensation.get(&level)?))) {
        Some((level, rule)) => Ok((standing.given, level, rule)),
        None => refused(format!(
            "complaint {number} has no damage level; `firstwatch complaint reclassify {number} --level N` first"
        )),
    }
}

/// The level's approver only; a refusal is audited before it is told.
fn approve(
    house: &House,
    actor: &Actor,
    number: ComplaintNo,
    level: u8,
    rule: &CompensationRule,
    now: Timestamp,
) -> Result<()> {
    let what = format!("compensation of damage level {level}");
    let Err(denied) = access::check_role(&house.grants, actor, rule.approver, &what) else { return Ok(()) };
    let subject = format!("complaint {number}");
    house
        .store
        .write(|writer| record(writer, actor, Operation::ComplaintCompensate, &subject, "refused", now))?;
    Err(Error::NotAllowed(denied.to_string()))
}

/// What was paid for the goods of the complaint's order; `None` without an order that the store knows.
fn order_amount(reader: &Reader<'_>, number: ComplaintNo) -> Result<Option<Money>> {
    let complaint = reader.complaint(number)?.ok_or_else(|| no_complaint(number))?;
    let Some(id) = &complaint.order else { return Ok(None) };
    let order = reader.order(&complaint.order_source, id)?;
    Ok(order.and_then(|(order, _)| paid_for_goods(&order)))
}

/// Gross less discounts, the lines' and the order's own; `None` where that leaves the numbers.
fn paid_for_goods(order: &Order) -> Option<Money> {
    let mut sum = Money::ZERO;
    for line in &order.lines {
        sum = sum.checked_add(line.gross)?.checked_sub(line.discount)?;
    }
    sum.checked_sub(order.discount)
}

struct Matter<'a> {
    number: ComplaintNo,
    currency: &'a Currency,
    rule: &'a CompensationRule,
    level: u8,
    /// What was given for the complaint already, at whatever level.
    before: &'a [Compensation],
}

fn given(matter: &Matter<'_>, order: Option<Money>, asked: Option<Money>) -> Result<Compensation> {
    let Matter { number, currency, rule, level, .. } = matter;
    let formula = rule.formula(order);
    let Some(amount) = asked.or(formula) else {
        return Err(Error::BadRequest(format!(
            "damage level {level} is worth {} % of the order, and no order of complaint {number} is known; \
             give --amount and --reason, up to complaints.compensation.{level}.cap",
            rule.percent_of_order
        )));
    };
    if amount <= Money::ZERO {
        return Err(Error::BadRequest(format!(
            "compensation of {} is none; give --amount",
            currency.plain(amount)
        )));
    }
    let given = Compensation { level: *level, amount, formula };
    within_bounds(matter, order, given)?;
    Ok(given)
}

/// All that a complaint is given stays within the level's cap; without one, within what was paid for its order. Only
/// what the formula comes to, given once, needs no bound but its own.
fn within_bounds(matter: &Matter<'_>, order: Option<Money>, given: Compensation) -> Result<()> {
    let Matter { number, currency, rule, level, before } = matter;
    let amounts = before.iter().chain([&given]).map(|given| given.amount);
    let sum = amounts.into_iter().try_fold(Money::ZERO, |sum, amount| sum.checked_add(amount));
    let is_within = |bound: Money| sum.is_some_and(|sum| sum <= bound);
    let code = &currency.code;
    let mut what = format!("{} {code}", currency.plain(given.amount));
    if !before.is_empty() {
        what += &format!(" with what complaint {number} was given before");
    }
    let why = match (rule.cap, order) {
        (Some(cap), _) if !is_within(cap) => format!(
            "{what} is more than the {} {code} that anybody may give for damage level {level} \
             (complaints.compensation.{level}.cap)",
            currency.plain(cap)
        ),
        (Some(_), _) => return Ok(()),
        (None, _) if before.is_empty() && given.formula == Some(given.amount) => return Ok(()),
        (None, Some(paid)) if is_within(paid) => return Ok(()),
        (None, Some(_)) => format!(
            "{what} is more than what was paid for the order; \
             set complaints.compensation.{level}.cap if more may be given"
        ),
        (None, None) => format!(
            "no order of complaint {number} is known that would bound what it is given; \
             set complaints.compensation.{level}.cap, the most that anybody may give"
        ),
    };
    Err(Error::BadRequest(why))
}

fn why_a_reason(number: ComplaintNo, currency: &Currency, given: &Compensation, again: bool) -> String {
    let code = &currency.code;
    let why = match given.formula {
        _ if again => format!("complaint {number} was compensated before"),
        Some(formula) => format!("the formula comes to {} {code}", currency.plain(formula)),
        None => format!("there is no order to compute the amount of complaint {number} from"),
    };
    format!("{why}, so this needs a reason; give it with --reason")
}

fn amount(currency: &Currency, text: &str) -> Result<Money> {
    currency.parse(text.trim(), '.').map_err(|error| {
        Error::BadRequest(format!("the amount is {error}; write it in {}, like 200000", currency.code))
    })
}

/// Totals by damage level, of a period or of all time.
pub fn compensations(house: &House, actor: &Actor, period: Option<Period>) -> Result<CompensationTotals> {
    allow(house, actor, Operation::ComplaintCompensations)?;
    let zone = &house.settings.business.zone;
    let (from, until) =
        period.map_or((Timestamp::MIN, Timestamp::MAX), |period| (period.start(zone), period.end(zone)));
    let subject = period.map_or_else(|| "ever".to_owned(), |period| format!("period {period}"));
    let now = house.now();
    // Of few complaints a total tells what one customer got, so nobody sees it without a trace.
    let rows = house.store.write(|writer| {
        record(writer, actor, Operation::ComplaintCompensations, &subject, "done", now)?;
        writer.compensations(from, until)
    })?;
    let given: Vec<Compensation> = rows
        .into_iter()
        .filter_map(|(_, dated)| match dated.event {
            ComplaintEvent::Compensated(compensation) => Some(compensation),
            _ => None,
        })
        .collect();
    let currency = &house.settings.business.currency;
    let total = |level: u8| {
        let of_level: Vec<_> = given.iter().filter(|given| given.level == level).collect();
        let sum: Money = of_level.iter().map(|given| given.amount).sum();
        let overridden = of_level.iter().filter(|given| given.formula != Some(given.amount)).count();
        LevelTotal {
            level,
            count: of_level.len() as u64,
            amount: currency.plain(sum),
            overridden: overridden as u64,
        }
    };
    let levels = (1..=4).map(total).collect();
    Ok(CompensationTotals { period, currency: currency.code.clone(), levels })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::role::Role;

    const LEVEL: u8 = 2;

    fn gift(amount: i64) -> Compensation {
        Compensation { level: LEVEL, amount: Money::from_minor(amount), formula: None }
    }

    /// What is refused when `asked` is to be given after `before`, of a level worth 20 % of the order.
    fn refused(cap: Option<i64>, order: Option<i64>, before: &[i64], asked: Option<i64>) -> Option<String> {
        let money = |amount: Option<i64>| amount.map(Money::from_minor);
        let currency = Currency { code: "VND".into(), decimals: 0 };
        let rule = CompensationRule {
            percent_of_order: 20.0,
            at_least: Some(Money::from_minor(100)),
            cap: money(cap),
            approver: Role::Manager,
        };
        let before: Vec<_> = before.iter().copied().map(gift).collect();
        let matter = Matter {
            number: ComplaintNo(4),
            currency: &currency,
            rule: &rule,
            level: LEVEL,
            before: &before,
        };
        given(&matter, money(order), money(asked)).err().map(|error| error.to_string())
    }

    #[test]
    fn the_cap_bounds_all_that_is_given_and_not_each_gift() {
        assert_eq!(refused(Some(500), Some(1_000), &[], Some(500)), None);
        assert_eq!(refused(Some(500), Some(1_000), &[300], Some(200)), None);
        assert_eq!(refused(Some(500), None, &[], Some(500)), None, "no order bounds what has a cap");
        let more = refused(Some(500), Some(1_000), &[300], Some(201)).unwrap();
        assert!(
            more.contains("201 VND with what complaint 4 was given before is more than the 500 VND"),
            "{more}"
        );
        assert!(refused(Some(500), Some(1_000), &[400], None).is_some(), "the formula a second time");
        assert!(refused(Some(i64::MAX), Some(1_000), &[i64::MAX], Some(1)).is_some(), "a sum beyond numbers");
    }

    #[test]
    fn without_a_cap_nobody_gives_more_than_was_paid() {
        assert_eq!(refused(None, Some(1_000), &[], Some(1_000)), None);
        assert_eq!(refused(None, Some(1_000), &[200], Some(800)), None);
        let more = refused(None, Some(1_000), &[200], Some(801)).unwrap();
        assert!(more.contains("more than what was paid") && more.contains("compensation.2.cap"), "{more}");
        // What the formula comes to may be more than a small order, once.
        assert_eq!(refused(None, Some(50), &[], None), None);
        assert!(refused(None, Some(50), &[100], None).is_some());
        for before in [&[][..], &[100]] {
            let unbounded = refused(None, None, before, Some(5)).unwrap();
            assert!(unbounded.contains("set complaints.compensation.2.cap"), "{unbounded}");
        }
    }
}
