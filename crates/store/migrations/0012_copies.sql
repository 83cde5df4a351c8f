-- One e-mail to one lead, asked for by a step of a sequence, a broadcast, a form, an alert or a test. `send_id` begins
-- with the lead's id and says what asked; `subject` is the sequence, the broadcast, the message, the cause or the number.
CREATE TABLE copies (
    bucket BIGINT NOT NULL, lead BIGINT NOT NULL, send_id {text} NOT NULL, source {text} NOT NULL, subject {text} NOT NULL,
    began BIGINT, step {text}, email {text}, class {text} NOT NULL, asked_at BIGINT NOT NULL, not_after BIGINT,
    state {text} NOT NULL, reason {text}, until BIGINT,
    PRIMARY KEY (bucket, lead, send_id)
) {tree};
INSERT INTO copies (bucket, lead, send_id, source, subject, began, step, email, class, asked_at, not_after, state)
    SELECT bucket, lead, lead || '/sequence/' || sequence || '/' || began || '/' || step, 'sequence', sequence, began, step,
        email, class, asked_at, not_after, replace(state, ' ', '_') FROM sends;
DROP TABLE sends;
