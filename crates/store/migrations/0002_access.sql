-- Who may do what, and who did what. Secrets are kept as hashes: what is presented cannot be read back.

-- kind: `public`, `server` or `api`; the role is an api key's. `used_on` is a day, in days since 1970.
CREATE TABLE keys (
    id BIGINT PRIMARY KEY, name {text} NOT NULL, kind {text} NOT NULL, role {text}, hash {bytes} NOT NULL,
    prefix {text} NOT NULL, made_at BIGINT NOT NULL, made_by {text} NOT NULL, revoked_at BIGINT, used_on BIGINT,
    rate BIGINT
);
CREATE UNIQUE INDEX keys_hash ON keys (hash);

-- `password` is a PHC string; nobody signs in to an account without one.
CREATE TABLE users (
    id BIGINT PRIMARY KEY, email {text} NOT NULL, name {text} NOT NULL, role {text} NOT NULL, password {text},
    made_at BIGINT NOT NULL, disabled_at BIGINT
);
CREATE UNIQUE INDEX users_email ON users (email);

CREATE TABLE sessions (
    hash {bytes} PRIMARY KEY, account BIGINT NOT NULL, csrf {text} NOT NULL, made_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL, seen_at BIGINT NOT NULL
) {tree};
CREATE INDEX sessions_account ON sessions (account);

-- Links that set a password once. Without an account: the link that makes the first owner.
CREATE TABLE invitations (hash {bytes} PRIMARY KEY, account BIGINT, expires_at BIGINT NOT NULL) {tree};

-- Requests under an `Idempotency-Key`. `status` is null while nobody knows how the request ended; `request` is a keyed
-- fingerprint and `response` is sealed, since both may hold secrets.
CREATE TABLE answers (
    who {text} NOT NULL, word {text} NOT NULL, route {text} NOT NULL, request {bytes} NOT NULL, status BIGINT,
    response {bytes}, at BIGINT NOT NULL,
    PRIMARY KEY (who, word)
) {tree};
CREATE INDEX answers_at ON answers (at);

CREATE TABLE audit (
    number BIGINT PRIMARY KEY, at BIGINT NOT NULL, who {text} NOT NULL, what {text} NOT NULL, subject {text} NOT NULL,
    details {text} NOT NULL
);
