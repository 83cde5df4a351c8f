//! Bytes that wait: in memory up to a limit, in a temporary file beyond it.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};

#[derive(Default)]
pub struct Spool {
    waiting: Vec<Vec<u8>>,
    held: usize,
    bytes: u64,
    file: Option<File>,
}

impl Spool {
    /// Appends a chunk of whole records; writes out what is held once it is more than `limit` bytes.
    pub fn push(&mut self, chunk: Vec<u8>, limit: usize) -> io::Result<()> {
        self.held += chunk.len();
        self.bytes += chunk.len() as u64;
        self.waiting.push(chunk);
        if self.held > limit { self.flush() } else { Ok(()) }
    }

    /// Bytes pushed so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.file.is_none() {
            self.file = Some(tempfile::tempfile()?);
        }
        if let Some(file) = &mut self.file {
            for chunk in self.waiting.drain(..) {
                file.write_all(&(chunk.len() as u64).to_le_bytes())?;
                file.write_all(&chunk)?;
            }
        }
        self.held = 0;
        Ok(())
    }

    /// The chunks in the order in which they came.
    pub fn chunks(mut self) -> io::Result<impl Iterator<Item = io::Result<Vec<u8>>>> {
        let file = match self.file.take() {
            Some(mut file) => {
                file.seek(SeekFrom::Start(0))?;
                Some(BufReader::with_capacity(1 << 20, file))
            }
            None => None,
        };
        Ok(OnDisk(file).chain(self.waiting.into_iter().map(Ok)))
    }
}

struct OnDisk(Option<BufReader<File>>);

impl Iterator for OnDisk {
    type Item = io::Result<Vec<u8>>;

    fn next(&mut self) -> Option<Self::Item> {
        let file = self.0.as_mut()?;
        let mut length = [0; 8];
        match file.read_exact(&mut length) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return None,
            Err(error) => return Some(Err(error)),
        }
        let mut chunk = vec![0; u64::from_le_bytes(length) as usize];
        Some(file.read_exact(&mut chunk).map(|()| chunk))
    }
}

#[cfg(test)]
mod tests {
    use super::Spool;

    #[test]
    fn chunks_come_back_in_order_from_disk_and_memory() {
        for limit in [0, 10, 1_000_000] {
            let mut spool = Spool::default();
            for number in 0..100_u8 {
                spool.push(vec![number; usize::from(number)], limit).unwrap();
            }
            let chunks: Vec<_> = spool.chunks().unwrap().map(|chunk| chunk.unwrap()).collect();
            assert_eq!(chunks, (0..100_u8).map(|n| vec![n; usize::from(n)]).collect::<Vec<_>>());
        }
    }
}
