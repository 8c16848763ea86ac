//! The refunds of an order that counts.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::amounts::Amounts;
use super::bill::Bill;
use super::ledger::{Key, Sheet};
use super::{Desk, Slot};
use crate::domain::entry::EntryKind;
use crate::domain::ids::{LineId, RefundId};
use crate::domain::money::Money;
use crate::domain::order::{OrderStatus, Refund};

/// Books what the status `refunded` says where no refund is known; the name is ours.
const IMPLIED: &str = "(status refunded)";

/// A refund as it is to be booked.
struct Claim {
    /// By line; non-negative.
    parts: BTreeMap<LineId, i64>,
    slot: Slot,
}

impl Claim {
    fn amount(&self) -> i64 {
        self.parts.values().sum()
    }
}

/// Puts into `wanted` what open days must hold of the refunds of a sale whose natural day is `sold`.
pub(super) fn plan(desk: &Desk<'_>, bill: &Bill, sold: Date, wanted: &mut Sheet) {
    let mut claims = known(desk, bill, sold);
    let implied = RefundId::new(IMPLIED);
    if claims.is_empty() && desk.booking.order.status == OrderStatus::Refunded {
        claims.push((implied.clone(), everything(desk, bill, &implied, sold)));
    } else {
        let claim = absorb(desk, &implied, &mut claims);
        claims.push((implied, claim));
    }
    for (id, claim) in &claims {
        plan_one(desk, bill, id, claim, wanted);
    }
    let claimed: BTreeSet<&RefundId> = claims.iter().map(|(id, _)| id).collect();
    let gone: BTreeSet<&RefundId> = desk.ledger.closed.keys().filter_map(|key| key.refund.as_ref()).collect();
    for id in gone.difference(&claimed) {
        plan_one(desk, bill, id, &nothing(desk, id), wanted);
    }
}

/// The refunds the source knows, in the order they happened; rows of one id add up.
fn known(desk: &Desk<'_>, bill: &Bill, sold: Date) -> Vec<(RefundId, Claim)> {
    let mut refunds: Vec<&Refund> =
        desk.booking.refunds.iter().filter(|refund| refund.order == desk.booking.order.id).collect();
    refunds.sort_by_key(|refund| (refund.refunded_at, &refund.id));
    let mut claims: Vec<(RefundId, Claim)> = Vec::new();
    for refund in refunds {
        let parts = parts(bill, refund);
        let Some((_, claim)) = claims.iter_mut().find(|(id, _)| *id == refund.id) else {
            let day = desk.day_of(refund.refunded_at).max(sold);
            let slot = desk.slot(day, |key| key.is_of(&refund.id));
            claims.push((refund.id.clone(), Claim { parts: parts.collect(), slot }));
            continue;
        };
        for (line, amount) in parts {
            *claim.parts.entry(line).or_default() += amount;
        }
    }
    claims
}

fn parts<'a>(bill: &'a Bill, refund: &Refund) -> impl Iterator<Item = (LineId, i64)> + use<'a> {
    let amount = refund.amount.minor();
    let line = refund.line.as_ref().and_then(|line| bill.lines.iter().find(|own| own.id == *line));
    let parts = match line {
        Some(line) => vec![(&line.id, amount)],
        None => bill.spread(amount),
    };
    parts.into_iter().map(|(line, amount)| (line.clone(), amount))
}

/// The refund of everything that the status implies. Nothing says when it was, so once booked it
/// stays where it is.
fn everything(desk: &Desk<'_>, bill: &Bill, id: &RefundId, sold: Date) -> Claim {
    let standing = desk.ledger.open.keys().find(|key| key.is_of(id)).map(Key::slot);
    let slot = standing.unwrap_or_else(|| desk.slot(desk.last_change().max(sold), |key| key.is_of(id)));
    let amount = bill.total().net().max(0);
    Claim { parts: bill.spread(amount).into_iter().map(|(line, part)| (line.clone(), part)).collect(), slot }
}

/// Lets what closed books hold as implied stand for refunds that are known by now: those shrink by it,
/// the earliest first, and of the implied one that much remains.
fn absorb(desk: &Desk<'_>, implied: &RefundId, claims: &mut [(RefundId, Claim)]) -> Claim {
    let closed = booked(desk, implied);
    let mut credit = closed.values().sum::<i64>().max(0);
    let mut rest = nothing(desk, implied);
    for part in claims.iter_mut().flat_map(|(_, claim)| claim.parts.iter_mut()) {
        let covered = (*part.1).min(credit);
        *part.1 -= covered;
        credit -= covered;
        *rest.parts.entry(part.0.clone()).or_default() += covered;
    }
    rest
}

/// A refund that is no longer there.
fn nothing(desk: &Desk<'_>, id: &RefundId) -> Claim {
    let slot = desk.late_slot(desk.booking.today, |key| key.is_of(id));
    Claim { parts: BTreeMap::new(), slot }
}

/// What closed books hold of a refund, by line: less of it is a sale that names it.
fn booked(desk: &Desk<'_>, id: &RefundId) -> BTreeMap<LineId, i64> {
    let lines = desk.ledger.closed.by_line(|key| key.is_of(id));
    lines.into_iter().map(|(line, amounts)| (line, -amounts.net())).collect()
}

fn plan_one(desk: &Desk<'_>, bill: &Bill, id: &RefundId, claim: &Claim, wanted: &mut Sheet) {
    let closed = booked(desk, id);
    if closed.is_empty() {
        for (line, &refunds) in &claim.parts {
            let key = Key::new(claim.slot, EntryKind::Refund, line, bill.place(desk, line)).of_refund(id);
            wanted.add(key, Amounts { refunds, ..Amounts::default() });
        }
        return;
    }
    let more = claim.amount() - closed.values().sum::<i64>();
    let keys = desk.ledger.closed.keys().filter(|key| key.is_of(id));
    let Some(belongs_to) = keys.map(|key| key.belongs_to).min() else { return };
    let slot = desk.late_slot(belongs_to, |key| key.is_of(id));
    let (kind, lines) = if more > 0 { (EntryKind::Refund, &claim.parts) } else { (EntryKind::Sale, &closed) };
    let weights: Vec<i64> = lines.values().map(|amount| (*amount).max(0)).collect();
    for (line, part) in lines.keys().zip(Money::from_minor(more.abs()).split(&weights)) {
        let mut amounts = Amounts::default();
        match kind {
            EntryKind::Refund => amounts.refunds = part.minor(),
            _ => amounts.gross = part.minor(),
        }
        let key = Key::new(slot, kind, line, bill.place(desk, line)).of_refund(id);
        wanted.add(key, amounts);
    }
}
