//! Numbers of things in sentences.

/// `1 row`, `2 rows`
pub fn counted(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
