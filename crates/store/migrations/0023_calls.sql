-- Calls that sales is to make. `document`: why, and what was done, as JSON. `due_at` is never before the end of a snooze.
CREATE TABLE calls (
    id BIGINT PRIMARY KEY, lead BIGINT NOT NULL, state {text} NOT NULL, owner {text}, opened_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL, snoozed_until BIGINT, escalated_at BIGINT, logged_at BIGINT, ended_at BIGINT, outcome {text},
    document {text} NOT NULL
);
CREATE INDEX calls_lead ON calls (lead);
CREATE INDEX calls_ahead ON calls (due_at) WHERE ended_at IS NULL;
CREATE INDEX calls_logged ON calls (logged_at) WHERE logged_at IS NOT NULL;
CREATE INDEX calls_ended ON calls (ended_at, id) WHERE ended_at IS NOT NULL;
-- When people of two roles of a company were last noticed to be active.
CREATE TABLE company_calls (company {text} PRIMARY KEY, at BIGINT NOT NULL);
