//! Texts of different length as the tensors of one run of a graph.

use super::tokens::Tokens;
use ort::{session::SessionInputValue, value::Tensor};
use std::borrow::Cow;

/// What a graph is run with, by the names of its inputs.
pub(super) type Inputs<'a> = Vec<(Cow<'a, str>, SessionInputValue<'a>)>;

/// Returns the number of tokens that each row has, and the rows, filled up with `padding`, which nothing attends to.
pub(super) fn inputs<'a>(
    names: &'a [String],
    texts: &[&Tokens],
    padding: u32,
) -> ort::Result<(usize, Inputs<'a>)> {
    let longest = texts.iter().map(|text| text.ids.len()).max().unwrap_or(0);
    let padded = |of: &dyn Fn(&Tokens) -> Vec<u32>, padding: u32| -> Vec<i64> {
        let row = |text: &&Tokens| {
            let mut row: Vec<i64> = of(text).into_iter().map(i64::from).collect();
            row.resize(longest, i64::from(padding));
            row
        };
        texts.iter().flat_map(row).collect()
    };
    let mut inputs: Inputs<'a> = Vec::new();
    for name in names {
        let values = match name.as_str() {
            "attention_mask" => padded(&|text| vec![1; text.ids.len()], 0),
            "token_type_ids" => padded(&|text| text.types.clone(), 0),
            _ => padded(&|text| text.ids.clone(), padding),
        };
        let tensor = Tensor::from_array(([texts.len(), longest], values))?;
        inputs.push((Cow::from(name.as_str()), tensor.into()));
    }
    Ok((longest, inputs))
}
