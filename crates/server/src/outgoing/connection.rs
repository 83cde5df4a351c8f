//! A connection to a mail server (RFC 5321): commands and their answers, over TLS from the start or from STARTTLS on.
//!
//! Why it is not a library's: what a server says behind its answer to STARTTLS came unencrypted, from whoever is in between,
//! and would be read as the answers to what is sent encrypted (RFC 3207 §5). So nothing that was read before may be left.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, InvalidMessage, RootCertStore, StreamOwned};

/// Longer lines and answers are nobody's; Postfix takes as much.
const LONGEST_LINE: usize = 2_048;
const LONGEST_REPLY: usize = 100_000;

/// An answer that is not a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub code: u16,
    /// Without the code.
    lines: Vec<String>,
}

/// Why a command came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The server's answer, with a code from 400 on.
    Refused { code: u16, words: String },
    /// There is no answer, or what came is not one.
    Broken(String),
    /// Where TLS was expected, something else came, most often plain text.
    NotTls,
}

impl Failure {
    /// The code of the answer, if there is one.
    pub fn code(&self) -> Option<u16> {
        match self {
            Failure::Refused { code, .. } => Some(*code),
            Failure::Broken(_) | Failure::NotTls => None,
        }
    }

    /// Whether another try is of no use.
    pub fn is_permanent(&self) -> bool {
        self.code().is_some_and(|code| code >= 500)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Refused { code, words } => write!(f, "{code} {words}"),
            Failure::Broken(why) => f.write_str(why),
            Failure::NotTls => f.write_str("it does not speak TLS on this port"),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        match tls {
            Some(rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType)) => Failure::NotTls,
            _ => Failure::Broken(error.to_string()),
        }
    }
}

/// Whose certificates are trusted, and the name that they must be for.
pub struct Tls {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

impl Tls {
    /// By these certificates (PEM), or by those that browsers trust. The error says what is wrong with them.
    pub fn new(host: &str, authority: Option<&[u8]>) -> Result<Tls, String> {
        let name = ServerName::try_from(host.to_owned()).map_err(|why| format!("{host}: {why}"))?;
        let roots = match authority {
            Some(pem) => authorities(pem)?,
            None => RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() },
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider);
        let builder = builder.with_safe_default_protocol_versions().map_err(|why| why.to_string())?;
        Ok(Tls { config: Arc::new(builder.with_root_certificates(roots).with_no_client_auth()), name })
    }

    fn over(&self, stream: TcpStream) -> Result<Stream, Failure> {
        let client = ClientConnection::new(self.config.clone(), self.name.clone());
        let client = client.map_err(|why| Failure::Broken(why.to_string()))?;
        Ok(Stream::Encrypted(Box::new(StreamOwned::new(client, stream))))
    }
}

fn authorities(pem: &[u8]) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|why| why.to_string())?;
        roots.add(certificate).map_err(|why| why.to_string())?;
    }
    if roots.is_empty() { Err("it has no certificate (PEM)".into()) } else { Ok(roots) }
}

/// The bytes on their way, encrypted or not.
enum Stream {
    Plain(TcpStream),
    Encrypted(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Read for Stream {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(stream) => stream.read(into),
            Stream::Encrypted(stream) => stream.read(into),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(stream) => stream.write(bytes),
            Stream::Encrypted(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Stream::Plain(stream) => stream.flush(),
            Stream::Encrypted(stream) => stream.flush(),
        }
    }
}

/// What a server offers in its answer to EHLO, in capitals: `PIPELINING`, `AUTH PLAIN LOGIN`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offers(Vec<String>);

impl Offers {
    /// The first line is the server's name.
    fn of(reply: &Reply) -> Offers {
        Offers(reply.lines.iter().skip(1).map(|line| line.trim().to_ascii_uppercase()).collect())
    }

    /// Whether it offers an extension, such as `STARTTLS`.
    pub fn has(&self, extension: &str) -> bool {
        self.0.iter().any(|line| line.split_ascii_whitespace().next() == Some(extension))
    }

    /// Whether one can sign in in this way, such as `PLAIN`.
    fn signs_in_by(&self, mechanism: &str) -> bool {
        let mut words = self.0.iter().map(|line| line.split_ascii_whitespace());
        words.any(|mut words| words.next() == Some("AUTH") && words.any(|word| word == mechanism))
    }
}

/// A connection on which the server has said its name and what it offers.
pub struct Connection {
    stream: BufReader<Stream>,
    pub offers: Offers,
}

impl Connection {
    /// Greets over a stream, by TLS from the first byte on where it is given.
    pub fn over(stream: TcpStream, hello: &str, tls: Option<&Tls>) -> Result<Connection, Failure> {
        let stream = match tls {
            Some(tls) => tls.over(stream)?,
            None => Stream::Plain(stream),
        };
        let mut connection = Connection { stream: BufReader::new(stream), offers: Offers::default() };
        connection.read_reply()?;
        connection.greet(hello)?;
        Ok(connection)
    }

    /// Goes on over TLS, and greets anew: what was offered before may have come from anybody.
    pub fn encrypted(mut self, tls: &Tls, hello: &str) -> Result<Connection, Failure> {
        self.command("STARTTLS\r\n")?;
        if !self.stream.buffer().is_empty() {
            let why = "it sent more than the answer to STARTTLS, which somebody in between may have done";
            return Err(Failure::Broken(why.to_owned()));
        }
        let stream = match self.stream.into_inner() {
            Stream::Plain(stream) => tls.over(stream)?,
            encrypted @ Stream::Encrypted(_) => encrypted,
        };
        let mut connection = Connection { stream: BufReader::new(stream), offers: Offers::default() };
        connection.greet(hello)?;
        Ok(connection)
    }

    /// Whether what is sent from here on is encrypted.
    pub fn is_encrypted(&self) -> bool {
        matches!(self.stream.get_ref(), Stream::Encrypted(_))
    }

    fn greet(&mut self, hello: &str) -> Result<(), Failure> {
        let reply = self.command(format!("EHLO {hello}\r\n"))?;
        self.offers = Offers::of(&reply);
        Ok(())
    }

    /// Signs in by the first way that the server offers of PLAIN (RFC 4616) and LOGIN.
    pub fn sign_in(&mut self, user: &str, password: &str) -> Result<(), Failure> {
        let sent = |text: &str| STANDARD.encode(text);
        let last = if self.offers.signs_in_by("PLAIN") {
            self.command(format!("AUTH PLAIN {}\r\n", sent(&format!("\0{user}\0{password}"))))?
        } else if self.offers.signs_in_by("LOGIN") {
            self.command("AUTH LOGIN\r\n")?;
            self.command(format!("{}\r\n", sent(user)))?;
            self.command(format!("{}\r\n", sent(password)))?
        } else {
            return Err(Failure::Broken("it offers neither AUTH PLAIN nor AUTH LOGIN".into()));
        };
        // Whoever is asked for more has not signed in.
        let is_done = last.code < 300;
        if is_done { Ok(()) } else { Err(Failure::Broken("it asks for more than user and password".into())) }
    }

    /// Sends a command, or several, with the line breaks at their ends; the answer to the first of them.
    pub fn command(&mut self, command: impl AsRef<[u8]>) -> Result<Reply, Failure> {
        self.write(command.as_ref())?;
        self.read_reply()
    }

    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let stream = self.stream.get_mut();
        stream.write_all(bytes)?;
        stream.flush()?;
        Ok(())
    }

    /// Reads one answer with all of its lines.
    pub fn read_reply(&mut self) -> Result<Reply, Failure> {
        let (mut lines, mut bytes) = (Vec::new(), 0);
        let mut first = None;
        loop {
            let line = self.line()?;
            bytes += line.len();
            let Some((code, is_last, text)) = parts(&line) else { return Err(not_smtp(&line)) };
            if *first.get_or_insert(code) != code {
                return Err(not_smtp(&line));
            }
            if bytes > LONGEST_REPLY {
                return Err(Failure::Broken("its answer is too long".into()));
            }
            lines.push(text.to_owned());
            if is_last {
                return if code < 400 { Ok(Reply { code, lines }) } else { Err(refused(code, &lines)) };
            }
        }
    }

    fn line(&mut self) -> Result<String, Failure> {
        let mut line = Vec::new();
        let read = self.stream.by_ref().take(LONGEST_LINE as u64).read_until(b'\n', &mut line)?;
        match line.last() {
            Some(b'\n') => Ok(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned()),
            _ if read == LONGEST_LINE => Err(Failure::Broken("a line of its answer is too long".into())),
            _ => Err(Failure::Broken("it closed the connection".into())),
        }
    }
}

/// To the first address of the host that answers. Each step from here on may take as long as `timeout`.
pub fn connected(address: (&str, u16), timeout: Duration) -> io::Result<TcpStream> {
    let mut why = io::Error::other("its name has no address");
    for address in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, timeout) {
            Ok(stream) => {
                stream.set_read_timeout(Some(timeout))?;
                stream.set_write_timeout(Some(timeout))?;
                return Ok(stream);
            }
            Err(error) => why = error,
        }
    }
    Err(why)
}

/// A line of an answer: its code, whether it is the last one, and the rest.
fn parts(line: &str) -> Option<(u16, bool, &str)> {
    let (code, rest) = line.split_at_checked(3)?;
    let is_code = code.bytes().all(|byte| byte.is_ascii_digit());
    let code = code.parse::<u16>().ok().filter(|code| is_code && (200..600).contains(code))?;
    match rest.strip_prefix('-') {
        Some(text) => Some((code, false, text)),
        None if rest.is_empty() => Some((code, true, rest)),
        None => rest.strip_prefix(' ').map(|text| (code, true, text)),
    }
}

fn not_smtp(line: &str) -> Failure {
    let found: String = line.chars().filter(|c| !c.is_control()).take(60).collect();
    Failure::Broken(format!("its answer is not one of SMTP: {found:?}"))
}

/// Many servers repeat the status (`5.7.1`) in each line; once is enough.
fn refused(code: u16, lines: &[String]) -> Failure {
    let (first, more) = lines.split_first().map_or(("", lines), |(first, more)| (first.as_str(), more));
    let status = first.split(' ').next().filter(|word| is_status(word));
    let mut words = first.to_owned();
    for line in more {
        let repeated = status.and_then(|status| line.strip_prefix(status)).and_then(|rest| rest.strip_prefix(' '));
        words.push(' ');
        words.push_str(repeated.unwrap_or(line).trim_start());
    }
    Failure::Refused { code, words }
}

fn is_status(word: &str) -> bool {
    let is_number = |part: &str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    word.split('.').count() == 3 && word.split('.').all(is_number)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// A server that says its name and offers, and then these bytes, whatever it is told; and a connection to it.
    fn told(says: &'static [u8]) -> Connection {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let offers = b"220 x\r\n250-x\r\n250-STARTTLS\r\n250-auth LOGIN PLAIN\r\n250 SIZE 100\r\n";
            stream.write_all(offers).unwrap();
            // Not before it is asked: the greeting has been read by then.
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            lines.next();
            lines.next();
            stream.write_all(says).unwrap();
        });
        let stream = connected(("127.0.0.1", port), Duration::from_secs(30)).unwrap();
        Connection::over(stream, "me.test", None).unwrap()
    }

    #[test]
    fn what_is_offered_is_read_whole() {
        let connection = told(b"");
        assert!(connection.offers.has("STARTTLS") && connection.offers.has("SIZE") && !connection.offers.has("X"));
        assert!(connection.offers.signs_in_by("PLAIN") && !connection.offers.signs_in_by("LOG"));
    }

    #[test]
    fn an_answer_has_one_code_and_all_of_its_lines() {
        let refused = |code, words: &str| Err(Failure::Refused { code, words: words.to_owned() });
        let broken = |why: &str| Err(Failure::Broken(why.to_owned()));
        for (says, expected) in [
            (&b"250 2.0.0 Ok\r\n"[..], Ok(250)),
            (b"354\r\n", Ok(354)),
            (b"250-a\r\n250 b\r\n", Ok(250)),
            (b"421 4.7.0 later\r\n", refused(421, "4.7.0 later")),
            (b"550-5.7.1 not\r\n550-5.7.1 from\r\n550 5.7.10 you\r\n", refused(550, "5.7.1 not from 5.7.10 you")),
            (b"550-no\r\n550 no\xff\r\n", refused(550, "no no\u{fffd}")),
            (b"250-a\r\n251 b\r\n", broken("its answer is not one of SMTP: \"251 b\"")),
            (b"HTTP/1.1 400\r\n", broken("its answer is not one of SMTP: \"HTTP/1.1 400\"")),
            (b"+50 x\r\n", broken("its answer is not one of SMTP: \"+50 x\"")),
            (b"250 half", broken("it closed the connection")),
            (b"", broken("it closed the connection")),
        ] {
            let found = told(says).command("NOOP\r\n").map(|reply| reply.code);
            assert_eq!(found, expected, "{}", String::from_utf8_lossy(says));
        }
    }

    #[test]
    fn nothing_that_came_before_the_handshake_is_an_answer_behind_it() {
        let tls = Tls::new("localhost", None).unwrap();
        let ended = told(b"220 Ready\r\n250-x\r\n250 AUTH PLAIN\r\n").encrypted(&tls, "me.test");
        let why = ended.err().unwrap();
        assert!(why.to_string().contains("more than the answer to STARTTLS"), "{why}");
    }

    #[test]
    fn an_answer_that_asks_for_more_is_not_a_login() {
        assert_eq!(told(b"235 2.7.0 Accepted\r\n").sign_in("ada", "secret"), Ok(()));
        let refused = told(b"535 5.7.8 no\r\n").sign_in("ada", "secret").unwrap_err();
        assert!(refused.is_permanent() && refused.to_string() == "535 5.7.8 no", "{refused}");
        assert!(matches!(told(b"334 \r\n").sign_in("ada", "secret"), Err(Failure::Broken(_))));
    }

    #[test]
    fn authorities_are_certificates() {
        for pem in [&b""[..], b"no PEM"] {
            assert_eq!(Tls::new("localhost", Some(pem)).err().unwrap(), "it has no certificate (PEM)");
        }
        assert!(Tls::new("not a name", None).is_err());
    }
}
