//! Bytes ↔ frames: the one codec that both sides of a worker's pipes use.
//!
//! ```text
//! ┌───────────────┬────────────────┬──────────────┬───────────────┐
//! │ header length │ payload length │ header: JSON │ payload: bytes│
//! │ u32, big end. │ u32, big end.  │ one message  │ often none    │
//! └───────────────┴────────────────┴──────────────┴───────────────┘
//! ```
//!
//! Both lengths are checked before anything is kept, and nothing is reserved because a length was announced: memory
//! grows only with bytes that came. *Incomplete* is not an error; it is [`None`], until the stream ends.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use serde::{Serialize, de::DeserializeOwned};
use std::{io, marker::PhantomData};
use tokio_util::codec::{Decoder, Encoder};

/// The two lengths before every frame.
const PREFIX_BYTES: usize = 8;

/// The longest header: a request body of 1 MiB, the default limit, with every byte escaped as `\u0000`, and some room.
pub const MAX_HEADER_BYTES: usize = 8 << 20;

/// The longest payload: four minutes of 16 kHz sound in 32-bit samples.
pub const MAX_PAYLOAD_BYTES: usize = 16 << 20;

/// A message and the bytes that go with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame<T> {
    /// What is said.
    pub message: T,
    /// What is said it about: sound, vectors; empty for text.
    pub payload: Bytes,
}

impl<T> Frame<T> {
    /// Returns the message of a frame that has no payload.
    pub fn bare(self) -> Result<T, FrameError> {
        match self.payload.len() {
            0 => Ok(self.message),
            length => Err(FrameError::UnexpectedPayload(length)),
        }
    }
}

impl<T> From<T> for Frame<T> {
    fn from(message: T) -> Self {
        Self { message, payload: Bytes::new() }
    }
}

/// One way for a frame to be wrong. None of them carries content, for it goes to logs.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The header is longer than any message can be.
    #[error("a frame's header is {0} bytes long; the longest is {MAX_HEADER_BYTES}")]
    HeaderTooLong(usize),
    /// The payload is longer than any message can carry.
    #[error("a frame's payload is {0} bytes long; the longest is {MAX_PAYLOAD_BYTES}")]
    PayloadTooLong(usize),
    /// The header is not JSON.
    #[error("a frame's header is not JSON at byte {column}")]
    NotJson {
        /// Where it stops being JSON.
        column: usize,
    },
    /// The header is JSON, but none of the messages of this direction.
    #[error("a frame's header is no message of this protocol, at byte {column}")]
    NotAMessage {
        /// Where it stops being a message.
        column: usize,
    },
    /// The message takes no payload, but one came with it.
    #[error("a message that takes no payload came with {0} bytes of it")]
    UnexpectedPayload(usize),
    /// The stream ended in the middle of a frame.
    #[error("the stream ended within a frame, after {0} bytes of it")]
    EndedWithin(usize),
    /// The pipe failed.
    #[error("the pipe failed")]
    Pipe(#[from] io::Error),
}

/// Reads frames of `In` and writes frames of `Out`.
#[derive(Debug)]
pub struct Codec<In, Out> {
    directions: PhantomData<fn(Out) -> In>,
}

impl<In, Out> Default for Codec<In, Out> {
    fn default() -> Self {
        Self { directions: PhantomData }
    }
}

impl<In: DeserializeOwned, Out> Decoder for Codec<In, Out> {
    type Item = Frame<In>;
    type Error = FrameError;

    fn decode(&mut self, bytes: &mut BytesMut) -> Result<Option<Frame<In>>, FrameError> {
        let Some(mut prefix) = bytes.get(..PREFIX_BYTES) else { return Ok(None) };
        let header = announced(&mut prefix, MAX_HEADER_BYTES, FrameError::HeaderTooLong)?;
        let payload = announced(&mut prefix, MAX_PAYLOAD_BYTES, FrameError::PayloadTooLong)?;
        if bytes.len() < PREFIX_BYTES + header + payload {
            return Ok(None);
        }
        bytes.advance(PREFIX_BYTES);
        let message = parse(&bytes.split_to(header))?;
        Ok(Some(Frame { message, payload: bytes.split_to(payload).freeze() }))
    }

    fn decode_eof(&mut self, bytes: &mut BytesMut) -> Result<Option<Frame<In>>, FrameError> {
        match self.decode(bytes)? {
            None if !bytes.is_empty() => Err(FrameError::EndedWithin(bytes.len())),
            decoded => Ok(decoded),
        }
    }
}

impl<In, Out: Serialize> Encoder<Frame<Out>> for Codec<In, Out> {
    type Error = FrameError;

    fn encode(&mut self, frame: Frame<Out>, bytes: &mut BytesMut) -> Result<(), FrameError> {
        let start = bytes.len();
        bytes.put_bytes(0, PREFIX_BYTES);
        serde_json::to_writer(bytes.writer(), &frame.message).map_err(io::Error::from)?;
        let header = bytes.len() - start - PREFIX_BYTES;
        let lengths = fitting(header, MAX_HEADER_BYTES, FrameError::HeaderTooLong).and_then(|h| {
            let p = fitting(frame.payload.len(), MAX_PAYLOAD_BYTES, FrameError::PayloadTooLong)?;
            Ok((h, p))
        });
        match lengths {
            Ok((header, payload)) => {
                let mut prefix = &mut bytes[start..start + PREFIX_BYTES];
                prefix.put_u32(header);
                prefix.put_u32(payload);
                bytes.extend_from_slice(&frame.payload);
                Ok(())
            }
            Err(error) => {
                bytes.truncate(start);
                Err(error)
            }
        }
    }
}

fn announced(
    prefix: &mut &[u8],
    limit: usize,
    too_long: fn(usize) -> FrameError,
) -> Result<usize, FrameError> {
    let length = usize::try_from(prefix.get_u32()).unwrap_or(usize::MAX);
    if length > limit { Err(too_long(length)) } else { Ok(length) }
}

fn fitting(
    length: usize,
    limit: usize,
    too_long: fn(usize) -> FrameError,
) -> Result<u32, FrameError> {
    u32::try_from(length).ok().filter(|_| length <= limit).ok_or_else(|| too_long(length))
}

/// Parses a header; of a failure only the kind and place are kept, for serde quotes what it read.
fn parse<T: DeserializeOwned>(header: &[u8]) -> Result<T, FrameError> {
    use serde_json::error::Category;
    serde_json::from_slice(header).map_err(|error| match error.classify() {
        Category::Data => FrameError::NotAMessage { column: error.column() },
        Category::Syntax | Category::Eof | Category::Io => {
            FrameError::NotJson { column: error.column() }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::{super::protocol::*, *};
    use crate::foundation::values::{Redacted, RequestId};
    use proptest::prelude::*;

    type CoreSide = Codec<FromWorker, ToWorker>;
    type WorkerSide = Codec<ToWorker, FromWorker>;

    fn prefixed(header: &[u8], payload: &[u8]) -> BytesMut {
        let mut bytes = BytesMut::new();
        bytes.put_u32(u32::try_from(header.len()).unwrap());
        bytes.put_u32(u32::try_from(payload.len()).unwrap());
        bytes.extend_from_slice(header);
        bytes.extend_from_slice(payload);
        bytes
    }

    fn decoded(mut bytes: BytesMut) -> Result<Option<Frame<ToWorker>>, FrameError> {
        WorkerSide::default().decode(&mut bytes)
    }

    fn announcing(header: u32, payload: u32) -> BytesMut {
        let mut bytes = BytesMut::new();
        bytes.put_u32(header);
        bytes.put_u32(payload);
        bytes
    }

    #[test]
    fn an_announced_header_over_the_limit_is_refused_before_it_comes() {
        let length = u32::try_from(MAX_HEADER_BYTES).unwrap() + 1;
        let error = decoded(announcing(length, 0)).unwrap_err();
        assert!(matches!(error, FrameError::HeaderTooLong(n) if n == MAX_HEADER_BYTES + 1));
        assert!(matches!(
            decoded(announcing(u32::MAX, u32::MAX)),
            Err(FrameError::HeaderTooLong(_))
        ));
    }

    #[test]
    fn an_announced_payload_over_the_limit_is_refused_before_it_comes() {
        let length = u32::try_from(MAX_PAYLOAD_BYTES).unwrap() + 1;
        assert!(matches!(decoded(announcing(2, length)), Err(FrameError::PayloadTooLong(_))));
    }

    #[test]
    fn a_length_at_the_limit_is_waited_for_without_reserving_it() {
        let mut bytes = announcing(u32::try_from(MAX_HEADER_BYTES).unwrap(), 0);
        assert!(WorkerSide::default().decode(&mut bytes).unwrap().is_none());
        assert!(bytes.capacity() < 1 << 16);
    }

    #[test]
    fn a_header_that_is_not_json_is_named_by_its_place_and_not_quoted() {
        let error = decoded(prefixed(br#"{"type": secret"#, b"")).unwrap_err();
        assert!(matches!(error, FrameError::NotJson { .. }), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("secret"));
        assert!(matches!(decoded(prefixed(b"", b"")), Err(FrameError::NotJson { .. })));
        assert!(matches!(decoded(prefixed(b"\xff\xfe", b"")), Err(FrameError::NotJson { .. })));
        assert!(matches!(
            decoded(prefixed(b"{} {}", b"")),
            Err(FrameError::NotAMessage { .. } | FrameError::NotJson { .. })
        ));
    }

    #[test]
    fn a_header_that_is_no_message_is_named_by_its_place_and_not_quoted() {
        for header in [
            r#"{"type":"secret"}"#,
            r#"{"type":"hello"}"#,
            r#"{"type":"hello","protocol":"secret","threads":1}"#,
            r#"{"type":"hello","protocol":-1,"threads":1}"#,
            r#"{"type":"cancel","id":"secret"}"#,
            r#"["secret"]"#,
            "null",
        ] {
            let error = decoded(prefixed(header.as_bytes(), b"")).unwrap_err();
            assert!(matches!(error, FrameError::NotAMessage { .. }), "{header}: {error:?}");
            assert!(!format!("{error} {error:?}").contains("secret"));
        }
    }

    #[test]
    fn a_payload_where_none_belongs_is_refused() {
        let hello = br#"{"type":"hello","protocol":1,"threads":2}"#;
        let frame = decoded(prefixed(hello, b"abc")).unwrap().unwrap();
        assert!(matches!(frame.bare(), Err(FrameError::UnexpectedPayload(3))));
        assert!(decoded(prefixed(hello, b"")).unwrap().unwrap().bare().is_ok());
    }

    #[test]
    fn a_stream_that_ends_within_a_frame_says_so_and_one_that_ends_between_frames_is_well() {
        let whole = prefixed(br#"{"type":"hello","protocol":1,"threads":2}"#, b"");
        for length in 1..whole.len() {
            let mut cut = BytesMut::from(&whole[..length]);
            let mut codec = WorkerSide::default();
            assert!(codec.decode(&mut cut).unwrap().is_none(), "{length} bytes are incomplete");
            let error = codec.decode_eof(&mut cut).unwrap_err();
            assert!(matches!(error, FrameError::EndedWithin(n) if n == length));
        }
        let mut codec = WorkerSide::default();
        let mut bytes = whole;
        assert!(codec.decode_eof(&mut bytes).unwrap().is_some());
        assert!(codec.decode_eof(&mut bytes).unwrap().is_none());
    }

    #[test]
    fn a_message_too_long_to_send_is_refused_and_leaves_the_stream_clean() {
        let text = Redacted("x".repeat(MAX_HEADER_BYTES));
        let token = FromWorker::Token { id: RequestId::new(), text, engine_ns: 0 };
        let mut bytes = BytesMut::from(&b"before"[..]);
        let error = WorkerSide::default().encode(token.into(), &mut bytes).unwrap_err();
        assert!(matches!(error, FrameError::HeaderTooLong(_)));
        assert_eq!(&bytes[..], b"before");

        let payload = Bytes::from(vec![0; MAX_PAYLOAD_BYTES + 1]);
        let frame = Frame { message: FromWorker::from_refusal("x"), payload };
        let error = WorkerSide::default().encode(frame, &mut bytes).unwrap_err();
        assert!(matches!(error, FrameError::PayloadTooLong(_)));
        assert_eq!(&bytes[..], b"before");
    }

    impl FromWorker {
        fn from_refusal(code: &str) -> Self {
            Self::Refused { refusal: Refusal { code: code.to_owned(), message: String::new() } }
        }
    }

    fn to_worker() -> impl Strategy<Value = ToWorker> {
        let id = || any::<u128>().prop_map(|bits| RequestId(uuid::Uuid::from_u128(bits)));
        let message = (".{0,8}", any::<String>())
            .prop_map(|(role, content)| ChatMessage::new(&role, content));
        let sampling =
            (any::<Option<u64>>(), proptest::option::of(0f32..2.0), any::<Option<u32>>()).prop_map(
                |(seed, temperature, top_k)| Sampling {
                    seed,
                    temperature,
                    top_k: top_k.map(|k| k as usize),
                    ..Sampling::default()
                },
            );
        let generate = (proptest::collection::vec(message, 0..4), sampling, any::<u32>()).prop_map(
            |(messages, sampling, max_tokens)| Generate {
                prompt: None,
                messages,
                sampling,
                max_tokens: max_tokens as usize,
                stop: vec!["\u{0}\"\n".to_owned().into()],
                tools: Some(serde_json::json!([{"name": "é"}])),
                top_logprobs: None,
                format: Some(Format::JsonSchema(serde_json::json!({"type": "é"}))),
            },
        );
        prop_oneof![
            (any::<u32>(), 0..1024usize)
                .prop_map(|(protocol, threads)| ToWorker::Hello { protocol, threads }),
            (id(), any::<u64>(), generate).prop_map(|(id, deadline_ms, request)| {
                ToWorker::Work { id, deadline_ms, work: Work::Generate(Box::new(request)) }
            }),
            (id(), proptest::collection::vec(any::<String>(), 0..4)).prop_map(|(id, texts)| {
                let texts = texts.into_iter().map(Redacted).collect();
                let work = Work::Embed(Embed { texts, role: TextRole::Query });
                ToWorker::Work { id, deadline_ms: 1, work }
            }),
            id().prop_map(|id| ToWorker::Cancel { id }),
        ]
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_whatever_the_pipe_cuts_it_into(
            frames in proptest::collection::vec(
                (to_worker(), proptest::collection::vec(any::<u8>(), 0..300)), 0..5),
            cuts in proptest::collection::vec(1usize..97, 1..20),
        ) {
            let frames: Vec<_> = frames
                .into_iter()
                .map(|(message, payload)| Frame { message, payload: payload.into() })
                .collect();
            let mut sent = BytesMut::new();
            for frame in &frames {
                CoreSide::default().encode(frame.clone(), &mut sent).unwrap();
            }
            let (mut received, mut read, mut codec) = (BytesMut::new(), Vec::new(), WorkerSide::default());
            for cut in cuts.iter().cycle() {
                received.extend_from_slice(&sent.split_to((*cut).min(sent.len())));
                while let Some(frame) = codec.decode(&mut received).unwrap() {
                    read.push(frame);
                }
                if sent.is_empty() {
                    break;
                }
            }
            prop_assert!(codec.decode_eof(&mut received).unwrap().is_none());
            prop_assert_eq!(read, frames);
        }
    }

    // The fuzzer that runs with every `cargo test`; `PROPTEST_CASES=10000000` makes it run for as long as one likes.
    proptest! {
        #![proptest_config(ProptestConfig {
            cases: fuzz_cases(),
            ..ProptestConfig::default()
        })]

        #[test]
        fn whatever_bytes_come_a_frame_never_panics_nor_takes_more_than_its_limits(
            bytes in hostile_bytes(),
        ) {
            let fed = bytes.len();
            let mut bytes = BytesMut::from(&bytes[..]);
            let mut codec = CoreSide::default();
            let mut frames = 0;
            while let Ok(Some(frame)) = codec.decode(&mut bytes) {
                prop_assert!(frame.payload.len() <= MAX_PAYLOAD_BYTES);
                frames += 1;
                prop_assert!(frames <= fed / PREFIX_BYTES, "every frame takes bytes away");
            }
            prop_assert!(bytes.capacity() <= fed + 64, "nothing is reserved on an announcement");
            let _ended = codec.decode_eof(&mut bytes);
        }
    }

    /// Returns pure noise, noise behind a plausible prefix, and good frames with a few bytes turned.
    fn hostile_bytes() -> impl Strategy<Value = Vec<u8>> {
        let noise = || proptest::collection::vec(any::<u8>(), 0..600);
        let behind_a_prefix =
            (0u32..200, 0u32..200, noise()).prop_map(|(header, payload, noise)| {
                let mut bytes = announcing(header, payload).to_vec();
                bytes.extend(noise);
                bytes
            });
        let header = prop_oneof![
            Just(r#"{"type":"ready","protocol":1,"model":{}}"#.to_owned()),
            Just(r#"{"type":"refused","refusal":{"code":"a","message":"b"}}"#.to_owned()),
            Just(r#"{"type":"token","id":"018f0000-0000-7000-8000-000000000000","text":"a","engine_ns":1}"#.to_owned()),
            "\\PC{0,80}",
        ];
        let turned = (
            proptest::collection::vec(header, 1..4),
            proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..4),
        )
            .prop_map(|(headers, turns)| {
                let mut bytes: Vec<u8> =
                    headers.iter().flat_map(|h| prefixed(h.as_bytes(), b"pay").to_vec()).collect();
                for (index, byte) in turns {
                    let index = index.index(bytes.len());
                    bytes[index] = byte;
                }
                bytes
            });
        prop_oneof![noise(), behind_a_prefix, turned]
    }

    /// Returns what `PROPTEST_CASES` says, if that is more than goes with every run.
    fn fuzz_cases() -> u32 {
        ProptestConfig::default().cases.max(4_000)
    }
}
