-- Whom a delivery tells of, so that it goes with them when they are erased.
ALTER TABLE deliveries ADD COLUMN lead BIGINT;
CREATE INDEX deliveries_lead ON deliveries (lead) WHERE lead IS NOT NULL;
