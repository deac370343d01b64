//! Which texts go through the graph together. Pure.

/// Groups texts of these lengths so that a group, padded to its longest, has at most `budget` tokens; longest first, so that
/// little is padded and the most memory is asked for at once. A text that is longer alone is a group by itself.
pub(super) fn batches(lengths: &[usize], budget: usize) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by_key(|&place| std::cmp::Reverse(lengths[place]));
    let mut batches: Vec<Vec<usize>> = Vec::new();
    let mut longest = 0;
    for place in order {
        match batches.last_mut() {
            Some(batch) if (batch.len() + 1) * longest <= budget => batch.push(place),
            Some(_) | None => {
                longest = lengths[place].max(1);
                batches.push(vec![place]);
            }
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts_of_like_length_go_together() {
        assert_eq!(batches(&[3, 100, 4, 90], 200), [vec![1, 3], vec![2, 0]]);
        assert_eq!(batches(&[5, 5], 0), [[0], [1]]);
        assert!(batches(&[], 10).is_empty());
    }

    proptest! {
        #[test]
        fn every_text_is_in_one_batch_and_no_batch_of_several_is_over_the_budget(
            lengths in proptest::collection::vec(0usize..600, 0..80),
            budget in 0usize..2000,
        ) {
            let batches = batches(&lengths, budget);
            let mut all: Vec<usize> = batches.iter().flatten().copied().collect();
            all.sort_unstable();
            prop_assert_eq!(all, (0..lengths.len()).collect::<Vec<_>>());
            for batch in batches.iter().filter(|batch| batch.len() > 1) {
                let longest = batch.iter().map(|&place| lengths[place]).max().unwrap_or(0);
                prop_assert!(longest.max(1) * batch.len() <= budget);
            }
        }
    }
}
