//! Names that deployments which exist rely on: a class or a binding that is renamed loses what its objects store.

use std::{fs, path::Path};

use toml::{Table, Value};

#[test]
fn classes_and_bindings_keep_their_names() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wrangler.toml");
    let settings: Table = fs::read_to_string(path).expect("the settings").parse().expect("TOML");
    let bindings = settings["durable_objects"]["bindings"].as_array().expect("bindings");
    let text = |value: &Value, key: &str| value[key].as_str().expect(key).to_owned();
    let bindings: Vec<_> = bindings.iter().map(|one| (text(one, "name"), text(one, "class_name"))).collect();
    let expected = [
        ("AVATAR", "AvatarObject"),
        ("BUDGET", "BudgetObject"),
        ("INDEX", "Index"),
        ("LEDGER", "LedgerObject"),
        ("CHAT", "ChatObject"),
    ];
    assert_eq!(bindings, expected.map(|(name, class)| (name.to_owned(), class.to_owned())));
    // A migration that a deployment has gone through is never changed: the next one follows.
    let expected = [
        ("v1", &["AvatarObject", "BudgetObject", "Index"][..]),
        ("v2", &["LedgerObject"]),
        ("v3", &["ChatObject"]),
    ];
    let migrations = settings["migrations"].as_array().expect("migrations");
    assert_eq!(migrations.len(), expected.len());
    for (migration, (tag, classes)) in migrations.iter().zip(expected) {
        assert_eq!(text(migration, "tag"), tag);
        let made: Vec<_> = classes.iter().map(|class| Value::from(*class)).collect();
        assert_eq!(migration["new_sqlite_classes"].as_array(), Some(&made));
    }
}
