.PHONY: docs format integration lint unit

docs:
	tests/docs/build

format:
	cargo fmt --all

integration:
	tests/check

lint:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked -- -D warnings

unit:
	tests/check --quick
