//! `attractor import`: lists of leads, deals and events, and what other tools export, as messages (contract §1, §2).

mod preview;
mod stored;

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, Seek, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use attractor_engine::time::Instant;
use attractor_import::{Map, Report, Rules, SourceFile, import};
use attractor_intake::title;
use tempfile::NamedTempFile;

use super::replay::instant;
use super::serve::DataArgs;
use super::{REJECTED, fail, say, unread};
use crate::clock;

#[derive(clap::Args)]
pub struct ImportArgs {
    /// The files: CSV, XLSX or NDJSON; lists that belong together go into one call
    #[arg(value_name = "FILE", required_unless_present_any = ["undo", "list"], conflicts_with_all = ["undo", "list"])]
    pub files: Vec<PathBuf>,
    /// What columns mean, `COLUMN=KEY,…`, or a YAML file of `COLUMN: KEY` lines
    #[arg(long, value_name = "COLUMN=KEY,…|MAP.yaml", env = "ATTRACTOR_IMPORT_MAP")]
    pub map: Option<String>,
    /// The date of what has none [default: now]
    #[arg(long, value_name = "INSTANT", env = "ATTRACTOR_IMPORT_AS_OF", value_parser = instant)]
    pub as_of: Option<Instant>,
    /// Where and how the leads agreed to be written to; it grants consent to those who have not left
    #[arg(long, value_name = "TEXT", env = "ATTRACTOR_IMPORT_CONSENT", value_parser = proof)]
    pub consent: Option<String>,
    /// The sheet of a workbook [default: the first with a table of leads]
    #[arg(long, value_name = "NAME", env = "ATTRACTOR_IMPORT_SHEET")]
    pub sheet: Option<String>,
    /// Store the rows of people who were erased here, too; otherwise they are held back
    #[arg(long, env = "ATTRACTOR_IMPORT_ERASED", value_parser = clap::builder::FalseyValueParser::new())]
    pub erased: bool,
    /// Show what the files would bring: columns, first rows, who would stand where; store and write nothing
    #[arg(long, conflicts_with_all = ["undo", "list", "to"])]
    pub preview: bool,
    /// The playbook of a preview [default: the one in force]
    #[arg(long, value_name = "PATH", env = "ATTRACTOR_IMPORT_PLAYBOOK")]
    pub playbook: Option<PathBuf>,
    /// Write the messages into this file and store nothing
    #[arg(long, value_name = "EVENTS.ndjson", env = "ATTRACTOR_IMPORT_TO")]
    pub to: Option<PathBuf>,
    /// List the imports, the newest first
    #[arg(long)]
    pub list: bool,
    /// Take back an import as a whole, by its number
    #[arg(long, value_name = "ID", conflicts_with = "list")]
    pub undo: Option<String>,
    /// With --undo: take it back without asking; required where there is no terminal to ask at
    #[arg(long, env = "ATTRACTOR_IMPORT_YES", value_parser = clap::builder::FalseyValueParser::new())]
    pub yes: bool,
    /// A preview, or the list, as JSON
    #[arg(long, env = "ATTRACTOR_IMPORT_JSON", value_parser = clap::builder::FalseyValueParser::new())]
    pub json: bool,
    #[command(flatten)]
    pub data: DataArgs,
}

/// Where and how people agreed, in words; blanks are none.
fn proof(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("say where and how they agreed, such as `form at the fair, May 2024`".to_owned()),
        said => Ok(said.to_owned()),
    }
}

pub fn run(args: &ImportArgs) -> ExitCode {
    let rejected = match (&args.undo, &args.to) {
        _ if args.list => stored::list(args).map(|()| 0),
        _ if args.preview => preview::look_at(args),
        (Some(id), _) => stored::undo(args, id).map(|()| 0),
        (None, Some(to)) => import_to(args, to),
        (None, None) => stored::bring(args),
    };
    match rejected {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::from(REJECTED),
        Err(why) => fail(why),
    }
}

/// Writes the messages beside their place, and puts them there when all of them are written. Returns the number of
/// rejected rows.
fn import_to(args: &ImportArgs, to: &Path) -> Result<u64, String> {
    let mapping = mapping(args.map.as_deref())?;
    let rules = rules(args)?;
    let sources: Vec<SourceFile> =
        args.files.iter().map(|path| source(path).with_sheet(args.sheet.as_deref())).collect();
    let rejected_path = rejected_path(to);
    spare(&args.files, to, "is to be read, and --to would replace it; choose another name for --to")?;
    spare(&args.files, &rejected_path, "is where rejected rows would go; choose another name for --to")?;
    let mut messages = Output::create(to)?;
    let mut rejected = Output::create(&rejected_path)?;
    let report = import(&sources, &mapping, &rules, &mut messages.writer, &mut rejected.writer)
        .map_err(|error| error.to_string())?;
    rejected.keep_if(report.rejected > 0)?;
    messages.keep_if(true)?;
    tell(&report, to, &rejected_path);
    Ok(report.rejected)
}

/// What holds for all rows. Rank and department follow the job title, as they do in a store.
fn rules(args: &ImportArgs) -> Result<Rules, String> {
    let now = clock::now();
    let rules = Rules::new(args.as_of.unwrap_or(now).0, now.0, args.consent.clone());
    rules.map(|rules| rules.finished_by(title::add)).map_err(|why| format!("--as-of: {why}"))
}

/// An output never replaces a file that is read, by whatever path or link it is named.
fn spare(inputs: &[PathBuf], output: &Path, why: &str) -> Result<(), String> {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    match inputs.iter().any(|input| real(input) == real(output)) {
        true => Err(format!("{}: this {why}", output.display())),
        false => Ok(()),
    }
}

fn tell(report: &Report, to: &Path, rejected: &Path) {
    say(format_args!("{report}messages: {}", to.display()));
    if report.rejected > 0 {
        for file in report.files.iter().filter(|file| file.rejected > 0) {
            say(format_args!("{}: {} rejected", file.name, file.rejected));
        }
        say(format_args!("rejected rows, each with its reason: {}", rejected.display()));
    }
}

/// Pairs, or the name of a YAML file.
fn mapping(argument: Option<&str>) -> Result<Map, String> {
    let Some(argument) = argument else { return Ok(Map::default()) };
    let map = if is_yaml(argument) {
        let text = fs::read_to_string(argument).map_err(|error| format!("{argument}: {}", unread(&error)))?;
        Map::from_yaml(&text)
    } else {
        Map::from_argument(argument)
    };
    map.map_err(|error| error.to_string())
}

fn is_yaml(argument: &str) -> bool {
    argument.ends_with(".yaml") || argument.ends_with(".yml")
}

fn source(path: &Path) -> SourceFile {
    let file = path.to_owned();
    SourceFile::new(path.display().to_string(), move || {
        if file.is_dir() {
            return Err(io::Error::other("this is a folder; name the files in it"));
        }
        Ok(Box::new(File::open(&file).map_err(|error| io::Error::new(error.kind(), unread(&error)))?))
    })
}

/// `list.ndjson` → `list.rejected.csv`, beside it.
fn rejected_path(to: &Path) -> PathBuf {
    let mut name = to.file_stem().map_or_else(|| OsString::from("import"), ToOwned::to_owned);
    name.push(".rejected.csv");
    to.with_file_name(name)
}

/// A file that appears at its place only when it is whole. Until then it has no name, so that whatever stops the program
/// leaves nothing behind.
struct Output {
    writer: BufWriter<File>,
    path: PathBuf,
}

impl Output {
    fn create(path: &Path) -> Result<Output, String> {
        if path == Path::new("-") {
            return Err("--to wants the name of a file; for a file of the name `-` write ./-".to_owned());
        }
        if path.exists() && !path.is_file() {
            return Err(format!("{}: this is not a file; name a file for the messages", path.display()));
        }
        // What a link names is replaced, never the link itself.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let folder = folder(&path);
        if !folder.is_dir() {
            return Err(format!("{}: there is no folder {}; create it", path.display(), folder.display()));
        }
        let file = tempfile::tempfile_in(folder).map_err(|error| cannot(&path, &error))?;
        Ok(Output { writer: BufWriter::with_capacity(1 << 20, file), path })
    }

    /// Puts the file in its place, or leaves nothing there: what an earlier import left would be taken for this one's.
    fn keep_if(mut self, wanted: bool) -> Result<(), String> {
        if wanted {
            return self.keep().map_err(|error| cannot(&self.path, &error));
        }
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(cannot(&self.path, &error)),
            _ => Ok(()),
        }
    }

    fn keep(&mut self) -> io::Result<()> {
        self.writer.flush()?;
        let written = self.writer.get_mut();
        written.rewind()?;
        let mut named = NamedTempFile::new_in(folder(&self.path))?;
        io::copy(written, named.as_file_mut())?;
        named.as_file().sync_all()?;
        named.persist(&self.path).map_err(|error| error.error)?;
        Ok(())
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn cannot(path: &Path, error: &io::Error) -> String {
    format!("{}: it cannot be written: {}", path.display(), error.kind())
}
