//! Second pass: who is who is settled, and each record goes to the range of lead names that its lead is in.

use std::io;

use attractor_engine::identity::{KeyNumber, Leads};

use super::ReplayRequest;
use super::keys::Keys;
use super::record::{self, HEAD};
use super::spool::Spool;

/// Bytes of records that one part should have.
const PART: usize = 4 << 20;
/// Bytes that a part gathers before they become a chunk.
const CHUNK: usize = 256 << 10;

/// Divides the records into parts; the leads of each come before those of the next.
pub fn divide(request: &ReplayRequest, records: Spool, keys: &Keys, leads: &Leads) -> io::Result<Vec<Spool>> {
    let pivots = pivots(keys, records.bytes().div_ceil(PART as u64).clamp(1, 512) as usize);
    let mut part_of = vec![0_u16; keys.len()];
    for key in keys.numbers() {
        part_of[key as usize] = pivots.partition_point(|pivot| keys.order(*pivot) <= keys.order(key)) as u16;
    }
    let mut parts: Vec<(Spool, Vec<u8>)> = (0..=pivots.len()).map(|_| Default::default()).collect();
    let share = request.memory / parts.len();
    for chunk in records.chunks()? {
        let mut chunk = chunk?;
        let mut rest = chunk.as_mut_slice();
        while let Some(head) = record::head(rest) {
            let (one, more) = rest.split_at_mut(HEAD + head.length);
            let lead = leads.lead(head.key, head.at);
            if record::contested(one).is_some_and(|email| !leads.has_email(head.key, email)) {
                record::lose(one);
            }
            record::readdress(one, lead);
            let (spool, gathering) = &mut parts[part_of[lead as usize] as usize];
            gathering.extend_from_slice(one);
            if gathering.len() >= CHUNK {
                spool.push(std::mem::replace(gathering, Vec::with_capacity(CHUNK + CHUNK / 8)), share)?;
            }
            rest = more;
        }
    }
    let finish = |(mut spool, rest): (Spool, Vec<u8>)| spool.push(rest, share).map(|()| spool);
    parts.into_iter().map(finish).collect()
}

/// Keys at whose names the parts begin, but for the first: equally spaced in a sample of all names.
fn pivots(keys: &Keys, parts: usize) -> Vec<KeyNumber> {
    let every = (keys.numbers().count() / (parts * 64)).max(1);
    let mut sample: Vec<KeyNumber> = keys.numbers().step_by(every).collect();
    sample.sort_unstable_by(|a, b| keys.order(*a).cmp(&keys.order(*b)));
    (1..parts).filter_map(|part| sample.get(part * sample.len() / parts).copied()).collect()
}
