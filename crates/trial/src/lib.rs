//! Temporary databases for tests: a PostgreSQL of the test's own, in a folder that goes when the test does.
//!
//! Where there is no PostgreSQL, tests on it cannot run: they say so, and where `ATTRACTOR_INSIST` is set they fail.

mod cluster;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

pub use cluster::Cluster;

/// One server a test process; each call of `database` gets a database of its own in it.
static CLUSTER: OnceLock<Result<Cluster, String>> = OnceLock::new();

/// A server of its own that is reached encrypted; `None` where there is no PostgreSQL or OpenSSL and nobody insists on it.
pub fn encrypted() -> Option<Cluster> {
    or_say("on encrypted PostgreSQL", Cluster::encrypted())
}

/// A server of its own that may be stopped; `None` where there is no PostgreSQL and nobody insists on it.
pub fn stoppable() -> Option<Cluster> {
    or_say("on a PostgreSQL that fails", Cluster::start())
}

/// What a test needs, where it is there. Where it is not, that is said, and is a failure where somebody insists on it.
pub fn or_say<T, E: std::fmt::Display>(what: &str, made: Result<T, E>) -> Option<T> {
    match made {
        Ok(made) => Some(made),
        Err(why) => {
            assert!(std::env::var_os("ATTRACTOR_INSIST").is_none(), "the test does not run {what}: {why}");
            eprintln!("!!! NOT run {what}: {why}");
            None
        }
    }
}

/// The URL of an empty PostgreSQL database; `None` where there is no PostgreSQL and nobody insists on it.
pub fn postgres() -> Option<String> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    match CLUSTER.get_or_init(Cluster::start) {
        Ok(cluster) => {
            let name = format!("trial{}", NUMBER.fetch_add(1, Ordering::Relaxed));
            Some(cluster.database(&name).expect("a fresh database in the trial cluster"))
        }
        Err(why) => {
            assert!(std::env::var_os("ATTRACTOR_INSIST").is_none(), "no PostgreSQL to test with: {why}");
            eprintln!("!!! NOT run on PostgreSQL: {why}");
            None
        }
    }
}
