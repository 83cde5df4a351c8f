//! How long the texts of a workbook's parts are, found while they are unpacked. The library builds the whole text of a cell,
//! and of each tag, before anyone can count it, so what is too long is refused before the library sees it. Cells are told
//! apart as the library does it: a closing tag in a comment or inside the text of a cell does not end the cell.

/// The most that one cell of a sheet may hold, in bytes: Excel allows 32,767 characters.
const MAX_CELL: u64 = 1024 * 1024;
/// Of parts that hold no cells by their names, such as queries and pictures, in which texts may be longer.
const MAX_OTHER: u64 = 64 * MAX_CELL;

/// What the library reads into one text: shared texts, texts within cells, values and formulas.
const CELLS: [&[u8]; 4] = [b"si", b"is", b"v", b"f"];

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Text,
    /// Behind `<`.
    Opened,
    /// Behind `<!`.
    Bang,
    Tag,
    /// In an attribute, between quotes of this kind.
    Quoted(u8),
    Instruction,
    Comment,
    Literal,
    /// Behind `<!DOCTYPE`: whatever follows counts as one text.
    Declaration,
}

/// Reads a part piece by piece.
#[derive(Debug)]
pub struct Texts {
    is_xml: bool,
    limit: u64,
    state: State,
    /// Of the cell, or outside cells since the last tag.
    length: u64,
    /// Of the tag, without its `<`.
    tag_length: u64,
    /// The name in the tag; all of a closing tag.
    tag: Vec<u8>,
    /// The last two bytes of the markup.
    tail: [u8; 2],
    /// The names of the open cell and of the text in it; empty where none is open.
    cell: Vec<u8>,
    text: Vec<u8>,
    is_too_long: bool,
    declares_type: bool,
}

impl Texts {
    /// Of the part with this name in lower case.
    pub fn of_part(name: &str) -> Texts {
        let is_xml = name.ends_with(".xml") || name.ends_with(".rels");
        let has_cells = name.contains("worksheets/") || name.ends_with("sharedstrings.xml");
        Texts {
            is_xml,
            limit: if has_cells { MAX_CELL } else { MAX_OTHER },
            state: State::default(),
            length: 0,
            tag_length: 0,
            tag: Vec::new(),
            tail: [0; 2],
            cell: Vec::new(),
            text: Vec::new(),
            is_too_long: false,
            declares_type: false,
        }
    }

    /// What is wrong with the part that was read so far; the end of a sentence about it.
    pub fn problem(&self) -> Option<String> {
        // No workbook has one, and entities could be declared in it.
        if self.declares_type && self.is_xml {
            return Some("declares a document type (DOCTYPE), as no workbook does".to_owned());
        }
        let limit = self.limit / 1024 / 1024;
        self.is_too_long.then(|| format!("holds a single text of more than {limit} MB, as no cell can"))
    }

    pub fn read(&mut self, piece: &[u8]) {
        let mut rest = piece;
        while let Some((first, others)) = rest.split_first() {
            if self.state != State::Text {
                self.mark_up(*first);
                rest = others;
                continue;
            }
            let end = rest.iter().position(|byte| *byte == b'<').unwrap_or(rest.len());
            self.lengthen(end as u64);
            rest = &rest[end..];
            if let Some((_, others)) = rest.split_first() {
                self.state = State::Opened;
                self.tag.clear();
                self.tag_length = 0;
                self.tail = [0; 2];
                rest = others;
            }
        }
    }

    fn lengthen(&mut self, by: u64) {
        self.length += by;
        self.is_too_long |= self.length > self.limit;
    }

    /// Takes a byte behind a `<`.
    fn mark_up(&mut self, byte: u8) {
        self.tag_length += 1;
        self.is_too_long |= self.tag_length > self.limit;
        // These are kept with the text around them.
        if matches!(self.state, State::Instruction | State::Comment | State::Literal | State::Declaration) {
            self.lengthen(1);
        }
        self.state = match (self.state, byte) {
            (State::Opened, b'!') => State::Bang,
            (State::Opened, b'?') => State::Instruction,
            (State::Bang, b'-') => State::Comment,
            (State::Bang, b'[') => State::Literal,
            (State::Bang, b'D' | b'd') => {
                self.declares_type = true;
                State::Declaration
            }
            (State::Opened | State::Bang | State::Tag, _) => self.in_tag(byte),
            (State::Quoted(quote), _) if byte == quote => State::Tag,
            (State::Instruction, b'>') if self.tail[1] == b'?' => State::Text,
            // `<!-->` and `<!--->` end no comment.
            (State::Comment, b'>') if self.tail == *b"--" && self.tag_length > SHORTEST_COMMENT => State::Text,
            (State::Literal, b'>') if self.tail == *b"]]" => State::Text,
            (state, _) => state,
        };
        self.tail = [self.tail[1], byte];
    }

    fn in_tag(&mut self, byte: u8) -> State {
        if byte == b'>' {
            self.end_tag();
            return State::Text;
        }
        // Of a closing tag, the library compares everything.
        let is_named = self.tag.last().is_some_and(|last| is_blank(*last));
        if !is_named || self.tag.first() == Some(&b'/') {
            self.tag.push(byte);
        }
        if matches!(byte, b'"' | b'\'') { State::Quoted(byte) } else { State::Tag }
    }

    fn end_tag(&mut self) {
        let tag = std::mem::take(&mut self.tag);
        match tag.strip_prefix(b"/") {
            Some(name) => {
                let end = name.iter().rposition(|byte| !is_blank(*byte)).map_or(0, |last| last + 1);
                self.close(&name[..end]);
            }
            None if self.tail[1] == b'/' => self.between(),
            None => self.open(tag.split(|byte| is_blank(*byte)).next().unwrap_or_default()),
        }
        self.tag = tag;
    }

    fn open(&mut self, name: &[u8]) {
        let local = name.rsplit(|byte| *byte == b':').next().unwrap_or_default();
        if self.cell.is_empty() {
            self.length = 0;
            if CELLS.contains(&local) {
                self.cell.extend_from_slice(name);
            }
        } else if self.text.is_empty() && local == b"t" {
            self.text.extend_from_slice(name);
        }
    }

    fn close(&mut self, name: &[u8]) {
        if !self.text.is_empty() {
            if self.text == name {
                self.text.clear();
            }
            return;
        }
        if self.cell == name {
            self.cell.clear();
        }
        self.between();
    }

    /// Outside cells, a tag ends the text before it.
    fn between(&mut self) {
        if self.cell.is_empty() {
            self.length = 0;
        }
    }
}

/// Of the markup behind its `<`, up to its `>`: `!---->`.
const SHORTEST_COMMENT: u64 = 5;

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said of a part, whatever the pieces in which it comes.
    fn problem(part: &str) -> Option<String> {
        let said = |size: usize| {
            let mut texts = Texts::of_part("xl/worksheets/sheet1.xml");
            part.as_bytes().chunks(size).for_each(|piece| texts.read(piece));
            texts.problem()
        };
        let whole = said(part.len());
        assert_eq!(said(7), whole);
        whole
    }

    /// Half of what a cell may hold, three times, each behind this.
    fn thrice(before: &str) -> String {
        let half = "x".repeat(MAX_CELL as usize / 2);
        format!("{before}{half}").repeat(3)
    }

    #[test]
    fn the_text_of_a_cell_is_counted_as_the_library_gathers_it() {
        let shared = |inner: String| format!("<sst><si>{inner}</si></sst>");
        for (what, part) in [
            ("a text", shared(format!("<t>{}</t>", thrice("")))),
            ("an inline text", format!("<c t=\"inlineStr\"><is><t>{}</t></is></c>", thrice(""))),
            ("runs", shared(thrice("<r><t>").replace("x<r>", "x</t></r><r>"))),
            ("literals", shared(format!("<t>{}</t>", thrice("<![CDATA[</si>").replace("x<!", "x]]><!")))),
            ("comments", shared(format!("<t>{}</t>", thrice("<!--</si>-->")))),
            ("tags in a text", shared(format!("<t>{}</t>", thrice("<c/></c></si><si>")))),
            ("tags of other names", shared(format!("<r>{}</r>", thrice("</si x>")))),
            ("a prefix", format!("<x:si><x:t>{}</x:t></x:si>", thrice("</si>"))),
            ("a value", format!("<c t=\"str\"><v>{}</v></c>", thrice("<b/>"))),
            ("a tag", format!("<c r=\"{}\"/>", thrice(">"))),
            ("a text before all tags", thrice("")),
            ("an instruction", format!("<?{}?>", thrice("'>"))),
            ("a comment that seems to end", format!("<!-->{}-->", thrice("<a>"))),
        ] {
            assert!(problem(&part).is_some_and(|why| why.contains("more than 1 MB")), "{what}");
        }
    }

    #[test]
    fn cells_of_a_usual_length_are_fine_however_many_they_are() {
        let cell = "<x:si><x:r><x:rPr><x:b val='\">'/></x:rPr><x:t>&#x1F600;&amp;</x:t></x:r><t/></x:si>";
        for part in [cell.repeat(30_000), format!("<si>{}</si>", "<r><rPr><b/></rPr><t>x</t></r>".repeat(60_000))] {
            assert!(part.len() as u64 > MAX_CELL);
            assert_eq!(problem(&part), None);
        }
        let rows = "<row><c><f>A1</f><v>1</v></c><c t=\"str\"><v>x</v></c></row>\n".repeat(40_000);
        assert_eq!(problem(&format!("<?xml version='1.0'?><!-- > --><sheetData>{rows}</sheetData>")), None);
    }

    #[test]
    fn a_document_type_is_refused_but_for_bytes_that_are_not_xml() {
        for part in ["<!DOCTYPE a><a/>", "<?xml version=\"1.0\"?>\n<!doctype a [<!ENTITY b \"c\">]>"] {
            assert!(problem(part).is_some_and(|why| why.contains("DOCTYPE")), "{part}");
        }
        let mut picture = Texts::of_part("xl/media/image1.png");
        picture.read(b"\x89PNG <!D\0\0<<'\">");
        assert_eq!(picture.problem(), None);
    }
}
