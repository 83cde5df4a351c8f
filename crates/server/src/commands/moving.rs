//! `attractor move`: from SQLite to PostgreSQL, complete and verified.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use attractor_app as app;
use attractor_app::folder::{Folder, NotOurs, put_file};
use attractor_app::moving::{Arrived, copy_all};
use attractor_app::settings;
use clap::Args;

use super::serve::DataArgs;
use super::{fail, say};
use crate::clock;
use crate::start;

#[derive(Args)]
pub struct MoveArgs {
    /// Where to: an empty PostgreSQL database, postgresql://…
    #[arg(long, value_name = "URL", env = "ATTRACTOR_MOVE_TO", hide_env_values = true)]
    to: String,
    /// Write the new database into the settings file when everything has arrived
    #[arg(long, env = "ATTRACTOR_MOVE_SWITCH", value_parser = clap::builder::FalseyValueParser::new())]
    switch: bool,
    #[command(flatten)]
    data: DataArgs,
}

pub fn run(args: &MoveArgs) -> ExitCode {
    moved(args).map_or_else(fail, |()| ExitCode::SUCCESS)
}

fn moved(args: &MoveArgs) -> Result<(), String> {
    let settings = args.data.settings(&[])?;
    if !settings.database.is_empty() {
        return Err("the data is in PostgreSQL already; only SQLite is moved".into());
    }
    let place = &args.data.data;
    if !place.join(app::DATABASE).exists() {
        return Err(format!("{}: there is no {} to move", place.display(), app::DATABASE));
    }
    let folder = Folder::hold(place, clock::now()).map_err(|why| match why {
        NotOurs::Held(_) => format!("{}, then move, then start it again", why.say(place)),
        NotOurs::Failed(_) => why.say(place),
    })?;
    say("attractor: no server may write while the data is copied; the data folder is locked until it has arrived");
    let (mut from, mut to, held) = start::both(&folder, &args.to)?;
    let rows = copy_all(&mut from, &mut to, tell)?;
    say(format_args!("attractor: {rows} rows have arrived, each table with the same count and checksum"));
    drop(held);
    if args.switch {
        switch(folder.path(), &args.to)?;
        say(format_args!("attractor: {} now says `database`; the SQLite file stays as it is", settings::FILE));
    } else {
        say("attractor: nothing was switched: give the server the new database by --database or in its settings");
    }
    Ok(())
}

fn tell(arrived: Arrived) {
    let Arrived { table, rows, hash } = arrived;
    say(format_args!("attractor: {table:<16} {rows:>10} rows  {}", &hash[..16]));
}

/// Sets `database` in the settings file and leaves the rest of it alone.
fn switch(folder: &Path, url: &str) -> Result<(), String> {
    let path = folder.join(settings::FILE);
    let text = fs::read_to_string(&path).unwrap_or_default();
    put_file(&path, settings::with_database(&text, url).as_bytes())
        .map_err(|error| format!("everything has arrived, but {} cannot be written: {error}", path.display()))
}
