//! Which vectors are nearest to another, coarsely: three bits for each number, and the bits in which two vectors differ.
//!
//! The bits say how many of three levels a number is above, so those that differ are the steps between two numbers. They lie in a
//! `vec0` table of sqlite-vec, which writes them and keeps them apart by who may see them. Its own search walks through each
//! block of 1024 vectors once for every passage that is wanted, and so takes twice as long as the comparison itself; so the
//! blocks are read here, from the tables that sqlite-vec keeps them in, and the best are collected on the way.

use crate::foundation::store::sql::{self, Connection, Row};
use std::collections::BinaryHeap;

/// The levels, next to what the numbers of a vector of length 1 have on average (the root of their mean square).
const LEVELS: [f32; 3] = [-0.6, 0.0, 0.6];

/// Bytes that are compared at once.
const WORD: usize = size_of::<u64>();

/// Returns the bits of a vector of so many numbers.
pub(super) fn bits(dimensions: usize) -> usize {
    dimensions * LEVELS.len()
}

/// Says of a vector's numbers which levels they are above, one bit each, as sqlite-vec packs them.
#[expect(clippy::cast_precision_loss, reason = "a vector has far fewer than 2^24 numbers")]
pub(super) fn steps(vector: &[f32]) -> Vec<u8> {
    let usual = (vector.len() as f32).sqrt().recip();
    let above: Vec<bool> = LEVELS
        .iter()
        .flat_map(|level| vector.iter().map(move |number| *number > level * usual))
        .collect();
    let bit = |(at, above): (usize, &bool)| u8::from(*above) << at;
    above.chunks(8).map(|bits| bits.iter().enumerate().map(bit).sum()).collect()
}

/// Returns the passages whose bits differ least from these, nearest first, among those of some audiences.
pub(super) fn nearest(
    connection: &Connection,
    index: i64,
    steps: &[u8],
    (audiences, limit): (&[i64], usize),
) -> sql::Result<Vec<i64>> {
    let mut blocks = connection.prepare_cached(&format!(
        "SELECT validity, rowids, audience.data, vectors FROM passage_near_{index}_chunks AS block
         JOIN passage_near_{index}_metadatachunks00 AS audience ON audience.rowid = block.chunk_id
         JOIN passage_near_{index}_vector_chunks00 AS vector ON vector.rowid = block.chunk_id"
    ))?;
    let mut best = BinaryHeap::with_capacity(limit + 1);
    let mut rows = blocks.query([])?;
    while let Some(row) = rows.next()? {
        let (there, passages, seen_by) = (blob(row, 0)?, numbers(row, 1)?, numbers(row, 2)?);
        let vectors = blob(row, 3)?.chunks_exact(steps.len());
        for (place, ((passage, audience), vector)) in passages.zip(seen_by).zip(vectors).enumerate()
        {
            let valid = there.get(place / 8).is_some_and(|byte| byte >> (place % 8) & 1 == 1);
            if !valid || !audiences.contains(&audience) {
                continue;
            }
            let found = (difference(vector, steps), passage);
            if best.len() < limit {
                best.push(found);
            } else if best.peek().is_some_and(|worst| found < *worst) {
                best.pop();
                best.push(found);
            }
        }
    }
    Ok(best.into_sorted_vec().into_iter().map(|(_, passage)| passage).collect())
}

/// Counts the bits in which two vectors differ.
fn difference(one: &[u8], other: &[u8]) -> u32 {
    let word = |bytes: &[u8]| bytes.try_into().map_or(0, u64::from_le_bytes);
    let (words, others) = (one.chunks_exact(WORD), other.chunks_exact(WORD));
    let rest = words.remainder().iter().zip(others.remainder());
    let rest: u32 = rest.map(|(a, b)| (a ^ b).count_ones()).sum();
    words.zip(others).map(|(a, b)| (word(a) ^ word(b)).count_ones()).sum::<u32>() + rest
}

fn blob<'r>(row: &'r Row<'_>, column: usize) -> sql::Result<&'r [u8]> {
    Ok(row.get_ref(column)?.as_blob()?)
}

/// Reads numbers of 64 bits, as sqlite-vec keeps them: in the order of the machine's bytes.
fn numbers<'r>(row: &'r Row<'_>, column: usize) -> sql::Result<impl Iterator<Item = i64> + 'r> {
    let bytes = blob(row, column)?.chunks_exact(size_of::<i64>());
    Ok(bytes.map(|bytes| bytes.try_into().map_or(0, i64::from_ne_bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::foundation::store::{Store, StoreError, migrate, sql::params};
    use proptest::prelude::*;
    use rand::{Rng, SeedableRng, rngs::StdRng};

    /// Numbers whose bits are no whole number of words.
    const DIMENSIONS: usize = 40;

    proptest! {
        #[test]
        fn every_bit_in_which_two_differ_is_counted(
            (one, other) in (0usize..40).prop_flat_map(|length| {
                let bytes = || proptest::collection::vec(any::<u8>(), length);
                (bytes(), bytes())
            })
        ) {
            let bit = |bytes: &[u8], at: usize| bytes[at / 8] >> (at % 8) & 1;
            let differs = (0..one.len() * 8).filter(|at| bit(&one, *at) != bit(&other, *at)).count();
            prop_assert_eq!(difference(&one, &other) as usize, differs);
        }
    }

    // Holds the tables of sqlite-vec to what is read of them here.
    #[tokio::test]
    async fn the_nearest_are_as_near_as_those_that_sqlite_vec_finds_and_what_others_see_takes_no_place()
     {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ladylinux.db");
        migrate(&path).unwrap();
        let store = Store::open(&path).unwrap();
        let checked = store.write(|transaction| {
            transaction.execute_batch(&format!(
                "CREATE VIRTUAL TABLE passage_near_1 USING vec0(passage_id INTEGER PRIMARY KEY, audience INTEGER, steps bit[{}])",
                bits(DIMENSIONS)
            ))?;
            let mut random = StdRng::seed_from_u64(1);
            let mut vector = || {
                let numbers: Vec<f32> = (0..DIMENSIONS).map(|_| random.random_range(-0.3..0.3)).collect();
                steps(&numbers)
            };
            let mut insert = transaction.prepare(
                "INSERT INTO passage_near_1 (passage_id, audience, steps) VALUES (?1, ?2, vec_bit(?3))",
            )?;
            for passage in 1..=2500 {
                insert.execute(params![passage, 1 + passage % 3, vector()])?;
            }
            transaction.execute("DELETE FROM passage_near_1 WHERE passage_id BETWEEN 900 AND 1200", [])?;
            let mut theirs = transaction.prepare(
                "SELECT passage_id FROM passage_near_1 WHERE steps MATCH vec_bit(?1) AND k = 100 AND audience IN (1, 2)",
            )?;
            let mut distance = transaction.prepare(
                "SELECT vec_distance_hamming(steps, vec_bit(?2)) FROM passage_near_1
                 WHERE passage_id = ?1 AND audience IN (1, 2)",
            )?;
            for _ in 0..5 {
                let asked = vector();
                let found = nearest(transaction, 1, &asked, (&[1, 2], 100))?;
                let expected: Vec<i64> =
                    theirs.query_map([&asked], |row| row.get(0))?.collect::<sql::Result<_>>()?;
                let mut away = |passages: &[i64]| {
                    let far = passages.iter().map(|id| distance.query_row(params![id, asked], |row| row.get(0)));
                    far.collect::<sql::Result<Vec<f64>>>()
                };
                assert_eq!(found.len(), 100);
                assert_eq!(away(&found)?, away(&expected)?);
            }
            Ok::<_, StoreError>(())
        });
        checked.await.unwrap();
    }
}
