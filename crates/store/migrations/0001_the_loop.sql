-- Who is who, what happened, and where every lead stands. One text for both databases: {text} is text that sorts by
-- bytes, {bytes} is bytes, {tree} makes a table its own primary key's tree where the database can.

-- The one lane: `epoch` fences off a second server, `received` numbers the messages.
CREATE TABLE lane (id BIGINT PRIMARY KEY, epoch BIGINT NOT NULL, received BIGINT NOT NULL, sequence BIGINT NOT NULL, moves BIGINT NOT NULL);
INSERT INTO lane VALUES (0, 0, 0, 0, 0);

-- Every bucket, so that what is spread over all of them can be asked for bucket by bucket.
CREATE TABLE buckets (bucket BIGINT PRIMARY KEY);
WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < 255)
INSERT INTO buckets SELECT n FROM numbers;

CREATE TABLE state (name {text} PRIMARY KEY, value {text} NOT NULL);

-- What leads are known by: kind 0 a user id, 1 an e-mail, 2 a visitor. `lead` is whose a person is now.
CREATE TABLE identities (
    kind BIGINT NOT NULL, text {text} NOT NULL, id BIGINT NOT NULL, lead BIGINT NOT NULL,
    PRIMARY KEY (kind, text)
) {tree};
CREATE UNIQUE INDEX identities_id ON identities (id);
CREATE INDEX identities_lead ON identities (lead);

-- An e-mail came with a user; the first user received owns it.
CREATE TABLE claims (
    email BIGINT NOT NULL, person BIGINT NOT NULL, received BIGINT NOT NULL,
    PRIMARY KEY (email, person)
) {tree};
CREATE INDEX claims_person ON claims (person);

-- A visitor is a person's from an instant on; `alias` says that an alias did it.
CREATE TABLE ties (
    bucket BIGINT NOT NULL, visitor BIGINT NOT NULL, at BIGINT NOT NULL, received BIGINT NOT NULL,
    person BIGINT NOT NULL, alias BIGINT NOT NULL,
    PRIMARY KEY (bucket, visitor, at, received)
) {tree};
CREATE INDEX ties_person ON ties (person);

CREATE TABLE aliases (received BIGINT PRIMARY KEY, at BIGINT NOT NULL, previous {text} NOT NULL, person BIGINT NOT NULL);
CREATE INDEX aliases_previous ON aliases (previous);
CREATE INDEX aliases_person ON aliases (person);

-- The ledger. An event stays under the identity by which it came; whose it is stands above.
-- flags: 1 a machine's, 2 brought in from the past, 4 with a public key, 8 withdrawn.
CREATE TABLE events (
    bucket BIGINT NOT NULL, identity BIGINT NOT NULL, message_id {text} NOT NULL,
    at BIGINT NOT NULL, received BIGINT NOT NULL, received_at BIGINT NOT NULL, flags BIGINT NOT NULL,
    origin {text} NOT NULL, message {text} NOT NULL,
    PRIMARY KEY (bucket, identity, message_id)
) {tree};

-- `head` is a cache of the lead's state under `version`; enrolments are facts and stand beside it. `sources` are the
-- slices of identities whose events are the lead's. `wake` is its row in `wakes`, which may be early, never late.
-- `became` is the lead that it is now one with; it is kept for what was done under it.
CREATE TABLE leads (
    bucket BIGINT NOT NULL, id BIGINT NOT NULL, name {text} NOT NULL, kind BIGINT NOT NULL, sources {text} NOT NULL,
    email {text}, first_at BIGINT, at BIGINT NOT NULL, wake BIGINT, version BIGINT NOT NULL, head {bytes} NOT NULL,
    enrolments {text}, score DOUBLE PRECISION, became BIGINT, complete_from BIGINT NOT NULL DEFAULT 0, baseline {bytes},
    PRIMARY KEY (bucket, id)
) {tree};

-- Attributes with their source and age, consent, tags, owner.
CREATE TABLE profiles (bucket BIGINT NOT NULL, lead BIGINT NOT NULL, document {text} NOT NULL, PRIMARY KEY (bucket, lead)) {tree};

CREATE TABLE wakes (bucket BIGINT NOT NULL, at BIGINT NOT NULL, lead BIGINT NOT NULL, PRIMARY KEY (bucket, at, lead)) {tree};

-- The present stages and segments: place is `stage:LADDER:STAGE` or `segment:ID`.
CREATE TABLE places (
    bucket BIGINT NOT NULL, lead BIGINT NOT NULL, place {text} NOT NULL, since BIGINT NOT NULL,
    PRIMARY KEY (bucket, lead, place)
) {tree};
CREATE INDEX places_place ON places (place, bucket, lead);

-- The log. What a rebuild no longer yields stays, marked as revised.
CREATE TABLE moves (
    bucket BIGINT NOT NULL, lead BIGINT NOT NULL, number BIGINT NOT NULL, at BIGINT NOT NULL, known_at BIGINT NOT NULL,
    kind {text} NOT NULL, subject {text} NOT NULL, was {text}, became {text} NOT NULL, because {text} NOT NULL,
    reason {text} NOT NULL, version BIGINT NOT NULL, revised_at BIGINT, revised_by {text},
    PRIMARY KEY (bucket, lead, number)
) {tree};
CREATE INDEX moves_number ON moves (number);

CREATE TABLE deals (
    bucket BIGINT NOT NULL, lead BIGINT NOT NULL, deal {text} NOT NULL, status {text} NOT NULL,
    amount DOUBLE PRECISION, currency {text}, opened_at BIGINT NOT NULL, at BIGINT NOT NULL,
    PRIMARY KEY (bucket, lead, deal)
) {tree};

-- One copy asked for: it waits until somebody sends it.
CREATE TABLE sends (
    bucket BIGINT NOT NULL, lead BIGINT NOT NULL, sequence {text} NOT NULL, began BIGINT NOT NULL, step {text} NOT NULL,
    email {text}, class {text} NOT NULL, asked_at BIGINT NOT NULL, not_after BIGINT, state {text} NOT NULL,
    PRIMARY KEY (bucket, lead, sequence, began, step)
) {tree};

CREATE TABLE alerts (
    bucket BIGINT NOT NULL, lead BIGINT NOT NULL, sequence {text} NOT NULL, began BIGINT NOT NULL, step {text} NOT NULL,
    recipients {text} NOT NULL, say {text} NOT NULL, at BIGINT NOT NULL, known_at BIGINT NOT NULL, state {text} NOT NULL,
    PRIMARY KEY (bucket, lead, sequence, began, step)
) {tree};

-- Each published playbook: a JSON object of its files by path.
CREATE TABLE versions (
    number BIGINT PRIMARY KEY, at BIGINT NOT NULL, author {text} NOT NULL, note {text} NOT NULL, files {text} NOT NULL
);
