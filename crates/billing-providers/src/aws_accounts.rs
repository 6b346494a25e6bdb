//! The accounts of an AWS organization: their numbers and names, no cost.
//!
//! Taken from what `aws organizations list-accounts` prints (JSON, `Accounts[].Id`, `Name`), and from lists with the
//! columns `Id` and `Name`, or `Account ID` and `Account name` as the console exports them.
//! Source: <https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html>

use billing_core::{
    line_item::{RawLine, Row},
    ports::{MissingColumns, RowReader, TableFormat},
    tags::TagNames,
};

use crate::{
    Importer, Kind, Parameter,
    columns::{Column, Columns, Need, text},
    reader::{Layout, Table, reader},
};

/// The importer.
pub(crate) const IMPORTER: Importer = Importer {
    name: "aws-accounts",
    aliases: &["AwsAccountImport"],
    summary: "The names of an AWS organization's accounts (Organizations, or a list of Id and Name)",
    kind: Kind::Accounts,
    provider: Some("AWS"),
    format: &Accounts,
    delivery: None,
    parameters: &[
        Parameter::secret(
            "AWS_ACCESS_KEY_ID",
            "Key of a user in the management account; without it the machine's own role.",
        ),
        Parameter::secret("AWS_SECRET_ACCESS_KEY", "The key's secret."),
    ],
    permissions: &[
        "`organizations:ListAccounts` in the management account, or in a delegated administrator's account.",
    ],
    not_taken: &["E-mail addresses, states and dates of accounts: billing looks at ids and names only."],
    sample: false,
};

struct Accounts;

const IDS: &[&str] = &["id", "account id", "accountid", "account"];
const NAMES: &[&str] = &["name", "account name", "accountname"];
const NEEDS: &[Need] = &[Need { shown: "Id", any_of: IDS }, Need { shown: "Name", any_of: NAMES }];

impl TableFormat for Accounts {
    fn headings(&self, record: Row<'_>, _tags: &TagNames) -> Result<Box<dyn RowReader>, MissingColumns> {
        let columns = Columns::of(record);
        columns.check(NEEDS)?;
        Ok(reader(columns, |columns| Fields { id: columns.find(IDS), name: columns.find(NAMES) }))
    }

    fn required(&self) -> &'static str {
        "Id and Name"
    }

    fn preamble_max(&self) -> usize {
        0
    }

    fn json_fields(&self) -> &'static [&'static str] {
        &["Id", "Name"]
    }
}

#[derive(Clone)]
struct Fields {
    id: Option<Column>,
    name: Option<Column>,
}

impl Layout for Fields {
    fn read<'r>(&mut self, _: &Table, row: Row<'r>) -> RawLine<'r> {
        RawLine {
            provider_name: "AWS",
            sub_account_id: text(row, self.id),
            sub_account_name: text(row, self.name),
            // An account costs nothing, in any currency and at any time; a line item has to name one of each.
            billed_cost: "0".into(),
            billing_currency: "USD",
            billing_period_start: "1970-01-01",
            ..RawLine::default()
        }
    }

    fn source(&self, focus_column: &str) -> Option<Column> {
        if focus_column == "SubAccountId" { self.id } else { self.name }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::lines;

    #[test]
    fn an_account_has_a_number_a_name_and_no_cost() {
        for headings in ["Id,Arn,Name", "Account ID,ARN,Account name"] {
            let mut reader = lines::headings(&Accounts, headings).unwrap();
            lines::read(&mut *reader, "012345678901,arn,nimbus", |line| {
                assert_eq!((line.sub_account_id, line.sub_account_name), ("012345678901", "nimbus"));
                assert_eq!((&*line.billed_cost, line.provider_name), ("0", "AWS"));
            });
        }
        assert_eq!(lines::headings(&Accounts, "Id,Email").err().unwrap().missing, ["Name"]);
    }
}
