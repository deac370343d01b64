//! What an encoder's graph takes and gives, read by name. Pure.

use crate::inference::engines::session::{Element, Port};

/// The inputs that an encoder may take; what they hold is known for these alone.
const INPUTS: &[&str] = &["input_ids", "attention_mask", "token_type_ids"];

/// The outputs that are looked for, the one that needs the least work first.
const OUTPUTS: &[&str] = &["sentence_embedding", "last_hidden_state", "token_embeddings"];

/// What the engine needs to know to run a graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Contract {
    pub(super) inputs: Vec<String>,
    pub(super) output: String,
    /// Whether the graph gives one vector a text, so that nothing is left to pool.
    pub(super) pooled: bool,
}

/// Reads a contract, or says which input or output is wrong.
pub(super) fn read(inputs: &[Port], outputs: &[Port]) -> Result<Contract, String> {
    for input in inputs {
        if !INPUTS.contains(&input.name.as_str()) {
            return Err(format!(
                "input {:?} is none that a text encoder takes ({})",
                input.name,
                INPUTS.join(", ")
            ));
        }
        if input.element != Element::I64 {
            return Err(format!("input {:?} does not take 64-bit integers", input.name));
        }
    }
    if !inputs.iter().any(|input| input.name == INPUTS[0]) {
        return Err(format!("input {:?} is missing", INPUTS[0]));
    }
    let named = OUTPUTS.iter().find_map(|name| outputs.iter().find(|port| port.name == **name));
    let Some(output) = named else {
        let there: Vec<_> = outputs.iter().map(|port| port.name.as_str()).collect();
        return Err(format!(
            "none of the outputs {} is there (the graph has {}); an export for feature extraction has one",
            OUTPUTS.join(", "),
            there.join(", ")
        ));
    };
    let pooled = output.name == OUTPUTS[0];
    if output.element != Element::F32 {
        return Err(format!("output {:?} does not give 32-bit floats", output.name));
    }
    if output.shape.len() != if pooled { 2 } else { 3 } {
        return Err(format!("output {:?} has {} dimensions", output.name, output.shape.len()));
    }
    let inputs = inputs.iter().map(|input| input.name.clone()).collect();
    Ok(Contract { inputs, output: output.name.clone(), pooled })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(name: &str, element: Element, rank: usize) -> Port {
        Port { name: name.to_owned(), element, shape: vec![-1; rank] }
    }

    fn ids() -> Port {
        port("input_ids", Element::I64, 2)
    }

    #[test]
    fn an_encoder_is_known_by_its_inputs_and_outputs() {
        let hidden = port("last_hidden_state", Element::F32, 3);
        let mask = port("attention_mask", Element::I64, 2);
        let told = read(&[ids(), mask], std::slice::from_ref(&hidden)).unwrap();
        assert!(!told.pooled && told.inputs == ["input_ids", "attention_mask"]);
        let whole = port("sentence_embedding", Element::F32, 2);
        assert!(read(&[ids()], &[hidden, whole]).unwrap().pooled);
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let hidden = || port("last_hidden_state", Element::F32, 3);
        for (inputs, outputs, name) in [
            (vec![port("pixel_values", Element::F32, 4)], vec![hidden()], "pixel_values"),
            (vec![port("input_ids", Element::F32, 2)], vec![hidden()], "input_ids"),
            (vec![port("attention_mask", Element::I64, 2)], vec![hidden()], "input_ids"),
            (vec![ids()], vec![port("logits", Element::F32, 3)], "logits"),
            (vec![ids()], vec![port("last_hidden_state", Element::F16, 3)], "last_hidden_state"),
            (vec![ids()], vec![port("last_hidden_state", Element::F32, 2)], "last_hidden_state"),
        ] {
            let wrong = read(&inputs, &outputs).unwrap_err();
            assert!(wrong.contains(name), "{wrong}");
        }
    }
}
