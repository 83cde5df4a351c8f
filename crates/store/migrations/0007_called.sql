-- What people call each lead, in lower case: its whole name, and the name from each later word on, so that the beginning
-- of any of them finds it. Derived from profiles, in the same commit; written only when a name changes.
CREATE TABLE called (bucket BIGINT NOT NULL, lead BIGINT NOT NULL, text {text} NOT NULL, PRIMARY KEY (bucket, lead, text)) {tree};
CREATE INDEX called_text ON called (text, bucket, lead);
