-- What a version brought by the provider's own invoices, to be held against them.
CREATE TABLE provider_invoices (
  version_id {id} NOT NULL,
  place {int} NOT NULL,
  provider {name} NOT NULL,
  period {period} NOT NULL,
  invoice_id {text} NOT NULL,
  issuer {text} NOT NULL,
  currency {name} NOT NULL,
  row_count {int} NOT NULL,
  billed_cost {amount} NOT NULL,
  PRIMARY KEY (version_id, place),
  FOREIGN KEY (version_id) REFERENCES versions (id)
) {table_options};
