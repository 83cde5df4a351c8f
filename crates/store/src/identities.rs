//! What leads are known by, and what is said of who is who.

use crate::connection::Connection;
use crate::error::Error;
use crate::identity_kind::IdentityKind;
use crate::ids::{IdentityId, LeadId, Received};
use crate::value::{Row, Value};

/// A user id, an e-mail or a visitor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub kind: IdentityKind,
    pub text: String,
    pub id: IdentityId,
    /// The lead of a person's identity; a visitor's own, where nothing ties it to anybody.
    pub lead: LeadId,
}

fn identity(mut row: Row) -> Result<Identity, Error> {
    Ok(Identity {
        text: row.take_text(1)?,
        kind: IdentityKind::read(&row, 0)?,
        id: IdentityId::read(&row, 2)?,
        lead: LeadId::read(&row, 3)?,
    })
}

pub fn find(connection: &mut Connection, keys: &[(IdentityKind, &str)]) -> Result<Vec<Identity>, Error> {
    let rows: Vec<[Value; 2]> = keys.iter().map(|(kind, text)| [Value::from(*kind), Value::from(*text)]).collect();
    let sql = "SELECT i.kind, i.text, i.id, i.lead FROM {rows: kind bigint, text text}
        JOIN identities i ON i.kind = r.kind AND i.text = r.text";
    connection.batch(sql, &rows, &[])?.into_iter().map(identity).collect()
}

/// Identities whose text begins so, in the order of their texts.
pub fn starting(connection: &mut Connection, text: &str, limit: i64) -> Result<Vec<Identity>, Error> {
    let end = format!("{text}\u{10ffff}");
    let sql = "SELECT kind, text, id, lead FROM identities WHERE kind = $1 AND text >= $2 AND text < $3
        ORDER BY text LIMIT $4";
    let mut found = Vec::new();
    for kind in IdentityKind::ALL {
        let params = [Value::from(kind), text.into(), Value::from(end.as_str()), Value::from(limit)];
        found.extend(connection.query(sql, &params)?.into_iter().map(identity).collect::<Result<Vec<_>, _>>()?);
    }
    Ok(found)
}

/// Identities behind (kind, text), in this order; behind `None` the first ones.
pub fn after(
    connection: &mut Connection,
    behind: Option<(IdentityKind, &str)>,
    limit: i64,
) -> Result<Vec<Identity>, Error> {
    // No kind has a negative number.
    let (kind, text) = behind.map_or((-1, ""), |(kind, text)| (kind.number(), text));
    let sql = "SELECT kind, text, id, lead FROM identities WHERE (kind, text) > ($1, $2) ORDER BY kind, text LIMIT $3";
    connection.query(sql, &[kind.into(), text.into(), limit.into()])?.into_iter().map(identity).collect()
}

pub fn by_id(connection: &mut Connection, ids: &[IdentityId]) -> Result<Vec<Identity>, Error> {
    let sql = "SELECT i.kind, i.text, i.id, i.lead FROM {rows: id bigint} JOIN identities i ON i.id = r.id";
    connection.batch(sql, &each(ids), &[])?.into_iter().map(identity).collect()
}

/// The identities of these leads; of visitors those that have or had a lead of their own.
pub fn of_leads(connection: &mut Connection, leads: &[LeadId]) -> Result<Vec<Identity>, Error> {
    let sql = "SELECT i.kind, i.text, i.id, i.lead FROM {rows: lead bigint} JOIN identities i ON i.lead = r.lead";
    connection.batch(sql, &each(leads), &[])?.into_iter().map(identity).collect()
}

pub fn insert(connection: &mut Connection, identities: &[Identity]) -> Result<(), Error> {
    let rows: Vec<[Value; 4]> =
        identities.iter().map(|i| [i.kind.into(), Value::from(&i.text), i.id.into(), i.lead.into()]).collect();
    let sql = "INSERT INTO identities (kind, text, id, lead)
        SELECT r.kind, r.text, r.id, r.lead FROM {rows: kind bigint, text text, id bigint, lead bigint}";
    connection.batch(sql, &rows, &[]).map(drop)
}

pub fn set_lead(connection: &mut Connection, id: IdentityId, lead: LeadId) -> Result<(), Error> {
    connection.execute("UPDATE identities SET lead = $2 WHERE id = $1", &[id.into(), lead.into()]).map(drop)
}

/// Gives an identity another text, which no other of its kind has.
pub fn rename(connection: &mut Connection, id: IdentityId, text: &str) -> Result<(), Error> {
    connection.execute("UPDATE identities SET text = $2 WHERE id = $1", &[id.into(), text.into()]).map(drop)
}

/// A visitor is a person's from an instant on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tie {
    pub visitor: IdentityId,
    /// Milliseconds since 1970.
    pub at: i64,
    pub received: Received,
    pub person: IdentityId,
    pub by_alias: bool,
}

fn tie(row: Row) -> Result<Tie, Error> {
    Ok(Tie {
        visitor: IdentityId::read(&row, 0)?,
        at: row.integer(1)?,
        received: Received::read(&row, 2)?,
        person: IdentityId::read(&row, 3)?,
        by_alias: row.boolean(4)?,
    })
}

pub fn ties_of_visitors(connection: &mut Connection, visitors: &[IdentityId]) -> Result<Vec<Tie>, Error> {
    let rows: Vec<[Value; 2]> = visitors.iter().map(|id| [id.bucket().into(), (*id).into()]).collect();
    let sql = "SELECT t.visitor, t.at, t.received, t.person, t.alias FROM {rows: bucket bigint, visitor bigint}
        JOIN ties t ON t.bucket = r.bucket AND t.visitor = r.visitor";
    connection.batch(sql, &rows, &[])?.into_iter().map(tie).collect()
}

/// The visitors that were ever tied to these persons.
pub fn visitors_of_persons(connection: &mut Connection, persons: &[IdentityId]) -> Result<Vec<IdentityId>, Error> {
    let sql = "SELECT DISTINCT t.visitor FROM {rows: person bigint} JOIN ties t ON t.person = r.person";
    let mut visitors: Vec<IdentityId> = connection
        .batch(sql, &each(persons), &[])?
        .iter()
        .map(|row| IdentityId::read(row, 0))
        .collect::<Result<_, _>>()?;
    visitors.sort_unstable();
    visitors.dedup();
    Ok(visitors)
}

pub fn insert_ties(connection: &mut Connection, ties: &[Tie]) -> Result<(), Error> {
    let rows: Vec<[Value; 6]> = ties
        .iter()
        .map(|t| {
            [
                t.visitor.bucket().into(),
                t.visitor.into(),
                t.at.into(),
                t.received.into(),
                t.person.into(),
                t.by_alias.into(),
            ]
        })
        .collect();
    let sql = "INSERT INTO ties (bucket, visitor, at, received, person, alias)
        SELECT r.bucket, r.visitor, r.at, r.received, r.person, r.alias
        FROM {rows: bucket bigint, visitor bigint, at bigint, received bigint, person bigint, alias bigint}
        WHERE true ON CONFLICT DO NOTHING";
    connection.batch(sql, &rows, &[]).map(drop)
}

/// Forgets the ties that these messages made.
pub fn delete_ties(connection: &mut Connection, ties: &[Tie]) -> Result<(), Error> {
    for t in ties {
        let params = [t.visitor.bucket().into(), t.visitor.into(), t.at.into(), t.received.into()];
        connection
            .execute("DELETE FROM ties WHERE bucket = $1 AND visitor = $2 AND at = $3 AND received = $4", &params)?;
    }
    Ok(())
}

/// An e-mail came with a user, or by itself: `person` is the e-mail then. Of several messages that say so it is that of
/// the strongest claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Claim {
    pub email: IdentityId,
    pub person: IdentityId,
    pub received: Received,
    /// The message is public.
    pub public: bool,
}

fn claim(row: Row) -> Result<Claim, Error> {
    let (email, person) = (IdentityId::read(&row, 0)?, IdentityId::read(&row, 1)?);
    Ok(Claim { email, person, received: Received::read(&row, 2)?, public: row.boolean(3)? })
}

pub fn claims_of_emails(connection: &mut Connection, emails: &[IdentityId]) -> Result<Vec<Claim>, Error> {
    let sql = "SELECT c.email, c.person, c.received, c.public FROM {rows: email bigint}
        JOIN claims c ON c.email = r.email";
    connection.batch(sql, &each(emails), &[])?.into_iter().map(claim).collect()
}

pub fn claims_of_persons(connection: &mut Connection, persons: &[IdentityId]) -> Result<Vec<Claim>, Error> {
    let sql = "SELECT c.email, c.person, c.received, c.public FROM {rows: person bigint}
        JOIN claims c ON c.person = r.person";
    connection.batch(sql, &each(persons), &[])?.into_iter().map(claim).collect()
}

/// Writes claims; of one e-mail and person there must be one. Those that are there already are replaced.
pub fn save_claims(connection: &mut Connection, claims: &[Claim]) -> Result<(), Error> {
    let row = |c: &Claim| [c.email.into(), c.person.into(), c.received.into(), c.public.into()];
    let rows: Vec<[Value; 4]> = claims.iter().map(row).collect();
    let sql = "INSERT INTO claims (email, person, received, public)
        SELECT r.email, r.person, r.received, r.public
        FROM {rows: email bigint, person bigint, received bigint, public bigint}
        WHERE true ON CONFLICT (email, person) DO UPDATE SET received = excluded.received, public = excluded.public";
    connection.batch(sql, &rows, &[]).map(drop)
}

pub fn delete_claims(connection: &mut Connection, claims: &[Claim]) -> Result<(), Error> {
    let rows: Vec<[Value; 2]> = claims.iter().map(|c| [c.email.into(), c.person.into()]).collect();
    let sql = "DELETE FROM claims WHERE (email, person) IN
        (SELECT r.email, r.person FROM {rows: email bigint, person bigint})";
    connection.batch(sql, &rows, &[]).map(drop)
}

/// An e-mail that came with a user of another lead than its owner's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    pub claim: Claim,
    /// The texts of the claim's e-mail and of its person.
    pub email: String,
    pub user: String,
    /// The leads of both.
    pub owner_lead: LeadId,
    pub user_lead: LeadId,
}

const CONFLICTS: &str = "SELECT c.email, c.person, c.received, c.public, e.text, p.text, e.lead, p.lead FROM claims c
    JOIN identities e ON e.id = c.email JOIN identities p ON p.id = c.person WHERE e.lead <> p.lead";

fn conflict(mut row: Row) -> Result<Conflict, Error> {
    Ok(Conflict {
        email: row.take_text(4)?,
        user: row.take_text(5)?,
        owner_lead: LeadId::read(&row, 6)?,
        user_lead: LeadId::read(&row, 7)?,
        claim: claim(row)?,
    })
}

/// Conflicts behind `after`, in the order in which they were received.
pub fn conflicts(connection: &mut Connection, after: Received, limit: i64) -> Result<Vec<Conflict>, Error> {
    let sql = format!("{CONFLICTS} AND c.received > $1 ORDER BY c.received LIMIT $2");
    connection.query(&sql, &[after.into(), limit.into()])?.into_iter().map(conflict).collect()
}

/// The conflicts of one lead, on either side, in the order in which they were received.
pub fn conflicts_of(connection: &mut Connection, lead: LeadId, limit: i64) -> Result<Vec<Conflict>, Error> {
    let mut found = Vec::new();
    for side in ["e.lead", "p.lead"] {
        let sql = format!("{CONFLICTS} AND {side} = $1 ORDER BY c.received LIMIT $2");
        let rows = connection.query(&sql, &[lead.into(), limit.into()])?;
        found.extend(rows.into_iter().map(conflict).collect::<Result<Vec<_>, _>>()?);
    }
    found.sort_by_key(|conflict| conflict.claim.received);
    found.truncate(limit as usize);
    Ok(found)
}

/// An `alias`: whether `previous` is a user or a visitor follows from who exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    pub received: Received,
    pub at: i64,
    pub previous: String,
    pub person: IdentityId,
}

fn alias(mut row: Row) -> Result<Alias, Error> {
    Ok(Alias {
        previous: row.take_text(2)?,
        received: Received::read(&row, 0)?,
        at: row.integer(1)?,
        person: IdentityId::read(&row, 3)?,
    })
}

pub fn aliases_of_previous(connection: &mut Connection, texts: &[&str]) -> Result<Vec<Alias>, Error> {
    let rows: Vec<[Value; 1]> = texts.iter().map(|text| [Value::from(*text)]).collect();
    let sql = "SELECT a.received, a.at, a.previous, a.person FROM {rows: previous text}
        JOIN aliases a ON a.previous = r.previous";
    connection.batch(sql, &rows, &[])?.into_iter().map(alias).collect()
}

pub fn aliases_of_persons(connection: &mut Connection, persons: &[IdentityId]) -> Result<Vec<Alias>, Error> {
    let sql = "SELECT a.received, a.at, a.previous, a.person FROM {rows: person bigint}
        JOIN aliases a ON a.person = r.person";
    connection.batch(sql, &each(persons), &[])?.into_iter().map(alias).collect()
}

pub fn insert_aliases(connection: &mut Connection, aliases: &[Alias]) -> Result<(), Error> {
    let rows: Vec<[Value; 4]> =
        aliases.iter().map(|a| [a.received.into(), a.at.into(), Value::from(&a.previous), a.person.into()]).collect();
    let sql = "INSERT INTO aliases (received, at, previous, person) SELECT r.received, r.at, r.previous, r.person
        FROM {rows: received bigint, at bigint, previous text, person bigint}";
    connection.batch(sql, &rows, &[]).map(drop)
}

pub fn delete_alias(connection: &mut Connection, received: Received) -> Result<(), Error> {
    connection.execute("DELETE FROM aliases WHERE received = $1", &[received.into()]).map(drop)
}

pub fn delete(connection: &mut Connection, ids: &[IdentityId]) -> Result<(), Error> {
    for id in ids {
        connection.execute("DELETE FROM identities WHERE id = $1", &[(*id).into()])?;
    }
    Ok(())
}

fn each<I: Copy + Into<Value<'static>>>(ids: &[I]) -> Vec<[Value<'static>; 1]> {
    ids.iter().map(|id| [(*id).into()]).collect()
}
