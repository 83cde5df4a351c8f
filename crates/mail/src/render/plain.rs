//! The text part: what the HTML says, without its markup, as a program of its own, so that no copy is parsed again.

use super::html::push_text;
use super::liquid::Piece;
use super::markup::Tag;

/// Elements that begin and end a line of their own.
const LINES: [&str; 12] = ["div", "tr", "table", "p", "ul", "ol", "h4", "h5", "h6", "hr", "section", "br"];
/// Elements with an empty line around them.
const PARAGRAPHS: [&str; 4] = ["h1", "h2", "h3", "p"];

/// Collects the text part while HTML is read.
#[derive(Default)]
pub(super) struct Plain {
    pieces: Vec<Piece>,
    /// Elements whose content is not shown: each hidden one and those inside it.
    hidden: Vec<String>,
    /// Numbers of the items of ordered lists; `None` for bullets.
    lists: Vec<Option<u32>>,
    /// The URL that is written behind the text of the link.
    url: Option<(usize, Vec<Piece>)>,
    /// Whether a blank is due before the next word.
    is_spaced: bool,
    /// Line feeds at the end of what is written.
    feeds: usize,
}

impl Plain {
    pub(super) fn open(&mut self, tag: &Tag<'_>, link: Option<usize>) {
        let name = tag.name.to_ascii_lowercase();
        let is_hidden = matches!(name.as_str(), "head" | "style" | "title")
            || tag.attribute("style").is_some_and(|style| style.replace(' ', "").contains("display:none"));
        if !self.hidden.is_empty() || is_hidden {
            if !tag.is_void() {
                self.hidden.push(name);
            }
            return;
        }
        let _ = link;
        match name.as_str() {
            "br" => return self.break_line(1),
            "li" => return self.item(),
            "ul" => self.lists.push(None),
            "ol" => self.lists.push(Some(0)),
            "td" | "th" => self.is_spaced = true,
            _ => {}
        }
        if PARAGRAPHS.contains(&name.as_str()) || is_row(tag) {
            self.break_line(2);
        } else if LINES.contains(&name.as_str()) {
            self.break_line(1);
        }
    }

    pub(super) fn close(&mut self, name: &str) {
        let name = name.to_ascii_lowercase();
        if let Some(at) = self.hidden.iter().rposition(|hidden| *hidden == name) {
            self.hidden.truncate(at);
            return;
        }
        if !self.hidden.is_empty() {
            return;
        }
        match name.as_str() {
            "a" | "area" => self.end_link(),
            "ul" | "ol" => {
                self.lists.pop();
                self.break_line(2);
            }
            _ if PARAGRAPHS.contains(&name.as_str()) => self.break_line(2),
            _ if LINES.contains(&name.as_str()) => self.break_line(1),
            _ => {}
        }
    }

    /// The URL of the link that was just opened.
    pub(super) fn url(&mut self, index: usize, pieces: Vec<Piece>) {
        self.url = Some((index, pieces));
    }

    /// Writes the URL behind its text, in angle brackets as RFC 3986, appendix C, advises.
    fn end_link(&mut self) {
        let Some((index, pieces)) = self.url.take() else { return };
        self.is_spaced = true;
        self.word("<");
        self.pieces.push(Piece::Link(index));
        self.pieces.extend(pieces);
        self.pieces.push(Piece::EndLink);
        push_text(&mut self.pieces, ">");
    }

    fn item(&mut self) {
        self.break_line(1);
        let mark = match self.lists.last_mut() {
            Some(Some(number)) => {
                *number += 1;
                format!("{number}. ")
            }
            _ => "- ".into(),
        };
        self.word(&mark);
    }

    pub(super) fn text(&mut self, text: &str) {
        if !self.hidden.is_empty() {
            return;
        }
        let mut words = text.split([' ', '\n', '\r', '\t']).peekable();
        while let Some(word) = words.next() {
            if !word.is_empty() {
                self.word(word);
            }
            self.is_spaced |= words.peek().is_some();
        }
    }

    fn word(&mut self, word: &str) {
        if self.is_spaced && self.feeds == 0 && !self.pieces.is_empty() {
            push_text(&mut self.pieces, " ");
        }
        push_text(&mut self.pieces, word);
        (self.is_spaced, self.feeds) = (false, 0);
    }

    pub(super) fn piece(&mut self, piece: Piece) {
        let is_flow = !matches!(piece, Piece::Output { .. });
        if !self.hidden.is_empty() && !is_flow {
            return;
        }
        if !is_flow {
            self.word("");
        }
        self.pieces.push(piece);
    }

    fn break_line(&mut self, feeds: usize) {
        if self.pieces.is_empty() {
            return;
        }
        while self.feeds < feeds {
            push_text(&mut self.pieces, "\n");
            self.feeds += 1;
        }
        self.is_spaced = false;
    }

    pub(super) fn pieces(self) -> Vec<Piece> {
        self.pieces
    }
}

/// Whether it is the row of a block: readers of the text see the space between blocks, too.
fn is_row(tag: &Tag<'_>) -> bool {
    tag.attribute("class").is_some_and(|classes| classes.split(' ').any(|class| class == "at-section"))
}

/// At most one empty line between paragraphs, and no blanks at the ends of lines: conditions leave some behind.
pub(super) fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = 1;
    for line in text.lines() {
        let line = line.trim_end();
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty < 2 {
            out.push_str(line);
            out.push('\n');
        }
    }
    out.trim_end().to_owned() + "\n"
}
