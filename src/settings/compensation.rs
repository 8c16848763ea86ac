//! `[complaints.compensation.LEVEL]`: what damage of a level is worth, and who may say so.

use std::collections::BTreeMap;

use super::field::Field;
use super::problem::Fault;
use super::section::Section;
use crate::domain::money::{Currency, Money};
use crate::domain::role::Role;

/// What damage of one level is worth: the larger of a fixed amount and a share of the order, up to the cap.
#[derive(Clone, Debug, PartialEq)]
pub struct CompensationRule {
    /// 0 to 1000 percent of what was paid for the goods of the order.
    pub percent_of_order: f64,
    pub at_least: Option<Money>,
    /// The most that anybody may give, with a reason too.
    pub cap: Option<Money>,
    /// The role that may give it.
    pub approver: Role,
}

impl CompensationRule {
    /// What the formula comes to for an order of this amount, in minor units rounded half up; `None` when it needs
    /// an order and there is none.
    pub fn formula(&self, order: Option<Money>) -> Option<Money> {
        let share = match order {
            Some(order) => share_of(order, self.percent_of_order)?,
            None if self.percent_of_order > 0.0 => return None,
            None => Money::ZERO,
        };
        let amount = self.at_least.map_or(share, |least| least.max(share));
        Some(self.cap.map_or(amount, |cap| amount.min(cap)))
    }
}

/// Thousandths of a percent are exact enough for a rule and keep the sum in whole numbers.
fn share_of(order: Money, percent: f64) -> Option<Money> {
    let thousandths = (percent * 1000.0).round() as i128;
    let minor = (i128::from(order.minor().max(0)) * thousandths + 50_000) / 100_000;
    i64::try_from(minor).ok().map(Money::from_minor)
}

pub(super) fn read(
    section: &mut Section<'_>,
    currency: Option<&Currency>,
) -> Option<BTreeMap<u8, CompensationRule>> {
    let rules = [(1, "1"), (2, "2"), (3, "3"), (4, "4")]
        .map(|(level, key)| (level, section.child(key, |section| rule(section, currency))));
    rules.into_iter().map(|(level, rule)| Some((level, rule?))).collect()
}

fn rule(section: &mut Section<'_>, currency: Option<&Currency>) -> Option<CompensationRule> {
    let percent_of_order = section.required("percent_of_order", |field| percent(&field));
    let at_least = section.optional("at_least", |field| amount(&field, currency));
    let cap = section.optional("cap", |field| amount(&field, currency));
    let approver = section.required("approver", |field| {
        field.choice(
            &[Role::ComplaintHandler, Role::Manager, Role::DataOfficer].map(|role| (role.as_str(), role)),
        )
    });
    Some(CompensationRule { percent_of_order: percent_of_order?, at_least, cap, approver: approver? })
}

fn percent(field: &Field<'_>) -> Option<f64> {
    let number = field.number()?;
    if (0.0..=1000.0).contains(&number) {
        return Some(number);
    }
    field.wrong(format!("{number} is out of range"), "write 0 to 1000, in percent of the order")
}

/// In the business's currency; which one it is, no layer alone knows.
fn amount(field: &Field<'_>, currency: Option<&Currency>) -> Option<Money> {
    let text = field.text()?;
    let Some(currency) = currency else { return Some(Money::ZERO) };
    let fault = |error: crate::domain::money::AmountError| {
        Fault::new(error.to_string(), format!("write an amount in {}, like \"200000\"", currency.code))
    };
    let money = field.check(currency.parse(text, '.').map_err(fault))?;
    if money < Money::ZERO {
        return field.wrong("an amount below zero compensates nobody", "write 0 or more");
    }
    Some(money)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_larger_of_amount_and_share_up_to_the_cap() {
        let money = Money::from_minor;
        let rule = CompensationRule {
            percent_of_order: 12.5,
            at_least: Some(money(100)),
            cap: Some(money(1_000)),
            approver: Role::Manager,
        };
        for (order, expected) in [(0, 100), (804, 101), (4_004, 501), (80_000, 1_000)] {
            assert_eq!(rule.formula(Some(money(order))), Some(money(expected)), "{order}");
        }
        assert_eq!(rule.formula(None), None, "a share of an order needs the order");
        let fixed = CompensationRule { percent_of_order: 0.0, cap: None, ..rule };
        assert_eq!(fixed.formula(None), Some(money(100)));
    }
}
