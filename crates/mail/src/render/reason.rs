//! What a footer may say of why somebody gets an e-mail.

use serde::{Deserialize, Serialize};

/// On what a copy rests. Its footer says so, and must not say more than is known: who was never asked did not ask.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FooterReason {
    /// The person agreed at the sender's. Copies of earlier versions say nothing else.
    #[default]
    Asked,
    /// The sender has a note of consent that was given elsewhere.
    Noted,
    /// The address came with a sale.
    Customer,
    /// Nobody agreed or refused, and the rules of the country allow that.
    Contact,
    /// It belongs to something that was done with the address, whatever was agreed to.
    Occasion,
}

impl FooterReason {
    pub const ALL: [FooterReason; 5] = [
        FooterReason::Asked,
        FooterReason::Noted,
        FooterReason::Customer,
        FooterReason::Contact,
        FooterReason::Occasion,
    ];

    /// The name of its value in what a template reads. Where it is missing, the reader asked.
    pub const VALUE: &str = "footer_reason";

    pub fn name(self) -> &'static str {
        match self {
            FooterReason::Asked => "asked",
            FooterReason::Noted => "noted",
            FooterReason::Customer => "customer",
            FooterReason::Contact => "contact",
            FooterReason::Occasion => "occasion",
        }
    }

    /// Whether nothing has to be kept of it.
    pub(crate) fn is_asked(&self) -> bool {
        *self == FooterReason::Asked
    }
}
