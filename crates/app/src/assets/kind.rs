//! The type of a file by its first bytes; its name is not evidence.

/// Images that browsers may show. Others, such as SVG, can hold scripts.
const IMAGES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/// The media type of a content.
pub fn media(content: &[u8]) -> &'static str {
    match content {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => "image/png",
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => "image/gif",
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => "image/webp",
        [b'%', b'P', b'D', b'F', b'-', ..] => "application/pdf",
        _ => "application/octet-stream",
    }
}

/// Whether browsers may show it; everything else is saved.
pub fn is_shown(media: &str) -> bool {
    IMAGES.contains(&media)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_say_what_a_file_is() {
        for (content, expected, shown) in [
            (&b"\x89PNG\r\n\x1a\nrest"[..], "image/png", true),
            (b"\xff\xd8\xff\xe0", "image/jpeg", true),
            (b"GIF89a", "image/gif", true),
            (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp", true),
            (b"%PDF-1.7", "application/pdf", false),
            (b"<svg xmlns=\"http://www.w3.org/2000/svg\">", "application/octet-stream", false),
            (b"<!doctype html>", "application/octet-stream", false),
            (b"RIFF\x00\x00\x00\x00WAVE", "application/octet-stream", false),
            (b"\x89PNG", "application/octet-stream", false),
            (b"", "application/octet-stream", false),
        ] {
            assert_eq!((media(content), is_shown(media(content))), (expected, shown), "{content:?}");
        }
    }
}
