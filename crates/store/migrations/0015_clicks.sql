-- What the site's script reported of the visit behind a click, by the token that its redirect carried: the visitor's id and
-- when the page was loaded, a further page viewed, and something moved.
ALTER TABLE mail_requests ADD COLUMN visitor {text};
ALTER TABLE mail_requests ADD COLUMN loaded_at BIGINT;
ALTER TABLE mail_requests ADD COLUMN went_on_at BIGINT;
ALTER TABLE mail_requests ADD COLUMN acted_at BIGINT;
-- Lists are in the order of time, and addresses are forgotten in it. Requests come in it too, so new rows are neighbors.
CREATE INDEX mail_requests_at ON mail_requests (at);
