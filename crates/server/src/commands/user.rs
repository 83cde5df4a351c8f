//! `attractor user`: who may sign in.

use std::io::{self, BufRead, IsTerminal};
use std::process::ExitCode;

use attractor_app::access::addresses::among;
use axum::http::Method;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::client::Client;
use super::key::RoleArg;
use super::local_times::LocalTimes;
use super::serve::DataArgs;
use super::{fail, say, table};

#[derive(Args)]
pub struct UserArgs {
    #[command(subcommand)]
    command: UserCommand,
}

#[derive(Subcommand)]
enum UserCommand {
    /// Make a user; the password is asked for, or read from standard input
    ///
    /// With `--link` nobody is asked: what is printed is a link by which the user sets the password, once,
    /// within seven days.
    #[command(after_long_help = "Examples:
  attractor user add ada@example.com --role owner
  attractor user add bob@example.com --role sales --name 'Bob Hope' --link
  attractor user add cyd@example.com --role marketer --invite")]
    Add(AddArgs),
    /// Set a user's password; it is asked for, or read from standard input
    #[command(after_long_help = "Example:\n  attractor user passwd ada@example.com")]
    Passwd(NamedArgs),
    /// Let a user no longer sign in; API keys that the user made are revoked
    #[command(after_long_help = "Example:\n  attractor user disable ada@example.com")]
    Disable(NamedArgs),
    /// Let a disabled user sign in again
    #[command(after_long_help = "Example:\n  attractor user enable ada@example.com")]
    Enable(NamedArgs),
    /// Change what a user may do
    #[command(after_long_help = "Examples:
  attractor user role ada@example.com marketer
  attractor user role ada@example.com --role marketer")]
    Role(RoleArgs),
    /// Print a new link by which a user sets the password, once, within seven days; older links end
    #[command(after_long_help = "Example:\n  attractor user link ada@example.com")]
    Link(NamedArgs),
    /// List the users
    #[command(after_long_help = "Example:\n  attractor user list --json")]
    List(ListArgs),
}

#[derive(Args)]
struct AddArgs {
    /// The address to sign in with
    email: String,
    /// What the user may do
    #[arg(long, env = "ATTRACTOR_USER_ADD_ROLE", default_value = "viewer")]
    role: RoleArg,
    /// The user's name, for people
    #[arg(long, env = "ATTRACTOR_USER_ADD_NAME", default_value = "")]
    name: String,
    /// Print a link that sets the password instead of asking for one
    #[arg(long, env = "ATTRACTOR_USER_ADD_LINK", value_parser = clap::builder::FalseyValueParser::new())]
    link: bool,
    /// Mail the user a link that sets the password; nothing is asked for, and the command says where the link goes and until
    /// when it works
    #[arg(long, env = "ATTRACTOR_USER_ADD_INVITE", value_parser = clap::builder::FalseyValueParser::new(), conflicts_with = "link")]
    invite: bool,
    #[command(flatten)]
    data: DataArgs,
}

#[derive(Args)]
struct NamedArgs {
    /// The user's address
    email: String,
    #[command(flatten)]
    data: DataArgs,
}

#[derive(Args)]
struct RoleArgs {
    /// The user's address
    email: String,
    /// What the user may do from now on
    #[arg(required_unless_present = "flag", conflicts_with = "flag")]
    role: Option<RoleArg>,
    /// The same as a flag, as `user add` has it
    #[arg(long = "role", env = "ATTRACTOR_USER_ROLE_ROLE", value_name = "ROLE")]
    flag: Option<RoleArg>,
    #[command(flatten)]
    data: DataArgs,
}

impl RoleArgs {
    /// The command line refuses both and none.
    fn changes(&self) -> Value {
        json!({"role": self.role.or(self.flag).map(RoleArg::name)})
    }
}

#[derive(Args)]
struct ListArgs {
    /// JSON instead of a table
    #[arg(long, env = "ATTRACTOR_USER_LIST_JSON", value_parser = clap::builder::FalseyValueParser::new())]
    json: bool,
    #[command(flatten)]
    data: DataArgs,
}

pub fn run(args: &UserArgs) -> ExitCode {
    let done = match &args.command {
        UserCommand::Add(args) => add(args),
        UserCommand::Passwd(args) => set_password(args),
        UserCommand::Disable(args) => change(&args.email, &args.data, &json!({"disabled": true})),
        UserCommand::Enable(args) => change(&args.email, &args.data, &json!({"disabled": false})),
        UserCommand::Role(args) => change(&args.email, &args.data, &args.changes()),
        UserCommand::Link(args) => link(args),
        UserCommand::List(args) => list(args),
    };
    done.map_or_else(fail, |()| ExitCode::SUCCESS)
}

fn add(args: &AddArgs) -> Result<(), String> {
    let mut client = Client::of_store(&args.data)?;
    if args.invite {
        refuse_unsent(&mut client, &args.email)?;
    }
    // Nobody is asked for a password in vain: a store that refuses the command refuses it before.
    let password = if args.link || args.invite { None } else { Some(ask()?) };
    let wanted = json!({"email": args.email, "name": args.name, "role": args.role.name(), "password": password});
    let made = client.json(Method::POST, "/api/users", &wanted)?.value()?;
    if args.invite {
        let path = format!("/api/users/{}/invite", made["id"]);
        let mailed = client.json(Method::POST, &path, &json!({}))?.value()?;
        let times = LocalTimes::in_force(&mut client);
        let is_served = client.is_served();
        client.close()?;
        say(invitation_note(&mailed, &times, is_served));
        return Ok(());
    }
    match made["url"].as_str() {
        Some(url) => print_link(client, url)?,
        None => client.close()?,
    }
    say(made_note(&made, args.link));
    Ok(())
}

/// Who was made. It goes beside the link, which is alone on standard output for scripts.
fn made_note(made: &Value, with_link: bool) -> String {
    let text = |name: &str| made[name].as_str().unwrap_or_default();
    let how = if with_link { "; the link sets the password, once, within seven days" } else { "" };
    format!("attractor: made the user {} with the role {}{how}", text("email"), text("role"))
}

/// Where an invitation goes, and until when its link works.
fn invitation_note(mailed: &Value, times: &LocalTimes, is_served: bool) -> String {
    let text = |name: &str| mailed[name].as_str().unwrap_or_default();
    let (to, until, zone) = (text("to"), times.shown(text("expires_at")), times.zone());
    let when = if is_served { "" } else { " It leaves when `attractor serve` runs." };
    format!(
        "attractor: the invitation goes to {to}; its link sets the password, once, until {until} ({zone}).{when} GET \
         /api/letters shows whether it has left"
    )
}

/// Prints a link that sets a password. Where no server runs, nobody knows yet at which address one will: the settings say.
fn print_link(client: Client, url: &str) -> Result<(), String> {
    let is_served = client.is_served();
    client.close()?;
    table::line(url)?;
    if !is_served {
        say(link_note(url));
    }
    Ok(())
}

fn link_note(url: &str) -> String {
    let address = url.split_once("/setup?").map_or("", |(address, _)| address);
    format!(
        "attractor: this link leads to {address}, the address in the settings, and works when the server runs there. If \
         `attractor serve` gets another address by `--listen`, replace {address} in the link by that one, or set `listen` or \
         `public_url` in attractor.toml and make the link again"
    )
}

/// Before the user is made: an invitation that reaches nobody must not leave a user behind.
fn refuse_unsent(client: &mut Client, email: &str) -> Result<(), String> {
    if client.get("/api/sending")?.value()?["is_real"] == true {
        return Ok(());
    }
    Err(format!(
        "no user was made: no mail server is set (`smtp`), so that the invitation would reach nobody; `attractor user add {email} \
         --link` with the same role prints a link to hand over"
    ))
}

fn set_password(args: &NamedArgs) -> Result<(), String> {
    let mut client = Client::of_store(&args.data)?;
    let id = id_of(&mut client, &args.email)?;
    let password = json!({"password": ask()?});
    client.json(Method::PUT, &format!("/api/users/{id}/password"), &password)?.value()?;
    client.close()
}

fn id_of(client: &mut Client, email: &str) -> Result<i64, String> {
    let users = client.get("/api/users")?.value()?;
    let all = users["users"].as_array().into_iter().flatten();
    let found = among(all, |user| user["email"].as_str().unwrap_or_default(), email);
    found
        .and_then(|user| user["id"].as_i64())
        .ok_or_else(|| format!("there is no user {email}; `attractor user list` shows all"))
}

fn change(email: &str, data: &DataArgs, changes: &Value) -> Result<(), String> {
    let mut client = Client::of_store(data)?;
    let id = id_of(&mut client, email)?;
    let changed = client.json(Method::PATCH, &format!("/api/users/{id}"), changes)?.value()?;
    client.close()?;
    for (list, what) in [("revoked_keys", "revoked the API key"), ("sending_keys", "this write key still sends:")] {
        for name in changed[list].as_array().into_iter().flatten().filter_map(Value::as_str) {
            say(format_args!("attractor: {what} `{name}`"));
        }
    }
    Ok(())
}

fn link(args: &NamedArgs) -> Result<(), String> {
    let mut client = Client::of_store(&args.data)?;
    let id = id_of(&mut client, &args.email)?;
    let made = client.json(Method::POST, &format!("/api/users/{id}/link"), &Value::Null)?.value()?;
    print_link(client, made["url"].as_str().unwrap_or_default())
}

fn list(args: &ListArgs) -> Result<(), String> {
    let mut client = Client::of_store(&args.data)?;
    let users: Value = client.get("/api/users")?.value()?;
    let times = LocalTimes::in_force(&mut client);
    client.close()?;
    if args.json {
        return table::json(&users);
    }
    let columns = ["id", "email", "name", "role", "has_password", "made_at", "disabled_at"];
    table::print(&columns, users["users"].as_array().map_or(&[], Vec::as_slice), &times)
}

/// A password: at a terminal twice and unseen, else the first line of standard input. Never a flag: those are seen by
/// everybody on the machine.
fn ask() -> Result<String, String> {
    if !io::stdin().is_terminal() {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).map_err(|error| format!("standard input: {error}"))?;
        return typed(line.trim_end_matches(['\r', '\n']).to_owned());
    }
    let ask = |prompt: &str| rpassword::prompt_password(prompt).map_err(|error| error.to_string());
    let password = ask("Password: ")?;
    let password = typed(password)?;
    if ask("Once more: ")? == password { Ok(password) } else { Err("the two are not the same".to_owned()) }
}

fn typed(password: String) -> Result<String, String> {
    let nothing = "nothing was typed: type the password, or give it as the first line of standard input";
    if password.is_empty() { Err(nothing.to_owned()) } else { Ok(password) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::local_times::tests::in_zone;

    #[test]
    fn an_invitation_is_said_with_its_address_and_its_end() {
        let mailed = json!({"to": "ada@example.com", "expires_at": "2026-03-12T14:03:59.000Z"});
        let expected =
            "goes to ada@example.com; its link sets the password, once, until 2026-03-12 15:03 (Europe/Berlin).";
        for is_served in [true, false] {
            let note = invitation_note(&mailed, &in_zone("Europe/Berlin"), is_served);
            assert!(note.contains(expected), "{note}");
            assert_eq!(note.contains("when `attractor serve` runs"), !is_served, "{note}");
        }
    }

    #[test]
    fn whoever_makes_a_user_reads_who_was_made() {
        let made = json!({"email": "ada@example.com", "role": "sales"});
        let note = "attractor: made the user ada@example.com with the role sales";
        assert_eq!(made_note(&made, false), note);
        assert_eq!(made_note(&made, true), format!("{note}; the link sets the password, once, within seven days"));
    }

    #[test]
    fn a_note_beside_a_link_names_its_address_and_not_its_token() {
        for address in ["http://127.0.0.1:8080", "https://leads.example.org"] {
            let note = link_note(&format!("{address}/setup?token=abc"));
            assert!(note.contains(&format!("leads to {address},")) && !note.contains("abc"), "{note}");
            assert!(note.contains("`--listen`") && note.contains("`public_url`"), "{note}");
        }
    }
}
