//! The SPF record that a domain should have: what it has, with our servers added.

use super::record::{Form, Qualifier, Spf, Term};
use crate::dns::setup::Outgoing;

/// One record with all that these say, and with these servers. Terms that cannot be read are left out, and what follows `all`
/// as well, since nobody reads it; of several ends the strictest stays, and `+all` becomes `~all`.
pub(super) fn merge(existing: &[&str], missing: &[&Outgoing]) -> String {
    let records: Vec<Spf<'_>> = existing.iter().map(|text| Spf::read(text)).collect();
    let mut words: Vec<String> = vec!["v=spf1".to_owned()];
    let mut add = |word: &str| {
        if !words.iter().any(|known| known.eq_ignore_ascii_case(word)) {
            words.push(word.to_owned());
        }
    };
    records.iter().flat_map(|record| record.mechanisms()).for_each(|term| add(term.text));
    missing.iter().for_each(|outgoing| add(&outgoing.to_string()));
    end(&records).iter().for_each(|word| add(word));
    words.join(" ")
}

/// What comes last: `all`, or what a record redirects to, and other modifiers.
fn end<'t>(records: &[Spf<'t>]) -> Vec<&'t str> {
    let strictest = records.iter().filter_map(Spf::all).max();
    let modifiers = || records.iter().flat_map(|record| &record.terms).filter(|term| term.form.is_modifier());
    let redirects = |term: &&Term<'t>| matches!(term.form, Form::Redirect(_));
    let redirect = modifiers().find(redirects).filter(|_| strictest.is_none());
    let all = match (strictest, redirect) {
        (Some(Qualifier::Fail), _) => Some("-all"),
        (Some(Qualifier::Neutral), _) => Some("?all"),
        (None, Some(redirect)) => Some(redirect.text),
        (Some(Qualifier::Pass | Qualifier::SoftFail) | None, _) => Some("~all"),
    };
    all.into_iter().chain(modifiers().filter(|term| !redirects(term)).map(|term| term.text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_servers_go_into_the_record_that_is_there() {
        let ours = Outgoing::Include("spf.us.example".into());
        for (existing, merged) in [
            (&[][..], "v=spf1 include:spf.us.example ~all"),
            (&["v=spf1 -all"], "v=spf1 include:spf.us.example -all"),
            (&["v=spf1 mx include:a.example ?all"], "v=spf1 mx include:a.example include:spf.us.example ?all"),
            (&["v=spf1 a +all"], "v=spf1 a include:spf.us.example ~all"),
            (&["v=spf1 a all"], "v=spf1 a include:spf.us.example ~all"),
            (&["v=spf1 a"], "v=spf1 a include:spf.us.example ~all"),
            (&["v=spf1 redirect=a.example"], "v=spf1 include:spf.us.example redirect=a.example"),
            (&["v=spf1 a ~all redirect=a.example"], "v=spf1 a include:spf.us.example ~all"),
            (&["v=spf1 a ~all mx exp=x.example"], "v=spf1 a include:spf.us.example ~all exp=x.example"),
            (&["v=spf1 a ip4:x -all"], "v=spf1 a include:spf.us.example -all"),
            (
                &["v=spf1 A mx ~all", "v=spf1 a include:b.example -all"],
                "v=spf1 A mx include:b.example include:spf.us.example -all",
            ),
            (&["v=spf1 include:SPF.us.example ~all"], "v=spf1 include:SPF.us.example ~all"),
        ] {
            assert_eq!(merge(existing, &[&ours]), merged, "{existing:?}");
            assert_eq!(merge(&[merged], &[&ours]), merged, "{existing:?}: merging again changes nothing");
        }
    }

    #[test]
    fn a_record_that_is_too_long_to_read_is_written_anew() {
        let long = format!("v=spf1 {}", "a ".repeat(5_000));
        assert_eq!(merge(&[&long], &[]), "v=spf1 ~all");
    }
}
