//! A mail server for tests that speaks TLS and takes mails only from who has signed in. It remembers what it was told, and
//! whether that was encrypted.

use std::io::{Read, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::{ServerConnection, StreamOwned};

use super::front;

/// A certificate with its key and with the authority that issued it, as PEM.
#[derive(Clone, Copy)]
pub struct Certificate {
    chain: &'static [u8],
    key: &'static [u8],
    pub authority: &'static str,
}

/// For `localhost`, 127.0.0.1 and 0.0.0.0.
pub const OURS: Certificate = Certificate {
    chain: include_bytes!("tls/mail-certificate.pem"),
    key: include_bytes!("tls/mail-key.pem"),
    authority: include_str!("tls/mail-authority.pem"),
};

/// For `leads.acme.example`, by another authority.
pub const OF_ANOTHER: Certificate =
    Certificate { chain: front::CERTIFICATE, key: front::KEY, authority: front::AUTHORITY };

/// How connections are encrypted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Encrypts {
    FromTheStart,
    ByStarttls,
    /// The same; behind the answer to STARTTLS, somebody in between has put more.
    ByStarttlsWithMore,
    /// As where somebody in between has taken the offer out of the answer.
    Never,
}

/// An answer to the EHLO that comes encrypted, sent before it.
const MORE: &str = "\r\n250-secured.test\r\n250 AUTH PLAIN";

/// What a server is like. It offers logins also over connections that are not encrypted.
#[derive(Clone, Copy)]
pub struct Manners {
    pub encrypts: Encrypts,
    pub certificate: Certificate,
    /// The ways to sign in that it offers, with spaces.
    pub mechanisms: &'static str,
    pub user: &'static str,
    pub password: &'static str,
}

/// What a server was told.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    /// The verbs of all commands, each with whether it came encrypted.
    pub commands: Vec<(bool, String)>,
    /// Mechanism, user and password of each login, right or wrong.
    pub logins: Vec<(String, String, String)>,
    /// Whom it has taken mails for.
    pub recipients: Vec<String>,
}

impl Heard {
    /// The verbs that came encrypted, or those that did not.
    pub fn verbs(&self, encrypted: bool) -> Vec<&str> {
        let commands = self.commands.iter().filter(|(is_encrypted, _)| *is_encrypted == encrypted);
        commands.map(|(_, verb)| verb.as_str()).collect()
    }
}

pub struct Secured {
    pub port: u16,
    heard: Arc<Mutex<Heard>>,
}

impl Secured {
    /// Listens for as long as the test runs.
    pub fn start(manners: Manners) -> Secured {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (port, heard) = (listener.local_addr().unwrap().port(), Arc::<Mutex<Heard>>::default());
        let all = heard.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let heard = all.clone();
                // A sender that does not trust it breaks off.
                thread::spawn(move || drop(serve(stream, manners, heard)));
            }
        });
        Secured { port, heard }
    }

    pub fn heard(&self) -> Heard {
        self.heard.lock().unwrap().clone()
    }
}

fn serve(stream: TcpStream, manners: Manners, heard: Arc<Mutex<Heard>>) -> Result<()> {
    stream.set_nodelay(true)?;
    if manners.encrypts == Encrypts::FromTheStart {
        let mut talk = Talk::over(encrypted(stream, manners), true, manners, heard);
        talk.say("220 secured.test ESMTP")?;
        return talk.go_on().map(drop);
    }
    let mut talk = Talk::over(stream, false, manners, heard.clone());
    talk.say("220 secured.test ESMTP")?;
    if talk.go_on()? == Ended::ForTls {
        Talk::over(encrypted(talk.stream, manners), true, manners, heard).go_on()?;
    }
    Ok(())
}

fn encrypted(stream: TcpStream, manners: Manners) -> StreamOwned<ServerConnection, TcpStream> {
    let config = front::config(manners.certificate.chain, manners.certificate.key);
    StreamOwned::new(ServerConnection::new(config).unwrap(), stream)
}

/// How a dialogue ended.
#[derive(PartialEq, Eq)]
enum Ended {
    ForGood,
    /// It goes on over TLS.
    ForTls,
}

struct Talk<S> {
    stream: S,
    is_encrypted: bool,
    manners: Manners,
    heard: Arc<Mutex<Heard>>,
    is_signed_in: bool,
    to: String,
}

impl<S: Read + Write> Talk<S> {
    fn over(stream: S, is_encrypted: bool, manners: Manners, heard: Arc<Mutex<Heard>>) -> Talk<S> {
        Talk { stream, is_encrypted, manners, heard, is_signed_in: false, to: String::new() }
    }

    fn say(&mut self, line: &str) -> Result<()> {
        self.stream.write_all(format!("{line}\r\n").as_bytes())?;
        self.stream.flush()
    }

    /// A line; `None` at the end. It takes no byte more: what follows STARTTLS belongs to TLS.
    fn hear(&mut self) -> Result<Option<String>> {
        let (mut line, mut byte) = (Vec::new(), [0]);
        while !line.ends_with(b"\r\n") {
            if self.stream.read(&mut byte)? == 0 {
                return Ok(None);
            }
            line.extend(byte);
        }
        Ok(Some(String::from_utf8_lossy(&line).trim_end().to_owned()))
    }

    fn go_on(&mut self) -> Result<Ended> {
        while let Some(line) = self.hear()? {
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            self.heard.lock().unwrap().commands.push((self.is_encrypted, verb.clone()));
            match verb.as_str() {
                "EHLO" => {
                    let offers = self.offers();
                    self.say(&offers)?;
                }
                "STARTTLS" => {
                    let more = if self.manners.encrypts == Encrypts::ByStarttlsWithMore { MORE } else { "" };
                    self.say(&format!("220 2.0.0 Ready to start TLS{more}"))?;
                    return Ok(Ended::ForTls);
                }
                "AUTH" => self.sign_in(&line)?,
                "MAIL" if !self.is_signed_in => self.say("530 5.7.0 Authentication required")?,
                "RCPT" => {
                    let address = line.split_once('<').and_then(|(_, address)| address.split_once('>'));
                    self.to = address.unwrap().0.to_owned();
                    self.say("250 2.1.5 Ok")?;
                }
                "DATA" => self.mail()?,
                "QUIT" => break,
                _ => self.say("250 2.0.0 Ok")?,
            }
        }
        Ok(Ended::ForGood)
    }

    fn offers(&self) -> String {
        let by_starttls = matches!(self.manners.encrypts, Encrypts::ByStarttls | Encrypts::ByStarttlsWithMore);
        let has_starttls = by_starttls && !self.is_encrypted;
        let starttls = if has_starttls { "250-STARTTLS\r\n" } else { "" };
        format!("250-secured.test\r\n{starttls}250-AUTH {}\r\n250-8BITMIME\r\n250 SMTPUTF8", self.manners.mechanisms)
    }

    fn sign_in(&mut self, line: &str) -> Result<()> {
        let mut words = line.split(' ').skip(1);
        let mechanism = words.next().unwrap_or_default().to_owned();
        let (user, password) = if mechanism == "PLAIN" {
            let sent = decoded(words.next().unwrap_or_default());
            let (user, password) = sent.trim_start_matches('\0').split_once('\0').unwrap();
            (user.to_owned(), password.to_owned())
        } else {
            (self.ask("Username:")?, self.ask("Password:")?)
        };
        self.is_signed_in = user == self.manners.user && password == self.manners.password;
        // Some servers repeat what they do not accept.
        let refusal = format!("535 5.7.8 Username and password not accepted: {line} ({password})");
        self.heard.lock().unwrap().logins.push((mechanism, user, password));
        self.say(if self.is_signed_in { "235 2.7.0 Accepted" } else { &refusal })
    }

    fn ask(&mut self, what: &str) -> Result<String> {
        self.say(&format!("334 {}", STANDARD.encode(what)))?;
        Ok(decoded(&self.hear()?.unwrap_or_default()))
    }

    fn mail(&mut self) -> Result<()> {
        self.say("354 End data with <CR><LF>.<CR><LF>")?;
        while self.hear()?.is_some_and(|line| line != ".") {}
        self.heard.lock().unwrap().recipients.push(self.to.clone());
        self.say("250 2.0.0 Ok: queued")
    }
}

fn decoded(text: &str) -> String {
    String::from_utf8(STANDARD.decode(text).unwrap()).unwrap()
}
