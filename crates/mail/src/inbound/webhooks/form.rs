//! The fields of a form: `application/x-www-form-urlencoded` or `multipart/form-data` (RFC 7578).

/// More fields than that are not a form of a provider's.
const MOST_FIELDS: usize = 1_000;

/// Names and values in their order.
pub(super) fn fields(content_type: &str, body: &[u8]) -> Vec<(String, String)> {
    match boundary(content_type) {
        Some(boundary) => multipart(boundary, body),
        None => urlencoded(body),
    }
}

fn boundary(content_type: &str) -> Option<&str> {
    let (_, rest) = content_type.split_once("boundary=")?;
    let boundary = rest.split(';').next()?.trim().trim_matches('"');
    (!boundary.is_empty()).then_some(boundary)
}

fn multipart(boundary: &str, body: &[u8]) -> Vec<(String, String)> {
    let body = String::from_utf8_lossy(body);
    let mark = format!("--{boundary}");
    body.split(mark.as_str()).skip(1).take(MOST_FIELDS).filter_map(part).collect()
}

fn part(part: &str) -> Option<(String, String)> {
    let (head, value) = part.split_once("\r\n\r\n").or_else(|| part.split_once("\n\n"))?;
    let disposition = head.lines().find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))?;
    let (_, name) = disposition.split_once("name=\"")?;
    let value = value.strip_suffix("\r\n").or_else(|| value.strip_suffix('\n')).unwrap_or(value);
    Some((name.split('"').next()?.to_owned(), value.to_owned()))
}

fn urlencoded(body: &[u8]) -> Vec<(String, String)> {
    let pairs = body.split(|byte| *byte == b'&').take(MOST_FIELDS);
    let halves = pairs.map(|pair| {
        let mut halves = pair.splitn(2, |byte| *byte == b'=');
        (decoded(halves.next().unwrap_or_default()), decoded(halves.next().unwrap_or_default()))
    });
    halves.filter(|(name, _)| !name.is_empty()).collect()
}

fn decoded(text: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        let hex = text.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match (byte, hex) {
            (b'%', Some(value)) => {
                bytes.push(value);
                at += 3;
                continue;
            }
            (b'+', _) => bytes.push(b' '),
            _ => bytes.push(*byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_encodings_have_the_same_fields() {
        let wanted = vec![("a b".to_owned(), "c&d".to_owned()), ("e".to_owned(), String::new())];
        assert_eq!(fields("application/x-www-form-urlencoded", b"a+b=c%26d&e="), wanted);
        let body = "--X\r\nContent-Disposition: form-data; name=\"a b\"\r\n\r\nc&d\r\n--X\r\nContent-Disposition: form-data; name=\"e\"\r\n\r\n\r\n--X--\r\n";
        assert_eq!(fields("multipart/form-data; boundary=\"X\"", body.as_bytes()), wanted);
        assert!(fields("multipart/form-data; boundary=X", b"%zz=1").is_empty());
        assert_eq!(fields("", b"%zz=%"), [("%zz".to_owned(), "%".to_owned())]);
    }
}
