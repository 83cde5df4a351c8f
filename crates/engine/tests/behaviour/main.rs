//! What the engine does, by the contract's sections. Most tests are tables of lines that a marketer could check; `lines` says
//! how they are read.

#[macro_use]
mod lines;

mod conditions;
mod consent;
mod dates;
mod edges;
mod forms;
mod identity;
mod interests;
mod keys;
mod ladders;
mod messages;
mod reading;
mod schedule;
mod scores;
mod segments;
mod sequences;
mod steps;
mod tags;
mod time;
