//! Texts of every script, and texts that are likely to break a header or a part.

use proptest::prelude::*;

/// Texts that any mail may hold.
pub fn everywhere() -> Vec<String> {
    let plain = [
        "",
        "Hello",
        "Grüße aus München",
        "مرحبا بالعالم",
        "שלום עולם",
        "สวัสดีชาวโลก นี่คือข้อความยาวๆ ที่ไม่มีช่องว่างเลยเพื่อทดสอบการพับบรรทัด",
        "👩‍👩‍👧‍👦 family",
        "=?utf-8?Q?not_encoded?=",
        "a =?utf-8?B?YQ==?= b =?x?q?y?=",
        "Doe, John <x@y.example>; (comment) [list]: \"quoted\" \\ back",
        "\"",
        "\\",
        "(",
        ".",
        "a\r\nBcc: evil@example.org\r\n\r\nbody",
        "a\nb\rc\0d\u{7f}e\u{85}f\u{2028}g",
        "  two  blanks  ",
        "From me to you\n.\n..\n--=_x\nFrom: x\n",
        "a = b; c=3D; 100 % =\r\n=",
        "trailing blank \nand tab\t\n\n\n",
    ];
    let long = ["こんにちは、エイダ。".repeat(20), "x".repeat(5_000), "word ".repeat(1_000), "ü".repeat(2_000)];
    plain.into_iter().map(String::from).chain(long).collect()
}

/// Texts that are likely to break a header or a part.
pub fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "\\PC{0,12}",
        2 => "[ -~]{0,40}",
        1 => any::<char>().prop_map(String::from),
        1 => prop::sample::select(vec![
            "\r\n", "\n", "\r", "\0", "\t", " ", "\r\nBcc: x@y.example", "\r\n\r\n", "=?utf-8?Q?=41?=", "?=", "=?", "=", "=\r\n",
            ".\r\n", "From ", "--=_", "\"", "\\", "<", ">", ",", ";", ":", "@", "(", ")", "\u{202e}", "\u{feff}", "\u{a0}",
        ]).prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}
