//! What the store promises, held to on both databases: each test is one name in one list.

#![expect(clippy::unwrap_used, reason = "what is unwrapped here is what is tested")]

mod access;
mod addressed;
mod audit;
mod broadcasts;
mod called;
mod calls;
mod contents;
mod copies;
mod deals;
mod draft;
mod events;
mod faults;
mod forms;
mod holder;
mod identities;
mod imports;
mod lane;
mod leads;
mod letters;
mod link_keys;
mod mail_requests;
mod moves;
mod outbox;
mod paces;
mod plans;
mod schema;
mod senders;
mod suppressions;
mod transfer;
mod unmatched_mails;
mod versions;

use attractor_store::{Connection, Location};

/// An empty store of a test's own.
pub struct Trial {
    pub location: Location,
    /// The folder of the SQLite file goes when the test does.
    _folder: Option<tempfile::TempDir>,
}

impl Trial {
    fn sqlite() -> Option<Trial> {
        let folder = tempfile::tempdir().unwrap();
        Some(Trial { location: Location::Sqlite(folder.path().join("attractor.db")), _folder: Some(folder) })
    }

    fn postgresql() -> Option<Trial> {
        attractor_trial::postgres().map(|url| Trial { location: Location::Postgresql(url), _folder: None })
    }

    pub fn writer(&self) -> Connection {
        self.location.writer().unwrap()
    }

    pub fn reader(&self) -> Connection {
        self.location.reader().unwrap()
    }
}

/// Texts that a careless layer would spoil.
pub fn hard_texts() -> Vec<String> {
    let mut texts: Vec<String> =
        ["", " ", "it's \"quoted\" \\ `so`", "'; DROP TABLE leads; --", "$1 ?1 {rows: a bigint}", "{\"a\": null}"]
            .map(str::to_owned)
            .to_vec();
    texts.extend(["Zoë Straße 👩‍🚀🏳️‍🌈", "a\tb\r\nc", "\u{10ffff}\u{feff}", "ÿ"].map(str::to_owned));
    texts.push("long ".repeat(40_000));
    texts
}

/// Ids of leads, as `ids` has them.
pub fn leads(count: i64) -> Vec<attractor_store::LeadId> {
    ids(count).into_iter().map(attractor_store::LeadId).collect()
}

/// Internal ids that spread over all buckets.
pub fn ids(count: i64) -> Vec<i64> {
    (1..=count).map(|number| number * 256 + number * 7 % 256).collect()
}

macro_rules! contract {
    ($($area:ident: $($name:ident)+;)+) => {
        mod sqlite { $(mod $area { $(
            #[test]
            fn $name() {
                crate::$area::$name(&crate::Trial::sqlite().unwrap());
            }
        )+ })+ }

        mod postgresql { $(mod $area { $(
            #[test]
            fn $name() {
                if let Some(trial) = crate::Trial::postgresql() {
                    crate::$area::$name(&trial);
                }
            }
        )+ })+ }
    };
}

contract! {
    lane: numbers_are_kept who_takes_over_fences_off_the_other state_is_kept_by_name
        a_row_from_elsewhere_gives_no_number_twice;
    holder: a_hold_is_noted_renewed_and_given_up who_has_been_taken_over_renews_nothing_and_ends_no_other_hold;
    schema: opening_again_changes_nothing a_newer_schema_is_refused readers_read_and_do_not_write
        readers_see_what_is_committed_alone a_value_comes_back_as_it_went_in each_hands_over_row_after_row;
    identities: are_found_as_inserted of_leads_and_by_id begin_so_in_the_order_of_bytes ties claims aliases conflicts an_identity_gets_another_text
        two_of_one_text_are_refused are_deleted;
    events: are_read_back_as_inserted twice_is_once the_same_id_under_two_identities tell_who_brought_them batches_of_any_size
        in_the_order_received ends_of_a_bucket pass_one_by_one are_rewritten_withdrawn_and_deleted
        are_rewritten_by_their_ids;
    leads: are_read_back_as_saved saving_again_overwrites batches_of_any_size walked_in_order
        those_with_something_ahead_are_found enrollments_with_a_text_are_walked_in_order profiles places
        wakes_come_in_order_over_buckets a_cleared_lead_leaves_its_row_and_its_moves
        an_erased_lead_leaves_nothing;
    suppressions: a_kind_that_is_not_known_is_read_and_kept_by_its_name;
    senders: are_made_changed_and_deleted_by_their_ids;
    draft: is_one_row_that_is_overwritten has_its_edits_in_their_order;
    called: are_found_by_how_they_begin saving_again_leaves_what_is_so go_with_their_lead;
    calls: are_read_back_as_saved an_id_comes_once those_ahead_come_by_when_they_are_due
        those_that_ended_come_by_when a_company_is_noticed_anew_after_a_time;
    deals: are_saved_and_walked_in_order saving_again_overwrites;
    moves: are_read_back_as_inserted in_their_order of_one_lead revised_ones_stay alerts;
    copies: are_asked_for_once of_every_source_are_read_back_as_asked_for that_are_damaged_are_named
        that_are_asked_for_anew_keep_nothing_of_what_was_tried
        that_were_sent_again_are_asked_for_no_second_time;
    outbox: what_is_due_comes_in_its_turn drafts_become_too_late copies_are_recalled_by_why_they_wait
        a_claim_holds_of_what_was_seen_alone a_claim_says_which_email_was_chosen only_its_claim_ends_a_copy
        a_late_truth_ends_a_doubt only_what_is_in_doubt_is_sent_again what_goes_back_to_wait_is_under_no_claim claims_of_earlier_holders_are_found
        each_key_of_a_batch_is_looked_at_by_itself a_page_costs_the_same_whatever_waits
        those_asked_for_last_are_listed_first
        copies_are_found_by_everything_that_is_asked_of_them;
    paces: are_read_back_as_saved changes_are_listed_and_undone_once what_left_lately_is_found
        ids_of_changes_are_never_given_twice;
    broadcasts: are_read_back_as_saved what_came_back_is_added_up with_work_left_are_found their_copies_are_counted_and_walked_in_order
        those_for_whom_the_same_e_mail_waits_twice_are_counted
        copies_without_a_turn_get_one_once what_waits_is_recalled_withdrawn_or_discarded;
    letters: that_wait_are_recalled;
    contents: are_found_by_the_id_in_their_links are_found_by_their_copies_as_they_were_frozen_last
        what_is_frozen_anew_has_another_id
        what_may_have_arrived_is_kept_when_a_copy_is_sent_again link_sets_are_shared links_of_one_lead_alone_go_with_it;
    addressed: what_went_to_an_address_is_found_under_every_hash what_did_not_go_is_forgotten
        a_second_mail_that_did_not_go_is_forgotten_and_the_first_is_not
        the_last_copy_at_an_address_is_the_latest_that_left
        topics_that_were_shown_are_found_by_address_since_an_instant
        copies_that_were_asked_for_are_found_by_address_since_an_instant;
    mail_requests: are_read_back_as_inserted are_found_by_lead are_judged_once_each
        that_are_damaged_are_named the_first_that_settles_is_known_over_all_buckets are_numbered_copy_by_copy
        a_verdict_is_corrected_where_there_is_one what_is_not_judged_is_dropped their_addresses_are_forgotten_in_order
        a_click_has_one_visitor come_page_by_page_the_newest_first;
    forms: are_made_once_changed_and_deleted requests_are_found_counted_and_confirmed_once
        files_come_back_as_they_went_in;
    unmatched_mails: are_kept_short_and_the_newest_come_first go_with_their_lead_and_with_their_addresses;
    link_keys: are_made_once of_two_installations_are_kept_side_by_side;
    versions: are_read_back_as_inserted a_number_is_given_once;
    access: keys revoked_once users an_email_is_one_users sessions a_disabled_users_session_is_none
        invitations_work_once what_expired_is_swept;
    imports: are_numbered_and_read_back keep_their_numbers_when_they_are_removed the_newest_come_first go_from_state_to_state move_on_from_where_they_are
        every_state_is_read_as_it_is_written;
    audit: is_numbered_and_the_newest_comes_first a_request_begins_once answers_about_leads_can_be_forgotten
        answers_are_kept_forgotten_and_swept;
    transfer: a_store_arrives_whole_on_either_database who_writes_where_a_store_arrives_is_fenced_off
        a_snapshot_stands_still_beside_a_writer
        what_fails_on_its_way_leaves_everything_as_it_was a_store_that_somebody_uses_differs_from_a_new_one;
    faults: whatever_statement_fails_nothing_is_left an_error_of_the_work_rolls_back
        a_commit_lost_behind_the_server_is_done the_connection_goes_on_after_a_fault;
}
