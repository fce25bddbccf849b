//! Tables in Markdown.

/// A table with these heads.
pub fn table<const N: usize>(heads: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let rule = ["---"; N].map(str::to_owned);
    let lines = [heads.map(str::to_owned), rule].into_iter().chain(rows);
    lines.map(|cells| format!("| {} |\n", cells.join(" | ")).replace("|  |", "| |")).collect()
}

/// A word in the font of code; nothing of nothing.
pub fn code(word: &str) -> String {
    if word.is_empty() { String::new() } else { format!("`{word}`") }
}

/// Words in the font of code, separated by commas.
pub fn codes<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(code).collect::<Vec<_>>().join(", ")
}
