//! What holds after any sequence of changes.

use config::{Edit, Kind};
use proptest::{collection::vec, prelude::*};
use serde_json::json;

use super::{dir, edit, rows, start};
use crate::control::start::document;

#[derive(Clone, Debug)]
enum Wish {
    Create(u8),
    Patch(u8, u16),
    Delete(u8),
}

fn wish() -> impl Strategy<Value = Wish> {
    let name = 0..4u8;
    prop_oneof![
        name.clone().prop_map(Wish::Create),
        // Some of these slots are out of range, and so refused.
        (name.clone(), 0..40u16).prop_map(|(name, slots)| Wish::Patch(name, slots)),
        name.prop_map(Wish::Delete),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn memory_and_disk_agree_after_any_wishes(wishes in vec(wish(), 1..16)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let dir = dir();
            let control = start(dir.path()).await;
            for wish in wishes {
                let before = control.view().revision;
                let fulfilled = edit(&control, wish.edit()).await.is_ok();
                let view = control.view();
                let (stored, revision) = control.store.load().await.unwrap();
                assert_eq!(view.revision, revision);
                assert_eq!(control.state.snapshot.load().revision, revision);
                assert!(fulfilled || revision == before, "a refusal changes nothing");
                assert_eq!(rows(&view.document), rows(&document(&stored).unwrap()));
            }
        });
    }
}

impl Wish {
    fn edit(self) -> Edit {
        let (kind, parent) = (Kind::Upstream, None);
        match self {
            Wish::Create(name) => Edit::Create { kind, parent, value: json!({"name": format!("u{name}")}) },
            Wish::Patch(name, slots) => {
                Edit::Patch { kind, parent, at: format!("u{name}"), value: json!({"slots": slots}) }
            }
            Wish::Delete(name) => Edit::Delete { kind, parent, at: format!("u{name}") },
        }
    }
}
