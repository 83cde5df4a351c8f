//! Where the bytes come from. A file is read several times (encoding, columns, opt-outs, rows), so it must be openable
//! again; memory then stays flat in the number of rows.

use std::io::{self, Read};

type Open<'a> = Box<dyn Fn() -> io::Result<Box<dyn Read + 'a>> + 'a>;

/// A named input that can be opened again and again, each time from its beginning and with the same bytes.
pub struct Source<'a> {
    /// What people call it: a file name. It enters no message id.
    pub name: String,
    open: Open<'a>,
}

impl<'a> Source<'a> {
    pub fn new(name: impl Into<String>, open: impl Fn() -> io::Result<Box<dyn Read + 'a>> + 'a) -> Source<'a> {
        Source { name: name.into(), open: Box::new(open) }
    }

    pub fn from_bytes(name: impl Into<String>, bytes: &'a [u8]) -> Source<'a> {
        Source::new(name, move || Ok(Box::new(bytes)))
    }

    pub(crate) fn open(&self) -> io::Result<Box<dyn Read + 'a>> {
        (self.open)()
    }
}
