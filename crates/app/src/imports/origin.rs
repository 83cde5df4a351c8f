//! How the ledger names the import that brought a message.

use attractor_store::ImportId;

const PREFIX: &str = "import:";

/// The origin of what an import brings.
pub fn origin(import: ImportId) -> String {
    format!("{PREFIX}{import}")
}

/// The number of the import that is an origin, as it is written; `None` of every other origin.
pub fn import_of(origin: &str) -> Option<&str> {
    origin.strip_prefix(PREFIX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_an_import_or_something_else() {
        assert_eq!(import_of(&origin(ImportId(3))), Some("3"));
        let number = |origin| import_of(origin).and_then(|number| number.parse().ok());
        for (origin, expected) in [("import:3", Some(3)), ("key:3", None), ("import:", None), ("user:1", None)] {
            assert_eq!(number(origin), expected, "{origin}");
        }
    }
}
