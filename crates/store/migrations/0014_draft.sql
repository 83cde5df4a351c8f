-- Edits of the playbook that wait to be published: one draft per installation. `number` grows with every change of the
-- draft and is never used again, also by a later draft. `base` is the version that the edits were made on; null: there is
-- no draft.
CREATE TABLE draft (slot BIGINT PRIMARY KEY, number BIGINT NOT NULL, base BIGINT);
-- Each edit has the number that the draft got by it. `document` is JSON.
CREATE TABLE draft_edits (number BIGINT PRIMARY KEY, at BIGINT NOT NULL, author {text} NOT NULL, document {text} NOT NULL);
