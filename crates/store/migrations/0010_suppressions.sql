-- What binds an address beyond its lead (withdrawals, complaints, permanent bounces, erasures), and the live grants that
-- end it. An address is here only as an HMAC-SHA256, under a key of `suppression_keys`. The keys are in the database so
-- that they travel with every backup and move; an archive of another store brings its own key beside its rows.
-- `at` is the last instant of its kind in its scope. A row of another kind than `grant` binds unless a grant of the same
-- hash and scope is later.
CREATE TABLE suppression_keys (id {text} PRIMARY KEY, bytes {bytes} NOT NULL, made_at BIGINT NOT NULL);
CREATE TABLE suppressions (
    hash {text} NOT NULL, scope {text} NOT NULL, kind {text} NOT NULL, at BIGINT NOT NULL,
    PRIMARY KEY (hash, scope, kind)
) {tree};

-- Stored leads follow in the background: their withdrawals bind their addresses too.
INSERT INTO state (name, value) VALUES ('addresses to bind', '[-256,""]');

-- Messages of consent that took no effect because their address is suppressed.
ALTER TABLE imports ADD COLUMN suppressed BIGINT NOT NULL DEFAULT 0;
