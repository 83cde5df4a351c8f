-- Who is told of moves, what was told, and who may tell us.

-- `cursor` is the number of the last move looked at; `filter` a JSON object; `failing_since` the first failure since the
-- last success.
CREATE TABLE webhooks (
    id BIGINT PRIMARY KEY, url {text} NOT NULL, note {text} NOT NULL, filter {text} NOT NULL, secret {bytes} NOT NULL,
    cursor BIGINT NOT NULL, made_at BIGINT NOT NULL, made_by {text} NOT NULL, failing_since BIGINT,
    disabled_at BIGINT, disabled_why {text}
);

-- state: `waiting`, `delivered` or `failed`. `message` is the id that the receiver sees, the same at every try.
CREATE TABLE deliveries (
    number BIGINT PRIMARY KEY, webhook BIGINT NOT NULL, message {text} NOT NULL, kind {text} NOT NULL,
    body {text} NOT NULL, state {text} NOT NULL, tries BIGINT NOT NULL, made_at BIGINT NOT NULL, due BIGINT NOT NULL,
    ended_at BIGINT, status BIGINT, error {text}
);
CREATE INDEX deliveries_due ON deliveries (state, due);
CREATE INDEX deliveries_webhook ON deliveries (webhook, number);

-- Inbound. proof: `token` (its hash is kept) or `hmac` (the secret is sealed); `header` is where the signature stands.
CREATE TABLE hooks (
    id {text} PRIMARY KEY, name {text} NOT NULL, mapping {text} NOT NULL, proof {text} NOT NULL, header {text},
    secret {bytes} NOT NULL, made_at BIGINT NOT NULL, made_by {text} NOT NULL
) {tree};
