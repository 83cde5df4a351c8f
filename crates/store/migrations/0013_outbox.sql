-- Copies on their way out. `rank`: 0 transactional, 1 alert, 2 answer, 3 sequence, 4 broadcast; lower ranks go first.
-- `due`: when it is asked next whether a waiting copy may go; null: not before somebody acts. `claim`: under which a sender
-- has the copy, or had it when the copy ended. `tries`: how often a server put it off since `trouble_since`.
ALTER TABLE copies ADD COLUMN rank BIGINT NOT NULL DEFAULT 3;
ALTER TABLE copies ADD COLUMN due BIGINT;
ALTER TABLE copies ADD COLUMN claim BIGINT;
ALTER TABLE copies ADD COLUMN lease_until BIGINT;
ALTER TABLE copies ADD COLUMN tries BIGINT NOT NULL DEFAULT 0;
ALTER TABLE copies ADD COLUMN trouble_since BIGINT;
ALTER TABLE copies ADD COLUMN sent_at BIGINT;
UPDATE copies SET rank = CASE WHEN class = 'transactional' THEN 0 WHEN source = 'alert' THEN 1
    WHEN class = 'answer' THEN 2 WHEN source = 'broadcast' THEN 4 ELSE 3 END;
UPDATE copies SET due = asked_at WHERE state = 'waiting';
UPDATE copies SET claim = 0 WHERE state = 'claimed';
-- Partial: neither database uses them unless a query has the state in its text.
CREATE INDEX copies_due ON copies (bucket, rank, due) WHERE state = 'waiting';
CREATE INDEX copies_claimed ON copies (bucket) WHERE state = 'claimed';

-- What was frozen when a copy was claimed. `tag` is random, and with the lead it is the copy's id in links. `address` is
-- in its canonical form.
CREATE TABLE contents (
    bucket BIGINT NOT NULL, lead BIGINT NOT NULL, send_id {text} NOT NULL, tag BIGINT NOT NULL, address {text} NOT NULL,
    link_set {text} NOT NULL, document {text} NOT NULL,
    PRIMARY KEY (bucket, lead, send_id)
) {tree};

-- The links that all copies of an e-mail share, by the SHA-256 of the document.
CREATE TABLE link_sets (id {text} PRIMARY KEY, document {text} NOT NULL);

-- What may go to an address once only, whoever the lead: `hash` as in `suppressions`.
CREATE TABLE addressed (
    hash {text} NOT NULL, what {text} NOT NULL, lead BIGINT NOT NULL, send_id {text} NOT NULL, at BIGINT NOT NULL,
    PRIMARY KEY (hash, what)
) {tree};
CREATE INDEX addressed_lead ON addressed (lead);

-- Requests for the links and images of a copy, which are judged together.
CREATE TABLE mail_requests (
    bucket BIGINT NOT NULL, lead BIGINT NOT NULL, tag BIGINT NOT NULL, number BIGINT NOT NULL, send_id {text} NOT NULL,
    at BIGINT NOT NULL, link BIGINT NOT NULL, fetched {text} NOT NULL, agent {text} NOT NULL, network {text} NOT NULL,
    settles_at BIGINT NOT NULL, verdict {text}, evidence {text},
    PRIMARY KEY (bucket, lead, tag, number)
) {tree};
CREATE INDEX mail_requests_settle ON mail_requests (bucket, settles_at) WHERE verdict IS NULL;

-- The keys that links are signed with. They are in the database, not sealed, so that links that have left are read wherever
-- a backup or a move brings them. `number` is in each token; keys of two installations may have the same.
CREATE TABLE link_keys (id {text} PRIMARY KEY, number BIGINT NOT NULL, bytes {bytes} NOT NULL, made_at BIGINT NOT NULL);
