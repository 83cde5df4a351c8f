//! What is tried on random playbooks and histories, and on the contract's cases: the engine beside the naive evaluator, and what
//! holds of the engine whatever it is asked.

#[path = "../forms/mod.rs"]
mod forms;
#[path = "../naive/mod.rs"]
mod naive;

mod agreement;
mod answers;
mod audience;
mod costs;
mod laws;
mod reach;
