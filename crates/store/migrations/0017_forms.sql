-- Forms: what each asks and what follows. `document` is JSON.
CREATE TABLE forms (
    id {text} PRIMARY KEY, document {text} NOT NULL, made_at BIGINT NOT NULL, made_by {text} NOT NULL,
    changed_at BIGINT NOT NULL, changed_by {text} NOT NULL
);

-- What was asked for by a form and is sent to an address for its owner to confirm. `tag` is random; with the lead it is the
-- request's id in links. `hash` is the address, as in `suppressions`. `document` is JSON; it goes with the row.
CREATE TABLE form_requests (
    bucket BIGINT NOT NULL, lead BIGINT NOT NULL, tag BIGINT NOT NULL, form {text} NOT NULL, hash {text} NOT NULL,
    document {text} NOT NULL, asked_at BIGINT NOT NULL, confirmed_at BIGINT, downloads BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (bucket, lead, tag)
) {tree};
-- How many confirmations were sent to an address.
CREATE INDEX form_requests_address ON form_requests (hash, asked_at);
-- What nobody confirmed is deleted.
CREATE INDEX form_requests_open ON form_requests (asked_at) WHERE confirmed_at IS NULL;

-- Files that the server hosts. `id` is the SHA-256 of the content, in hexadecimal; `media` is what its first bytes say.
CREATE TABLE assets (
    id {text} PRIMARY KEY, name {text} NOT NULL, media {text} NOT NULL, size BIGINT NOT NULL, made_at BIGINT NOT NULL,
    made_by {text} NOT NULL
);

-- Their content, in parts: a row stays small for backups, moves and answers.
CREATE TABLE asset_parts (
    asset {text} NOT NULL, number BIGINT NOT NULL, bytes {bytes} NOT NULL,
    PRIMARY KEY (asset, number)
) {tree};
