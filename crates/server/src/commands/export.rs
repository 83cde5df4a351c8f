//! `attractor export`: everything out again (contract §1).

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use attractor_engine::time::Instant;
use clap::ValueEnum;

use super::client::Client;
use super::replay::instant;
use super::serve::DataArgs;
use super::{fail, is_closed_pipe};

#[derive(clap::Args)]
pub struct ExportArgs {
    /// What to export
    #[arg(value_enum)]
    pub what: ExportKind,
    /// How to write it
    #[arg(long, value_enum, default_value_t, env = "ATTRACTOR_EXPORT_FORMAT")]
    pub format: Written,
    /// Leads as they stood, or will stand, at this instant; who is who is as it is known now [default: now]
    #[arg(long, env = "ATTRACTOR_EXPORT_AT", value_parser = instant)]
    pub at: Option<Instant>,
    #[command(flatten)]
    pub data: DataArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum ExportKind {
    /// Where each lead stands, with its e-mail and attributes
    Leads,
    /// All messages in the order received: what `replay` reads
    Events,
    /// Deals as they stand
    Deals,
    /// The members of each segment
    Segments,
    /// Addresses that are not written to, as salted hashes; the address itself only where a lead still has it
    Suppressions,
}

/// How it is written
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum Written {
    /// One JSON object a line
    #[default]
    Ndjson,
    /// For spreadsheets; a cell that would be a formula begins with an apostrophe
    Csv,
}

pub fn run(args: &ExportArgs) -> ExitCode {
    match export(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => fail(why),
    }
}

fn export(args: &ExportArgs) -> Result<(), String> {
    let name = |value: Option<clap::builder::PossibleValue>| value.map(|v| v.get_name().to_owned()).unwrap_or_default();
    let mut path =
        format!("/api/export/{}?format={}", name(args.what.to_possible_value()), name(args.format.to_possible_value()));
    if let Some(at) = args.at {
        path.push_str(&format!("&at={at}"));
    }
    let mut client = Client::of_store(&args.data)?;
    let mut out = Out { inner: BufWriter::new(io::stdout().lock()), closed: false };
    let copied = client.get(&path)?.copy_to(&mut out);
    if out.closed {
        return client.close();
    }
    copied?;
    match out.inner.flush() {
        Err(error) if !is_closed_pipe(&error) => return Err(format!("standard output: {error}")),
        _ => {}
    }
    drop(out);
    client.close()
}

/// Standard output; that its reader has seen enough is no failure.
struct Out<W> {
    inner: W,
    closed: bool,
}

impl<W: Write> Write for Out<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes);
        self.closed |= written.as_ref().is_err_and(is_closed_pipe);
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
