//! A small map from an index of the program to state, for the few entries of many that one lead has.

/// Sorted by index, so that a rule's neighbours of one score stand together and it serialises the same every time.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Sparse<T>(Vec<(u32, T)>);

impl<T> Default for Sparse<T> {
    fn default() -> Self {
        Sparse(Vec::new())
    }
}

impl<T> Sparse<T> {
    fn place(&self, index: u32) -> Result<usize, usize> {
        // Most leads have a handful of entries: walking them is faster than halving.
        match self.0.len() {
            0..=8 => match self.0.iter().position(|(i, _)| *i >= index) {
                Some(at) if self.0[at].0 == index => Ok(at),
                Some(at) => Err(at),
                None => Err(self.0.len()),
            },
            _ => self.0.binary_search_by_key(&index, |(i, _)| *i),
        }
    }

    pub fn get(&self, index: u32) -> Option<&T> {
        self.place(index).ok().map(|at| &self.0[at].1)
    }

    pub fn get_mut(&mut self, index: u32) -> Option<&mut T> {
        let place = self.place(index).ok()?;
        Some(&mut self.0[place].1)
    }

    pub fn insert(&mut self, index: u32, value: T) {
        match self.place(index) {
            Ok(at) => self.0[at].1 = value,
            Err(at) => self.0.insert(at, (index, value)),
        }
    }

    pub fn remove(&mut self, index: u32) -> Option<T> {
        self.place(index).ok().map(|at| self.0.remove(at).1)
    }

    pub fn entry_or(&mut self, index: u32, new: impl FnOnce() -> T) -> &mut T {
        let at = match self.place(index) {
            Ok(at) => at,
            Err(at) => {
                self.0.insert(at, (index, new()));
                at
            }
        };
        &mut self.0[at].1
    }

    pub fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        self.0.iter().map(|(index, value)| (*index, value))
    }

    /// The entries with `from <= index < to`.
    pub fn between(&self, from: u32, to: u32) -> &[(u32, T)] {
        let start = self.0.partition_point(|(i, _)| *i < from);
        let length = self.0[start..].partition_point(|(i, _)| *i < to);
        &self.0[start..start + length]
    }
}

impl<T: Default> Sparse<T> {
    pub fn entry(&mut self, index: u32) -> &mut T {
        self.entry_or(index, T::default)
    }
}
