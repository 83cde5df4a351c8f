//! `attractor dns`: the DNS records that the sender domain needs, and what is wrong with those that it has.

use std::process::ExitCode;

use attractor_app::sending::sender::is_reserved;
use axum::http::Method;
use clap::Args;
use serde_json::{Value, json};

use super::client::Client;
use super::local_times::LocalTimes;
use super::serve::DataArgs;
use super::{REJECTED, fail, show, table};

#[derive(Args)]
pub struct DnsArgs {
    /// Ask the DNS now, and exit with status 1 if the domain is not verified. Otherwise the last check is shown, and before
    /// the first one what to set
    #[arg(long, env = "ATTRACTOR_DNS_CHECK", value_parser = clap::builder::FalseyValueParser::new())]
    check: bool,
    /// JSON instead of text
    #[arg(long, env = "ATTRACTOR_DNS_JSON", value_parser = clap::builder::FalseyValueParser::new())]
    json: bool,
    #[command(flatten)]
    data: DataArgs,
}

pub fn run(args: &DnsArgs) -> ExitCode {
    print(args).unwrap_or_else(fail)
}

fn print(args: &DnsArgs) -> Result<ExitCode, String> {
    let mut client = Client::of_store(&args.data)?;
    let domain = match args.check {
        true => client.json(Method::POST, "/api/sending/domain/check", &json!({}))?.value()?,
        false => client.get("/api/sending/domain")?.value()?,
    };
    let times = LocalTimes::in_force(&mut client);
    client.close()?;
    if args.json {
        table::json(&domain)?
    } else {
        show(&text(&domain, &times))?
    }
    Ok(if args.check && domain["verified"] != true { ExitCode::from(REJECTED) } else { ExitCode::SUCCESS })
}

/// Whether no record helps the domain, because it exists for tests alone, and nothing waits for it.
fn is_for_tests(domain: &Value) -> bool {
    domain["is_needed"] == false && domain["domain"].as_str().is_some_and(is_reserved)
}

fn items<'d>(domain: &'d Value, name: &str) -> impl Iterator<Item = &'d Value> {
    domain[name].as_array().into_iter().flatten()
}

fn said<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

/// The whole answer for people.
fn text(domain: &Value, times: &LocalTimes) -> String {
    let Some(name) = domain["domain"].as_str() else {
        return "`sender_email` is not set, so there is no domain to send from.\n".to_owned();
    };
    if is_for_tests(domain) {
        return format!(
            "{name} is a reserved name for tests: it cannot receive e-mails and cannot be verified. Its e-mails are caught or, \
             with a mail server, leave only to addresses under such names. To write to people, set `sender_email` to an address \
             at a domain of your own\n"
        );
    }
    let state = if domain["verified"] == true { "verified" } else { "not verified" };
    let checked = domain["checked_at"].as_str().map_or("never".to_owned(), |at| times.shown_with_zone(at));
    let mut text = format!("{name}: {state} (checked: {checked})\n");
    for cause in items(domain, "causes") {
        text += &format!("  {}: {}\n", said(cause, "cause"), said(cause, "message"));
    }
    for record in items(domain, "records") {
        text += &format!("\n{} ({}): {}\n", said(record, "purpose"), said(record, "type"), said(record, "status"));
        text += &format!("  host   {}\n  value  {}\n", said(record, "host"), said(record, "value"));
        let findings = items(record, "findings").filter_map(Value::as_str);
        let todo = record["instruction"].as_str();
        for line in findings.chain(todo) {
            text += &format!("  {line}\n");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::local_times::tests::in_zone;

    #[test]
    fn the_last_check_is_shown_with_its_zone() {
        let domain = json!({"domain": "acme.example", "verified": true, "checked_at": "2026-03-12T14:03:59.000Z"});
        let expected = "acme.example: verified (checked: 2026-03-12 15:03 Europe/Berlin)\n";
        assert_eq!(text(&domain, &in_zone("Europe/Berlin")), expected);
    }

    #[test]
    fn records_are_shown_with_what_to_do() {
        let domain = json!({
            "domain": "acme.example", "verified": false, "checked_at": null,
            "causes": [{"cause": "spf", "message": "There is no SPF record."}],
            "records": [{"purpose": "spf", "type": "TXT", "status": "wrong", "host": "@", "value": "v=spf1 ~all",
                "findings": ["It is missing."], "instruction": "Add it."}]
        });
        let shown = text(&domain, &LocalTimes::of(&Value::Null));
        let expected = "acme.example: not verified (checked: never)\n  spf: There is no SPF record.\n\n\
            spf (TXT): wrong\n  host   @\n  value  v=spf1 ~all\n  It is missing.\n  Add it.\n";
        assert_eq!(shown, expected);
        for (is_needed, name, is_short) in
            [(false, "acme.test", true), (true, "acme.test", false), (false, "acme.example", false)]
        {
            let domain = json!({"domain": name, "is_needed": is_needed, "verified": false, "checked_at": null});
            let shown = text(&domain, &LocalTimes::of(&Value::Null));
            let short =
                format!("{name} is a reserved name for tests: it cannot receive e-mails and cannot be verified. ");
            assert_eq!(shown.starts_with(&short), is_short, "{shown}");
        }
        assert!(text(&json!({"domain": null}), &LocalTimes::of(&Value::Null)).contains("`sender_email` is not set"));
    }
}
