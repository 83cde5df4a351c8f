//! What a document holds for the tests: its fenced blocks, and what a block is an excerpt of.

/// A fenced block without its indentation, so that blocks in lists count too.
pub struct Block {
    /// `DOCUMENT:LINE` of its fence.
    pub place: String,
    pub language: String,
    pub text: String,
    /// The command in the comment right above it, `<!-- attractor … -->`, whose output it shows.
    pub shows: Option<String>,
}

impl Block {
    /// The file as which a reader saves it, if the comment above it is a path and not a command: `<!-- fair.csv -->`.
    pub fn file(&self) -> Option<&str> {
        self.shows.as_deref().filter(|comment| !comment.contains(' ') && comment.contains('.'))
    }

    /// Its lines of shell. One that ends with a backslash goes on in the next.
    pub fn commands(&self) -> Vec<String> {
        let joined = self.text.replace("\\\n", " ");
        joined.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
    }
}

pub fn blocks(document: &str, text: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut open: Option<Block> = None;
    let mut shows = None;
    for (number, line) in (1..).zip(text.lines()) {
        match (line.trim_start().strip_prefix("```"), open.as_mut()) {
            (Some(_), Some(_)) => found.extend(open.take().map(without_indentation)),
            (Some(language), None) => {
                let (place, language) = (format!("{document}:{number}"), language.trim().to_owned());
                open = Some(Block { place, language, text: String::new(), shows: shows.take() });
            }
            (None, Some(block)) => block.text.extend([line, "\n"]),
            (None, None) if line.trim().is_empty() => {}
            (None, None) => shows = comment(line),
        }
    }
    assert!(open.is_none(), "{document}: a block is not closed");
    found
}

fn comment(line: &str) -> Option<String> {
    Some(line.trim().strip_prefix("<!--")?.strip_suffix("-->")?.trim().to_owned())
}

fn without_indentation(mut block: Block) -> Block {
    let indentation = |line: &str| line.len() - line.trim_start().len();
    let least = block.text.lines().filter(|line| !line.trim().is_empty()).map(indentation).min().unwrap_or_default();
    block.text = block.text.lines().map(|line| format!("{}\n", line.get(least..).unwrap_or_default())).collect();
    block
}

/// What of an excerpt is not in a text: its lines must follow each other there as written; `…` on a line of its own
/// stands for lines left out.
pub fn not_in(excerpt: &str, whole: &str) -> Option<String> {
    let lines: Vec<&str> = whole.lines().map(str::trim_end).collect();
    let excerpt: Vec<&str> = excerpt.lines().map(str::trim_end).collect();
    let mut from = 0;
    for part in excerpt.split(|line| line.trim() == "…").filter(|part| !part.is_empty()) {
        let at = lines[from..].windows(part.len()).position(|window| window == part);
        let Some(at) = at else { return Some(part.join("\n")) };
        from += at + part.len();
    }
    None
}

#[test]
fn blocks_have_a_place_a_language_and_no_indentation() {
    let text = "a\n\n<!-- attractor x -->\n```text\nout\n```\n- b\n\n  ```sh\n  one\n    two\n  ```\n";
    let found = blocks("d.md", text);
    let told: Vec<_> = found.iter().map(|b| (b.place.as_str(), b.language.as_str(), b.text.as_str())).collect();
    assert_eq!(told, [("d.md:4", "text", "out\n"), ("d.md:9", "sh", "one\n  two\n")]);
    assert_eq!(found[0].shows.as_deref(), Some("attractor x"));
    assert_eq!(found[1].shows, None);
}

#[test]
fn a_command_may_go_on_in_the_next_line() {
    let found = blocks("d.md", "```sh\ncurl a \\\n  -d b\n\nattractor c\n```\n");
    assert_eq!(found[0].commands(), ["curl a    -d b", "attractor c"]);
}

#[test]
fn an_excerpt_is_in_order_and_word_for_word() {
    let whole = "a\nb\nc\nd\n";
    for held in ["a\nb\n", "a\n…\nc\nd\n", "…\nb\n…\n"] {
        assert_eq!(not_in(held, whole), None, "{held}");
    }
    for (changed, part) in [("a\nc\n", "a\nc"), ("c\n…\na\n", "a"), ("A\n", "A")] {
        assert_eq!(not_in(changed, whole).as_deref(), Some(part));
    }
}
