//! `attractor import --preview`: what files would bring, told before anything of them is stored.

use std::collections::BTreeMap;
use std::fmt::{self, Display};

use attractor_app::imports::{Known, Preview, PreviewedConsent, PreviewedFile, Unseen, Whom, left_note, look};
use attractor_app::playbook::check::usable_as_draft;
use attractor_app::playbook::finding::Finding;
use attractor_app::versions;
use attractor_engine::misread::said_of;
use attractor_engine::printable;
use attractor_engine::program::Program;
use attractor_import::{ONLY_WITHOUT_CONSENT, OptOutCounts, SourceFile};
use serde_json::json;

use super::{ImportArgs, mapping, rules, source};
use crate::clock;
use crate::commands::client::Client;
use crate::commands::{replay, show, table};

/// Prints it; returns the number of rows that would be rejected.
pub fn look_at(args: &ImportArgs) -> Result<u64, String> {
    let mut client = if args.data.has_store()? { Some(Client::open(&args.data)?) } else { None };
    let seen = see(args, client.as_mut());
    let closed = client.map_or(Ok(()), Client::close);
    let (playbook, preview) = seen?;
    closed?;
    if args.json {
        let mut value = serde_json::to_value(&preview).map_err(|error| error.to_string())?;
        value["playbook"] = json!(playbook);
        table::json(&value)?;
    } else {
        let text = Text { playbook: &playbook, preview: &preview, with_erased: args.erased };
        crate::commands::show(&text.to_string())?;
    }
    Ok(preview.rejected)
}

/// Which playbook it was, and what it makes of the files.
fn see(args: &ImportArgs, mut client: Option<&mut Client>) -> Result<(String, Preview), String> {
    let (playbook, program) = playbook(args, client.as_deref_mut())?;
    let sources: Vec<SourceFile> =
        args.files.iter().map(|path| source(path).with_sheet(args.sheet.as_deref())).collect();
    let (mapping, rules) = (mapping(args.map.as_deref())?, rules(args)?);
    let at = clock::now();
    let seen = match client {
        Some(client) => {
            let mut ask = |asked: &Whom| known(client, asked);
            look(&sources, &mapping, &rules, &program, at, args.erased, Some(&mut ask))
        }
        None => look(&sources, &mapping, &rules, &program, at, args.erased, None),
    };
    let preview = seen.map_err(|why| match why {
        Unseen::Wrong(why) | Unseen::Failed(why) => why,
    })?;
    Ok((playbook, preview))
}

/// The playbook that was named, else the one in force, else the one that a new installation begins with.
fn playbook(args: &ImportArgs, client: Option<&mut Client>) -> Result<(String, Program), String> {
    if let Some(path) = &args.playbook {
        return Ok((path.display().to_string(), replay::program(path)?));
    }
    let (name, files) = match client {
        Some(client) => {
            let version = client.get("/api/playbook")?.value()?;
            (format!("version {}, in force", version["version"]), show::files(&version))
        }
        None => ("the starter, since there is no store".to_owned(), versions::starter()),
    };
    // Its e-mails are not sent by a look, so their bodies need not be made.
    let usable = usable_as_draft(&files, &clock::zones()).map_err(|findings| unusable(&name, &findings))?;
    Ok((name, usable.program))
}

/// Why a playbook cannot be used: each error with its place, and what to do without it.
fn unusable(name: &str, findings: &[Finding]) -> String {
    let errors = findings.iter().filter(|finding| finding.problem.is_error());
    let errors: Vec<String> = errors.map(ToString::to_string).collect();
    format!(
        "the playbook ({name}) cannot be used:\n{}\n--playbook PATH shows the files under another one",
        errors.join("\n")
    )
}

fn known(client: &mut Client, asked: &Whom) -> Result<Known, String> {
    let asked = serde_json::to_value(asked).map_err(|error| error.to_string())?;
    let known = client.json(axum::http::Method::POST, "/api/imports/known", &asked)?.value()?;
    serde_json::from_value(known).map_err(|error| format!("the server's answer: {}", said_of(&error)))
}

/// A preview for people.
struct Text<'t> {
    playbook: &'t str,
    preview: &'t Preview,
    /// Rows of erased people are stored, too.
    with_erased: bool,
}

impl Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let preview = self.preview;
        preview.files.iter().try_for_each(|file| write_file(f, file))?;
        writeln!(f, "{}", people(preview, self.with_erased))?;
        preview.notes.iter().try_for_each(|note| writeln!(f, "{note}"))?;
        if let Some(note) = left_note(preview.consent.suppressed_in_part.unwrap_or_default()) {
            writeln!(f, "{note}")?;
        }
        let leads = &preview.leads;
        let known = match (leads.new, leads.known) {
            (Some(new), Some(known)) => format!(" ({new} new, {known} known)"),
            _ => String::new(),
        };
        writeln!(f, "leads by these files alone, under the playbook ({}): {}{known}", self.playbook, leads.total)?;
        for (ladder, stages) in &preview.stages {
            writeln!(f, "  stages of {ladder}: {}", counts(stages))?;
        }
        if !preview.segments.is_empty() {
            writeln!(f, "  segments: {}", counts(&preview.segments))?;
        }
        write_rejected(f, preview)?;
        writeln!(f, "nothing was stored")
    }
}

fn write_file(f: &mut fmt::Formatter<'_>, file: &PreviewedFile) -> fmt::Result {
    writeln!(f, "{}: {}", file.name, file.recognised)?;
    writeln!(f, "  {}; rows: {}", file.format, file.rows)?;
    for column in &file.columns {
        let guess = if column.guessed { ", guessed by its name" } else { "" };
        let samples: Vec<String> = column.samples.iter().map(|sample| shortened(sample)).collect();
        let samples = if samples.is_empty() { String::new() } else { format!(": {}", samples.join(" | ")) };
        writeln!(f, "  {} → {}{guess}{samples}", printable::line(&column.name), printable::line(&column.meaning))?;
    }
    for row in &file.first_rows {
        let cells: Vec<String> = row.cells.iter().map(|cell| shortened(cell)).collect();
        writeln!(f, "  row {}: {}", row.row, cells.join(" | "))?;
    }
    file.notes.iter().try_for_each(|note| writeln!(f, "  {note}"))
}

fn people(preview: &Preview, with_erased: bool) -> String {
    let mut parts = vec![format!("people: {}", preview.people)];
    if preview.visitors > 0 {
        parts.push(format!("visitors: {}", preview.visitors));
    }
    let consent = &preview.consent;
    let without = if consent.asked || consent.granted > 0 { "" } else { " (without --consent for nobody)" };
    parts.push(format!("consent granted: {}{without}", consent.granted));
    let though = if consent.held_back > 0 { format!(" ({ONLY_WITHOUT_CONSENT})") } else { String::new() };
    parts.push(format!("held back: {}{though}", consent.held_back));
    parts.push(format!("withdrawn: {}{}", consent.withdrawn, withdrawn_by(consent)));
    if let Some(suppressed) = consent.suppressed {
        parts.push(format!("suppressed in the store: {suppressed}"));
    }
    if let Some(erased) = preview.erased.filter(|erased| *erased > 0) {
        let then = match with_erased {
            true => "stored all the same, as --erased says",
            false => "held back, and neither among the leads nor granted consent; --erased stores them",
        };
        parts.push(format!("erased here: {erased} ({then})"));
    }
    parts.join(", ")
}

/// How far people left, where not all left everything.
fn withdrawn_by(consent: &PreviewedConsent) -> String {
    let counts = OptOutCounts {
        all: consent.withdrawn_from_all,
        part: consent.withdrawn_in_part,
        bounced: consent.bounced,
        complained: consent.complained,
    };
    counts.to_string()
}

fn write_rejected(f: &mut fmt::Formatter<'_>, preview: &Preview) -> fmt::Result {
    if preview.rejected == 0 {
        return Ok(());
    }
    writeln!(f, "rows that would be rejected: {}", preview.rejected)?;
    for row in &preview.rejected_rows {
        let (file, why) = (printable::line(&row.file), printable::line(&row.why));
        writeln!(f, "  {file}, row {}: {why}: {}", row.row, shortened(&row.content))?;
    }
    match preview.rejected - preview.rejected_rows.len() as u64 {
        0 => Ok(()),
        more => writeln!(f, "  and {more} more"),
    }
}

fn counts(counts: &BTreeMap<String, u64>) -> String {
    counts.iter().map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
}

/// The beginning of a cell, on one line.
fn shortened(text: &str) -> String {
    const LENGTH: usize = 40;
    let line = printable::line(text);
    printable::shortened(&line, LENGTH).into_owned()
}

#[cfg(test)]
mod tests {
    use attractor_engine::playbook::{Found, Place, Problem};

    use super::*;

    #[test]
    fn a_playbook_that_cannot_be_used_is_told_by_its_errors() {
        let at = |line, column| Place { line, column };
        let finding = |file: &str, problem| Finding { file: file.to_owned(), problem };
        let findings = [
            finding("playbook.yaml", Problem::error(at(3, 5), Found::Meaning, "no segment is called `hott`")),
            finding("playbook.yaml", Problem::warning(at(4, 1), "this is rare")),
        ];
        let expected = "the playbook (version 2, in force) cannot be used:\n\
                        playbook.yaml:3:5: no segment is called `hott`\n\
                        --playbook PATH shows the files under another one";
        assert_eq!(unusable("version 2, in force", &findings), expected);
    }
}
