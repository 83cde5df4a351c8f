//! `attractor key`: keys of programs.

use std::process::ExitCode;

use axum::http::Method;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::client::Client;
use super::fail;
use super::local_times::LocalTimes;
use super::serve::DataArgs;
use super::table;

#[derive(Args)]
pub struct KeyArgs {
    #[command(subcommand)]
    command: KeyCommand,
}

#[derive(Subcommand)]
enum KeyCommand {
    /// Make a key, and print it: it is shown this once
    #[command(after_long_help = "Examples:
  attractor key add website --public
  attractor key add shop --server --rate 6000
  attractor key add reports --api viewer
  attractor key add reports --api viewer --replace")]
    Add(AddArgs),
    /// Revoke a key: it opens nothing any more
    #[command(after_long_help = "Example:\n  attractor key revoke website")]
    Revoke(RevokeArgs),
    /// List the keys, without the keys themselves
    #[command(after_long_help = "Example:\n  attractor key list --json")]
    List(ListArgs),
}

#[derive(Args)]
struct AddArgs {
    /// What it is for
    name: String,
    #[command(flatten)]
    kind: KindArgs,
    /// How many messages a minute the key may send. Without it, a public key has the limit `rate_per_key` of the settings,
    /// and a server key none
    #[arg(long, value_name = "MESSAGES", env = "ATTRACTOR_KEY_ADD_RATE")]
    rate: Option<u32>,
    /// Revoke the key that has this name, if there is one: the new one takes its place
    #[arg(long, env = "ATTRACTOR_KEY_ADD_REPLACE", value_parser = clap::builder::FalseyValueParser::new())]
    replace: bool,
    #[command(flatten)]
    data: DataArgs,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct KindArgs {
    /// For site scripts: it may be seen by everybody
    #[arg(long)]
    public: bool,
    /// For servers: it may send everything
    #[arg(long)]
    server: bool,
    /// For `/api`, with what it may do
    #[arg(long, value_name = "ROLE", num_args = 0..=1, default_missing_value = "viewer")]
    api: Option<RoleArg>,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum RoleArg {
    Viewer,
    Sales,
    Marketer,
    Owner,
}

impl RoleArg {
    pub fn name(self) -> &'static str {
        match self {
            RoleArg::Viewer => "viewer",
            RoleArg::Sales => "sales",
            RoleArg::Marketer => "marketer",
            RoleArg::Owner => "owner",
        }
    }
}

#[derive(Args)]
struct RevokeArgs {
    /// Its name, number or first characters, as `key list` shows them
    #[arg(value_name = "KEY")]
    key: String,
    #[command(flatten)]
    data: DataArgs,
}

#[derive(Args)]
struct ListArgs {
    /// JSON instead of a table
    #[arg(long, env = "ATTRACTOR_KEY_LIST_JSON", value_parser = clap::builder::FalseyValueParser::new())]
    json: bool,
    #[command(flatten)]
    data: DataArgs,
}

pub fn run(args: &KeyArgs) -> ExitCode {
    let done = match &args.command {
        KeyCommand::Add(args) => add(args),
        KeyCommand::Revoke(args) => revoke(args),
        KeyCommand::List(args) => list(args),
    };
    done.map_or_else(fail, |()| ExitCode::SUCCESS)
}

fn add(args: &AddArgs) -> Result<(), String> {
    let (kind, role) = match &args.kind {
        KindArgs { public: true, .. } => ("public", None),
        KindArgs { api: Some(role), .. } => ("api", Some(role.name())),
        _ => ("server", None),
    };
    let mut client = Client::of_store(&args.data)?;
    let wanted = json!({"name": args.name, "kind": kind, "role": role, "rate": args.rate, "replace": args.replace});
    let made = client.json(Method::POST, "/api/keys", &wanted)?.value()?;
    client.close()?;
    table::line(made["key"].as_str().unwrap_or_default())
}

fn revoke(args: &RevokeArgs) -> Result<(), String> {
    let mut client = Client::of_store(&args.data)?;
    let keys = client.get("/api/keys")?.value()?;
    let id = chosen(&keys, &args.key)?;
    client.json(Method::DELETE, &format!("/api/keys/{id}"), &Value::Null)?.value()?;
    client.close()
}

/// The number of the one key in force that is meant.
fn chosen(keys: &Value, text: &str) -> Result<i64, String> {
    let in_force = keys["keys"].as_array().into_iter().flatten().filter(|key| key["revoked_at"].is_null());
    let means = |key: &&Value| {
        key["name"] == text || key["prefix"] == text || key["id"].as_i64().is_some_and(|id| id.to_string() == text)
    };
    let meant: Vec<&Value> = in_force.filter(means).collect();
    match meant[..] {
        [key] => key["id"].as_i64().ok_or_else(|| "the server names no number".to_owned()),
        [] => Err(format!("there is no key `{text}` in force; `attractor key list` lists them")),
        _ => Err(format!("`{text}` means several keys: give its number, as `attractor key list` shows it")),
    }
}

fn list(args: &ListArgs) -> Result<(), String> {
    let mut client = Client::of_store(&args.data)?;
    let keys = client.get("/api/keys")?.value()?;
    let times = LocalTimes::in_force(&mut client);
    client.close()?;
    if args.json {
        return table::json(&keys);
    }
    let columns = ["id", "name", "kind", "role", "prefix", "made_at", "used_on", "revoked_at"];
    table::print(&columns, keys["keys"].as_array().map_or(&[], Vec::as_slice), &times)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_meant_by_its_name_number_or_beginning() {
        let keys = json!({"keys": [
            {"id": 1, "name": "web", "prefix": "atr_pub_abcd", "revoked_at": "2026-01-01"},
            {"id": 2, "name": "web", "prefix": "atr_pub_efgh", "revoked_at": null},
            {"id": 3, "name": "2", "prefix": "atr_api_abcd", "revoked_at": null},
        ]});
        assert_eq!(chosen(&keys, "web"), Ok(2));
        assert_eq!(chosen(&keys, "atr_api_abcd"), Ok(3));
        assert_eq!(chosen(&keys, "3"), Ok(3));
        assert!(chosen(&keys, "2").unwrap_err().contains("several"));
        assert!(chosen(&keys, "1").unwrap_err().contains("no key `1`"));
    }
}
