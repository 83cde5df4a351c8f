//! What single bytes between ASCII letters show of a Western encoding. Macs wrote accented letters as bytes that are
//! signs and quotes in windows-1252; in other scripts, letters beyond ASCII follow one another.

#[derive(Debug, Default)]
pub struct Western {
    /// Bytes that are letters of MacRoman, inside a word.
    mac: u64,
    /// Bytes that are letters of windows-1252, inside a word.
    windows: u64,
    /// Quotes, dashes and the like of windows-1252.
    signs: u64,
    all: u64,
    before: [u8; 2],
}

impl Western {
    pub fn feed(&mut self, chunk: &[u8]) {
        for byte in chunk {
            let [previous, current] = self.before;
            if current >= 0x80 {
                self.see(previous, current, *byte);
            }
            self.before = [current, *byte];
        }
    }

    fn see(&mut self, previous: u8, byte: u8, next: u8) {
        let after_letter = previous.is_ascii_alphabetic();
        let in_word = after_letter || next.is_ascii_lowercase();
        let inside = previous.is_ascii_lowercase() && next.is_ascii_lowercase();
        self.all += 1;
        match byte {
            // A letter of MacRoman or a quote: only between letters can it be no quote.
            0x91 | 0x93 | 0x94 | 0x96 | 0x97 => {
                self.mac += u64::from(inside);
                self.signs += u64::from(!inside);
            }
            // An apostrophe, or an accented i.
            0x92 | 0x85 | 0x99 => self.signs += 1,
            0x80..=0x9f => self.mac += u64::from(in_word),
            0xa7 => self.mac += u64::from(after_letter),
            0xc0..=0xff if byte != 0xd7 && byte != 0xf7 => self.windows += u64::from(in_word),
            _ => {}
        }
    }

    pub fn is_mac(&self) -> bool {
        self.mac > 2 * self.windows && self.mac * 2 > self.all - self.signs
    }

    pub fn is_windows(&self) -> bool {
        (self.windows + self.signs) * 2 > self.all
    }
}
