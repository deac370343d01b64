//! The parts of a graph that are made anew, as they lie in its file.

use super::{
    graph::{CONTRIB, INITIALIZER, NODE, Node},
    head::{self, BYTE, Head, HeadForm},
    wire::{Value, fields, put_bytes, put_number},
};

/// The level by which activations are whole numbers of eight bits.
pub(super) const LEVEL: i64 = 4;
const WEIGHT_NAME: &str = "ladylinux.head.weight";
const SCALES_NAME: &str = "ladylinux.head.scales";
/// What the head's weights are called: no graph has such names already.
pub(super) const NAMES: [&str; 2] = [WEIGHT_NAME, SCALES_NAME];

/// Returns a node as a field of the graph, with the accuracy level in the place of another.
pub(super) fn with_level(node: &Node) -> Vec<u8> {
    let mut body = Vec::new();
    for field in fields(&node.raw).flatten() {
        let is_level = field.number == 5
            && matches!(field.value, Value::Bytes(attribute) if names(attribute, b"accuracy_level"));
        if !is_level {
            body.extend_from_slice(field.raw);
        }
    }
    put_attribute(&mut body, "accuracy_level", LEVEL);
    let mut field = Vec::new();
    put_bytes(&mut field, NODE, &body);
    field
}

fn names(attribute: &[u8], name: &[u8]) -> bool {
    fields(attribute).flatten().any(|field| field.number == 1 && field.value == Value::Bytes(name))
}

fn put_attribute(node: &mut Vec<u8>, name: &str, number: i64) {
    let mut attribute = Vec::new();
    put_bytes(&mut attribute, 1, name.as_bytes());
    put_number(&mut attribute, 3, number.cast_unsigned());
    // That it is a whole number.
    put_number(&mut attribute, 20, 2);
    put_bytes(node, 5, &attribute);
}

/// Returns the head as fields of the graph: the product, and what is added to it.
pub(super) fn quantised(node: &Node, head: &Head, form: HeadForm) -> Vec<u8> {
    let input = node.inputs.first().map(String::as_str).unwrap_or_default();
    let output = node.outputs.first().map(String::as_str).unwrap_or_default();
    let product = if head.bias.is_some() { "ladylinux.head.product" } else { output };
    let mut body = Vec::new();
    for input in [input, WEIGHT_NAME, SCALES_NAME] {
        put_bytes(&mut body, 1, input.as_bytes());
    }
    put_bytes(&mut body, 2, product.as_bytes());
    put_bytes(&mut body, 3, node.name.as_bytes());
    put_bytes(&mut body, 4, b"MatMulNBits");
    let numbers = [
        ("K", head.wide as u64),
        ("N", head.tall as u64),
        ("bits", form.bits.into()),
        ("block_size", form.block as u64),
    ];
    for (name, number) in numbers {
        put_attribute(&mut body, name, number.cast_signed());
    }
    put_attribute(&mut body, "accuracy_level", LEVEL);
    put_bytes(&mut body, 7, CONTRIB.as_bytes());
    let mut made = Vec::new();
    put_bytes(&mut made, NODE, &body);
    if let Some(bias) = &head.bias {
        let mut sum = Vec::new();
        for input in [product, bias] {
            put_bytes(&mut sum, 1, input.as_bytes());
        }
        put_bytes(&mut sum, 2, output.as_bytes());
        put_bytes(&mut sum, 3, b"ladylinux.head.sum");
        put_bytes(&mut sum, 4, b"Add");
        put_bytes(&mut made, NODE, &sum);
    }
    made
}

/// Returns the head's two weights as fields of the graph, which say where in the file `data` their numbers are.
pub(super) fn weights(head: &Head, form: HeadForm, data: &str) -> Vec<u8> {
    let (scales, bytes) = head.sizes(form);
    let blocks = head.wide.div_ceil(form.block) as u64;
    let each = (form.block * usize::from(form.bits) / 8) as u64;
    let size = if head.weight.element == head::HALF { 2 } else { 4 };
    let both = [
        (WEIGHT_NAME, vec![head.tall as u64, blocks, each], BYTE, 0, bytes),
        (SCALES_NAME, vec![scales], head.weight.element, bytes, scales * size),
    ];
    let mut made = Vec::new();
    for (name, dimensions, element, offset, length) in both {
        let mut weight = Vec::new();
        for dimension in dimensions {
            put_number(&mut weight, 1, dimension);
        }
        put_number(&mut weight, 2, element);
        put_bytes(&mut weight, 8, name.as_bytes());
        let place = [
            ("location", data.to_owned()),
            ("offset", offset.to_string()),
            ("length", length.to_string()),
        ];
        for (key, value) in place {
            let mut entry = Vec::new();
            put_bytes(&mut entry, 1, key.as_bytes());
            put_bytes(&mut entry, 2, value.as_bytes());
            put_bytes(&mut weight, 13, &entry);
        }
        put_number(&mut weight, 14, 1);
        put_bytes(&mut made, INITIALIZER, &weight);
    }
    made
}
