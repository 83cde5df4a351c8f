//! A text as lines, and the elements of one list or mapping in it: where each could be taken out, put in or moved.

/// Bytes that become another text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Splice {
    pub from: usize,
    pub to: usize,
    pub text: String,
}

pub(super) fn splice(from: usize, to: usize, text: impl Into<String>) -> Splice {
    Splice { from, to, text: text.into() }
}

/// Applies splices that do not overlap.
pub(super) fn spliced(text: &str, mut splices: Vec<Splice>) -> String {
    splices.sort_by_key(|splice| splice.from);
    let mut out = text.to_owned();
    for splice in splices.iter().rev() {
        out.replace_range(splice.from..splice.to, &splice.text);
    }
    out
}

#[derive(Clone, Copy)]
pub(super) struct Sheet<'a>(pub &'a str);

impl Sheet<'_> {
    pub fn line_start(self, at: usize) -> usize {
        self.0[..at].rfind('\n').map_or(0, |end| end + 1)
    }

    /// Where the line's break is, or the text's end.
    pub fn line_end(self, at: usize) -> usize {
        self.0[at..].find('\n').map_or(self.0.len(), |end| at + end)
    }

    /// Behind the line's break.
    fn next_line(self, at: usize) -> usize {
        (self.line_end(at) + 1).min(self.0.len())
    }

    /// In characters, from 0.
    pub fn column(self, at: usize) -> usize {
        self.0[self.line_start(at)..at].chars().count()
    }

    /// Whether nothing is before it on its line.
    pub fn is_first_on_line(self, at: usize) -> bool {
        self.0[self.line_start(at)..at].trim().is_empty()
    }

    fn is_blank_line(self, at: usize) -> bool {
        self.0[self.line_start(at)..self.line_end(at)].trim().is_empty()
    }

    /// What follows on the line is a comment or nothing.
    pub fn comment_behind(self, at: usize) -> Option<usize> {
        let rest = &self.0[at..self.line_end(at)];
        rest.trim_start().starts_with('#').then(|| at + rest.len() - rest.trim_start().len())
    }
}

/// Items of a list, from their dash, or entries of a mapping, from their key.
pub(super) struct Elements<'a> {
    pub sheet: Sheet<'a>,
    pub spans: Vec<(usize, usize)>,
    pub is_flow: bool,
    /// Where the list or mapping begins and ends.
    pub whole: (usize, usize),
}

impl Elements<'_> {
    /// An element that is not the only one, out.
    pub fn without(&self, at: usize) -> Vec<Splice> {
        let (start, end) = match self.is_flow {
            true => self.flow_part(at),
            false if self.sheet.is_first_on_line(self.spans[at].0) => self.lines_with_blank(at),
            // It shares its line with the dash of the item that it begins: the next one takes its place.
            false => (self.spans[at].0, self.spans.get(at + 1).map_or(self.spans[at].1, |next| next.0)),
        };
        vec![splice(start, end, "")]
    }

    /// An element of brackets with the comma that becomes too many.
    fn flow_part(&self, at: usize) -> (usize, usize) {
        let (start, end) = self.spans[at];
        if let Some(next) = self.spans.get(at + 1) {
            return (start, next.0);
        }
        let before = at.checked_sub(1).map_or(start, |before| self.spans[before].1);
        match self.sheet.0[before..start].contains('#') {
            true => (start, end + usize::from(self.sheet.0[end..].starts_with(','))),
            false => (before, end),
        }
    }

    /// The lines of an element of a block, those of the comment above it too.
    pub fn lines(&self, at: usize) -> (usize, usize) {
        let (start, end) = self.spans[at];
        let column = self.sheet.column(start);
        let bound = match at {
            0 => self.sheet.next_line(self.before_first()),
            _ => self.sheet.next_line(self.spans[at - 1].1),
        };
        let mut first = self.sheet.line_start(start);
        while first > bound {
            let above = self.sheet.line_start(first - 1);
            let line = &self.sheet.0[above..first];
            let indent = line.len() - line.trim_start().len();
            if above < bound || indent != column || !line.trim_start().starts_with('#') {
                break;
            }
            first = above;
        }
        (first, self.sheet.next_line(end))
    }

    /// The last byte of the line of the key that holds the block, as far as comments above the first element may go.
    fn before_first(&self) -> usize {
        let mut at = self.sheet.line_start(self.whole.0);
        while at > 0 {
            let above = self.sheet.line_start(at - 1);
            let line = self.sheet.0[above..at].trim();
            if !line.is_empty() && !line.starts_with('#') {
                return above;
            }
            at = above;
        }
        0
    }

    fn lines_with_blank(&self, at: usize) -> (usize, usize) {
        let (first, last) = self.lines(at);
        let text = self.sheet.0;
        let is_blank_above = first == 0 || self.sheet.is_blank_line(first - 1);
        match is_blank_above {
            true if last < text.len() && self.sheet.is_blank_line(last) => (first, self.sheet.next_line(last)),
            // What was the last has the blank line above it that set it off.
            true if last == text.len() && first > 0 => (self.sheet.line_start(first - 1), last),
            _ => (first, last),
        }
    }

    /// Whether a blank line is above an element.
    fn is_set_off(&self, at: usize) -> bool {
        let (first, _) = self.lines(at);
        first > 0 && self.sheet.is_blank_line(first - 1)
    }

    /// Whether elements have blank lines between them, as they are about this place.
    fn are_set_off(&self, at: usize) -> bool {
        let last = self.spans.len().saturating_sub(1);
        last > 0 && self.is_set_off(at.clamp(1, last))
    }

    /// A new element before another, or behind the last. `lines` are its lines in a block, `inline` is it in brackets.
    pub fn with(&self, at: usize, lines: &str, inline: &str) -> Vec<Splice> {
        match (self.is_flow, self.spans.is_empty()) {
            (true, true) => vec![splice(self.whole.0 + 1, self.whole.0 + 1, inline)],
            (true, false) => self.with_flow(at, inline),
            (false, _) => vec![self.with_lines(at, lines)],
        }
    }

    fn with_lines(&self, at: usize, lines: &str) -> Splice {
        let blank = if self.are_set_off(at) { "\n" } else { "" };
        if at < self.spans.len() {
            let start = self.spans[at].0;
            if self.sheet.is_first_on_line(start) {
                let (first, _) = self.lines(at);
                return splice(first, first, format!("{lines}{blank}"));
            }
            let indent = " ".repeat(self.sheet.column(start));
            return splice(start, start, format!("{}{indent}", lines.trim_start_matches(' ')));
        }
        let end = self.spans.last().map_or(self.whole.1, |last| last.1);
        let next = self.sheet.next_line(end);
        match self.sheet.0[..next].ends_with('\n') {
            true => splice(next, next, format!("{blank}{lines}")),
            false => splice(next, next, format!("\n{blank}{lines}")),
        }
    }

    fn with_flow(&self, at: usize, inline: &str) -> Vec<Splice> {
        let (sheet, spans) = (self.sheet, &self.spans);
        let breaks = |start: usize| match sheet.is_first_on_line(start) {
            true => format!("\n{}", &sheet.0[sheet.line_start(start)..start]),
            false => " ".to_owned(),
        };
        if let Some((start, _)) = spans.get(at) {
            return vec![splice(*start, *start, format!("{inline},{}", breaks(*start)))];
        }
        let (start, end) = spans[spans.len() - 1];
        let has_comma = sheet.0[end..].trim_start().starts_with(',');
        let behind = if has_comma { end + sheet.0[end..].find(',').unwrap_or(0) + 1 } else { end };
        let comma = if has_comma { "" } else { "," };
        match sheet.comment_behind(behind) {
            // The comment belongs to what is before it.
            Some(_) if sheet.is_first_on_line(start) => {
                let line_end = sheet.line_end(behind);
                vec![splice(end, end, comma), splice(line_end, line_end, format!("{}{inline}", breaks(start)))]
            }
            _ => vec![splice(behind, behind, format!("{comma}{}{inline}", breaks(start)))],
        }
    }

    /// An element of a block before another one, with its comment; `None` where it cannot be moved as lines.
    pub fn moved(&self, from: usize, before: usize) -> Option<Vec<Splice>> {
        let is_own = |at: usize| self.sheet.is_first_on_line(self.spans[at].0);
        let last = self.spans.len() - 1;
        if self.is_flow || !is_own(0) || !is_own(from) {
            return None;
        }
        let (first, end) = self.lines(from);
        let mut lines = self.sheet.0[first..end].to_owned();
        if !lines.ends_with('\n') {
            lines.push('\n');
        }
        let (cut_from, cut_to) = self.lines_with_blank(from);
        let mut put = self.with_lines(before.min(last + 1), &lines);
        // Behind the last, which may be what the cut takes with it.
        put.from = if put.from > cut_from && put.from < cut_to { cut_to } else { put.from };
        put.to = put.from;
        Some(vec![splice(cut_from, cut_to, ""), put])
    }
}
