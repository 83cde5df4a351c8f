//! Closed lists of words in answers, as schemas: a client that is made from the description gets a union of them. The
//! words are those of the enums that write them, so that none is spelled twice.

use std::borrow::Cow;

use attractor_engine::consent::State;
use attractor_engine::explain::{EndedBy, HeldReason};
use attractor_engine::playbook::{Class, Evaluate};
use attractor_mail::judge::Evidence;
use attractor_mail::render::{Check, Part};
use attractor_store::IdentityKind;
use attractor_store::copies::CopyState;
use attractor_store::deals::DealStatus;
use attractor_store::imports::ImportState;
use attractor_store::moves::MoveKind;
use attractor_store::paces::PaceDirection;
use attractor_store::suppressions::SuppressionKind;
use attractor_store::webhooks::DeliveryState;
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::access::keys::Kind;
use crate::actor::Role;
use crate::calls::words::STATES;
use crate::sending::ahead::foreseen::{Estimate, ForeseenEnd};

macro_rules! closed_lists {
    ($($(#[$about:meta])* $name:ident: $words:expr;)+) => {$(
        $(#[$about])*
        pub enum $name {}

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                one_of($words)
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                stringify!($name).into()
            }
        }
    )+};
}

closed_lists! {
    /// What moved.
    MoveKindName: MoveKind::ALL.map(MoveKind::name);
    /// Why a lead stays out though the rules would let it in: the stage was set by hand, it is banned from the segment or
    /// held by hand, or it is decided at the start of each day, Monday or month only.
    HeldReasonName: HeldReason::ALL.map(HeldReason::name);
    /// How far a call is: nobody has taken it, somebody has taken it, it was put off, or it has ended.
    CallStateName: STATES;
    /// Evidence for or against a machine.
    EvidenceName: Evidence::ALL.iter().map(|kind| kind.name());
    /// How a deal is.
    DealStateName: DealStatus::ALL.map(DealStatus::name);
    /// Consent in a scope.
    ConsentStateName: State::ALL.map(State::name);
    /// Why an address is blocked.
    SuppressionKindName: SuppressionKind::ALL.map(SuppressionKind::name);
    /// When leads move.
    EvaluateName: Evaluate::ALL.map(Evaluate::name);
    /// By what a lead is known.
    IdentityKindName: IdentityKind::ALL.map(IdentityKind::name);
    /// What becomes of a copy.
    CopyStateName: CopyState::ALL.map(CopyState::name);
    /// What becomes of a copy in a forecast.
    ForeseenEndName: ForeseenEnd::NAMES;
    /// Why an instant of a forecast may be another: sending is paused, a rate or the warm-up spreads copies over time, a mail
    /// server put it off, the cadence adapts daily, leads are being evaluated again, or a mail server has it at this moment.
    EstimateName: Estimate::ALL.map(Estimate::name);
    /// What would end an enrollment.
    EndedByName: EndedBy::ALL.map(EndedBy::name);
    /// Whether the interval between e-mails grew or shrank.
    PaceDirectionName: PaceDirection::ALL.map(PaceDirection::name);
    /// How an e-mail counts in the cadence.
    EmailClassName: Class::ALL.map(Class::name);
    /// What a person should look at before an e-mail leaves.
    EmailCheckName: Check::ALL.map(Check::name);
    /// A part of an e-mail.
    EmailPartName: Part::ALL.map(Part::name);
    /// How far an import is.
    ImportStateName: ImportState::ALL.map(ImportState::name);
    /// How far a delivery of a webhook is.
    DeliveryStateName: DeliveryState::ALL.map(DeliveryState::name);
    /// What a key is for.
    KeyKindName: [Kind::Public, Kind::Server, Kind::Api(Role::Viewer)].map(Kind::name);
}

fn one_of(words: impl IntoIterator<Item = &'static str>) -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(SchemaType::Type(Type::String)).enum_values(Some(words)).build().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_list_is_described_by_its_words() {
        let described = |schema: RefOr<Schema>| serde_json::to_value(schema).unwrap();
        let moves = serde_json::json!({"type": "string", "enum": ["stage", "segment", "sequence", "interest"]});
        assert_eq!(described(MoveKindName::schema()), moves);
        let copies = described(CopyStateName::schema());
        assert_eq!(copies["enum"].as_array().map(Vec::len), Some(CopyState::ALL.len()));
    }
}
