//! Whole files: fonts of each kind, pages that are turned, and what a file calls itself.

use super::read;
use std::fmt::Write;

/// A PDF of these objects, the first of which is its catalogue; each may have a stream.
fn file(objects: &[(&str, &str)], trailer: &str) -> Vec<u8> {
    let mut written = "%PDF-1.7\n".to_owned();
    for (number, (dict, stream)) in (1..).zip(objects) {
        let length = stream.len();
        writeln!(written, "{number} 0 obj\n<< {dict} /Length {length} >>").unwrap();
        if length > 0 {
            writeln!(written, "stream\n{stream}\nendstream").unwrap();
        }
        writeln!(written, "endobj").unwrap();
    }
    // Without a table of objects: they are found, as in a damaged file.
    write!(written, "trailer\n<< /Root 1 0 R {trailer} >>\n%%EOF").unwrap();
    written.into_bytes()
}

/// A file of one page, shown with one font.
fn page(font: &str, more: &[(&str, &str)], operators: &str, page: &str) -> Vec<u8> {
    let page = format!(
        "/Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> {page}"
    );
    let mut objects = vec![
        ("/Type /Catalog /Pages 2 0 R", ""),
        ("/Type /Pages /Kids [3 0 R] /Count 1", ""),
        (page.as_str(), ""),
        ("", operators),
        (font, ""),
    ];
    objects.extend(more);
    file(&objects, "")
}

const WIN: &str = "/Type /Font /Subtype /TrueType /BaseFont /Arial /Encoding /WinAnsiEncoding";

#[track_caller]
fn reads(document: Vec<u8>, expected: &str) {
    assert_eq!(read(document, 9).unwrap().text, expected);
}

#[test]
fn letters_are_known_by_encoding_differences_and_map() {
    reads(page(WIN, &[], "BT /F1 10 Tf 72 700 Td (Gr\\374\\337e) Tj ET", ""), "Grüße");
    let named =
        "/Type /Font /Subtype /Type1 /BaseFont /X /Encoding << /Differences [1 /A /fi 65 /Euro] >>";
    reads(page(named, &[], "BT /F1 10 Tf 72 700 Td (\\001\\002AB) Tj ET", ""), "Afi€B");
    let composite = "/Type /Font /Subtype /Type0 /BaseFont /Y /Encoding /Identity-H /DescendantFonts [6 0 R] /ToUnicode 7 0 R";
    let below = "/Type /Font /Subtype /CIDFontType2 /BaseFont /Y /DW 600 /W [3 [500 500] 9 12 700]";
    let map = "begincmap 1 begincodespacerange <0000> <ffff> endcodespacerange \
               2 beginbfchar <0003> <00e4> <0004> <00660066> endbfchar \
               1 beginbfrange <0009> <000b> <0061> endbfrange endcmap";
    let more = [(below, ""), ("", map)];
    reads(page(composite, &more, "BT /F1 10 Tf 72 700 Td <000300040009000a> Tj ET", ""), "äffab");
}

#[test]
fn letters_that_nobody_can_tell_are_no_text() {
    let composite =
        "/Type /Font /Subtype /Type0 /BaseFont /Y /Encoding /Identity-H /DescendantFonts [6 0 R]";
    let more = [("/Type /Font /Subtype /CIDFontType2 /BaseFont /Y", "")];
    let document = page(composite, &more, "BT /F1 10 Tf 72 700 Td <000300040009> Tj ET", "");
    let refusal = read(document, 9).unwrap_err();
    assert!(refusal.code == "no_text" && refusal.message.contains("OCR"), "{refusal}");
}

#[test]
fn pages_that_are_turned_are_read_upright_and_what_is_beside_them_is_not() {
    let operators = "BT /F1 10 Tf 0 1 -1 0 300 100 Tm (first) Tj 0 -14 Td (second) Tj ET \
                     BT /F1 10 Tf 5000 700 Td (beside) Tj ET";
    reads(page(WIN, &[], operators, "/Rotate 90"), "first\nsecond");
}

#[test]
fn a_file_is_called_what_it_says_unless_that_says_nothing() {
    let titled = |title: &str| {
        let objects = [
            ("/Type /Catalog /Pages 2 0 R", ""),
            ("/Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 612 792]", ""),
            (
                "/Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >>",
                "",
            ),
            (
                "",
                "BT /F1 20 Tf 72 700 Td (Large) Tj /F1 10 Tf 0 -40 Td (small words, many of them) Tj ET",
            ),
            (WIN, ""),
            (&format!("/Title {title}"), ""),
        ];
        read(file(&objects, "/Info 6 0 R"), 9).unwrap().title
    };
    assert_eq!(titled("(The boiler)").as_deref(), Some("The boiler"));
    assert_eq!(titled("<feff00d600fc>").as_deref(), Some("Öü"));
    assert_eq!(titled("(Microsoft Word - x.doc)").as_deref(), Some("Large"));
    assert_eq!(titled("()").as_deref(), Some("Large"));
}
