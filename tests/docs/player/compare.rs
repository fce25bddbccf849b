//! What a page shows against what was printed.

use std::collections::BTreeMap;

/// What stands for anything.
const ANY: &str = "...";

/// Lines that Juju prints while an action runs, which a page need not show.
const PROGRESS: [&str; 3] = ["Running operation", "Waiting for task", "  - task"];

/// Compares them, by the kind of the command.
///
/// # Errors
/// The first difference.
pub fn compare(command: &str, shown: &[String], printed: &str) -> Result<(), String> {
    let printed: Vec<&str> = printed.lines().collect();
    let is_table = command == "status" && !shown.first().is_some_and(|line| line.starts_with("ERROR"));
    let outcome = if is_table { tables(shown, &printed) } else { lines(shown, &printed) };
    outcome.map_err(|difference| format!("{difference}\nwhat came:\n{}", printed.join("\n")))
}

/// A row of a table: cells by their headings, with the section that the first heading names.
type Row = BTreeMap<String, String>;

fn tables(shown: &[String], printed: &[&str]) -> Result<(), String> {
    let shown: Vec<&str> = shown.iter().map(String::as_str).collect();
    let (shown, printed) = (rows(&shown), rows(printed));
    if shown.is_empty() {
        return Err("the page shows no table".to_owned());
    }
    for (section, row) in shown {
        let key = row.get(&section).map(String::as_str).unwrap_or_default();
        let same = printed.iter().find(|(other, found)| {
            *other == section && (key == ANY || found.get(&section).is_some_and(|name| fits(key, name)))
        });
        let (_, found) = same.ok_or_else(|| format!("there is no {section} {key}"))?;
        for (heading, cell) in &row {
            let actual = found.get(heading).ok_or_else(|| format!("Juju shows no column {heading}"))?;
            if !fits(cell, actual) {
                return Err(format!("{section} {key}: {heading} is {actual:?}, the page says {cell:?}"));
            }
        }
    }
    Ok(())
}

/// The rows of all tables, each with the heading of its first column. A table ends with a blank line.
fn rows(lines: &[&str]) -> Vec<(String, Row)> {
    let mut rows = Vec::new();
    for table in lines.split(|line| line.trim().is_empty()) {
        let Some((headings, lines)) = table.split_first() else { continue };
        let columns = columns(headings);
        let Some((section, _)) = columns.first() else { continue };
        for line in lines.iter().filter(|line| line.trim() != ANY) {
            rows.push((section.clone(), row(&columns, line)));
        }
    }
    rows
}

/// The headings with the places where they begin. *Units*: characters.
fn columns(headings: &str) -> Vec<(String, usize)> {
    let mut columns: Vec<(String, usize)> = Vec::new();
    let mut before = ' ';
    for (place, c) in headings.chars().enumerate() {
        match columns.last_mut() {
            Some((heading, _)) if c != ' ' && before != ' ' => heading.push(c),
            _ if c != ' ' => columns.push((c.to_string(), place)),
            _ => {}
        }
        before = c;
    }
    columns
}

fn row(columns: &[(String, usize)], line: &str) -> Row {
    let line: Vec<char> = line.chars().collect();
    let ends = columns.iter().skip(1).map(|(_, begin)| *begin).chain([usize::MAX]);
    let cell = |begin: usize, end: usize| {
        let cell: String = line.iter().skip(begin).take(end - begin).collect();
        cell.trim().to_owned()
    };
    columns.iter().zip(ends).map(|((heading, begin), end)| (heading.clone(), cell(*begin, end))).collect()
}

/// Line by line; a line of three dots stands for any number of lines.
fn lines(shown: &[String], printed: &[&str]) -> Result<(), String> {
    let is_told = |line: &&str| !line.trim().is_empty() && !PROGRESS.iter().any(|progress| line.starts_with(progress));
    let shown: Vec<&str> = shown.iter().map(String::as_str).filter(is_told).collect();
    let mut printed = printed.iter().copied().filter(is_told);
    let mut may_skip = false;
    for line in shown {
        if line.trim() == ANY {
            may_skip = true;
            continue;
        }
        let found = if may_skip { printed.find(|other| fits(line, other)) } else { printed.next() };
        let is_same = found.is_some_and(|found| fits(line, found));
        if !is_same {
            return Err(format!("the page shows {line:?}, where {:?} came", found.unwrap_or("nothing")));
        }
        may_skip = false;
    }
    match printed.next().filter(|_| !may_skip) {
        Some(more) => Err(format!("the page does not show {more:?}")),
        None => Ok(()),
    }
}

/// Whether a text fits a pattern, in which three dots stand for anything.
fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.trim_end(), text.trim_end());
    let mut parts = pattern.split(ANY);
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    if !pattern.contains(ANY) {
        return rest.is_empty();
    }
    for part in parts {
        match rest.find(part) {
            Some(place) => rest = rest.get(place + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    pattern.ends_with(ANY) || text.ends_with(pattern.rsplit(ANY).next().unwrap_or_default())
}
