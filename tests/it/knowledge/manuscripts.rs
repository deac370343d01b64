//! Documents that are no UTF-8 text: what becomes of them, what is refused and why, and that nothing gets out of what reads them.

use super::{Shelf, extractor, options};
use ladylinux::{
    foundation::settings,
    inference::{
        engines::extract::attempts,
        workers::{ExtractError, Extracted, Manuscript},
    },
    knowledge::{LearnReport, Place, Reader, documents, learn, open},
};
use std::{fmt::Write, process::Command};

/// A PDF of these pages, each a list of lines, set in one of the fonts that every program has.
fn pdf(pages: &[&[&str]]) -> Vec<u8> {
    let streams = pages.iter().map(|lines| {
        let mut text = "BT /F1 11 Tf 72 720 Td 14 TL\n".to_owned();
        for line in *lines {
            writeln!(text, "({line}) Tj T*").unwrap();
        }
        text + "ET"
    });
    file(&streams.collect::<Vec<_>>(), "")
}

/// A PDF file whose pages have these operators, each of which may show the next page as `/X`.
fn file(pages: &[String], trailer: &str) -> Vec<u8> {
    let kids: Vec<_> = (0..pages.len()).map(|page| format!("{} 0 R", 4 + page * 2)).collect();
    let kids = kids.join(" ");
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        format!("<< /Type /Pages /Kids [{kids}] /Count {} /MediaBox [0 0 612 792] >>", pages.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    for (number, operators) in pages.iter().enumerate() {
        let content = 5 + number * 2;
        let next = 5 + (number + 1).min(pages.len() - 1) * 2;
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /Contents {content} 0 R /Resources << /Font << /F1 3 0 R >> /XObject << /X {next} 0 R >> >> >>"
        ));
        let form = format!(
            "/Subtype /Form /BBox [0 0 612 792] /Resources << /XObject << /X {next} 0 R >> >>"
        );
        let length = operators.len();
        objects.push(format!("<< /Length {length} {form} >>\nstream\n{operators}\nendstream"));
    }
    let mut written = "%PDF-1.7\n".to_owned();
    let mut places = Vec::new();
    for (number, object) in objects.iter().enumerate() {
        places.push(written.len());
        write!(written, "{} 0 obj\n{object}\nendobj\n", number + 1).unwrap();
    }
    let start = written.len();
    write!(written, "xref\n0 {}\n0000000000 65535 f \n", places.len() + 1).unwrap();
    for place in &places {
        writeln!(written, "{place:010} 00000 n ").unwrap();
    }
    let size = places.len() + 1;
    write!(written, "trailer\n<< /Size {size} /Root 1 0 R {trailer} >>\nstartxref\n{start}\n%%EOF")
        .unwrap();
    written.into_bytes()
}

async fn read(
    document: impl Into<Vec<u8>>,
    written: Manuscript,
    change: impl FnOnce(&mut settings::Extract),
) -> Result<Extracted, ExtractError> {
    extractor(change).extract(document.into().into(), written).await
}

#[track_caller]
fn refused(result: Result<Extracted, ExtractError>, says: &str) {
    let error = result.unwrap_err();
    assert!(error.to_string().contains(says), "{error}");
    assert!(error.is_about_content(), "{error:?}");
}

/// The walls of the process that reads documents hold, each of them; and each attempt is one that succeeds without walls.
#[test]
fn a_hostile_document_gets_nowhere() {
    let output = Command::new(env!("CARGO_BIN_EXE_ladylinux"))
        .args(["worker", "extract", "--try-to-escape", "--memory-bytes", "67108864"])
        .output()
        .unwrap();
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let tried = told["attempts"].as_array().unwrap();
    let outside = attempts(rustix::process::getppid(), 64 << 20);
    assert_eq!(tried.len(), outside.len());
    for (inside, outside) in tried.iter().zip(&outside) {
        assert_eq!(inside["what"], outside.what);
        assert_eq!(outside.error, None, "{}: this attempt proves nothing", outside.what);
        let said = inside["error"].as_str().unwrap_or_default();
        let denied = said.contains("not permitted") || said.contains("memory allocation failed");
        assert!(denied, "{}: {said:?}", outside.what);
    }
    assert!(output.status.success());
    if told["landlock"] == "absent" {
        crate::node::skip("Landlock", "this kernel has none; seccomp alone was proven");
    }
}

#[tokio::test]
async fn a_pdf_is_cited_with_its_page() {
    let shelf = Shelf::new();
    let guide = pdf(&[
        &["The apple harvest begins in September."],
        &[],
        &["Pears are stored in the cellar,", "below twelve degrees."],
    ]);
    shelf.file("guide.pdf", &guide);
    let report = shelf.learn(&shelf.root()).await;
    assert_eq!((report.added, report.passages), (1, 2), "{:?}", report.failed);
    let found = shelf.search("where are pears stored?", &Reader::Everyone, 1).await;
    assert_eq!(found[0].page, Some(3));
    assert_eq!(found[0].text, "Pears are stored in the cellar,\nbelow twelve degrees.");
    assert_eq!(found[0].end - found[0].start, found[0].text.len() as u64);
    let again = shelf.learn(&shelf.root()).await;
    assert_eq!((again.unchanged, again.updated), (1, 0));
}

#[tokio::test]
async fn a_citation_can_be_read_where_it_stands() {
    let shelf = Shelf::new();
    let pages: Vec<Vec<String>> =
        (1..=9).map(|page| vec![format!("Pears of row {page} are ripe in week {page}.")]).collect();
    let pages: Vec<Vec<&str>> =
        pages.iter().map(|page| page.iter().map(String::as_str).collect()).collect();
    let file = shelf.file("rows.pdf", pdf(&pages.iter().map(Vec::as_slice).collect::<Vec<_>>()));
    shelf.learn(&file).await;
    let cited = &shelf.search("when are pears of row 5 ripe?", &Reader::Everyone, 1).await[0];
    assert_eq!(cited.page, Some(5));
    let place = Place { document: cited.document.clone(), at: cited.start, before: 1, limit: 3 };
    let opened = open(&shelf.store, place.clone(), &Reader::Everyone).await.unwrap().unwrap();
    assert_eq!((opened.pages, opened.passages, opened.before), (Some(9), 9, 3));
    let shown: Vec<_> = opened.shown.iter().map(|it| (it.page, it.start == cited.start)).collect();
    assert_eq!(shown, [(Some(4), false), (Some(5), true), (Some(6), false)]);
    assert_eq!(opened.shown[1].text, cited.text);
    // At its end there is nothing more, which is an answer.
    let end = Place { at: opened.bytes, before: 0, ..place.clone() };
    let opened = open(&shelf.store, end, &Reader::Everyone).await.unwrap().unwrap();
    assert_eq!((opened.before, opened.shown.len()), (9, 0));
    // What is for one person is there for nobody else.
    shelf.learn_for(&file, Reader::from("alice")).await;
    assert_eq!(open(&shelf.store, place.clone(), &Reader::Everyone).await.unwrap(), None);
    assert_eq!(open(&shelf.store, place.clone(), &Reader::from("bob")).await.unwrap(), None);
    assert!(open(&shelf.store, place, &Reader::from("alice")).await.unwrap().is_some());
}

#[tokio::test]
async fn html_is_learned_without_its_scripts_and_below_its_headings() {
    let shelf = Shelf::new();
    shelf.file(
        "cellar.html",
        "<!doctype html><title>The cellar</title><script>steal('pears')</script><h1>Cellar</h1>\
         <h2>Pears</h2><p>Pears are kept <b>below</b> twelve degrees.",
    );
    assert_eq!(shelf.learn(&shelf.root()).await.added, 1);
    let found = shelf.search("how are pears kept?", &Reader::Everyone, 9).await;
    let pears = found.iter().find(|passage| passage.heading == "Cellar › Pears").unwrap();
    assert_eq!(pears.text, "## Pears\n\nPears are kept below twelve degrees.");
    assert_eq!((pears.title.as_str(), pears.page), ("The cellar", None));
    assert!(found.iter().all(|passage| !passage.text.contains("steal")));
}

#[tokio::test]
async fn text_in_another_encoding_is_learned_with_its_letters() {
    let shelf = Shelf::new();
    shelf.file("latin1.txt", b"Die Gr\xf6\xdfe der \xc4pfel ist wichtig.\n");
    shelf.file("utf16.txt", b"\xff\xfeB\0i\0r\0n\0e\0n\0 \0s\0\xfc\0\xdf\0");
    let report = shelf.learn(&shelf.root()).await;
    assert_eq!((report.added, report.failed), (2, vec![]));
    let found = shelf.search("Größe der Äpfel", &Reader::Everyone, 1).await;
    assert_eq!(found[0].text, "Die Größe der Äpfel ist wichtig.");
    assert_eq!(shelf.learn(&shelf.root()).await.unchanged, 2);
}

#[tokio::test]
async fn a_document_that_became_unreadable_is_not_cited_any_more() {
    let shelf = Shelf::new();
    shelf.file("a.pdf", pdf(&[&["Old words."]]));
    assert_eq!(shelf.learn(&shelf.root()).await.added, 1);
    shelf.file("a.pdf", "%PDF-1.7\nnothing else");
    let LearnReport { failed, .. } = shelf.learn(&shelf.root()).await;
    assert!(failed[0].reason.contains("not a PDF that can be read"), "{failed:?}");
    assert!(documents(&shelf.store).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_cannot_be_read_now_for_another_reason_is_kept() {
    let shelf = Shelf::new();
    shelf.file("a.pdf", pdf(&[&["Old words."]]));
    shelf.learn(&shelf.root()).await;
    shelf.file("a.pdf", pdf(&[&["New words."]]));
    let mut options = options(None);
    let nowhere = settings::Settings::for_tests("/nowhere".as_ref());
    options.extractor =
        ladylinux::inference::workers::Extractor::with(&nowhere, "/nowhere/ladylinux".into());
    let report = learn(&shelf.store, &[shelf.root()], &options, |_| {}).await.unwrap();
    assert!(report.failed[0].reason.contains("cannot be started"), "{:?}", report.failed);
    assert_eq!(documents(&shelf.store).await.unwrap().len(), 1);
}

#[tokio::test]
async fn ten_thousand_pages_are_refused_with_the_bound() {
    let pages: Vec<&[&str]> = vec![&["page"]; 10_000];
    let result = read(pdf(&pages), Manuscript::Pdf, |_| ()).await;
    refused(result, "has 10000 pages, more than the 5000 that are allowed (extract.max_pages)");
}

#[tokio::test]
async fn a_scan_says_that_it_needs_ocr() {
    let result = read(file(&["0 0 612 792 re f".to_owned()], ""), Manuscript::Pdf, |_| ()).await;
    refused(result, "it needs OCR");
}

#[tokio::test]
async fn an_encrypted_pdf_says_so() {
    // The standard handler with 40-bit RC4 (ISO 32000-1, 7.6.3), and keys that no password gives.
    let (owner, user) = ("41".repeat(32), "42".repeat(32));
    let locked = format!(
        "/Encrypt << /Filter /Standard /V 1 /R 2 /O <{owner}> /U <{user}> /P -44 >> /ID [<00> <00>]"
    );
    let document = file(&["BT /F1 11 Tf (secret) Tj ET".to_owned()], &locked);
    refused(read(document, Manuscript::Pdf, |_| ()).await, "is encrypted");
}

#[tokio::test]
async fn a_pdf_that_takes_for_ever_is_ended() {
    // Each form shows the next eight times.
    let document = file(&vec!["/X Do ".repeat(8); 14], "");
    let limit =
        |extract: &mut settings::Extract| extract.timeout = std::time::Duration::from_secs(1);
    refused(read(document, Manuscript::Pdf, limit).await, "takes longer to read than the 1 s");
}

#[tokio::test]
async fn a_bomb_takes_no_more_memory_than_it_may() {
    // Every letter of the file becomes a letter with its place.
    let document = file(&[format!("BT /F1 9 Tf 9 9 Td ({}) Tj ET", "x".repeat(4 << 20))], "");
    let limit = |extract: &mut settings::Extract| extract.memory_bytes = 64 << 20;
    refused(
        read(document, Manuscript::Pdf, limit).await,
        "takes more memory to read than the 67108864",
    );
}

#[tokio::test]
async fn text_without_end_is_refused() {
    let long = format!("<p>{}", "word ".repeat(4 << 20));
    refused(read(long, Manuscript::Html, |_| ()).await, "bytes of text in it");
}

#[tokio::test]
async fn noise_is_no_text_and_no_pdf() {
    let noise: Vec<u8> =
        (0..9999_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    refused(read(noise.clone(), Manuscript::Text, |_| ()).await, "is not text in any encoding");
    refused(read(noise, Manuscript::Pdf, |_| ()).await, "is not a PDF that can be read");
    refused(read("", Manuscript::Pdf, |_| ()).await, "is not a PDF that can be read");
}
