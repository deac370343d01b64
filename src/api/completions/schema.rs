//! Schemas that a type alone does not say.

use utoipa::openapi::{
    OneOfBuilder, RefOr, Schema,
    schema::{AdditionalProperties, ArrayBuilder, ObjectBuilder, SchemaType, Type},
};

/// An object without members, or null.
pub(super) fn empty() -> RefOr<Schema> {
    let kinds = SchemaType::from_iter([Type::Object, Type::Null]);
    ObjectBuilder::new()
        .schema_type(kinds)
        .additional_properties(Some(AdditionalProperties::FreeForm(false)))
        .into()
}

/// A text, or a list of these parts.
pub(super) fn text_or(part: RefOr<Schema>) -> RefOr<Schema> {
    let text = ObjectBuilder::new().schema_type(Type::String);
    OneOfBuilder::new().item(text).item(ArrayBuilder::new().items(part)).into()
}

/// A text, up to four texts, or null; no text is empty.
pub(super) fn stop() -> RefOr<Schema> {
    let text = || ObjectBuilder::new().schema_type(Type::String).min_length(Some(1));
    let texts = ArrayBuilder::new().items(text()).max_items(Some(4));
    OneOfBuilder::new()
        .item(text())
        .item(texts)
        .item(ObjectBuilder::new().schema_type(Type::Null))
        .into()
}

/// A text, a list of texts, a list of tokens, or a list of such lists; none of them empty.
pub(super) fn prompts() -> RefOr<Schema> {
    let text = || ObjectBuilder::new().schema_type(Type::String).min_length(Some(1));
    let token = || {
        let integer = ObjectBuilder::new().schema_type(Type::Integer);
        integer.minimum(Some(0)).maximum(Some(u32::MAX))
    };
    let tokens = || ArrayBuilder::new().items(token()).min_items(Some(1));
    let several = |items: ArrayBuilder| items.min_items(Some(1)).max_items(Some(64));
    OneOfBuilder::new()
        .item(text())
        .item(several(ArrayBuilder::new().items(text())))
        .item(tokens())
        .item(several(ArrayBuilder::new().items(tokens())))
        .into()
}
