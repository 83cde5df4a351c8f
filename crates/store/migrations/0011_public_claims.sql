-- A claim of an e-mail by a public message is weaker than others. An e-mail that came by itself, in a message that is not
-- public, claims itself: `person` is the e-mail then.
ALTER TABLE claims ADD COLUMN public BIGINT NOT NULL DEFAULT 0;

-- What earlier versions took for keys follows in the background.
INSERT INTO state (name, value) VALUES ('keys to carry over', '{"identity":[-1,""]}');
