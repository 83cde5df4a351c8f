//! Somebody who has the repository's playbooks and a few lists, and does what a document says.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use attractor_engine::playbook::read;
use serde_json::Value;
use tempfile::TempDir;

use super::markdown::{Block, blocks, not_in};
use super::{program, root};

/// The lists that the documents' imports read.
const LISTS: [(&str, &str); 5] = [
    ("leads.csv", "Email,First Name,Job Title,Visits,Last Open\nada@example.com,Ada,CEO,4,2026-06-20\n"),
    ("members.csv", "Email,Status\nada@example.com,gold\nbob@example.com,cancelled\n"),
    ("contacts.csv", "Email,First Name,Created At\nada@example.com,Ada,2026-05-01\n"),
    ("deals.csv", "Deal ID,Email,Amount,Won At\n7,ada@example.com,900,2026-06-01\n"),
    ("kontakte.csv", "Kontakt;Umsatz;Letzte Mail geöffnet;Notiz\nada@example.com;1.200,50;20.06.2026;ruft an\n"),
];

/// Where the documents' server listens. The one that is started for them takes a free port instead.
const ADDRESS: &str = "127.0.0.1:8080";

/// A failed request is an error, and its answer is shown.
const CURL: &str = "curl() { command curl --silent --show-error --fail-with-body \"$@\"; }; ";

pub struct Reader {
    folder: TempDir,
    /// What was set as `NAME=$(…)`.
    variables: RefCell<BTreeMap<String, String>>,
    server: RefCell<Option<Server>>,
}

/// `attractor serve`, until the reader is done.
struct Server {
    child: Child,
    address: SocketAddr,
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that has ended by itself is no trouble here.
        let _ = self.child.kill().and_then(|()| self.child.wait());
    }
}

impl Reader {
    pub fn new() -> Reader {
        let folder = TempDir::new().expect("there is room for temporary files");
        for name in ["starter", "sample"] {
            copy(&root().join("playbooks").join(name), &folder.path().join("playbooks").join(name));
        }
        let reader = Reader { folder, variables: RefCell::default(), server: RefCell::default() };
        LISTS.iter().for_each(|(name, text)| reader.write(name, text));
        reader
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().expect("it is in a folder")).expect("a folder");
        fs::write(path, text).expect("a temporary file can be written");
    }

    fn command(&self, name: &str) -> Command {
        let program = Path::new(env!("CARGO_BIN_EXE_attractor")).parent().expect("it is in a folder");
        let before = env::var_os("PATH").unwrap_or_default();
        let path = env::join_paths([program.to_owned()].into_iter().chain(env::split_paths(&before)));
        let mut command = program::deaf(Command::new(name));
        command.current_dir(self.folder.path()).env("PATH", path.expect("the folders of PATH, and one more"));
        command.envs(&*self.variables.borrow());
        command
    }

    /// What a line of shell prints, or why it does not end well.
    pub fn does(&self, line: &str) -> Result<String, String> {
        let asks = line.contains(ADDRESS);
        let line = match &*self.server.borrow() {
            Some(server) => line.replace(ADDRESS, &server.address.to_string()),
            None if asks => return Err(format!("`{line}` asks a server before the document says `attractor serve`")),
            None => line.to_owned(),
        };
        let output = self.command("sh").args(["-c", &format!("{CURL}{line}")]).output().expect("there is a shell");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        match output.status.code() {
            Some(0) => Ok(text(&output.stdout)),
            code => Err(format!("`{line}` ends with {code:?}: {}{}", text(&output.stderr), text(&output.stdout))),
        }
    }

    /// Starts a server that goes on while the rest of the document is read.
    fn serve(&self, line: &str) -> Result<(), String> {
        let arguments = line.split_whitespace().skip(1).chain(["--listen", "127.0.0.1:0"]);
        let started = self.command("attractor").args(arguments).stderr(Stdio::piped()).spawn();
        let mut child = started.map_err(|error| format!("`{line}`: {error}"))?;
        let mut said = BufReader::new(child.stderr.take().expect("it is piped")).lines().map_while(Result::ok);
        let address = |line: String| line.strip_prefix("attractor: http://")?.split_once(' ')?.0.parse().ok();
        let Some(address) = said.by_ref().find_map(address) else { return Err(format!("`{line}` does not serve")) };
        // Whoever writes to a pipe that nobody reads stops one day.
        thread::spawn(move || said.for_each(drop));
        *self.server.borrow_mut() = Some(Server { child, address });
        Ok(())
    }

    /// What is untrue of one document.
    pub fn reads(&self, path: &str, text: &str) -> Vec<String> {
        let all = blocks(path, text);
        let mut wrong: Vec<String> = Vec::new();
        for block in all.iter().filter(|block| block.language == "yaml") {
            if let Some(name) = file_named_in(&block.text) {
                self.write(name, &block.text);
            }
        }
        for block in &all {
            if let Some(name) = block.file() {
                self.write(name, &block.text);
            }
        }
        let own = playbook_of(&all);
        self.write("playbook.yaml", &own);
        if !own.is_empty() {
            let problems = read(&own).problems;
            wrong.extend(
                problems.iter().map(|problem| format!("{path}: its blocks of YAML, together: {problem}\n{own}")),
            );
        }
        // Before what is shown of a server's answers, which are asked for in the order of the page.
        for block in &all {
            if block.language == "sh" {
                let lines = block.commands().into_iter().filter_map(|line| self.wrong_with(&line));
                wrong.extend(lines.map(|why| format!("{}: {why}", block.place)));
            } else if is_of_server(block) {
                wrong.extend(self.not_shown(block));
            }
        }
        wrong.extend(
            all.iter()
                .filter(|block| is_shown(block) && !is_of_server(block))
                .filter_map(|block| self.not_shown(block)),
        );
        wrong
    }

    fn wrong_with(&self, line: &str) -> Option<String> {
        if let Some((name, command)) = assignment(line) {
            let set = |printed: String| self.variables.borrow_mut().insert(name.to_owned(), printed.trim().to_owned());
            return self.does(command).map(set).err();
        }
        match line.split_whitespace().next()? {
            "attractor" if line.starts_with("attractor serve") && !line.contains("--print-settings") => {
                self.serve(line).err()
            }
            "attractor" | "sed" => self.does(line).err(),
            "curl" if line.contains(ADDRESS) => self.does(line).err(),
            "make" => missing_target(line),
            "install" => None,
            "sudo" if line.starts_with("sudo install ") => None,
            _ => Some(format!(
                "`{line}` is not tested: it begins with none of attractor, sed, make, install, NAME=$(attractor …) and \
                 curl (of http://{ADDRESS})"
            )),
        }
    }

    fn not_shown(&self, block: &Block) -> Option<String> {
        let Some(command) = &block.shows else {
            return Some(format!("{}: say above it what prints this, as <!-- attractor … -->", block.place));
        };
        match self.does(command) {
            Ok(printed) => {
                let printed = laid_out(printed, command);
                not_in(&block.text, &printed)
                    .map(|part| format!("{}: `{command}` does not print this:\n{part}\nbut:\n{printed}", block.place))
            }
            Err(why) => Some(format!("{}: {why}", block.place)),
        }
    }

    /// The files that are there beside those that a reader begins with, as paths in its folder.
    pub fn left(&self) -> Vec<PathBuf> {
        let mut left = files(self.folder.path());
        left.retain(|path| !LISTS.iter().any(|(name, _)| path == Path::new(name)));
        left.retain(|path| !path.starts_with("playbooks") && path != Path::new("playbook.yaml"));
        left
    }
}

/// All files of a folder, as paths in it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(inner) = folders.pop() {
        for entry in fs::read_dir(inner).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(folder).expect("it is in the folder").to_owned());
            }
        }
    }
    found
}

/// Copies a folder with everything in it.
fn copy(from: &Path, to: &Path) {
    for file in files(from) {
        let target = to.join(&file);
        fs::create_dir_all(target.parent().expect("it is in a folder")).expect("a folder");
        fs::copy(from.join(&file), target).expect("the file is there");
    }
}

/// Answers of a server are laid out, so that a page can show a part of one.
fn laid_out(printed: String, command: &str) -> String {
    if !command.starts_with("curl") {
        return printed;
    }
    serde_json::from_str::<Value>(&printed).map_or(printed, |answer| format!("{answer:#}"))
}

/// `NAME=$(COMMAND)`, of our program or of a request to it.
fn assignment(line: &str) -> Option<(&str, &str)> {
    let (name, command) = line.split_once("=$(")?;
    let is_name = name.chars().all(|letter| letter.is_ascii_uppercase() || letter == '_');
    Some((name, command.strip_suffix(')')?))
        .filter(|(_, command)| is_name && ["attractor ", "curl "].iter().any(|program| command.starts_with(program)))
}

fn is_shown(block: &Block) -> bool {
    block.file().is_none() && matches!(block.language.as_str(), "text" | "json" | "")
}

fn is_of_server(block: &Block) -> bool {
    is_shown(block) && block.shows.as_ref().is_some_and(|command| command.starts_with("curl"))
}
/// The file that a block of YAML says it is, in its first line: `# map.yaml …`. It is no playbook then.
fn file_named_in(yaml: &str) -> Option<&str> {
    let words = yaml.lines().next()?.strip_prefix("# ")?.split([' ', ',']).next()?;
    Some(words).filter(|name| name.ends_with(".yaml"))
}

/// The other blocks of YAML in a document are the sections of one playbook.
fn playbook_of(blocks: &[Block]) -> String {
    let sections = blocks.iter().filter(|block| block.language == "yaml" && file_named_in(&block.text).is_none());
    sections.map(|block| block.text.as_str()).collect()
}

fn missing_target(line: &str) -> Option<String> {
    let target = line.split_whitespace().nth(1)?;
    let makefile = fs::read_to_string(root().join("Makefile")).expect("there is a Makefile");
    let is_there = makefile.lines().any(|line| line.starts_with(&format!("{target}:")));
    (!is_there).then(|| format!("the Makefile has no `{target}`; name one that `make help` lists"))
}
