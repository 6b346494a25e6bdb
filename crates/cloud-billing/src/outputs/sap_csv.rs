//! The `sap` export, in the layout that the company's import expects (docs/rules.md): `;`, CRLF, UTF-8, no headings.
//! Values stay as they are; this file is not made for spreadsheets.

use billing_core::flow::statement::Statement;

/// The file of a statement: `<name>;<cost centre>;;<product number>;<amount>;` for each row.
pub fn render(statement: &Statement) -> String {
    let mut out = String::new();
    for row in &statement.rows {
        let fields = [field(&row.name), field(&row.cost_center), String::new(), field(&row.product_number)];
        out.push_str(&fields.join(";"));
        out.push_str(&format!(";{};\r\n", row.amount));
    }
    out
}

/// A field, in quotes where it holds what separates fields or rows.
fn field(text: &str) -> String {
    if text.contains([';', '"', '\r', '\n']) {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use billing_core::{
        Money,
        flow::statement::StatementRow,
        ids::{InvoiceNumber, Target},
    };

    use super::*;

    #[test]
    fn rows_as_the_import_expects_them() {
        let row = |name: &str, hundredths| StatementRow {
            name: name.to_owned(),
            cost_center: "1234567-0000000001".to_owned(),
            product_number: "4711".to_owned(),
            amount: Money::from_hundredths(hundredths),
        };
        let statement = Statement {
            number: InvoiceNumber(1),
            target: Target::named("Azure"),
            period: "2026-10".parse().unwrap(),
            rows: vec![row("shop_1", 15_000), row("=a;\"b\"_2", -1_230)],
        };
        let expected = "shop_1;1234567-0000000001;;4711;150;\r\n\
                        \"=a;\"\"b\"\"_2\";1234567-0000000001;;4711;-12.30;\r\n";
        assert_eq!(render(&statement), expected);
    }
}
