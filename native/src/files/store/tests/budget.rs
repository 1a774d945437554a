//! The budget in rows, and one that a version before rows left.

use likeness_core::{
    api::Inquiry,
    budget::{Budget, Question, TokenView},
};
use rusqlite::Connection;

use super::{
    DATABASE, Place,
    layouts::{LAYOUT_0, LAYOUT_1, LAYOUT_2, pragma, tables},
    now,
};
use crate::files::store::{Store, layout};

fn tokens(store: &Store) -> Vec<TokenView> {
    let inquiry = Inquiry::new(Question::Servers, None, now());
    store.ask(inquiry, [7; 32], |budget| budget.tokens(now())).expect("answered")
}

fn names(place: &Place) -> Vec<String> {
    let database = Connection::open(place.home().join(DATABASE)).expect("a database");
    let mut query = database.prepare("SELECT name FROM budget_rows ORDER BY name").expect("a query");
    let all: Result<Vec<String>, _> = query.query_map([], |row| row.get(0)).expect("rows").collect();
    all.expect("texts")
}

fn older(place: &Place) -> i64 {
    let database = Connection::open(place.home().join(DATABASE)).expect("a database");
    database.query_row("SELECT count(*) FROM budget", [], |row| row.get(0)).expect("a number")
}

#[test]
fn a_budget_of_a_version_before_rows_is_taken_over_with_the_first_question() {
    for versioned in [false, true] {
        let place = Place::new();
        let file = Connection::open(place.home().join(DATABASE)).expect("a database");
        if versioned {
            // The text as the first version of the tables held it.
            let text = LAYOUT_0.lines().find(|line| line.starts_with("INSERT INTO \"budget\"")).expect("one");
            file.execute_batch(LAYOUT_1).and_then(|()| file.execute_batch(text)).expect("an older database");
            file.pragma_update(None, "user_version", 1).expect("set");
        } else {
            file.execute_batch(LAYOUT_0).expect("an older database");
        }
        drop(file);
        let store = place.store();
        assert_eq!(
            (tables(place.home()).as_str(), pragma(place.home(), "user_version")),
            (LAYOUT_2, layout::LAYOUT)
        );
        assert_eq!((older(&place), names(&place)), (1, Vec::new()));
        for _ in 0..2 {
            assert_eq!(tokens(&store).iter().map(|token| token.id.as_str()).collect::<Vec<_>>(), ["web"]);
            assert_eq!((older(&place), names(&place).len()), (0, 5), "{:?}", names(&place));
        }
        assert!(
            names(&place).contains(&"purchase/00000000-0000-4000-8000-000000000001/training/1".to_owned())
        );
    }
}

#[test]
fn asking_stores_nothing() {
    let place = Place::new();
    let store = place.store();
    assert_eq!(tokens(&store), []);
    let inquiry = Inquiry::new(Question::Invites, None, now());
    let same = |budget: Budget, _: &mut _| (budget, ());
    store.spend(inquiry, [7; 32], same).expect("answered");
    assert_eq!(names(&place), Vec::<String>::new());
}
