//! Which encoding a file is in, and its text line by line. What is damaged is charged to the line that has it.

mod damaged;
mod detect;
mod western;

use std::borrow::Cow;
use std::io::{self, Read};

use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

pub use damaged::Damaged;
pub use detect::{Detected, detect};

const CHUNK: usize = 64 * 1024;

/// A longer line is not a row of a table; it is cut there and the row rejected.
pub const MAX_LINE: usize = 1024 * 1024;

/// What became of bytes that are not of the file's encoding.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Damage {
    #[default]
    Nothing,
    /// They were read as another encoding.
    Other(&'static str),
    /// Some became U+FFFD.
    Lost,
}

/// One line of text, without its end.
pub struct Line {
    pub text: String,
    /// It was longer than `MAX_LINE` and is cut.
    pub cut: bool,
    pub damage: Damage,
}

/// The lines of a file in a known encoding.
pub struct Lines<'a> {
    reader: Box<dyn Read + 'a>,
    /// Of UTF-16, whose lines cannot be told apart by bytes.
    wide: Option<Decoder>,
    encoding: &'static Encoding,
    mixed: bool,
    end_of_line: u8,
    chunk: Vec<u8>,
    bytes: Vec<u8>,
    start: usize,
    begun: bool,
    finished: bool,
}

impl<'a> Lines<'a> {
    pub fn new(reader: Box<dyn Read + 'a>, detected: &Detected) -> Lines<'a> {
        let wide = [UTF_16LE, UTF_16BE].contains(&detected.encoding);
        Lines {
            reader,
            wide: wide.then(|| detected.encoding.new_decoder_with_bom_removal()),
            encoding: if wide { UTF_8 } else { detected.encoding },
            mixed: detected.mixed,
            end_of_line: if detected.cr_only { b'\r' } else { b'\n' },
            chunk: vec![0; CHUNK],
            bytes: Vec::new(),
            start: 0,
            begun: false,
            finished: false,
        }
    }

    pub fn next_line(&mut self) -> io::Result<Option<Line>> {
        let mut searched = self.start;
        loop {
            if let Some(length) = self.bytes[searched..].iter().position(|byte| *byte == self.end_of_line) {
                let line = self.line(searched + length);
                self.start = searched + length + 1;
                return Ok(Some(line));
            }
            if self.finished {
                let rest = (self.start < self.bytes.len()).then(|| self.line(self.bytes.len()));
                self.start = self.bytes.len();
                return Ok(rest);
            }
            if self.bytes.len() - self.start > MAX_LINE {
                return self.skip_overlong().map(Some);
            }
            self.bytes.drain(..self.start);
            self.start = 0;
            searched = self.bytes.len();
            self.read_more()?;
        }
    }

    fn line(&self, end: usize) -> Line {
        let (text, damage) = self.decode(&self.bytes[self.start..end]);
        let text = text.trim_end_matches('\r');
        let limit = text.floor_char_boundary(MAX_LINE);
        Line { text: text[..limit].to_owned(), cut: limit < text.len(), damage }
    }

    /// The text of a line. In a file of UTF-8, bytes that are not are most often pasted from windows-1252.
    fn decode<'b>(&self, bytes: &'b [u8]) -> (Cow<'b, str>, Damage) {
        if bytes.is_ascii() {
            return (String::from_utf8_lossy(bytes), Damage::Nothing);
        }
        let utf8 = std::str::from_utf8(bytes).ok();
        match utf8 {
            Some(text) if self.wide.is_some() => (text.into(), lost(text)),
            Some(text) if self.encoding == UTF_8 => (text.into(), Damage::Nothing),
            Some(text) if self.mixed => (text.into(), Damage::Other("UTF-8")),
            None if self.encoding == UTF_8 => patched(bytes),
            _ => {
                let (text, _) = self.encoding.decode_without_bom_handling(bytes);
                let damage = lost(&text);
                (text, damage)
            }
        }
    }

    fn skip_overlong(&mut self) -> io::Result<Line> {
        let line = self.line(self.bytes.len());
        loop {
            self.bytes.clear();
            self.start = 0;
            self.read_more()?;
            let end = self.bytes.iter().position(|byte| *byte == self.end_of_line);
            if end.is_some() || self.finished {
                self.start = end.map_or(self.bytes.len(), |at| at + 1);
                return Ok(Line { cut: true, ..line });
            }
        }
    }

    fn read_more(&mut self) -> io::Result<()> {
        let read = loop {
            match self.reader.read(&mut self.chunk) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        self.finished = read == 0;
        let Some(decoder) = &mut self.wide else {
            self.bytes.extend_from_slice(&self.chunk[..read]);
            if !self.begun && (self.bytes.len() >= 3 || self.finished) {
                self.begun = true;
                if self.bytes.starts_with(b"\xef\xbb\xbf") {
                    self.bytes.drain(..3);
                }
            }
            return Ok(());
        };
        let mut text = String::new();
        let mut from = 0;
        loop {
            text.reserve(CHUNK);
            let (result, used, _) = decoder.decode_to_string(&self.chunk[from..read], &mut text, self.finished);
            from += used;
            if result == CoderResult::InputEmpty {
                self.bytes.extend_from_slice(text.as_bytes());
                return Ok(());
            }
        }
    }
}

fn patched(bytes: &[u8]) -> (Cow<'_, str>, Damage) {
    let mut text = String::with_capacity(bytes.len() + 8);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        let (other, _) = WINDOWS_1252.decode_without_bom_handling(chunk.invalid());
        // The five bytes without a meaning are control characters to the web's tables.
        other.chars().for_each(|c| text.push(if c.is_control() { '\u{fffd}' } else { c }));
    }
    let damage = match lost(&text) {
        Damage::Lost => Damage::Lost,
        _ => Damage::Other("windows-1252"),
    };
    (text.into(), damage)
}

fn lost(text: &str) -> Damage {
    if text.contains('\u{fffd}') { Damage::Lost } else { Damage::Nothing }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> (String, Vec<String>) {
        let (encoding, lines) = read_with_damage(bytes);
        (encoding, lines.into_iter().map(|(text, _)| text).collect())
    }

    fn read_with_damage(bytes: &[u8]) -> (String, Vec<(String, Damage)>) {
        let detected = detect(|| Ok(Box::new(bytes))).unwrap();
        let mut lines = Lines::new(Box::new(bytes), &detected);
        let mut texts = Vec::new();
        while let Some(line) = lines.next_line().unwrap() {
            texts.push((line.text, line.damage));
        }
        (detected.encoding.name().to_owned(), texts)
    }

    fn wide(text: &str, big: bool) -> Vec<u8> {
        let bytes = if big { u16::to_be_bytes } else { u16::to_le_bytes };
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn encodings_are_recognised() {
        let text = "Größe,x\nb,c\n";
        let windows = encoding_rs::WINDOWS_1252.encode(text).0;
        let cases: [(&[u8], &str); 6] = [
            (text.as_bytes(), "UTF-8"),
            ("\u{feff}Größe,x\r\nb,c".as_bytes(), "UTF-8"),
            (&wide(text, false), "UTF-16LE"),
            (&wide(text, true), "UTF-16BE"),
            (&wide("\u{feff}Größe,x\nb,c\n", true), "UTF-16BE"),
            (&windows, "windows-1252"),
        ];
        for (bytes, encoding) in cases {
            let lines = vec!["Größe,x".to_owned(), "b,c".to_owned()];
            assert_eq!(read(bytes), (encoding.to_owned(), lines), "{encoding}");
        }
    }

    /// Lists as short as people try first.
    #[test]
    fn lists_of_names_are_read_in_the_encoding_of_their_country() {
        let german = "email,name,city\na@x.org,Jürgen Groß,Köln\nb@x.org,Zoë Müller,München\nc@x.org,Anaïs,Gütersloh\n";
        let french = "email,nom\na@x.org,François Lefèvre\nb@x.org,Hélène Duprés\nc@x.org,Benoît Gagné\n";
        let quotes = "email,name,note\na@x.org,Jim O’Neil,“call him” – soon…\n";
        let polish = "email,imię\na@x.org,Łukasz Żak\nb@x.org,Małgorzata Wiśniewska\nc@x.org,Stanisław Dąbrowski\n\
                      d@x.org,Agnieszka Wójcik\ne@x.org,Paweł Gołębiowski\n";
        let russian = "email,имя\na@x.org,Иван Петров\nb@x.org,Ольга Смирнова\nc@x.org,Наталья Кузнецова\n";
        let japanese = "email,氏名\na@x.org,山田太郎\nb@x.org,佐藤花子\nc@x.org,鈴木一郎\nd@x.org,高橋さくら\n";
        for (text, encoding) in [
            (german, "windows-1252"),
            (german, "macintosh"),
            (french, "windows-1252"),
            (french, "macintosh"),
            (quotes, "windows-1252"),
            (polish, "windows-1250"),
            (russian, "windows-1251"),
            (russian, "KOI8-R"),
            (japanese, "Shift_JIS"),
            (japanese, "EUC-JP"),
        ] {
            let encoder = encoding_rs::Encoding::for_label(encoding.as_bytes()).unwrap();
            let (bytes, _, unmappable) = encoder.encode(text);
            assert!(!unmappable, "{encoding} cannot write this");
            let lines: Vec<String> = text.lines().map(str::to_owned).collect();
            assert_eq!(read(&bytes).1, lines, "{encoding}, read as {}", read(&bytes).0);
        }
        for big in [false, true] {
            let lines: Vec<String> = japanese.lines().map(str::to_owned).collect();
            assert_eq!(read(&wide(japanese, big)).1, lines);
        }
    }

    #[test]
    fn one_bad_byte_is_charged_to_its_line() {
        let mut bytes = "email,name\na@x.org,Jürgen Groß\nb@x.org,Zoë\n".as_bytes().to_vec();
        bytes.extend_from_slice(b"c@x.org,J\xf6rg\nd@x.org,\x81\n");
        bytes.extend_from_slice("e@x.org,Łukasz\n".as_bytes());
        let wanted = [
            ("email,name", Damage::Nothing),
            ("a@x.org,Jürgen Groß", Damage::Nothing),
            ("b@x.org,Zoë", Damage::Nothing),
            ("c@x.org,Jörg", Damage::Other("windows-1252")),
            ("d@x.org,\u{fffd}", Damage::Lost),
            ("e@x.org,Łukasz", Damage::Nothing),
        ];
        let wanted = wanted.map(|(text, damage)| (text.to_owned(), damage)).to_vec();
        assert_eq!(read_with_damage(&bytes), ("UTF-8".to_owned(), wanted.clone()));
        let marked = [b"\xef\xbb\xbf".as_slice(), &bytes].concat();
        assert_eq!(read_with_damage(&marked), ("UTF-8".to_owned(), wanted));
    }

    #[test]
    fn a_file_pasted_from_two_encodings_is_read_line_by_line() {
        let old = encoding_rs::WINDOWS_1252.encode("a@x.org,Jörg\nb@x.org,Käthe\nc@x.org,Müller\nd@x.org,Groß\n").0;
        let bytes = [old.as_ref(), "e@x.org,Zoë\n".as_bytes()].concat();
        let lines = read_with_damage(&bytes).1;
        assert_eq!(lines[3], ("d@x.org,Groß".to_owned(), Damage::Nothing));
        assert_eq!(lines[4], ("e@x.org,Zoë".to_owned(), Damage::Other("UTF-8")));
    }

    #[test]
    fn the_end_of_a_chunk_cuts_no_character() {
        let text = format!("x{}\n", "ß".repeat(CHUNK));
        assert_eq!(read(text.as_bytes()), ("UTF-8".to_owned(), vec![text.trim_end().to_owned()]));
    }

    #[test]
    fn old_macs_end_their_lines_with_a_carriage_return() {
        assert_eq!(read(b"a,b\rc,d\r").1, ["a,b", "c,d"]);
        assert_eq!(read(b"a\r\n\r\nb\n").1, ["a", "", "b"]);
        assert_eq!(read(b"").1, Vec::<String>::new());
    }

    #[test]
    fn an_overlong_line_is_cut_and_the_next_one_whole() {
        let mut bytes = vec![b'x'; 3 * MAX_LINE];
        bytes.extend_from_slice(b"\nnext\n");
        let (_, lines) = read(&bytes);
        assert_eq!(lines.len(), 2);
        assert!(lines[0].len() <= MAX_LINE + CHUNK);
        assert_eq!(lines[1], "next");
    }
}
