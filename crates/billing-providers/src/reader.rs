//! The reader of rows that all sources share: which columns are read, what their headings are, and how the numbers of
//! the file are written. A source adds its [`Layout`]: what is in which column.

use std::{
    borrow::Cow,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use billing_core::{
    line_item::{RawLine, Row},
    ports::RowReader,
};

use crate::{
    columns::{Column, Columns, doubled, text},
    numbers::Evidence,
};

/// Where a source's columns stand in a table, and what a row of it is under FOCUS names.
pub(crate) trait Layout: Clone + Send + 'static {
    /// The row's texts under their FOCUS names. Numbers whose language nobody tells are read by [`Table::number`].
    fn read<'r>(&mut self, table: &Table, row: Row<'r>) -> RawLine<'r>;

    /// The column that a FOCUS column is read from; where rows differ, that of the last row.
    fn source(&self, focus_column: &str) -> Option<Column>;

    /// Whether the table as a whole can be taken, for what its numbers do not show.
    fn judge(&self) -> Result<(), String> {
        Ok(())
    }
}

/// A table whose headings are known, and what its numbers have shown so far.
#[derive(Clone)]
pub(crate) struct Table {
    columns: Columns,
    numbers: Evidence,
}

impl Table {
    /// The number of a column, with a decimal point.
    pub(crate) fn number<'r>(&self, row: Row<'r>, column: Option<Column>) -> Cow<'r, str> {
        self.numbers.number(text(row, column), || self.heading(column))
    }

    /// Looks at the number of a column that is not taken, for how the file writes numbers.
    pub(crate) fn look(&self, row: Row<'_>, column: Column) {
        self.numbers.look(text(row, Some(column)), || self.heading(Some(column)));
    }

    fn heading(&self, column: Option<Column>) -> String {
        self.columns.heading(column).unwrap_or_default().to_owned()
    }
}

/// Reads the rows of one table.
#[derive(Clone)]
struct Reader<L> {
    table: Table,
    layout: L,
    doubled: Doubled,
}

/// Columns that are read and have one name, but for those of two translations (see [`Columns::read_doubled`]). The first
/// counts; a table in which they differ in some row is refused, because nobody knows which holds.
#[derive(Clone)]
struct Doubled {
    pairs: Vec<[Column; 2]>,
    /// The first pair that differs in some row; more than there are pairs while there is none.
    differs: Arc<AtomicUsize>,
}

impl Doubled {
    fn new(columns: &mut Columns) -> Self {
        Self { pairs: columns.read_doubled(), differs: Arc::new(AtomicUsize::new(usize::MAX)) }
    }

    fn look(&self, row: Row<'_>) {
        for (number, [one, other]) in self.pairs.iter().enumerate() {
            if text(row, Some(*one)) != text(row, Some(*other)) {
                self.differs.fetch_min(number, Ordering::Relaxed);
            }
        }
    }

    fn judge(&self, columns: &Columns) -> Result<(), String> {
        let Some([one, other]) = self.pairs.get(self.differs.load(Ordering::Relaxed)) else { return Ok(()) };
        let heading = |column: &Column| columns.heading(Some(*column)).unwrap_or_default();
        Err(doubled(heading(one), heading(other)))
    }
}

/// The reader of the table with these columns. `layout` finds the ones that are read.
pub(crate) fn reader<L: Layout>(
    mut columns: Columns,
    layout: impl FnOnce(&mut Columns) -> L,
) -> Box<dyn RowReader> {
    let layout = layout(&mut columns);
    let doubled = Doubled::new(&mut columns);
    Box::new(Reader { table: Table { columns, numbers: Evidence::default() }, layout, doubled })
}

impl<L: Layout> RowReader for Reader<L> {
    fn columns(&self) -> &[usize] {
        self.table.columns.read()
    }

    fn read<'r>(&mut self, row: Row<'r>) -> RawLine<'r> {
        self.doubled.look(row);
        self.layout.read(&self.table, row)
    }

    fn heading(&self, focus_column: &str) -> String {
        let column = self.layout.source(focus_column);
        self.table.columns.heading(column).unwrap_or(focus_column).to_owned()
    }

    fn fork(&self) -> Box<dyn RowReader> {
        Box::new(self.clone())
    }

    fn finish(&self) -> Result<(), String> {
        self.doubled.judge(&self.table.columns)?;
        self.layout.judge()?;
        self.table.numbers.judge()
    }
}
