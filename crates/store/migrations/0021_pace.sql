-- `sent`: how many of a broadcast's copies servers accepted or refused, kept as reports come in.
ALTER TABLE broadcasts ADD COLUMN sent BIGINT NOT NULL DEFAULT 0;
UPDATE broadcasts SET sent = (SELECT count(*) FROM copies c WHERE c.source = 'broadcast'
    AND c.subject = CAST(broadcasts.id AS TEXT) AND c.state IN ('sent', 'failed'));
