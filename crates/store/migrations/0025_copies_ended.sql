-- When it was decided what becomes of a copy; NULL of those that are open, and of those decided by earlier versions.
ALTER TABLE copies ADD COLUMN ended_at BIGINT;
