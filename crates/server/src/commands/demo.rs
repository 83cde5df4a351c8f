//! `attractor demo`: the sample company, alive.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use attractor_app::App;
use attractor_app::access::keys::{self, Kind, NewKey};
use attractor_app::access::tokens;
use attractor_app::access::users::{self, NewUser};
use attractor_app::actor::{Actor, Role};
use attractor_app::folder::Folder;
use attractor_app::sample;
use attractor_app::settings::Settings;
use attractor_engine::time::{Duration, Instant};
use attractor_sample::Company;
use tokio::runtime::Runtime;

use super::bar::Bar;
use super::serve::{DataArgs, finish, log};
use super::{fail, leftovers, say, show};
use crate::clock::{self, Clock, MovedClock, Stopwatch};
use crate::demo::{Alive, Looks, Story, write};
use crate::http;
use crate::http::listen::{Listeners, StopSignals};
use crate::start;

/// Half a year lies behind, and another one ahead.
const DAYS: u32 = 180;
/// How often it is said where people are while the half-year is lived through, in days.
const PART: i64 = 30;

const LOGIN: &str = "demo@lathewell.example";
/// A click waits as many seconds as a quarter of a second of real time has, so that all of a scanner's requests are there
/// when one is judged; at most half an hour, because what is judged after an hour causes no mail.
const JUDGED_WITHIN: f64 = 0.25;

#[derive(clap::Args)]
pub struct DemoArgs {
    /// Where to listen: ADDRESS:PORT; port 0 takes any free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR", env = "ATTRACTOR_LISTEN")]
    pub listen: Option<String>,
    /// How many times as fast as time it lives on; 8640 is a day in ten seconds. 0 stops the clock: then each line of
    /// standard input moves it, by a length such as `1d` or to an instant
    #[arg(long, value_name = "N", env = "ATTRACTOR_DEMO_SPEED", default_value_t = 8_640.0, value_parser = speed)]
    pub speed: f64,
    /// How many leads, known or not, the half-year brings
    #[arg(long, value_name = "N", env = "ATTRACTOR_DEMO_LEADS", default_value_t = 1_000,
          value_parser = clap::value_parser!(u32).range(..=50_000))]
    pub leads: u32,
    /// Which of the possible companies
    #[arg(long, value_name = "N", env = "ATTRACTOR_DEMO_SEED", default_value_t = 1)]
    pub seed: u64,
    /// When the half-year ends, such as 2026-06-30 or 2026-06-30T12:00:00Z [default: now]
    #[arg(long, value_name = "INSTANT", env = "ATTRACTOR_DEMO_END", value_parser = super::simulate::end)]
    pub end: Option<Instant>,
    /// An empty PostgreSQL database, postgresql://…, in place of a throw-away file. What is written to it stays there
    #[arg(long, value_name = "URL", env = "ATTRACTOR_DEMO_DATABASE", hide_env_values = true)]
    pub database: Option<String>,
    /// Print the half-year up to 2026-06-30 as a report, and do nothing else
    #[arg(long, env = "ATTRACTOR_DEMO_REPORT", value_parser = clap::builder::FalseyValueParser::new())]
    pub report: bool,
}

fn speed(text: &str) -> Result<f64, String> {
    let speed = text.parse::<f64>().ok().filter(|speed| *speed == 0.0 || (1.0..=1e6).contains(speed));
    speed.ok_or_else(|| "expected 0 or a number from 1 to 1000000".to_owned())
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
    show(&report)
}

fn demo(args: &DemoArgs) -> Result<(), String> {
    leftovers::remove(&std::env::temp_dir());
    let folder = tempfile::Builder::new().prefix(leftovers::PREFIX).tempdir().map_err(|error| error.to_string())?;
    let data = DataArgs { data: folder.path().join("data"), database: Some(args.database.clone().unwrap_or_default()) };
    let mut settings = data.settings(&settings(args))?;
    log(&settings);
    let held = Folder::hold(&data.data, clock::now()).map_err(|why| why.say(&data.data))?;
    let runtime = Runtime::new().map_err(|error| error.to_string())?;
    // Before the work begins: a port that is taken should not cost anybody the wait.
    let elsewhere = |other: std::net::SocketAddr| format!("the same command with `--listen {other}`");
    let listeners = runtime.block_on(Listeners::open(settings.listen, &held.socket(), elsewhere))?;
    settings.listen = listeners.address().map_err(|error| error.to_string())?;
    let stopped = Arc::new(AtomicBool::new(false));
    let asked = runtime.block_on(async { listeners.asked_to_stop() })?;
    runtime.spawn(note_stop(asked, stopped.clone()));
    say("attractor: living through half a year of the sample company …");
    let now = args.end.unwrap_or_else(clock::now);
    let watch = Stopwatch::start();
    let (app, mut alive, begin) = begun(args, now, settings, held, &runtime)?;
    let lived = live(&runtime, &mut alive, (begin, now), &stopped);
    if stopped.load(Ordering::Relaxed) {
        let running = alive.stop();
        finish(&app, running, runtime, Ok(()))?;
        say("attractor: stopped; nothing is left behind");
        return Ok(());
    }
    lived?;
    say(format_args!("attractor: the half-year took {:.1} s", watch.elapsed().as_secs_f64()));
    runtime.block_on(introduce(&app, &listeners, args))?;
    let (running, served) = if args.speed > 0.0 {
        let (running, ended) = alive.go_on(args.speed, &runtime, Looks::each_minute())?;
        runtime.block_on(listeners.serve(&app, http::router(&app)));
        (running, runtime.block_on(ended).map_err(|error| error.to_string()))
    } else {
        let (serving, of) = (app.clone(), http::router(&app));
        runtime.spawn(async move { listeners.serve(&serving, of).await });
        alive.stand(&runtime)
    };
    finish(&app, running, runtime, served)
}

/// The company on a server of its own, on the day on which its story begins, which ends `now`; and that day.
fn begun(
    args: &DemoArgs,
    now: Instant,
    settings: Settings,
    held: Folder,
    runtime: &Runtime,
) -> Result<(Arc<App>, Alive, Instant), String> {
    let company = company(args, now);
    let begin = Instant(company.start - company.start.rem_euclid(Duration::DAY.0));
    let moved = MovedClock::at(begin);
    let (app, running) = start::prepared(settings, held, Clock::moved(&moved), |lane| sample::begin(lane, begin))?;
    let _inside = runtime.enter();
    let alive = Alive::begin(&app, running, moved, &company)?;
    Ok((app, alive, begin))
}

/// Lives through the half-year, and says in between where people are.
fn live(
    runtime: &Runtime,
    alive: &mut Alive,
    (begin, now): (Instant, Instant),
    stopped: &AtomicBool,
) -> Result<(), String> {
    let mut bar = Bar::or_lines("days");
    let days = |at: Instant| (at.0 - begin.0).max(0).unsigned_abs() / Duration::DAY.0.unsigned_abs();
    let mut until = begin;
    while until < now {
        until = (until + Duration(PART * Duration::DAY.0)).min(now);
        alive.live(runtime, until, &mut |at| {
            bar.draw("living through half a year", days(at), Some(days(now)));
            !stopped.load(Ordering::Relaxed)
        })?;
        bar.clear();
        show(&alive.overview(runtime)?)?;
    }
    Ok(())
}

/// What the demo needs beside the defaults. No setting of the environment lets anything of it leave this machine, or takes a
/// database from another server.
fn settings(args: &DemoArgs) -> Vec<(&'static str, Option<String>)> {
    let text = |text: &str| Some(text.to_owned());
    let judged = (args.speed * JUDGED_WITHIN).clamp(30.0, 1_800.0);
    vec![
        ("listen", args.listen.clone()),
        ("take_over", text("false")),
        ("smtp", text("")),
        ("test_to", text("")),
        ("inbound", text("")),
        ("inbound_folder", text("")),
        ("sender_name", text("Lathewell")),
        ("sender_email", text("maria@lathewell.example")),
        ("postal_address", text("1 Workshop Lane, Sheffield, United Kingdom")),
        ("bounce_domain", text("bounce.lathewell.example")),
        ("alert_lists", text("sales: maria@lathewell.example tom@lathewell.example aisha@lathewell.example")),
        ("sending_hours", text("mon-fri 8:00-18:00")),
        ("judging_delay", Some(format!("{judged:.0}"))),
        // The list that the company brings has old addresses, as lists have.
        ("stop_bounces", text("25")),
        ("stop_complaints", text("5")),
    ]
}

/// A signal while the half-year is filled in: the work ends at its next step, so that the folder goes.
async fn note_stop(asked: StopSignals, stopped: Arc<AtomicBool>) {
    asked.signal().await;
    stopped.store(true, Ordering::Relaxed);
}

/// The half-year ends now. The story is twice as long, with as many people again, so that it can live on.
fn company(args: &DemoArgs, now: Instant) -> Company {
    let start = now.0 - i64::from(DAYS) * Duration::DAY.0;
    Company { leads: args.leads.saturating_mul(2), days: 2 * DAYS, seed: args.seed, start, end: i64::MAX }
}

/// Says how to get in.
async fn introduce(app: &Arc<App>, listeners: &Listeners, args: &DemoArgs) -> Result<(), String> {
    let address = listeners.address().map_err(|error| error.to_string())?;
    let new = NewKey { name: "demo".into(), kind: Kind::Api(Role::Owner), rate: None, replaces: false };
    let (_, key) = keys::add(app, &Actor::command_line("demo"), new).await.map_err(|denied| denied.to_string())?;
    let password = sign_in(app).await?;
    let pace = if args.speed > 0.0 {
        let day = Duration::DAY.0 as f64 / 1e3 / args.speed;
        format!("Time runs {} times as fast, a day in {day:.0} seconds", args.speed)
    } else {
        "Time stands still. Each line of standard input moves it: 1d, or an instant".to_owned()
    };
    show(&format!(
        "Sample data: {} is an invented company. Its e-mails are caught and sent nowhere, and everything is deleted when this\n\
         ends.\n\
         Address:  http://{address}\n\
         Sign in:  {LOGIN} with the password {password}\n\
         API key:  {key}\n\
         {pace}. To see what moves:\n\
         \x20 curl -H 'Authorization: Bearer {key}' 'http://{address}/api/moves?limit=5'\n",
        Company::NAME
    ))
}

/// An owner who can sign in; returns the password.
async fn sign_in(app: &App) -> Result<String, String> {
    let mut password = tokens::token();
    password.truncate(20);
    let (email, name) = (LOGIN.to_owned(), "Demo".to_owned());
    let new = NewUser { email, name, role: Role::Owner, password: Some(password.clone()) };
    let added = users::add(app, &Actor::command_line("demo"), new).await;
    added.map(|_| password).map_err(|denied| format!("the demo's user: {denied}"))
}

#[cfg(test)]
mod tests {
    use std::iter;
    use std::sync::mpsc::channel;
    use std::time::Duration as RealTime;

    use super::*;

    /// A company of which three weeks are lived through.
    fn three_weeks(args: &DemoArgs, data: &DataArgs, runtime: &Runtime) -> (Arc<App>, Alive) {
        let settings = data.settings(&settings(args)).unwrap();
        let held = Folder::hold(&data.data, clock::now()).ok().unwrap();
        let (app, mut alive, begin) = begun(args, args.end.unwrap(), settings, held, runtime).unwrap();
        alive.live(runtime, begin + Duration(21 * Duration::DAY.0), &mut |_| true).unwrap();
        (app, alive)
    }

    #[test]
    fn the_company_lives_on_and_it_is_said_again_and_again_where_people_are() {
        let folder = tempfile::tempdir().unwrap();
        let end = Instant::parse("2026-06-30T06:00:00Z");
        let args = DemoArgs { listen: None, speed: 1e5, leads: 200, seed: 3, end, database: None, report: false };
        let data = DataArgs { data: folder.path().join("data"), database: Some(String::new()) };
        let runtime = Runtime::new().unwrap();
        let (app, mut alive) = three_weeks(&args, &data, &runtime);
        let before = alive.overview(&runtime).unwrap();
        let (said, overviews) = channel();
        let show = move |text: &str| said.send(text.to_owned()).map_err(|_| "nobody listens any more".to_owned());
        let looks = Looks { every: RealTime::from_millis(200), show: Box::new(show) };
        let (running, ended) = alive.go_on(args.speed, &runtime, looks).unwrap();
        let mut came = iter::from_fn(|| overviews.recv().ok());
        let two = [came.next().unwrap(), came.next().unwrap()];
        // Each begins with the date and the time.
        let at = |text: &str| text.lines().next().unwrap_or_default().to_owned();
        assert!(at(&before) < at(&two[0]) && at(&two[0]) < at(&two[1]), "{before}\n{two:?}");
        for text in &two {
            let topics = text.lines().find_map(|line| line.strip_prefix("  Topics: ")).unwrap();
            assert!(topics.contains(|c: char| c.is_ascii_digit()) && text.contains("  Moved: "), "{text}");
        }
        assert!(came.any(|text| !text.contains("  Moved: nobody")), "somebody moves sooner or later");
        app.stop();
        let served = runtime.block_on(ended).map_err(|error| error.to_string());
        finish(&app, running, runtime, served).unwrap();
    }
}
