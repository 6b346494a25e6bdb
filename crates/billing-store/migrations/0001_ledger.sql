-- The ledger's tables; see src/migrate.rs for how this file is written.
-- Money is text, exact; ids are given by the program; periods are 'YYYY-MM', '0000-01' is "from the beginning".

-- What providers delivered: a document is known by job and period, its newest version is in force.
CREATE TABLE documents (
  id {id} NOT NULL PRIMARY KEY,
  job {name} NOT NULL,
  importer {name} NOT NULL,
  period {period} NOT NULL,
  UNIQUE (job, period)
) {table_options};

CREATE TABLE versions (
  id {id} NOT NULL PRIMARY KEY,
  document_id {id} NOT NULL,
  version {int} NOT NULL,
  in_force {bool} NOT NULL,
  row_count {int} NOT NULL,
  rejected_count {int} NOT NULL,
  created {moment} NOT NULL,
  withdrawn_why {text},
  UNIQUE (document_id, version),
  FOREIGN KEY (document_id) REFERENCES documents (id)
) {table_options};

-- The folders of detail of a version: one for each import that it is made of.
CREATE TABLE version_folders (
  version_id {id} NOT NULL,
  part {int} NOT NULL,
  folder {name} NOT NULL,
  PRIMARY KEY (version_id, part),
  FOREIGN KEY (version_id) REFERENCES versions (id)
) {table_options};

CREATE TABLE version_files (
  version_id {id} NOT NULL,
  file_no {int} NOT NULL,
  name {text} NOT NULL,
  row_count {int} NOT NULL,
  rejected_count {int} NOT NULL,
  PRIMARY KEY (version_id, file_no),
  FOREIGN KEY (version_id) REFERENCES versions (id)
) {table_options};

-- The content of a file by provider and period, to know it again.
CREATE TABLE slices (
  version_id {id} NOT NULL,
  file_no {int} NOT NULL,
  provider {name} NOT NULL,
  period {period} NOT NULL,
  row_count {int} NOT NULL,
  digest {name} NOT NULL,
  PRIMARY KEY (version_id, file_no, provider, period),
  FOREIGN KEY (version_id, file_no) REFERENCES version_files (version_id, file_no)
) {table_options};

-- The billed cost as counted row by row, beside the buckets.
CREATE TABLE version_totals (
  version_id {id} NOT NULL,
  currency {name} NOT NULL,
  total {amount} NOT NULL,
  PRIMARY KEY (version_id, currency),
  FOREIGN KEY (version_id) REFERENCES versions (id)
) {table_options};

CREATE TABLE buckets (
  version_id {id} NOT NULL,
  bucket {int} NOT NULL,
  provider {name} NOT NULL,
  account_key {name} NOT NULL,
  period {period} NOT NULL,
  charge_category {text} NOT NULL,
  service_category {text} NOT NULL,
  service_name {text} NOT NULL,
  region {text} NOT NULL,
  commitment_term {text} NOT NULL,
  cost_center_tag {text},
  component_tag {text},
  service_tag {text},
  currency {name} NOT NULL,
  row_count {int} NOT NULL,
  billed_cost {amount} NOT NULL,
  effective_cost {amount} NOT NULL,
  PRIMARY KEY (version_id, bucket),
  FOREIGN KEY (version_id) REFERENCES versions (id)
) {table_options};

-- Rows that could not be taken (kind 'row'), and what a person should know of rows that were (kind 'remark').
CREATE TABLE rejections (
  id {id} NOT NULL PRIMARY KEY,
  version_id {id} NOT NULL,
  kind {name} NOT NULL,
  file {text} NOT NULL,
  line {int} NOT NULL,
  column_name {text} NOT NULL,
  found {text} NOT NULL,
  reason {text} NOT NULL,
  provider {name},
  period {period},
  currency {name},
  cost {amount},
  waived_why {text},
  FOREIGN KEY (version_id) REFERENCES versions (id)
) {table_options};

-- Master data. What changes with time stands in the tables named terms, from a period on.
CREATE TABLE customers (
  id {id} NOT NULL PRIMARY KEY,
  name {name} NOT NULL UNIQUE,
  email {text}
) {table_options};

CREATE TABLE customer_terms (
  customer_id {id} NOT NULL,
  from_period {period} NOT NULL,
  cost_center {text},
  PRIMARY KEY (customer_id, from_period),
  FOREIGN KEY (customer_id) REFERENCES customers (id)
) {table_options};

CREATE TABLE accounts (
  id {id} NOT NULL PRIMARY KEY,
  provider {name} NOT NULL,
  provider_id {name} NOT NULL,
  name {text} NOT NULL,
  provider_name {text},
  product_number {text}
) {table_options};

CREATE TABLE account_keys (
  provider {name} NOT NULL,
  account_key {name} NOT NULL,
  account_id {id} NOT NULL,
  place {int} NOT NULL,
  PRIMARY KEY (provider, account_key),
  FOREIGN KEY (account_id) REFERENCES accounts (id)
) {table_options};

CREATE TABLE account_terms (
  account_id {id} NOT NULL,
  from_period {period} NOT NULL,
  customer_id {id},
  charge_factor {amount} NOT NULL,
  PRIMARY KEY (account_id, from_period),
  FOREIGN KEY (account_id) REFERENCES accounts (id),
  FOREIGN KEY (customer_id) REFERENCES customers (id)
) {table_options};

CREATE TABLE components (
  id {id} NOT NULL PRIMARY KEY,
  name {name} NOT NULL UNIQUE,
  created_by_import {bool} NOT NULL
) {table_options};

CREATE TABLE component_tags (
  tag {name} NOT NULL PRIMARY KEY,
  component_id {id} NOT NULL,
  place {int} NOT NULL,
  FOREIGN KEY (component_id) REFERENCES components (id)
) {table_options};

CREATE TABLE component_terms (
  component_id {id} NOT NULL,
  from_period {period} NOT NULL,
  unit_price {amount} NOT NULL,
  cost_percentage {amount} NOT NULL,
  fixed_price {amount} NOT NULL,
  split {name} NOT NULL,
  owner_id {id},
  PRIMARY KEY (component_id, from_period),
  FOREIGN KEY (component_id) REFERENCES components (id),
  FOREIGN KEY (owner_id) REFERENCES customers (id)
) {table_options};

CREATE TABLE parts (
  component_id {id} NOT NULL,
  from_period {period} NOT NULL,
  part_no {int} NOT NULL,
  name {name} NOT NULL,
  cost_share_percentage {amount},
  price_per_unit {amount},
  PRIMARY KEY (component_id, from_period, part_no),
  FOREIGN KEY (component_id, from_period) REFERENCES component_terms (component_id, from_period)
) {table_options};

CREATE TABLE services (
  id {id} NOT NULL PRIMARY KEY,
  name {name} NOT NULL UNIQUE,
  product_number {text},
  service_type {text},
  created_by_import {bool} NOT NULL
) {table_options};

CREATE TABLE service_tags (
  tag {name} NOT NULL PRIMARY KEY,
  service_id {id} NOT NULL,
  place {int} NOT NULL,
  FOREIGN KEY (service_id) REFERENCES services (id)
) {table_options};

CREATE TABLE service_terms (
  service_id {id} NOT NULL,
  from_period {period} NOT NULL,
  customer_id {id},
  charge {bool} NOT NULL,
  PRIMARY KEY (service_id, from_period),
  FOREIGN KEY (service_id) REFERENCES services (id),
  FOREIGN KEY (customer_id) REFERENCES customers (id)
) {table_options};

CREATE TABLE uses (
  service_id {id} NOT NULL,
  use_no {int} NOT NULL,
  name {text} NOT NULL,
  component_id {id} NOT NULL,
  part {text},
  created_by_import {bool} NOT NULL,
  PRIMARY KEY (service_id, use_no),
  FOREIGN KEY (service_id) REFERENCES services (id),
  FOREIGN KEY (component_id) REFERENCES components (id)
) {table_options};

CREATE TABLE use_terms (
  service_id {id} NOT NULL,
  use_no {int} NOT NULL,
  from_period {period} NOT NULL,
  quantity {amount},
  once {bool} NOT NULL,
  PRIMARY KEY (service_id, use_no, from_period),
  FOREIGN KEY (service_id, use_no) REFERENCES uses (service_id, use_no)
) {table_options};

CREATE TABLE positions (
  id {id} NOT NULL PRIMARY KEY,
  external_id {name},
  customer_id {id} NOT NULL,
  target {name} NOT NULL,
  reason {text} NOT NULL,
  amount {amount} NOT NULL,
  from_period {period} NOT NULL,
  FOREIGN KEY (customer_id) REFERENCES customers (id)
) {table_options};

CREATE TABLE rates (
  from_currency {name} NOT NULL,
  to_currency {name} NOT NULL,
  period {period} NOT NULL,
  rate {amount} NOT NULL,
  origin {text} NOT NULL,
  PRIMARY KEY (from_currency, to_currency, period)
) {table_options};

-- Invoices. An issued one never changes; void is a state.
CREATE TABLE invoices (
  number {id} NOT NULL PRIMARY KEY,
  target {name} NOT NULL,
  period {period} NOT NULL,
  currency {name} NOT NULL,
  state {name} NOT NULL,
  created {moment} NOT NULL,
  void_why {text},
  voided {moment}
) {table_options};

CREATE TABLE invoice_lines (
  invoice_number {id} NOT NULL,
  line {int} NOT NULL,
  kind {name} NOT NULL,
  subject_kind {name} NOT NULL,
  subject_id {id} NOT NULL,
  corrects_invoice {id},
  corrects_line {int},
  name {text} NOT NULL,
  customer_id {id} NOT NULL,
  customer_name {text} NOT NULL,
  cost_center {text} NOT NULL,
  alternative {bool} NOT NULL,
  product_number {text} NOT NULL,
  period {period} NOT NULL,
  charge_factor {amount},
  quantity {amount} NOT NULL,
  cost {amount} NOT NULL,
  markup {amount} NOT NULL,
  price {amount} NOT NULL,
  rounding_mode {name} NOT NULL,
  amount {amount} NOT NULL,
  exported {amount} NOT NULL,
  PRIMARY KEY (invoice_number, line),
  FOREIGN KEY (invoice_number) REFERENCES invoices (number),
  FOREIGN KEY (customer_id) REFERENCES customers (id)
) {table_options};

CREATE TABLE line_uses (
  invoice_number {id} NOT NULL,
  line {int} NOT NULL,
  use_no {int} NOT NULL,
  service_id {id} NOT NULL,
  name {text} NOT NULL,
  component_id {id} NOT NULL,
  component_name {text} NOT NULL,
  part {text},
  unit_price {amount} NOT NULL,
  cost_percentage {amount} NOT NULL,
  fixed_price {amount} NOT NULL,
  split {name} NOT NULL,
  part_cost_share {amount},
  part_price_per_unit {amount},
  quantity {amount} NOT NULL,
  share {amount} NOT NULL,
  cost {amount} NOT NULL,
  markup {amount} NOT NULL,
  price {amount} NOT NULL,
  PRIMARY KEY (invoice_number, line, use_no),
  FOREIGN KEY (invoice_number, line) REFERENCES invoice_lines (invoice_number, line),
  FOREIGN KEY (service_id) REFERENCES services (id),
  FOREIGN KEY (component_id) REFERENCES components (id)
) {table_options};

-- The cost behind a line, or behind one of its uses (use_no above 0).
CREATE TABLE line_sources (
  invoice_number {id} NOT NULL,
  line {int} NOT NULL,
  use_no {int} NOT NULL,
  source_no {int} NOT NULL,
  document_id {id} NOT NULL,
  version {int} NOT NULL,
  provider {name} NOT NULL,
  account_key {text} NOT NULL,
  service_name {text} NOT NULL,
  cost_center_tag {text},
  component_tag {text},
  currency {name} NOT NULL,
  row_count {int} NOT NULL,
  original_cost {amount} NOT NULL,
  rate {amount},
  cost {amount} NOT NULL,
  PRIMARY KEY (invoice_number, line, use_no, source_no),
  FOREIGN KEY (invoice_number, line) REFERENCES invoice_lines (invoice_number, line),
  FOREIGN KEY (document_id) REFERENCES documents (id)
) {table_options};

-- The files of an invoice, byte for byte, and whether they have left the house.
CREATE TABLE exports (
  invoice_number {id} NOT NULL,
  kind {name} NOT NULL,
  format {name} NOT NULL,
  content {text} NOT NULL,
  state {name} NOT NULL,
  PRIMARY KEY (invoice_number, kind, format),
  FOREIGN KEY (invoice_number) REFERENCES invoices (number)
) {table_options};

CREATE TABLE audit_entries (
  id {id} NOT NULL PRIMARY KEY,
  moment {moment} NOT NULL,
  actor {name} NOT NULL,
  action {name} NOT NULL,
  subject {text} NOT NULL,
  detail {text} NOT NULL
) {table_options};
