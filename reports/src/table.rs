//! Tables: columns aligned for a terminal, or Markdown.

use std::fmt::Write as _;

use crate::style::{STRONG, Styled};

/// Rows of text under a header.
#[derive(Clone, Debug)]
pub struct Table {
    header: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    pub fn new(header: impl Into<Vec<&'static str>>) -> Self {
        Self { header: header.into(), rows: Vec::new() }
    }

    /// Adds a row.
    ///
    /// # Panics
    /// If it has more or fewer cells than the header.
    pub fn row(&mut self, cells: impl Into<Vec<String>>) {
        let cells = cells.into();
        assert_eq!(cells.len(), self.header.len(), "a row has a cell for each column");
        self.rows.push(cells);
    }

    /// Columns two spaces apart, the header bold, a line a row.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        let header = self.header.iter().map(|&cell| cell.to_owned()).collect::<Vec<_>>();
        let _ = writeln!(text, "{}", Styled(STRONG, self.line(&header, "  ").trim_end()));
        for row in &self.rows {
            let _ = writeln!(text, "{}", self.line(row, "  ").trim_end());
        }
        text
    }

    /// A Markdown table whose source is aligned as well.
    pub fn to_markdown(&self) -> String {
        let header = self.header.iter().map(|&cell| cell.to_owned()).collect::<Vec<_>>();
        let rule = (0..self.header.len()).map(|column| "-".repeat(self.width(column))).collect();
        let mut text = String::new();
        for row in [&header, &rule].into_iter().chain(&self.rows) {
            let _ = writeln!(text, "| {} |", self.line(row, " | "));
        }
        text
    }

    fn line(&self, cells: &[String], between: &str) -> String {
        let cells =
            cells.iter().enumerate().map(|(column, cell)| format!("{cell:<width$}", width = self.width(column)));
        cells.collect::<Vec<_>>().join(between)
    }

    fn width(&self, column: usize) -> usize {
        let cells = self.rows.iter().map(|row| row[column].chars().count());
        cells.chain([self.header[column].len()]).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(["flaw", "median"]);
        table.row(["figure-8".to_owned(), "12".to_owned()]);
        table.row(["été".to_owned(), "1".to_owned()]);
        table
    }

    #[test]
    fn columns_are_aligned() {
        let text = anstream::adapter::strip_str(&table().to_text()).to_string();
        assert_eq!(text, "flaw      median\nfigure-8  12\nété       1\n");
    }

    #[test]
    fn markdown_is_aligned_too() {
        let expected = "| flaw     | median |\n| -------- | ------ |\n| figure-8 | 12     |\n| été      | 1      |\n";
        assert_eq!(table().to_markdown(), expected);
    }
}
