-- Changes that somebody rejected, until somebody approves a plan that has them or nobody wants them any more.
-- The words in braces are those of 0001.

CREATE TABLE rejections (
    organization {int} NOT NULL REFERENCES organizations (number),
    key {text} NOT NULL,
    plan {text} NOT NULL,
    rejected_at {int} NOT NULL,
    PRIMARY KEY (organization, key)
){clustered};

-- What was rejected before this table was there waits once more. What nobody wants any more goes with the next plan.
INSERT INTO rejections (organization, key, plan, rejected_at)
SELECT p.organization, c.key, MAX(p.id), MAX(p.created_at) FROM plans p JOIN plan_changes c ON c.plan = p.number
WHERE p.state = 'rejected' GROUP BY p.organization, c.key;
