-- The outbox is listed by when its copies were asked for, which never changes.
CREATE INDEX copies_asked ON copies (asked_at, lead, send_id);
