//! Liquid and MJML, or a list of blocks, to a subject, HTML, a text part, links and findings.
//!
//! An [`Email`] is compiled once; then [`Email::render`] only fills in values. Values are escaped by where they are written:
//! in HTML, in a URL, in a subject. Templates have fuel, so that an endless one ends with an error that names its line.
//!
//! ```
//! use attractor_mail::render::{Body, Email, Language, Source, Values, Wishes};
//!
//! let email = Email::compile(&Source {
//!     subject: "Hello {{ lead.first_name | default: 'there' }}",
//!     preheader: "",
//!     body: Body::Mjml("<mjml><mj-body><mj-section><mj-column><mj-text>\
//!         <a href='{{ \"https://shop.example/\" | attractor: \"shirts\" }}'>Shirts</a></mj-text>\
//!         </mj-column></mj-section></mj-body></mjml>"),
//!     language: &Language::new("en"),
//!     has_footer: true,
//!     campaign: None,
//! })
//! .unwrap();
//! let data = serde_json::json!({"unsubscribe_url": "https://mail.example/u/x", "sender": {"name": "Shop", "address": "1 Road"}});
//! let values = Values::new(data.as_object().unwrap(), jiff::tz::TimeZone::UTC, 0);
//! let mut wishes = Wishes {
//!     show: &mut |_| true,
//!     rewrite: &mut |link| Some(format!("https://mail.example/t/c/{}", link.position)),
//!     pixel: None,
//!     decoy: None,
//!     left_out: &[],
//! };
//! let copy = email.render(&values, &mut wishes).unwrap();
//! assert_eq!(copy.subject, "Hello there");
//! assert_eq!(copy.links[0].topic.as_deref(), Some("shirts"));
//! assert!(copy.text.contains("Shirts <https://mail.example/t/c/0>"));
//! ```

mod blocks;
mod contrast;
mod email;
mod findings;
mod html;
mod language;
mod links;
mod liquid;
mod markup;
mod mjml;
mod plain;
mod problem;
mod reason;
mod theme;
mod tokens;
mod words;

pub use blocks::{Block, BlockList, Column, schema};
pub use email::{Body, Email, Rendered, Source, Values, Wishes};
pub use findings::{Check, Finding, GMAIL_LIMIT, Known, from_alignment};
pub use language::Language;
pub use links::{Campaign, DeclaredLink, Link};
pub use problem::{Part, Place, Problem};
pub use reason::FooterReason;
