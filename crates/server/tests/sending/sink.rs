//! A mail server for tests. What it does with a mail is in the recipient's address, before the first `-`:
//!
//! | address | answer |
//! | --- | --- |
//! | `ok` | takes the mail |
//! | those in [`AT_RCPT`] | refuses the recipient, or puts it off |
//! | those in [`BEHIND_MAIL`] | refuses the mail, or puts it off |
//! | `slow` | takes the mail, and waits a little before each answer about it |
//! | `hangup` | closes the connection at RCPT |
//! | `balk` | closes it at DATA, before the mail may come |
//! | `cut` | closes it in the middle of the mail |
//! | `lost`, `mute` | has the mail whole, and closes the connection or is silent |
//! | `once` | has the first mail whole and closes the connection; takes the next ones |
//! | `wait` | takes the mail once [`Sink::answer`] was called |
//!
//! It can also close connections before it knows whom a mail is for, by their number: see [`Sink::dropping`].

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

/// The answers of real servers to a recipient.
const AT_RCPT: [(&str, &str); 8] = [
    ("grey", "450 4.2.0 <x>: Recipient address rejected: Greylisted, try again later"),
    ("later", "451 4.7.1 Greylisting in action, please come back later"),
    ("full", "452 4.2.2 The email account that you tried to reach is over quota"),
    ("limit", "450 4.2.1 Mailbox has exceeded the limit"),
    ("rate", "450 4.7.28 Our system has detected an unusual rate of mail"),
    ("nobody", "550 5.1.1 The email account that you tried to reach does not exist"),
    ("denied", "550 5.4.1 Recipient address rejected: Access denied"),
    ("stuffed", "552 5.2.2 Mailbox full"),
];
/// The answers of real servers to a mail that they have whole.
const BEHIND_MAIL: [(&str, &str); 4] = [
    ("policy", "554 5.7.1 Message rejected due to local policy"),
    (
        "unsigned",
        "550-5.7.26 This mail is unauthenticated, which poses a security risk\r\n550 5.7.26 and has been blocked",
    ),
    ("busy", "451 4.3.0 Temporary server error. Please try again later"),
    ("stuck", "451 4.4.1 Error connecting to the next server"),
];
/// How long `slow` waits before an answer: well below the second that a sender waits for one in tests.
const SLOW: Duration = Duration::from_millis(100);

/// By address, the mails to it that the sink had whole, each with its envelope's sender.
type Taken = Arc<Mutex<BTreeMap<String, Vec<(String, String)>>>>;

/// Whether mails to `wait` are answered, and who waits for that.
type Gate = Arc<(Mutex<bool>, Condvar)>;

/// Where a connection is closed whoever the mail is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Before the server has said its name.
    Banner,
    Ehlo,
    FirstMail,
    /// At the second MAIL, as by a server that takes one mail over a connection.
    SecondMail,
}

/// The connections of each so many that are closed, with where.
pub type Drops = &'static [(usize, Stage)];
const EACH: usize = 20;

/// What the connections share.
#[derive(Clone, Default)]
struct Shared {
    taken: Taken,
    gate: Gate,
    /// How many connections were closed at each stage.
    dropped: Arc<Mutex<BTreeMap<Stage, usize>>>,
}

pub struct Sink {
    pub address: SocketAddr,
    shared: Shared,
}

/// What the sink offers beside the mail itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offers {
    Pipelining,
    Nothing,
}

impl Sink {
    /// Listens for as long as the test runs.
    pub fn start() -> Sink {
        Sink::offering(Offers::Pipelining)
    }

    pub fn offering(offers: Offers) -> Sink {
        Sink::of(offers, &[])
    }

    /// Closes some of each twenty connections, those with these numbers from 0 on.
    pub fn dropping(drops: Drops) -> Sink {
        Sink::of(Offers::Pipelining, drops)
    }

    fn of(offers: Offers, drops: Drops) -> Sink {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, shared) = (listener.local_addr().unwrap(), Shared::default());
        let all = shared.clone();
        thread::spawn(move || {
            for (number, stream) in listener.incoming().flatten().enumerate() {
                let drops = drops.iter().find(|(place, _)| number % EACH == *place).map(|(_, stage)| *stage);
                let shared = all.clone();
                // A sender that is killed breaks off in the middle.
                thread::spawn(move || drop(Talk::begin(stream, shared, offers, drops).and_then(Talk::go_on)));
            }
        });
        Sink { address, shared }
    }

    pub fn url(&self) -> String {
        format!("smtp://{}?tls=none", self.address)
    }

    /// Takes mails to `wait` from now on, those that it has, too.
    pub fn answer(&self) {
        let (is_open, opened) = &*self.shared.gate;
        *is_open.lock().unwrap() = true;
        opened.notify_all();
    }

    /// By address, how often the sink had a mail to it whole.
    pub fn taken(&self) -> BTreeMap<String, usize> {
        self.shared.taken.lock().unwrap().iter().map(|(to, mails)| (to.clone(), mails.len())).collect()
    }

    /// How many addresses have got a mail.
    pub fn count(&self) -> usize {
        self.shared.taken.lock().unwrap().len()
    }

    /// How many connections were closed at each stage.
    pub fn dropped(&self) -> BTreeMap<Stage, usize> {
        self.shared.dropped.lock().unwrap().clone()
    }

    /// How many mails were put off by that at most: after a second MAIL the sender comes again at once.
    pub fn put_off(&self) -> usize {
        self.dropped().into_iter().filter(|(stage, _)| *stage != Stage::SecondMail).map(|(_, times)| times).sum()
    }

    /// The mails to an address, those that came first at first.
    pub fn mails(&self, to: &str) -> Vec<String> {
        self.all(to).into_iter().map(|(_, mail)| mail).collect()
    }

    /// The senders in the envelopes of these mails.
    pub fn senders(&self, to: &str) -> Vec<String> {
        self.all(to).into_iter().map(|(sender, _)| sender).collect()
    }

    fn all(&self, to: &str) -> Vec<(String, String)> {
        self.shared.taken.lock().unwrap().get(to).cloned().unwrap_or_default()
    }
}

struct Talk {
    lines: BufReader<TcpStream>,
    shared: Shared,
    offers: Offers,
    /// Where it closes the connection.
    drops: Option<Stage>,
    /// How many mails were begun.
    mails: usize,
    from: String,
    to: String,
    /// Whether the recipient was accepted.
    has_recipient: bool,
}

impl Talk {
    fn begin(stream: TcpStream, shared: Shared, offers: Offers, drops: Option<Stage>) -> std::io::Result<Talk> {
        stream.set_nodelay(true)?;
        let (lines, from, to) = (BufReader::new(stream), String::new(), String::new());
        Ok(Talk { lines, shared, offers, drops, mails: 0, from, to, has_recipient: false })
    }

    /// Whether it closes the connection here. It is counted first: who sees the end can rely on the count.
    fn drops_at(&self, stage: Stage) -> bool {
        let drops = self.drops == Some(stage);
        if drops {
            *self.shared.dropped.lock().unwrap().entry(stage).or_default() += 1;
        }
        drops
    }

    /// Whether it closes the connection at this MAIL.
    fn drops_mail(&mut self) -> bool {
        self.mails += 1;
        match self.mails {
            1 => self.drops_at(Stage::FirstMail),
            2 => self.drops_at(Stage::SecondMail),
            _ => false,
        }
    }

    fn say(&mut self, line: &str) -> std::io::Result<()> {
        self.lines.get_mut().write_all(format!("{line}\r\n").as_bytes())
    }

    fn hear(&mut self) -> std::io::Result<Option<String>> {
        let mut line = String::new();
        let read = self.lines.read_line(&mut line)?;
        Ok((read > 0).then(|| line.trim_end().to_owned()))
    }

    fn go_on(mut self) -> std::io::Result<()> {
        if self.drops_at(Stage::Banner) {
            return Ok(());
        }
        self.say("220 sink.test ESMTP")?;
        while let Some(line) = self.hear()? {
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            match verb.as_str() {
                "EHLO" if self.drops_at(Stage::Ehlo) => return Ok(()),
                "EHLO" if self.offers == Offers::Pipelining => {
                    self.say("250-sink.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8")?;
                }
                "EHLO" => self.say("250-sink.test\r\n250-8BITMIME\r\n250 SMTPUTF8")?,
                "MAIL" if self.drops_mail() => return Ok(()),
                "MAIL" => {
                    self.from = bracketed(&line);
                    self.say("250 2.1.0 Ok")?;
                }
                "RCPT" => {
                    self.to = bracketed(&line);
                    let refusal = answer(&AT_RCPT, self.does());
                    self.has_recipient = refusal.is_none();
                    match self.does() {
                        "hangup" => return Ok(()),
                        "slow" => self.wait(),
                        _ => {}
                    }
                    self.say(refusal.unwrap_or("250 2.1.5 Ok"))?;
                }
                "DATA" if !self.has_recipient => self.say("503 5.5.1 No recipients")?,
                "DATA" if self.does() == "balk" => return Ok(()),
                "DATA" => {
                    if self.does() == "slow" {
                        self.wait();
                    }
                    self.say("354 End data with <CR><LF>.<CR><LF>")?;
                    if !self.mail()? {
                        return Ok(());
                    }
                }
                "QUIT" => return self.say("221 2.0.0 Bye"),
                _ => self.say("250 2.0.0 Ok")?,
            }
        }
        Ok(())
    }

    fn does(&self) -> &str {
        self.to.split(['-', '@']).next().unwrap_or_default()
    }

    /// Reads a mail; whether the connection goes on.
    fn mail(&mut self) -> std::io::Result<bool> {
        if self.does() == "cut" {
            self.hear()?;
            return Ok(false);
        }
        let mut mail = String::new();
        loop {
            match self.hear()?.as_deref() {
                Some(".") => break,
                Some(line) => mail += &format!("{}\r\n", line.strip_prefix('.').unwrap_or(line)),
                None => return Ok(false),
            }
        }
        let does = self.does().to_owned();
        if let Some(refusal) = answer(&BEHIND_MAIL, &does) {
            self.say(refusal)?;
            return Ok(true);
        }
        let count = self.keep(mail);
        match does.as_str() {
            "lost" => return Ok(false),
            "once" if count == 1 => return Ok(false),
            // Until the sender has waited long enough and leaves.
            "mute" => return self.lines.read_to_end(&mut Vec::new()).map(|_| false),
            "slow" => self.wait(),
            "wait" => {
                let (is_open, opened) = &*self.shared.gate;
                drop(opened.wait_while(is_open.lock().unwrap(), |is_open| !*is_open).unwrap());
            }
            _ => {}
        }
        self.say("250 2.0.0 Ok: queued as 4ZqK")?;
        Ok(true)
    }

    /// Lets a little time pass; none where [`Sink::answer`] was called.
    fn wait(&self) {
        let (is_open, opened) = &*self.shared.gate;
        drop(opened.wait_timeout_while(is_open.lock().unwrap(), SLOW, |is_open| !*is_open).unwrap());
    }

    /// Keeps a mail that it has whole. Returns how many there are to its address.
    fn keep(&self, mail: String) -> usize {
        let mut taken = self.shared.taken.lock().unwrap();
        let mails = taken.entry(self.to.clone()).or_default();
        mails.push((self.from.clone(), mail));
        mails.len()
    }
}

/// What is answered to a mail that does so, if it is refused.
fn answer(refusals: &[(&str, &'static str)], does: &str) -> Option<&'static str> {
    refusals.iter().find(|(name, _)| *name == does).map(|(_, answer)| *answer)
}

/// The address of a command.
fn bracketed(line: &str) -> String {
    line.split_once('<').and_then(|(_, address)| address.split_once('>')).unwrap().0.to_owned()
}
