//! The connection to PostgreSQL is lost, and PostgreSQL itself, at any moment under load.

use attractor_trial::Cluster;

use super::load::{Heard, Load, is_clear};
use super::proxy::{Cut, Proxy};
use super::running::{Place, Server};
use super::{rounds, truth, until};

const NAME: &str = "failing";
/// Kinds of faults.
const FAULTS: usize = 6;

/// A database behind a line that can be cut.
pub struct Line {
    pub cluster: Cluster,
    pub proxy: Proxy,
    pub place: Place,
}

impl Line {
    pub fn open() -> Option<Line> {
        let cluster = attractor_trial::stoppable()?;
        cluster.database(NAME).unwrap();
        let proxy = Proxy::start(&cluster.socket());
        let place = Place { database: Some(proxy.url(NAME)), ..Place::sqlite() };
        Some(Line { cluster, proxy, place })
    }

    /// Ends all connections; returns how many there were.
    pub fn lose_all(&self) -> i64 {
        self.cluster.end_connections(NAME).unwrap()
    }

    /// One fault after the other, of each kind.
    fn fault(&mut self, number: usize, server: &Server, heard: &Heard) {
        match number % FAULTS {
            0 => assert!(self.lose_all() > 0),
            1 => self.cut(Cut::Answer),
            2 => {
                self.cluster.stop().unwrap();
                let refused = heard.refused();
                until("somebody is refused", || heard.refused() > refused + 3);
                let ready = server.get("/readyz");
                is_clear(&ready);
                assert!(ready.json()["detail"].as_str().unwrap().contains("PostgreSQL"), "{ready:?}");
                self.cluster.start_again().unwrap();
            }
            3 => self.cut(Cut::Commit),
            4 => self.cut(Cut::Late),
            _ => assert!(self.cluster.cancel_all(NAME).unwrap() > 0),
        }
    }

    fn cut(&self, what: Cut) {
        self.proxy.cut(what);
        until("a commit is cut", || self.proxy.has_cut());
    }
}

#[test]
fn a_connection_that_is_lost_at_any_moment_loses_nothing() {
    let Some(mut line) = Line::open() else { return };
    truth::publish(&line.place);
    line.place.with_keys(None);
    let mut load = Load::default();
    for round in 0..rounds() {
        let server = line.place.start();
        load.sending(server.address, |heard| {
            for fault in 0..FAULTS {
                let (number, stored) = (round * FAULTS + fault, heard.stored());
                until("messages are stored", || heard.stored() > stored + number * 5 % 13);
                line.fault(number, &server, heard);
                let stored = heard.stored();
                until("messages are stored again", || heard.stored() > stored + 4);
                until("it is ready", || server.get("/readyz").status == 200);
            }
            if round.is_multiple_of(2) { server.kill() } else { server.stop() }
        });
        truth::holds(&line.place, &load.acknowledged()).unwrap_or_else(|why| panic!("round {round}: {why}"));
    }
    let server = line.place.start();
    load.finish(&server);
    server.stop();
    assert_eq!(line.place.message_ids(), load.sent(), "all of it, each once");
    let leads = truth::holds(&line.place, &load.acknowledged()).unwrap();
    eprintln!("lost connections: {} rounds, {} messages, {leads} leads", rounds(), load.sent().len());
}

#[test]
fn a_connection_that_is_lost_while_nobody_writes_is_opened_again() {
    let Some(line) = Line::open() else { return };
    truth::publish(&line.place);
    line.place.with_keys(None);
    let server = line.place.start();
    let mut load = Load::default();
    load.sending(server.address, |heard| until("messages are stored", || heard.stored() > 20));
    // Nobody sends any more: by time alone everybody gets quiet, and the lane looks at its clock.
    for _ in 0..3 {
        line.lose_all();
        until("it is ready", || server.get("/readyz").status == 200);
    }
    line.lose_all();
    let woken = server.figure("attractor_wakes_total");
    until("somebody is woken", || server.figure("attractor_wakes_total") > woken);
    load.finish(&server);
    server.stop();
    truth::holds(&line.place, &load.acknowledged()).unwrap();
}
