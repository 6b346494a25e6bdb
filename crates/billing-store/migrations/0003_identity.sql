-- Which ledger this is among those that keep detail in one place. A copy of it is the same one.
CREATE TABLE ledger_identity (
  id {code} NOT NULL PRIMARY KEY
) {table_options};
