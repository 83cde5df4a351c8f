-- What came back and is of no copy that is known. `lead` is the one whose copy it names, if it names one of ours. `hashes`
-- are the addresses that it names, as in `suppressions`, with blanks between them. `document` is JSON.
CREATE TABLE unmatched_mails (
    number BIGINT PRIMARY KEY, at BIGINT NOT NULL, lead BIGINT, hashes {text} NOT NULL, document {text} NOT NULL
);
