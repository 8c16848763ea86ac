//! Payments as last seen; their references only sealed.

use rusqlite::params;
use zeroize::Zeroizing;

use super::columns::At;
use super::{Error, Reader, Writer};
use crate::domain::ids::{OrderId, PaymentId, SourceName};
use crate::domain::money::Money;
use crate::domain::payment::Payment;
use crate::domain::sealed::Sealed;

/// What a bank or a gateway wrote beside a payment, which may name the payer.
pub type SealedReference = Sealed<Zeroizing<String>>;

impl Reader<'_> {
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn count_payments(&self) -> Result<u64, Error> {
        self.single("SELECT count(*) FROM payments", (), |row| row.get(0)).map(super::columns::read_count)
    }

    /// The order's payments by the instant they were made at, without their references, each with its
    /// sealed one.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn payments_of(
        &self,
        source: &SourceName,
        order: &OrderId,
    ) -> Result<Vec<(Payment, Option<SealedReference>)>, Error> {
        let sql = "SELECT id, paid_at, method, amount, status, sealed_reference FROM payments
                   INDEXED BY payments_by_order
                   WHERE source = ?1 AND order_id = ?2 ORDER BY paid_at, id";
        self.all(sql, (source.as_str(), order.as_str()), |row| {
            let payment = Payment {
                id: PaymentId::new(row.get::<_, String>(0)?),
                order: order.clone(),
                paid_at: row.get::<_, At>(1)?.0,
                method: row.get(2)?,
                amount: Money::from_minor(row.get(3)?),
                status: row.get(4)?,
                reference: None,
            };
            Ok((payment, row.get::<_, Option<Vec<u8>>>(5)?.map(Sealed::from_bytes)))
        })
    }
}

impl Writer<'_> {
    /// Keeps the payment as it is seen now; its open `reference` is not kept.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn upsert_payment(
        &self,
        source: &SourceName,
        payment: &Payment,
        sealed_reference: Option<&SealedReference>,
    ) -> Result<(), Error> {
        let sql = "INSERT INTO payments (source, id, order_id, paid_at, method, amount, status,
                                         sealed_reference)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                   ON CONFLICT (source, id) DO UPDATE SET
                       order_id = excluded.order_id, paid_at = excluded.paid_at,
                       method = excluded.method, amount = excluded.amount, status = excluded.status,
                       sealed_reference = excluded.sealed_reference";
        let parameters = params![
            source.as_str(),
            payment.id.as_str(),
            payment.order.as_str(),
            At(payment.paid_at),
            payment.method,
            payment.amount.minor(),
            payment.status,
            sealed_reference.map(Sealed::as_bytes),
        ];
        self.change(sql, parameters).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{fixture, now, shop};
    use super::*;

    #[test]
    fn a_payment_reads_back_with_its_reference_sealed() {
        let fixture = fixture();
        let payment = Payment {
            id: PaymentId::new("p1"),
            order: OrderId::new("1001"),
            paid_at: now(),
            method: "bank".into(),
            amount: Money::from_minor(-5),
            status: "done".into(),
            reference: Some("NGUYEN VAN AN chuyen khoan".into()),
        };
        let sealed = Sealed::from_bytes(vec![8; 45]);
        fixture.write(|w| {
            w.upsert_payment(&shop(), &payment, None)?;
            w.upsert_payment(&shop(), &payment, Some(&sealed))
        });
        let kept = fixture.store.read(|r| r.payments_of(&shop(), &payment.order)).unwrap();
        assert_eq!(kept.len(), 1);
        assert_eq!(kept[0].0, Payment { reference: None, ..payment });
        assert!(kept[0].1 == Some(sealed));
        let bytes = std::fs::read(fixture.directory.path().join("firstwatch.db-wal")).unwrap();
        assert!(!bytes.windows(13).any(|window| window == b"NGUYEN VAN AN"));
    }
}
