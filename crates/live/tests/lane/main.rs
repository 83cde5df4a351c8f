//! The lane by hand: histories of a few lines, and what must come of them.

#[path = "../beside/mod.rs"]
mod beside;
mod copies;
mod erasure;
mod repeated;
mod trial;
mod undo;
mod unmerge;
mod verdict;
