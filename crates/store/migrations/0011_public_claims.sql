-- A claim of an e-mail by a public message is weaker than others. An e-mail that came by itself, in a message that is not
-- public, claims itself: `person` is the e-mail then.
ALTER TABLE claims ADD COLUMN public BIGINT NOT NULL DEFAULT 0;
