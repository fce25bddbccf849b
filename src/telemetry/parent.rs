//! Juju's span around a hook.

/// A span of another program, which the outermost spans of a trace are children of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parent {
    /// The identifier of the trace.
    pub(super) trace: String,
    /// The identifier of the span.
    pub(super) span: String,
}

impl Parent {
    /// Reads `JUJU_TRACE_ID` and `JUJU_SPAN_ID`.
    ///
    /// *Empty*: one of them is not an identifier as W3C Trace Context defines it: 32 or 16 lower-case hexadecimal digits that
    /// are not all zero.
    ///
    /// *Source*: Juju 4.0, `internal/worker/uniter/runner/context`; Juju 3.6 sets neither.
    #[must_use]
    pub fn parse(trace: &str, span: &str) -> Option<Self> {
        Some(Self { trace: identifier(trace, 32)?, span: identifier(span, 16)? })
    }
}

fn identifier(digits: &str, length: usize) -> Option<String> {
    let is_lower_hex = digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    let is_valid = digits.len() == length && is_lower_hex && digits.bytes().any(|digit| digit != b'0');
    is_valid.then(|| digits.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "80f198ee56343ba864fe8b2a57d3eff7";
    const SPAN: &str = "ff00000000000000";

    #[test]
    fn identifiers_as_juju_writes_them_are_a_parent() {
        let expected = Parent { trace: TRACE.to_owned(), span: SPAN.to_owned() };
        assert_eq!(Parent::parse(TRACE, SPAN), Some(expected));
    }

    #[test]
    fn anything_else_is_no_parent() {
        let wrong_traces = ["", "80f198ee", "+0f198ee56343ba864fe8b2a57d3eff7", &TRACE.to_uppercase(), &"0".repeat(32)];
        for trace in wrong_traces {
            assert_eq!(Parent::parse(trace, SPAN), None, "{trace:?}");
        }
        for span in ["", "ff", "ff0000000000000000", "ff0000000000000g", "ü0000000000000", "0000000000000000"] {
            assert_eq!(Parent::parse(TRACE, span), None, "{span:?}");
        }
    }
}
