//! What a graph takes and gives, read from its inputs and outputs by name.
//!
//! Two layouts name the cache differently and one of them hides its head size behind a symbol; then the configuration
//! beside the graph answers. What does not fit is refused with the name of the input or output that is wrong.

use crate::inference::engines::session::{Element, Port};
use serde_json::Value;

/// How the inputs and outputs are called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Names {
    input_ids: String,
    attention_mask: String,
    position_ids: String,
    logits_to_keep: String,
    /// With `%d` for the layer, as all of the cache's names.
    past_key: String,
    past_value: String,
    logits: String,
    present_key: String,
    present_value: String,
}

/// What the configuration beside a graph says about shapes; needed where the graph is symbolic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Hints {
    pub(super) kv_heads: Option<usize>,
    pub(super) head_size: Option<usize>,
    pub(super) vocabulary: Option<usize>,
}

/// The cache's names in one layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layer {
    pub(super) past: [String; 2],
    pub(super) present: [String; 2],
}

/// What the engine needs to know to run a graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Contract {
    pub(super) input_ids: String,
    pub(super) attention_mask: Option<String>,
    pub(super) position_ids: Option<String>,
    /// The name and rank of the input that says how many rows of logits to compute.
    pub(super) logits_to_keep: Option<(String, usize)>,
    pub(super) logits: String,
    pub(super) layers: Vec<Layer>,
    pub(super) kv_heads: usize,
    pub(super) head_size: usize,
    /// [`Element::F32`] or [`Element::F16`].
    pub(super) cache: Element,
    pub(super) vocabulary: usize,
}

impl Default for Names {
    fn default() -> Self {
        Self {
            input_ids: "input_ids".to_owned(),
            attention_mask: "attention_mask".to_owned(),
            position_ids: "position_ids".to_owned(),
            logits_to_keep: "num_logits_to_keep".to_owned(),
            past_key: "past_key_values.%d.key".to_owned(),
            past_value: "past_key_values.%d.value".to_owned(),
            logits: "logits".to_owned(),
            present_key: "present.%d.key".to_owned(),
            present_value: "present.%d.value".to_owned(),
        }
    }
}

impl Names {
    /// Returns the usual names, replaced by those that the `decoder` section of a `genai_config.json` gives.
    pub(super) fn of(decoder: &Value) -> Self {
        let mut names = Self::default();
        let take = |section: &str, key: &str, name: &mut String| {
            if let Some(given) = decoder.get(section).and_then(|it| it.get(key)?.as_str()) {
                given.clone_into(name);
            }
        };
        take("inputs", "input_ids", &mut names.input_ids);
        take("inputs", "attention_mask", &mut names.attention_mask);
        take("inputs", "position_ids", &mut names.position_ids);
        take("inputs", "num_logits_to_keep", &mut names.logits_to_keep);
        take("inputs", "past_key_names", &mut names.past_key);
        take("inputs", "past_value_names", &mut names.past_value);
        take("outputs", "logits", &mut names.logits);
        take("outputs", "present_key_names", &mut names.present_key);
        take("outputs", "present_value_names", &mut names.present_value);
        names
    }
}

/// Reads a graph's declaration, or says in a sentence what does not fit.
pub(super) fn read(
    inputs: &[Port],
    outputs: &[Port],
    names: &Names,
    hints: Hints,
) -> Result<Contract, String> {
    required(inputs, "input", &names.input_ids, &[Element::I64], 2)?;
    let logits = required(outputs, "output", &names.logits, &[Element::F32], 3)?;
    let optional = |name: &String| -> Result<Option<String>, String> {
        if find(inputs, name).is_none() {
            return Ok(None);
        }
        required(inputs, "input", name, &[Element::I64], 2).map(|port| Some(port.name.clone()))
    };
    let layers = layers(inputs, outputs, names)?;
    let first = required(inputs, "input", &layers[0].past[0], CACHE, 4)?;
    check_layers(inputs, outputs, &layers, first)?;
    let kv_heads = dimension(first, 1, hints.kv_heads, "num_key_value_heads")?;
    let head_size = dimension(first, 3, hints.head_size, "head_size or head_dim")?;
    let contract = Contract {
        input_ids: names.input_ids.clone(),
        attention_mask: optional(&names.attention_mask)?,
        position_ids: optional(&names.position_ids)?,
        logits_to_keep: find(inputs, &names.logits_to_keep)
            .map(|port| match (port.element, port.shape.len()) {
                (Element::I64, rank @ 0..=1) => Ok((port.name.clone(), rank)),
                _ => Err(format!("input {:?} should be one int64 number", port.name)),
            })
            .transpose()?,
        logits: names.logits.clone(),
        layers,
        kv_heads,
        head_size,
        cache: first.element,
        vocabulary: dimension(logits, 2, hints.vocabulary, "vocab_size")?,
    };
    unknown_inputs(inputs, &contract)?;
    Ok(contract)
}

const CACHE: &[Element] = &[Element::F32, Element::F16];

fn find<'p>(ports: &'p [Port], name: &str) -> Option<&'p Port> {
    ports.iter().find(|port| port.name == name)
}

fn required<'p>(
    ports: &'p [Port],
    side: &str,
    name: &str,
    elements: &[Element],
    rank: usize,
) -> Result<&'p Port, String> {
    let Some(port) = find(ports, name) else {
        let present: Vec<&str> = ports.iter().map(|port| port.name.as_str()).take(8).collect();
        return Err(format!(
            "{side} {name:?} is missing (the graph has {}{}); an export of a causal language model with its cache \
             (task text-generation-with-past) is needed",
            present.join(", "),
            if ports.len() > present.len() { ", …" } else { "" },
        ));
    };
    if !elements.contains(&port.element) {
        let wanted: Vec<&str> = elements.iter().map(|element| element.name()).collect();
        let mend = if port.element == Element::F16 {
            "; use an int4, int8 or fp32 export, which are also faster on a CPU"
        } else {
            ""
        };
        return Err(format!(
            "{side} {name:?} is {}, not {}{mend}",
            port.element.name(),
            wanted.join(" or ")
        ));
    }
    if port.shape.len() != rank {
        return Err(format!(
            "{side} {name:?} has {} dimensions instead of {rank}",
            port.shape.len()
        ));
    }
    Ok(port)
}

fn layers(inputs: &[Port], outputs: &[Port], names: &Names) -> Result<Vec<Layer>, String> {
    let layer = |number: usize| {
        let name = |template: &str| template.replace("%d", &number.to_string());
        Layer {
            past: [name(&names.past_key), name(&names.past_value)],
            present: [name(&names.present_key), name(&names.present_value)],
        }
    };
    if !names.past_key.contains("%d") || !names.present_key.contains("%d") {
        return Err(
            "the names of the cache in genai_config.json have no %d for the layer".to_owned()
        );
    }
    let found: Vec<Layer> =
        (0..inputs.len()).map(layer).take_while(|it| find(inputs, &it.past[0]).is_some()).collect();
    if found.is_empty() {
        required(inputs, "input", &layer(0).past[0], CACHE, 4)?;
    }
    for layer in &found {
        for name in &layer.present {
            required(outputs, "output", name, CACHE, 4)?;
        }
    }
    Ok(found)
}

/// Every layer's cache must look like the first one's: one shape serves them all.
fn check_layers(
    inputs: &[Port],
    outputs: &[Port],
    layers: &[Layer],
    first: &Port,
) -> Result<(), String> {
    for layer in layers {
        for (past, present) in layer.past.iter().zip(&layer.present) {
            let past = required(inputs, "input", past, &[first.element], 4)?;
            required(outputs, "output", present, &[first.element], 4)?;
            if past.shape[1] != first.shape[1] || past.shape[3] != first.shape[3] {
                return Err(format!(
                    "input {:?} has shape {:?}, but {:?} has {:?}: layers with different heads are not supported",
                    past.name, past.shape, first.name, first.shape
                ));
            }
        }
    }
    Ok(())
}

/// Returns a dimension from the graph, or from the configuration where the graph is symbolic; both must agree.
fn dimension(port: &Port, axis: usize, hint: Option<usize>, key: &str) -> Result<usize, String> {
    match (usize::try_from(port.shape[axis]).ok().filter(|&size| size > 0), hint) {
        (Some(size), Some(hint)) if size != hint => Err(format!(
            "dimension {axis} of {:?} is {size}, but the configuration beside the graph says {hint} ({key}): they \
             belong to different models",
            port.name
        )),
        (Some(size), _) | (None, Some(size)) => Ok(size),
        (None, None) => Err(format!(
            "dimension {axis} of {:?} is symbolic and no configuration beside the graph gives {key}",
            port.name
        )),
    }
}

fn unknown_inputs(inputs: &[Port], contract: &Contract) -> Result<(), String> {
    let known = |name: &str| {
        contract.input_ids == name
            || [&contract.attention_mask, &contract.position_ids]
                .into_iter()
                .any(|known| known.as_deref() == Some(name))
            || contract.logits_to_keep.as_ref().is_some_and(|(known, _)| known == name)
            || contract.layers.iter().any(|layer| layer.past.iter().any(|known| known == name))
    };
    match inputs.iter().find(|port| !known(&port.name)) {
        Some(port) => Err(format!(
            "input {:?} is none that a decoder-only language model takes; merged encoder-decoder, image and speech \
             graphs do not run here",
            port.name
        )),
        None => Ok(()),
    }
}

impl Element {
    fn name(self) -> &'static str {
        match self {
            Self::F32 => "float32",
            Self::F16 => "float16",
            Self::I64 => "int64",
            Self::Other => "of an unexpected type",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn port(name: &str, element: Element, shape: &[i64]) -> Port {
        Port { name: name.to_owned(), element, shape: shape.to_vec() }
    }

    fn inputs() -> Vec<Port> {
        vec![
            port("input_ids", Element::I64, &[-1, -1]),
            port("attention_mask", Element::I64, &[-1, -1]),
            port("past_key_values.0.key", Element::F32, &[-1, 2, -1, 64]),
            port("past_key_values.0.value", Element::F32, &[-1, 2, -1, 64]),
        ]
    }

    fn outputs() -> Vec<Port> {
        vec![
            port("logits", Element::F32, &[-1, -1, 100]),
            port("present.0.key", Element::F32, &[-1, 2, -1, 64]),
            port("present.0.value", Element::F32, &[-1, 2, -1, 64]),
        ]
    }

    fn message(inputs: &[Port], outputs: &[Port]) -> String {
        read(inputs, outputs, &Names::default(), Hints::default()).unwrap_err()
    }

    #[test]
    fn shapes_come_from_the_graph() {
        let contract = read(&inputs(), &outputs(), &Names::default(), Hints::default()).unwrap();
        assert_eq!((contract.layers.len(), contract.kv_heads, contract.head_size), (1, 2, 64));
        assert_eq!(contract.vocabulary, 100);
        assert_eq!(contract.position_ids, None);
    }

    #[test]
    fn symbolic_shapes_come_from_the_configuration() {
        let mut inputs = inputs();
        for port in &mut inputs[2..] {
            port.shape = vec![-1, -1, -1, -1];
        }
        assert!(message(&inputs, &outputs()).contains("num_key_value_heads"));
        let hints = Hints { kv_heads: Some(2), head_size: Some(64), vocabulary: None };
        let contract = read(&inputs, &outputs(), &Names::default(), hints).unwrap();
        assert_eq!((contract.kv_heads, contract.head_size), (2, 64));
    }

    #[test]
    fn a_configuration_of_another_model_is_refused() {
        let hints = Hints { head_size: Some(128), ..Hints::default() };
        let error = read(&inputs(), &outputs(), &Names::default(), hints).unwrap_err();
        assert!(error.contains("64") && error.contains("128"), "{error}");
    }

    #[test]
    fn names_come_from_genai_config() {
        let names = Names::of(&json!({
            "inputs": {"input_ids": "tokens", "past_key_names": "k_%d", "past_value_names": "v_%d"},
            "outputs": {"logits": "scores"},
        }));
        let mut inputs = inputs();
        "tokens".clone_into(&mut inputs[0].name);
        "k_0".clone_into(&mut inputs[2].name);
        "v_0".clone_into(&mut inputs[3].name);
        let mut outputs = outputs();
        "scores".clone_into(&mut outputs[0].name);
        assert!(read(&inputs, &outputs, &names, Hints::default()).is_ok());
    }

    #[test]
    fn what_is_missing_or_of_a_wrong_type_is_named() {
        for missing in 0..inputs().len() {
            if missing == 1 {
                continue; // The mask may be missing: some exports have none.
            }
            let mut fewer = inputs();
            let port = fewer.remove(missing);
            assert!(message(&fewer, &outputs()).contains(&port.name), "{}", port.name);
        }
        for missing in 0..outputs().len() {
            let mut fewer = outputs();
            let port = fewer.remove(missing);
            assert!(message(&inputs(), &fewer).contains(&port.name), "{}", port.name);
        }
        for wrong in 0..inputs().len() {
            let mut other = inputs();
            other[wrong].element = Element::Other;
            assert!(message(&other, &outputs()).contains(&other[wrong].name));
        }
    }

    #[test]
    fn half_precision_logits_are_refused_with_what_to_use_instead() {
        let mut outputs = outputs();
        outputs[0].element = Element::F16;
        assert!(message(&inputs(), &outputs).contains("int4, int8 or fp32"));
    }

    #[test]
    fn an_input_that_the_engine_cannot_fill_is_named() {
        let mut inputs = inputs();
        inputs.push(port("pixel_values", Element::F32, &[-1, 3, 224, 224]));
        assert!(message(&inputs, &outputs()).contains("pixel_values"));
    }
}
