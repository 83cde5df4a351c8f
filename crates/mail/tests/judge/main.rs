//! The judge before copies that are played by the sample company's tables: how often it is wrong, beside simpler rules; the
//! laws that hold for any traffic; and cases of each kind of evidence.

mod cases;
mod delay;
mod errors;
mod laws;
mod rules;
mod shapes;
mod stage;
