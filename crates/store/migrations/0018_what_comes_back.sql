-- What providers sign once only, as hashes: the nonce, and the body that came with it.
CREATE TABLE nonces (nonce {bytes} PRIMARY KEY, body {bytes} NOT NULL, until BIGINT NOT NULL) {tree};
CREATE INDEX nonces_until ON nonces (until);

-- Mails to members of the team. `content` is JSON: what it says, without secrets. `due`: when it is tried next, null where
-- it is over. `state`: `waiting`, `claimed`, `sent`, `failed` or `in_doubt`; `reason`: what a server answered.
CREATE TABLE letters (
    number BIGINT PRIMARY KEY, kind {text} NOT NULL, recipient {text} NOT NULL, content {text} NOT NULL,
    sealed {bytes}, made_at BIGINT NOT NULL, state {text} NOT NULL, reason {text}, due BIGINT, tries BIGINT NOT NULL,
    ended_at BIGINT, lead BIGINT
);
CREATE INDEX letters_due ON letters (due) WHERE due IS NOT NULL;
CREATE INDEX letters_lead ON letters (lead);

-- Alerts of before nobody was mailed about; they stay as they were recorded.
UPDATE alerts SET state = 'recorded';
CREATE INDEX alerts_waiting ON alerts (known_at) WHERE state = 'waiting';
