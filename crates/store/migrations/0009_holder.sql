-- The process that writes to this store, for all who come after it. At most one row: `epoch` is that of `lane`, `until` is
-- the instant at which the hold runs out unless it is renewed. It belongs to the database and is never copied.
CREATE TABLE holder (
    id BIGINT PRIMARY KEY, epoch BIGINT NOT NULL, place {text} NOT NULL, host {text} NOT NULL, pid BIGINT NOT NULL,
    since BIGINT NOT NULL, until BIGINT NOT NULL
);
