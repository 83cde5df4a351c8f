//! The best unread piece of the library for a lead: by its interests, its stages and what its stage is for.

use std::collections::BTreeSet;

use crate::playbook::{Class, Email, Intent, Playbook};

/// What the choice depends on.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    /// Topics that the lead is interested in, the primary interest first and then the stronger before the weaker.
    pub interests: &'a [&'a str],
    /// Ladders and the lead's stage on each.
    pub stages: &'a [(&'a str, &'a str)],
    /// Ids of the e-mails that it has got.
    pub read: &'a BTreeSet<String>,
}

/// Why a piece fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fit {
    /// Its topic is the primary interest.
    PrimaryInterest(String),
    /// Its topic is another interest.
    Interest(String),
    /// Its topic is related to an interest.
    Related { topic: String, to: String },
    /// It is for a stage that the lead is in.
    Stage(String),
    /// Its intent is that of the lead's stage.
    Intent(Intent),
}

/// Why a piece was not chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// The lead has got it.
    Read,
    /// It is for other stages.
    OtherStages,
    /// Its topic is neither an interest of the lead nor related to one.
    OtherTopic(String),
    /// The lead may not be written to about it, for the reason that the caller gave.
    Refused(String),
    /// Another one fits better.
    Behind,
}

/// The piece that was chosen, and why not the others.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice<'p> {
    /// `None`: nothing is left.
    pub chosen: Option<(&'p Email, Vec<Fit>)>,
    /// All other pieces, as declared.
    pub others: Vec<(&'p Email, Unfit)>,
}

/// A piece that fits.
struct Fitting {
    /// What is smaller goes first: by topic, whether it is for other stages too, whether it has another intent, and the place
    /// in the playbook.
    rank: (usize, bool, bool, usize),
    fits: Vec<Fit>,
}

/// Chooses among the pieces of a playbook, which are its e-mails with a format. `refused` says why the lead may not be
/// written to about one.
///
/// Pieces about the primary interest come first, then those about other interests, about what is related to them, and about
/// no topic; a lead without interests gets those about no topic first. Among these, pieces for the lead's stage come before
/// pieces for all, then those with the intent of the stage, then those declared first.
pub fn choose<'p>(
    playbook: &'p Playbook,
    reader: Reader<'_>,
    mut refused: impl FnMut(&Email) -> Option<String>,
) -> Choice<'p> {
    let mut best: Option<(&Email, Fitting)> = None;
    let mut others = Vec::new();
    for (place, email) in playbook.emails.iter().enumerate().filter(|(_, email)| is_piece(email)) {
        let behind = match fit(playbook, reader, (place, email), &mut refused) {
            Err(unfit) => Some((place, email, unfit)),
            Ok(fitting) if best.as_ref().is_some_and(|(_, found)| found.rank < fitting.rank) => {
                Some((place, email, Unfit::Behind))
            }
            Ok(fitting) => best.replace((email, fitting)).map(|(email, found)| (found.rank.3, email, Unfit::Behind)),
        };
        others.extend(behind);
    }
    others.sort_by_key(|(place, ..)| *place);
    Choice {
        chosen: best.map(|(email, fitting)| (email, fitting.fits)),
        others: others.into_iter().map(|(_, email, unfit)| (email, unfit)).collect(),
    }
}

/// The e-mails of the library.
pub fn pieces(playbook: &Playbook) -> impl Iterator<Item = &Email> {
    playbook.emails.iter().filter(|email| is_piece(email))
}

/// Whether an e-mail belongs to the library.
fn is_piece(email: &Email) -> bool {
    email.format.is_some() && email.class != Some(Class::Transactional)
}

/// How well a piece fits, and why.
fn fit(
    playbook: &Playbook,
    reader: Reader<'_>,
    (place, email): (usize, &Email),
    refused: &mut impl FnMut(&Email) -> Option<String>,
) -> Result<Fitting, Unfit> {
    if reader.read.contains(&email.id) {
        return Err(Unfit::Read);
    }
    let stage = email.stages.iter().find(|stage| reader.stages.iter().any(|(_, own)| own == stage));
    if stage.is_none() && !email.stages.is_empty() {
        return Err(Unfit::OtherStages);
    }
    let (by_topic, topical) = topic_fit(playbook, reader, email)?;
    if let Some(why) = refused(email) {
        return Err(Unfit::Refused(why));
    }
    let intent = email.intent.filter(|intent| intents(playbook, reader).contains(intent));
    let mut fits: Vec<Fit> = topical.into_iter().collect();
    fits.extend(stage.map(|stage| Fit::Stage(stage.clone())));
    fits.extend(intent.map(Fit::Intent));
    Ok(Fitting { rank: (by_topic, stage.is_none(), intent.is_none(), place), fits })
}

/// Where a piece stands by its topic.
fn topic_fit(playbook: &Playbook, reader: Reader<'_>, email: &Email) -> Result<(usize, Option<Fit>), Unfit> {
    let count = reader.interests.len();
    let Some(topic) = &email.topic else { return Ok((2 * count, None)) };
    if reader.interests.is_empty() {
        return Ok((1, None));
    }
    if let Some(place) = reader.interests.iter().position(|interest| interest == topic) {
        let fit = if place == 0 { Fit::PrimaryInterest(topic.clone()) } else { Fit::Interest(topic.clone()) };
        return Ok((place, Some(fit)));
    }
    let related = |interest: &&str| {
        playbook.topics.iter().any(|one| one.id == **interest && one.related.iter().any(|other| other == topic))
    };
    let place = reader.interests.iter().position(related);
    let place = place.ok_or_else(|| Unfit::OtherTopic(topic.clone()))?;
    let fit = Fit::Related { topic: topic.clone(), to: reader.interests[place].to_owned() };
    Ok((count + place, Some(fit)))
}

/// What the lead's stages are for: the lowest of a ladder to educate, the highest to decide, those between to compare. The
/// ladder of the cadence speaks where there is one, else all.
fn intents(playbook: &Playbook, reader: Reader<'_>) -> Vec<Intent> {
    let of_cadence = playbook.cadence.as_ref().map(|cadence| cadence.ladder.as_str());
    let counts = |ladder: &str| of_cadence.is_none_or(|of_cadence| of_cadence == ladder);
    let of = |(ladder, stage): &(&str, &str)| {
        let stages = &playbook.ladders.iter().find(|one| one.id == *ladder)?.stages;
        let place = stages.iter().position(|one| one.id == *stage)?;
        Some(match place {
            0 => Intent::Educate,
            place if place + 1 == stages.len() => Intent::Decide,
            _ => Intent::Compare,
        })
    };
    reader.stages.iter().filter(|(ladder, _)| counts(ladder)).filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAYBOOK: &str = r#"
playbook: library
topics:
  - {id: shirts, related: [ties]}
  - {id: ties}
  - {id: hats}
scores: [{id: lead, rules: []}]
ladders:
  - {id: life, score: lead, stages: [{id: low}, {id: middle, from: 30}, {id: high, from: 61}]}
emails:
  - {id: newsletter, subject: s, body: "<mjml><mj-body></mj-body></mjml>", topic: shirts}
  - {id: anything, subject: s, body: "<mjml><mj-body></mj-body></mjml>", format: guide}
  - {id: tie-guide, subject: s, body: "<mjml><mj-body></mj-body></mjml>", format: guide, topic: ties}
  - {id: hat-guide, subject: s, body: "<mjml><mj-body></mj-body></mjml>", format: guide, topic: hats}
  - {id: shirt-guide, subject: s, body: "<mjml><mj-body></mj-body></mjml>", format: guide, topic: shirts, intent: educate}
  - {id: shirt-case, subject: s, body: "<mjml><mj-body></mj-body></mjml>", format: case-study, topic: shirts, stages: [high], intent: decide}
  - {id: shirt-tests, subject: s, body: "<mjml><mj-body></mj-body></mjml>", format: comparison, topic: shirts, intent: compare}
"#;

    fn playbook() -> Playbook {
        let read = crate::playbook::read(PLAYBOOK);
        read.playbook.unwrap_or_else(|| panic!("{:?}", read.problems))
    }

    fn chosen(interests: &[&str], stage: &str, read: &[&str]) -> Option<(String, Vec<Fit>)> {
        let playbook = playbook();
        let read = read.iter().map(|id| (*id).to_owned()).collect();
        let reader = Reader { interests, stages: &[("life", stage)], read: &read };
        choose(&playbook, reader, |_| None).chosen.map(|(email, fits)| (email.id.clone(), fits))
    }

    #[test]
    fn the_best_piece_is_about_the_primary_interest_then_for_the_stage_and_its_intent() {
        let all = ["shirt-guide", "shirt-case", "shirt-tests"];
        for (interests, stage, read, expected) in [
            (&["shirts"][..], "low", &[][..], Some("shirt-guide")),
            (&["shirts"], "middle", &[], Some("shirt-tests")),
            (&["shirts"], "high", &[], Some("shirt-case")),
            (&["shirts"], "high", &["shirt-case"], Some("shirt-guide")),
            (&["hats", "shirts"], "high", &[], Some("hat-guide")),
            (&["hats", "shirts"], "high", &["hat-guide"], Some("shirt-case")),
            // What is related comes before what is about nothing; other topics never.
            (&["shirts"], "low", &all, Some("tie-guide")),
            (&["shirts"], "low", &["shirt-guide", "shirt-tests", "tie-guide"], Some("anything")),
            (&["shirts"], "low", &["shirt-guide", "shirt-tests", "tie-guide", "anything"], None),
            // Nothing is known of it.
            (&[], "low", &[], Some("anything")),
            (&[], "low", &["anything"], Some("shirt-guide")),
        ] {
            let found = chosen(interests, stage, read).map(|(id, _)| id);
            assert_eq!(found.as_deref(), expected, "{interests:?} in {stage} after {read:?}");
        }
    }

    #[test]
    fn the_choice_says_why_and_why_not_the_others() {
        let (_, fits) = chosen(&["shirts"], "high", &[]).unwrap();
        let (shirts, high) = ("shirts".to_owned(), "high".to_owned());
        assert_eq!(fits, [Fit::PrimaryInterest(shirts.clone()), Fit::Stage(high), Fit::Intent(Intent::Decide)]);
        let (_, fits) = chosen(&["shirts"], "low", &["shirt-guide", "shirt-tests"]).unwrap();
        assert_eq!(fits, [Fit::Related { topic: "ties".into(), to: shirts }]);
        let (playbook, read) = (playbook(), BTreeSet::from(["tie-guide".to_owned()]));
        let reader = Reader { interests: &["shirts"], stages: &[("life", "low")], read: &read };
        let refused = |email: &Email| (email.id == "shirt-tests").then(|| "no consent".to_owned());
        let choice = choose(&playbook, reader, refused);
        let others: Vec<(&str, Unfit)> =
            choice.others.into_iter().map(|(email, unfit)| (email.id.as_str(), unfit)).collect();
        assert_eq!(
            others,
            [
                ("anything", Unfit::Behind),
                ("tie-guide", Unfit::Read),
                ("hat-guide", Unfit::OtherTopic("hats".into())),
                ("shirt-case", Unfit::OtherStages),
                ("shirt-tests", Unfit::Refused("no consent".into())),
            ],
            "an e-mail without a format is not a piece"
        );
    }
}
