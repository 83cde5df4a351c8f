//! The fields of a token as bytes. The last id needs no length: it takes the rest.

use super::token::{Id, Name, Purpose, Scope, Second, Token};

/// Numbers of a scope in a token.
const ALL: u8 = 0;
const SUBSCRIPTION: u8 = 1;
const TOPIC: u8 = 2;

pub(super) fn write(token: &Token, out: &mut Vec<u8>) {
    match token {
        Token::Click { link, copy } | Token::Attractor { link, copy } => {
            out.extend(link.to_be_bytes());
            out.extend(copy.as_bytes());
        }
        Token::Open { copy: id }
        | Token::Confirm { request: id }
        | Token::Visitor { click: id }
        | Token::ReturnPath { copy: id } => out.extend(id.as_bytes()),
        Token::Unsubscribe { scope, address, copy } => {
            write_scope(scope, out);
            write_short(address.as_bytes(), out);
            out.extend(copy.as_bytes());
        }
        Token::Preferences { address: first, lead: last } | Token::Download { asset: first, request: last } => {
            write_short(first.as_bytes(), out);
            out.extend(last.as_bytes());
        }
        Token::Form { served, form } => {
            out.extend(served.0.to_be_bytes());
            out.extend(form.as_bytes());
        }
    }
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
    Some(match purpose {
        Purpose::Click => Token::Click { link: u16::from_be_bytes(rest.array()?), copy: rest.last()? },
        Purpose::Open => Token::Open { copy: rest.last()? },
        Purpose::Unsubscribe => Token::Unsubscribe { scope: rest.scope()?, address: rest.id()?, copy: rest.last()? },
        Purpose::Preferences => Token::Preferences { address: rest.id()?, lead: rest.last()? },
        Purpose::Confirm => Token::Confirm { request: rest.last()? },
        Purpose::Download => Token::Download { asset: rest.id()?, request: rest.last()? },
        Purpose::Attractor => Token::Attractor { link: u16::from_be_bytes(rest.array()?), copy: rest.last()? },
        Purpose::Visitor => Token::Visitor { click: rest.last()? },
        Purpose::ReturnPath => Token::ReturnPath { copy: rest.last()? },
        Purpose::Form => Token::Form { served: Second(u32::from_be_bytes(rest.array()?)), form: rest.last()? },
    })
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
