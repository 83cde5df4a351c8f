//! The visitor behind a click: a redirect to one of our own domains carries a token, which the site's script reports with
//! the visitor's id. A person's click ties the visitor to its lead. A token has at most one visitor and a copy ties at most
//! one, so that a forwarded e-mail joins nobody else; and whoever makes itself known is its own from then on.

use attractor_engine::identity::is_own_visitor;
use attractor_engine::time::Instant;
use attractor_live::{Arrived, Deed, Fills};
use attractor_mail::judge::{Judgement, Verdict};
use attractor_mail::links::{Id, Purpose, Token, host, leads_to};
use attractor_store::mail_requests::{self, CopyTag, MailRequest, RequestKey, Visit};
use attractor_store::{Connection, Error, IdentityKind, LeadId, identities, leads};
use serde_json::{Value, json};

use super::copy::FoundCopy;
use super::corrections::given_by_a_person;
use super::judging::{judged, key};
use super::messages::{MessageIds, ORIGIN, Requested};
use crate::App;
use crate::refusal::Refusal;

/// The parameter that carries the token.
pub const PARAMETER: &str = "_a";

/// How long after its click a token may be reported, in milliseconds: a visit, and not what somebody kept.
const WITHIN: i64 = 30 * 60_000;

/// The longest id of a visitor, in bytes.
const LONGEST: usize = 200;

/// What the site's script reports of the visit behind a click.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// It ran.
    Loaded,
    /// A further page was viewed.
    WentOn,
    /// The visitor scrolled, or moved or touched something.
    Acted,
}

impl Seen {
    /// As the script spells it.
    pub fn named(name: &str) -> Option<Seen> {
        match name {
            "loaded" => Some(Seen::Loaded),
            "went_on" => Some(Seen::WentOn),
            "acted" => Some(Seen::Acted),
            _ => None,
        }
    }
}

/// The token of a stored click.
pub(super) fn token_of((lead, tag): CopyTag, number: i64) -> Option<Token> {
    let mut bytes = [0; 20];
    bytes[..8].copy_from_slice(&lead.0.to_be_bytes());
    bytes[8..16].copy_from_slice(&tag.to_be_bytes());
    bytes[16..].copy_from_slice(&u32::try_from(number).ok()?.to_be_bytes());
    Id::new(&bytes).ok().map(|click| Token::Visitor { click })
}

fn click_of(id: Id) -> Option<RequestKey> {
    let bytes: &[u8; 20] = id.as_bytes().try_into().ok()?;
    let (lead, rest) = bytes.split_first_chunk::<8>()?;
    let (tag, rest) = rest.split_first_chunk::<8>()?;
    let number = rest.first_chunk::<4>()?;
    Some((LeadId(i64::from_be_bytes(*lead)), i64::from_be_bytes(*tag), i64::from(u32::from_be_bytes(*number))))
}

/// A URL with the token as a parameter, before its fragment.
pub(super) fn with_token(url: &str, token: &str) -> String {
    let (rest, fragment) = url.find('#').map_or((url, ""), |place| url.split_at(place));
    let joint = if rest.contains('?') { '&' } else { '?' };
    format!("{rest}{joint}{PARAMETER}={token}{fragment}")
}

/// Whether a URL leads to one of our own domains.
pub(super) fn is_own(app: &App, url: &str) -> bool {
    let own = app.settings.own_domains.iter().map(String::as_str);
    let public = host(&app.settings.public_url);
    own.chain([public.as_str()]).any(|domain| leads_to(url, domain))
}

/// The visitor that a copy ties, and the click that it followed.
pub(super) struct TiedVisitor {
    pub click: RequestKey,
    at: i64,
    visitor: String,
    /// Whether the click had a verdict before.
    pub is_judged: bool,
}

impl TiedVisitor {
    /// The first visitor who followed a person's click on a copy: all later ones may be somebody else.
    pub fn of(all: &[(MailRequest, Judgement)]) -> Option<TiedVisitor> {
        let human = all.iter().filter(|(request, judgement)| {
            is_human(request, judgement) && matches!(Requested::of(request.link), Some(Requested::Click(_)))
        });
        let visited = human.filter_map(|(request, _)| Some((request, request.visit.visitor.clone()?)));
        let (request, visitor) = visited.min_by_key(|(request, _)| request.number)?;
        Some(TiedVisitor { click: key(request), at: request.at, visitor, is_judged: request.judged.is_some() })
    }
}

/// Whether a request is a person's; a verdict that somebody gave counts before the judge's.
fn is_human(request: &MailRequest, judgement: &Judgement) -> bool {
    match given_by_a_person(request) {
        Some(judged) => judged.verdict == Verdict::Human.name(),
        None => judgement.verdict == Verdict::Human,
    }
}

/// Ties a visitor to a lead at the instant of its click, unless the visitor is known to be somebody already.
pub(super) fn tie_visitor(
    deed: &mut Deed<'_, '_>,
    lead: &leads::Lead,
    tied: &TiedVisitor,
    now: Instant,
) -> Result<(), Error> {
    let visitor = (IdentityKind::Visitor, tied.visitor.as_str());
    if let Some(known) = identities::find(deed.connection(), &[visitor])?.pop()
        && !identities::ties_of_visitors(deed.connection(), &[known.id])?.is_empty()
    {
        return Ok(());
    }
    let Some(mut message) = tie(lead, &tied.visitor) else { return Ok(()) };
    message["messageId"] = MessageIds::of(tied.click).visitor().into();
    message["timestamp"] = Instant(tied.at).to_string().into();
    let fills = if message.get("context").is_some() { Fills::Empty } else { Fills::All };
    let arrived = Arrived { json: message.to_string(), received_at: now, origin: ORIGIN.to_owned(), fills };
    deed.take(&[arrived]).map(drop)
}

/// The message that ties a visitor. One that names an address is a public one: it must not confirm the address.
fn tie(lead: &leads::Lead, visitor: &str) -> Option<Value> {
    match lead.kind {
        IdentityKind::User => Some(json!({"type": "identify", "userId": lead.name, "anonymousId": visitor})),
        IdentityKind::Email => Some(json!({
            "type": "identify", "anonymousId": visitor, "traits": {"email": lead.name}, "context": {"public": true}
        })),
        IdentityKind::Visitor => None,
    }
}

/// Takes what the site's script reports of a visit. `false` where the token is not one of ours, or not this visitor's.
pub async fn report(app: &App, token: &str, visitor: &str, seen: Seen) -> Result<bool, Refusal> {
    let Ok(Token::Visitor { click }) = app.links.token(Purpose::Visitor, token) else { return Ok(false) };
    let Some(click) = click_of(click) else { return Ok(false) };
    if visitor.is_empty() || visitor.len() > LONGEST || visitor.contains('\0') || is_own_visitor(visitor) {
        return Ok(false);
    }
    let (now, judge, visitor) = (app.clock.now(), app.clicks.judge.clone(), visitor.to_owned());
    let done = app.lane.run(move |lane| {
        lane.deed(now, |deed| {
            if !note(deed.connection(), click, visitor, seen, now)? {
                return Ok(false);
            }
            for judged in judged(deed.connection(), &[(click.0, click.1)], &judge, now)? {
                judged.commit(deed, now)?;
            }
            Ok(true)
        })
    });
    Ok(done.await??)
}

/// Keeps what was seen of the visit behind a click, where it may be kept.
fn note(
    connection: &mut Connection,
    click: RequestKey,
    visitor: String,
    seen: Seen,
    now: Instant,
) -> Result<bool, Error> {
    let tag = (click.0, click.1);
    let requests = mail_requests::of_copies(connection, &[tag])?;
    let Some(request) = requests.into_iter().find(|request| key(request) == click) else { return Ok(false) };
    if now.0 - request.at > WITHIN {
        return Ok(false);
    }
    match FoundCopy::find(connection, tag)? {
        Some(copy) if copy.is_measured(connection)? => {}
        _ => return Ok(false),
    }
    let at = |what| (seen == what).then_some(now.0);
    let visit = Visit {
        visitor: Some(visitor),
        loaded_at: at(Seen::Loaded),
        went_on_at: at(Seen::WentOn),
        acted_at: at(Seen::Acted),
    };
    mail_requests::visit(connection, click, &visit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_added_before_the_fragment() {
        for (url, expected) in [
            ("https://a.example", "https://a.example?_a=T"),
            ("https://a.example/x?y=1", "https://a.example/x?y=1&_a=T"),
            ("https://a.example/x#y?z", "https://a.example/x?_a=T#y?z"),
            ("https://a.example/x?#", "https://a.example/x?&_a=T#"),
        ] {
            assert_eq!(with_token(url, "T"), expected);
        }
    }

    #[test]
    fn a_token_names_its_click() {
        for click in [(LeadId(414), -77, 3), (LeadId(i64::MAX), i64::MIN, i64::from(u32::MAX))] {
            let Some(Token::Visitor { click: id }) = token_of((click.0, click.1), click.2) else { panic!("{click:?}") };
            assert_eq!(click_of(id), Some(click));
        }
        assert_eq!(token_of((LeadId(1), 1), -1), None);
    }
}
