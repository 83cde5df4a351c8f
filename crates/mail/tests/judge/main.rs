//! The judge before copies that are played by the sample company's tables: how often it is wrong, beside simpler rules, and
//! the laws that hold for any traffic.

mod errors;
mod rules;
mod shapes;
mod stage;
