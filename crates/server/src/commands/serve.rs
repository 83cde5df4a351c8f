//! `attractor serve`: the server.

use std::io::{self, IsTerminal, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use attractor_app::access::users;
use attractor_app::folder::{self, Folder, NotOurs};
use attractor_app::settings::{self, LogFormat, LogLevel, Settings};
use attractor_app::shell::in_shell;
use attractor_app::{App, DATABASE};
use tokio::runtime::Runtime;
use tokio::time::timeout;

use super::{fail, say};
use crate::clock;
use crate::http;
use crate::http::listen::Listeners;
use crate::incoming::MailDoor;
use crate::start::{self, Running};
use crate::work;

#[derive(clap::Args)]
pub struct ServeArgs {
    #[command(flatten)]
    pub data: DataArgs,
    /// Where to listen: ADDRESS:PORT; port 0 takes any free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR", env = "ATTRACTOR_LISTEN")]
    pub listen: Option<String>,
    /// Take the PostgreSQL database from another server that is alive; that one ends
    #[arg(long, env = "ATTRACTOR_TAKE_OVER", value_parser = clap::builder::BoolishValueParser::new())]
    pub take_over: bool,
    /// Print the settings with their defaults and meaning, for DIR/attractor.toml, and do nothing else
    #[arg(long, env = "ATTRACTOR_SERVE_PRINT_SETTINGS", value_parser = clap::builder::FalseyValueParser::new())]
    pub print_settings: bool,
}

/// Where the data is, for every command that needs it.
#[derive(clap::Args)]
pub struct DataArgs {
    /// The data folder. `serve`, `import`, `apply` and `restore` make it where there is none
    #[arg(long, value_name = "DIR", env = "ATTRACTOR_DATA", default_value = "attractor-data")]
    pub data: PathBuf,
    /// A PostgreSQL database, postgresql://… [default: SQLite in the data folder]
    #[arg(long, value_name = "URL", env = "ATTRACTOR_DATABASE", hide_env_values = true)]
    pub database: Option<String>,
}

impl DataArgs {
    /// Whether they name a store that is there already. A database may be anywhere; whether it is one shows when it is
    /// opened, and a server that listens in the folder may have been started with any. The error is why the folder cannot
    /// be looked into.
    pub fn has_store(&self) -> Result<bool, String> {
        if self.database.is_some() {
            return Ok(true);
        }
        let names = [Path::new(DATABASE), Path::new("attractor.toml"), Path::new(folder::SOCKET)];
        for name in names {
            let path = self.data.join(name);
            if path.try_exists().map_err(|error| not_yours(&self.data, &error))? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The settings of this data folder; `flags` are more of them, by name.
    pub fn settings(&self, flags: &[(&str, Option<String>)]) -> Result<Settings, String> {
        let flags: Vec<_> = [("database", self.database.clone())].into_iter().chain(flags.iter().cloned()).collect();
        settings::read(&self.data, |name| std::env::var(name).ok(), &flags).map_err(|wrong| wrong.to_string())
    }
}

fn not_yours(folder: &Path, error: &io::Error) -> String {
    let folder = folder.display();
    match error.kind() {
        io::ErrorKind::PermissionDenied => {
            format!("{folder}: permission denied; run the command as the user that the server runs as")
        }
        _ => format!("{folder}: {error}"),
    }
}

pub fn run(args: &ServeArgs) -> ExitCode {
    if args.print_settings {
        // That nobody reads it is no reason to complain.
        let _ = io::stdout().lock().write_all(settings::SAMPLE.as_bytes());
        return ExitCode::SUCCESS;
    }
    match serve(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => fail(why),
    }
}

fn serve(args: &ServeArgs) -> Result<(), String> {
    let take_over = args.take_over.then(|| "true".to_owned());
    let mut settings = args.data.settings(&[("listen", args.listen.clone()), ("take_over", take_over)])?;
    log(&settings);
    warn(&settings);
    let folder = Folder::hold(&args.data.data, clock::now()).map_err(|why| match why {
        NotOurs::Held(_) if settings.take_over => {
            format!("{}; --take-over is for PostgreSQL, and a data folder has one server", why.say(&args.data.data))
        }
        why => why.say(&args.data.data),
    })?;
    let runtime = Runtime::new().map_err(|error| error.to_string())?;
    // Before the store is opened, which may take long after an update: a port that is taken is an error at once.
    let listeners =
        runtime.block_on(Listeners::open(settings.listen, &folder.socket(), |other| elsewhere(args, other)))?;
    // Port 0 was any free one: links in e-mails name the one that was taken.
    settings.listen = listeners.address().map_err(|error| error.to_string())?;
    let mail_door = runtime.block_on(MailDoor::open(&settings))?;
    let (app, mut running) = start::open(settings, folder)?;
    running.send(&app)?;
    let taking = mail_door.map(|door| door.begin(&app, &runtime));
    let served = runtime.block_on(listen(listeners, &app));
    if let Some(taking) = taking {
        let _ = runtime.block_on(async { timeout(Duration::from_secs(app.settings.stop_seconds), taking).await });
    }
    finish(&app, running, runtime, served)
}

/// The command that does the same and listens on another address.
fn elsewhere(args: &ServeArgs, other: SocketAddr) -> String {
    let DataArgs { data, database } = &args.data;
    // The URL of a database may hold a password, and this line ends up in logs.
    if database.is_some() && *database != std::env::var("ATTRACTOR_DATABASE").ok() {
        return format!("the same command with `--listen {other}`");
    }
    let take_over = if args.take_over { " --take-over" } else { "" };
    format!("`attractor serve --data {}{take_over} --listen {other}`", in_shell(&data.display().to_string()))
}

/// Settings that have no effect because another one is missing.
fn warn(settings: &Settings) {
    if !settings.bounce_domain.is_empty() && settings.sender_email.is_empty() {
        tracing::warn!("`bounce_domain` has no effect without `sender_email`: set the address that e-mails come from");
    }
}

/// Answers until it is told to stop.
async fn listen(listeners: Listeners, app: &Arc<App>) -> Result<(), String> {
    let address = listeners.address().map_err(|error| error.to_string())?;
    if !address.ip().is_loopback() {
        say(format_args!(
            "attractor: {address} can be reached by other machines, without encryption: put a proxy with TLS before it, \
             or listen on 127.0.0.1"
        ));
    }
    say(format_args!("attractor: http://{address} (data in {})", app.folder.path().display()));
    say_first_link(app, &format!("http://{address}")).await?;
    tokio::spawn(work::webhooks::run(app.clone()));
    listeners.serve(app, http::router(app)).await;
    Ok(())
}

/// Where nobody can sign in as an owner yet, says where that begins.
async fn say_first_link(app: &App, address: &str) -> Result<(), String> {
    let token = users::first_link(app).await.map_err(|denied| format!("the owner's link: {denied}"))?;
    let Some(token) = token else { return Ok(()) };
    let public = &app.settings.public_url;
    let base = if public.is_empty() { address } else { public };
    say(format_args!("attractor: set the owner's password at {base}{}", users::link_path(&token)));
    Ok(())
}

/// What was taken is stored before the program ends. The runtime ends before the connections of the readers do, because
/// they may not be closed on its threads.
pub fn finish(app: &App, running: Running, runtime: Runtime, served: Result<(), String>) -> Result<(), String> {
    let finished = running.finish(app);
    runtime.shutdown_timeout(Duration::from_secs(1));
    finished.and(served)
}

pub fn log(settings: &Settings) {
    let level = match settings.log_level {
        LogLevel::Error => tracing::Level::ERROR,
        LogLevel::Warn => tracing::Level::WARN,
        LogLevel::Info => tracing::Level::INFO,
        LogLevel::Debug => tracing::Level::DEBUG,
        LogLevel::Trace => tracing::Level::TRACE,
    };
    // A file or a pipe gets text alone.
    let colours = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let lines =
        tracing_subscriber::fmt().with_max_level(level).with_writer(io::stderr).with_ansi(colours).with_target(false);
    // Only the first can begin; a second server in one process logs with it.
    let _ = match settings.log_format {
        LogFormat::Plain => lines.try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        serve: ServeArgs,
    }

    #[test]
    fn the_command_that_listens_elsewhere_can_be_copied() {
        let other = "127.0.0.1:8081".parse().unwrap();
        for (arguments, expected) in [
            (&["--data", "/srv/one"][..], "`attractor serve --data /srv/one --listen 127.0.0.1:8081`"),
            (
                &["--data", "it's here", "--listen", "127.0.0.1:8080", "--take-over"],
                "`attractor serve --data 'it'\\''s here' --take-over --listen 127.0.0.1:8081`",
            ),
            (
                &["--data", "one", "--database", "postgresql://ada:s3cret@db/x"],
                "the same command with `--listen 127.0.0.1:8081`",
            ),
        ] {
            let line = Line::parse_from(["serve"].iter().chain(arguments));
            assert_eq!(elsewhere(&line.serve, other), expected);
        }
    }
}
