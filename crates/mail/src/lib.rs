//! E-mails, on their way out and on their way back. Pure: no clock, no I/O, no chance; keys, instants and bytes come with
//! the input.

pub mod countries;
pub mod dns;
pub mod frozen;
pub mod gate;
pub mod hours;
pub mod inbound;
pub mod judge;
pub mod links;
pub mod message;
pub mod render;
pub mod reputation;
