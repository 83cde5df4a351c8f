//! How often the files of an import were begun to be read. A file that ends the server (it asks for more memory than the
//! machine has) would end it again at each start, because imports go on: so an attempt is noted before the first byte is
//! read, and after the second one that did not come to its end the import has failed.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::private;

const MOST: usize = 2;

/// Why an import has failed whose files ended the server.
pub const WHY: &str = "the server ended twice while it read these files; they may be damaged, or need more memory than \
    this machine has: save sheets as CSV, or split the files, and import them again";

/// One attempt, noted on the disk until it is over.
pub struct Attempt(PathBuf);

impl Attempt {
    /// Notes an attempt in an import's folder; `None` if too many were begun and did not end.
    pub fn begin(home: &Path) -> io::Result<Option<Attempt>> {
        let path = home.join("attempts");
        let begun = match fs::read(&path) {
            Ok(marks) => marks.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        };
        if begun >= MOST {
            return Ok(None);
        }
        let mut file = private(&path)?;
        file.write_all(&vec![b'.'; begun + 1])?;
        file.sync_all()?;
        // The folder as well, so that the file's name is on the disk.
        File::open(home)?.sync_all()?;
        Ok(Some(Attempt(path)))
    }

    /// The attempt came to its end, a good one or a bad one, or the server was told to stop.
    pub fn end(self) {
        // If it stays, one attempt too many is counted.
        let _ = fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_did_not_end_is_begun_twice_and_no_more() {
        let home = tempfile::tempdir().unwrap();
        for _ in 0..5 {
            Attempt::begin(home.path()).unwrap().unwrap().end();
        }
        for _ in 0..MOST {
            assert!(Attempt::begin(home.path()).unwrap().is_some());
        }
        assert!(Attempt::begin(home.path()).unwrap().is_none());
    }
}
