//! `attractor user`: who may sign in.

use std::io::{self, BufRead, IsTerminal};
use std::process::ExitCode;

use axum::http::Method;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::client::Client;
use super::fail;
use super::key::RoleArg;
use super::local_times::LocalTimes;
use super::serve::DataArgs;
use super::table;

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
    Passwd(PasswdArgs),
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
    /// Mail the user a link that sets the password; nothing is asked for or printed
    #[arg(long, env = "ATTRACTOR_USER_ADD_INVITE", value_parser = clap::builder::FalseyValueParser::new(), conflicts_with = "link")]
    invite: bool,
    #[command(flatten)]
    data: DataArgs,
}

#[derive(Args)]
struct PasswdArgs {
    /// The user's address
    email: String,
    #[command(flatten)]
    data: DataArgs,
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
        UserCommand::List(args) => list(args),
    };
    done.map_or_else(fail, |()| ExitCode::SUCCESS)
}

fn add(args: &AddArgs) -> Result<(), String> {
    let password = if args.link || args.invite { None } else { Some(ask()?) };
    let wanted = json!({"email": args.email, "name": args.name, "role": args.role.name(), "password": password});
    let mut client = Client::of_store(&args.data)?;
    let made = client.json(Method::POST, "/api/users", &wanted)?.value()?;
    if args.invite {
        let path = format!("/api/users/{}/invite", made["id"]);
        client.json(Method::POST, &path, &json!({}))?.value()?;
        return client.close();
    }
    client.close()?;
    made["url"].as_str().map_or(Ok(()), table::line)
}

fn set_password(args: &PasswdArgs) -> Result<(), String> {
    let mut client = Client::of_store(&args.data)?;
    let users = client.get("/api/users")?.value()?;
    let email = args.email.trim().to_lowercase();
    let found = users["users"].as_array().into_iter().flatten().find(|user| user["email"] == email.as_str());
    let id = found.and_then(|user| user["id"].as_i64()).ok_or_else(|| format!("there is no user {}", args.email))?;
    let password = json!({"password": ask()?});
    client.json(Method::PUT, &format!("/api/users/{id}/password"), &password)?.value()?;
    client.close()
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
        return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
    }
    let ask = |prompt: &str| rpassword::prompt_password(prompt).map_err(|error| error.to_string());
    let password = ask("Password: ")?;
    if ask("Once more: ")? == password { Ok(password) } else { Err("the two are not the same".to_owned()) }
}
