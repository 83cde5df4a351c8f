-- Broadcasts: one e-mail to many leads. `document` is what the marketer wrote; `why` says why it is paused. No copy leaves
-- before `leaves_at`. `bucket` and `lead`: the audience is frozen up to this lead; `frozen_at`: when it was complete.
CREATE TABLE broadcasts (
    id BIGINT PRIMARY KEY, document {text} NOT NULL, state {text} NOT NULL, why {text}, made_at BIGINT NOT NULL,
    made_by {text} NOT NULL, changed_at BIGINT NOT NULL, started_at BIGINT, leaves_at BIGINT, frozen_at BIGINT,
    bucket BIGINT NOT NULL, lead BIGINT NOT NULL, audience BIGINT NOT NULL, held_out BIGINT NOT NULL,
    hard_bounces BIGINT NOT NULL, complaints BIGINT NOT NULL
);
-- Partial: neither database uses it unless a query has the source in its text.
CREATE INDEX copies_of_broadcast ON copies (subject, state, bucket, lead) WHERE source = 'broadcast';
