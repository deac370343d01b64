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

/// The output of a graph that classifies.
pub(super) const LOGITS: &str = "logits";

/// Reads the inputs of a graph that says how well two texts go together, or says which input or output is wrong.
pub(super) fn classifier(inputs: &[Port], outputs: &[Port]) -> Result<Vec<String>, String> {
    let inputs = taken(inputs)?;
    let Some(output) = outputs.iter().find(|port| port.name == LOGITS) else {
        let there: Vec<_> = outputs.iter().map(|port| port.name.as_str()).collect();
        return Err(format!(
            "the output {LOGITS:?} is not there (the graph has {}); an export for sequence classification has it",
            there.join(", ")
        ));
    };
    if output.element != Element::F32 {
        return Err(format!("output {LOGITS:?} does not give 32-bit floats"));
    }
    match output.shape[..] {
        // A number of labels that is not declared is found out by a run.
        [_, labels] if labels <= 2 => Ok(inputs),
        [_, labels] => Err(format!(
            "output {LOGITS:?} has {labels} labels: it sorts texts into kinds; a cross-encoder has one label, or two"
        )),
        _ => Err(format!("output {LOGITS:?} has {} dimensions", output.shape.len())),
    }
}

/// Returns the names of the inputs, if they are those that a text encoder takes.
fn taken(inputs: &[Port]) -> Result<Vec<String>, String> {
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
    Ok(inputs.iter().map(|input| input.name.clone()).collect())
}

/// Reads a contract, or says which input or output is wrong.
pub(super) fn read(inputs: &[Port], outputs: &[Port]) -> Result<Contract, String> {
    let inputs = taken(inputs)?;
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

    #[test]
    fn a_cross_encoder_has_one_label_or_two() {
        let logits = |labels| Port { shape: vec![-1, labels], ..port("logits", Element::F32, 2) };
        for labels in [1, 2, -1] {
            assert_eq!(classifier(&[ids()], &[logits(labels)]).unwrap(), ["input_ids"]);
        }
        for (output, what) in [
            (logits(3), "3 labels"),
            (port("logits", Element::F32, 3), "3 dimensions"),
            (port("logits", Element::F16, 2), "32-bit floats"),
            (port("last_hidden_state", Element::F32, 3), "sequence classification"),
        ] {
            let wrong = classifier(&[ids()], &[output]).unwrap_err();
            assert!(wrong.contains(what), "{wrong}");
        }
    }
}
