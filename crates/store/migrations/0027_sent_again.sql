-- `again_at`: when a person last decided that a copy leaves again, because it was in doubt.
ALTER TABLE copies ADD COLUMN again_at BIGINT;
-- `of_copy`: the id of a copy that was sent again, of what it held before; `send_id` is then one of the row's own. The mail
-- that was in doubt may have arrived, and its links work forever.
ALTER TABLE contents ADD COLUMN of_copy {text};
