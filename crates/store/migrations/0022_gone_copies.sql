-- Of copies whose content was erased: what a mail to the address that unsubscribes from them still ends. `hash` is the
-- address to which the copy went, as in `suppressions`.
CREATE TABLE gone_copies (
    bucket BIGINT NOT NULL, lead BIGINT NOT NULL, tag BIGINT NOT NULL, hash {text} NOT NULL, scope {text} NOT NULL,
    PRIMARY KEY (bucket, lead, tag)
) {tree};
