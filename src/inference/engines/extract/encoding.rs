//! Tells how bytes are meant as letters.
//!
//! In this order: a byte order mark; UTF-8, if they are valid; what an HTML document declares; else the legacy encoding that the
//! bytes look most like (`chardetng`, the detector that Firefox uses). What is no text in that encoding either is refused.

use super::super::{super::workers::Refusal, refusal};
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8};
use std::borrow::Cow;

/// A document declares its encoding within so many bytes (HTML Standard, "prescan a byte stream").
const PRESCAN: usize = 1024;

/// Of so many characters one may be a control character or unknown; more of them, and it is no text.
const ONE_IN: usize = 500;

/// Returns the text that bytes stand for.
pub(super) fn decode<'b>(
    bytes: &'b [u8],
    declared: Option<&'static Encoding>,
) -> Result<Cow<'b, str>, Refusal> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return checked(encoding.decode_without_bom_handling(&bytes[mark..]).0);
    }
    if let Ok(text) = str::from_utf8(bytes) {
        return checked(text.into());
    }
    let encoding = declared.filter(|declared| *declared != UTF_8).unwrap_or_else(|| {
        let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
        detector.feed(bytes, true);
        detector.guess(None, Utf8Detection::Deny)
    });
    checked(encoding.decode_without_bom_handling(bytes).0)
}

/// Returns the encoding that an HTML document says it has.
pub(super) fn declared(document: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(&document[..document.len().min(PRESCAN)]).to_lowercase();
    let after =
        head.split("charset").skip(1).find_map(|after| after.trim_start().strip_prefix('='))?;
    let label = after.trim_start().trim_start_matches(['"', '\'']);
    let end = label.find(['"', '\'', ' ', '>', ';', '/']).unwrap_or(label.len());
    Encoding::for_label(&label.as_bytes()[..end])
}

/// Returns the letter of a code in an encoding of one byte.
pub(super) fn letter(encoding: &'static Encoding, code: u8) -> Option<String> {
    let bytes = [code];
    let (text, wrong) = encoding.decode_without_bom_handling(&bytes);
    let shown = !wrong && !text.chars().any(char::is_control);
    shown.then(|| text.into_owned())
}

/// Returns a string of a PDF's metadata: UTF-16 or UTF-8 with its mark, else nearly Latin-1 (ISO 32000-2, 7.9.2.2).
pub(super) fn pdf_text(bytes: &[u8]) -> String {
    let (encoding, mark) = Encoding::for_bom(bytes).unwrap_or((encoding_rs::WINDOWS_1252, 0));
    encoding.decode_without_bom_handling(&bytes[mark..]).0.into_owned()
}

/// Returns a text if it is one.
fn checked(text: Cow<'_, str>) -> Result<Cow<'_, str>, Refusal> {
    let strange = |letter: &char| {
        let usual = matches!(letter, '\t' | '\n' | '\r' | '\u{c}');
        *letter == char::REPLACEMENT_CHARACTER || (letter.is_control() && !usual)
    };
    let count = text.chars().filter(strange).count();
    if count * ONE_IN > text.chars().count() {
        return Err(refusal("not_text", "is not text in any encoding that can be told"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn decoded(bytes: &[u8]) -> String {
        decode(bytes, declared(bytes)).unwrap().into_owned()
    }

    #[test]
    fn latin_1_and_its_relatives_are_told_by_their_letters() {
        assert_eq!(
            decoded(b"Gr\xfc\xdfe aus K\xf6ln, sch\xf6ne Stra\xdfe."),
            "Grüße aus Köln, schöne Straße."
        );
        assert_eq!(decoded(b"L'\xe9t\xe9 \xe0 la mer, d\xe9j\xe0 vu."), "L'été à la mer, déjà vu.");
        // Windows-1252 is what most such files are: quotes and the euro are where Latin-1 has none.
        assert_eq!(decoded(b"It costs \x80 5, \x93please\x94."), "It costs € 5, “please”.");
        let russian =
            encoding_rs::WINDOWS_1251.encode("Привет, это обычный текст на русском языке.").0;
        assert_eq!(decoded(&russian), "Привет, это обычный текст на русском языке.");
    }

    #[test]
    fn a_mark_or_a_declaration_decides() {
        assert_eq!(decoded(b"\xff\xfeH\0\xfc\0"), "Hü");
        assert_eq!(decoded(b"\xfe\xff\0H\0\xfc"), "Hü");
        assert_eq!(decoded(b"\xef\xbb\xbfH\xc3\xbc"), "Hü");
        let greek = b"<meta http-equiv=Content-Type content='text/html; charset=iso-8859-7'>\xe1";
        assert!(decoded(greek).ends_with('α'));
        assert!(decoded(b"<meta charset=\"koi8-r\">\xc1").ends_with('а'));
        // It says UTF-8 and is not: the bytes are believed.
        assert!(decoded(b"<meta charset=utf-8>Gr\xfc\xdfe").ends_with("Grüße"));
    }

    #[test]
    fn what_is_no_text_is_refused() {
        let noise: Vec<u8> =
            (0..4000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        for bytes in [&noise[..], b"\xff\xfe\0\0\x01\0\xff", b"PK\x03\x04\x14\0\0\0\x08\0"] {
            assert_eq!(decode(bytes, None).unwrap_err().code, "not_text");
        }
    }
}
