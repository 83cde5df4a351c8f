//! What is wrong with an e-mail, or could be better, as the API shows it.

use attractor_mail::render::{Check, Finding, Part, Place, Problem};
use serde::Serialize;
use utoipa::ToSchema;

use crate::closed_lists::{EmailCheckName, EmailPartName};

/// Something that a person should look at before the e-mail leaves
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = EmailFinding)]
pub struct FindingItem {
    #[schema(value_type = EmailCheckName)]
    pub check: &'static str,
    #[serde(flatten)]
    pub place: PlaceItem,
    /// What is wrong, and what to do
    pub message: String,
}

/// Why a text of an e-mail cannot be sent
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = EmailProblem)]
pub struct ProblemItem {
    #[serde(flatten)]
    pub place: PlaceItem,
    /// What is wrong, and what would be right
    pub message: String,
}

/// Where something is in an e-mail
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = EmailPlace)]
pub struct PlaceItem {
    #[schema(value_type = EmailPartName)]
    pub part: &'static str,
    /// In a block list, the JSON pointer of the text, such as `/blocks/2/text`; elsewhere empty
    pub pointer: String,
    /// Counts from 1; in a block list inside the text that the pointer names
    pub line: u32,
}

impl From<Place> for PlaceItem {
    fn from(Place { part, pointer, line }: Place) -> PlaceItem {
        PlaceItem { part: part.name(), pointer, line }
    }
}

impl From<Finding> for FindingItem {
    fn from(Finding { check, place, message }: Finding) -> FindingItem {
        FindingItem { check: check.name(), place: place.into(), message }
    }
}

impl From<Problem> for ProblemItem {
    fn from(Problem { place, message }: Problem) -> ProblemItem {
        ProblemItem { place: place.into(), message }
    }
}

/// A finding about who an e-mail comes from.
pub fn about_sender(check: Check, message: String) -> FindingItem {
    let place = PlaceItem { part: Part::Sender.name(), pointer: String::new(), line: 1 };
    FindingItem { check: check.name(), place, message }
}
