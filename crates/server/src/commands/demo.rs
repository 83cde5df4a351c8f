//! `attractor demo`: the sample company, alive.

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use attractor_app::App;
use attractor_app::access::keys::{self, Kind, NewKey};
use attractor_app::access::tokens;
use attractor_app::access::users::{self, NewUser};
use attractor_app::actor::{Actor, Role};
use attractor_app::folder::Folder;
use attractor_app::sample::{self, Lived, Stream};
use attractor_engine::time::{Duration, Instant};
use attractor_sample::Company;
use tokio::runtime::Runtime;

use super::bar::Bar;
use super::serve::{DataArgs, finish, log};
use super::{fail, is_closed_pipe, leftovers, say};
use crate::clock::{self, Clock, Stopwatch};
use crate::demo::{Story, write};
use crate::http;
use crate::http::listen::{Listeners, StopSignals};
use crate::start;

/// Half a year lies behind, and another one ahead.
const DAYS: u32 = 180;

const LOGIN: &str = "demo@lathewell.example";

#[derive(clap::Args)]
pub struct DemoArgs {
    /// Where to listen: ADDRESS:PORT; port 0 takes any free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR", env = "ATTRACTOR_LISTEN")]
    pub listen: Option<String>,
    /// How many times as fast as time it lives on; 8640 is a day in ten seconds
    #[arg(long, value_name = "N", env = "ATTRACTOR_DEMO_SPEED", default_value_t = 8_640.0, value_parser = speed)]
    pub speed: f64,
    /// How many leads, known or not, the half-year brings
    #[arg(long, value_name = "N", env = "ATTRACTOR_DEMO_LEADS", default_value_t = 2_000,
          value_parser = clap::value_parser!(u32).range(..=50_000))]
    pub leads: u32,
    /// Which of the possible companies
    #[arg(long, value_name = "N", env = "ATTRACTOR_DEMO_SEED", default_value_t = 1)]
    pub seed: u64,
    /// Print the half-year up to 2026-06-30 as a report, and do nothing else
    #[arg(long, env = "ATTRACTOR_DEMO_REPORT", value_parser = clap::builder::FalseyValueParser::new())]
    pub report: bool,
}

fn speed(text: &str) -> Result<f64, String> {
    let speed = text.parse::<f64>().ok().filter(|speed| (1.0..=1e6).contains(speed));
    speed.ok_or_else(|| "a number from 1 to 1000000".to_owned())
}

pub fn run(args: &DemoArgs) -> ExitCode {
    let done = if args.report { report(args) } else { demo(args) };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => fail(why),
    }
}

fn report(args: &DemoArgs) -> Result<(), String> {
    let mut report = String::new();
    let story = Story::of(Company::ending(args.leads, DAYS, args.seed))?;
    write(&story, &mut report).map_err(|error| error.to_string())?;
    print(&report)
}

fn demo(args: &DemoArgs) -> Result<(), String> {
    leftovers::remove(&std::env::temp_dir());
    let folder = tempfile::Builder::new().prefix(leftovers::PREFIX).tempdir().map_err(|error| error.to_string())?;
    let data = DataArgs { data: folder.path().join("data"), database: None };
    let mut settings = data.settings(&[("listen", args.listen.clone())])?;
    log(&settings);
    let held = Folder::hold(&data.data, clock::now()).map_err(|why| why.say(&data.data))?;
    let runtime = Runtime::new().map_err(|error| error.to_string())?;
    // Before the work begins: a port that is taken should not cost anybody the wait.
    let listeners = runtime.block_on(Listeners::open(settings.listen, &held.socket()))?;
    settings.listen = listeners.address().map_err(|error| error.to_string())?;
    let stopped = Arc::new(AtomicBool::new(false));
    let asked = runtime.block_on(async { listeners.asked_to_stop() })?;
    runtime.spawn(note_stop(asked, stopped.clone()));
    say("attractor: living through half a year of the sample company …");
    let (company, now) = (company(args), clock::now());
    let mut messages = sample::stream(company);
    let (mut lived, watch) = (Lived::default(), Stopwatch::start());
    let mut bar = Bar::or_lines("days");
    let day = |instant: Instant| (instant.0 - company.start).max(0).unsigned_abs() / Duration::DAY.0.unsigned_abs();
    let begun = start::prepared(settings, held, Clock::hurried(now, args.speed), |lane| {
        lived = sample::live(lane, Instant(company.start), &mut messages, now, |at| {
            bar.draw("living through half a year", day(at), Some(day(now)));
            !stopped.load(Ordering::Relaxed)
        })?;
        Ok(())
    });
    drop(bar);
    if stopped.load(Ordering::Relaxed) {
        if let Ok((app, running)) = begun {
            finish(&app, running, runtime, Ok(()))?;
        }
        say("attractor: stopped; nothing is left behind");
        return Ok(());
    }
    let (app, mut running) = begun?;
    running.send(&app)?;
    let took = watch.elapsed().as_secs_f64();
    say(format_args!("attractor: {} messages taken and {} wake-ups kept in {took:.1} s", lived.messages, lived.wakes));
    let served = runtime.block_on(serve(listeners, &app, messages, args.speed));
    finish(&app, running, runtime, served)
}

/// A signal while the half-year is filled in: the work ends at its next step, so that the folder goes.
async fn note_stop(asked: StopSignals, stopped: Arc<AtomicBool>) {
    asked.signal().await;
    stopped.store(true, Ordering::Relaxed);
}

/// The half-year ends now. The story is twice as long, with as many people again, so that it can live on.
fn company(args: &DemoArgs) -> Company {
    let start = clock::now().0 - i64::from(DAYS) * Duration::DAY.0;
    Company { leads: args.leads.saturating_mul(2), days: 2 * DAYS, seed: args.seed, start, end: i64::MAX }
}

async fn serve(listeners: Listeners, app: &Arc<App>, messages: Stream, speed: f64) -> Result<(), String> {
    let address = listeners.address().map_err(|error| error.to_string())?;
    let new = NewKey { name: "demo".into(), kind: Kind::Api(Role::Owner), rate: None };
    let (_, key) = keys::add(app, &Actor::command_line("demo"), new).await.map_err(|denied| format!("{denied:?}"))?;
    let password = sign_in(app).await?;
    let day = Duration::DAY.0 as f64 / 1e3 / speed;
    print(&format!(
        "Sample data: {} is a company that never was. Nothing is sent, and all of it goes when this ends.\n\
         Address:  http://{address}\n\
         Sign in:  {LOGIN} with the password {password}\n\
         API key:  {key}\n\
         Time runs {speed} times as fast, a day in {day:.0} seconds. To see what moves:\n\
         \x20 curl -H 'Authorization: Bearer {key}' 'http://{address}/api/moves?limit=5'\n",
        Company::NAME
    ))?;
    let living = tokio::spawn(sample::live_on(app.clone(), messages));
    listeners.serve(app, http::router(app)).await;
    app.stop();
    living.await.map_err(|error| error.to_string())?;
    Ok(())
}

/// An owner who can sign in; returns the password.
async fn sign_in(app: &App) -> Result<String, String> {
    let mut password = tokens::token();
    password.truncate(20);
    let (email, name) = (LOGIN.to_owned(), "Demo".to_owned());
    let new = NewUser { email, name, role: Role::Owner, password: Some(password.clone()) };
    let added = users::add(app, &Actor::command_line("demo"), new).await;
    added.map(|_| password).map_err(|denied| format!("the demo's user: {denied:?}"))
}

fn print(text: &str) -> Result<(), String> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if !is_closed_pipe(&error) => Err(format!("standard output: {error}")),
        _ => Ok(()),
    }
}
