//! A DNS server for tests: a table of records that can be changed while it runs, over UDP.

use std::collections::BTreeMap;
use std::net::{SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex};
use std::thread;

use hickory_resolver::proto::op::{Message, OpCode, Query, ResponseCode};
use hickory_resolver::proto::rr::rdata::{A, TXT};
use hickory_resolver::proto::rr::{RData, Record, RecordType};

/// By name, without the dot at its end, and type.
type Table = BTreeMap<(String, RecordType), RData>;

#[derive(Default)]
struct Zone {
    table: Table,
    fails: bool,
}

pub struct Names {
    pub address: SocketAddr,
    zone: Arc<Mutex<Zone>>,
}

impl Names {
    /// Answers for as long as the test runs.
    pub fn start() -> Names {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let (address, zone) = (socket.local_addr().unwrap(), Arc::<Mutex<Zone>>::default());
        let all = zone.clone();
        thread::spawn(move || {
            let mut buffer = [0; 4_096];
            while let Ok((length, peer)) = socket.recv_from(&mut buffer) {
                let asked = Message::from_vec(&buffer[..length]).unwrap();
                let answer = answer(&asked, &all.lock().unwrap());
                socket.send_to(&answer.to_vec().unwrap(), peer).unwrap();
            }
        });
        Names { address, zone }
    }

    /// Sets a text, in parts of at most 255 bytes.
    pub fn set_text(&self, name: &str, text: &str) {
        let parts = text.as_bytes().chunks(255).map(|part| String::from_utf8(part.to_vec()).unwrap());
        self.set(name, RecordType::TXT, RData::TXT(TXT::new(parts.collect())));
    }

    pub fn set_address(&self, name: &str, address: [u8; 4]) {
        self.set(name, RecordType::A, RData::A(A::from(std::net::Ipv4Addr::from(address))));
    }

    fn set(&self, name: &str, kind: RecordType, data: RData) {
        self.zone.lock().unwrap().table.insert((name.to_owned(), kind), data);
    }

    /// From here on it has trouble.
    pub fn fail(&self) {
        self.zone.lock().unwrap().fails = true;
    }
}

fn answer(asked: &Message, zone: &Zone) -> Message {
    let mut answer = Message::response(asked.metadata.id, OpCode::Query);
    answer.add_queries(asked.queries.iter().cloned());
    let found = asked.queries.first().and_then(|query| record(query, zone));
    answer.metadata.response_code = match &found {
        _ if zone.fails => ResponseCode::ServFail,
        Some(_) => ResponseCode::NoError,
        None => ResponseCode::NXDomain,
    };
    answer.add_answers(found.filter(|_| !zone.fails));
    answer
}

fn record(query: &Query, zone: &Zone) -> Option<Record> {
    let name = query.name().to_string().trim_end_matches('.').to_ascii_lowercase();
    let data = zone.table.get(&(name, query.query_type()))?;
    Some(Record::from_rdata(query.name().clone(), 60, data.clone()))
}
