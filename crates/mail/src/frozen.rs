//! What is kept of a copy when a sender takes it, so that it can be shown again as it was, and its links work forever. It is
//! not the rendered mail: the e-mail of a version of the playbook and the values that were used give the same bytes again.
//!
//! Both types are stored as JSON. Fields are added, never renamed, and what is added has a default, because copies of every
//! earlier version are read.
//!
//! ```
//! use attractor_mail::frozen::FrozenLink;
//!
//! let links = vec![FrozenLink { url: "https://acme.example/shirts".into(), topic: Some("shirts".into()), ..Default::default() }];
//! let text = serde_json::to_string(&links)?;
//! assert_eq!(text, r#"[{"url":"https://acme.example/shirts","topic":"shirts"}]"#);
//! assert_eq!(serde_json::from_str::<Vec<FrozenLink>>(&text)?, links);
//! # Ok::<(), serde_json::Error>(())
//! ```

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::render::FooterReason;

/// The document of a copy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrozenCopy {
    /// The e-mail, by its id in the playbook of the claim's version.
    pub email: String,
    /// The number of the version of the playbook, as the store numbers versions.
    pub version: i64,
    pub language: String,
    /// Why it is in this language, in English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language_because: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// Whether the copy has a pixel and personal links.
    #[serde(default)]
    pub measured: bool,
    /// What one click on the unsubscribe link ends; without one, all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscription: Option<String>,
    /// The e-mail's own topic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// When it was made, in milliseconds since 1970: the instant of its date and of what its template reads of time.
    pub made_at: i64,
    /// Who it came from; absent in copies that came from the sender of the settings before there were others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<FrozenAddress>,
    /// Where answers to it go, where not to `from`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<FrozenAddress>,
    /// Which of the conditions of its blocks held, in the order of the body.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shown: Vec<bool>,
    /// Topics whose blocks and links were left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// The lead's stage on the ladder of the cadence, as LADDER/STAGE, when it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// Why it is this e-mail, where the best unread one was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<FrozenChoice>,
    /// What the footer says of why the lead gets it.
    #[serde(default, skip_serializing_if = "FooterReason::is_asked")]
    pub reason: FooterReason,
    /// What the template was given of the lead and the sender.
    #[serde(default)]
    pub values: serde_json::Map<String, serde_json::Value>,
}

/// Why an e-mail was chosen as the best unread piece for its lead.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrozenChoice {
    /// Why it fits, each a sentence; empty where nothing speaks for it but its place in the playbook.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<String>,
    /// The others of the library.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<FrozenOther>,
}

/// An e-mail that was not chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrozenOther {
    /// Its id.
    pub email: String,
    /// A sentence.
    pub why: String,
}

/// A name and an address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrozenAddress {
    /// Empty for none.
    #[serde(default)]
    pub name: String,
    pub address: String,
}

/// A link of a copy; its position is its index in the link set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrozenLink {
    /// Where it leads, as the author wrote it.
    pub url: String,
    /// What a click on it stands for (contract §2, What 16), decided when the copy was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// Attributes that a click sets, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sets: BTreeMap<String, String>,
    /// Where the copy is not measured, the link leads to a page that asks whether the reader chooses the topic. Earlier
    /// versions did not say it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub asks: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_of_an_earlier_version_is_read() {
        let text = r#"{"email": "welcome", "version": 3, "language": "en", "made_at": 1800000000000}"#;
        let copy: FrozenCopy = serde_json::from_str(text).unwrap();
        assert_eq!((copy.email.as_str(), copy.version, copy.measured), ("welcome", 3, false));
        assert_eq!((copy.subscription, copy.values.len()), (None, 0));
        assert_eq!(copy.reason, FooterReason::Asked);
    }

    #[test]
    fn what_is_stored_is_read_back() {
        let copy = FrozenCopy {
            email: "offer".into(),
            version: 7,
            language: "de".into(),
            language_because: Some("the lead's attribute `language` is `de`".into()),
            variant: Some("b".into()),
            measured: true,
            subscription: Some("newsletter".into()),
            topic: Some("shirts".into()),
            made_at: 1_800_000_000_000,
            from: Some(FrozenAddress { name: "Acme".into(), address: "news@acme.example".into() }),
            reply_to: None,
            shown: vec![true, false],
            left_out: vec!["hats".into()],
            stage: Some("life/hot".into()),
            choice: Some(FrozenChoice {
                because: vec!["Its topic, Shirts, is the lead's primary interest.".into()],
                others: vec![FrozenOther { email: "guide".into(), why: "The lead has got it already.".into() }],
            }),
            reason: FooterReason::Contact,
            values: serde_json::Map::from_iter([("lead".to_owned(), serde_json::json!({"first_name": "Ada"}))]),
        };
        let text = serde_json::to_string(&copy).unwrap();
        assert_eq!(serde_json::from_str::<FrozenCopy>(&text).unwrap(), copy);
    }
}
