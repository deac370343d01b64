//! Joins two rankings into one. Pure.

use std::collections::HashMap;

/// How slowly a place loses worth. Cormack, Clarke and Buettcher, "Reciprocal rank fusion outperforms Condorcet and individual
/// rank learning methods" (2009), have 60 for rankings of a thousand; ours are short.
const SLOWNESS: f64 = 10.0;

/// Fuses rankings, each with its weight, by their places alone, as their scores do not compare; returns every id with its
/// score, best first.
#[expect(clippy::cast_precision_loss, reason = "rankings have a few hundred places")]
pub(super) fn fuse(rankings: &[(f64, Vec<i64>)]) -> Vec<(i64, f64)> {
    let mut scores: HashMap<i64, f64> = HashMap::new();
    for (weight, ranking) in rankings {
        for (place, id) in ranking.iter().enumerate() {
            *scores.entry(*id).or_default() += weight / (SLOWNESS + place as f64 + 1.0);
        }
    }
    let mut fused: Vec<(i64, f64)> = scores.into_iter().collect();
    fused.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    fused
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(rankings: &[(f64, &[i64])]) -> Vec<i64> {
        let rankings: Vec<_> =
            rankings.iter().map(|(weight, ids)| (*weight, ids.to_vec())).collect();
        fuse(&rankings).into_iter().map(|(id, _)| id).collect()
    }

    #[test]
    fn what_both_rankings_name_comes_first_and_nothing_is_lost() {
        assert_eq!(ids(&[(1.0, &[1, 2, 3]), (1.0, &[3, 4])]), [3, 1, 2, 4]);
        assert_eq!(ids(&[(1.0, &[1, 2]), (1.0, &[])]), [1, 2]);
        assert!(ids(&[]).is_empty());
    }

    #[test]
    fn equals_are_told_apart_by_their_numbers() {
        assert_eq!(ids(&[(1.0, &[9]), (1.0, &[4])]), [4, 9]);
        assert_eq!(ids(&[(2.0, &[9]), (1.0, &[4])]), [9, 4]);
    }
}
