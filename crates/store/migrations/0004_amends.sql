-- What was erased, as hashes, so that a restore of an older copy can erase it again.
CREATE TABLE erasures (hash {text} PRIMARY KEY, at BIGINT NOT NULL) {tree};

-- Who became whom: an erasure takes those too who are now one with the erased.
CREATE INDEX leads_became ON leads (became) WHERE became IS NOT NULL;
