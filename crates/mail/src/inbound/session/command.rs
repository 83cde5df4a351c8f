//! One command line.

/// What a line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Command {
    Hello {
        extended: bool,
        lmtp: bool,
    },
    Mail {
        /// Empty for none.
        sender: String,
        /// The size that the other side announces, in bytes.
        size: Option<usize>,
    },
    Rcpt {
        recipient: String,
    },
    Data,
    Rset,
    Noop,
    Vrfy,
    Quit,
    Malformed,
    Unknown,
}

impl Command {
    /// Reads a line without its end.
    pub(super) fn read(line: &str) -> Command {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.trim();
        let hello =
            |extended, lmtp| if rest.is_empty() { Command::Malformed } else { Command::Hello { extended, lmtp } };
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" => hello(true, false),
            "LHLO" => hello(true, true),
            "HELO" => hello(false, false),
            "MAIL" => mail(rest),
            "RCPT" => match path(rest, "TO:") {
                Some((recipient, _)) if !recipient.is_empty() => Command::Rcpt { recipient },
                _ => Command::Malformed,
            },
            "DATA" if rest.is_empty() => Command::Data,
            "RSET" if rest.is_empty() => Command::Rset,
            "DATA" | "RSET" => Command::Malformed,
            "NOOP" => Command::Noop,
            "VRFY" => Command::Vrfy,
            "QUIT" => Command::Quit,
            _ => Command::Unknown,
        }
    }
}

/// Parameters other than the size are passed over: what they announce, any reader of the mail sees itself.
fn mail(rest: &str) -> Command {
    let Some((sender, parameters)) = path(rest, "FROM:") else { return Command::Malformed };
    let size = parameters.split_ascii_whitespace().find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.eq_ignore_ascii_case("SIZE").then(|| value.parse().unwrap_or(usize::MAX))
    });
    Command::Mail { sender, size }
}

/// The address in angle brackets, without a route before it (RFC 5321, appendix C), and what follows it.
fn path<'t>(text: &'t str, before: &str) -> Option<(String, &'t str)> {
    let start = text.get(..before.len()).filter(|start| start.eq_ignore_ascii_case(before))?;
    let inner = text[start.len()..].trim_start().strip_prefix('<')?;
    let (address, rest) = inner.split_once('>')?;
    let address = match address.strip_prefix('@') {
        Some(route) => route.split_once(':')?.1,
        None => address,
    };
    (!address.chars().any(char::is_control)).then(|| (address.to_owned(), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_commands() {
        let from = |sender: &str, size| Command::Mail { sender: sender.to_owned(), size };
        let to = |recipient: &str| Command::Rcpt { recipient: recipient.to_owned() };
        for (line, expected) in [
            ("EHLO mx.example", Command::Hello { extended: true, lmtp: false }),
            ("lhlo mx.example", Command::Hello { extended: true, lmtp: true }),
            ("Helo [192.0.2.1]", Command::Hello { extended: false, lmtp: false }),
            ("EHLO", Command::Malformed),
            ("MAIL FROM:<>", from("", None)),
            ("mail from:<a@x.example> SIZE=12 BODY=8BITMIME SMTPUTF8", from("a@x.example", Some(12))),
            ("MAIL FROM: <a@x.example> size=99999999999999999999999", from("a@x.example", Some(usize::MAX))),
            ("MAIL FROM:a@x.example", Command::Malformed),
            ("MAIL FROM:<a@x.example", Command::Malformed),
            ("MAIL", Command::Malformed),
            ("MAIL TÖ:<a>", Command::Malformed),
            ("RCPT TO:<b@x.example>", to("b@x.example")),
            ("RCPT TO:<@relay.example,@other.example:b@x.example>", to("b@x.example")),
            ("RCPT TO:<@relay.example>", Command::Malformed),
            ("RCPT TO:<>", Command::Malformed),
            ("RCPT TO:<a\tb@x.example>", Command::Malformed),
            ("DATA", Command::Data),
            ("DATA now", Command::Malformed),
            ("rset", Command::Rset),
            ("NOOP ignored", Command::Noop),
            ("VRFY ada", Command::Vrfy),
            ("QUIT", Command::Quit),
            ("STARTTLS", Command::Unknown),
            ("GET / HTTP/1.1", Command::Unknown),
            ("", Command::Unknown),
        ] {
            assert_eq!(Command::read(line), expected, "{line}");
        }
    }
}
