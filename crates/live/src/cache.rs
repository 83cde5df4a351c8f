//! A cache of bounded size: what was not asked for during a whole generation goes.

use std::collections::BTreeMap;
use std::mem;

pub struct Cache<K, V> {
    young: BTreeMap<K, V>,
    old: BTreeMap<K, V>,
    /// How many a generation holds.
    size: usize,
}

impl<K: Ord + Clone, V> Cache<K, V> {
    pub fn new(size: usize) -> Cache<K, V> {
        Cache { young: BTreeMap::new(), old: BTreeMap::new(), size }
    }

    pub fn get<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&V>
    where
        K: std::borrow::Borrow<Q>,
    {
        if !self.young.contains_key(key) {
            let (key, value) = self.old.remove_entry(key)?;
            self.insert(key, value);
        }
        self.young.get(key)
    }

    pub fn insert(&mut self, key: K, value: V) {
        if self.young.len() >= self.size {
            self.old = mem::take(&mut self.young);
        }
        self.old.remove(&key);
        self.young.insert(key, value);
    }

    pub fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: std::borrow::Borrow<Q>,
    {
        let old = self.old.remove(key);
        self.young.remove(key).or(old)
    }

    pub fn clear(&mut self) {
        self.young.clear();
        self.old.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_stays_and_the_rest_goes() {
        let mut cache = Cache::new(2);
        for number in 0..10 {
            cache.insert(number, number);
            assert_eq!(cache.get(&0), Some(&0), "asked for all the time");
        }
        assert_eq!(cache.get(&3), None);
        assert!(cache.young.len() + cache.old.len() <= 4);
    }

    #[test]
    fn a_value_set_again_is_the_new_one() {
        let mut cache = Cache::new(1);
        cache.insert("a", 1);
        cache.insert("b", 1);
        cache.insert("a", 2);
        assert_eq!(cache.get("a"), Some(&2));
        assert_eq!((cache.remove("a"), cache.get("a").copied()), (Some(2), None));
    }
}
