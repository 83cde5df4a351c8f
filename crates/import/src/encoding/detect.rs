//! Which encoding a file is in, by the weight of what all of its bytes show. One bad byte turns nothing: thousands of
//! valid sequences of UTF-8 do not occur by chance.

use std::io::{self, Read};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, MACINTOSH, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::CHUNK;
use super::western::Western;

/// What a first reading of all bytes found.
#[derive(Clone, Debug)]
pub struct Detected {
    pub encoding: &'static Encoding,
    /// `false` where it was guessed from the frequency of letters, and people should look at it.
    pub certain: bool,
    /// Some lines of a file in a Western encoding are UTF-8.
    pub mixed: bool,
    /// Lines end with a lone carriage return, as old Macs wrote them.
    pub cr_only: bool,
    /// The first bytes, as they are.
    pub head: Vec<u8>,
}

/// Reads everything once, and once more where it is neither marked nor mostly UTF-8.
pub fn detect<'a>(open: impl Fn() -> io::Result<Box<dyn Read + 'a>>) -> io::Result<Detected> {
    let mut utf8 = Utf8Evidence::default();
    let mut head = Vec::new();
    for_each_chunk(open()?, |chunk| {
        if head.len() < CHUNK {
            head.extend_from_slice(&chunk[..chunk.len().min(CHUNK - head.len())]);
        }
        utf8.feed(chunk);
    })?;
    utf8.finish();
    let marked = Encoding::for_bom(&head).map(|(encoding, _)| encoding).or_else(|| unmarked_utf16(&head));
    let (encoding, certain) = match marked {
        Some(encoding) => (encoding, true),
        None if utf8.good >= utf8.bad => (UTF_8, true),
        None => (guess(open()?)?, false),
    };
    let mixed = encoding == WINDOWS_1252 && utf8.good > 0;
    let (text, _) = encoding.decode_with_bom_removal(&head);
    let cr_only = text.contains('\r') && !text.contains('\n');
    Ok(Detected { encoding, certain, mixed, cr_only, head })
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
    let mut western = Western::default();
    for_each_chunk(reader, |chunk| {
        detector.feed(chunk, false);
        western.feed(chunk);
    })?;
    detector.feed(b"", true);
    let guessed = detector.guess(None, Utf8Detection::Deny);
    let single = guessed.is_single_byte();
    Ok(match () {
        () if single && western.is_mac() => MACINTOSH,
        () if single && western.is_windows() && !is_latin(guessed) => WINDOWS_1252,
        () => guessed,
    })
}

fn is_latin(encoding: &'static Encoding) -> bool {
    let others = ["windows-1251", "windows-1253", "windows-1255", "windows-1256", "windows-874", "KOI8-U", "IBM866"];
    !others.contains(&encoding.name())
        && !["ISO-8859-5", "ISO-8859-6", "ISO-8859-7", "ISO-8859-8"].contains(&encoding.name())
}

/// UTF-16 of a table has a zero in every other byte of its signs and digits; no other text has zeros at all.
fn unmarked_utf16(head: &[u8]) -> Option<&'static Encoding> {
    let zeros = |offset: usize| head.iter().skip(offset).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd, units) = (zeros(0), zeros(1), head.len() / 2);
    let encoding = match units >= 2 {
        true if odd * 10 > units && even * 10 < odd => UTF_16LE,
        true if even * 10 > units && odd * 10 < even => UTF_16BE,
        _ => return None,
    };
    let whole = &head[..units * 2];
    let text = encoding.decode_without_bom_handling(whole).0;
    let controls = text.chars().filter(|c| c.is_control() && !matches!(c, '\r' | '\n' | '\t')).count();
    (controls * 20 <= units).then_some(encoding)
}

/// How much speaks for UTF-8 in bytes that come in chunks, and how much against it.
#[derive(Default)]
struct Utf8Evidence {
    /// Valid sequences of more than one byte.
    good: u64,
    /// Sequences that are not valid.
    bad: u64,
    rest: Vec<u8>,
}

impl Utf8Evidence {
    fn feed(&mut self, chunk: &[u8]) {
        let mut joined = std::mem::take(&mut self.rest);
        joined.extend_from_slice(chunk);
        let whole = joined.len() - cut_sequence(&joined);
        self.rest = joined.split_off(whole);
        self.count(&joined);
    }

    fn finish(&mut self) {
        let rest = std::mem::take(&mut self.rest);
        self.count(&rest);
    }

    fn count(&mut self, bytes: &[u8]) {
        for chunk in bytes.utf8_chunks() {
            self.good += chunk.valid().bytes().filter(|byte| *byte >= 0xc0).count() as u64;
            self.bad += u64::from(!chunk.invalid().is_empty());
        }
    }
}

/// How many bytes at the end are the beginning of a character that the end of a chunk cuts.
fn cut_sequence(bytes: &[u8]) -> usize {
    for length in 1..=3.min(bytes.len()) {
        let needed = match bytes[bytes.len() - length] {
            0xc0..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf7 => 4,
            0x80..=0xbf => continue,
            _ => return 0,
        };
        return if needed > length { length } else { 0 };
    }
    0
}
