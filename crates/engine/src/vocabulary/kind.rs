//! The rows of the vocabulary: each kind's constant and all that is known of it.

use super::property::{self, Property};
use super::{Act, ConsentAct, Did, EventKind, Group, Words};
use crate::deal::Deal;

macro_rules! rows {
    ($($constant:ident: $name:literal, $group:ident, $meaning:literal,
        properties: [$($property:ident),*], acts: [$($act:expr),*], words: $words:expr;)*) => {
        $(#[doc = concat!("`", $name, "`: ", $meaning)]
        pub const $constant: &str = $name;)*

        /// All rows, in the order of the contract.
        pub static KINDS: &[EventKind] = &[$(EventKind {
            name: $constant,
            group: Group::$group,
            meaning: $meaning,
            properties: {
                const PROPERTIES: &[Property] = &[$(property::$property),*];
                PROPERTIES
            },
            acts: &[$($act),*],
            words: $words,
        }),*];
    };
}

const fn words(participle: &'static str, gerund: &'static str) -> Option<Words> {
    Some(Words { participle, gerund })
}

rows! {
    PAGE_VIEWED: "Page Viewed", Behavior, "The lead viewed a page; a `page` message is this kind.",
        properties: [PATH, URL, TITLE, REFERRER, SEARCH, PAGE_NAME, CATEGORY, TOPIC], acts: [], words: words("viewed a page", "viewing a page");
    SCREEN_VIEWED: "Screen Viewed", Behavior, "The lead viewed a screen of an app; a `screen` message is this kind.",
        properties: [TOPIC], acts: [], words: words("viewed a screen", "viewing a screen");
    FORM_SUBMITTED: "Form Submitted", Behavior, "The lead submitted a form.",
        properties: [FORM, FORM_ID, FORM_NAME, ACTION, TOPIC], acts: [], words: words("submitted a form", "submitting a form");
    CONTENT_DOWNLOADED: "Content Downloaded", Behavior, "The lead downloaded a document.",
        properties: [ASSET, FILE_URL, TOPIC], acts: [], words: words("downloaded content", "downloading content");
    WEBINAR_ATTENDED: "Webinar Attended", Behavior, "The lead attended a webinar.",
        properties: [WEBINAR, TOPIC], acts: [], words: words("attended a webinar", "attending a webinar");
    DEMO_REQUESTED: "Demo Requested", Behavior, "The lead asked for a demo.",
        properties: [TOPIC], acts: [], words: words("requested a demo", "requesting a demo");
    LINK_CLICKED: "Link Clicked", Behavior, "The lead clicked a link on a page.",
        properties: [LINK_URL, TOPIC], acts: [], words: words("clicked a link on a page", "clicking a link on a page");
    WEBINAR_REGISTERED: "Webinar Registered", Behavior, "The lead registered for a webinar.",
        properties: [WEBINAR, TOPIC], acts: [], words: words("registered for a webinar", "registering for a webinar");
    LIFECYCLE_STAGE_REACHED: "Lifecycle Stage Reached", Behavior, "The lead reached a stage of the tool from which it was imported.",
        properties: [REACHED], acts: [], words: None;
    SIGNED_UP: "Signed Up", Behavior, "The lead opened an account.",
        properties: [], acts: [], words: words("signed up", "signing up");
    TRIAL_STARTED: "Trial Started", Behavior, "The lead began a trial.",
        properties: [], acts: [], words: words("started a trial", "starting a trial");
    ORDER_COMPLETED: "Order Completed", Behavior, "The lead completed an order.",
        properties: [], acts: [], words: words("completed an order", "completing an order");

    EMAIL_SENT: "Email Sent", Reserved, "A copy of an e-mail was sent to the lead.",
        properties: [EMAIL_ID, SEND_ID, TRACKED], acts: [], words: None;
    EMAIL_DELIVERED: "Email Delivered", Reserved, "The next mail server accepted the copy. Rates count the copies that were delivered.",
        properties: [EMAIL_ID, SEND_ID, TRACKED], acts: [Act::Copy(Did::Delivered)],
        words: words("received an e-mail", "receiving an e-mail");
    EMAIL_OPENED: "Email Opened", Reserved, "The lead opened the copy.",
        properties: [EMAIL_ID, SEND_ID, AGE, PROXY, TOPIC], acts: [Act::Copy(Did::Opened)],
        words: words("opened an e-mail", "opening an e-mail");
    EMAIL_LINK_CLICKED: "Email Link Clicked", Reserved, "The lead clicked a link in the copy. For rates, a click is an open too.",
        properties: [EMAIL_ID, SEND_ID, URL, TOPIC], acts: [Act::Copy(Did::Clicked)],
        words: words("clicked a link in an e-mail", "clicking a link in an e-mail");
    EMAIL_BOUNCED: "Email Bounced", Reserved, "The copy came back undelivered. Rates leave it out, and consent that was only imported ends if the bounce is permanent.",
        properties: [EMAIL_ID, SEND_ID, PERMANENT],
        acts: [Act::Copy(Did::Bounced), Act::Consent(ConsentAct::Bounce)], words: None;
    EMAIL_MARKED_AS_SPAM: "Email Marked as Spam", Reserved, "The lead marked the copy as spam, which withdraws all consent to receive.",
        properties: [EMAIL_ID, SEND_ID], acts: [Act::Consent(ConsentAct::Complain)],
        words: words("marked an e-mail as spam", "marking an e-mail as spam");
    EMAIL_REPLIED: "Email Replied", Reserved, "The lead replied to the copy.",
        properties: [EMAIL_ID, SEND_ID], acts: [], words: words("replied to an e-mail", "replying to an e-mail");
    EMAIL_AUTO_REPLIED: "Email Auto-Replied", Reserved, "The lead's mailbox answered the copy automatically.",
        properties: [EMAIL_ID, SEND_ID, REPLY_UNTIL], acts: [], words: None;
    TOPIC_CHOSEN: "Topic Chosen", Reserved, "The lead itself chose a topic, on one of the program's pages.",
        properties: [TOPIC], acts: [], words: words("chosen a topic", "choosing a topic");
    TRACKING_ALLOWED: "Tracking Allowed", Reserved, "The lead agreed to be tracked, which grants consent to tracking.",
        properties: [PROOF], acts: [Act::Consent(ConsentAct::AllowTracking)],
        words: words("agreed to be tracked", "agreeing to be tracked");
    TRACKING_DECLINED: "Tracking Declined", Reserved, "The lead declined to be tracked, which withdraws consent to tracking.",
        properties: [], acts: [Act::Consent(ConsentAct::DeclineTracking)],
        words: words("declined to be tracked", "declining to be tracked");
    FREQUENCY_CHOSEN: "Frequency Chosen", Reserved, "The lead chose how often it receives e-mails.",
        properties: [EVERY, FREQUENCY_UNTIL], acts: [],
        words: words("chosen how often to get e-mails", "choosing how often to get e-mails");
    SUBSCRIBED: "Subscribed", Reserved, "The lead agreed to receive e-mails, which grants consent. An imported event (`context.history: true`) never restores consent that was withdrawn.",
        properties: [SUBSCRIPTION, TOPIC_SCOPE, PROOF, OPT_IN], acts: [Act::Consent(ConsentAct::Subscribe)],
        words: words("subscribed to e-mails", "subscribing to e-mails");
    UNSUBSCRIBED: "Unsubscribed", Reserved, "The lead withdrew its consent to receive e-mails.",
        properties: [SUBSCRIPTION, TOPIC_SCOPE], acts: [Act::Consent(ConsentAct::Unsubscribe)],
        words: words("unsubscribed from e-mails", "unsubscribing from e-mails");
    DEAL_CREATED: "Deal Created", Reserved, "A deal with the lead was opened; its state is `open`.",
        properties: [DEAL_ID, AMOUNT, CURRENCY], acts: [Act::Deal(Deal::Open)],
        words: words("had a deal opened", "having a deal opened");
    DEAL_WON: "Deal Won", Reserved, "A deal with the lead was won; its state is `won`.",
        properties: [DEAL_ID, AMOUNT, CURRENCY], acts: [Act::Deal(Deal::Won)],
        words: words("had a deal won", "having a deal won");
    DEAL_LOST: "Deal Lost", Reserved, "A deal with the lead was lost; its state is `lost`.",
        properties: [DEAL_ID, AMOUNT, CURRENCY], acts: [Act::Deal(Deal::Lost)],
        words: words("had a deal lost", "having a deal lost");

    SEGMENT_PINNED: "Segment Pinned", ByHand, "The lead is kept in a segment, whatever the segment's conditions say.",
        properties: [SEGMENT, BY], acts: [Act::Pin], words: None;
    SEGMENT_BANNED: "Segment Banned", ByHand, "The lead is kept out of a segment, whatever the segment's conditions say.",
        properties: [SEGMENT, BY], acts: [Act::Ban], words: None;
    SEGMENT_RELEASED: "Segment Released", ByHand, "The pin or ban ends, and the segment's conditions decide again.",
        properties: [SEGMENT, BY], acts: [Act::Release], words: None;
    STAGE_SET: "Stage Set", ByHand, "The lead is put into a stage and stays there until it is released.",
        properties: [LADDER, STAGE, BY], acts: [Act::SetStage], words: None;
    STAGE_RELEASED: "Stage Released", ByHand, "The stage is no longer held by hand, and the ladder's conditions decide again.",
        properties: [LADDER, BY], acts: [Act::ReleaseStage], words: None;
    SEQUENCE_ENTERED: "Sequence Entered", ByHand, "The lead is enrolled in a sequence.",
        properties: [SEQUENCE, BY], acts: [Act::Enroll], words: None;
    SEQUENCE_STOPPED: "Sequence Stopped", ByHand, "The lead's enrollment in a sequence ends.",
        properties: [SEQUENCE, BY], acts: [Act::Stop], words: None;
    TAGGED: "Tagged", ByHand, "The lead gets a tag, in its attribute `tags`.",
        properties: [TAG, BY], acts: [Act::Tag], words: None;
    UNTAGGED: "Untagged", ByHand, "The lead loses a tag, in its attribute `tags`.",
        properties: [TAG, BY], acts: [Act::Untag], words: None;
    OWNER_SET: "Owner Set", ByHand, "The lead gets an owner, in its attribute `owner`.",
        properties: [OWNER, BY], acts: [Act::SetOwner], words: None;
    NOTE_WRITTEN: "Note Written", ByHand, "Somebody wrote a note about the lead.",
        properties: [TEXT, BY], acts: [], words: None;
    CALL_LOGGED: "Call Logged", ByHand, "Somebody called the lead.",
        properties: [OUTCOME, NOTE, BY], acts: [], words: None;
}
