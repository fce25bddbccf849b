//! What a charm keeps in a secret, and how it says so.

use crate::{
    bench::{Bench, bag, fails, prints, refused},
    secrets::content,
};

#[test]
fn values_come_from_pairs_base64_and_files() {
    let mut bench = Bench::leader();
    let reply =
        bench.call("printf 'from a\nfile' >value; secret-add plain=a=b== coded#base64=aGVsbG8= file#file=$PWD/value");
    assert_eq!(reply.code, 0, "{}", reply.stderr);
    assert_eq!(content(&mut bench), bag(&[("plain", "a=b=="), ("coded", "hello"), ("file", "from a\nfile")]));
}

#[test]
fn values_need_not_be_text_and_their_base64_is_read_late() {
    let mut bench = Bench::leader();
    let uri = bench.call("secret-add bytes#base64=AP8= wrong#base64=hello! text#base64=aGk=").stdout.trim().to_owned();
    let replies = bench.calls(&[
        &format!("secret-get {uri} bytes"),
        &format!("secret-get {uri} bytes --format=json"),
        &format!("secret-get {uri} bytes#base64"),
        &format!("secret-get {uri} text"),
        &format!("secret-get {uri} wrong#base64"),
        &format!("secret-get {uri} wrong"),
        &format!("secret-get {uri}"),
    ]);
    let no_base64 = fails("illegal base64 data at input byte 5");
    let expected = [
        prints("!!binary AP8=\n"),
        prints("\"\\u0000\\ufffd\"\n"),
        prints("AP8=\n"),
        prints("hi\n"),
        prints("hello!\n"),
        fails("unexpected EOF"),
        no_base64,
    ];
    assert_eq!(replies, expected);
}

#[test]
fn a_file_of_values_is_json_or_yaml_and_names_no_other_file() {
    let mut bench = Bench::leader();
    let replies = bench.calls(&[
        r#"echo '{"key": "a\/b"}' >all; secret-add --file $PWD/all"#,
        "printf 'key: [1]' >all; secret-add --file $PWD/all",
        "printf 'key#file: /x' >all; secret-add --file $PWD/all",
        "secret-add --file /nowhere",
        "secret-add key#file=/nowhere",
        "printf '{}' >all; secret-add --file $PWD/all",
    ]);
    assert_eq!(content(&mut bench), bag(&[("key", "a/b")]));
    let refusals = [
        refused("yaml: unmarshal errors:\n  line 1: cannot unmarshal !!seq into string"),
        refused("key \"key#file\" not valid"),
        refused("open /nowhere: no such file or directory"),
        refused("reading content for secret key \"key\": open /nowhere: no such file or directory"),
        fails("empty secret value not valid"),
    ];
    assert_eq!(replies[1..], refusals);
}

#[test]
fn a_file_of_values_wins_over_arguments() {
    let mut bench = Bench::leader();
    let reply =
        bench.call("echo '{\"key\": \"file\", \"more\": \"x\"}' >all; secret-add --file $PWD/all key=argument third=y");
    assert_eq!(reply.code, 0, "{}", reply.stderr);
    assert_eq!(content(&mut bench), bag(&[("key", "file"), ("more", "x"), ("third", "y")]));
}

#[test]
fn keys_have_three_characters_or_more() {
    let replies = Bench::leader().calls(&[
        "secret-add ab=v",
        "secret-add Abc=v",
        "secret-add a_bc=v",
        "secret-add abc-=v",
        "secret-add 1abc=v",
    ]);
    assert_eq!(replies, ["ab", "Abc", "a_bc", "abc-", "1abc"].map(|key| refused(&format!("key \"{key}\" not valid"))));
}

#[test]
fn pairs_that_are_none_and_empty_values_are_refused() {
    let replies = Bench::leader().calls(&["secret-add key", "secret-add key="]);
    assert_eq!(replies, [refused("key value \"key\" not valid"), refused("key value \"key=\" not valid")]);
    let nothing = Bench::leader().call("secret-add");
    assert_eq!(nothing.code, 2, "{}", nothing.stderr);
}

#[test]
fn a_secret_holds_a_million_bytes_of_base64() {
    let mut bench = Bench::leader();
    let add = |bytes: usize| format!("head -c {bytes} /dev/zero | tr '\\0' x >value; secret-add key#file=$PWD/value");
    let excess = refused("base64 encoded secret content for key \"key\" too large: 1000004 bytes");
    assert_eq!(bench.calls(&[&add(750_000), &add(750_001)])[1], excess);
    let two = |bytes: usize| add(bytes) + " more#file=$PWD/value";
    let excess = refused("base64 encoded secret content too large: 1000008 bytes");
    assert_eq!(bench.calls(&[&two(375_000), &two(375_001)])[1], excess);
    let whole = bench.call("head -c 1000001 /dev/zero >value; secret-add key#file=$PWD/value");
    assert!(whole.stderr.ends_with("/value\" too large: 1000001 bytes\n"), "{}", whole.stderr);
}
