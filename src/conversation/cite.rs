//! Which passages an answer names. Pure.

use super::event::{Basis, Cited};
use crate::knowledge::{Citation, Passage};

/// Returns the passages that `answer` cites as `[1]`, in the order in which it does; all of them if it cites none.
pub(super) fn cited(answer: &str, passages: &[Passage]) -> (Basis, Vec<Cited>) {
    let mut numbers: Vec<usize> = Vec::new();
    for bracket in answer.split('[').skip(1) {
        let Some((inside, _)) = bracket.split_once(']') else { continue };
        for number in inside.split([',', ';', ' ']).filter_map(|number| number.parse().ok()) {
            if (1..=passages.len()).contains(&number) && !numbers.contains(&number) {
                numbers.push(number);
            }
        }
    }
    let basis = if numbers.is_empty() { Basis::Given } else { Basis::Cited };
    if numbers.is_empty() {
        numbers = (1..=passages.len()).collect();
    }
    let cited = numbers
        .into_iter()
        .filter_map(|number| {
            let passage = passages.get(number - 1)?;
            Some(Cited { number, citation: whole(passage) })
        })
        .collect();
    (basis, cited)
}

/// Numbers the quotes that an answer consists of.
pub(super) fn quoted(citations: Vec<Citation>) -> Vec<Cited> {
    citations
        .into_iter()
        .enumerate()
        .map(|(index, citation)| Cited { number: index + 1, citation })
        .collect()
}

fn whole(passage: &Passage) -> Citation {
    Citation {
        document: passage.document.clone(),
        title: passage.title.clone(),
        heading: passage.heading.clone(),
        page: passage.page,
        start: passage.start,
        end: passage.end,
        quote: passage.text.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn passages(count: usize) -> Vec<Passage> {
        (0..count)
            .map(|index| Passage { text: format!("passage {}", index + 1), ..Passage::default() })
            .collect()
    }

    fn numbers(answer: &str) -> (Basis, Vec<usize>) {
        let (basis, cited) = cited(answer, &passages(3));
        (basis, cited.into_iter().map(|one| one.number).collect())
    }

    #[test]
    fn only_passages_that_were_cited_are_named_in_order() {
        assert_eq!(
            numbers("It restarts [2]. It waits [1, 2], really [2]."),
            (Basis::Cited, vec![2, 1])
        );
    }

    #[test]
    fn invented_numbers_are_not_believed() {
        assert_eq!(
            numbers("Yes [7] [0] [99999999999999999999] [x] [3"),
            (Basis::Given, vec![1, 2, 3])
        );
    }

    proptest! {
        #[test]
        fn any_answer_has_citations_that_exist(answer in "([\\[\\]0-9, ]|\\PC)*", count in 0_usize..5) {
            let (_, cited) = cited(&answer, &passages(count));
            prop_assert!(cited.iter().all(|one| (1..=count).contains(&one.number)));
        }
    }
}
