//! `attractor import` into the store, and back out of it: the server does the work, this waits for it.

use std::fs::File;
use std::io::{self, IsTerminal};
use std::path::Path;
use std::thread;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{ImportArgs, Output, is_yaml};
use attractor_engine::printable::line;

use crate::commands::apply::agreed;
use crate::commands::bar::Bar;
use crate::commands::client::{Answer, Client};
use crate::commands::local_times::LocalTimes;
use crate::commands::{say, table, unread};

/// How long after a look at the import the next one follows; the first ones come sooner.
const LOOK: Duration = Duration::from_millis(250);

/// How often the way to the server is tried again where it was lost while files were sent: for half a minute.
const TRIES: u32 = 60;

/// Imports the files; returns the number of rows that could not be taken.
pub fn bring(args: &ImportArgs) -> Result<u64, String> {
    args.files.iter().try_for_each(|path| open(path).map(drop))?;
    let wish = wish(args)?;
    with_client(Client::open(&args.data)?, |client| {
        let id = send(client, args, &wish)?;
        let ended = wait(client, id).inspect_err(|_| remove_failed(client, id))?;
        tell(client, id, &ended)
    })
}

/// Sends the files and starts the import. What was sent of them when the way to the server was lost is nobody's, so they
/// are sent again as a new import.
fn send(client: &mut Client, args: &ImportArgs, wish: &Value) -> Result<u64, String> {
    let mut left = TRIES;
    loop {
        match send_once(client, args, wish) {
            Err(Lost::Way(why)) if left > 0 => {
                if left == TRIES {
                    say(format_args!("{why}; the files are sent again as soon as it does"));
                }
                left -= 1;
                thread::sleep(2 * LOOK);
            }
            Err(Lost::Way(why) | Lost::Refused(why)) => return Err(why),
            Ok(id) => return Ok(id),
        }
    }
}

/// Why files did not reach the server.
enum Lost {
    /// Nobody answered: they may be sent again.
    Way(String),
    Refused(String),
}

fn send_once(client: &mut Client, args: &ImportArgs, wish: &Value) -> Result<u64, Lost> {
    let value = |answer: Answer<'_>| answer.value().map_err(Lost::Refused);
    let begun = client.json(Method::POST, "/api/imports", wish).map_err(Lost::Way).and_then(value)?;
    let id = number(&begun, "id");
    for (place, path) in args.files.iter().enumerate() {
        let file = open(path).map_err(Lost::Refused)?;
        let path = format!("/api/imports/{id}/files/{place}");
        client.stream(&path, "application/octet-stream", file).map_err(Lost::Way).and_then(value)?;
    }
    // Where the answer to this one is lost, it may have begun: it is not begun twice.
    let start = client.json(Method::POST, &format!("/api/imports/{id}/start"), &Value::Null);
    start.map_err(|why| Lost::Refused(goes_on(id, &why))).and_then(value)?;
    Ok(id)
}

/// Removes an import that failed before anything of it was stored: what was refused is not listed as an import. If that does
/// not succeed it stays in the list, with the reason.
fn remove_failed(client: &mut Client, id: u64) {
    let path = format!("/api/imports/{id}");
    let Ok(import) = client.get(&path).and_then(|answer| answer.value()) else { return };
    if import["state"] == "failed" && number(&import, "new") + number(&import, "known") == 0 {
        drop(client.json(Method::POST, &format!("{path}/undo"), &Value::Null));
    }
}

/// Prints the imports, the newest first.
pub fn list(args: &ImportArgs) -> Result<(), String> {
    let (all, times) = with_client(Client::of_store(&args.data)?, |client| {
        let times = LocalTimes::in_force(client);
        let mut all = Vec::new();
        let mut path = "/api/imports?limit=500".to_owned();
        loop {
            let page = client.get(&path)?.value()?;
            all.extend(page["items"].as_array().cloned().unwrap_or_default());
            let Some(next) = page["next"].as_str() else { return Ok((all, times)) };
            path = format!("/api/imports?limit=500&cursor={next}");
        }
    })?;
    match args.json {
        true => table::json(&all.into()),
        false => table::print(
            &["id", "state", "made_at", "new", "taken_back", "known", "rejected", "by", "by_name", "files"],
            &all,
            &times,
        ),
    }
}

/// Takes an import back.
pub fn undo(args: &ImportArgs, id: &str) -> Result<(), String> {
    let number: Option<u64> = id.strip_prefix("import:").unwrap_or(id).parse().ok();
    let id =
        number.ok_or_else(|| format!("`{id}` is not the number of an import; `attractor import --list` shows them"))?;
    with_client(Client::of_store(&args.data)?, |client| {
        if !args.yes {
            ask(client, id)?;
        }
        let undone = client.json(Method::POST, &format!("/api/imports/{id}/undo"), &Value::Null)?.value()?;
        if undone["state"] == "undone" {
            return println(&format!("import {id}, which had failed, is removed: nothing of it was stored"));
        }
        wait(client, id)?;
        println(&format!(
            "import {id} is taken back: its messages are deleted, and leads are as if these had never come"
        ))?;
        say("an address that the import unsubscribed stays unsubscribed; attractor export suppressions lists these");
        Ok(())
    })
}

/// Says what would go, and asks; an error where nobody agrees.
fn ask(client: &mut Client, id: u64) -> Result<(), String> {
    let would = client.get(&format!("/api/imports/{id}/undo"))?.value()?;
    say(what_goes(id, &would));
    if !io::stdin().is_terminal() {
        return Err(format!(
            "nothing was taken back: nobody can be asked, because standard input is not a terminal; `attractor import \
             --undo {id} --yes` takes it back"
        ));
    }
    if agreed("take it back?")? { Ok(()) } else { Err("nothing was taken back".to_owned()) }
}

/// What taking an import back would do, for people.
fn what_goes(id: u64, would: &Value) -> String {
    let (gone, changed) = (number(would, "leads_gone"), number(would, "leads_changed"));
    let mut text = format!("taking import {id} back deletes {}", messages(number(would, "messages")));
    match gone {
        0 => {}
        1 => text.push_str("; 1 lead is deleted, because nothing else is known of it"),
        gone => text.push_str(&format!("; {gone} leads are deleted, because nothing else is known of them")),
    }
    match changed {
        0 => {}
        1 => text.push_str("; 1 lead stays as it would be without the import"),
        changed => text.push_str(&format!("; {changed} leads stay as they would be without the import")),
    }
    for later in would["confirmed_by"].as_array().into_iter().flatten() {
        let (later_id, files) = (number(later, "id"), later["files"].as_str().unwrap_or_default());
        text.push_str(&format!(
            "\nimport {later_id} ({}) found {} of import {id} stored already: they go too, and come back only if that list is \
             imported again",
            line(files),
            messages(number(later, "known"))
        ));
    }
    text
}

/// What was taken is stored before the command ends.
fn with_client<T>(mut client: Client, work: impl FnOnce(&mut Client) -> Result<T, String>) -> Result<T, String> {
    let done = work(&mut client);
    let closed = client.close();
    let done = done?;
    closed.map(|()| done)
}

fn open(path: &Path) -> Result<File, String> {
    if path.is_dir() {
        return Err(format!("{}: this is a folder; name the files in it", path.display()));
    }
    File::open(path).map_err(|error| format!("{}: {}", path.display(), unread(&error)))
}

fn wish(args: &ImportArgs) -> Result<Value, String> {
    let names: Vec<String> = args.files.iter().map(|path| path.display().to_string()).collect();
    let mut wish = json!({"files": names});
    match args.map.as_deref() {
        Some(path) if is_yaml(path) => {
            let text = std::fs::read_to_string(path).map_err(|error| format!("{path}: {}", unread(&error)))?;
            wish["map_yaml"] = text.into();
        }
        Some(pairs) => wish["map"] = pairs.into(),
        None => {}
    }
    if let Some(at) = args.as_of {
        wish["as_of"] = at.to_string().into();
    }
    if let Some(sheet) = &args.sheet {
        wish["sheet"] = sheet.as_str().into();
    }
    if args.erased {
        wish["erased"] = true.into();
    }
    if let Some(consent) = &args.consent {
        wish["consent"] = consent.as_str().into();
    }
    Ok(wish)
}

/// Looks at an import until it has ended.
fn wait(client: &mut Client, id: u64) -> Result<Value, String> {
    let mut bar = Bar::new("messages");
    let mut pause = LOOK / 16;
    loop {
        let import = steadily(client, &format!("/api/imports/{id}"), |answer| answer.value())
            .map_err(|why| goes_on(id, &why))?;
        let done = number(&import, "new") + number(&import, "known");
        match import["state"].as_str().unwrap_or_default() {
            "done" | "undone" => return Ok(import),
            "failed" => return Err(import["why"].as_str().unwrap_or("it failed").to_owned()),
            "storing" => bar.draw("storing", done, import["messages"].as_u64()),
            "undoing" => bar.draw("taking it back", 0, None),
            "waiting" => bar.draw("waiting for another import", 0, None),
            _ => bar.draw("reading the files", 0, None),
        }
        thread::sleep(pause);
        pause = (pause * 2).min(LOOK);
    }
}

/// Asks, and asks again for as long as the server says that its trouble passes: the import waits for the store as well.
fn steadily<T>(client: &mut Client, path: &str, take: impl FnOnce(Answer) -> Result<T, String>) -> Result<T, String> {
    let mut is_told = false;
    loop {
        let answer = client.get(path)?;
        if answer.status != StatusCode::SERVICE_UNAVAILABLE {
            return take(answer);
        }
        let why = answer.value().err().unwrap_or_default();
        if !std::mem::replace(&mut is_told, true) {
            say(format_args!("{why}; the import goes on when it can"));
        }
        thread::sleep(LOOK);
    }
}

fn goes_on(id: u64, why: &str) -> String {
    format!("{why}; import {id} goes on by itself as soon as the server does")
}

/// What became of it, and the rows that could not be taken in a file.
fn tell(client: &mut Client, id: u64, import: &Value) -> Result<u64, String> {
    say(import["report"].as_str().unwrap_or_default().trim_end());
    let rejected = number(import, "rejected");
    println(&format!(
        "import {id}: {} new, {} there already, {rejected} rejected",
        number(import, "new"),
        number(import, "known"),
    ))?;
    let suppressed = number(import, "suppressed");
    if suppressed > 0 {
        say(without_effect(suppressed));
    }
    if rejected > 0 {
        match keep_rejected(client, id) {
            Ok(name) => say(format_args!("rejected rows, each with its reason: {name}")),
            Err(why) => say(format_args!(
                "warning: the rejected rows are not in a file ({why}); GET /api/imports/{id}/rejected returns them, each with \
                 its reason, for 30 days"
            )),
        }
    }
    // An import that stored nothing has nothing to take back.
    if number(import, "new") > 0 {
        say(format_args!("to take it back: attractor import --undo {id}"));
    }
    Ok(rejected)
}

/// Puts the rejected rows into a file of the working folder; returns its name.
fn keep_rejected(client: &mut Client, id: u64) -> Result<String, String> {
    let name = format!("import-{id}.rejected.csv");
    let mut file = Output::create(Path::new(&name))?;
    steadily(client, &format!("/api/imports/{id}/rejected"), |answer| answer.copy_to(&mut file.writer))?;
    file.keep_if(true)?;
    Ok(name)
}

/// How often a consent of the files took no effect, and why.
fn without_effect(times: u64) -> String {
    let (times, why) = match times {
        1 => ("1 time".to_owned(), "this address withdrew, complained, bounced or was erased"),
        times => (format!("{times} times"), "these addresses withdrew, complained, bounced or were erased"),
    };
    format!("consent took no effect {times}: {why}, in these files or before; see attractor export suppressions")
}

fn messages(number: u64) -> String {
    format!("{number} {}", if number == 1 { "message" } else { "messages" })
}

fn number(value: &Value, name: &str) -> u64 {
    value[name].as_u64().unwrap_or_default()
}

fn println(text: &str) -> Result<(), String> {
    use std::io::Write;
    match writeln!(std::io::stdout().lock(), "{text}") {
        Err(error) if !super::super::is_closed_pipe(&error) => Err(format!("standard output: {error}")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_consent_without_effect_is_one_or_several() {
        let end = ", in these files or before; see attractor export suppressions";
        let one = "consent took no effect 1 time: this address withdrew, complained, bounced or was erased";
        assert_eq!(without_effect(1), format!("{one}{end}"));
        let two = "consent took no effect 2 times: these addresses withdrew, complained, bounced or were erased";
        assert_eq!(without_effect(2), format!("{two}{end}"));
    }

    #[test]
    fn an_undo_says_of_leads_what_happens_to_some() {
        let cases = [
            (2, 1, "; 2 leads are deleted, because nothing else is known of them; 1 lead stays as it would be without"),
            (1, 0, "; 1 lead is deleted, because nothing else is known of it"),
            (0, 2, "deletes 6 messages; 2 leads stay as they would be without the import"),
            (0, 0, "taking import 7 back deletes 6 messages"),
        ];
        for (gone, changed, said) in cases {
            let text = what_goes(7, &json!({"messages": 6, "leads_gone": gone, "leads_changed": changed}));
            assert!(text.contains(said) && !text.contains(" 0 "), "{text}");
        }
    }
}
