//! The header `DKIM-Signature` (RFC 6376 §3.5), folded.

use data_encoding::BASE64;

use super::canonical;

const NAME: &str = "DKIM-Signature";

/// The column behind which a line is folded.
const WIDTH: usize = 76;

const FOLD: &str = "\r\n\t";

/// What a signature says. It is signed itself, with `b=` empty.
pub(super) struct Signature<'a> {
    pub algorithm: &'static str,
    pub domain: &'a str,
    pub selector: &'a str,
    /// Whole seconds since 1970.
    pub at: i64,
    /// SHA-256 of the canonical body.
    pub body_hash: &'a [u8],
    /// The signed headers, in the order in which a verifier takes them.
    pub names: &'a [&'static str],
}

impl Signature<'_> {
    /// The value up to `b=`, which is last.
    fn value(&self) -> String {
        let mut value = Folded { text: String::with_capacity(1_024), column: NAME.len() + 1 };
        value.push(" ", "v=1;");
        value.push(" ", &format!("a={};", self.algorithm));
        value.push(" ", "c=relaxed/relaxed;");
        value.push(" ", &format!("d={};", self.domain));
        value.push(" ", &format!("s={};", self.selector));
        value.push(" ", &format!("t={};", self.at));
        value.push(" ", &format!("bh={};", BASE64.encode(self.body_hash)));
        for (at, name) in self.names.iter().enumerate() {
            let (blank, start) = if at == 0 { (" ", "h=") } else { ("", "") };
            let end = if at + 1 == self.names.len() { ';' } else { ':' };
            value.push(blank, &format!("{start}{name}{end}"));
        }
        value.push(" ", "b=");
        value.text
    }

    /// What the key signs: the canonical headers, then this header with `b=` empty and without its line break (§3.7).
    pub(super) fn input(&self, headers: &[u8]) -> Vec<u8> {
        let mut input = headers.to_vec();
        canonical::write_header(&mut input, (NAME.as_bytes(), self.value().as_bytes()));
        input.truncate(input.len() - 2);
        input
    }

    /// The whole header with the key's signature.
    pub(super) fn write(&self, signed: &[u8], out: &mut Vec<u8>) {
        out.extend(format!("{NAME}:{}", self.value()).as_bytes());
        for line in BASE64.encode(signed).as_bytes().chunks(WIDTH - 4) {
            out.extend(FOLD.as_bytes());
            out.extend(line);
        }
        out.extend(b"\r\n");
    }
}

/// A value on lines of at most [`WIDTH`] columns, where its pieces allow it.
struct Folded {
    text: String,
    column: usize,
}

impl Folded {
    fn push(&mut self, blank: &str, piece: &str) {
        let fits = self.column + blank.len() + piece.len() <= WIDTH;
        self.column = piece.len() + if fits { self.column + blank.len() } else { 1 };
        self.text.push_str(if fits { blank } else { FOLD });
        self.text.push_str(piece);
    }
}
