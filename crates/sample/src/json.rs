//! JSON written straight into a buffer: the messages are flat and their keys are ours, so a serializer would only be in
//! the way of fifty million of them.

/// A piece of a text.
#[derive(Clone, Copy)]
pub enum JsonPart<'a> {
    /// A text of ours that needs no escapes.
    Plain(&'static str),
    Text(&'a str),
    Number(i64),
    Hex(u64),
    /// `2026-06-30`
    Date([u8; 10]),
}

/// One object being written. Keys are plain names and are not escaped; values are.
pub struct Object<'a> {
    out: &'a mut Vec<u8>,
    first: bool,
}

impl<'a> Object<'a> {
    /// Writes an object; `fill` adds its members.
    pub fn write(out: &'a mut Vec<u8>, fill: impl FnOnce(&mut Object)) {
        out.push(b'{');
        let mut object = Object { out, first: true };
        fill(&mut object);
        object.out.push(b'}');
    }

    #[inline]
    fn key(&mut self, key: &str) -> &mut Vec<u8> {
        if !self.first {
            self.out.push(b',');
        }
        self.first = false;
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    /// Text made of these parts.
    #[inline]
    pub fn text(&mut self, key: &str, parts: &[JsonPart]) {
        let out = self.key(key);
        out.push(b'"');
        for part in parts {
            match *part {
                JsonPart::Plain(text) => out.extend_from_slice(text.as_bytes()),
                JsonPart::Text(text) => escape(out, text),
                JsonPart::Number(number) => decimal(out, number),
                JsonPart::Hex(number) => hexadecimal(out, number),
                JsonPart::Date(date) => out.extend_from_slice(&date),
            }
        }
        out.push(b'"');
    }

    pub fn raw(&mut self, key: &str, write: impl FnOnce(&mut Vec<u8>)) {
        write(self.key(key));
    }

    pub fn number(&mut self, key: &str, number: i64) {
        decimal(self.key(key), number);
    }

    pub fn truth(&mut self, key: &str) {
        self.key(key).extend_from_slice(b"true");
    }

    pub fn object(&mut self, key: &str, fill: impl FnOnce(&mut Object)) {
        Object::write(self.key(key), fill);
    }
}

/// Escapes what JSON forbids in text: quotes, backslashes, control characters.
fn escape(out: &mut Vec<u8>, text: &str) {
    if !text.bytes().any(|byte| byte < b' ' || byte == b'"' || byte == b'\\') {
        return out.extend_from_slice(text.as_bytes());
    }
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            0..b' ' => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(byte),
        }
    }
}

fn decimal(out: &mut Vec<u8>, number: i64) {
    if number < 0 {
        out.push(b'-');
    }
    let mut digits = [0; 20];
    let mut at = digits.len();
    let mut rest = number.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            return out.extend_from_slice(&digits[at..]);
        }
    }
}

fn hexadecimal(out: &mut Vec<u8>, number: u64) {
    let digits = (64 - number.leading_zeros()).div_ceil(4).max(1);
    out.extend((0..digits).rev().map(|digit| b"0123456789abcdef"[(number >> (4 * digit)) as usize & 15]));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_json() {
        let mut out = Vec::new();
        let odd = "a \"quoted\" \\ line\nend\u{1}é";
        Object::write(&mut out, |object| {
            object.text("odd", &[JsonPart::Text(odd), JsonPart::Plain("!")]);
            object.text(
                "id",
                &[JsonPart::Hex(0), JsonPart::Plain("."), JsonPart::Hex(0xa0f), JsonPart::Date(*b"2026-06-30")],
            );
            object.number("n", -120);
            object.object("inner", |inner| inner.truth("yes"));
            object.object("empty", |_| {});
        });
        let read: serde_json::Value = serde_json::from_slice(&out).unwrap();
        let odd = format!("{odd}!");
        let expected = serde_json::json!(
            {"odd": odd, "id": "0.a0f2026-06-30", "n": -120, "inner": {"yes": true}, "empty": {}}
        );
        assert_eq!(read, expected);
    }

    #[test]
    fn numbers_print_whole() {
        for number in [0, 7, -1, i64::MIN, i64::MAX] {
            let mut out = Vec::new();
            decimal(&mut out, number);
            assert_eq!(out, number.to_string().into_bytes());
        }
    }
}
