//! Checks outputs and tags where their author wrote them: known tags, closed blocks, expressions that can be read.

use super::super::problem::{Place, Problem};
use super::language;
use super::lexer::{Lexeme, NESTING_LIMIT};

/// Tags that open a block, each with the tags that may divide it.
const BLOCKS: [(&str, &[&str]); 5] = [
    ("if", &["elsif", "else"]),
    ("unless", &["elsif", "else"]),
    ("case", &["when", "else"]),
    ("for", &["else"]),
    ("capture", &[]),
];

/// Tags of Liquid that e-mails do not have, and what to write instead.
const REFUSED: [(&str, &str); 9] = [
    ("include", "an e-mail includes nothing; write the text here"),
    ("render", "an e-mail includes nothing; write the text here"),
    ("layout", "an e-mail includes nothing; write the text here"),
    ("tablerow", "use `for` around the rows of an `mj-table`"),
    ("cycle", "use `forloop.index | modulo: 2`"),
    ("ifchanged", "use `if`"),
    ("increment", "use `assign` and `plus`"),
    ("decrement", "use `assign` and `minus`"),
    ("echo", "use `{{ … }}`"),
];

/// What a tag does to the blocks around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Opens,
    Divides,
    Closes,
    Single,
}

pub(crate) fn shape(name: &str) -> Option<Shape> {
    if BLOCKS.iter().any(|(block, _)| *block == name) {
        return Some(Shape::Opens);
    }
    if name.strip_prefix("end").is_some_and(|opened| BLOCKS.iter().any(|(block, _)| *block == opened)) {
        return Some(Shape::Closes);
    }
    match name {
        "elsif" | "else" | "when" => Some(Shape::Divides),
        "assign" | "break" | "continue" => Some(Shape::Single),
        _ => None,
    }
}

/// All mistakes of a text, in its order.
pub(crate) fn check(lexemes: &[Lexeme], place: &Place) -> Vec<Problem> {
    let mut checker = Checker { place, open: Vec::new(), problems: Vec::new() };
    for lexeme in lexemes {
        match lexeme {
            Lexeme::Text(text) => checker.text(text),
            Lexeme::Output { expression, line } => checker.output(expression, *line),
            Lexeme::Tag { name, rest, line } => checker.tag(name, rest, *line),
        }
    }
    for (name, line) in std::mem::take(&mut checker.open) {
        checker.report(line, format!("`{{% {name} … %}}` is not closed; write `{{% end{name} %}}` where it ends"));
    }
    checker.problems
}

struct Checker<'a> {
    place: &'a Place,
    open: Vec<(String, u32)>,
    problems: Vec<Problem>,
}

impl Checker<'_> {
    fn report(&mut self, line: u32, message: String) {
        self.problems.push(Problem::new(self.place.at(line), message));
    }

    /// A capture holds text, which is escaped where it is shown; markup in it would be shown as `<b>`.
    fn text(&mut self, text: &str) {
        let captures = self.open.iter().rev().find(|(name, _)| name == "capture").map(|(_, line)| *line);
        let Some(line) = captures else { return };
        let is_markup =
            |at: usize| text[at + 1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!');
        if text.match_indices('<').any(|(at, _)| is_markup(at)) {
            self.report(line, "`capture` keeps text, not markup; write the elements where the text is shown".into());
        }
    }

    fn output(&mut self, expression: &str, line: u32) {
        if let Err(why) = language::check_output(expression) {
            self.report(line, format!("`{{{{ {expression} }}}}` is not valid Liquid: {why}"));
        }
    }

    fn tag(&mut self, name: &str, rest: &str, line: u32) {
        match shape(name) {
            None => self.report(line, unknown(name)),
            Some(Shape::Opens) => self.opens(name, rest, line),
            Some(Shape::Closes) => self.closes(name, line),
            Some(Shape::Divides) => self.divides(name, rest, line),
            Some(Shape::Single) => self.single(name, rest, line),
        }
    }

    fn opens(&mut self, name: &str, rest: &str, line: u32) {
        self.open.push((name.into(), line));
        if self.open.len() == NESTING_LIMIT + 1 {
            self.report(line, format!("more than {NESTING_LIMIT} blocks are inside one another"));
        }
        let body = if name == "case" { "{%when 1%}" } else { "" };
        self.expression(name, rest, &format!("{{%{name} {rest}%}}{body}{{%end{name}%}}"), line);
    }

    fn closes(&mut self, name: &str, line: u32) {
        let opened = name.trim_start_matches("end");
        match self.open.pop() {
            Some((last, _)) if last == opened => {}
            Some((last, at)) => {
                let message = format!("`{{% {name} %}}` where `{{% end{last} %}}` is expected for line {at}");
                self.report(line, message);
            }
            None => {
                self.report(line, format!("`{{% {name} %}}` closes nothing; remove it or write `{{% {opened} … %}}`"))
            }
        }
    }

    fn divides(&mut self, name: &str, rest: &str, line: u32) {
        let block = self.open.last().map_or("", |(block, _)| block.as_str());
        let parts = BLOCKS.iter().find(|(opener, _)| *opener == block).map_or(&[][..], |(_, parts)| parts);
        if !parts.contains(&name) {
            return self.report(line, format!("`{{% {name} %}}` is not inside a block that has it"));
        }
        let whole = match name {
            "elsif" => format!("{{%if {rest}%}}{{%endif%}}"),
            "when" => format!("{{%case 1%}}{{%when {rest}%}}{{%endcase%}}"),
            _ if rest.is_empty() => return,
            _ => return self.report(line, format!("`{{% else {rest} %}}`: `else` has no condition; use `elsif`")),
        };
        self.expression(name, rest, &whole, line);
    }

    fn single(&mut self, name: &str, rest: &str, line: u32) {
        if name == "assign" {
            // The parser says more about a value that is shown than about one that is assigned.
            let value = rest.split_once('=').map_or(rest, |(_, value)| value);
            match language::check_output(value) {
                Err(why) => self.report(line, format!("`{{% {name} {rest} %}}` is not valid Liquid: {why}")),
                Ok(()) => self.expression(name, rest, &format!("{{%assign {rest}%}}"), line),
            }
        } else if !self.open.iter().any(|(block, _)| block == "for") {
            self.report(line, format!("`{{% {name} %}}` is not inside a `for`"));
        }
    }

    fn expression(&mut self, name: &str, rest: &str, whole: &str, line: u32) {
        if let Err(why) = language::check_tag(rest, whole) {
            self.report(line, format!("`{{% {name} {rest} %}}` is not valid Liquid: {why}"));
        }
    }
}

fn unknown(name: &str) -> String {
    match REFUSED.iter().find(|(refused, _)| *refused == name) {
        Some((_, instead)) => format!("`{{% {name} %}}` is not available in e-mails: {instead}"),
        None => format!(
            "`{{% {name} %}}` is not a tag; the tags are if, unless, case, for, capture, assign, break, continue, comment and raw"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::problem::Part;
    use super::super::lexer::lex;
    use super::*;

    fn problems(source: &str) -> String {
        let place = Place::new(Part::Body, "", 1);
        let problems = check(&lex(source, &place).unwrap(), &place);
        problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_right_text_has_no_problems() {
        let table = [
            "{{ lead.first_name | default: \"there\" }}",
            "{% if a == 1 and b contains 'x' or c %}x{% elsif d > 2 %}y{% else %}z{% endif %}",
            "{% unless a %}x{% endunless %}{% for x in lead.tags limit:2 reversed %}{{ x }}{% else %}-{% endfor %}",
            "{% case a %}{% when 1, 2 %}x{% when 'b' or 'c' %}y{% else %}z{% endcase %}",
            "{% assign a = b | upcase %}{% capture c %}{{ a }} < 3{% endcapture %}{% for i in (1..3) %}{% break %}{% endfor %}",
        ];
        for source in table {
            assert_eq!(problems(source), "", "{source}");
        }
    }

    #[test]
    fn mistakes_name_their_line_and_what_would_be_right() {
        let table = [
            ("\n{% if a %}", "line 2: `{% if … %}` is not closed; write `{% endif %}`"),
            ("{% if a %}\n{% endfor %}", "line 2: `{% endfor %}` where `{% endif %}` is expected for line 1"),
            ("{% endif %}", "line 1: `{% endif %}` closes nothing"),
            (
                "\n\n{{ a | upcas }}",
                "line 3: `{{ a | upcas }}` is not valid Liquid: `upcas` is not a filter; did you mean `upcase`?",
            ),
            ("{{ a | }}", "is not valid Liquid"),
            ("{{ }}", "is not valid Liquid"),
            ("{% if a = 1 %}{% endif %}", "is not valid Liquid"),
            ("{% include 'x' %}", "line 1: `{% include %}` is not available in e-mails"),
            ("{% frobnicate %}", "is not a tag; the tags are"),
            ("{% else %}", "is not inside a block"),
            ("{% for x in y %}{% elsif z %}{% endfor %}", "is not inside a block"),
            ("{% if a %}{% else b %}{% endif %}", "use `elsif`"),
            ("{% break %}", "is not inside a `for`"),
            ("{% capture a %}<b>x</b>{% endcapture %}", "keeps text, not markup"),
            ("{{ a | append }}", "`append` takes 1 argument"),
            ("{{ a | append: 1, 2 }}", "`append` takes 1 argument, not 2"),
            ("{% assign a = b | append %}", "`append` takes 1 argument, not 0"),
            ("{{ 1 | plus: 99999999999999999999 }}", "a number has more than 18 digits"),
        ];
        for (source, wanted) in table {
            assert!(problems(source).contains(wanted), "{source}: {}", problems(source));
        }
    }

    #[test]
    fn nesting_is_limited() {
        let nested = |levels: usize| format!("{}{}", "{% if a %}".repeat(levels), "{% endif %}".repeat(levels));
        assert_eq!(problems(&nested(NESTING_LIMIT)), "");
        assert!(problems(&nested(NESTING_LIMIT + 1)).contains("inside one another"));
    }
}
