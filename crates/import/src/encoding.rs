//! Which encoding a file is in, and its text line by line.

use std::io::{self, Read};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE};

const CHUNK: usize = 64 * 1024;

/// A longer line is no row of a table; it is cut there and the row rejected.
pub const MAX_LINE: usize = 1024 * 1024;

/// What a first reading of all bytes found.
#[derive(Clone, Debug)]
pub struct Detected {
    pub encoding: &'static Encoding,
    /// `false` where it was guessed from the frequency of letters, and people should look at it.
    pub certain: bool,
    /// Lines end with a lone carriage return, as old Macs wrote them.
    pub cr_only: bool,
    /// The first bytes, as they are.
    pub head: Vec<u8>,
}

/// Reads everything once, and once more where it is neither marked nor valid UTF-8.
pub fn detect<'a>(open: impl Fn() -> io::Result<Box<dyn Read + 'a>>) -> io::Result<Detected> {
    let mut utf8 = Utf8Check::default();
    let mut head = Vec::new();
    for_each_chunk(open()?, |chunk| {
        if head.len() < CHUNK {
            head.extend_from_slice(&chunk[..chunk.len().min(CHUNK - head.len())]);
        }
        utf8.feed(chunk);
    })?;
    let marked = Encoding::for_bom(&head).map(|(encoding, _)| encoding).or_else(|| unmarked_utf16(&head));
    let (encoding, certain) = match marked {
        Some(encoding) => (encoding, true),
        None if utf8.valid() => (UTF_8, true),
        None => (guess(open()?)?, false),
    };
    let (text, _) = encoding.decode_with_bom_removal(&head);
    let cr_only = text.contains('\r') && !text.contains('\n');
    Ok(Detected { encoding, certain, cr_only, head })
}

fn for_each_chunk(mut reader: Box<dyn Read + '_>, mut see: impl FnMut(&[u8])) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK];
    loop {
        match reader.read(&mut chunk) {
            Ok(0) => return Ok(()),
            Ok(n) => see(&chunk[..n]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn guess(reader: Box<dyn Read + '_>) -> io::Result<&'static Encoding> {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    for_each_chunk(reader, |chunk| {
        detector.feed(chunk, false);
    })?;
    detector.feed(b"", true);
    Ok(detector.guess(None, Utf8Detection::Deny))
}

/// UTF-16 of Western text has a zero in every other byte; no other text has zeros at all.
fn unmarked_utf16(head: &[u8]) -> Option<&'static Encoding> {
    let zeros = |offset: usize| head.iter().skip(offset).step_by(2).filter(|byte| **byte == 0).count() * 2;
    let (even, odd, many) = (zeros(0), zeros(1), head.len() / 2);
    match head.len() >= 4 {
        true if odd > many && even < odd / 4 => Some(UTF_16LE),
        true if even > many && odd < even / 4 => Some(UTF_16BE),
        _ => None,
    }
}

/// Whether bytes that come in chunks are UTF-8; a character may be cut by the end of a chunk.
#[derive(Default)]
struct Utf8Check {
    rest: Vec<u8>,
    broken: bool,
}

impl Utf8Check {
    fn feed(&mut self, chunk: &[u8]) {
        if self.broken {
            return;
        }
        let mut joined = std::mem::take(&mut self.rest);
        joined.extend_from_slice(chunk);
        if let Err(error) = std::str::from_utf8(&joined) {
            self.broken = error.error_len().is_some();
            self.rest = joined.split_off(error.valid_up_to());
        }
    }

    fn valid(&self) -> bool {
        !self.broken && self.rest.is_empty()
    }
}

/// One line of text, without its end.
pub struct Line {
    pub text: String,
    /// It was longer than `MAX_LINE` and is cut.
    pub cut: bool,
}

/// The lines of a file in a known encoding; bytes that mean nothing in it become U+FFFD.
pub struct Lines<'a> {
    reader: Box<dyn Read + 'a>,
    decoder: Decoder,
    end_of_line: char,
    bytes: Vec<u8>,
    text: String,
    start: usize,
    finished: bool,
    /// Some bytes could not be read in this encoding.
    pub damaged: bool,
}

impl<'a> Lines<'a> {
    pub fn new(reader: Box<dyn Read + 'a>, detected: &Detected) -> Lines<'a> {
        Lines {
            reader,
            decoder: detected.encoding.new_decoder_with_bom_removal(),
            end_of_line: if detected.cr_only { '\r' } else { '\n' },
            bytes: vec![0; CHUNK],
            text: String::new(),
            start: 0,
            finished: false,
            damaged: false,
        }
    }

    pub fn next_line(&mut self) -> io::Result<Option<Line>> {
        let mut searched = self.start;
        loop {
            if let Some(length) = self.text[searched..].find(self.end_of_line) {
                let line = self.line(searched + length);
                self.start = searched + length + 1;
                return Ok(Some(line));
            }
            if self.finished {
                let rest = (self.start < self.text.len()).then(|| self.line(self.text.len()));
                self.start = self.text.len();
                return Ok(rest);
            }
            if self.text.len() - self.start > MAX_LINE {
                return self.skip_overlong().map(Some);
            }
            self.text.drain(..self.start);
            self.start = 0;
            searched = self.text.len();
            self.read_more()?;
        }
    }

    fn line(&self, end: usize) -> Line {
        let text = self.text[self.start..end].trim_end_matches('\r');
        let limit = text.floor_char_boundary(MAX_LINE);
        Line { text: text[..limit].to_owned(), cut: limit < text.len() }
    }

    fn skip_overlong(&mut self) -> io::Result<Line> {
        let text = self.line(self.text.len()).text;
        loop {
            self.text.clear();
            self.start = 0;
            self.read_more()?;
            let end = self.text.find(self.end_of_line);
            if end.is_some() || self.finished {
                self.start = end.map_or(self.text.len(), |at| at + 1);
                return Ok(Line { text, cut: true });
            }
        }
    }

    fn read_more(&mut self) -> io::Result<()> {
        let read = loop {
            match self.reader.read(&mut self.bytes) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        self.finished = read == 0;
        let mut from = 0;
        loop {
            self.text.reserve(CHUNK);
            let (result, used, damaged) =
                self.decoder.decode_to_string(&self.bytes[from..read], &mut self.text, self.finished);
            from += used;
            self.damaged |= damaged;
            if result == CoderResult::InputEmpty {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> (String, Vec<String>) {
        let detected = detect(|| Ok(Box::new(bytes))).unwrap();
        let mut lines = Lines::new(Box::new(bytes), &detected);
        let mut texts = Vec::new();
        while let Some(line) = lines.next_line().unwrap() {
            texts.push(line.text);
        }
        (detected.encoding.name().to_owned(), texts)
    }

    #[test]
    fn encodings_are_recognised() {
        let utf16: Vec<u8> = "Größe,x\nb,c\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let with_bom: Vec<u8> = "\u{feff}Größe,x\nb,c\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
        let (windows, _, _) = encoding_rs::WINDOWS_1252.encode("Größe,x\nb,c\n");
        let cases: [(&[u8], &str); 5] = [
            ("Größe,x\nb,c\n".as_bytes(), "UTF-8"),
            ("\u{feff}Größe,x\r\nb,c".as_bytes(), "UTF-8"),
            (&utf16, "UTF-16LE"),
            (&with_bom, "UTF-16BE"),
            (&windows, "windows-1252"),
        ];
        for (bytes, encoding) in cases {
            let wanted = vec!["Größe,x".to_owned(), "b,c".to_owned()];
            assert_eq!(read(bytes), (encoding.to_owned(), wanted), "{encoding}");
        }
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
