//! Rust as its tokens: comments and texts cannot be mistaken for code.

use proc_macro2::{TokenStream, TokenTree};

use super::repository::File;

/// A word, a sign, or one side of a bracket.
pub struct Token {
    /// Of a text or number, `""`.
    pub text: String,
    /// A text or number as it is written.
    pub literal: Option<String>,
    pub line: usize,
}

/// All tokens of a file but for comments, and, where `tests` is false, but for what `#[cfg(test)]` stands before.
pub fn of(file: &File, tests: bool) -> Vec<Token> {
    let mut tokens = Vec::new();
    flatten(file.text.parse().unwrap_or_default(), tests, &mut tokens);
    tokens
}

fn flatten(stream: TokenStream, tests: bool, tokens: &mut Vec<Token>) {
    let mut trees = stream.into_iter().peekable();
    while let Some(tree) = trees.next() {
        let line = tree.span().start().line;
        let mut push = |text: String| tokens.push(Token { text, literal: None, line });
        match tree {
            TokenTree::Punct(sign) if sign.as_char() == '#' && !tests && trees.peek().is_some_and(is_cfg_test) => {
                // The attribute's bracket, and what it stands before: up to its braces or its semicolon.
                while trees.next().is_some_and(|tree| !ends_item(&tree)) {}
            }
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    proc_macro2::Delimiter::Parenthesis => ("(", ")"),
                    proc_macro2::Delimiter::Brace => ("{", "}"),
                    proc_macro2::Delimiter::Bracket => ("[", "]"),
                    proc_macro2::Delimiter::None => ("", ""),
                };
                push(open.into());
                flatten(group.stream(), tests, tokens);
                tokens.push(Token { text: close.into(), literal: None, line });
            }
            TokenTree::Literal(literal) => {
                tokens.push(Token { text: "\"\"".into(), literal: Some(literal.to_string()), line });
            }
            other => push(other.to_string()),
        }
    }
}

fn is_cfg_test(tree: &TokenTree) -> bool {
    tree.to_string().replace(' ', "") == "[cfg(test)]"
}

fn ends_item(tree: &TokenTree) -> bool {
    match tree {
        TokenTree::Group(group) => group.delimiter() == proc_macro2::Delimiter::Brace,
        TokenTree::Punct(sign) => sign.as_char() == ';',
        _ => false,
    }
}

/// Whether tokens begin with these words.
pub fn follows(tokens: &[Token], words: &[&str]) -> bool {
    tokens.len() >= words.len() && tokens.iter().zip(words).all(|(token, word)| token.text == *word)
}

/// The lines on which these tokens follow one another.
pub fn lines_of(tokens: &[Token], wanted: &[&str]) -> Vec<usize> {
    tokens.windows(wanted.len()).filter(|window| follows(window, wanted)).map(|window| window[0].line).collect()
}

#[test]
fn comments_texts_and_tests_are_passed_over() {
    let text = "// dbg\nfn a() { b(\"dbg\"); }\n#[cfg(test)]\nmod tests { fn c() { dbg!(1) } }\n#[cfg(test)]\nuse d;\nfn e() {}\n";
    let file = File::new("x.rs", text);
    let words = |tests| of(&file, tests).into_iter().map(|token| token.text).collect::<Vec<_>>().join(" ");
    assert_eq!(words(false), "fn a ( ) { b ( \"\" ) ; } fn e ( ) { }");
    assert!(words(true).contains("dbg ! ( \"\" )"));
    assert_eq!(lines_of(&of(&file, true), &["dbg", "!"]), [4]);
}
