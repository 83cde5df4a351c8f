-- Which company each person is of: what its last `group` named, else the domain of its address where that is a company's.
-- Derived from profiles, in the same commit.
CREATE TABLE company_people (
    bucket BIGINT NOT NULL, lead BIGINT NOT NULL, company {text} NOT NULL,
    PRIMARY KEY (bucket, lead)
) {tree};
CREATE INDEX company_people_company ON company_people (company, bucket, lead);

-- The instant of a lead's last event; `at` is that of its last step, which time alone makes too.
ALTER TABLE leads ADD COLUMN seen BIGINT;
