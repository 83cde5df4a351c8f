//! A PostgreSQL server in a temporary folder, on a Unix socket alone. It ends with the process that started it.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use postgres::{Client, NoTls};
use tempfile::TempDir;

/// Who runs the server: it refuses root.
const OWNER: &str = "postgres";
/// Names the socket.
const USUAL_PORT: u16 = 5432;

pub struct Cluster {
    folder: TempDir,
    port: u16,
    root: bool,
    encrypted: Option<u16>,
    /// Holds the server up as long as its standard input is open, so that it ends however the test process does.
    keeper: Child,
}

impl Cluster {
    /// On a socket alone.
    pub fn start() -> Result<Cluster, String> {
        Cluster::with(None)
    }

    /// On a port of 127.0.0.1 too, encrypted.
    pub fn encrypted() -> Result<Cluster, String> {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        Cluster::with(Some(free.map_err(|error| error.to_string())?.port()))
    }

    fn with(encrypted: Option<u16>) -> Result<Cluster, String> {
        let binaries = binaries()?;
        let folder = tempfile::Builder::new().prefix("attractor-pg").tempdir().map_err(|e| e.to_string())?;
        let root = run(Command::new("id").arg("-u"))?.trim() == "0";
        if root {
            run(Command::new("chown").arg(OWNER).arg(folder.path()))?;
        }
        let data = folder.path().join("data");
        run(owner(root, &binaries.join("initdb")).arg("-D").arg(&data).args(["-A", "trust", "-E", "UTF8"]).args([
            "--locale=C",
            "-U",
            OWNER,
            "--no-sync",
        ]))?;
        if encrypted.is_some() {
            certify(root, &data)?;
        }
        let keeper = keep(root, folder.path(), encrypted)?;
        let cluster = Cluster { folder, port: encrypted.unwrap_or(USUAL_PORT), root, encrypted, keeper };
        cluster.wait()?;
        Ok(cluster)
    }

    /// Stops the server as a loss of power would: at once, whatever it does.
    pub fn stop(&mut self) -> Result<(), String> {
        let told = self.keeper.stdin.take().map_or(Ok(()), |mut input| input.write_all(b"stay\n"));
        told.map_err(|error| error.to_string())?;
        self.keeper.wait().map(drop).map_err(|error| error.to_string())
    }

    /// Starts it on the same folder after a stop.
    pub fn start_again(&mut self) -> Result<(), String> {
        self.keeper = keep(self.root, self.folder.path(), self.encrypted)?;
        self.wait()
    }

    /// Ends all connections to a database; returns how many there were.
    pub fn end_connections(&self, database: &str) -> Result<i64, postgres::Error> {
        self.tell_all(database, "pg_terminate_backend")
    }

    /// Breaks off whatever is done in a database at the moment.
    pub fn cancel_all(&self, database: &str) -> Result<i64, postgres::Error> {
        self.tell_all(database, "pg_cancel_backend")
    }

    fn tell_all(&self, database: &str, what: &str) -> Result<i64, postgres::Error> {
        let mut client = Client::connect(&self.url("postgres"), NoTls)?;
        let sql = format!("SELECT count({what}(pid)) FROM pg_stat_activity WHERE datname = $1");
        client.query_one(&sql, &[&database]).map(|row| row.get(0))
    }

    /// PostgreSQL names it after the port, also where it does not listen on one.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join(format!(".s.PGSQL.{}", self.port))
    }

    /// The server says that it is ready by accepting a connection.
    fn wait(&self) -> Result<(), String> {
        let socket = self.socket();
        for _ in 0..2_400 {
            if socket.exists() && Client::connect(&self.url("postgres"), NoTls).is_ok() {
                return Ok(());
            }
            std::thread::sleep(std::time::Duration::from_millis(25));
        }
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        Err(format!("PostgreSQL did not start within a minute: {log}"))
    }

    pub fn database(&self, name: &str) -> Result<String, postgres::Error> {
        let mut client = Client::connect(&self.url("postgres"), NoTls)?;
        client.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C'"))?;
        Ok(self.url(name))
    }

    fn url(&self, database: &str) -> String {
        format!("postgresql:///{database}?host={}&user={OWNER}&port={}", self.folder.path().display(), self.port)
    }

    /// By the port, without a word about encryption.
    pub fn network_url(&self) -> String {
        format!("postgresql://{OWNER}@127.0.0.1:{}/postgres", self.port)
    }

    /// The server's certificate, which it signed itself, in PEM.
    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("data/server.crt")
    }
}

/// Makes a key and a certificate for 127.0.0.1 where the server looks for them.
fn certify(root: bool, data: &Path) -> Result<(), String> {
    let mut openssl = owner(root, Path::new("openssl"));
    openssl.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]);
    openssl.args(["-subj", "/CN=trial", "-addext", "subjectAltName=IP:127.0.0.1"]);
    openssl.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
    openssl.arg("-keyout").arg(data.join("server.key")).arg("-out").arg(data.join("server.crt"));
    run(&mut openssl).map(drop)
}

/// Where the newest installed PostgreSQL keeps its programs.
fn binaries() -> Result<PathBuf, String> {
    let versions = fs::read_dir("/usr/lib/postgresql").map_err(|_| {
        "there is no /usr/lib/postgresql; install it, in Debian with `apt-get install postgresql`".to_owned()
    })?;
    let folders = versions.flatten().map(|version| version.path().join("bin"));
    let mut found: Vec<PathBuf> = folders.filter(|folder| folder.join("initdb").exists()).collect();
    found.sort();
    found.pop().ok_or_else(|| "/usr/lib/postgresql holds no initdb".to_owned())
}

/// A command as the server's owner.
fn owner(root: bool, program: &Path) -> Command {
    if !root {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", OWNER, "--"]).arg(program);
    command
}

/// Starts the server beside a shell that waits for the end of its own input, then stops the server at once and removes the
/// folder: nobody else does where the process was killed, or keeps the cluster in a static. A line says that it stays.
/// Nothing is flushed to the disk: processes are killed in tests, the machine is not, and what was written outlives a process.
fn keep(root: bool, folder: &Path, encrypted: Option<u16>) -> Result<Child, String> {
    const SCRIPT: &str = r#""$0" -D "$1" -k "$2" -c listen_addresses="$3" -c port="$4" -c ssl="$5" -c max_connections=200 -c fsync=off >"$2/log" 2>&1 & echo started; read -r word; kill -QUIT $!; wait; [ "$word" = stay ] || rm -rf "$2""#;
    let mut command = owner(root, Path::new("sh"));
    command.arg("-c").arg(SCRIPT).arg(binaries()?.join("postgres")).arg(folder.join("data")).arg(folder);
    match encrypted {
        Some(port) => command.args(["127.0.0.1", &port.to_string(), "on"]),
        None => command.args(["", &USUAL_PORT.to_string(), "off"]),
    };
    let mut keeper =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(|e| format!("cannot start sh: {e}"))?;
    if let Some(output) = keeper.stdout.as_mut() {
        BufReader::new(output).read_line(&mut String::new()).map_err(|e| e.to_string())?;
    }
    Ok(keeper)
}

fn run(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|e| format!("cannot run {command:?}: {e}"))?;
    if !output.status.success() {
        return Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
