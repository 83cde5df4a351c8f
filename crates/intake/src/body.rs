//! A request's body as text: unpacked where it is gzip, whatever its labels say, and never larger than allowed.

use std::borrow::Cow;
use std::io::Read;

use attractor_engine::message::sound;
use flate2::read::MultiGzDecoder;

use crate::members::Members;
use crate::request::{Limits, Refused};

/// A body as text. Where bytes were no UTF-8 there is U+FFFD instead, and `broken` says where: the messages around
/// those places are good all the same.
pub struct Text {
    pub text: String,
    broken: Vec<usize>,
}

impl Text {
    /// Half a character in a name of the outermost object would cost the whole body.
    pub fn make_names_sound(&mut self) {
        // Without an escape there is no half of a character, and looking for one byte is quick.
        if self.broken.is_empty()
            && self.text.as_bytes().contains(&b'\\')
            && Members::of(&self.text).is_none()
            && let Cow::Owned(sound) = sound(&self.text)
        {
            self.text = sound;
        }
    }

    /// Whether bytes of this part of the text were no UTF-8.
    pub fn is_broken(&self, part: &str) -> bool {
        if self.broken.is_empty() {
            return false;
        }
        let start = part.as_ptr() as usize - self.text.as_ptr() as usize;
        let first = self.broken.partition_point(|at| *at < start);
        self.broken.get(first).is_some_and(|at| *at < start + part.len())
    }
}

/// Clients send gzip under all sorts of labels, and proxies unpack it without taking the label off: the first bytes
/// say what it is.
pub fn decode(body: &[u8], encoding: Option<&str>, limits: &Limits) -> Result<Text, Refused> {
    if body.len() > limits.body {
        return Err(Refused::too_large("the body", body.len(), limits.body));
    }
    if !body.starts_with(&[0x1f, 0x8b]) {
        return match encoding.map(str::trim).filter(|name| !is_known(name)) {
            Some(name) => Err(Refused::encoding(name)),
            None => to_text(body),
        };
    }
    let mut unpacked = Vec::new();
    // One byte more than allowed is read, so that what is too large is told from what just fits.
    let mut reader = MultiGzDecoder::new(body).take(limits.body as u64 + 1);
    reader
        .read_to_end(&mut unpacked)
        .map_err(|error| Refused::not_json(format!("gzip that cannot be unpacked: {error}")))?;
    if unpacked.len() > limits.body {
        return Err(Refused::too_large("the unpacked body", unpacked.len(), limits.body));
    }
    to_text(&unpacked)
}

fn is_known(encoding: &str) -> bool {
    ["", "identity", "gzip", "x-gzip"].iter().any(|known| encoding.eq_ignore_ascii_case(known))
}

/// A body with more places than this that are no UTF-8 is no text at all.
const MOST_BROKEN: usize = 1_000;

fn to_text(bytes: &[u8]) -> Result<Text, Refused> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(Text { text: text.to_owned(), broken: Vec::new() });
    }
    let mut text = String::with_capacity(bytes.len());
    let mut broken = Vec::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            if broken.len() == MOST_BROKEN {
                return Err(Refused::not_json("the body is no UTF-8 text; send JSON in UTF-8".into()));
            }
            broken.push(text.len());
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    Ok(Text { text, broken })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        packed.write_all(bytes).unwrap();
        packed.finish().unwrap()
    }

    fn decoded(body: &[u8], encoding: Option<&str>) -> Result<String, Refused> {
        decode(body, encoding, &Limits::default()).map(|text| text.text)
    }

    #[test]
    fn gzip_is_known_by_its_bytes() {
        for encoding in [None, Some("gzip"), Some("identity"), Some("br")] {
            assert_eq!(decoded(&gzip(b"{}"), encoding).unwrap(), "{}", "{encoding:?}");
        }
        let two = [gzip(b"{"), gzip(b"}")].concat();
        assert_eq!(decoded(&two, None).unwrap(), "{}");
        assert_eq!(decoded(b"\xef\xbb\xbf{}", Some("GZIP")).unwrap(), "{}");
        assert_eq!(decoded(b"{}", Some("br")).unwrap_err().status, 415);
        assert_eq!(decoded(&gzip(b"{}")[..12], None).unwrap_err().status, 400);
    }

    #[test]
    fn a_bomb_is_refused_before_it_is_unpacked() {
        let limits = Limits { body: 10_000, ..Limits::default() };
        let fits = gzip(&[b' '; 10_000]);
        assert_eq!(decode(&fits, None, &limits).map(|text| text.text.len()).unwrap(), 10_000);
        for size in [10_001, 30_000_000] {
            let bomb = gzip(&vec![b' '; size]);
            let refused = decode(&bomb[..bomb.len().min(10_000)], None, &limits).err().unwrap();
            assert_eq!((refused.status, refused.reason.contains("10,000")), (413, true), "{refused:?}");
        }
        assert_eq!(decode(&[b' '; 10_001], None, &limits).err().unwrap().status, 413);
    }

    #[test]
    fn broken_bytes_are_known_by_their_place() {
        let text = decode(b"abc\xffdef\xc3", None, &Limits::default()).unwrap();
        assert_eq!(text.text, "abc\u{fffd}def\u{fffd}");
        let parts = [(0, 3, false), (0, 6, true), (6, 9, false), (6, 12, true), (9, 12, true)];
        for (from, to, broken) in parts {
            assert_eq!(text.is_broken(&text.text[from..to]), broken, "{from}..{to}");
        }
        assert_eq!(decode(&[0xff; 2_000], None, &Limits::default()).err().unwrap().status, 400);
        assert!(!decode("\u{fffd}".as_bytes(), None, &Limits::default()).unwrap().is_broken(""));
    }
}
