//! Follows a page's operators as far as they move and show text (ISO 32000-2, 9.2 to 9.4).

use super::font::Font;
use hayro_syntax::{
    content::{TypedIter, ops::TypedInstruction},
    object::{Array, Dict, Name, Number, Object, ObjectIdentifier, Stream},
    page::{Page, Resources},
};
use std::{collections::HashMap, rc::Rc};

/// Forms within forms are followed so deep.
const DEEPEST: usize = 16;

/// So many states may be saved at once.
const SAVED: usize = 4096;

/// A letter on a page, in points from its upper left corner; turned upright if the text is turned.
#[derive(Clone, Debug)]
pub(super) struct Glyph {
    /// What it stands for; nothing if its font does not say.
    pub(super) text: Option<String>,
    /// Where it begins and ends.
    pub(super) x: f64,
    pub(super) end: f64,
    /// Where its line stands.
    pub(super) y: f64,
    /// The size of its font.
    pub(super) size: f64,
    pub(super) bold: bool,
    /// How often its text is turned by a quarter.
    pub(super) turned: u8,
}

/// The fonts of a document, each read once.
#[derive(Default)]
pub(super) struct Fonts(HashMap<ObjectIdentifier, Rc<Font>>);

impl Fonts {
    fn get(&mut self, dict: &Dict<'_>) -> Rc<Font> {
        match dict.obj_id() {
            Some(id) => Rc::clone(self.0.entry(id).or_insert_with(|| Rc::new(Font::read(dict)))),
            None => Rc::new(Font::read(dict)),
        }
    }
}

/// Returns the letters of a page in the order in which they are shown.
pub(super) fn page(page: &Page<'_>, fonts: &mut Fonts) -> Vec<Glyph> {
    let ctm = Matrix(page.initial_transform(true).as_coeffs());
    let (width, height) = page.render_dimensions();
    let mut shower = Shower { fonts, shown: Vec::new(), state: State::new(ctm), saved: Vec::new() };
    shower.follow(page.typed_operations(), page.resources(), 0);
    let (width, height) = (f64::from(width), f64::from(height));
    let mut shown = shower.shown;
    // What lies beside the page is not seen.
    shown.retain(|(_, (x, y))| {
        (-1.0..=width + 1.0).contains(x) && (-1.0..=height + 1.0).contains(y)
    });
    shown.into_iter().map(|(glyph, _)| glyph).collect()
}

/// A transformation of the plane: `[a b c d e f]` as PDF writes it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Matrix([f64; 6]);

impl Matrix {
    const IDENTITY: Self = Self([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);

    fn of(numbers: [Number; 6]) -> Self {
        Self(numbers.map(|number| number.as_f64()))
    }

    fn moved(x: f64, y: f64) -> Self {
        Self([1.0, 0.0, 0.0, 1.0, x, y])
    }

    /// Returns what does first this, then the other.
    #[expect(clippy::many_single_char_names, reason = "as PDF names them")]
    fn then(self, other: Self) -> Self {
        let ([a, b, c, d, e, f], [g, h, i, j, k, l]) = (self.0, other.0);
        Self([
            a * g + b * i,
            a * h + b * j,
            c * g + d * i,
            c * h + d * j,
            e * g + f * i + k,
            e * h + f * j + l,
        ])
    }
}

#[derive(Clone)]
struct State {
    ctm: Matrix,
    font: Option<Rc<Font>>,
    size: f64,
    letter_spacing: f64,
    word_spacing: f64,
    stretch: f64,
    leading: f64,
    rise: f64,
    /// Where the next letter stands, and where its line began.
    text: Matrix,
    line: Matrix,
}

impl State {
    fn new(ctm: Matrix) -> Self {
        Self {
            ctm,
            font: None,
            size: 0.0,
            letter_spacing: 0.0,
            word_spacing: 0.0,
            stretch: 1.0,
            leading: 0.0,
            rise: 0.0,
            text: Matrix::IDENTITY,
            line: Matrix::IDENTITY,
        }
    }
}

struct Shower<'f> {
    fonts: &'f mut Fonts,
    /// Each letter, and where it stands on the page that is not turned.
    shown: Vec<(Glyph, (f64, f64))>,
    state: State,
    saved: Vec<State>,
}

impl Shower<'_> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "everything else draws")]
    fn follow(&mut self, mut operators: TypedIter<'_>, resources: &Resources<'_>, depth: usize) {
        use TypedInstruction as Do;
        let saved = self.saved.len();
        while let Some(operator) = operators.next() {
            match operator {
                Do::SaveState(_) if self.saved.len() < SAVED => self.saved.push(self.state.clone()),
                Do::RestoreState(_) if self.saved.len() > saved => {
                    if let Some(state) = self.saved.pop() {
                        self.state = state;
                    }
                }
                Do::Transform(t) => {
                    let matrix = Matrix::of([t.0, t.1, t.2, t.3, t.4, t.5]);
                    self.state.ctm = matrix.then(self.state.ctm);
                }
                Do::BeginText(_) => {
                    (self.state.text, self.state.line) = (Matrix::IDENTITY, Matrix::IDENTITY);
                }
                Do::SetTextMatrix(t) => {
                    let matrix = Matrix::of([t.0, t.1, t.2, t.3, t.4, t.5]);
                    (self.state.text, self.state.line) = (matrix, matrix);
                }
                Do::CharacterSpacing(to) => self.state.letter_spacing = to.0.as_f64(),
                Do::WordSpacing(to) => self.state.word_spacing = to.0.as_f64(),
                Do::HorizontalScaling(to) => self.state.stretch = to.0.as_f64() / 100.0,
                Do::TextLeading(to) => self.state.leading = to.0.as_f64(),
                Do::TextRise(to) => self.state.rise = to.0.as_f64(),
                Do::TextFont(font) => {
                    self.state.font = resources.get_font(font.0).map(|dict| self.fonts.get(&dict));
                    self.state.size = font.1.as_f64();
                }
                Do::NextLine(by) => self.next_line(by.0.as_f64(), by.1.as_f64()),
                Do::NextLineAndSetLeading(by) => {
                    self.state.leading = -by.1.as_f64();
                    self.next_line(by.0.as_f64(), by.1.as_f64());
                }
                Do::NextLineUsingLeading(_) => self.next_line(0.0, -self.state.leading),
                Do::ShowText(text) => self.show(text.0.as_bytes()),
                Do::NextLineAndShowText(text) => {
                    self.next_line(0.0, -self.state.leading);
                    self.show(text.0.as_bytes());
                }
                Do::ShowTextWithParameters(text) => {
                    self.state.word_spacing = text.0.as_f64();
                    self.state.letter_spacing = text.1.as_f64();
                    self.next_line(0.0, -self.state.leading);
                    self.show(text.2.as_bytes());
                }
                Do::ShowTexts(texts) => self.show_all(texts.0),
                Do::XObject(form) => self.form(form.0, resources, depth),
                _ => {}
            }
        }
        self.saved.truncate(saved);
    }

    fn next_line(&mut self, x: f64, y: f64) {
        self.state.line = Matrix::moved(x, y).then(self.state.line);
        self.state.text = self.state.line;
    }

    fn show_all(&mut self, texts: &Array<'_>) {
        for item in texts.iter::<Object<'_>>() {
            if let Object::String(text) = &item {
                self.show(text.as_bytes());
            } else if let Some(back) = item.into_number() {
                let by = -back.as_f64() / 1000.0 * self.state.size * self.state.stretch;
                self.state.text = Matrix::moved(by, 0.0).then(self.state.text);
            }
        }
    }

    #[expect(clippy::many_single_char_names, reason = "as PDF names them")]
    fn show(&mut self, codes: &[u8]) {
        let Some(font) = self.state.font.clone() else { return };
        let Self { state, shown, .. } = self;
        font.letters(codes, |letter| {
            let scaled =
                Matrix([state.size * state.stretch, 0.0, 0.0, state.size, 0.0, state.rise]);
            let Matrix([a, b, c, d, x, y]) = scaled.then(state.text).then(state.ctm);
            let size = c.hypot(d);
            let width = letter.width * a.hypot(b);
            // Turned by quarters until it runs to the right; y grows downwards.
            let (turned, x_upright, y_upright) = match () {
                () if b.abs() <= a.abs() && a >= 0.0 => (0, x, y),
                () if b.abs() <= a.abs() => (2, -x, -y),
                () if b > 0.0 => (1, y, -x),
                () => (3, -y, x),
            };
            if [size, width, x, y].iter().all(|number| number.is_finite()) && size > 0.0 {
                let glyph = Glyph {
                    text: letter.text,
                    x: x_upright,
                    end: x_upright + width,
                    y: y_upright,
                    size,
                    bold: font.bold,
                    turned,
                };
                shown.push((glyph, (x, y)));
            }
            let spacing =
                state.letter_spacing + if letter.space { state.word_spacing } else { 0.0 };
            let by = (letter.width * state.size + spacing) * state.stretch;
            state.text = Matrix::moved(by, 0.0).then(state.text);
        });
    }

    fn form<'a>(&mut self, name: &Name<'_>, resources: &Resources<'a>, depth: usize) {
        if depth >= DEEPEST {
            return;
        }
        let Some(form) = resources.get_x_object(name) else { return };
        let dict = form.dict();
        if dict.get::<Name<'_>>(b"Subtype").is_none_or(|subtype| subtype.as_str() != "Form") {
            return;
        }
        let Ok(operators) = Stream::decoded_data(&form) else { return };
        let before = self.state.clone();
        let matrix = dict.get::<[f64; 6]>(b"Matrix").map_or(Matrix::IDENTITY, Matrix);
        self.state.ctm = matrix.then(self.state.ctm);
        let own = dict.get::<Dict<'a>>(b"Resources").map(Resources::new);
        self.follow(TypedIter::new(&operators), own.as_ref().unwrap_or(resources), depth + 1);
        self.state = before;
    }
}
