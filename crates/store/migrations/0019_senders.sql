-- Who e-mails come from, beside the sender of the settings; `id` is what the playbook names.
CREATE TABLE senders (
    id {text} PRIMARY KEY, name {text} NOT NULL, address {text} NOT NULL, reply_to {text}, postal_address {text},
    made_at BIGINT NOT NULL, made_by {text} NOT NULL
) {tree};
