//! Witnesses of what the releases leave open. No record: what is lost is found again, only later.

use std::collections::BTreeSet;

use rusqlite::{Row, params};

use super::columns::{Json, json};
use super::{Error, Reader, Writer};
use crate::domain::ids::WitnessId;
use crate::domain::witness::{Group, RecordedWitness};

/// Bytes of one difference.
const LENGTH: usize = 17;

impl Reader<'_> {
    /// In the order they came.
    ///
    /// # Errors
    /// [`Error::Sqlite`].
    pub fn witnesses(&self) -> Result<Vec<(WitnessId, RecordedWitness)>, Error> {
        self.all("SELECT no, components, scale, differences FROM witnesses ORDER BY no", (), read_witness)
    }
}

impl Writer<'_> {
    /// Forgets some witnesses and adds others.
    ///
    /// # Errors
    /// [`Error::Json`], [`Error::Sqlite`].
    pub fn change_witnesses(&self, gone: &BTreeSet<WitnessId>, new: &[RecordedWitness]) -> Result<(), Error> {
        for id in gone {
            self.change("DELETE FROM witnesses WHERE no = ?1", (id.0,))?;
        }
        for witness in new {
            let sql = "INSERT INTO witnesses (components, scale, differences) VALUES (?1, ?2, ?3)";
            self.insert(sql, params![json(&witness.components)?, witness.scale, written(witness)])?;
        }
        Ok(())
    }
}

fn written(witness: &RecordedWitness) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(witness.differences.len() * LENGTH);
    for &(group, place, difference) in &witness.differences {
        bytes.extend(group.0.to_le_bytes());
        bytes.push(place);
        bytes.extend(difference.to_le_bytes());
    }
    bytes
}

fn read_witness(row: &Row<'_>) -> rusqlite::Result<(WitnessId, RecordedWitness)> {
    let bytes: Vec<u8> = row.get(3)?;
    let (differences, _) = bytes.as_chunks::<LENGTH>();
    let difference = |&[a, b, c, d, e, f, g, h, place, rest @ ..]: &[u8; LENGTH]| {
        (Group(u64::from_le_bytes([a, b, c, d, e, f, g, h])), place, f64::from_le_bytes(rest))
    };
    let witness = RecordedWitness {
        components: row.get::<_, Json<_>>(1)?.0,
        scale: row.get(2)?,
        differences: differences.iter().map(difference).collect(),
    };
    Ok((WitnessId(row.get(0)?), witness))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::fixture;
    use super::*;
    use crate::domain::entry::Component;

    #[test]
    fn witnesses_come_back_as_they_were_until_they_are_forgotten() {
        let fixture = fixture();
        let witness = |scale: f64| RecordedWitness {
            components: vec![Component::Discounts, Component::Refunds],
            scale,
            differences: vec![(Group(7), 0, -0.1), (Group(u64::MAX), 1, f64::MAX)],
        };
        let add = |gone: &[i64], new: &[RecordedWitness]| {
            let gone = gone.iter().map(|&id| WitnessId(id)).collect();
            fixture.store.write(|writer| writer.change_witnesses(&gone, new)).expect("changes");
            fixture.store.read(|reader| reader.witnesses()).expect("reads")
        };
        let two = add(&[], &[witness(1.0), witness(2.5)]);
        assert_eq!(two, [(WitnessId(1), witness(1.0)), (WitnessId(2), witness(2.5))]);
        assert_eq!(add(&[1], &[witness(3.0)]), [(WitnessId(2), witness(2.5)), (WitnessId(3), witness(3.0))]);
    }
}
