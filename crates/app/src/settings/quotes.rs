//! Quotes that word processors write and TOML does not know.

const CURLED: [char; 6] = ['“', '”', '„', '‘', '’', '‚'];

/// Why a text is not TOML: what the parser says of the byte `at`, unless the quotes of that line are the cause.
pub(super) fn why(text: &str, at: usize, message: &str) -> String {
    let begins = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
    let before_comment = text.get(begins..).and_then(|rest| rest.split(['\n', '#']).next()).unwrap_or_default();
    let curled = "quotes such as “ and ” are not those of this file; put the value between straight ones: \"…\"";
    if before_comment.contains(CURLED) { curled.to_owned() } else { message.to_owned() }
}
