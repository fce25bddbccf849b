//! Juju's span around a hook.

use opentelemetry::trace::{SpanId, TraceId};

/// A span of another program, which the outermost spans of a trace are children of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parent {
    pub(super) trace: TraceId,
    pub(super) span: SpanId,
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
        let trace = identifier(trace, 32).and_then(|digits| TraceId::from_hex(digits).ok())?;
        let span = identifier(span, 16).and_then(|digits| SpanId::from_hex(digits).ok())?;
        Some(Self { trace, span }).filter(|_| trace != TraceId::INVALID && span != SpanId::INVALID)
    }
}

/// The digits as they came: the library would also take a sign, and fewer digits.
fn identifier(digits: &str, length: usize) -> Option<&str> {
    let is_valid = digits.len() == length && digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    is_valid.then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "80f198ee56343ba864fe8b2a57d3eff7";
    const SPAN: &str = "ff00000000000000";

    #[test]
    fn identifiers_as_juju_writes_them_are_a_parent() {
        let expected =
            Parent { trace: 0x80f1_98ee_5634_3ba8_64fe_8b2a_57d3_eff7.into(), span: 0xff00_0000_0000_0000.into() };
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
