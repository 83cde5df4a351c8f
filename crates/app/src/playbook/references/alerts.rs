//! Whom the alerts of sequences name: lists of the settings, roles and users, none of which the playbook declares.

use std::collections::BTreeSet;

use attractor_engine::playbook::{Action, Playbook, Step, did_you_mean};
use attractor_store::access::User;

use crate::actor::Role;
use crate::team::lists::AlertList;
use crate::team::recipients::is_known;

/// A warning for each name to which a sequence alerts and which nobody has.
pub(super) fn to_nobody(lists: &[AlertList], users: &[User], candidate: &Playbook) -> Vec<String> {
    let roles = Role::ALL.map(Role::name);
    let names: BTreeSet<&str> = lists.iter().map(|list| list.name.as_str()).chain(roles).collect();
    let names: Vec<&str> = names.into_iter().collect();
    let mut warnings = Vec::new();
    for sequence in &candidate.sequences {
        let mut named = BTreeSet::new();
        gather(&sequence.steps, &mut named);
        let lost = named.into_iter().filter(|to| !is_known(lists, users, to));
        warnings.extend(lost.map(|to| {
            let (id, known) = (&sequence.id, did_you_mean(to, &names, "lists and roles are"));
            format!(
                "the sequence `{id}` alerts `{to}`, and no list in `alert_lists`, no role and no user has this name, so the \
                 alert goes to the owners of the installation; {known}"
            )
        }));
    }
    warnings
}

/// The names in all alerts of these steps.
fn gather<'p>(steps: &'p [Step], named: &mut BTreeSet<&'p str>) {
    for step in steps {
        match &step.action {
            Action::Alert { to, .. } => _ = named.insert(to),
            Action::Branch { then, otherwise, .. } => {
                gather(then, named);
                gather(otherwise, named);
            }
            Action::Send { .. } | Action::Wait(_) | Action::WaitUntil { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use attractor_engine::playbook::read;
    use attractor_store::UserId;

    use super::*;
    use crate::team::lists::parse;

    #[test]
    fn an_alert_to_a_name_that_nobody_has_is_warned_of() {
        let text = "playbook: p\nsegments: [{id: hot, enter: {event: X}}]\nsequences:\n\
                    - {id: desk, enroll: {segment: hot}, steps: [\n  \
                    {alert: {to: Sales Desk, say: Call}}, {alert: {to: owner, say: Call}},\n  \
                    {alert: {to: Ada@example.com, say: Call}},\n  \
                    {branch: {if: {segment: hot}, then: [{alert: {to: salse, say: Call}}],\n  \
                    else: [{alert: {to: salse, say: Again}}]}}]}\n";
        let reading = read(text);
        let playbook = reading.playbook.unwrap_or_else(|| panic!("{:?}", reading.problems));
        let ada = User {
            id: UserId(1),
            email: "ada@example.com".to_owned(),
            name: String::new(),
            role: "owner".to_owned(),
            password: None,
            made_at: 0,
            disabled_at: None,
        };
        let lists = parse(&["sales desk: bea@example.com".to_owned()]).unwrap();
        let [warning] = &to_nobody(&lists, &[ada], &playbook)[..] else { panic!("one name is nobody's") };
        assert!(warning.starts_with("the sequence `desk` alerts `salse`, and no list"), "{warning}");
        assert!(warning.ends_with("did you mean `sales`?"), "{warning}");
        assert_eq!(to_nobody(&[], &[], &playbook).len(), 3, "without the list and the user");
    }
}
