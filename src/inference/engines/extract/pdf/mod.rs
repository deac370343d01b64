//! PDF to Markdown: the text of each page in the order in which it is read.
//!
//! `hayro-syntax` reads the file: its objects, filters and encryption. Here its pages' operators are followed as far as they move
//! and show text ([`show`]), codes become letters ([`font`]), and letters lines, columns, paragraphs and headings ([`layout`]).

mod font;
mod layout;
mod lines;
mod show;
#[cfg(test)]
mod tests;

use super::{
    super::{super::workers::Refusal, refusal},
    encoding,
};
use crate::inference::workers::{Extracted, PAGE_BREAK};
use hayro_syntax::{DecryptionError, LoadPdfError, Pdf};

/// Reads a PDF.
pub(super) fn read(document: Vec<u8>, max_pages: usize) -> Result<Extracted, Refusal> {
    let pdf = Pdf::new(document).map_err(unreadable)?;
    let count = pdf.pages().len();
    if count > max_pages {
        let many = format!(
            "has {count} pages, more than the {max_pages} that are allowed (extract.max_pages)"
        );
        return Err(refusal("too_many_pages", many));
    }
    let mut fonts = show::Fonts::default();
    let mut pages = Vec::new();
    let (mut letters, mut unknown) = (0, 0);
    for page in pdf.pages().iter() {
        let shown = show::page(page, &mut fonts);
        letters += shown.len();
        unknown += shown.iter().filter(|glyph| glyph.text.is_none()).count();
        pages.push(lines::lines(&shown));
    }
    if letters == 0 {
        return Err(refusal("no_text", "has no text; if it is scanned it needs OCR first"));
    }
    if unknown * 2 > letters {
        let why = "has no text that can be read: its fonts do not say what their letters are; it needs OCR first";
        return Err(refusal("no_text", why));
    }
    let laid_out = layout::pages(&pages);
    let named = pdf.metadata().title.as_deref().map(encoding::pdf_text).filter(|it| says(it));
    let text = laid_out.pages.join(&format!("\n\n{PAGE_BREAK}\n\n"));
    Ok(Extracted { title: named.or(laid_out.title), text })
}

/// Whether a title is more than what a program put there.
fn says(title: &str) -> bool {
    let title = title.trim().to_lowercase();
    !title.is_empty()
        && !["untitled", "microsoft word", "microsoft powerpoint", "slide 1"]
            .iter()
            .any(|empty| title.starts_with(empty))
}

fn unreadable(error: LoadPdfError) -> Refusal {
    match error {
        LoadPdfError::Decryption(DecryptionError::PasswordProtected) => {
            refusal("encrypted", "is encrypted: save a copy without its password")
        }
        LoadPdfError::Decryption(_) => refusal(
            "encrypted",
            "is encrypted in a way that is not known: save a copy without encryption",
        ),
        LoadPdfError::Invalid => refusal(
            "unreadable",
            "is not a PDF that can be read: it is damaged, or another kind of file",
        ),
    }
}
