//! The figures at `/metrics`, and what each means.

use std::sync::OnceLock;

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

/// The recorder is the process's, by the design of the crate `metrics`; so is its handle.
static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();

const SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];
const MESSAGES: [f64; 8] = [1.0, 2.0, 5.0, 10.0, 50.0, 100.0, 500.0, 1_000.0];

const COUNTERS: [(&str, &str); 12] = [
    ("attractor_events_accepted_total", "Messages stored"),
    ("attractor_events_duplicate_total", "Messages that were known already"),
    ("attractor_events_refused_total", "Messages refused, each with a reason"),
    ("attractor_placeholder_ids_total", "Ids that name nobody, such as `undefined`, in messages received and imported"),
    ("attractor_refused_traits_total", "Traits that messages may not set, and that were taken out of them"),
    ("attractor_mail_requests_total", "Requests for links and pixels of e-mails, stored to be judged"),
    (
        "attractor_mail_requests_lost_total",
        "Requests for links and pixels that were answered but could not be stored: their clicks and opens are missing",
    ),
    ("attractor_wakes_total", "Leads woken because something was due"),
    ("attractor_moves_total", "Moves of leads between stages and segments"),
    ("attractor_store_errors_total", "Attempts to write to the store that failed"),
    ("attractor_password_hashes_total", "Passwords hashed or checked: each takes 19 MiB and a core for a moment"),
    ("attractor_unreadable_total", "Times that stored data could not be read"),
];
const GAUGES: [(&str, &str); 4] = [
    ("attractor_queue_messages", "Messages that wait to be stored"),
    ("attractor_queue_bytes", "Bytes of the messages that wait to be stored"),
    ("attractor_memory_bytes", "Memory that the process uses"),
    ("attractor_carried_over", "Identities and leads of an earlier version that were checked so far; 0 when all are"),
];
const HISTOGRAMS: [(&str, &str); 3] = [
    ("attractor_group_messages", "Messages stored in one transaction"),
    ("attractor_commit_seconds", "How long a transaction took"),
    ("attractor_wake_lateness_seconds", "How late a wake-up was"),
];

/// Begins to count. A second call changes nothing.
pub fn begin() -> Result<(), BuildError> {
    if HANDLE.get().is_some() {
        return Ok(());
    }
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &SECONDS)?
        .set_buckets_for_metric(Matcher::Suffix("group_messages".into()), &MESSAGES)?
        .build_recorder();
    let handle = recorder.handle();
    if metrics::set_global_recorder(recorder).is_ok() {
        describe();
        let _ = HANDLE.set(handle);
    }
    Ok(())
}

/// Names every figure from the start, so that one that is still nought is there too.
fn describe() {
    for (name, meaning) in COUNTERS {
        metrics::describe_counter!(name, meaning);
        metrics::counter!(name).absolute(0);
    }
    for (name, meaning) in GAUGES {
        metrics::describe_gauge!(name, meaning);
        metrics::gauge!(name).set(0.0);
    }
    for (name, meaning) in HISTOGRAMS {
        metrics::describe_histogram!(name, meaning);
    }
}

/// Folds what was recorded into the histograms, so that memory stays small where nobody asks.
pub fn upkeep() {
    if let Some(handle) = HANDLE.get() {
        handle.run_upkeep();
    }
}

/// The text that Prometheus reads.
pub fn text() -> String {
    if let Some(bytes) = resident() {
        metrics::gauge!("attractor_memory_bytes").set(bytes as f64);
    }
    HANDLE.get().map(PrometheusHandle::render).unwrap_or_default()
}

/// Resident bytes, where the system tells.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}
