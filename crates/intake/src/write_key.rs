//! The write key that a request carries. Whose key it is, is not decided here.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::members::Members;

/// The user of basic authentication, which goes before all other places. The password means nothing.
pub fn in_header(authorization: Option<&str>) -> Option<String> {
    authorization.and_then(basic_user)
}

/// `writeKey` of the body, else `writeKey` of the query (beacons can set no header).
pub fn in_body_or_query(body: &Members, query: &str) -> Option<String> {
    let in_body = body.text("writeKey").map(|key| key.trim().to_owned());
    in_body.or_else(|| in_query(query))
}

fn basic_user(authorization: &str) -> Option<String> {
    let (scheme, credentials) = authorization.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = STANDARD.decode(credentials.trim()).ok()?;
    let user = String::from_utf8(decoded).ok()?;
    let user = user.split_once(':').map_or(user.as_str(), |(user, _)| user).trim();
    (!user.is_empty()).then(|| user.to_owned())
}

fn in_query(query: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.find(|(name, value)| name == "writeKey" && !value.is_empty()).map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(authorization: Option<&str>, body: &str, query: &str) -> Option<String> {
        in_header(authorization).or_else(|| in_body_or_query(&Members::of(body).unwrap(), query))
    }

    #[test]
    fn the_header_goes_before_the_body_before_the_query() {
        let body = r#"{"writeKey": "in-body"}"#;
        let basic = |user: &str| format!("Basic {}", STANDARD.encode(user));
        assert_eq!(found(Some(&basic("wk:")), body, "").as_deref(), Some("wk"));
        assert_eq!(found(Some(&basic("wk:secret:more")), body, "").as_deref(), Some("wk"));
        assert_eq!(found(Some(&basic("wk").replace("Basic", "basic ")), body, "").as_deref(), Some("wk"));
        assert_eq!(found(Some(&basic(":x")), body, "").as_deref(), Some("in-body"));
        assert_eq!(found(Some("Bearer abc"), body, "").as_deref(), Some("in-body"));
        assert_eq!(found(Some("Basic %%%"), body, "").as_deref(), Some("in-body"));
        assert_eq!(found(None, "{}", "a=b&writeKey=in%2Dquery").as_deref(), Some("in-query"));
        assert_eq!(found(Some("Basic"), r#"{"writeKey": 7}"#, "writeKey="), None);
    }
}
