//! Where a text is found in the database.
//!
//! *Source*: Discourse `lib/db_helper.rb`, which replaces in these columns.

use std::collections::BTreeMap;

use super::aside::{BEGIN, literal};

/// The columns in which a text is replaced: those of `charm_remap.rake`.
const COLUMNS: &str = "\
information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
 WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.is_updatable = 'YES' AND c.is_generated = 'NEVER'
   AND (c.data_type LIKE 'char%' OR c.data_type LIKE 'text%')
   AND c.table_name NOT IN ('schema_migrations', 'ar_internal_metadata')
   AND NOT EXISTS (SELECT 1 FROM information_schema.triggers g
     WHERE g.event_object_schema = 'public' AND g.event_object_table = c.table_name
       AND g.trigger_name IN (c.table_name || '_' || c.column_name || '_readonly', c.table_name || '_readonly'))
";

/// The statements for the standard input of `psql -XAtq`: they only read, and print a count for each column that has the text.
#[must_use]
pub fn script(from: &str, is_regex: bool) -> String {
    let text = literal(from);
    let condition =
        if is_regex { "%3$I ~* (SELECT what FROM sought)" } else { "position((SELECT what FROM sought) in %3$I) > 0" };
    format!(
        "{BEGIN}CREATE TEMPORARY TABLE sought ON COMMIT DROP AS SELECT {text}::text AS what;\n\
         SELECT format('SELECT %1$L || '' '' || count(*) FROM public.%2$I WHERE {condition} HAVING count(*) > 0', \
         'found ' || c.table_name || '.' || c.column_name, c.table_name, c.column_name)\n FROM {COLUMNS} ORDER BY 1 \\gexec\n\
         COMMIT;\nSELECT 'end';\n"
    )
}

/// The rows by column that the statements have found.
///
/// *Empty*: they have not all been answered.
#[must_use]
pub fn parse(output: &str) -> Option<BTreeMap<String, u64>> {
    (output.lines().last() == Some("end")).then_some(())?;
    let found = output.lines().filter_map(|line| line.strip_prefix("found ")?.rsplit_once(' '));
    found.map(|(column, count)| Some((column.to_owned(), count.parse().ok()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_what_the_image_replaces() {
        let task = include_str!("../../discourse_rock/tasks/charm_remap.rake");
        let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(one_line(task).contains(&one_line(COLUMNS)), "{COLUMNS}");
    }

    #[test]
    fn an_answer_has_the_columns_in_which_the_text_is() {
        let found = BTreeMap::from([("posts.raw".to_owned(), 3), ("user fields.value".to_owned(), 1)]);
        assert_eq!(parse("found posts.raw 3\nfound user fields.value 1\nend\n"), Some(found));
        assert_eq!((parse("end\n"), parse("found posts.raw 3\n")), (Some(BTreeMap::new()), None));
    }
}
