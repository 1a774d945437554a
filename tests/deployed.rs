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
    let expected = [("AVATAR", "AvatarObject"), ("BUDGET", "BudgetObject"), ("INDEX", "Index")];
    assert_eq!(bindings, expected.map(|(name, class)| (name.to_owned(), class.to_owned())));
    let first = &settings["migrations"][0];
    let classes = first["new_sqlite_classes"].as_array().expect("classes");
    assert_eq!(first["tag"].as_str(), Some("v1"));
    assert_eq!(classes, &["AvatarObject", "BudgetObject", "Index"].map(Value::from));
}
