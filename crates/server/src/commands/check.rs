//! `attractor check`, and the reading of a playbook that other commands start with.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use attractor_app::playbook::PLAYBOOK;
use attractor_app::playbook::check::{self, Unread};
pub use attractor_app::playbook::finding::Finding;
use attractor_engine::playbook::sentences::boundaries;
use attractor_engine::playbook::{self, Found, Place, Playbook, Problem, Seen, Severity};
use serde_json::json;

use super::{FAILED, fail, say, show, unread};

#[derive(clap::Args)]
pub struct CheckArgs {
    /// The playbook: its folder, or its file
    #[arg(required_unless_present = "schema")]
    pub path: Option<PathBuf>,
    /// Print the problems as one JSON object
    #[arg(long, env = "ATTRACTOR_CHECK_JSON", value_parser = clap::builder::FalseyValueParser::new())]
    pub json: bool,
    /// Print the JSON Schema of playbooks instead, for editors
    #[arg(long, env = "ATTRACTOR_CHECK_SCHEMA", value_parser = clap::builder::FalseyValueParser::new())]
    pub schema: bool,
    /// Print the rules in plain English instead, one document for everybody: who is where, and when they move
    #[arg(long, env = "ATTRACTOR_CHECK_SENTENCES", conflicts_with_all = ["json", "schema"], value_parser = clap::builder::FalseyValueParser::new())]
    pub sentences: bool,
}

pub fn run(args: &CheckArgs) -> ExitCode {
    let Some(path) = args.path.as_deref().filter(|_| !args.schema) else {
        return print(&format!("{:#}\n", playbook::schema()), ExitCode::SUCCESS);
    };
    if args.sentences {
        return match load(path) {
            Ok(playbook) => print(&boundaries(&playbook), ExitCode::SUCCESS),
            Err(problems) => fail(format_args!("the playbook cannot be used:\n{}", problems.join("\n"))),
        };
    }
    let findings = match find(path) {
        Ok(findings) => findings,
        Err(why) => return fail(why),
    };
    let errors = findings.iter().filter(|finding| finding.problem.is_error()).count();
    let notes = findings.iter().filter(|finding| finding.problem.severity == Severity::Note).count();
    let warnings = findings.len() - errors - notes;
    let text = if args.json {
        let problems: Vec<_> = findings.iter().map(to_json).collect();
        format!("{:#}\n", json!({"errors": errors, "warnings": warnings, "notes": notes, "problems": problems}))
    } else {
        findings.iter().map(|finding| format!("{finding}\n")).collect()
    };
    let code = print(&text, if errors == 0 { ExitCode::SUCCESS } else { ExitCode::from(FAILED) });
    say(closing_word(errors, warnings, notes));
    code
}

/// Prints a result; who reads no further knows enough.
fn print(text: &str, code: ExitCode) -> ExitCode {
    show(text).map_or_else(fail, |()| code)
}

fn to_json(Finding { file, problem }: &Finding) -> serde_json::Value {
    json!({
        "file": file,
        "line": problem.line,
        "column": problem.column,
        "severity": problem.severity.name(),
        "message": problem.message,
    })
}

fn closing_word(errors: usize, warnings: usize, notes: usize) -> String {
    let count = |(n, what): &(usize, &str)| format!("{n} {what}{}", if *n == 1 { "" } else { "s" });
    let counts = [(errors, "error"), (warnings, "warning"), (notes, "note")];
    let found: Vec<String> = counts.iter().filter(|(n, _)| *n > 0).map(count).collect();
    if found.is_empty() { "no problems".into() } else { found.join(", ") }
}

/// Reads the playbook of a folder or a file; else every error as `FILE:LINE:COL: what is wrong, what would be right`.
/// The bodies of its e-mails are not looked for: a replay needs none.
pub fn load(path: &Path) -> Result<Playbook, Vec<String>> {
    let file = file_of(path).map_err(|why| vec![why])?;
    let text = match read_text(&file) {
        Ok(text) => text,
        Err(Unread::File(why)) => return Err(vec![format!("{}: {why}", file.display())]),
        Err(Unread::Text(problem)) => return Err(vec![format!("{}:{problem}", file.display())]),
    };
    let reading = playbook::read(&text);
    let errors = reading.problems.into_iter().filter(Problem::is_error);
    let errors = errors.map(|problem| format!("{}:{problem}", file.display()));
    reading.playbook.ok_or_else(|| errors.collect())
}

/// Everything that is wrong with a playbook and the bodies that it names; an error where it cannot be read at all.
pub fn find(path: &Path) -> Result<Vec<Finding>, String> {
    let file = file_of(path)?;
    let own = file.to_string_lossy().into_owned();
    let text = match read_text(&file) {
        Ok(text) => text,
        Err(Unread::File(why)) => return Err(format!("{}: {why}", file.display())),
        Err(Unread::Text(problem)) => return Ok(vec![Finding { file: own, problem }]),
    };
    let folder = file.parent().map_or_else(PathBuf::new, Path::to_owned);
    let findings = check::find(&text, &Seen::default(), |body| read_inside(&folder, &folder.join(body)));
    let here = |finding: Finding| match finding.file.as_str() {
        PLAYBOOK => Finding { file: own.clone(), ..finding },
        body => Finding { file: folder.join(body).to_string_lossy().into_owned(), ..finding },
    };
    Ok(findings.into_iter().map(here).collect())
}

/// The playbook's own file.
pub fn file_of(path: &Path) -> Result<PathBuf, String> {
    if !path.is_dir() {
        return Ok(path.to_owned());
    }
    let file = path.join("playbook.yaml");
    if file.exists() {
        return Ok(file);
    }
    let other = ["playbook.yml", "playbook.json"].iter().find(|name| path.join(name).exists());
    let hint = other.map_or("name the folder that has one, or a file".into(), |name| format!("rename {name}"));
    Err(format!("{}: this folder has no playbook.yaml; {hint}", path.display()))
}

/// A file that lies, with every link followed, in the folder.
fn read_inside(folder: &Path, file: &Path) -> Result<String, Unread> {
    let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    if let (Ok(folder), Ok(real)) = (here.canonicalize(), file.canonicalize())
        && !real.starts_with(folder)
    {
        return Err(Unread::File("it leads out of the playbook's folder; put the file itself there".into()));
    }
    read_text(file)
}

fn read_text(file: &Path) -> Result<String, Unread> {
    if file.is_dir() {
        return Err(Unread::File("it is a folder; name a file".into()));
    }
    let bytes = fs::read(file).map_err(|error| Unread::File(unread(&error)))?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Unread::Text(not_text(&error.as_bytes()[..at]))
    })
}

/// The problem of a file that stops being text behind these bytes.
fn not_text(before: &[u8]) -> Problem {
    let before = String::from_utf8_lossy(before);
    let last_line = before.rsplit('\n').next().unwrap_or_default();
    let place = Place { line: before.matches('\n').count() + 1, column: last_line.chars().count() + 1 };
    Problem::error(place, Found::Text, "this is no UTF-8 text; save the file with the encoding UTF-8")
}
