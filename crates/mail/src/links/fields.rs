//! The fields of a token as bytes. The last id needs no length: it takes the rest.

use super::token::{AddressHash, CopyId, Id, Name, Purpose, Scope, Second, Token};

/// Numbers of a scope in a token.
const ALL: u8 = 0;
const SUBSCRIPTION: u8 = 1;
const TOPIC: u8 = 2;

pub(super) fn write(token: &Token, out: &mut Vec<u8>) {
    match token {
        Token::Click { link, copy } | Token::Attractor { link, copy } => {
            out.extend(link.to_be_bytes());
            write_copy(*copy, out);
        }
        Token::Open { copy } | Token::ReturnPath { copy } => write_copy(*copy, out),
        Token::Confirm { request: id } | Token::Visitor { click: id } => out.extend(id.as_bytes()),
        Token::Unsubscribe { scope, address, copy } => {
            write_scope(scope, out);
            out.extend(address.0);
            write_copy(*copy, out);
        }
        Token::Preferences { address, lead } => {
            out.extend(address.0);
            out.extend(lead.as_bytes());
        }
        Token::Download { asset, request } => {
            write_short(asset.as_bytes(), out);
            out.extend(request.as_bytes());
        }
        Token::Form { served, form } => {
            out.extend(served.0.to_be_bytes());
            out.extend(form.as_bytes());
        }
        Token::Message { lead, copy } => {
            out.extend(lead.to_be_bytes());
            out.extend(copy);
        }
    }
}

fn write_copy(copy: CopyId, out: &mut Vec<u8>) {
    out.extend(copy.lead.to_be_bytes());
    out.extend(copy.tag.to_be_bytes());
}

fn write_scope(scope: &Scope, out: &mut Vec<u8>) {
    let (number, name) = match scope {
        Scope::All => return out.push(ALL),
        Scope::Subscription(name) => (SUBSCRIPTION, name),
        Scope::Topic(name) => (TOPIC, name),
    };
    out.push(number);
    write_short(name.as_str().as_bytes(), out);
}

/// A byte with the length, then the bytes. Ids and names have at most 128, which their types make sure of.
fn write_short(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(bytes.len() as u8);
    out.extend(bytes);
}

/// The token of a purpose in these bytes; `None` where they have another form.
pub(super) fn read(purpose: Purpose, bytes: &[u8]) -> Option<Token> {
    let mut rest = Rest(bytes);
    let token = match purpose {
        Purpose::Click => Token::Click { link: rest.number()?, copy: rest.copy()? },
        Purpose::Open => Token::Open { copy: rest.copy()? },
        Purpose::Unsubscribe => {
            Token::Unsubscribe { scope: rest.scope()?, address: rest.address()?, copy: rest.copy()? }
        }
        Purpose::Preferences => Token::Preferences { address: rest.address()?, lead: rest.last()? },
        Purpose::Confirm => Token::Confirm { request: rest.last()? },
        Purpose::Download => Token::Download { asset: rest.id()?, request: rest.last()? },
        Purpose::Attractor => Token::Attractor { link: rest.number()?, copy: rest.copy()? },
        Purpose::Visitor => Token::Visitor { click: rest.last()? },
        Purpose::ReturnPath => Token::ReturnPath { copy: rest.copy()? },
        Purpose::Form => Token::Form { served: Second(u32::from_be_bytes(rest.array()?)), form: rest.last()? },
        Purpose::Message => Token::Message { lead: i64::from_be_bytes(rest.array()?), copy: rest.array()? },
    };
    rest.0.is_empty().then_some(token)
}

/// The bytes that are not read yet.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*array)
    }

    fn short(&mut self) -> Option<&[u8]> {
        let [length] = self.array()?;
        let (bytes, rest) = self.0.split_at_checked(usize::from(length))?;
        self.0 = rest;
        Some(bytes)
    }

    fn number(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    fn copy(&mut self) -> Option<CopyId> {
        let (lead, tag) = (self.array()?, self.array()?);
        Some(CopyId { lead: i64::from_be_bytes(lead), tag: i64::from_be_bytes(tag) })
    }

    fn address(&mut self) -> Option<AddressHash> {
        self.array().map(AddressHash)
    }

    fn id(&mut self) -> Option<Id> {
        Id::new(self.short()?).ok()
    }

    fn last(&mut self) -> Option<Id> {
        Id::new(std::mem::take(&mut self.0)).ok()
    }

    fn name(&mut self) -> Option<Name> {
        Name::new(std::str::from_utf8(self.short()?).ok()?).ok()
    }

    fn scope(&mut self) -> Option<Scope> {
        let [number] = self.array()?;
        match number {
            ALL => Some(Scope::All),
            SUBSCRIPTION => self.name().map(Scope::Subscription),
            TOPIC => self.name().map(Scope::Topic),
            _ => None,
        }
    }
}
