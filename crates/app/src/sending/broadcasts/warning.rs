//! What of a broadcast is hardly meant as written.

use attractor_engine::condition::{Names, length};
use attractor_engine::playbook::{Playbook, Subscription, beyond_subscriptions};
use attractor_engine::time::Duration;
use attractor_store::{Connection, Error};

use super::audience::BroadcastAudience;
use super::settings::BroadcastSettings;
use crate::conditions::{ConditionProblem, Received};

/// Everything in a broadcast that can be used but is hardly meant, each with its place.
pub(super) fn warnings(
    connection: &mut Connection,
    received: &mut Received,
    settings: &BroadcastSettings,
    playbook: &Playbook,
) -> Result<Vec<ConditionProblem>, Error> {
    let of_audience = received.warnings(connection, &settings.audience.to_string(), playbook)?;
    let placed =
        |warning: ConditionProblem| ConditionProblem { pointer: format!("/audience{}", warning.pointer), ..warning };
    Ok(of_email(settings, playbook).into_iter().chain(of_audience.into_iter().map(placed)).collect())
}

/// What its e-mail is warned of in the playbook too.
fn of_email(settings: &BroadcastSettings, playbook: &Playbook) -> Option<ConditionProblem> {
    let names = Names::of(playbook);
    let by_name = |subscription: &Subscription| names.subscription(&subscription.id).to_owned();
    let beyond = beyond_subscriptions(settings.email_of(playbook)?, playbook, by_name)?;
    Some(ConditionProblem { pointer: "/email".into(), detail: format!("this e-mail {beyond}") })
}

/// Nobody wants the same mail twice, and no rule forbids it: each source sends it once.
pub(super) fn of_those_who_had_it(leads: i64) -> Option<ConditionProblem> {
    let detail = match leads {
        0 => return None,
        1 => "1 lead has had this e-mail before, from a sequence or another broadcast, and gets it again".to_owned(),
        leads => {
            format!("{leads} leads have had this e-mail before, from a sequence or another broadcast, and get it again")
        }
    };
    Some(ConditionProblem { pointer: "/email".into(), detail })
}

/// The same of copies that have not left yet: whichever leaves first, the other follows.
pub(super) fn of_those_for_whom_it_waits(leads: i64) -> Option<ConditionProblem> {
    let (who, get, whose) = match leads {
        0 => return None,
        1 => ("1 lead has".to_owned(), "gets", "the lead's enrollment"),
        leads => (format!("{leads} leads have"), "get", "the enrollment of each lead"),
    };
    let detail = format!(
        "{who} another copy of this e-mail waiting or in review, from a sequence or another broadcast, and {get} both unless \
         one is withdrawn: reject its draft (POST /api/outbox/drafts), end {whose} in the sequence (POST \
         /api/leads/{{id}}/stop), or cancel the other broadcast (POST /api/broadcasts/{{id}}/cancel)"
    );
    Some(ConditionProblem { pointer: "/email".into(), detail })
}

/// Each follow-up is an e-mail of its own, so whoever several are for gets several.
pub(super) fn of_those_in_several(leads: i64) -> Option<ConditionProblem> {
    let detail = match leads {
        0 => return None,
        1 => {
            "1 lead is in the audience of another follow-up of the same broadcast too, and gets both e-mails".to_owned()
        }
        leads => {
            format!(
                "{leads} leads are in the audience of another follow-up of the same broadcast too, and get both e-mails"
            )
        }
    };
    Some(ConditionProblem { pointer: "/audience".into(), detail })
}

/// Leads where the hour of `when.local` has passed: nobody is left out, but the day is another one than it says.
pub(super) fn of_another_day(leads: i64, local: Option<&str>) -> Option<ConditionProblem> {
    let local = local.filter(|_| leads > 0)?;
    let who = if leads == 1 { "1 lead is".to_owned() } else { format!("{leads} leads are") };
    let detail = format!(
        "{who} where {local} has passed: the turn comes at this hour on the next day on which it is still to come; write a \
         later local time if that is not meant"
    );
    Some(ConditionProblem { pointer: "/when/local".into(), detail })
}

/// That it is too late for everybody who could get it; `last` is when the last turn comes, where that is known.
pub(super) fn of_nobody_in_time(
    audience: &BroadcastAudience,
    valid_for: Duration,
    last: Option<&str>,
) -> Option<ConditionProblem> {
    if audience.on_time > 0 || !audience.later.is_empty() || audience.too_late == 0 {
        return None;
    }
    let last = last.map(|last| format!("; the last comes on {last}")).unwrap_or_default();
    let detail = format!(
        "nobody gets it: for all who could get it, the turn comes after the {} of `valid_for`{last}",
        length(valid_for)
    );
    Some(ConditionProblem { pointer: "/valid_for".into(), detail })
}

#[cfg(test)]
mod tests {
    use attractor_engine::playbook;
    use serde_json::json;

    use super::*;

    #[test]
    fn that_somebody_has_had_the_email_is_said_with_a_count() {
        assert!(of_those_who_had_it(0).is_none());
        for (leads, start) in [(1, "1 lead has had"), (2, "2 leads have had")] {
            let warning = of_those_who_had_it(leads).unwrap();
            assert!(warning.detail.starts_with(start) && warning.pointer == "/email", "{warning:?}");
        }
        assert!(of_those_in_several(0).is_none());
        for (leads, start) in [(1, "1 lead is in the audience of"), (2, "2 leads are in the audience of")] {
            let warning = of_those_in_several(leads).unwrap();
            assert!(warning.detail.starts_with(start) && warning.pointer == "/audience", "{warning:?}");
        }
        assert!(of_those_for_whom_it_waits(0).is_none());
        for (leads, start, end) in [(1, "1 lead has another copy", "gets"), (2, "2 leads have another", "get")] {
            let warning = of_those_for_whom_it_waits(leads).unwrap();
            let end = format!("{end} both unless one is withdrawn: reject its draft (POST /api/outbox/drafts), end ");
            assert!(warning.detail.starts_with(start) && warning.detail.contains(&end), "{warning:?}");
        }
    }

    #[test]
    fn an_hour_that_has_passed_is_said_with_the_leads_where_it_has() {
        let local = Some("2020-01-01T09:00");
        assert!(of_another_day(0, local).is_none() && of_another_day(3, None).is_none());
        for (leads, start) in
            [(1, "1 lead is where 2020-01-01T09:00 has passed"), (2, "2 leads are where 2020-01-01T09:00 has passed")]
        {
            let warning = of_another_day(leads, local).unwrap();
            assert!(warning.detail.starts_with(start) && warning.pointer == "/when/local", "{warning:?}");
        }
    }

    #[test]
    fn that_it_is_too_late_for_everybody_is_said_with_the_last_turn() {
        use crate::sending::broadcasts::audience::AudienceReason;
        let late = BroadcastAudience { too_late: 3, ..BroadcastAudience::default() };
        let week = Duration(7 * Duration::DAY.0);
        let detail = |audience: &BroadcastAudience, last| {
            let warning = of_nobody_in_time(audience, week, last)?;
            assert_eq!(warning.pointer, "/valid_for");
            Some(warning.detail)
        };
        let start = "nobody gets it: for all who could get it, the turn comes after the 7 days of `valid_for`";
        assert_eq!(detail(&late, None).as_deref(), Some(start));
        assert_eq!(detail(&late, Some("9")), Some(format!("{start}; the last comes on 9")));
        let waits = AudienceReason {
            reason: "cadence".into(),
            suppression: None,
            why: String::new(),
            leads: 1,
            first_until: None,
            last_until: None,
        };
        for other in [
            BroadcastAudience::default(),
            BroadcastAudience { on_time: 1, ..late.clone() },
            BroadcastAudience { later: vec![waits], ..late },
        ] {
            assert_eq!(detail(&other, Some("9")), None, "{other:?}");
        }
    }

    #[test]
    fn an_email_of_no_subscription_is_warned_of_where_there_are_some() {
        let emails = "emails:\n  - {id: may, subject: May, body: <mjml></mjml>}\n";
        let some = "subscriptions: [{id: news, name: Our news}, {id: offers}]\n";
        let june = "  - {id: june, subject: June, body: <mjml></mjml>, subscription: news}\n";
        for (text, email, names) in [
            (
                format!("playbook: test\n{some}{emails}{june}"),
                "may",
                Some("unsubscribed from Our news or offers but not"),
            ),
            (format!("playbook: test\n{some}{emails}{june}"), "june", None),
            (format!("playbook: test\n{emails}"), "may", None),
            (format!("playbook: test\n{some}{}", emails.replace("</mjml>}", "</mjml>, class: answer}")), "may", None),
        ] {
            let playbook = playbook::read(&text).playbook.unwrap();
            let settings = json!({"name": "May", "email": email, "audience": {"consent": "granted"}});
            let found = of_email(&serde_json::from_value(settings).unwrap(), &playbook);
            assert_eq!(found.is_some(), names.is_some(), "{text}: {found:?}");
            let (pointer, detail) = found.map(|found| (found.pointer, found.detail)).unwrap_or_default();
            assert!(
                detail.contains(names.unwrap_or_default()) && ["", "/email"].contains(&pointer.as_str()),
                "{detail}"
            );
        }
    }
}
