-- Each import with how far it is. `rules` is JSON: what was asked for. `state` is uploading, waiting, reading, storing, done,
-- failed, undoing or undone. `position` is how many bytes of its messages are in the ledger; `rejects` how many bytes of
-- its rejected rows belong to them.
CREATE TABLE imports (
    id BIGINT PRIMARY KEY, name {text} NOT NULL, state {text} NOT NULL, author {text} NOT NULL, rules {text} NOT NULL,
    made_at BIGINT NOT NULL, started_at BIGINT, finished_at BIGINT, position BIGINT NOT NULL, rejects BIGINT NOT NULL,
    messages BIGINT NOT NULL, stored BIGINT NOT NULL, known BIGINT NOT NULL, rejected BIGINT NOT NULL,
    report {text} NOT NULL, why {text}
);
