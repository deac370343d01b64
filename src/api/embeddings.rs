//! `/v1/embeddings`: texts to vectors, as OpenAI clients know it.

use super::{
    app::App,
    error::{Failure, FieldError},
    extractors::{Caller, Json, Validate},
    models,
    openapi::OpenAiErrors,
    strict::Whole,
};
use crate::foundation::values::Redacted;
use crate::inference::{
    models::Task,
    workers::{Embed, TextRole, Vectors},
};
use axum::extract::State;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use utoipa::openapi::{
    OneOfBuilder, RefOr, Schema,
    schema::{ArrayBuilder, ObjectBuilder, Type},
};

/// Texts of one request, as many as OpenAI takes.
const MOST_TEXTS: usize = 2048;

/// What is to be embedded, and how.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EmbeddingRequest {
    /// An id from `/v1/models`, or `default` for whichever embedding model the node has loaded.
    #[schema(example = "default", min_length = 1)]
    model: String,
    /// A text, or up to 2048 texts; none of them empty.
    #[schema(schema_with = input)]
    input: Input,
    /// How the vectors are written: as numbers, or as base64 of 32-bit floats, little-endian.
    #[serde(default)]
    encoding_format: Option<EncodingFormat>,
    /// Only the model's own number of dimensions is supported.
    #[schema(minimum = 1, value_type = Option<u64>)]
    dimensions: Option<Whole>,
    /// What the texts are to those that they are compared with: a `query`, or a `passage` (`document`). Some models are
    /// trained to be told. Not in OpenAI's protocol, but common.
    #[serde(default)]
    input_type: Option<InputType>,
    /// Says nothing to this node.
    #[expect(dead_code, reason = "what says nothing to this node is taken all the same")]
    user: Option<String>,
}

/// What is to be embedded.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "must be text, or a list of texts")]
enum Input {
    /// One text.
    One(Redacted<String>),
    /// Several.
    Many(Vec<Redacted<String>>),
    /// Tokens of a tokenizer that nobody named.
    #[expect(dead_code, reason = "they are refused, whatever they are")]
    Tokens(Vec<Tokens>),
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "they are refused, whatever they are")]
enum Tokens {
    One(Whole),
    Many(Vec<Whole>),
}

/// Returns the schema of [`Input`].
fn input() -> RefOr<Schema> {
    let text = || ObjectBuilder::new().schema_type(Type::String).min_length(Some(1));
    let texts = ArrayBuilder::new().items(text()).min_items(Some(1)).max_items(Some(MOST_TEXTS));
    OneOfBuilder::new().item(text()).item(texts).into()
}

/// How vectors are written.
#[derive(Clone, Copy, Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum EncodingFormat {
    /// As numbers.
    Float,
    /// As base64 of 32-bit floats, little-endian.
    Base64,
}

/// What a text is to those that it is compared with.
#[derive(Clone, Copy, Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum InputType {
    /// Something that is searched for.
    Query,
    /// Something that is searched in.
    Passage,
    /// Another name of `passage`.
    Document,
}

/// The vectors of a request's texts, in their order.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct Embeddings {
    /// Always `list`.
    object: &'static str,
    /// One vector a text.
    data: Vec<Embedding>,
    /// The model that made them.
    model: String,
    /// What it took.
    usage: EmbeddingUsage,
}

/// The vector of one text.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Embedding {
    /// Always `embedding`.
    object: &'static str,
    /// Which text it is of.
    index: usize,
    /// The vector; its length is 1.
    #[serde(rename = "embedding")]
    vector: Written,
    /// Whether the text was longer than the model reads, so that only its beginning is in the vector. Not in OpenAI's
    /// protocol, which refuses such texts.
    truncated: bool,
}

/// A vector, as it was asked for.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(untagged)]
enum Written {
    /// As numbers.
    Numbers(Vec<f32>),
    /// As base64.
    Base64(String),
}

/// Prints nothing: a vector tells what its text is about.
impl std::fmt::Debug for Written {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Written(<redacted>)")
    }
}

/// What embedding took, in tokens.
#[derive(Clone, Copy, Debug, Serialize, utoipa::ToSchema)]
struct EmbeddingUsage {
    /// That were read.
    prompt_tokens: usize,
    /// The same.
    total_tokens: usize,
}

impl EmbeddingRequest {
    fn texts(&self) -> &[Redacted<String>] {
        match &self.input {
            Input::One(text) => std::slice::from_ref(text),
            Input::Many(texts) => texts,
            Input::Tokens(_) => &[],
        }
    }
}

impl Validate for EmbeddingRequest {
    fn problems(&self) -> Vec<FieldError> {
        if matches!(self.input, Input::Tokens(_)) {
            return Vec::new();
        }
        if !(1..=MOST_TEXTS).contains(&self.texts().len()) {
            let msg = format!("must be 1 to {MOST_TEXTS} texts");
            return vec![FieldError::in_body("input", "wrong_length", msg)];
        }
        let empty = |(at, text): (usize, &Redacted<String>)| {
            let path = match self.input {
                Input::Many(_) => format!("input.{at}"),
                Input::One(_) | Input::Tokens(_) => "input".to_owned(),
            };
            let msg = "is empty: there is nothing to embed";
            text.expose().is_empty().then(|| FieldError::in_body(&path, "wrong_length", msg))
        };
        self.texts().iter().enumerate().filter_map(empty).collect()
    }
}

/// Embeds texts.
///
/// A text that is longer than the model reads is embedded by its beginning, and `truncated` says so.
#[utoipa::path(
    post,
    path = "/v1/embeddings",
    tag = "openai",
    operation_id = "create_embedding",
    request_body(content = EmbeddingRequest, example = json!({
        "model": "default", "input": "A full queue is refused with a time to retry.",
    })),
    responses((status = 200, description = "The vectors", body = Embeddings), OpenAiErrors),
    security((), ("token" = [])),
)]
pub(super) async fn create(
    _: Caller,
    State(app): State<App>,
    Json(request): Json<EmbeddingRequest>,
) -> Result<Json<Embeddings>, Failure> {
    if matches!(request.input, Input::Tokens(_)) {
        return Err(Failure::unsupported(
            "input",
            "must be text: numbers of another model's tokens would be embedded as something else (with LangChain, set \
             check_embedding_ctx_length=False)",
        ));
    }
    let embedder = &app.node.workers.embedder.for_batch();
    let model = models::loaded(&app, &request.model, Task::Embed, embedder.status()).await?;
    let texts = request.texts().to_vec();
    let role = match request.input_type {
        None => TextRole::Plain,
        Some(InputType::Query) => TextRole::Query,
        Some(InputType::Passage | InputType::Document) => TextRole::Passage,
    };
    let vectors = embedder.embed(Embed { texts, role }).await?;
    // Whoever asked for any model asked before it was loaded.
    let model = embedder.status().model.map_or(model, |loaded| loaded.id);
    let own = vectors.embedded.dimensions;
    let wanted = request.dimensions.map(|wanted| usize::try_from(wanted.0).unwrap_or(0));
    if let Some(wanted) = wanted.filter(|wanted| *wanted != own) {
        let msg = format!("must be {own}, which the model's vectors have, not {wanted}");
        return Err(Failure::unsupported("dimensions", msg));
    }
    Ok(Json(written(model, &vectors, request.encoding_format)))
}

fn written(model: String, vectors: &Vectors, format: Option<EncodingFormat>) -> Embeddings {
    let embedding = |(index, vector): (usize, &[f32])| Embedding {
        object: "embedding",
        index,
        vector: match format {
            None | Some(EncodingFormat::Float) => Written::Numbers(vector.to_vec()),
            Some(EncodingFormat::Base64) => {
                let bytes: Vec<u8> =
                    vector.iter().flat_map(|number| number.to_le_bytes()).collect();
                Written::Base64(STANDARD.encode(bytes))
            }
        },
        truncated: vectors.embedded.truncated.contains(&index),
    };
    let tokens = vectors.embedded.tokens.iter().sum();
    Embeddings {
        object: "list",
        data: vectors.iter().enumerate().map(embedding).collect(),
        model,
        usage: EmbeddingUsage { prompt_tokens: tokens, total_tokens: tokens },
    }
}
