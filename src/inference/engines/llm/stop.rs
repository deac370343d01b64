//! Finds stop texts in a stream of pieces, wherever the pieces are cut.

/// What may be shown after a piece.
#[cfg_attr(test, derive(Debug, PartialEq, Eq))]
pub(super) struct Shown {
    /// Text that can be part of no stop text any more; may be empty.
    pub(super) text: String,
    /// Whether a stop text came: nothing follows.
    pub(super) stopped: bool,
}

/// Holds back what may become a stop text, and ends at the first one that is complete.
pub(super) struct StopScanner {
    stops: Vec<String>,
    held: String,
}

impl StopScanner {
    /// Returns a scanner for `stops`, none of which is empty.
    pub(super) fn new(stops: impl IntoIterator<Item = String>) -> Self {
        Self {
            stops: stops.into_iter().filter(|stop| !stop.is_empty()).collect(),
            held: String::new(),
        }
    }

    /// Takes the next piece and returns what may be shown.
    pub(super) fn push(&mut self, piece: &str) -> Shown {
        self.held.push_str(piece);
        if let Some(start) = self.first_stop() {
            self.held.truncate(start);
            return Shown { text: std::mem::take(&mut self.held), stopped: true };
        }
        let text = self.held.drain(..self.held.len() - self.held_back()).collect();
        Shown { text, stopped: false }
    }

    /// Returns what was held back, once no more pieces come.
    pub(super) fn finish(&mut self) -> String {
        std::mem::take(&mut self.held)
    }

    /// Returns where the stop text begins that is complete first; so the answer does not depend on how the pieces are cut.
    fn first_stop(&self) -> Option<usize> {
        self.stops
            .iter()
            .filter_map(|stop| {
                self.held.find(stop.as_str()).map(|start| (start + stop.len(), start))
            })
            .min()
            .map(|(_, start)| start)
    }

    /// Returns the length of the longest end of the text with which a stop text begins.
    fn held_back(&self) -> usize {
        self.stops
            .iter()
            .flat_map(|stop| stop.char_indices().skip(1).map(move |(end, _)| &stop[..end]))
            .filter(|beginning| self.held.ends_with(beginning))
            .map(str::len)
            .max()
            .unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn run(stops: &[String], pieces: &[String]) -> (String, bool) {
        let mut scanner = StopScanner::new(stops.iter().cloned());
        let mut shown = String::new();
        for piece in pieces {
            let step = scanner.push(piece);
            shown += &step.text;
            if step.stopped {
                return (shown, true);
            }
        }
        (shown + &scanner.finish(), false)
    }

    #[test]
    fn a_stop_text_is_found_across_pieces_and_is_not_shown() {
        let pieces = ["Hello\nUs", "e", "r: you"].map(str::to_owned);
        assert_eq!(run(&["\nUser:".to_owned()], &pieces), ("Hello".to_owned(), true));
    }

    #[test]
    fn what_turns_out_to_be_no_stop_text_is_shown_after_all() {
        let mut scanner = StopScanner::new(["###".to_owned()]);
        assert_eq!(scanner.push("a##"), Shown { text: "a".to_owned(), stopped: false });
        assert_eq!(scanner.push("b#"), Shown { text: "##b".to_owned(), stopped: false });
        assert_eq!(scanner.finish(), "#");
    }

    proptest! {
        #[test]
        fn the_answer_ends_before_the_first_complete_stop_text_however_the_pieces_are_cut(
            pieces in prop::collection::vec("[abcé]{0,4}", 0..12),
            stops in prop::collection::vec("[abcé]{1,4}", 0..4),
        ) {
            let whole: String = pieces.concat();
            let first = stops
                .iter()
                .filter_map(|stop| whole.find(stop.as_str()).map(|start| (start + stop.len(), start)))
                .min();
            let expected = first.map_or(whole.as_str(), |(_, start)| &whole[..start]);
            let (shown, stopped) = run(&stops, &pieces);
            prop_assert_eq!(shown, expected);
            prop_assert_eq!(stopped, first.is_some());
        }
    }
}
