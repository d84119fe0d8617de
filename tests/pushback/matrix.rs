//! Every pair of changes, pushed to a stock rsync over ssh.

use std::collections::BTreeMap;

use crate::cells::{After, CELLS, Cell};
use crate::place::Place;

/// All cells pulled, then changed on both sides.
fn changed() -> Place {
    let place = Place::over_ssh();
    let each = |root: &str, script: fn(&Cell) -> &'static str| {
        let of = |cell: &Cell| {
            let dir = format!("{root}/{}", cell.name);
            format!("mkdir -p {dir}; (cd {dir}; {})\n", script(cell))
        };
        let all: String = CELLS.iter().map(of).collect();
        place.room.sh(&format!("umask 022\n{all}"));
    };
    each("far", |cell| cell.base);
    place.pull("-a");
    assert_eq!(place.diff(), []);
    each("m", |cell| cell.here);
    each("far", |cell| cell.there);
    place
}

fn trees(place: &Place, root: &str) -> BTreeMap<&'static str, Vec<String>> {
    let tree = |cell: &Cell| (cell.name, place.tree(&format!("{root}/{}", cell.name)));
    CELLS.iter().map(tree).collect()
}

fn is_conflict(cell: &Cell) -> bool {
    cell.state
        .is_some_and(|(_, state)| state.ends_with("conflict"))
}

#[test]
fn every_pair_of_changes_has_its_way() {
    let place = changed();
    let told: BTreeMap<_, _> = place.diff().into_iter().collect();
    for cell in CELLS {
        match cell.state {
            Some((path, state)) => {
                let path = format!("{}/{path}", cell.name);
                assert_eq!(told.get(&path).map(String::as_str), Some(state), "{path}");
            }
            None => {
                let of_cell = |path: &&String| path.split('/').next() == Some(cell.name);
                assert_eq!(told.keys().find(of_cell), None);
            }
        }
    }
    let (here, there) = (trees(&place, "m"), trees(&place, "far"));
    let said = place.push("-n").code(28);
    assert_eq!(
        trees(&place, "far"),
        there,
        "a dry run changes nothing: {said}"
    );
    let said = place.push("").code(28);
    let after = trees(&place, "far");
    for cell in CELLS {
        let expected = match cell.after {
            After::Here => here[cell.name].clone(),
            After::There => there[cell.name].clone(),
            After::Merged(lines) => lines.iter().map(|line| (*line).to_owned()).collect(),
        };
        assert_eq!(after[cell.name], expected, "{}: {said}", cell.name);
        if let Some((path, _)) = cell.state.filter(|_| is_conflict(cell)) {
            let path = format!("{}/{path}:", cell.name);
            assert!(said.has(&["conflict:", &path]), "{path} {said}");
        }
    }
    assert_eq!(trees(&place, "m"), here);
    // What was sent is the base by now, and what is left is what it was.
    let again = place.push("-i").code(28);
    again
        .never_says(&["<"])
        .never_says(&["*deleting"])
        .never_says(&["sent"]);
    let left: Vec<_> = place.diff();
    for (path, state) in left {
        let is_left = [" keep", " conflict", " wait"]
            .iter()
            .any(|end| state.ends_with(end));
        assert!(is_left, "{path}: {state}");
    }
}

#[test]
fn conflicts_are_settled_for_what_is_here() {
    let place = changed();
    let (here, there) = (trees(&place, "m"), trees(&place, "far"));
    place.push("--ours").ok();
    let after = trees(&place, "far");
    assert_eq!(trees(&place, "m"), here);
    for cell in CELLS {
        match (&cell.after, is_conflict(cell)) {
            (_, true) | (After::Here, _) => assert_eq!(after[cell.name], here[cell.name]),
            (After::There, _) => assert_eq!(after[cell.name], there[cell.name]),
            (After::Merged(lines), _) => assert_eq!(after[cell.name], *lines),
        }
    }
    place
        .push("-i")
        .ok()
        .says(&["kept there"])
        .never_says(&["sent"]);
}

#[test]
fn conflicts_are_settled_for_what_is_there() {
    let place = changed();
    let (here, there) = (trees(&place, "m"), trees(&place, "far"));
    place.push("--theirs").ok();
    let (now_here, now_there) = (trees(&place, "m"), trees(&place, "far"));
    for cell in CELLS {
        if ["created-deleted", "created-retyped"].contains(&cell.name) {
            // That the directory went there is no conflict, but for a pull.
            assert_eq!(now_here[cell.name], ["d: dir 755"]);
        } else if is_conflict(cell) {
            assert_eq!(now_here[cell.name], now_there[cell.name], "{}", cell.name);
        } else {
            assert_eq!(now_here[cell.name], here[cell.name], "{}", cell.name);
        }
        if is_conflict(cell) && !matches!(cell.after, After::Merged(_)) {
            assert_eq!(now_there[cell.name], there[cell.name], "{}", cell.name);
        }
    }
    place
        .push("-i")
        .ok()
        .says(&["kept there"])
        .never_says(&["sent"]);
}

#[test]
fn both_versions_are_kept() {
    let place = changed();
    let (here, there) = (trees(&place, "m"), trees(&place, "far"));
    let said = place.push("--keep-both").code(28);
    // A directory against something else is a conflict still.
    said.says(&["conflict:", "created-retyped/d/p"])
        .says(&["conflict:", "retyped-created/d/p"])
        .never_says(&["conflict:", "changed-changed"]);
    let after = trees(&place, "far");
    for name in [
        "created-created",
        "changed-changed",
        "changed-retyped",
        "retyped-changed",
        "retyped-retyped",
    ] {
        let [ours, theirs] = &after[name][..] else {
            panic!("{:?}", after[name]);
        };
        assert_eq!(*ours, here[name][0]);
        let (old, new) = (&there[name][0], theirs.replacen(|c| c != ':', "", 0));
        let content = |line: &str| line.split_once(": ").expect("a line").1.to_owned();
        assert_eq!(content(&new), content(old));
        assert!(theirs.starts_with("p.theirs-20"), "{theirs}");
    }
    // What one side removed is there again, on both sides.
    assert_eq!(after["changed-deleted"], here["changed-deleted"]);
    assert_eq!(place.tree("m/deleted-changed"), there["deleted-changed"]);
    // The next pull brings the other versions.
    let from = place.far("far/");
    place
        .room
        .resilver(&format!("-a {from} m"))
        .says(&["created-retyped/d"]);
    assert_eq!(place.tree("m/changed-changed"), after["changed-changed"]);
}
