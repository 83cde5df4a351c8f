//! A file as blocks of whole lines.

use std::io::{self, Read};
use std::sync::mpsc::Receiver;

/// Whole lines, and the number of the first.
pub struct Block {
    pub number: u64,
    pub first_line: u64,
    pub bytes: Vec<u8>,
}

const BLOCK: usize = 4 << 20;

/// A line longer than this is reported instead of read: nothing that a client sends comes near it.
pub const LONGEST: usize = 256 << 20;

/// Cuts `from` into blocks; a line may be longer than a block. `each` says whether to go on. Buffers that come back by
/// `used` are filled again: fresh memory costs more than what is read into it.
pub fn blocks(mut from: impl Read, used: &Receiver<Vec<u8>>, mut each: impl FnMut(Block) -> bool) -> io::Result<()> {
    let (mut number, mut first_line) = (0, 1);
    let mut rest: Vec<u8> = Vec::new();
    loop {
        let ended = fill(&mut from, &mut rest, BLOCK)?;
        let cut = if ended { Some(rest.len()) } else { memchr::memrchr(b'\n', &rest).map(|at| at + 1) };
        let Some(cut) = cut else {
            skim(&mut rest);
            continue;
        };
        let mut next = used.try_recv().unwrap_or_default();
        next.clear();
        next.extend_from_slice(&rest[cut..]);
        rest.truncate(cut);
        let bytes = std::mem::replace(&mut rest, next);
        let lines = memchr::memchr_iter(b'\n', &bytes).count() as u64;
        if !each(Block { number, first_line, bytes }) || ended {
            return Ok(());
        }
        number += 1;
        first_line += lines;
    }
}

/// Reads about `more` bytes. Whether the end was reached.
fn fill(from: &mut impl Read, into: &mut Vec<u8>, more: usize) -> io::Result<bool> {
    into.reserve(more);
    let read = from.take(more as u64).read_to_end(into)?;
    Ok(read < more)
}

/// Of a line without end nothing more is kept than shows that it is too long.
fn skim(line: &mut Vec<u8>) {
    line.truncate(LONGEST + 1);
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn blocks_hold_whole_lines_and_know_their_numbers() {
        let mut text = String::new();
        for line in 0..200_000 {
            text.push_str(&format!("line {line} {}\n", "x".repeat(line % 100)));
        }
        text.push_str("the last has no end");
        let (mut together, mut lines) = (Vec::new(), 1);
        blocks(text.as_bytes(), &channel().1, |block| {
            assert_eq!(block.first_line, lines);
            lines += block.bytes.iter().filter(|b| **b == b'\n').count() as u64;
            together.extend(block.bytes);
            true
        })
        .unwrap();
        assert_eq!(together, text.as_bytes());
    }

    #[test]
    fn a_line_longer_than_a_block_stays_whole() {
        let text = format!("{}\nshort\n", "y".repeat(3 * BLOCK));
        let mut together = Vec::new();
        blocks(text.as_bytes(), &channel().1, |block| {
            together.extend(block.bytes);
            true
        })
        .unwrap();
        assert_eq!(together.len(), text.len());
    }
}
