//! Columns that line up.

use std::fmt;

/// A head and rows of as many cells.
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
    numbers_from: usize,
}

impl Table {
    /// A table whose columns are all text.
    pub(crate) fn new(head: &[&str]) -> Self {
        Self { rows: vec![head.iter().map(|cell| (*cell).to_owned()).collect()], numbers_from: usize::MAX }
    }

    /// Sets all columns from this one on flush right.
    pub(crate) fn numbers_from(mut self, column: usize) -> Self {
        self.numbers_from = column;
        self
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    fn width(&self, column: usize) -> usize {
        self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or_default()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in &self.rows {
            let cell = |(column, cell): (usize, &String)| {
                let width = self.width(column);
                if column < self.numbers_from { format!("{cell:width$}") } else { format!("{cell:>width$}") }
            };
            let line = row.iter().enumerate().map(cell).collect::<Vec<_>>().join("  ");
            writeln!(formatter, "{}", line.trim_end())?;
        }
        Ok(())
    }
}
