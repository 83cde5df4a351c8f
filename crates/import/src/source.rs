//! Where the bytes come from. A file is read several times (encoding, columns, opt-outs, rows), so it must be openable
//! again; memory then stays flat in the number of rows.

use std::io::{self, Cursor, Read};
use std::sync::Arc;

type Open = Box<dyn Fn() -> io::Result<Box<dyn Read>>>;

/// A named input that can be opened again and again, each time from its beginning and with the same bytes.
pub struct SourceFile {
    /// What people call it: a file name. It enters no message id.
    pub name: String,
    /// Of a workbook, the sheet that is read.
    pub(crate) sheet: Option<String>,
    open: Open,
}

impl SourceFile {
    pub fn new(name: impl Into<String>, open: impl Fn() -> io::Result<Box<dyn Read>> + 'static) -> SourceFile {
        SourceFile { name: name.into(), sheet: None, open: Box::new(open) }
    }

    pub fn from_bytes(name: impl Into<String>, bytes: impl Into<Arc<[u8]>>) -> SourceFile {
        let bytes: Arc<[u8]> = bytes.into();
        SourceFile::new(name, move || Ok(Box::new(Cursor::new(Arc::clone(&bytes)))))
    }

    /// The same; of a workbook, this sheet.
    pub fn with_sheet(self, sheet: Option<&str>) -> SourceFile {
        SourceFile { sheet: sheet.map(str::to_owned), ..self }
    }

    pub(crate) fn open(&self) -> io::Result<Box<dyn Read>> {
        (self.open)()
    }
}
