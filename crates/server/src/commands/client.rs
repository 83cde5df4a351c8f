//! How a command talks to `/api`: over the socket of the server that holds the data folder, else to the same routes
//! in-process, holding the folder itself. Bodies stream both ways.

use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use attractor_app::App;
use attractor_app::folder::{self, Folder, NotOurs};
use attractor_app::settings::Settings;
use attractor_engine::misread::said_of;
use axum::Router;
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, IF_MATCH};
use axum::http::request::Builder;
use axum::http::{Method, Request, StatusCode};
use axum::{Extension, response::Response};
use http_body_util::BodyExt;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::UnixStream;
use tokio::runtime::Runtime;
use tower::ServiceExt;

use super::say;
use super::serve::DataArgs;
use crate::clock;
use crate::http;
use crate::http::gate::USER;
use crate::http::peer::Via;
use crate::http::streamed::streamed;
use crate::start::{self, Running};

/// A line to `/api`, with the rights of the data folder's owner.
pub struct Client {
    /// Taken when it closes: it must end before the connections of `inside` do.
    runtime: Option<Runtime>,
    way: Way,
    user: String,
}

enum Way {
    /// A connection a request: a server that answers before it has read a body closes the one it came on.
    Socket(PathBuf),
    Inside {
        app: Arc<App>,
        running: Option<Box<Running>>,
        router: Router,
    },
}

/// An answer whose body is still to be read.
pub struct Answer<'a> {
    pub status: StatusCode,
    body: Body,
    runtime: &'a Runtime,
}

impl Client {
    /// Finds the server, or takes its place. A store that is not there yet is made, and that is said: for commands that can
    /// be the first on an installation.
    pub fn open(args: &DataArgs) -> Result<Client, String> {
        let was_there = args.has_store()?;
        let client = Client::connected(args)?;
        if !was_there {
            let folder = args.data.display();
            say(format_args!("attractor: made a new store in the folder {folder}; --data DIR names another folder"));
        }
        Ok(client)
    }

    /// The same for a command that only makes sense on a store that is there: it makes none.
    pub fn of_store(args: &DataArgs) -> Result<Client, String> {
        if !args.has_store()? {
            return Err(no_store(&args.data));
        }
        Client::connected(args)
    }

    /// Of a new store in a folder that is there for this command alone: for commands that change nothing.
    pub fn of_new_store(folder: &tempfile::TempDir) -> Result<Client, String> {
        Client::connected(&DataArgs { data: folder.path().to_owned(), database: None })
    }

    fn connected(args: &DataArgs) -> Result<Client, String> {
        let runtime = Runtime::new().map_err(|error| error.to_string())?;
        let way = match Folder::hold(&args.data, clock::now()) {
            Ok(folder) => inside(args, folder)?,
            Err(NotOurs::Held(owner)) => {
                let socket = folder::socket(&args.data);
                let silent = |_| format!("{}, it does not answer", NotOurs::Held(owner).say(&args.data));
                runtime.block_on(connect(&socket)).map_err(silent)?;
                Way::Socket(socket)
            }
            Err(why) => return Err(why.say(&args.data)),
        };
        Ok(Client { runtime: Some(runtime), way, user: user() })
    }

    /// Whether a running server answers.
    pub fn is_served(&self) -> bool {
        matches!(self.way, Way::Socket(_))
    }

    /// Asks for something, without a body.
    pub fn get(&mut self, path: &str) -> Result<Answer<'_>, String> {
        self.send(Method::GET, path, "", Body::empty())
    }

    /// Sends JSON.
    pub fn json(&mut self, method: Method, path: &str, value: &Value) -> Result<Answer<'_>, String> {
        self.send(method, path, "application/json", Body::from(value.to_string()))
    }

    /// Sends JSON for what was made from this version of it, an `ETag`.
    pub fn json_if(&mut self, method: Method, path: &str, version: &str, value: &Value) -> Result<Answer<'_>, String> {
        let request = Request::builder().method(method).uri(path).header(IF_MATCH, version);
        self.ask(request.header(CONTENT_TYPE, "application/json"), Body::from(value.to_string()))
    }

    /// Sends whatever `source` holds, of any size, as this media type.
    pub fn stream(
        &mut self,
        path: &str,
        media: &str,
        source: impl Read + Send + 'static,
    ) -> Result<Answer<'_>, String> {
        self.send(Method::POST, path, media, streamed(source))
    }

    fn send(&mut self, method: Method, path: &str, media: &str, body: Body) -> Result<Answer<'_>, String> {
        let mut request = Request::builder().method(method).uri(path);
        if !media.is_empty() {
            request = request.header(CONTENT_TYPE, media);
        }
        self.ask(request, body)
    }

    fn ask(&mut self, request: Builder, body: Body) -> Result<Answer<'_>, String> {
        let request = request.header("host", "attractor").header(USER, &self.user);
        let request = request.body(body).map_err(|error| error.to_string())?;
        let runtime = self.runtime.as_ref().ok_or("the client is closed")?;
        let response = match &mut self.way {
            Way::Socket(socket) => runtime
                .block_on(async { connect(socket).await?.send_request(request).await.map_err(io::Error::other) })
                .map_err(|error| format!("the server does not answer: {error}"))?
                .map(Body::new),
            Way::Inside { router, .. } => within(runtime, router, request),
        };
        let (parts, body) = response.into_parts();
        Ok(Answer { status: parts.status, body, runtime })
    }

    /// Ends it: in-process, what was taken is stored first. The error is why it could not be.
    pub fn close(mut self) -> Result<(), String> {
        self.end()
    }

    fn end(&mut self) -> Result<(), String> {
        let Some(runtime) = self.runtime.take() else { return Ok(()) };
        let ended = match &mut self.way {
            Way::Inside { app, running, .. } => running.take().map_or(Ok(()), |running| running.finish(app)),
            Way::Socket(_) => Ok(()),
        };
        runtime.shutdown_timeout(Duration::from_secs(1));
        ended
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // Who wants to hear of it calls `close`.
        let _ = self.end();
    }
}

impl Answer<'_> {
    /// The body as JSON; an error answer becomes the sentence that it holds.
    pub fn value(self) -> Result<Value, String> {
        let is_good = self.status.is_success();
        let status = self.status;
        let mut bytes = Vec::new();
        self.pour(&mut bytes).map_err(|error| error.to_string())?;
        let value: Value = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes).map_err(|error| unreadable(status, &error))?
        };
        if is_good { Ok(value) } else { Err(with_findings(status, &value)) }
    }

    /// The status, and the body as JSON whatever the status is.
    pub fn parts(self) -> Result<(StatusCode, Value), String> {
        let status = self.status;
        let mut bytes = Vec::new();
        self.pour(&mut bytes).map_err(|error| error.to_string())?;
        let value = serde_json::from_slice(&bytes).map_err(|error| unreadable(status, &error))?;
        Ok((status, value))
    }

    /// Writes the body somewhere, piece by piece; an error answer becomes the sentence that it holds.
    pub fn copy_to(self, out: &mut dyn Write) -> Result<(), String> {
        if self.status.is_success() {
            return self.pour(out).map_err(|error| error.to_string());
        }
        self.value().map(drop)
    }

    fn pour(mut self, out: &mut dyn Write) -> io::Result<()> {
        while let Some(frame) = self.runtime.block_on(self.body.frame()) {
            if let Ok(piece) = frame.map_err(io::Error::other)?.into_data() {
                out.write_all(&piece)?;
            }
        }
        Ok(())
    }
}

/// Why a command does nothing in a folder that holds no store. The folder has its whole path, because a relative one
/// depends on where the command was started.
fn no_store(folder: &Path) -> String {
    format!(
        "there is no store in the folder {}; --data DIR or the variable ATTRACTOR_DATA names the data folder of your server, \
         and `attractor serve` makes a new one",
        whole(folder).display()
    )
}

/// A folder with its whole path.
pub fn whole(folder: &Path) -> PathBuf {
    std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned())
}

/// Who runs the command, as the system names them; services and containers have a number alone.
fn user() -> String {
    let name = |variable| std::env::var(variable).ok().filter(|name| !name.is_empty() && name.is_ascii());
    let number = || std::fs::metadata("/proc/self").map_or("unknown".to_owned(), |own| format!("uid {}", own.uid()));
    name("USER").or_else(|| name("LOGNAME")).unwrap_or_else(number)
}

/// An answer that is not JSON, as one of another program on the same socket.
fn unreadable(status: StatusCode, error: &serde_json::Error) -> String {
    format!("the server's answer ({status}) cannot be read: {}", said_of(error))
}

/// What a problem says, with its places.
pub fn sentence(status: StatusCode, problem: &Value) -> String {
    let mut text = problem["detail"].as_str().map_or_else(|| status.to_string(), str::to_owned);
    let said = text.clone();
    for error in problem["errors"].as_array().into_iter().flatten() {
        let part = |name: &str| error[name].as_str().unwrap_or_default();
        match (part("pointer"), part("detail")) {
            // The whole request is wrong.
            ("", _) => {}
            // What is wrong is said once, and then where.
            (place, detail) if said == detail => text.push_str(&format!(" ({place})")),
            (place, detail) => text.push_str(&format!("\n  {place}: {detail}")),
        }
    }
    text
}

/// The same, and below it each finding of a playbook that cannot be used, with its file and line.
fn with_findings(status: StatusCode, problem: &Value) -> String {
    let why = sentence(status, problem);
    match problem["text"].as_str().map(str::trim_end).filter(|lines| !lines.is_empty()) {
        Some(lines) => format!("{why}:\n{lines}"),
        None => why,
    }
}

fn inside(args: &DataArgs, folder: Folder) -> Result<Way, String> {
    // A command never ends a server, whatever the settings say of `serve`.
    let settings = Settings { take_over: false, ..args.settings(&[])? };
    let (app, running) = start::open(settings, folder)?;
    let router = http::router(&app).layer(Extension(Via::Owner));
    Ok(Way::Inside { app, running: Some(Box::new(running)), router })
}

fn within(runtime: &Runtime, router: &Router, request: Request<Body>) -> Response {
    match runtime.block_on(router.clone().oneshot(request)) {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

async fn connect(socket: &Path) -> io::Result<http1::SendRequest<Body>> {
    let stream = UnixStream::connect(socket).await?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    // Its error is seen by whoever waits for an answer on it.
    tokio::spawn(async move { drop(connection.await) });
    Ok(sender)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_playbook_that_cannot_be_used_is_named_with_its_findings() {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        let lines = "playbook.yaml:2:5: one\nemails/a.mjml:1:1: two\n";
        let problem = json!({"detail": "the playbook cannot be used", "text": lines});
        let expected = "the playbook cannot be used:\nplaybook.yaml:2:5: one\nemails/a.mjml:1:1: two";
        assert_eq!(with_findings(status, &problem), expected);
        assert_eq!(with_findings(status, &json!({"detail": "no"})), "no");
    }

    #[test]
    fn what_is_wrong_with_a_field_is_said_once() {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        let short = "a password has at least 12 characters";
        let one = json!({"detail": short, "errors": [{"pointer": "/password", "detail": short}]});
        assert_eq!(sentence(status, &one), format!("{short} (/password)"));
        let other = json!({"pointer": "/email", "detail": "this is not an address"});
        let two = json!({"detail": short, "errors": [{"pointer": "/password", "detail": short}, other]});
        assert_eq!(sentence(status, &two), format!("{short} (/password)\n  /email: this is not an address"));
        let whole = json!({"detail": "no", "errors": [{"pointer": "", "detail": "other"}]});
        assert_eq!(sentence(status, &whole), "no");
    }
}
