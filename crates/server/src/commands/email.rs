//! `attractor email`: an e-mail of the playbook as a reader gets it, shown or sent to oneself.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use axum::http::Method;
use clap::builder::FalseyValueParser;
use clap::{Args, Subcommand};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use super::client::Client;
use super::serve::DataArgs;
use super::{FAILED, fail, show, table};

#[derive(Args)]
pub struct EmailArgs {
    #[command(subcommand)]
    command: EmailCommand,
}

#[derive(Subcommand)]
enum EmailCommand {
    /// Show an e-mail as one reader gets it, and what to look at before it leaves
    ///
    /// Without `--lead` the reader is made up. Nothing is sent and nothing counts; none of its links is personal.
    #[command(after_long_help = "Examples:
  attractor email preview welcome
  attractor email preview welcome --lead ada@example.com --language de
  attractor email preview welcome --html > welcome.html")]
    Preview(PreviewArgs),
    /// Send an e-mail to yourself, to see it in a mailbox
    ///
    /// `--to` is your address as a user of this installation. The mail has [Test] in its subject, no pixel and no personal
    /// links, and leaves no trace at any lead. It is sent by the server, which has to run; without `smtp` it is only caught.
    #[command(after_long_help = "Example:\n  attractor email test welcome --to me@example.com --lead ada@example.com")]
    Test(TestArgs),
}

#[derive(Args)]
struct PreviewArgs {
    /// The id of the e-mail in the playbook
    email: String,
    /// The reader, by any id or address of a lead
    #[arg(long, env = "ATTRACTOR_EMAIL_PREVIEW_LEAD")]
    lead: Option<String>,
    /// In this language instead of the reader's
    #[arg(long, env = "ATTRACTOR_EMAIL_PREVIEW_LANGUAGE")]
    language: Option<String>,
    /// This variant instead of the reader's
    #[arg(long, env = "ATTRACTOR_EMAIL_PREVIEW_VARIANT")]
    variant: Option<String>,
    /// The e-mail of the draft instead of the one in force
    #[arg(long, env = "ATTRACTOR_EMAIL_PREVIEW_DRAFT", value_parser = FalseyValueParser::new())]
    draft: bool,
    /// The HTML alone
    #[arg(long, env = "ATTRACTOR_EMAIL_PREVIEW_HTML", value_parser = FalseyValueParser::new(), conflicts_with = "json")]
    html: bool,
    /// JSON instead of text
    #[arg(long, env = "ATTRACTOR_EMAIL_PREVIEW_JSON", value_parser = FalseyValueParser::new())]
    json: bool,
    #[command(flatten)]
    data: DataArgs,
}

#[derive(Args)]
struct TestArgs {
    /// The id of the e-mail in the playbook
    email: String,
    /// Your address as a user
    #[arg(long, env = "ATTRACTOR_EMAIL_TEST_TO")]
    to: String,
    /// The reader, by any id or address of a lead
    #[arg(long, env = "ATTRACTOR_EMAIL_TEST_LEAD")]
    lead: Option<String>,
    /// In this language instead of the reader's
    #[arg(long, env = "ATTRACTOR_EMAIL_TEST_LANGUAGE")]
    language: Option<String>,
    /// This variant instead of the reader's
    #[arg(long, env = "ATTRACTOR_EMAIL_TEST_VARIANT")]
    variant: Option<String>,
    #[command(flatten)]
    data: DataArgs,
}

pub fn run(args: &EmailArgs) -> ExitCode {
    let done = match &args.command {
        EmailCommand::Preview(args) => preview(args).map(|()| ExitCode::SUCCESS),
        EmailCommand::Test(args) => test(args),
    };
    done.unwrap_or_else(fail)
}

/// What is to be shown: a field that is not given is the reader's own.
fn view(fields: [(&str, &Option<String>); 3]) -> Map<String, Value> {
    let given = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.as_deref()?.into())));
    given.collect()
}

fn path(email: &str, what: &str) -> String {
    format!("/api/emails/{}/{what}", utf8_percent_encode(email, NON_ALPHANUMERIC))
}

fn preview(args: &PreviewArgs) -> Result<(), String> {
    let mut view = view([("lead", &args.lead), ("language", &args.language), ("variant", &args.variant)]);
    view.insert("draft".into(), args.draft.into());
    let mut client = Client::of_store(&args.data)?;
    let shown = client.json(Method::POST, &path(&args.email, "preview"), &Value::Object(view))?.value()?;
    client.close()?;
    match (args.json, args.html) {
        (true, _) => table::json(&shown),
        (_, true) => show(said(&shown, "html")),
        _ => show(&text(&shown, args.lead.is_some())),
    }
}

fn said<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

/// A preview for people: who reads it, its head, its links, its findings, and then the text part.
fn text(shown: &Value, is_lead: bool) -> String {
    let (other, from) = (if is_lead { "" } else { "; --lead shows it as one of your leads gets it" }, &shown["from"]);
    let reader = format!("Reader: {}{other}\n", said(shown, "reader"));
    let from = match said(from, "name") {
        "" => said(from, "address").to_owned(),
        name => format!("{name} <{}>", said(from, "address")),
    };
    let mut text = format!("{reader}From: {from}\n");
    if let Some(address) = shown["reply_to"]["address"].as_str() {
        let _ = writeln!(text, "Reply-To: {address}");
    }
    let _ = writeln!(text, "Subject: {}", said(shown, "subject"));
    if !said(shown, "preheader").is_empty() {
        let _ = writeln!(text, "Preheader: {}", said(shown, "preheader"));
    }
    let _ = writeln!(text, "Language: {} ({})", said(shown, "language"), said(shown, "language_because"));
    if let Some(variant) = shown["variant"].as_str() {
        let _ = writeln!(text, "Variant: {variant}");
    }
    let _ = writeln!(text, "Size: {} bytes", shown["size"]);
    for link in shown["links"].as_array().into_iter().flatten() {
        let topic = link["topic"].as_str().map(|topic| format!(" ({topic})")).unwrap_or_default();
        let _ = writeln!(text, "Link: {}{topic}", said(link, "url"));
    }
    for finding in shown["findings"].as_array().into_iter().flatten() {
        let _ = writeln!(text, "Look at: {}", said(finding, "message"));
    }
    let _ = write!(text, "\n{}", said(shown, "text"));
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

fn test(args: &TestArgs) -> Result<ExitCode, String> {
    let view = view([("lead", &args.lead), ("language", &args.language), ("variant", &args.variant)]);
    let path = format!("{}?to={}", path(&args.email, "test"), utf8_percent_encode(&args.to, NON_ALPHANUMERIC));
    let mut client = Client::of_store(&args.data)?;
    let sent = client.json(Method::POST, &path, &Value::Object(view))?.value()?;
    client.close()?;
    table::line(&outcome(&sent, &args.data.data))?;
    Ok(if sent["result"] == "accepted" { ExitCode::SUCCESS } else { ExitCode::from(FAILED) })
}

/// What became of a test, as a sentence; `data` is the data folder.
fn outcome(sent: &Value, data: &Path) -> String {
    let what = format!("\"{}\" to {}", said(sent, "subject"), said(sent, "to"));
    let answer = said(sent, "answer");
    match said(sent, "result") {
        "accepted" if sent["caught"] == true => format!(
            "caught: {what}: no mail server is set (`smtp`), so nobody gets it; read it with GET /api/caught, or as the newest \
             file in {}",
            data.join("caught").display()
        ),
        "accepted" => format!("sent: {what}"),
        "refused" => format!("refused by the mail server: {what}: {answer}"),
        "put_off" => format!("put off by the mail server, and not tried again: {what}: {answer}"),
        _ => format!("it is not known whether this was sent: {what}: {answer}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_preview_is_a_head_with_links_and_findings_and_the_text() {
        let shown = json!({
            "reader": "Ada (ada@acme.example)", "from": {"name": "Acme", "address": "news@acme.example"}, "reply_to": {"name": "", "address": "b@acme.example"},
            "subject": "Hello", "preheader": "In short", "language": "en", "language_because": "the playbook's",
            "variant": "b", "size": 1200,
            "links": [{"url": "https://acme.example/a", "topic": "shirts"}, {"url": "https://acme.example/", "topic": null}],
            "findings": [{"check": "no_alt", "message": "The image has no text."}], "text": "Hello Ada"
        });
        let expected = "From: Acme <news@acme.example>\nReply-To: b@acme.example\nSubject: Hello\n\
            Preheader: In short\nLanguage: en (the playbook's)\nVariant: b\nSize: 1200 bytes\n\
            Link: https://acme.example/a (shirts)\n\
            Link: https://acme.example/\nLook at: The image has no text.\n\nHello Ada\n";
        let other = "; --lead shows it as one of your leads gets it";
        assert_eq!(text(&shown, false), format!("Reader: Ada (ada@acme.example){other}\n{expected}"));
        assert_eq!(text(&shown, true), format!("Reader: Ada (ada@acme.example)\n{expected}"));
        let unnamed = json!({"from": {"name": "", "address": "news@acme.example"}});
        assert!(text(&unnamed, true).contains("\nFrom: news@acme.example\n"));
    }

    #[test]
    fn what_became_of_a_test_is_a_sentence() {
        let test = |result: &str, answer: Value, caught: bool| {
            let mail = json!({"to": "me@acme.example", "subject": "[Test] Hello", "result": result, "answer": answer,
                "caught": caught});
            outcome(&mail, Path::new("data"))
        };
        let sent = |result: &str, answer: Value| test(result, answer, false);
        assert_eq!(sent("accepted", Value::Null), "sent: \"[Test] Hello\" to me@acme.example");
        let caught = test("accepted", Value::Null, true);
        assert!(caught.starts_with("caught: \"[Test] Hello\" to me@acme.example: no mail server is set"), "{caught}");
        assert!(caught.contains("GET /api/caught") && caught.ends_with("data/caught"), "{caught}");
        assert!(sent("refused", "550 no".into()).ends_with(": 550 no"));
        assert!(sent("put_off", "450 later".into()).contains("not tried again"));
        assert!(sent("unknown", "it broke off".into()).starts_with("it is not known"));
    }
}
