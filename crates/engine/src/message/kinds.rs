//! The kinds of events that a public key may not send (contract §2, What 22 and 26). This is the one list of them.

/// Kinds that stand for what was seen elsewhere: in mail, in consents, in sales, on pages of ours.
pub const RESERVED: [&str; 17] = [
    "Email Sent",
    "Email Delivered",
    "Email Opened",
    "Email Link Clicked",
    "Email Bounced",
    "Email Marked as Spam",
    "Email Replied",
    "Email Auto-Replied",
    "Topic Chosen",
    "Tracking Allowed",
    "Tracking Declined",
    "Frequency Chosen",
    "Subscribed",
    "Unsubscribed",
    "Deal Created",
    "Deal Won",
    "Deal Lost",
];

/// Kinds that stand for what somebody of the team did.
pub const MADE_BY_HAND: [&str; 12] = [
    "Segment Pinned",
    "Segment Banned",
    "Segment Released",
    "Stage Set",
    "Stage Released",
    "Sequence Entered",
    "Sequence Stopped",
    "Tagged",
    "Untagged",
    "Owner Set",
    "Note Written",
    "Call Logged",
];
