//! What the codes of a PDF's font stand for, and how wide they are (ISO 32000-2, 9.5 to 9.10).
//!
//! A code's letters come from the font's `ToUnicode` map, else from the glyph names of its encoding by the Adobe Glyph List, which
//! lies beside this file.

use super::super::encoding;
use hayro_cmap::{BfString, CMap, CMapName};
use hayro_syntax::object::{Array, Dict, Name, Number, Object, Stream};
use std::{collections::HashMap, sync::LazyLock};

/// The Adobe Glyph List, sorted by name.
static GLYPHS: LazyLock<Vec<(&str, &str)>> = LazyLock::new(|| {
    let lines = include_str!("glyphlist.txt").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once(';')).collect()
});

/// Where Adobe's standard encoding differs from ASCII.
const STANDARD: &[(u8, char)] = &[
    (0x27, '’'),
    (0x60, '‘'),
    (0xa1, '¡'),
    (0xa2, '¢'),
    (0xa3, '£'),
    (0xa4, '⁄'),
    (0xa5, '¥'),
    (0xa6, 'ƒ'),
    (0xa7, '§'),
    (0xa8, '¤'),
    (0xa9, '\''),
    (0xaa, '“'),
    (0xab, '«'),
    (0xac, '‹'),
    (0xad, '›'),
    (0xae, 'ﬁ'),
    (0xaf, 'ﬂ'),
    (0xb1, '–'),
    (0xb2, '†'),
    (0xb3, '‡'),
    (0xb4, '·'),
    (0xb6, '¶'),
    (0xb7, '•'),
    (0xb8, '‚'),
    (0xb9, '„'),
    (0xba, '”'),
    (0xbb, '»'),
    (0xbc, '…'),
    (0xbd, '‰'),
    (0xbf, '¿'),
    (0xc1, '`'),
    (0xc2, '´'),
    (0xc3, 'ˆ'),
    (0xc4, '˜'),
    (0xc5, '¯'),
    (0xc6, '˘'),
    (0xc7, '˙'),
    (0xc8, '¨'),
    (0xca, '˚'),
    (0xcb, '¸'),
    (0xcd, '˝'),
    (0xce, '˛'),
    (0xcf, 'ˇ'),
    (0xd0, '—'),
    (0xe1, 'Æ'),
    (0xe3, 'ª'),
    (0xe8, 'Ł'),
    (0xe9, 'Ø'),
    (0xea, 'Œ'),
    (0xeb, 'º'),
    (0xf1, 'æ'),
    (0xf5, 'ı'),
    (0xf8, 'ł'),
    (0xf9, 'ø'),
    (0xfa, 'œ'),
    (0xfb, 'ß'),
];

/// A range of a composite font's widths is no longer than there are codes of two bytes.
const LONGEST_RANGE: u32 = 1 << 16;

/// A font, as far as text needs it.
pub(super) struct Font {
    /// Whether its name says that it is bold.
    pub(super) bold: bool,
    to_unicode: Option<CMap>,
    codes: Codes,
    /// What a width of 1 is, next to the size of the font.
    unit: f64,
}

enum Codes {
    /// One byte each.
    Simple { letters: Vec<Option<String>>, widths: Vec<f64> },
    /// One byte or more each, which stand for numbers of glyphs.
    Composite { encoding: Option<Box<CMap>>, unicode: bool, widths: HashMap<u32, f64>, usual: f64 },
}

/// A code of a text, read.
pub(super) struct Letter {
    /// What it stands for; nothing if the font does not say.
    pub(super) text: Option<String>,
    /// How far it moves on, next to the size of the font.
    pub(super) width: f64,
    /// Whether it is the one-byte code 32, which word spacing applies to.
    pub(super) space: bool,
}

impl Font {
    pub(super) fn read(dict: &Dict<'_>) -> Self {
        let subtype = name(dict, b"Subtype");
        let base_font = name(dict, b"BaseFont");
        let to_unicode = dict.get::<Stream<'_>>(b"ToUnicode").and_then(|stream| cmap(&stream));
        let unit = match dict.get::<[f64; 6]>(b"FontMatrix") {
            Some(matrix) if subtype == "Type3" => matrix[0].abs(),
            _ => 0.001,
        };
        let codes =
            if subtype == "Type0" { composite(dict) } else { simple(dict, &subtype, &base_font) };
        let bold =
            ["Bold", "bold", "Black", "Heavy", "CMBX"].iter().any(|it| base_font.contains(it));
        Self { bold, to_unicode, codes, unit }
    }

    /// Reads the codes of a text, one after another.
    pub(super) fn letters(&self, bytes: &[u8], mut each: impl FnMut(Letter)) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let (code, length) = self.code(rest);
            let (text, width) = match &self.codes {
                Codes::Simple { letters, widths } => {
                    (letters[code as usize & 0xff].clone(), widths[code as usize & 0xff])
                }
                Codes::Composite { encoding, unicode, widths, usual } => {
                    let glyph = encoding
                        .as_ref()
                        .and_then(|map| {
                            map.lookup_cid_code(code, u8::try_from(length).unwrap_or(1))
                        })
                        .unwrap_or(code);
                    let text = unicode.then(|| char::from_u32(code)).flatten().map(String::from);
                    (text, widths.get(&glyph).copied().unwrap_or(*usual))
                }
            };
            let text = self.mapped(code).or(text);
            each(Letter { text, width: width * self.unit, space: length == 1 && code == 32 });
            rest = &rest[length.min(rest.len())..];
        }
    }

    /// Returns the next code, and how many bytes it has.
    fn code(&self, bytes: &[u8]) -> (u32, usize) {
        let Codes::Composite { encoding, .. } = &self.codes else {
            return (u32::from(bytes[0]), 1);
        };
        let pair = || match bytes {
            [high, low, ..] => (u32::from(*high) << 8 | u32::from(*low), 2),
            _ => (u32::from(bytes[0]), 1),
        };
        let Some(map) = encoding else { return pair() };
        let mut code = 0;
        for (length, byte) in (1..=4_u8).zip(bytes) {
            code = code << 8 | u32::from(*byte);
            if map.lookup_cid_code(code, length).is_some() {
                return (code, usize::from(length));
            }
        }
        pair()
    }

    fn mapped(&self, code: u32) -> Option<String> {
        let text = match self.to_unicode.as_ref()?.lookup_bf_string(code)? {
            BfString::Char(letter) => letter.to_string(),
            BfString::String(text) => text,
        };
        let says = !text.is_empty() && !text.contains(['\0', char::REPLACEMENT_CHARACTER]);
        says.then_some(text)
    }
}

fn cmap(stream: &Stream<'_>) -> Option<CMap> {
    CMap::parse(&stream.decoded_data().ok()?, |_: CMapName<'_>| None)
}

fn name(dict: &Dict<'_>, key: &[u8]) -> String {
    dict.get::<Name<'_>>(key).map(|name| name.as_str().to_owned()).unwrap_or_default()
}

fn composite(dict: &Dict<'_>) -> Codes {
    let below = dict.get::<Array<'_>>(b"DescendantFonts");
    let below = below.and_then(|fonts| fonts.iter::<Dict<'_>>().next()).unwrap_or_default();
    let named = name(dict, b"Encoding");
    let encoding =
        dict.get::<Stream<'_>>(b"Encoding").and_then(|stream| cmap(&stream)).map(Box::new);
    let mut widths = HashMap::new();
    let listed = below.get::<Array<'_>>(b"W");
    let mut listed = listed.iter().flat_map(Array::iter::<Object<'_>>);
    while let Some(first) = listed.next().and_then(number) {
        match listed.next() {
            Some(Object::Array(each)) => {
                let each = each.iter::<Number>().map(|width| width.as_f64());
                widths.extend((whole(first)..).zip(each));
            }
            Some(last) => {
                let (Some(last), Some(width)) = (number(last), listed.next().and_then(number))
                else {
                    break;
                };
                let range =
                    whole(first)..=whole(last).min(whole(first).saturating_add(LONGEST_RANGE));
                widths.extend(range.map(|glyph| (glyph, width)));
            }
            None => break,
        }
    }
    let usual = below.get::<Number>(b"DW").map_or(1000.0, |width| width.as_f64());
    // The codes of these are UTF-16.
    let unicode = named.starts_with("Uni") && (named.contains("UCS2") || named.contains("UTF16"));
    Codes::Composite { encoding, unicode, widths, usual }
}

fn number(object: Object<'_>) -> Option<f64> {
    object.into_number().map(|number| number.as_f64())
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the cast saturates")]
fn whole(number: f64) -> u32 {
    number as u32
}

fn simple(dict: &Dict<'_>, subtype: &str, base_font: &str) -> Codes {
    let descriptor = dict.get::<Dict<'_>>(b"FontDescriptor").unwrap_or_default();
    let described = dict.get::<Dict<'_>>(b"Encoding");
    let named =
        described.as_ref().map_or_else(|| name(dict, b"Encoding"), |it| name(it, b"BaseEncoding"));
    let mut letters: Vec<Option<String>> = match named.as_str() {
        "WinAnsiEncoding" => table(encoding_rs::WINDOWS_1252),
        "MacRomanEncoding" => table(encoding_rs::MACINTOSH),
        _ if subtype == "TrueType" => table(encoding_rs::WINDOWS_1252),
        _ => standard(),
    };
    if named.is_empty()
        && let Some(program) = descriptor.get::<Stream<'_>>(b"FontFile")
        && let Ok(program) = program.decoded_data()
    {
        built_in(&program, &mut letters);
    }
    let mut code = 0_usize;
    let differences = described.and_then(|encoding| encoding.get::<Array<'_>>(b"Differences"));
    for item in differences.iter().flat_map(Array::iter::<Object<'_>>) {
        if let Object::Name(glyph) = item {
            if let Some(letter) = letters.get_mut(code) {
                *letter = by_name(glyph.as_str());
            }
            code = code.saturating_add(1);
        } else if let Some(number) = number(item) {
            code = whole(number) as usize;
        }
    }
    Codes::Simple { letters, widths: widths(dict, &descriptor, base_font) }
}

fn widths(dict: &Dict<'_>, descriptor: &Dict<'_>, base_font: &str) -> Vec<f64> {
    let Some(listed) = dict.get::<Array<'_>>(b"Widths") else {
        // One of the fourteen that every program has. Narrow letters are half as wide as others, or so.
        let narrow = |code: &u8| b" !'(),-./:;I[]`fijlrt|".contains(code);
        let width = |code| match () {
            () if base_font.contains("Courier") => 600.0,
            () if narrow(&code) => 290.0,
            () if code.is_ascii_uppercase() => 690.0,
            () => 540.0,
        };
        return (0..=255).map(width).collect();
    };
    let missing = descriptor.get::<Number>(b"MissingWidth").map_or(0.0, |width| width.as_f64());
    let first = dict.get::<Number>(b"FirstChar").map_or(0, |first| whole(first.as_f64()) as usize);
    let mut widths = vec![missing; 256];
    for (place, width) in widths.iter_mut().skip(first).zip(listed.iter::<Number>()) {
        *place = width.as_f64();
    }
    widths
}

fn table(encoding: &'static encoding_rs::Encoding) -> Vec<Option<String>> {
    (0..=255).map(|code| encoding::letter(encoding, code)).collect()
}

fn standard() -> Vec<Option<String>> {
    let mut letters: Vec<Option<String>> = (0..=255_u8)
        .map(|code| (32..127).contains(&code).then(|| char::from(code).to_string()))
        .collect();
    for (code, letter) in STANDARD {
        letters[usize::from(*code)] = Some(letter.to_string());
    }
    letters
}

/// Reads the encoding in the clear part of a Type 1 font: lines such as `dup 65 /A put`.
fn built_in(program: &[u8], letters: &mut [Option<String>]) {
    let clear = program.windows(5).position(|window| window == b"eexec").unwrap_or(program.len());
    let clear = String::from_utf8_lossy(&program[..clear]);
    let mut words = clear.split_whitespace();
    while let Some(word) = words.next() {
        if word == "dup"
            && let Some(code) = words.next().and_then(|code| code.parse::<usize>().ok())
            && let Some(glyph) = words.next().and_then(|glyph| glyph.strip_prefix('/'))
            && let Some(letter) = letters.get_mut(code)
        {
            *letter = by_name(glyph);
        }
    }
}

/// Returns what a glyph's name stands for (Adobe Glyph List Specification, 2).
fn by_name(glyph: &str) -> Option<String> {
    let plain = glyph.split('.').next().filter(|plain| !plain.is_empty())?;
    let mut text = String::new();
    for part in plain.split('_') {
        if let Ok(at) = GLYPHS.binary_search_by_key(&part, |(name, _)| name) {
            text.extend(GLYPHS[at].1.split(' ').filter_map(hexadecimal));
        } else if let Some(units) = part.strip_prefix("uni").filter(|units| units.len() >= 4) {
            let units = units.as_bytes().chunks_exact(4);
            text.extend(units.filter_map(|unit| hexadecimal(str::from_utf8(unit).ok()?)));
        } else {
            text.extend(part.strip_prefix('u').filter(|it| it.len() >= 4).and_then(hexadecimal));
        }
    }
    (!text.is_empty()).then_some(text)
}

fn hexadecimal(digits: &str) -> Option<char> {
    u32::from_str_radix(digits, 16).ok().and_then(char::from_u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn glyphs_are_known_by_their_names() {
        for (name, text) in [
            ("A", "A"),
            ("Adieresis", "Ä"),
            ("f_f_i", "ffi"),
            ("ffi", "ﬃ"),
            ("a.sc", "a"),
            ("uni00E4", "ä"),
            ("u1F600", "😀"),
            ("afii10017", "А"),
            ("dalethatafpatah", "דֲ"),
        ] {
            assert_eq!(by_name(name).as_deref(), Some(text), "{name}");
        }
        for name in [".notdef", "g42", "uniXYZW", ""] {
            assert_eq!(by_name(name), None, "{name}");
        }
    }

    #[test]
    fn a_type_1_font_says_itself_what_its_codes_are() {
        let mut letters = standard();
        built_in(
            b"/Encoding 256 array\ndup 1 /alpha put\ndup 300 /A put\neexec dup 2 /B put",
            &mut letters,
        );
        assert_eq!((letters[1].as_deref(), letters[2].as_deref()), (Some("α"), None));
        assert_eq!(letters[0x27].as_deref(), Some("’"));
    }
}
