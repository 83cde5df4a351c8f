-- Which copies are due is asked before each batch, and which requests can be judged before each look, of all buckets at
-- once: bucket by bucket that took hundreds of looks.
DROP INDEX copies_due;
CREATE INDEX copies_due ON copies (rank, due, bucket, lead, send_id) WHERE state = 'waiting';
DROP INDEX mail_requests_settle;
CREATE INDEX mail_requests_settle ON mail_requests (settles_at, lead, tag) WHERE verdict IS NULL;
