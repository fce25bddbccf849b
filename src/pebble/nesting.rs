//! How deeply a YAML text nests, seen without parsing all of it: the time of a whole parse grows with the square of the depth.

use saphyr_parser::{Event, Parser};

/// Values within values; a plan that Pebble prints has five.
const DEEPEST: usize = 32;

/// Whether a text nests no deeper than any plan, and no part of it stands for another one, by which a short text can become a huge one.
pub(super) fn is_shallow(text: &str) -> bool {
    let mut depth = 0_usize;
    Parser::new_from_str(text).all(|event| {
        match event {
            Ok((Event::SequenceStart(..) | Event::MappingStart(..), _)) => depth += 1,
            Ok((Event::SequenceEnd | Event::MappingEnd, _)) => depth = depth.saturating_sub(1),
            Ok((Event::Alias(_), _)) | Err(_) => return false,
            Ok(_) => {}
        }
        depth <= DEEPEST
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_maps_nest_32_times_at_most() {
        let list = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let map = |depth: usize| format!("{}1{}", "{a: ".repeat(depth), "}".repeat(depth));
        let block = |depth: usize| (0..depth).map(|level| " ".repeat(level) + "a:\n").collect::<String>();
        assert_eq!([list(32), map(32), block(32)].map(|text| is_shallow(&text)), [true; 3]);
        assert_eq!([list(33), map(33), block(33), "- ".repeat(33)].map(|text| is_shallow(&text)), [false; 4]);
    }

    #[test]
    fn brackets_within_a_scalar_are_no_nesting() {
        let brackets = "[".repeat(1000);
        for text in [
            format!("a: '{brackets}'"),
            format!("a: \"{brackets}\""),
            format!("a: |\n  {brackets}"),
            format!("a: x{brackets}"),
        ] {
            assert!(is_shallow(&text), "{text}");
        }
    }

    #[test]
    fn a_million_brackets_cost_no_time_and_neither_do_aliases() {
        assert!(!is_shallow(&"[".repeat(1_000_000)));
        assert!(!is_shallow(&format!("{}{}", "a: &a [x, x]\n", "b: [*a, *a]\n")));
    }

    #[test]
    fn what_is_no_yaml_is_not_shallow() {
        assert!(!is_shallow("a: 'x"));
    }
}
